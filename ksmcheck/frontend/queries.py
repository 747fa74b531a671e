"""Type-checks what asks: choose, isinstance, len, is_live, locked, plain, old, all/any/sum."""

from __future__ import annotations

import ast

from attrs import define

from ksmcheck.diagnostics import did_you_mean
from ksmcheck.frontend.allocation import AllocationChecker
from ksmcheck.frontend.checker import join, shown
from ksmcheck.frontend.names import unknown_struct
from ksmcheck.frontend.symbols import FunctionKind, StructSymbol, Unresolved, VariantSymbol
from ksmcheck.frontend.tree import (
    BOOL,
    UNKNOWN_TYPE,
    Choice,
    Fold,
    IsHeld,
    IsLive,
    IsLocked,
    IsVariant,
    Literal,
    Load,
    Place,
    Quantified,
    SetSize,
    Typed,
)
from ksmcheck.ir.program import PropertyKind
from ksmcheck.ir.types import IntType, LockType, RefType, SetType, SymbolType, ValueType, WordType

LONGEST_RANGE = 4096
ENLARGE = "a range ends after its start, and a pool has a size in the scenario"


@define
class QueryChecker(AllocationChecker):
    """Checks calls of the vocabulary that give a value."""

    def choose(self, node: ast.Call) -> Typed:
        """``choose(a, b)``, ``choose(range(n))``, ``choose(pool(X))``."""
        if self.pure:
            self.fault(
                "KSM402",
                "choose() has no meaning in a property",
                node,
                "quantify: `any(... for x in pool(X))`",
            )
            return self.unknown(node)
        values = self.iteration(node.args[0]) if len(node.args) == 1 else None
        if values is not None:
            kind, numbers = values
            options: tuple[Typed, ...] = tuple(
                Literal(number, kind, self.span(node)) for number in numbers
            )
            if not options and kind != UNKNOWN_TYPE:
                self.fault("KSM346", "there is nothing to choose from", node.args[0], ENLARGE)
        else:
            options = tuple(self.expression(item) for item in node.args)
        chosen = self._common(options, node)
        if chosen is None:
            return self.unknown(node)
        self.refuse_ghosts(options, "what choose() offers")
        return Choice(options, chosen, self.span(node))

    def _common(self, options: tuple[Typed, ...], node: ast.Call) -> ValueType | None:
        """The type that all options have; reported if there is none."""
        kind = options[0].type if options else None
        for option in options[1:]:
            both = join(kind, option.type) if kind is not None and option.type else None
            if both is None:
                self.errors.add(
                    "KSM330",
                    f"the options of choose() are {shown(options[0])} and {shown(option)}",
                    option.span,
                    "give options of one type",
                )
                return None
            kind = both
        return kind

    def iteration(self, node: ast.expr) -> tuple[ValueType, tuple[int, ...]] | None:
        """The constant values that ``range(...)`` or ``pool(Struct)`` runs over, or None."""
        match node:
            case ast.Call(func=ast.Name(id="range"), args=arguments, keywords=[]) if (
                1 <= len(arguments) <= 2
            ):
                return self._range(node, arguments)
            case ast.Call(func=ast.Name(id="pool"), args=[ast.Name(id=name)], keywords=[]):
                struct = self.lookup(name)
                if isinstance(struct, StructSymbol):
                    kind = RefType(struct.name, struct.object_names, nullable=False)
                    return kind, tuple(range(1, len(struct.object_names) + 1))
                if not isinstance(struct, Unresolved):
                    message, hint = unknown_struct(name, self.scope)
                    self.fault("KSM302", message, node.args[0], hint)
                return UNKNOWN_TYPE, ()
            case _:
                return None

    def _range(
        self, node: ast.expr, arguments: list[ast.expr]
    ) -> tuple[ValueType, tuple[int, ...]]:
        bounds = [self.constants.integer(item, "a bound of range()") for item in arguments]
        values = range(*bounds)
        if len(values) > LONGEST_RANGE:
            self.fault(
                "KSM323",
                f"this range has more than {LONGEST_RANGE} values",
                node,
                "loops are unrolled and choices explored one by one: choose a small range",
            )
            return UNKNOWN_TYPE, ()
        low, high = (values[0], values[-1]) if values else (0, 0)
        return IntType(low, high), tuple(values)

    def isinstance_(self, node: ast.Call, operand: ast.expr, variant: str) -> Typed:
        """``isinstance(word, Variant)``."""
        value = self.expression(operand)
        symbol = self.lookup(variant)
        if value.type == UNKNOWN_TYPE or isinstance(symbol, Unresolved):
            return self.unknown(node)
        if not isinstance(value.type, WordType):
            self.fault(
                "KSM334",
                f"isinstance() asks for the variant of a word, and this is {shown(value)}",
                operand,
                "compare references with `is`, other values with `==`",
            )
            return self.unknown(node)
        names = [item.name for item in value.type.variants]
        if not isinstance(symbol, VariantSymbol) or symbol.word.name != value.type.name:
            self.fault(
                "KSM334",
                f"'{variant}' is no variant of {value.type.name}",
                node.args[1],
                did_you_mean(variant, names),
            )
            return self.unknown(node)
        return IsVariant(value, symbol.word.variants.index(symbol), self.span(node), value.ghost)

    def len_(self, node: ast.Call, operand: ast.expr) -> Typed:
        """``len(set)``."""
        value = self.expression(operand)
        if not isinstance(value.type, SetType):
            if value.type != UNKNOWN_TYPE:
                self.fault(
                    "KSM342",
                    f"len() works on a Set, and this is {shown(value)}",
                    operand,
                    "the size of an array is a constant: give it a name",
                )
            return self.unknown(node)
        return SetSize(value, IntType(0, len(value.type.names)), self.span(node), value.ghost)

    def is_live(self, node: ast.Call, operand: ast.expr) -> Typed:
        """``is_live(object)``."""
        found = self.reference("is_live", operand)
        if found is None:
            return self.unknown(node)
        value, struct = found
        return IsLive(self.universe.structs[struct], value, self.span(node))

    def locked(self, node: ast.Call, operand: ast.expr) -> Typed:
        """``locked(lock)``."""
        place = self._lock_place("locked", operand)
        if place is None:
            return self.unknown(node)
        if not self.pure:
            self.fault(
                "KSM343",
                "real code cannot look at a lock without taking it",
                node,
                "use a trylock, or `assert held(lock)` where this actor must hold it",
            )
        return IsLocked(place, self.span(node))

    def held(self, node: ast.Call, operand: ast.expr) -> Typed:
        """``held(lock)``."""
        place = self._lock_place("held", operand)
        if place is None:
            return self.unknown(node)
        if self.pure:
            self.fault(
                "KSM343",
                "held() asks for the actor that runs, and in a property none does",
                node,
                "write `locked(lock)`: whether anybody holds it",
            )
        return IsHeld(place, self.span(node))

    def _lock_place(self, name: str, operand: ast.expr) -> Place | None:
        """The place of one lock; anything else is reported."""
        place = self.place(operand)
        if place is None:
            return None
        if not isinstance(place.storage.type, LockType):
            if place.storage.type != UNKNOWN_TYPE:
                self.fault("KSM342", f"{name}() takes a lock", operand, "name a field that is one")
            return None
        if place.storage.size is not None and place.index is None:
            self.fault("KSM335", "an array is used one cell at a time", operand, "name one cell")
            return None
        return place

    def marked(self, name: str, node: ast.Call, operand: ast.expr) -> Typed:
        """``plain(place)`` and ``old(place)``."""
        value = self.expression(operand)
        if not isinstance(value, Load):
            if value.type != UNKNOWN_TYPE:
                self.fault(
                    "KSM344",
                    f"{name}() takes a load from memory, and this is none",
                    operand,
                    f"write `{name}(object.field)` or `{name}(variable)`",
                )
            return self.unknown(node)
        if name == "plain" and self.pure:
            self.fault(
                "KSM344",
                "plain() means nothing in a property, which no compiler turns into loads",
                node,
                f"write `{ast.unparse(operand)}`",
            )
            return self.unknown(node)
        if name == "old" and not self._over_a_step():
            self.fault(
                "KSM344",
                "old() needs a step, and this is read in one state",
                node,
                "write @step_property instead, or leave old() out",
            )
            return self.unknown(node)
        if name == "old" and self._renumbered(value, node):
            return self.unknown(node)
        return Load(
            value.place,
            value.type,
            self.span(node),
            value.ghost,
            plain=name == "plain",
            old=name == "old",
        )

    def _renumbered(self, value: Load, node: ast.AST) -> bool:
        """Report a symbol of the old state; each state numbers its symbols anew."""
        if not isinstance(value.type, SymbolType):
            return False
        self.fault(
            "KSM603",
            "the symbols of the state before are not those of the state after",
            node,
            "keep the old value in a Ghost, or compare what the symbols decided",
        )
        return True

    def _over_a_step(self) -> bool:
        """Whether this function may look at the state before a step."""
        kind = self.function.kind
        if kind is FunctionKind.PROPERTY:
            return self.function.property_kind is PropertyKind.STEP
        return kind in (FunctionKind.WITNESS, FunctionKind.PREDICATE)

    def quantified(self, fold: Fold, node: ast.Call) -> Typed:
        """``all/any/sum(... for x in pool(X))``."""
        if len(node.args) != 1 or not isinstance(node.args[0], ast.GeneratorExp):
            self.fault(
                "KSM346",
                f"{fold.value}() takes one quantified expression",
                node,
                f"write `{fold.value}(... for x in pool(X))`",
            )
            return self.unknown(node)
        if not self.pure:
            self.fault(
                "KSM110",
                f"{fold.value}() belongs in a property",
                node,
                "a routine looks at one object at a time: write a for loop",
            )
            return self.unknown(node)
        comprehension = node.args[0]
        saved = dict(self.locals)
        result = self._generators(fold, node, comprehension.elt, comprehension.generators)
        self.locals.clear()
        self.locals.update(saved)
        return result

    def _generators(
        self, fold: Fold, node: ast.Call, body: ast.expr, generators: list[ast.comprehension]
    ) -> Typed:
        if not generators:
            return self._summand(body) if fold is Fold.SUM else self.condition(body)
        first = generators[0]
        values = self.iteration(first.iter)
        if values is None or not isinstance(first.target, ast.Name):
            self.fault(
                "KSM346",
                "a quantifier runs over pool(X) or range(n), with one name",
                first.iter,
                f"write `{fold.value}(... for x in pool(X) if ...)`",
            )
            return self.unknown(node)
        kind, numbers = values
        name = first.target.id
        self.locals[name] = kind
        conditions = tuple(self.condition(item) for item in first.ifs)
        inner = self._generators(fold, node, body, generators[1:])
        if UNKNOWN_TYPE in (kind, inner.type):
            return self.unknown(node)
        result: ValueType = BOOL
        if fold is Fold.SUM and inner.type is not None:
            low, high = min(0, inner.type.lo), max(0, inner.type.hi)
            result = IntType(low * len(numbers), high * len(numbers))
        return Quantified(fold, name, numbers, kind, conditions, inner, result, self.span(node))

    def _summand(self, body: ast.expr) -> Typed:
        value = self.expression(body)
        if isinstance(value.type, IntType) or value.type in (BOOL, UNKNOWN_TYPE):
            return value
        self.fault(
            "KSM330",
            f"sum() adds ints, and this is {shown(value)}",
            body,
            "count: `sum(1 for ...)`",
        )
        return self.unknown(body)
