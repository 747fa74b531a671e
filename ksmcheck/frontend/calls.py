"""Type-checks calls: routines, words, choose, quantifiers, the rest of the vocabulary."""

from __future__ import annotations

import ast

from attrs import define

from ksmcheck.diagnostics import did_you_mean
from ksmcheck.frontend.annotations import AnnotationReader
from ksmcheck.frontend.checker import join, type_name
from ksmcheck.frontend.primitives import PrimitiveChecker
from ksmcheck.frontend.symbols import (
    FunctionKind,
    FunctionSymbol,
    Storage,
    StructSymbol,
    VariantSymbol,
    Vocabulary,
    WordSymbol,
)
from ksmcheck.frontend.tree import (
    BOOL,
    UNKNOWN_TYPE,
    Call,
    Choice,
    Fold,
    IsLive,
    IsLocked,
    IsVariant,
    Literal,
    Load,
    MakeWord,
    Quantified,
    SetSize,
    Typed,
)
from ksmcheck.frontend.vocabulary import DECLARATION_CALLS, PYTHON_NAMES, Prim
from ksmcheck.ir.types import IntType, LockType, RefType, SetType, ValueType, WordType

PRIMS = {prim.value: prim for prim in Prim if prim not in (Prim.SET_ADD, Prim.SET_DISCARD)}
FOLDS = {fold.value: fold for fold in Fold}


