"""Counts the pools and reads the types of fields, words and shared variables."""

from __future__ import annotations

import ast

from attrs import define

from ksmcheck.frontend.annotations import AnnotationReader
from ksmcheck.frontend.constants import ConstantEvaluator, is_int
from ksmcheck.frontend.declare import Declarations
from ksmcheck.frontend.errors import Errors
from ksmcheck.frontend.loader import Module
from ksmcheck.frontend.scenario import Scenario
from ksmcheck.frontend.symbolic import kinds_of
from ksmcheck.frontend.symbols import (
    EnumSymbol,
    GlobalSymbol,
    StructSymbol,
    UninterpretedSymbol,
    VariantSymbol,
    WordSymbol,
)
from ksmcheck.frontend.tree_expressions import UNKNOWN_TYPE
from ksmcheck.ir.symbols import MOST_LIVE
from ksmcheck.ir.types import EnumType, IntType, LockType, RefType, SymbolType, WordType

MAXIMAL_POOL = 255


@define
class FieldReader:
    """Second pass over the declarations, when constants and actors are known."""

    declarations: Declarations
    errors: Errors
    scenario: Scenario

    def run(self) -> None:
        """Pools first, because reference types list the objects; then every declared type."""
        self._pools()
        self._limits()
        self._unused_pools()
        symbols = [
            symbol
            for scope in self.declarations.universe.scopes.values()
            for symbol in scope.values()
        ]
        for symbol in symbols:
            if isinstance(symbol, VariantSymbol) and not symbol.fields:
                self._variant(symbol)
        for symbol in symbols:
            if isinstance(symbol, StructSymbol) and not symbol.fields:
                self._struct(symbol)
            if isinstance(symbol, GlobalSymbol) and symbol.storage is None:
                self._global(symbol)
            if isinstance(symbol, UninterpretedSymbol):
                kinds_of(symbol, self.declarations.universe, self.errors)
            if isinstance(symbol, WordSymbol) and not symbol.variants:
                self.errors.add(
                    "KSM324",
                    f"word '{symbol.name}' has no variant",
                    symbol.span,
                    f"write `class Name({symbol.name}): ...`",
                )

    def _reader(self, module: Module) -> AnnotationReader:
        return AnnotationReader(self.declarations.universe, self.errors, module)

    def _pools(self) -> None:
        universe = self.declarations.universe
        for struct in universe.structs.values():
            struct.pool = len(self.declarations.instances.get(struct.name, []))
        for struct, node in self.scenario.pool_nodes:
            size = ConstantEvaluator(universe, self.errors, self.scenario.module).integer(
                node, "the size of a pool"
            )
            statics = len(self.declarations.instances.get(struct.name, []))
            if not max(1, statics) <= size <= MAXIMAL_POOL:
                self._pool_size(struct, size, node)
            struct.pool = min(max(size, statics, 1), MAXIMAL_POOL)
        for struct in universe.structs.values():
            statics_of = self.declarations.instances.get(struct.name, [])
            named = [instance.name for instance in statics_of]
            stem = struct.name.lower()
            rest = [f"{stem}{i + 1}" for i in range(len(named), struct.pool)]
            struct.object_names = tuple(named + rest)

    def _limits(self) -> None:
        """How many symbols of each domain may live, from the scenario."""
        evaluator = ConstantEvaluator(self.declarations.universe, self.errors, self.scenario.module)
        for domain, node in self.scenario.symbol_nodes:
            most = evaluator.integer(node, "the number of symbols")
            least = 1 if domain.finite is None else 0
            if not least <= most <= MOST_LIVE:
                self.errors.add(
                    "KSM604",
                    f"{most} symbols of {domain.name} are too {'few' if most < least else 'many'}",
                    self.scenario.module.span(node),
                    f"1 to {MOST_LIVE} symbols of a domain may live in one state",
                )
            domain.most = min(max(most, 1), MOST_LIVE)
            domain.lifted = most > 0

    def _pool_size(self, struct: StructSymbol, size: int, node: ast.expr) -> None:
        named = [item.name for item in self.declarations.instances.get(struct.name, [])]
        message = f"the pool of {struct.name} cannot have {size} objects"
        hint = f"a pool has 1 to {MAXIMAL_POOL} objects"
        if 1 <= size < len(named):
            places = "1 place" if size == 1 else f"{size} places"
            message = (
                f"the pool of {struct.name} has {places} for its {len(named)} "
                f"instances {', '.join(named)}"
            )
            hint = f"write `{struct.name}: {len(named)}` or more"
        self.errors.add("KSM325", message, self.scenario.module.span(node), hint)

    def _unused_pools(self) -> None:
        """A struct of the scenario's own file has objects, or nothing can refer to it."""
        for struct in self.declarations.universe.structs.values():
            if not struct.pool and struct.module is self.scenario.module:
                self.errors.add(
                    "KSM326",
                    f"there is no {struct.name}: its pool is empty",
                    struct.span,
                    f"add `{struct.name}: N` to the scenario's pools, or an instance(...)",
                )

    def _annotations(self, node: ast.ClassDef, module: Module) -> list[ast.AnnAssign]:
        found = []
        for item in node.body:
            match item:
                case ast.AnnAssign(target=ast.Name(), value=None):
                    found.append(item)
                case ast.Expr(value=ast.Constant()) | ast.Pass():
                    pass
                case ast.AnnAssign(value=ast.expr()):
                    self.errors.add(
                        "KSM107",
                        "a field has no initial value here",
                        module.span(item),
                        "give it one in @setup or in alloc(...)",
                    )
                case ast.FunctionDef(name=method) | ast.AsyncFunctionDef(name=method):
                    self.errors.add(
                        "KSM107",
                        f"a struct or word holds fields only, and '{method}' is a method",
                        module.span(item),
                        f"write a @routine that takes the {node.name}",
                    )
                case _:
                    self.errors.add(
                        "KSM107",
                        "a struct or word holds fields only",
                        module.span(item),
                        "write `name: type`",
                    )
        return found

    def _struct(self, struct: StructSymbol) -> None:
        for item in self._annotations(struct.node, struct.module):
            assert isinstance(item.target, ast.Name)
            name = item.target.id
            if name in struct.fields:
                self.errors.add(
                    "KSM303",
                    f"field '{name}' is already declared",
                    struct.module.span(item),
                    "give one of the two another name",
                )
            struct.fields[name] = self._reader(struct.module).storage(item.annotation)
            struct.field_spans[name] = struct.module.span(item)

    def _variant(self, variant: VariantSymbol) -> None:
        for item in self._annotations(variant.node, variant.module):
            assert isinstance(item.target, ast.Name)
            kind = self._reader(variant.module).value_type(item.annotation, "a word's field")
            if isinstance(kind, WordType):
                self.errors.add(
                    "KSM321",
                    f"a word cannot contain the word {kind.name}",
                    variant.module.span(item.annotation),
                    "write one variant for each shape that the whole word can have",
                )
            if isinstance(kind, SymbolType):
                self.errors.add(
                    "KSM602",
                    f"a word cannot hold a {kind.domain.name}",
                    variant.module.span(item.annotation),
                    "a word is one number that is compared whole: put the symbol into a field "
                    "of its own",
                )
                kind = UNKNOWN_TYPE
            variant.fields[item.target.id] = kind

    def _global(self, symbol: GlobalSymbol) -> None:
        symbol.storage = self._reader(symbol.module).storage(symbol.annotation)
        if symbol.initial_node is not None:
            symbol.initial = self._initial(symbol, symbol.initial_node)
        elif isinstance(symbol.storage.type, IntType):
            symbol.initial = max(symbol.storage.type.lo, min(0, symbol.storage.type.hi))

    def _initial(self, symbol: GlobalSymbol, node: ast.expr) -> int:
        assert symbol.storage is not None
        kind = symbol.storage.type
        if kind == UNKNOWN_TYPE:
            return 0
        evaluator = ConstantEvaluator(self.declarations.universe, self.errors, symbol.module)
        span = symbol.module.span(node)
        instance = evaluator.instance(node)
        value = evaluator.value(node)
        match node:
            case ast.Constant(value=None) if isinstance(kind, RefType):
                return 0
            case ast.Attribute(value=ast.Name(id=enum), attr=member) if isinstance(kind, EnumType):
                found = self.declarations.universe.lookup(symbol.module, enum)
                if isinstance(found, EnumSymbol) and member in found.members:
                    return found.members.index(member)
        if instance is not None and isinstance(kind, RefType) and kind.struct == instance.struct:
            return instance.number
        if isinstance(value, bool) and kind.hi == 1 and not isinstance(kind, LockType):
            return int(value)
        if is_int(value) and isinstance(kind, IntType):
            if not kind.lo <= value <= kind.hi:
                self.errors.add(
                    "KSM331",
                    f"{value} is outside the range {kind.lo} to {kind.hi} of '{symbol.name}'",
                    span,
                    "widen the range, or start inside it",
                )
                return kind.lo
            return value
        self.errors.add(
            "KSM332",
            f"this is no initial value for '{symbol.name}'",
            span,
            "a constant of its type; anything else is stored in @setup",
        )
        return 0
