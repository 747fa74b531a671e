"""Type-checks calls: routines, predicates, words, and the vocabulary by name."""

from __future__ import annotations

import ast

from attrs import define

from ksmcheck.diagnostics import did_you_mean
from ksmcheck.frontend.annotations import AnnotationReader
from ksmcheck.frontend.errors import Errors
from ksmcheck.frontend.names import unknown_function
from ksmcheck.frontend.queries import QueryChecker
from ksmcheck.frontend.symbols import (
    EnumSymbol,
    FunctionKind,
    FunctionSymbol,
    StructSymbol,
    Symbol,
    UninterpretedSymbol,
    Unresolved,
    VariantSymbol,
    Vocabulary,
    WordSymbol,
)
from ksmcheck.frontend.tree import BOOL, UNKNOWN_TYPE, Call, Fold, Literal, MakeWord, Typed
from ksmcheck.frontend.vocabulary import (
    DECLARATION_CALLS,
    DECORATORS,
    PYTHON_NAMES,
    SYMBOL_CALLS,
    Prim,
)
from ksmcheck.ir.types import ValueType

PRIMS = {prim.value: prim for prim in Prim if prim not in (Prim.SET_ADD, Prim.SET_DISCARD)}
FOLDS = {fold.value: fold for fold in Fold}
NO_POINTERS = "there are no function values: call a @routine by its name"
USAGE = {
    "choose": "write `choose(a, b)`, `choose(range(n))` or `choose(pool(X))`",
    "isinstance": "write `isinstance(word, Variant)`",
    "len": "write `len(set)`",
    "is_live": "write `is_live(object)`",
    "locked": "write `locked(lock)`",
    "held": "write `assert held(lock)`",
    "plain": "write `x = plain(object.field)`",
    "old": "write `old(object.field)` in a step property",
    "pool": "write `for x in pool(X)`, `choose(pool(X))` or `all(... for x in pool(X))`",
    "range": "write `for i in range(n)` or `choose(range(n))`",
    "atomic": 'write `with atomic("reason"):`',
}