@define
class CallChecker(PrimitiveChecker):
    """Checks call expressions."""

    def call(self, node: ast.Call) -> Typed:
        """A call expression, of whatever it calls."""
        match node.func:
            case ast.Attribute(value=target, attr=("add" | "discard") as method):
                return self.set_change(Prim(method), node, target)
            case ast.Name(id=name):
                return self._named(name, node)
            case _:
                self.fault(
                    "KSM108",
                    "only a name can be called",
                    node,
                    "the language has no methods except .add() and .discard() of a set",
                )
                return self.unknown(node)

    def _named(self, name: str, node: ast.Call) -> Typed:
        symbol = self.lookup(name)
        if symbol is None and name in PYTHON_NAMES:
            symbol = Vocabulary(name)
        match symbol:
            case Vocabulary(name=known):
                return self._vocabulary(known, node)
            case FunctionSymbol():
                return self._function(symbol, node)
            case VariantSymbol():
                return self._word(symbol, node)
            case None:
                scope = self.universe.scopes[self.module.name]
                self.fault(
                    "KSM301",
                    f"nothing is called '{name}'",
                    node.func,
                    did_you_mean(name, [*scope, *PRIMS]),
                )
            case _:
                self.fault(
                    "KSM108",
                    f"'{name}' cannot be called",
                    node.func,
                    "an object is made with alloc(...)" if isinstance(symbol, StructSymbol) else "",
                )
        return self.unknown(node)

    def _vocabulary(self, name: str, node: ast.Call) -> Typed:
        if name in PRIMS:
            return self.primitive(PRIMS[name], node)
        if name in FOLDS:
            return self._quantified(FOLDS[name], node)
        match name, node.args:
            case "patched", _:
                return Literal(int(self.constants.patched(node)), BOOL, self.span(node))
            case "choose", [_, *_]:
                return self._choose(node)
            case "isinstance", [operand, ast.Name(id=variant)]:
                return self._isinstance(node, operand, variant)
            case "len", [operand]:
                return self._len(node, operand)
            case "is_live", [operand]:
                return self._is_live(node, operand)
            case "locked", [operand]:
                return self._locked(node, operand)
            case (("plain" | "old"), [operand]):
                return self._marked(name, node, operand)
            case _:
                hint = (
                    "it stands at the top of a model file"
                    if name in DECLARATION_CALLS
                    else "see the language reference"
                )
                self.fault("KSM109", f"'{name}' cannot be used like this", node, hint)
                return self.unknown(node)

    def _choose(self, node: ast.Call) -> Typed:
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
        else:
            options = tuple(self.expression(item) for item in node.args)
        kind_or_none = options[0].type if options else None
        for option in options[1:]:
            if kind_or_none is not None and option.type is not None:
                kind_or_none = join(kind_or_none, option.type)
        if kind_or_none is None:
            self.fault("KSM330", "the options of choose() have no common type", node)
            return self.unknown(node)
        ghost = any(option.ghost for option in options)
        return Choice(options, kind_or_none, self.span(node), ghost)

    def iteration(self, node: ast.expr) -> tuple[ValueType, tuple[int, ...]] | None:
        """The constant values that ``range(...)`` or ``pool(Struct)`` runs over, or None."""
        match node:
            case ast.Call(func=ast.Name(id="range"), args=arguments, keywords=[]) if (
                1 <= len(arguments) <= 2
            ):
                bounds = [self.constants.integer(item, "a bound of range()") for item in arguments]
                numbers = tuple(range(*bounds))
                low, high = (numbers[0], numbers[-1]) if numbers else (0, 0)
                return IntType(low, high), numbers
            case ast.Call(func=ast.Name(id="pool"), args=[ast.Name(id=name)], keywords=[]):
                struct = self.lookup(name)
                if isinstance(struct, StructSymbol):
                    kind = RefType(struct.name, struct.object_names, nullable=False)
                    return kind, tuple(range(1, len(struct.object_names) + 1))
                self.fault(
                    "KSM302",
                    f"no struct is called '{name}'",
                    node,
                    did_you_mean(name, self.universe.structs),
                )
                return UNKNOWN_TYPE, ()
            case _:
                return None

    def _isinstance(self, node: ast.Call, operand: ast.expr, variant: str) -> Typed:
        value = self.expression(operand)
        symbol = self.lookup(variant)
        if not isinstance(symbol, VariantSymbol) or (
            isinstance(value.type, WordType) and value.type.name != symbol.word.name
        ):
            self.fault(
                "KSM334", f"'{variant}' is no variant of {type_name(value.type)}", node.args[1]
            )
            return self.unknown(node)
        return IsVariant(value, symbol.word.variants.index(symbol), self.span(node), value.ghost)

    def _len(self, node: ast.Call, operand: ast.expr) -> Typed:
        value = self.expression(operand)
        if not isinstance(value.type, SetType):
            self.fault("KSM342", "len() works on a Set", operand)
            return self.unknown(node)
        return SetSize(value, IntType(0, len(value.type.names)), self.span(node), value.ghost)

    def _is_live(self, node: ast.Call, operand: ast.expr) -> Typed:
        value = self.expression(operand)
        if not isinstance(value.type, RefType) or value.type.struct not in self.universe.structs:
            self.fault("KSM342", "is_live() takes a reference", operand)
            return self.unknown(node)
        return IsLive(self.universe.structs[value.type.struct], value, self.span(node))

    def _locked(self, node: ast.Call, operand: ast.expr) -> Typed:
        place = self.place(operand)
        if place is None:
            return self.unknown(node)
        if not isinstance(place.storage.type, LockType):
            self.fault("KSM342", "locked() takes a lock", operand)
            return self.unknown(node)
        if not self.pure and not self.function.kind.pure:
            self.fault(
                "KSM343", "real code cannot look at a lock without taking it", node, "use a trylock"
            )
        return IsLocked(place, self.span(node))

    def _marked(self, name: str, node: ast.Call, operand: ast.expr) -> Typed:
        value = self.expression(operand)
        if not isinstance(value, Load):
            self.fault(
                "KSM344",
                f"{name}() takes a load from memory",
                operand,
                f"write `{name}(page.mapping)`",
            )
            return self.unknown(node)
        if name == "old" and not self.pure:
            self.fault("KSM344", "old() belongs in a step property", node)
        return Load(
            value.place,
            value.type,
            self.span(node),
            value.ghost,
            plain=name == "plain",
            old=name == "old",
        )

    def _word(self, variant: VariantSymbol, node: ast.Call) -> Typed:
        names = list(variant.fields)
        given: dict[str, ast.expr] = dict(zip(names, node.args, strict=False))
        for keyword in node.keywords:
            if keyword.arg is None or keyword.arg in given or keyword.arg not in names:
                self.fault(
                    "KSM341",
                    f"{variant.name} cannot take '{keyword.arg}'",
                    keyword.value,
                    did_you_mean(str(keyword.arg), names),
                )
            else:
                given[keyword.arg] = keyword.value
        if len(node.args) > len(names) or set(given) != set(names):
            self.fault("KSM341", f"{variant.name} takes {', '.join(names) or 'nothing'}", node)
            return self.unknown(node)
        fields = []
        for name in names:
            value = self.expression(given[name])
            self.require_fits(value, variant.fields[name], given[name], f"'{name}'")
            fields.append(value)
        word = self._word_type(variant.word)
        ghost = any(value.ghost for value in fields)
        return MakeWord(
            variant.word.variants.index(variant), tuple(fields), word, self.span(node), ghost
        )

    def _word_type(self, word: WordSymbol) -> WordType:
        return AnnotationReader(self.universe, self.errors, self.module).word(word)

    def _function(self, symbol: FunctionSymbol, node: ast.Call) -> Typed:
        allowed = FunctionKind.PREDICATE if self.pure else FunctionKind.ROUTINE
        if symbol.kind is not allowed:
            self.fault(
                "KSM345",
                f"'{symbol.name}' is a @{symbol.kind.value} and cannot be called here",
                node,
                f"call a @{allowed.value}",
            )
            return self.unknown(node)
        reader = AnnotationReader(self.universe, self.errors, symbol.module)
        parameters = symbol.node.args.args
        names = [item.arg for item in parameters]
        given: dict[str, ast.expr] = dict(zip(names, node.args, strict=False))
        for keyword in node.keywords:
            if keyword.arg not in names or keyword.arg in given:
                self.fault(
                    "KSM341",
                    f"'{symbol.name}' cannot take '{keyword.arg}'",
                    keyword.value,
                    did_you_mean(str(keyword.arg), names),
                )
            elif keyword.arg:
                given[keyword.arg] = keyword.value
        defaulted = names[len(names) - len(symbol.node.args.defaults) :]
        missing = [name for name in names if name not in given and name not in defaulted]
        if missing or len(node.args) > len(names):
            self.fault(
                "KSM341",
                f"'{symbol.name}' takes ({', '.join(names)})"
                + (f", and '{missing[0]}' is missing" if missing else ""),
                node,
            )
            return self.unknown(node)
        arguments = []
        for item in parameters:
            if item.arg in given and item.annotation is not None:
                value = self.expression(given[item.arg])
                kind = reader.value_type(item.annotation, "a parameter")
                self.require_fits(value, kind, given[item.arg], f"'{item.arg}'")
                arguments.append((item.arg, value))
        ghost = self.pure or any(value.ghost for _, value in arguments)
        return Call(symbol, tuple(arguments), self._returns(symbol, reader), self.span(node), ghost)

    def _returns(self, symbol: FunctionSymbol, reader: AnnotationReader) -> ValueType | None:
        annotation = symbol.node.returns
        if annotation is None or (
            isinstance(annotation, ast.Constant) and annotation.value is None
        ):
            return None
        storage: Storage = reader.storage(annotation)
        return storage.type

    def _quantified(self, fold: Fold, node: ast.Call) -> Typed:
        if len(node.args) != 1 or not isinstance(node.args[0], ast.GeneratorExp):
            self.fault("KSM346", f"{fold.value}() takes `expression for x in pool(X)`", node)
            return self.unknown(node)
        if not self.pure:
            self.fault(
                "KSM110",
                f"{fold.value}() over a pool belongs in a property",
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
            value = self.expression(body)
            if fold is not Fold.SUM:
                return self.condition(body)
            return value
        first = generators[0]
        values = self.iteration(first.iter)
        if values is None or not isinstance(first.target, ast.Name):
            self.fault("KSM346", "a quantifier runs over pool(X) or range(n)", first.iter)
            return self.unknown(node)
        kind, numbers = values
        self.locals[first.target.id] = kind
        conditions = tuple(self.condition(item) for item in first.ifs)
        inner = self._generators(fold, node, body, generators[1:])
        result: ValueType = BOOL
        if fold is Fold.SUM:
            bound = inner.type.hi if inner.type is not None else 1
            low = inner.type.lo if inner.type is not None else 0
            result = IntType(min(0, low) * len(numbers), max(0, bound) * len(numbers))
        return Quantified(
            fold, first.target.id, numbers, kind, conditions, inner, result, self.span(node)
        )
