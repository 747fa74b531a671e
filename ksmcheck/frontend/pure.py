"""Lowers expressions and functions that only read: properties, ghost code, wait_until.

Everything becomes one IR expression over the state. A field of None reads as its type's lowest
value, so a predicate is defined in every state.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from attrs import define, evolve, field

from ksmcheck.frontend import tree
from ksmcheck.frontend.builder import zero_of
from ksmcheck.frontend.schema import Schema, index_of
from ksmcheck.frontend.symbols import StructSymbol
from ksmcheck.frontend.tree import Fold, Function, Place, Statement, Typed
from ksmcheck.frontend.words import field_of_word, is_variant, owned, pack, unpack
from ksmcheck.ir.expr import FALSE, TRUE, Ask, BitCount, Const, Expr, Op, Read
from ksmcheck.ir.fold import (
    balanced,
    binary,
    conjunction,
    disjunction,
    ite,
    negate,
    over_state_before,
)
from ksmcheck.ir.program import Reading
from ksmcheck.ir.types import LockType, ValueType, WordType


@define
class PureLowering:
    """Lowers one function body or expression; ``readings`` collects what it looks at.

    ``actor`` is the one whose code it stands in, None for properties and setup.
    """

    schema: Schema
    functions: Mapping[int, Function]
    environment: dict[str, Expr] = field(factory=dict)
    readings: list[Reading] = field(factory=list)
    path: Expr = TRUE
    depth: int = 0
    actor: int | None = None

    def value(self, typed: Typed) -> Expr:
        """The expression as one IR expression."""
        match typed:
            case tree.Literal(value=value):
                if self.actor is not None:
                    self.schema.name(typed.type, value)
                return Const(value)
            case tree.Local(name=name):
                return self.environment.get(name, Const(0))
            case tree.Load():
                return self._load(typed)
            case tree.Arithmetic(op=op, left=left, right=right):
                return binary(op, self.value(left), self.value(right))
            case tree.Lazy():
                return self._lazy(typed)
            case tree.Negation(operand=operand):
                return negate(self.value(operand))
            case tree.Conditional(condition=condition, then=then, orelse=orelse):
                test = self.value(condition)
                return ite(test, self._under(test, then), self._under(negate(test), orelse))
            case tree.MakeWord() | tree.IsVariant() | tree.WordField():
                return self._word(typed)
            case tree.Contains(element=element, set=members):
                return self._contains(element, members)
            case tree.SetSize(operand=operand):
                return BitCount(self.value(operand))
            case tree.Call():
                return self._call(typed)
            case tree.IsLive(struct=struct, operand=operand):
                return self._is_live(struct, self.value(operand))
            case tree.IsLocked(place=place):
                return binary(Op.NE, self._place(place), Const(0))
            case tree.IsHeld(place=place):
                return self._held(place)
            case tree.Quantified():
                return self._quantified(typed)
            case tree.Asked(question=question, operands=operands):
                return Ask(question, tuple(map(self.value, operands)))
            case tree.Primitive() | tree.Choice():
                return Const(0)
            case _:
                assert_never(typed)

    def _word(self, typed: tree.MakeWord | tree.IsVariant | tree.WordField) -> Expr:
        """A word that is built, or one that is asked for its variant or a field."""
        match typed:
            case tree.MakeWord(fields=fields, variant=variant):
                assert isinstance(typed.type, WordType)
                return pack(typed.type, variant, tuple(map(self.value, fields)))
            case tree.IsVariant(operand=operand, variant=variant):
                assert isinstance(operand.type, WordType)
                return is_variant(operand.type, self.value(operand), variant)
            case tree.WordField(operand=operand, options=options):
                assert isinstance(operand.type, WordType)
                word = self.value(operand)
                known = disjunction([is_variant(operand.type, word, item) for item, _ in options])
                return ite(
                    known,
                    field_of_word(operand.type, word, options),
                    Const(zero_of(typed.type)),
                )
            case _:
                assert_never(typed)

    def _is_live(self, struct: StructSymbol, reference: Expr) -> Expr:
        known = binary(Op.NE, reference, Const(0))
        return binary(Op.AND, known, self.schema.is_live(struct, reference))

    def _held(self, place: Place) -> Expr:
        """Whether ``actor`` holds the lock. Setup has the world to itself, so it holds them all."""
        kind = place.storage.type
        assert isinstance(kind, LockType)
        return TRUE if self.actor is None else owned(kind, self._place(place), self.actor)

    def _under(self, condition: Expr, typed: Typed) -> Expr:
        saved = self.path
        self.path = binary(Op.AND, saved, condition)
        result = self.value(typed)
        self.path = saved
        return result

    def _lazy(self, typed: tree.Lazy) -> Expr:
        left = self.value(typed.left)
        guard = left if typed.op is Op.AND else negate(left)
        return binary(typed.op, left, self._under(guard, typed.right))

    def _place(self, place: Place) -> Expr:
        index: tuple[Expr, ...] = ()
        reference: Expr = Const(1)
        if isinstance(place.owner, StructSymbol) and place.object is not None:
            reference = self.value(place.object)
            variable = self.schema.field_of(place.owner, place.field, place.span)
            index = (index_of(reference),)
        else:
            assert not isinstance(place.owner, StructSymbol)
            variable = self.schema.shared(place.owner)
        inside: Expr = binary(Op.NE, reference, Const(0))
        if place.index is not None and place.storage.size is not None:
            position = self.value(place.index)
            index = (*index, position)
            inside = conjunction(
                [
                    inside,
                    binary(Op.GE, position, Const(0)),
                    binary(Op.LT, position, Const(place.storage.size)),
                ]
            )
        return ite(inside, Read(variable, index), Const(zero_of(place.storage.type)))

    def _load(self, load: tree.Load) -> Expr:
        value = self._place(load.place)
        if load.old:
            value = over_state_before(value)
        self._note(load, value, load.type)
        return value

    def _note(self, typed: tree.Load, value: Expr, kind: ValueType) -> None:
        if isinstance(value, Const):
            return
        text = self._shown(typed.place)
        reading = Reading(("old " if typed.old else "") + text, value, kind, self.path)
        if reading not in self.readings:
            self.readings.append(reading)

    def _shown(self, place: Place) -> str:
        """The place in the source's words, with objects that are known by their names."""
        text = place.key.split(".")[0] if isinstance(place.owner, StructSymbol) else place.key
        if isinstance(place.owner, StructSymbol) and place.object is not None:
            known = self.value(place.object)
            names = place.owner.object_names
            if isinstance(known, Const) and 1 <= known.value <= len(names):
                text = names[known.value - 1]
            elif isinstance(place.object, tree.Local):
                text = place.object.name
            elif isinstance(place.object, tree.Load):
                text = self._shown(place.object.place)
            text = f"{text}.{place.field}"
        if place.index is not None:
            position = self.value(place.index)
            text += f"[{position.value}]" if isinstance(position, Const) else "[...]"
        return text

    def _contains(self, element: Typed, members: Typed) -> Expr:
        member = self.value(element)
        bit = binary(Op.SHL, Const(1), index_of(member))
        inside = binary(Op.NE, binary(Op.BITAND, self.value(members), bit), Const(0))
        return binary(Op.AND, binary(Op.NE, member, Const(0)), inside)

    def _quantified(self, typed: tree.Quantified) -> Expr:
        saved = self.environment.get(typed.name)
        parts: list[Expr] = []
        for number in typed.values:
            self.environment[typed.name] = Const(number)
            condition = conjunction([self.value(item) for item in typed.conditions])
            body = self._under(condition, typed.body)
            match typed.fold:
                case Fold.ALL:
                    parts.append(binary(Op.OR, negate(condition), body))
                case Fold.ANY:
                    parts.append(binary(Op.AND, condition, body))
                case Fold.SUM:
                    parts.append(ite(condition, body, Const(0)))
                case _:
                    assert_never(typed.fold)
        if saved is not None:
            self.environment[typed.name] = saved
        if typed.fold is Fold.SUM:
            return balanced(Op.ADD, parts, Const(0))
        return conjunction(parts) if typed.fold is Fold.ALL else disjunction(parts)

    def _call(self, call: tree.Call) -> Expr:
        function = self.functions[id(call.function)]
        if self.depth > 20:
            self.schema.errors.add(
                "KSM122",
                f"'{call.function.name}' calls itself",
                call.span,
                "calls are inlined: write a quantifier",
            )
            return FALSE
        inner = evolve(
            self, environment=dict(function_arguments(self, function, call)), depth=self.depth + 1
        )
        return inner.body(function)

    def body(self, function: Function) -> Expr:
        """The value that a function returns; ``environment`` binds its parameters."""
        return self._statements(list(function.body), function)

    def _statements(self, statements: list[Statement], function: Function) -> Expr:
        if not statements:
            self.schema.errors.add(
                "KSM312",
                f"'{function.symbol.name}' can end without a return",
                function.symbol.span,
                "return a value on every path",
            )
            return FALSE
        first, rest = statements[0], statements[1:]
        match first:
            case tree.Return(value=value):
                return self.value(value) if value is not None else FALSE
            case tree.AssignLocal(name=name, value=value):
                self.environment[name] = self.value(value)
                return self._statements(rest, function)
            case tree.If(condition=condition, then=then, orelse=orelse):
                test = self.value(condition)
                if assigns_only((*then, *orelse)):
                    self._join(test, then, orelse)
                    return self._statements(rest, function)
                return ite(
                    test,
                    self._branch(test, [*then, *rest], function, {}),
                    self._branch(negate(test), [*orelse, *rest], function, {}),
                )
            case tree.Match():
                return self._match(first, rest, function)
            case _:
                self.schema.errors.add(
                    "KSM402",
                    "a property only reads and decides",
                    first.span,
                    "statements: assignment to a local, if, match, return",
                )
                return FALSE

    def _join(self, test: Expr, then: tuple[Statement, ...], orelse: tuple[Statement, ...]) -> None:
        """Sides that only assign locals meet again, so what follows is lowered once."""
        ends = []
        for condition, side in ((test, then), (negate(test), orelse)):
            path = binary(Op.AND, self.path, condition)
            inner = evolve(self, environment=dict(self.environment), path=path)
            for item in side:
                if isinstance(item, tree.AssignLocal):
                    inner.environment[item.name] = inner.value(item.value)
                elif isinstance(item, tree.If):
                    inner._join(inner.value(item.condition), item.then, item.orelse)
            ends.append(inner.environment)
        for name in {**ends[0], **ends[1]}:
            left, right = (end.get(name, Const(0)) for end in ends)
            self.environment[name] = ite(test, left, right)

    def _branch(
        self,
        condition: Expr,
        statements: list[Statement],
        function: Function,
        bindings: dict[str, Expr],
    ) -> Expr:
        if condition == FALSE:
            return FALSE
        inner = evolve(
            self,
            environment={**self.environment, **bindings},
            path=binary(Op.AND, self.path, condition),
        )
        return inner._statements(statements, function)

    def _match(self, match: tree.Match, rest: list[Statement], function: Function) -> Expr:
        subject = self.value(match.subject)
        arms: list[tuple[Expr, Expr]] = []
        before: Expr = TRUE
        for case in match.cases:
            condition, bindings = match_case(case.pattern, subject, match.subject.type)
            if case.guard is not None:
                scope = evolve(self, environment={**self.environment, **bindings})
                condition = binary(Op.AND, condition, scope.value(case.guard))
            here = binary(Op.AND, before, condition)
            arms.append((condition, self._branch(here, [*case.body, *rest], function, bindings)))
            before = binary(Op.AND, before, negate(condition))
        exhaustive = before == FALSE or covers(match)
        result = arms[-1][1] if exhaustive and arms else self._branch(before, rest, function, {})
        for condition, value in reversed(arms[:-1] if exhaustive else arms):
            result = ite(condition, value, result)
        return result