@define
class CallChecker(QueryChecker):
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
                    node.func,
                    "there are no methods except .add() and .discard() of a Set: call a @routine",
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
            case UninterpretedSymbol():
                return self.applied(symbol, node)
            case Unresolved():
                pass
            case None if name in self.locals:
                if self.locals[name] != UNKNOWN_TYPE:
                    self.fault(
                        "KSM108",
                        f"'{name}' is a local and cannot be called",
                        node.func,
                        NO_POINTERS,
                    )
            case None:
                message, hint = unknown_function(name, self.scope)
                self.fault("KSM301", message, node.func, hint)
            case _:
                self.fault("KSM108", f"'{name}' cannot be called", node.func, instead_of(symbol))
        self._names_in(node)
        return self.unknown(node)

    def _names_in(self, node: ast.Call) -> None:
        """Report unknown names among the arguments of a call that was refused, and nothing else."""
        kept, self.errors = self.errors, Errors()
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            self.expression(argument)
        inner, self.errors = self.errors, kept
        for item in inner.found:
            if item.code in ("KSM301", "KSM302"):
                self.errors.add(item.code, item.message, item.span, item.hint)

    def _vocabulary(self, name: str, node: ast.Call) -> Typed:
        if name in PRIMS:
            prim = PRIMS[name]
            if not self.usable_here(prim, node):
                return self.unknown(node)
            allocates = prim in (Prim.ALLOC, Prim.FREE, Prim.FREE_RCU)
            return self.allocation(prim, node) if allocates else self.primitive(prim, node)
        if name in FOLDS:
            return self.quantified(FOLDS[name], node)
        if name in SYMBOL_CALLS:
            return self.made(name, node)
        match name, node.args, node.keywords:
            case (("patched" | "configured"), _, _):
                folded = self.constants.value(node)
                return Literal(int(folded is True), BOOL, self.span(node))
            case "choose", [_, *_], []:
                return self.choose(node)
            case "isinstance", [operand, ast.Name(id=variant)], []:
                return self.isinstance_(node, operand, variant)
            case "len", [operand], []:
                return self.len_(node, operand)
            case "is_live", [operand], []:
                return self.is_live(node, operand)
            case "locked", [operand], []:
                return self.locked(node, operand)
            case "held", [operand], []:
                return self.held(node, operand)
            case (("plain" | "old"), [operand], []):
                return self.marked(name, node, operand)
            case _:
                self._misused(name, node)
                return self.unknown(node)

    def _misused(self, name: str, node: ast.Call) -> None:
        if name in DECLARATION_CALLS:
            hint = "it stands at the top of a model file"
        elif name in DECORATORS:
            hint = f"it stands before a definition: `@{name}`"
        else:
            hint = USAGE.get(name, f"'{name}' is a type: it stands in an annotation")
        self.fault("KSM109", f"'{name}' cannot be used like this", node, hint)

    def _given(
        self, name: str, node: ast.Call, names: list[str], optional: set[str]
    ) -> dict[str, ast.expr] | None:
        """The arguments of a call by parameter; None when they do not match (reported once)."""
        given: dict[str, ast.expr] = dict(zip(names, node.args, strict=False))
        starred = [item for item in node.args if isinstance(item, ast.Starred)]
        takes = f"'{name}' takes ({', '.join(names)})"
        if starred or len(node.args) > len(names):
            extra = starred[0] if starred else node.args[len(names)]
            count = f"{len(node.args)} are given" if not starred else "`*` is not part of that"
            self.fault("KSM341", f"{takes}, and {count}", extra, "give one value for each name")
            return None
        for keyword in node.keywords:
            if keyword.arg not in names:
                hint = did_you_mean(str(keyword.arg), names) or "it takes no argument"
                what = f"'{keyword.arg}'" if keyword.arg else "`**`"
                self.keyword_fault("KSM341", f"'{name}' has no parameter {what}", keyword, hint)
                return None
            if keyword.arg in given:
                self.keyword_fault(
                    "KSM341", f"'{keyword.arg}' is given twice", keyword, "leave one of them out"
                )
                return None
            given[keyword.arg] = keyword.value
        missing = [item for item in names if item not in given and item not in optional]
        if missing:
            which = " and ".join(f"'{item}'" for item in missing)
            verb = "is" if len(missing) == 1 else "are"
            self.fault("KSM341", f"{takes}, and {which} {verb} missing", node, "add the argument")
            return None
        return given

    def _word(self, variant: VariantSymbol, node: ast.Call) -> Typed:
        names = list(variant.fields)
        given = self._given(variant.name, node, names, set())
        if given is None:
            return self.unknown(node)
        fields = []
        for name in names:
            value = self.expression(given[name])
            self.require_fits(value, variant.fields[name], given[name], f"'{name}'")
            fields.append(value)
        word = AnnotationReader(self.universe, self.errors, self.module).word(variant.word)
        ghost = any(value.ghost for value in fields)
        position = variant.word.variants.index(variant)
        return MakeWord(position, tuple(fields), word, self.span(node), ghost)

    def _function(self, symbol: FunctionSymbol, node: ast.Call) -> Typed:
        allowed = FunctionKind.PREDICATE if self.pure else FunctionKind.ROUTINE
        if symbol.kind is not allowed:
            self.fault(
                "KSM345",
                f"'{symbol.name}' is {'an' if symbol.kind is FunctionKind.ACTOR else 'a'} "
                f"@{symbol.kind.value} and cannot be called here",
                node,
                f"call a @{allowed.value}",
            )
            return self.unknown(node)
        parameters = symbol.node.args.args
        names = [item.arg for item in parameters]
        defaults = symbol.node.args.defaults
        given = self._given(symbol.name, node, names, set(names[len(names) - len(defaults) :]))
        reader = AnnotationReader(self.universe, self.errors, symbol.module)
        returns = self._returns(symbol, reader)
        if given is None:
            return self.unknown(node)
        arguments: list[tuple[str, Typed]] = []
        for item in parameters:
            if item.arg in given and item.annotation is not None:
                storage = reader.storage(item.annotation)
                value = self.expression(given[item.arg])
                self.require_fits(value, storage.type, given[item.arg], f"'{item.arg}'")
                if not storage.ghost:
                    self.refuse_ghosts((value,), f"'{item.arg}' of the routine '{symbol.name}'")
                arguments.append((item.arg, value))
        return Call(symbol, tuple(arguments), returns, self.span(node), self.pure)

    def _returns(self, symbol: FunctionSymbol, reader: AnnotationReader) -> ValueType | None:
        annotation = symbol.node.returns
        if annotation is None or (
            isinstance(annotation, ast.Constant) and annotation.value is None
        ):
            return None
        return reader.storage(annotation).type


def instead_of(symbol: Symbol) -> str:
    """What to write instead of calling a name that is no function."""
    match symbol:
        case StructSymbol(name=name):
            return f"an object is made with `alloc({name})`"
        case EnumSymbol(name=name, members=members):
            return f"write a member: `{name}.{members[0]}`"
        case WordSymbol(variants=variants) if variants:
            return "build one of its variants: " + ", ".join(v.name for v in variants)
        case _:
            return "only routines, predicates, variants of words and the vocabulary are called"
