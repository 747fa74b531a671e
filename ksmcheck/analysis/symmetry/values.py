"""Values with a type: what they mean where they are used, as terms.

A value is a sum of atoms, each with its type (kinds.py); when it is used, it must be of a shape
that has a meaning for the type wanted. Anything else is refused: ``Asymmetric``, with the structs
whose objects it would tell apart.
"""

from __future__ import annotations

from attrs import frozen

from ksmcheck.analysis.symmetry.kinds import (
    ACTORS,
    Asymmetric,
    Atom,
    Choice,
    Digit,
    Kind,
    Quotient,
    Sum,
)
from ksmcheck.analysis.symmetry.terms import Term, Terms
from ksmcheck.ir.types import (
    LockKind,
    LockType,
    RefType,
    SetType,
    ValueType,
    WordType,
    decode_word,
    holders,
)


@frozen
class Names:
    """Which structs' objects, and whether actors, are told apart by name in terms.

    ``bits`` has a bit for each of them: (struct, index), or (ACTORS, number).
    """

    terms: Terms
    structs: frozenset[str]
    bits: dict[tuple[str, int], int]

    def sensitive(self, kind: ValueType) -> bool:
        """True when values of this type name objects or actors."""
        match kind:
            case RefType(struct) | SetType(struct):
                return struct in self.structs
            case WordType(_, variants):
                return any(self.sensitive(part) for v in variants for _, part in v.fields)
            case LockType():
                return ACTORS in self.structs
            case _:
                return False

    def involved(self, kind: Kind) -> frozenset[str]:
        """The structs that a value of this kind names."""
        match kind:
            case RefType(struct) | SetType(struct):
                return frozenset({struct}) & self.structs
            case WordType(_, variants):
                parts = [self.involved_type(part) for v in variants for _, part in v.fields]
                return frozenset().union(*parts)
            case LockType():
                return frozenset({ACTORS}) & self.structs
            case Digit(field):
                return self.involved_type(field)
            case Quotient(word):
                return self.involved(word)
            case Choice(_, then, orelse):
                return self.in_sum(then) | self.in_sum(orelse)
            case None:
                return frozenset()

    def involved_type(self, kind: ValueType) -> frozenset[str]:
        """The same for the type of a field."""
        if isinstance(kind, RefType | SetType | WordType | LockType):
            return self.involved(kind)
        return frozenset()

    def in_sum(self, value: Sum) -> frozenset[str]:
        """The structs that the atoms of ``value`` name."""
        return frozenset().union(*(self.involved(atom.kind) for _, atom in value.parts))

    def refuse(self, reason: str, *values: Sum, kind: Kind = None) -> Asymmetric:
        """The exception for a use of ``values`` that no renaming would respect."""
        return Asymmetric(self.involved(kind).union(*map(self.in_sum, values)), reason)

    def kind_of(self, value: Sum) -> Kind:
        """The type that ``value`` surely has: None when it names nothing, or does not show it."""
        single = value.single
        if single is None:
            return None
        match single.kind:
            case Choice(_, then, orelse):
                return self.kind_of(then.plus(value.constant)) or self.kind_of(
                    orelse.plus(value.constant)
                )
            case WordType() as word if value.constant:
                return self._only_field(word, value.constant)
            case Digit(field):
                if not isinstance(field, RefType | SetType | WordType | LockType):
                    return None
                fits = self.sensitive(field) and value.constant == field.lo
                return field if fits else None
            case kind:
                return kind if not value.constant else None

    def _only_field(self, word: WordType, constant: int) -> Kind:
        for number, variant in enumerate(word.variants):
            for _, field in variant.fields:
                if field.hi == field.lo:
                    continue
                fits = field.lo - word.base(number) == constant
                only = variant.size == field.hi - field.lo + 1
                if fits and only and isinstance(field, RefType | SetType | WordType | LockType):
                    return field if self.sensitive(field) else None
                break
        return None

    # ---- what a value is when it is used ---------------------------------------------------

    def neutral(self, value: Sum) -> Term:
        """The term of a number that names nothing."""
        parts: list[Term] = []
        for coefficient, atom in value.parts:
            match atom.kind:
                case None:
                    term = atom.term
                case Digit(field) if not self.sensitive(field):
                    term = atom.term
                case Choice(condition, then, orelse):
                    term = self.terms.choice(condition, self.neutral(then), self.neutral(orelse))
                case WordType() as word if self._plain_variant(word, value.constant):
                    term = self.terms.term("whole", (atom.term,))
                case _:
                    raise self.refuse("arithmetic or order on references", value)
            if coefficient != 1:
                term = self.terms.term("times", (term,), coefficient)
            parts.append(term)
        if len(parts) == 1 and not value.constant:
            return parts[0]
        if not parts:
            return self.terms.number(value.constant)
        return self.terms.term("sum", (*parts, self.terms.number(value.constant)))

    def _plain_variant(self, word: WordType, constant: int) -> bool:
        """Whether word + constant is (an index from) a field that is all of a variant.

        Such a field names nothing, so the word itself is the same under every renaming.
        """
        for number, variant in enumerate(word.variants):
            fields = [field for _, field in variant.fields if field.hi > field.lo]
            fields = fields or [field for _, field in variant.fields]
            only = len(fields) == 1 and not self.sensitive(fields[0])
            if only and constant - (fields[0].lo - word.base(number)) in (0, -1):
                return True
        return False

    def truth(self, value: Sum) -> Term:
        """The term of a condition."""
        kind = self.kind_of(value)
        if kind is not None:
            zero = self.coerced(Sum(0), kind)
            return self.terms.term("!=", (self.coerced(value, kind), zero))
        single = value.single
        if single is not None and not value.constant and isinstance(single.kind, Choice):
            condition, then, orelse = single.kind.condition, single.kind.then, single.kind.orelse
            return self.terms.choice(condition, self.truth(then), self.truth(orelse))
        term = self.neutral(value)
        if not value.parts:
            return self.terms.number(int(value.constant != 0))
        if self.terms.is_truth(term):
            return term
        return self.terms.term("!=", (term, self.terms.number(0)))

    def coerced(self, value: Sum, kind: Kind) -> Term:
        """The term of ``value`` used as a ``kind``."""
        if kind is None:
            return self.neutral(value)
        if not value.parts:
            return self._constant(value.constant, kind)
        single = value.single
        if single is not None and isinstance(single.kind, Choice):
            chosen = single.kind
            return self.terms.choice(
                chosen.condition,
                self.coerced(chosen.then.plus(value.constant), kind),
                self.coerced(chosen.orelse.plus(value.constant), kind),
            )
        match kind:
            case RefType(struct):
                return self._reference(value, struct, kind)
            case WordType():
                return self._word(value, kind)
            case SetType() | LockType():
                return self._mask(value, kind)
            case Digit() | Quotient() | Choice():
                raise self.refuse("a field of a word is used in an unknown way", value)

    def reference(self, value: Sum, struct: str) -> Term:
        """The term of ``value`` used as a reference to an object of ``struct``."""
        return self.coerced(value, RefType(struct, ()))

    def object(self, struct: str, index: int) -> Term:
        """The object of this name; with ACTORS, the actor."""
        bit = self.bits.get((struct, index))
        if bit is None:
            # On a way that is never taken, constants may have been folded to anything.
            return self.terms.leaf("nothing", struct, index)
        return self.terms.leaf("actor" if struct == ACTORS else "object", struct, index, bit=bit)

    def _constant(self, value: int, kind: Kind) -> Term:
        match kind:
            case RefType(struct):
                return self.object(struct, value - 1) if value else self.terms.leaf("null")
            case SetType(struct):
                members = [i for i in range(value.bit_length()) if value >> i & 1]
                return self.terms.term("set", tuple(self.object(struct, i) for i in members))
            case WordType():
                if not kind.lo <= value <= kind.hi:
                    raise self.refuse(f"{value} is no {kind.name}", kind=kind)
                variant, digits = decode_word(kind, value)
                fields = tuple(
                    self._field(Sum(digit), part)
                    for digit, (_, part) in zip(digits, variant.fields, strict=True)
                )
                return self.terms.term("word", fields, variant.name)
            case LockType():
                if value < 0:
                    raise self.refuse("arithmetic on a lock", kind=kind)
                writing = kind.kind is LockKind.RWSEM and value >= 1 << len(kind.actors)
                owners = tuple(self.object(ACTORS, actor) for actor in holders(kind, value))
                return self.terms.term("set", owners, "writes" if writing else "holds")
            case _:
                raise self.refuse("a constant of an unknown type", kind=kind)

    def _field(self, value: Sum, kind: ValueType) -> Term:
        """The term of a field's value."""
        if isinstance(kind, RefType | SetType | WordType | LockType) and self.sensitive(kind):
            return self.coerced(value, kind)
        return self.neutral(value)

    def _reference(self, value: Sum, struct: str, kind: RefType) -> Term:
        single = value.single
        match single.kind if single is not None else None:
            case RefType(other) if other == struct and not value.constant:
                assert single is not None
                return single.term
            case Digit(RefType(other) as field) if other == struct and value.constant == field.lo:
                assert single is not None
                return single.term
            case WordType() as word:
                assert single is not None
                return self._first_field(single.term, word, value, struct)
        raise self.refuse(f"a number is used as a reference to {struct}", value, kind=kind)

    def _first_field(self, term: Term, word: WordType, value: Sum, struct: str) -> Term:
        """A field that is all of its variant needs no quotient."""
        for number, variant in enumerate(word.variants):
            for position, (_, field) in enumerate(variant.fields):
                if (
                    isinstance(field, RefType)
                    and field.struct == struct
                    and variant.size == field.hi - field.lo + 1
                    and value.constant == field.lo - word.base(number)
                ):
                    return self.terms.term("field", (term,), variant.name, position)
        raise self.refuse("a word is used as a reference", value)

    def _mask(self, value: Sum, kind: SetType | LockType) -> Term:
        single = value.single
        if single is not None and not value.constant and _alike(single.kind, kind):
            return single.term
        if len(value.parts) == 2 and not value.constant:
            (less, taken), (more, whole) = sorted(value.parts, key=lambda part: part[0])
            node = self.terms.nodes[taken.term]
            inside = node.tag == "&" and whole.term in node.children
            if (less, more) == (-1, 1) and inside and _alike(whole.kind, kind):
                return self.terms.term("minus", (whole.term, taken.term))
        if isinstance(kind, LockType) and single is not None and isinstance(single.kind, LockType):
            taken_bits = self._constant(-value.constant, kind)
            return self.terms.term("minus", (single.term, taken_bits))
        raise self.refuse("arithmetic on a set", value, kind=kind)

    def _word(self, value: Sum, kind: WordType) -> Term:
        single = value.single
        whole = single is not None and not value.constant and single.kind
        if single is not None and isinstance(whole, WordType) and whole.name == kind.name:
            return single.term
        found = (self._packed(value, kind, number) for number in range(len(kind.variants)))
        terms = [term for term in found if term is not None]
        if len(terms) != 1:
            raise self.refuse(f"a number is used as a {kind.name}", value, kind=kind)
        return terms[0]

    def _packed(self, value: Sum, kind: WordType, number: int) -> Term | None:
        """The word of variant ``number`` when ``value`` is the sum that packs one."""
        variant, strides = kind.variants[number], strides_of(kind, number)
        given: dict[int, Atom] = {}
        lowest = value.constant
        for coefficient, atom in value.parts:
            places = [
                place
                for place in range(len(strides))
                if strides[place] == coefficient and place not in given
            ]
            if not places:
                return None
            # Of fields with one stride all but one have a single value.
            places.sort(
                key=lambda place: variant.fields[place][1].hi == variant.fields[place][1].lo
            )
            given[places[0]] = atom
            if not isinstance(atom.kind, Digit):
                lowest += coefficient * variant.fields[places[0]][1].lo
        rest = lowest - kind.base(number)
        if not 0 <= rest < variant.size:
            return None
        parts: list[Term] = []
        for place, (_, field) in enumerate(variant.fields):
            digit = rest // strides[place] % (field.hi - field.lo + 1)
            taken = given.get(place)
            if taken is None:
                parts.append(self._field(Sum(digit + field.lo), field))
                continue
            if digit:
                return None
            constant = field.lo if isinstance(taken.kind, Digit) else 0
            parts.append(self._field(Sum(constant, ((1, taken),)), field))
        return self.terms.term("word", tuple(parts), variant.name)


def _alike(first: Kind, second: Kind) -> bool:
    """Both are sets over the same pool, or both are locks of the same kind."""
    match first, second:
        case SetType(a), SetType(b):
            return a == b
        case LockType(a), LockType(b):
            return a is b
        case _:
            return False


def strides_of(word: WordType, number: int) -> list[int]:
    """What one more in each field of a variant adds to the word."""
    strides: list[int] = []
    stride = 1
    for _, field in reversed(word.variants[number].fields):
        strides.insert(0, stride)
        stride *= field.hi - field.lo + 1
    return strides
