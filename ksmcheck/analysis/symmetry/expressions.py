"""IR expressions as typed sums over the values at the beginning of a step."""

from __future__ import annotations

from typing import assert_never

from attrs import define

from ksmcheck.analysis.symmetry.kinds import (
    ACTORS,
    Atom,
    Choice,
    Digit,
    Kind,
    Quotient,
    Sum,
)
from ksmcheck.analysis.symmetry.memory import Memory
from ksmcheck.analysis.symmetry.terms import Term, Terms
from ksmcheck.analysis.symmetry.values import Names, strides_of
from ksmcheck.ir.expr import Ask, Binary, BitCount, Const, Expr, Ite, Not, Op, Read, Temp
from ksmcheck.ir.fold import apply
from ksmcheck.ir.program import Program, Variable, VariableKind
from ksmcheck.ir.types import BoolType, LockType, RefType, SetType, ValueType, WordType

NEUTRAL_OPS = {Op.DIV: "//", Op.MOD: "%", Op.SHL: "<<", Op.SHR: ">>"}


@define
class Expressions:
    """Writes the expressions of ``program`` as terms."""

    program: Program
    names: Names
    pools: dict[str, int]

    @property
    def terms(self) -> Terms:
        return self.names.terms

    def truth(self, expr: Expr, memory: Memory) -> Term:
        """The term of a condition."""
        return self.names.truth(self.value(expr, memory))

    def value(self, expr: Expr, memory: Memory) -> Sum:
        """``expr`` as a sum of typed atoms. Asymmetric when it tells objects apart."""
        match expr:
            case Const(value):
                return Sum(value)
            case Temp(number):
                return memory.temps[number]
            case Read():
                return self._read(expr, memory)
            case Not(operand):
                return self._boolean(self.terms.negation(self.truth(operand, memory)))
            case BitCount(operand):
                inner = self.value(operand, memory)
                term = self.names.coerced(inner, self.names.kind_of(inner))
                return Sum(0, ((1, Atom(None, self.terms.term("bits", (term,)))),))
            case Ite(condition, then, orelse):
                test = self.truth(condition, memory)
                chosen = self._within(test, then, memory)
                other = self._within(self.terms.negation(test), orelse, memory)
                return self.chosen(test, chosen, other)
            case Binary(Op.AND | Op.OR as op, left, right):
                first = self.value(left, memory)
                test = self.names.truth(first)
                needed = test if op is Op.AND else self.terms.negation(test)
                return self._binary(op, first, self._within(needed, right, memory))
            case Binary(op, left, right):
                return self._binary(op, self.value(left, memory), self.value(right, memory))
            case Ask(question, operands):
                asked = tuple(self.names.neutral(self.value(item, memory)) for item in operands)
                answer = memory.ask(self.terms, question, asked)
                return Sum(0, ((1, Atom(None, answer)),))
            case _:
                assert_never(expr)

    def _within(self, test: Term, expr: Expr, memory: Memory) -> Sum:
        """``expr``, which is evaluated only where ``test`` is true."""
        outside = memory.within
        memory.within = (*outside, test)
        value = self.value(expr, memory)
        memory.within = outside
        return value

    def chosen(self, test: Term, then: Sum, orelse: Sum) -> Sum:
        """``then if test else orelse``."""
        if then == orelse or self.terms.is_number(test, 1):
            return then
        if self.terms.is_number(test, 0):
            return orelse
        return Sum(0, ((1, Atom(Choice(test, then, orelse), -1)),))

    def kind(self, variable: Variable) -> Kind:
        """The type of the values in ``variable``, if they name anything."""
        held = variable.type
        if isinstance(held, RefType | SetType | WordType | LockType):
            return held if self.names.sensitive(held) else None
        return None

    def place(self, number: int, index: tuple[Expr, ...], memory: Memory) -> tuple[Term, ...]:
        """The terms of the indices of ``number[index]``."""
        variable = self.program.variables[number]
        terms: list[Term] = []
        for position, item in enumerate(index):
            value = self.value(item, memory)
            struct = self._dimension(variable, position)
            if struct is None:
                terms.append(self.names.neutral(value))
            elif struct == ACTORS:
                if value.parts:
                    raise self.names.refuse("actors are counted", value)
                terms.append(self.names.object(ACTORS, value.constant))
            else:
                terms.append(self.names.reference(value.plus(1), struct))
        return tuple(terms)

    def variable(self, number: int) -> Term:
        """The leaf of a variable; it names the actor that owns it, if one does."""
        owner = self.program.variables[number].actor
        named = owner is not None and ACTORS in self.names.structs
        bit = self.names.bits[ACTORS, owner] if named and owner is not None else 0
        return self.terms.leaf("variable", number, bit=bit)

    def _dimension(self, variable: Variable, position: int) -> str | None:
        """Whose objects (or actors) a dimension counts, if terms name those."""
        if position or not variable.labels:
            return None
        struct = variable.name.partition(".")[0]
        if struct in self.names.structs and variable.dims[0] == self.pools.get(struct):
            return None if variable.kind is VariableKind.LOCAL else struct
        actors = tuple(actor.name for actor in self.program.actors)
        rcu = variable.kind is VariableKind.BOOKKEEPING and variable.labels[0] == actors
        return ACTORS if rcu and ACTORS in self.names.structs else None

    def _read(self, expr: Read, memory: Memory) -> Sum:
        held = self.program.variables[expr.variable].type
        kind = self.kind(self.program.variables[expr.variable])
        least = 1 if isinstance(held, RefType) else held.lo
        index = self.place(expr.variable, expr.index, memory)
        if expr.old:
            term = self._loaded("old", expr.variable, index)
            return Sum(0, ((1, Atom(kind, term, least, held.hi)),))
        term = self.stored(expr.variable, index, memory)
        if kind is None and self.terms.nodes[term].tag == "number":
            return self._boolean(term)
        return Sum(0, ((1, Atom(kind, term, least, held.hi)),))

    def stored(self, variable: int, index: tuple[Term, ...], memory: Memory) -> Term:
        """What the cell holds at this point of the step."""
        term = self._stored(variable, memory.stores.get(variable, ()), index)
        return self._loaded("read", variable, index) if term is None else term

    def _loaded(self, tag: str, variable: int, index: tuple[Term, ...]) -> Term:
        term = self.terms.term(tag, (self.variable(variable), *index))
        if isinstance(self.program.variables[variable].type, BoolType):
            return self.terms.term("flag", (term,))
        return term

    def _stored(
        self, variable: int, stores: tuple[Term, ...], index: tuple[Term, ...]
    ) -> Term | None:
        """What was stored at ``index`` in this step; None when nothing can have been."""
        wanted = self.terms.term("at", (*index, self.terms.number(0)))
        for position in range(len(stores) - 1, -1, -1):
            store = stores[position]
            node = self.terms.nodes[store]
            if node.children[:-1] == index:
                return node.children[-1]
            if not self.terms.apart(store, wanted):
                chain = self.terms.term("chain", stores[: position + 1])
                return self.terms.term("after", (self.variable(variable), chain, *index))
        return None

    def _boolean(self, term: Term) -> Sum:
        node = self.terms.nodes[term]
        if node.tag == "number":
            value = node.payload[0]
            assert isinstance(value, int)
            return Sum(value)
        return Sum(0, ((1, Atom(None, term)),))

    def _binary(self, op: Op, left: Sum, right: Sum) -> Sum:
        if not left.parts and not right.parts and _defined(op, right.constant):
            return Sum(apply(op, left.constant, right.constant))
        match op:
            case Op.AND | Op.OR:
                both = (self.names.truth(left), self.names.truth(right))
                return self._boolean(self.terms.term(op.value, both))
            case Op.EQ | Op.NE:
                return self._boolean(self._equal(op, left, right))
            case Op.LT:
                return self._boolean(self._below(left, right))
            case Op.GE:
                return self._boolean(self.terms.negation(self._below(left, right)))
            case Op.GT:
                return self._boolean(self._below(right, left))
            case Op.LE:
                return self._boolean(self.terms.negation(self._below(right, left)))
            case Op.ADD:
                return _added(left, right, 1)
            case Op.SUB:
                return _added(left, right, -1)
            case Op.MUL | Op.DIV | Op.MOD:
                return self._product(op, left, right)
            case Op.BITAND | Op.BITOR:
                return self._bits(op, left, right)
            case Op.SHL | Op.SHR:
                return self._shifted(op, left, right)
            case _:
                assert_never(op)

    def _equal(self, op: Op, left: Sum, right: Sum) -> Term:
        ranges = _ranges(left, right)
        if ranges is not None and _below(*ranges) | _below(*ranges[::-1]):
            return self.terms.number(int(op is Op.NE))
        kinds = [kind for kind in map(self.names.kind_of, (left, right)) if kind is not None]
        kind = kinds[0] if kinds else None
        if len(kinds) == 2 and isinstance(kinds[0], WordType):
            kind = kinds[1]  # a word that is used as its only field
        pair = (self.names.coerced(left, kind), self.names.coerced(right, kind))
        if pair[0] == pair[1] or self.terms.differ(*pair):
            return self.terms.number(int((pair[0] == pair[1]) == (op is Op.EQ)))
        return self.terms.term(op.value, pair)

    def _below(self, left: Sum, right: Sum) -> Term:
        """``left < right``."""
        ranges = _ranges(left, right)
        if ranges is not None and (_below(*ranges) or ranges[0][0] >= ranges[1][1]):
            return self.terms.number(int(_below(*ranges)))
        for value, other, flip in ((left, right, False), (right, left, True)):
            kind = self.names.kind_of(value)
            if kind is None:
                continue
            if other.parts:
                raise self.names.refuse("references are put in order", left, right)
            # value < bound, or bound < value, which is: not value < bound + 1
            bound = other.constant + 1 if flip else other.constant
            term = self._boundary(value, kind, bound)
            return self.terms.negation(term) if flip else term
        return self.terms.term("<", (self.names.neutral(left), self.names.neutral(right)))

    def _boundary(self, value: Sum, kind: Kind, bound: int) -> Term:
        """``value < bound`` where no renaming moves a value across the bound."""
        assert isinstance(kind, RefType | SetType | WordType | LockType)
        term = self.names.coerced(value, kind)
        if bound <= kind.lo or bound > kind.hi:
            return self.terms.number(int(bound > kind.hi))
        match kind:
            case RefType() if bound == 1:
                return self.terms.term("==", (term, self.terms.leaf("null")))
            case WordType() if bound in [kind.base(n) for n in range(len(kind.variants))]:
                return self.terms.term("below", (term,), bound)
            case LockType() if bound == 1 << len(kind.actors):
                return self.terms.term("below", (term,), bound)
        raise self.names.refuse("references are put in order", value)

    def _product(self, op: Op, left: Sum, right: Sum) -> Sum:
        if op is Op.MUL and not (left.parts and right.parts):
            factor, value = (right, left) if left.parts else (left, right)
            parts = tuple((c * factor.constant, a) for c, a in value.parts if factor.constant)
            return Sum(value.constant * factor.constant, parts)
        if op is not Op.MUL and not right.parts:
            field = self._field(op, left, right.constant)
            if field is not None:
                return field
            divided = left.divided(right.constant)
            if divided is not None:
                return divided[0] if op is Op.DIV else divided[1]
        pair = (self.names.neutral(left), self.names.neutral(right))
        tag = "product" if op is Op.MUL else NEUTRAL_OPS[op]
        return Sum(0, ((1, Atom(None, self.terms.term(tag, pair))),))

    def _field(self, op: Op, value: Sum, constant: int) -> Sum | None:
        """A field of a word, taken out by a quotient or a remainder; None for a plain number."""
        single = value.single
        kind = single.kind if single is not None else None
        match kind:
            case WordType() if op is Op.DIV:
                return self._quotient(single, kind, -value.constant, constant)
            case WordType():
                return self._digit(single, kind, -value.constant, 1, constant)
            case Quotient(word, base, stride) if op is Op.MOD and not value.constant:
                return self._digit(single, word, base, stride, constant)
            case Digit(field) if op is Op.MOD and constant == field.hi - field.lo + 1:
                return value
            case _:
                return None

    def _quotient(self, atom: Atom | None, word: WordType, base: int, stride: int) -> Sum:
        """The upper fields of a word: its first one when there are no others."""
        assert atom is not None
        for number, variant in enumerate(word.variants):
            if word.base(number) != base:
                continue
            if stride >= variant.size:
                return Sum(0)  # fields above that have one value
            for place, (_, field) in enumerate(variant.fields):
                radix = field.hi - field.lo + 1
                if radix > 1 and stride * radix == variant.size:
                    return self._part(atom, variant.name, place, field)
        return Sum(0, ((1, Atom(Quotient(word, base, stride), atom.term)),))

    def _digit(self, atom: Atom | None, word: WordType, base: int, stride: int, radix: int) -> Sum:
        """The field of a word that is left when the fields on both sides of it are taken off."""
        assert atom is not None
        for number, variant in enumerate(word.variants):
            strides = strides_of(word, number)
            for place, (_, field) in enumerate(variant.fields):
                fits = strides[place] == stride and field.hi - field.lo + 1 == radix > 1
                if word.base(number) == base and fits:
                    return self._part(atom, variant.name, place, field)
        raise self.names.refuse("arithmetic on a word", Sum(0, ((1, atom),)))

    def _part(self, atom: Atom, variant: str, place: int, field: ValueType) -> Sum:
        node = self.terms.nodes[atom.term]
        if node.tag == "word" and node.payload == (variant,) and self.names.sensitive(field):
            inside = Atom(Digit(field), node.children[place], 0, field.hi - field.lo)
            return Sum(0, ((1, inside),))
        term = self.terms.term("field", (atom.term,), variant, place)
        if isinstance(field, BoolType):
            term = self.terms.term("flag", (term,))
        return Sum(0, ((1, Atom(Digit(field), term, 0, field.hi - field.lo)),))

    def _bits(self, op: Op, left: Sum, right: Sum) -> Sum:
        kind = self.names.kind_of(left) or self.names.kind_of(right)
        if isinstance(kind, SetType | LockType):
            pair = (self.names.coerced(left, kind), self.names.coerced(right, kind))
            return Sum(0, ((1, Atom(kind, self.terms.term(op.value, pair))),))
        pair = (self.names.neutral(left), self.names.neutral(right))
        return Sum(0, ((1, Atom(None, self.terms.term(op.value, pair))),))

    def _shifted(self, op: Op, left: Sum, right: Sum) -> Sum:
        member = right.plus(1)
        kind = self.names.kind_of(member)
        if op is Op.SHL and left == Sum(1) and isinstance(kind, RefType):
            # Exactly one object: the names do not matter where sets are compared.
            only = self.terms.term("set", (self.names.coerced(member, kind),))
            return Sum(0, ((1, Atom(SetType(kind.struct, kind.names), only)),))
        pair = (self.names.neutral(left), self.names.neutral(right))
        return Sum(0, ((1, Atom(None, self.terms.term(NEUTRAL_OPS[op], pair))),))


def _ranges(left: Sum, right: Sum) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """The bounds of a sum that packs a word, whose type is not known here, and of a constant."""
    if len(left.parts) + len(right.parts) < 2 or min(len(left.parts), len(right.parts)):
        return None
    first, second = left.bounds, right.bounds
    return None if first is None or second is None else (first, second)


def _below(first: tuple[int, int], second: tuple[int, int]) -> bool:
    """All of one range is less than all of another."""
    return first[1] < second[0]


def _defined(op: Op, right: int) -> bool:
    """Whether ``op`` has a value for this right operand."""
    return right != 0 if op in (Op.DIV, Op.MOD) else right >= 0 or op not in (Op.SHL, Op.SHR)


def _added(left: Sum, right: Sum, sign: int) -> Sum:
    """``left + sign * right``. A sum that packs a word may have one atom in several fields."""
    negated = tuple((sign * coefficient, atom) for coefficient, atom in right.parts)
    return Sum(left.constant + sign * right.constant, left.parts + negated)
