"""Lowers expressions: shared loads become steps of their own, left to right.

What is returned is an IR expression over locals and constants only, so it can be evaluated at any
later moment. Ghost expressions are the exception: nobody can tell when they are evaluated, so
they stay whole and read the state where they are used.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import assert_never

from attrs import define

from ksmcheck.frontend import tree
from ksmcheck.frontend.builder import Builder
from ksmcheck.frontend.cfg import Node
from ksmcheck.frontend.pure import PureLowering
from ksmcheck.frontend.schema import index_of
from ksmcheck.frontend.symbols import Lifetime, StructSymbol
from ksmcheck.frontend.tree import Place, Typed
from ksmcheck.frontend.words import field_of_word, is_variant, pack
from ksmcheck.ir.expr import FALSE, TRUE, Ask, BitCount, Const, Expr, Op, Read
from ksmcheck.ir.fold import binary, disjunction, ite, negate
from ksmcheck.ir.program import BuiltinCheck
from ksmcheck.ir.source import Span
from ksmcheck.ir.step import Access, AccessKind
from ksmcheck.ir.symbols import Compare, Fresh
from ksmcheck.ir.types import IntType, RefType, SetType, ValueType, WordType


def bit_of(element: Expr) -> Expr:
    """The mask of one member of a set over a pool."""
    return binary(Op.SHL, Const(1), index_of(element))


@define
class ExpressionLowering(Builder):
    """Lowers the typed expressions of one actor."""

    @abstractmethod
    def call(self, call: tree.Call) -> Expr:
        """Inline a call; gives its value (or 0)."""

    @abstractmethod
    def primitive(self, prim: tree.Primitive) -> Expr:
        """Lower a primitive; gives its value (or 0)."""

    def value(self, typed: Typed) -> Expr:
        """The value of an expression; its loads are emitted as steps."""
        if typed.ghost and not isinstance(typed, (tree.Call, tree.Primitive, tree.Choice)):
            return self.pure(typed)
        match typed:
            case tree.Literal(value=value):
                if not self.setup:
                    self.schema.name(typed.type, value)
                return Const(value)
            case tree.Local(name=name):
                return self._local(name, typed)
            case tree.Load():
                return self._load(typed)
            case tree.Arithmetic(op=op, left=left, right=right):
                first = self.value(left)
                return binary(op, first, self.value(right))
            case tree.Negation(operand=operand):
                return negate(self.value(operand))
            case tree.Lazy() | tree.Conditional():
                return self._lazily(typed)
            case tree.MakeWord():
                return self._make_word(typed)
            case tree.IsVariant(operand=operand, variant=variant):
                assert isinstance(operand.type, WordType)
                return is_variant(operand.type, self.value(operand), variant)
            case tree.WordField():
                return self._word_field(typed)
            case tree.Contains(element=element, set=members):
                return self._contains(element, members, typed.span)
            case tree.SetSize(operand=operand):
                return BitCount(self.value(operand))
            case tree.Call():
                return self.call(typed)
            case tree.Primitive():
                return self.primitive(typed)
            case tree.Choice():
                return self._choice(typed)
            case tree.Asked():
                return self._asked(typed)
            case tree.IsLive() | tree.IsLocked() | tree.IsHeld() | tree.Quantified():
                return self.pure(typed)
            case _:
                assert_never(typed)

    def pure(self, typed: Typed) -> Expr:
        """The expression whole, reading the state where it is used (ghosts, wait_until)."""
        environment, actor = dict(self.environment), None if self.setup else self.me
        return PureLowering(self.schema, self.functions, environment, actor=actor).value(typed)

    def _local(self, name: str, typed: tree.Local) -> Expr:
        value = self.environment.get(name, Const(0))
        if isinstance(value, Read) and value.variable in self.windows:
            return self._reload(value, self.windows[value.variable], typed)
        return value

    def _reload(self, local: Read, place: Read, typed: tree.Local) -> Expr:
        """A use of a plainly loaded local: the compiler may have loaded it again."""
        result = self.local(typed.name, typed.type, typed.span, temporary=True)
        kept, again, after = (self.node(typed.span) for _ in range(3))
        self.arms(("as loaded", "loaded again"), (kept, again))
        self.here = kept
        self.set_local(result, local)
        self.jump(after)
        self.here = again
        access = Access(AccessKind.LOAD, place.variable, place.index, plain=True)
        self.begin(access, typed.span, f"{typed.name} (plain load repeated)")
        self.set_local(result, place)
        self.place_here(after)
        return Read(result)

    def resolve(self, place: Place) -> tuple[int, tuple[Expr, ...], tuple[Expr, Expr]]:
        """Lower the parts of a place: (variable, index, (reference, raw array index))."""
        reference: Expr = Const(1)
        if place.object is not None:
            reference = self.settled(place.object)
        position: Expr = Const(0)
        if place.index is not None:
            position = self.settled(place.index)
        return self.indexed(place, reference, position)

    def indexed(
        self, place: Place, reference: Expr, position: Expr
    ) -> tuple[int, tuple[Expr, ...], tuple[Expr, Expr]]:
        """The variable and index of a place whose parts are known."""
        if isinstance(place.owner, StructSymbol):
            variable = self.schema.field_of(place.owner, place.field, place.span)
            index: tuple[Expr, ...] = (index_of(reference),)
        else:
            variable, index = self.schema.shared(place.owner), ()
        if place.index is not None:
            index = (*index, position)
        return variable, index, (reference, position)

    def settled(self, typed: Typed) -> Expr:
        value = self.value(typed)
        if isinstance(value, (Const, Read)):
            return value
        kind = typed.type if typed.type is not None else IntType(0, 0)
        return self.temporary(value, kind, typed.span)

    def ghost_place(self, place: Place) -> tuple[int, tuple[Expr, ...], tuple[Expr, Expr]]:
        """The parts of a ghost's place: nothing that finds it is an access."""
        reference = self.pure(place.object) if place.object is not None else Const(1)
        position = self.pure(place.index) if place.index is not None else Const(0)
        return self.indexed(place, reference, position)

    def guard(self, place: Place, parts: tuple[Expr, Expr]) -> None:
        """The checks that an access to ``place`` makes: not None, in bounds, not freed."""
        reference, position = parts
        kind = place.object.type if place.object is not None else None
        if isinstance(place.owner, StructSymbol) and kind is not None and kind.lo == 0:
            self.check(
                binary(Op.NE, reference, Const(0)),
                BuiltinCheck.NULL_DEREFERENCE,
                "KSM803",
                f"{self.text(place.span)}: the {place.owner.name} is None",
                place.span,
            )
        if place.index is not None and place.storage.size is not None:
            self._in_bounds(place, position, place.storage.size)
        if isinstance(place.owner, StructSymbol):
            self._alive(place.owner, reference, place.span)

    def _in_bounds(self, place: Place, position: Expr, size: int) -> None:
        kind = place.index.type if place.index is not None else None
        known = kind is not None and kind.lo >= 0 and kind.hi < size
        if known and not isinstance(position, Const):
            return
        low = binary(Op.GE, position, Const(0))
        self.check(
            binary(Op.AND, low, binary(Op.LT, position, Const(size))),
            BuiltinCheck.OUT_OF_RANGE,
            "KSM891",
            f"{self.text(place.span)}: the index is outside 0 to {size - 1}",
            place.span,
        )

    def _alive(self, struct: StructSymbol, reference: Expr, span: Span) -> None:
        if self.schema.permanent(struct) or self.setup:
            return
        alive = self.schema.is_live(struct, reference)
        if struct.lifetime is Lifetime.TYPESAFE and alive != TRUE:
            reading = Read(self.schema.readers(), (Const(self.me),))
            alive = binary(Op.OR, alive, binary(Op.NE, reading, Const(0)))
        self.check(
            alive,
            BuiltinCheck.USE_AFTER_FREE,
            "KSM801",
            f"use after free: {self.text(span)} touches a freed {struct.name}",
            span,
        )

    def _load(self, load: tree.Load) -> Expr:
        variable, index, parts = self.resolve(load.place)
        access = Access(AccessKind.LOAD, variable, index, load.plain)
        self.begin(access, load.span, self.text(load.span))
        self.guard(load.place, parts)
        return self.temporary(Read(variable, index), load.type, load.span)

    def _asked(self, typed: tree.Asked) -> Expr:
        """A question; a new unknown is made here and now, the others can be asked later."""
        value = Ask(typed.question, tuple(self.value(item) for item in typed.operands))
        if isinstance(typed.question, Fresh):
            return self.temporary(value, typed.type, typed.span)
        return value

    def _make_word(self, make: tree.MakeWord) -> Expr:
        assert isinstance(make.type, WordType)
        values = []
        for (name, kind), part in zip(
            make.type.variants[make.variant].fields, make.fields, strict=True
        ):
            value = self.value(part)
            self.in_range(value, part.type, kind, part.span, f"field '{name}'")
            values.append(value)
        return pack(make.type, make.variant, tuple(values))

    def in_range(
        self, value: Expr, source: ValueType | None, target: ValueType, span: Span, what: str
    ) -> None:
        """Check that ``value`` is one of ``target``'s, unless the types say so already."""
        if isinstance(value, Const):
            inside = target.lo <= value.value <= target.hi
            if not inside:
                self._range_fault(FALSE, target, span, what)
            return
        if source is not None and source.lo >= target.lo and source.hi <= target.hi:
            return
        condition: Expr = TRUE
        if source is None or source.lo < target.lo:
            condition = binary(Op.GE, value, Const(target.lo))
        if source is None or source.hi > target.hi:
            condition = binary(Op.AND, condition, binary(Op.LE, value, Const(target.hi)))
        self._range_fault(condition, target, span, what)

    def _range_fault(self, condition: Expr, target: ValueType, span: Span, what: str) -> None:
        if isinstance(target, RefType):
            self.check(
                condition,
                BuiltinCheck.NULL_DEREFERENCE,
                "KSM803",
                f"None is stored in {what}, which cannot be None",
                span,
            )
            return
        self.check(
            condition,
            BuiltinCheck.OUT_OF_RANGE,
            "KSM804",
            f"the value stored in {what} is outside {target.lo} to {target.hi}",
            span,
        )

    def _word_field(self, access: tree.WordField) -> Expr:
        assert isinstance(access.operand.type, WordType)
        word = access.operand.type
        value = self.settled(access.operand)
        known = disjunction([is_variant(word, value, variant) for variant, _ in access.options])
        name = " or ".join(word.variants[variant].name for variant, _ in access.options)
        self.check(
            known,
            BuiltinCheck.OUT_OF_RANGE,
            "KSM805",
            f"{self.text(access.span)}: the {word.name} is no {name}",
            access.span,
        )
        return field_of_word(word, value, access.options)

    def _contains(self, element: Typed, members: Typed, span: Span) -> Expr:
        assert isinstance(members.type, SetType)
        member = self.settled(element)
        self.check(
            binary(Op.NE, member, Const(0)),
            BuiltinCheck.NULL_DEREFERENCE,
            "KSM803",
            f"{self.text(span)}: None is no member of a pool",
            span,
        )
        mask = self.value(members)
        return binary(Op.NE, binary(Op.BITAND, mask, bit_of(member)), Const(0))

    def _choice(self, choice: tree.Choice) -> Expr:
        result = self.local("(choice)", choice.type, choice.span, temporary=True)
        values = [self.value(option) for option in choice.options]
        starts = tuple(self.node(choice.span) for _ in values)
        after = self.node(choice.span)
        if self.here is not None and not self.here.text:
            self.here.text = self.text(choice.span)
        labels = tuple(self.text(option.span) for option in choice.options)
        if len(set(labels)) < len(labels):
            labels = tuple(self._shown(choice.type, value) for value in values)
        self.arms(labels, starts)
        for start, value in zip(starts, values, strict=True):
            self.here = start
            self.set_local(result, value)
            self.jump(after)
        self.here = after
        return Read(result)

    def _shown(self, kind: ValueType, value: Expr) -> str:
        from_constant = value.value if isinstance(value, Const) else -1
        if isinstance(kind, RefType) and from_constant > 0:
            return kind.names[from_constant - 1]
        return str(from_constant)

    def is_simple(self, typed: Typed) -> bool:
        """True when evaluating ``typed`` emits nothing, so it may be evaluated needlessly."""
        match typed:
            case tree.Literal():
                return True
            case tree.Local(name=name):
                value = self.environment.get(name)
                return not (isinstance(value, Read) and value.variable in self.windows)
            case tree.Arithmetic(left=left, right=right) | tree.Lazy(left=left, right=right):
                return self.is_simple(left) and self.is_simple(right)
            case tree.Negation(operand=operand) | tree.IsVariant(operand=operand):
                return self.is_simple(operand)
            case tree.Asked(question=Compare(), operands=operands):
                return all(map(self.is_simple, operands))
            case _:
                return typed.ghost and not isinstance(
                    typed, (tree.Call, tree.Primitive, tree.Choice)
                )

    def _lazily(self, typed: tree.Lazy | tree.Conditional) -> Expr:
        if isinstance(typed, tree.Lazy) and self.is_simple(typed):
            return binary(typed.op, self.value(typed.left), self.value(typed.right))
        if isinstance(typed, tree.Conditional) and all(
            map(self.is_simple, (typed.condition, typed.then, typed.orelse))
        ):
            return ite(
                self.value(typed.condition), self.value(typed.then), self.value(typed.orelse)
            )
        result = self.local("(value)", typed.type, typed.span, temporary=True)
        then, orelse, after = (self.node(typed.span) for _ in range(3))
        condition = typed.condition if isinstance(typed, tree.Conditional) else typed
        self.branch(condition, then, orelse)
        self.here = then
        yes = self.value(typed.then) if isinstance(typed, tree.Conditional) else TRUE
        self.set_local(result, yes)
        self.jump(after)
        self.here = orelse
        no = self.value(typed.orelse) if isinstance(typed, tree.Conditional) else FALSE
        self.set_local(result, no)
        self.place_here(after)
        return Read(result)

    def branch(self, condition: Typed, then: Node, orelse: Node) -> None:
        """Close the open node towards ``then`` or ``orelse``; and/or evaluate lazily."""
        if isinstance(condition, tree.Lazy) and not self.is_simple(condition):
            middle = self.node(condition.right.span)
            if condition.op is Op.AND:
                self.branch(condition.left, middle, orelse)
            else:
                self.branch(condition.left, then, middle)
            self.here = middle
            self.branch(condition.right, then, orelse)
        elif isinstance(condition, tree.Negation):
            self.branch(condition.operand, orelse, then)
        else:
            self.fork(self.value(condition), then, orelse)