def assigns_only(statements: tuple[Statement, ...]) -> bool:
    """True when nothing but assignments to locals can happen in the statements."""
    return all(
        isinstance(item, tree.AssignLocal)
        or (isinstance(item, tree.If) and assigns_only((*item.then, *item.orelse)))
        for item in statements
    )


def function_arguments(
    lowering: PureLowering, function: Function, call: tree.Call
) -> list[tuple[str, Expr]]:
    """The values of a call's parameters, defaults included."""
    given = [(name, lowering.value(value)) for name, value in call.arguments]
    names = {name for name, _ in given}
    defaults = [
        (name, lowering.value(value)) for name, value in function.defaults if name not in names
    ]
    return given + defaults


def match_case(
    pattern: tree.Pattern, subject: Expr, kind: ValueType | None
) -> tuple[Expr, dict[str, Expr]]:
    """When a pattern matches, and what its captures are bound to."""
    match pattern:
        case tree.AnyPattern(capture=capture):
            return TRUE, ({capture: subject} if capture else {})
        case tree.ValuePattern(value=value):
            return binary(Op.EQ, subject, Const(value)), {}
        case tree.VariantPattern(variant=variant, fields=fields):
            assert isinstance(kind, WordType)
            condition = is_variant(kind, subject, variant)
            bindings: dict[str, Expr] = {}
            for number, inner in fields:
                part = unpack(kind, subject, variant, number)
                match inner:
                    case tree.AnyPattern(capture=capture):
                        if capture:
                            bindings[capture] = part
                    case tree.ValuePattern(value=value):
                        condition = binary(Op.AND, condition, binary(Op.EQ, part, Const(value)))
            return condition, bindings
        case _:
            assert_never(pattern)


def covers(match: tree.Match) -> bool:
    """True when the cases cover every variant of a word, whatever the captures are."""
    kind = match.subject.type
    if any(isinstance(c.pattern, tree.AnyPattern) and c.guard is None for c in match.cases):
        return True
    if not isinstance(kind, WordType):
        return False
    found = {
        case.pattern.variant
        for case in match.cases
        if isinstance(case.pattern, tree.VariantPattern)
        and case.guard is None
        and all(isinstance(inner, tree.AnyPattern) for _, inner in case.pattern.fields)
    }
    return found == set(range(len(kind.variants)))
