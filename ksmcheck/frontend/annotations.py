"""Reads type annotations: what a field, a parameter, a local or a global may hold."""

from __future__ import annotations

import ast

from attrs import evolve, frozen

from ksmcheck.frontend.constants import ConstantEvaluator
from ksmcheck.frontend.errors import Errors
from ksmcheck.frontend.loader import Module
from ksmcheck.frontend.names import unknown_type
from ksmcheck.frontend.symbols import (
    AliasSymbol,
    Counter,
    DomainSymbol,
    EnumSymbol,
    Storage,
    StructSymbol,
    Universe,
    Unresolved,
    VariantSymbol,
    WordSymbol,
)
from ksmcheck.frontend.tree_expressions import UNKNOWN_TYPE
from ksmcheck.frontend.vocabulary import LOCK_TYPES
from ksmcheck.ir.types import (
    BoolType,
    EnumType,
    IntType,
    LockType,
    RefType,
    SetType,
    SymbolType,
    ValueType,
    Variant,
    WordType,
)

FALLBACK = Storage(UNKNOWN_TYPE)
PENDING = Storage(UNKNOWN_TYPE)  # of an alias that is being read; told from others by identity
MAXIMAL_VALUES = 1 << 16
LARGEST = 1 << 30
TYPES = (
    "types: bool, Annotated[int, Range(a, b)], an Enum, a struct, "
    "`Struct | None`, a Word, a lock, Annotated[Refcount, Max(n)], Set[Struct], Array, Ghost[T]"
)


@frozen
class AnnotationReader:
    """Turns the annotation syntax of one module into Storage; faults are reported."""

    universe: Universe
    errors: Errors
    module: Module

    def value_type(self, node: ast.expr, what: str) -> ValueType:
        """The type of a scalar that is no lock or array (parameters, word fields)."""
        return self.scalar(node, what).type

    def scalar(self, node: ast.expr, what: str) -> Storage:
        """A type that is no lock or array; it may be a ghost."""
        storage = self.storage(node)
        if storage.size is not None or isinstance(storage.type, LockType):
            self.errors.add(
                "KSM321",
                f"{what} cannot be an array or a lock",
                self.module.span(node),
                "pass the struct that contains it",
            )
        return storage

    def storage(self, node: ast.expr) -> Storage:
        """What an annotation declares."""
        match node:
            case ast.Constant(value=str() as text):
                return self._quoted(node, text)
            case ast.Name(id=name):
                return self._name(node, name)
            case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
                return self._nullable(node, left)
            case ast.Subscript(
                value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[base, *marks])
            ):
                return self._annotated(node, base, marks)
            case ast.Subscript(value=ast.Name(id="Ghost"), slice=inner):
                return self._ghost(inner)
            case ast.Subscript(value=ast.Name(id="Set"), slice=inner):
                return self._set(inner)
            case ast.Subscript(value=ast.Name(id="Array")):
                return self._fault(
                    node, "an array needs its size", "write `Annotated[Array[T], Size(N)]`"
                )
            case _:
                return self._fault(
                    node,
                    "this is not a type of the language",
                    TYPES,
                )

    def _fault(self, node: ast.expr, message: str, hint: str, code: str = "KSM320") -> Storage:
        self.errors.add(code, message, self.module.span(node), hint)
        return FALLBACK

    def _ghost(self, inner: ast.expr) -> Storage:
        storage = self.storage(inner)
        if isinstance(storage.type, LockType):
            return self._fault(inner, "a lock is no ghost", "the kernel takes it: leave Ghost out")
        return evolve(storage, ghost=True)

    def _quoted(self, node: ast.expr, text: str) -> Storage:
        try:
            parsed = ast.parse(text, mode="eval").body
        except SyntaxError:
            return self._fault(node, f"'{text}' is not a type", "write the type without quotes")
        for inner in ast.walk(parsed):
            ast.copy_location(inner, node)
        return self.storage(parsed)

    def _name(self, node: ast.expr, name: str) -> Storage:
        if name in LOCK_TYPES:
            return Storage(LockType(LOCK_TYPES[name], self.universe.actors))
        if name == "bool":
            return Storage(BoolType())
        if name == "int":
            return self._fault(
                node,
                "an int needs its range, because the state must be finite",
                "write `Annotated[int, Range(0, 3)]`",
                "KSM322",
            )
        if name in ("Refcount", "Atomic"):
            article = "a" if name == "Refcount" else "an"
            return self._fault(
                node,
                f"{article} {name} needs its maximum",
                f"write `Annotated[{name}, Max(7)]`",
                "KSM322",
            )
        match self.universe.lookup(self.module, name):
            case EnumSymbol(name=enum, members=members):
                return Storage(EnumType(enum, members))
            case StructSymbol() as struct:
                return Storage(RefType(struct.name, struct.object_names, nullable=False))
            case WordSymbol() as word:
                return Storage(self.word(word))
            case DomainSymbol() as domain:
                return self.domain(domain)
            case VariantSymbol(word=word):
                return Storage(self.word(word))
            case AliasSymbol() as alias:
                return self._alias(alias)
            case Unresolved():
                return FALLBACK
            case None:
                message, hint = unknown_type(name, self.universe.scopes[self.module.name])
                return self._fault(node, message, hint, "KSM302")
            case _:
                return self._fault(node, f"'{name}' is not a type", TYPES)

    def domain(self, symbol: DomainSymbol) -> Storage:
        """Symbols, or the integers that stand for them in this scenario."""
        if symbol.symbolic or symbol.finite is None:
            return Storage(SymbolType(symbol.domain))
        return AnnotationReader(self.universe, self.errors, symbol.module).storage(symbol.finite)

    def _alias(self, alias: AliasSymbol) -> Storage:
        if alias.storage is PENDING:
            self.errors.add(
                "KSM320",
                f"the type '{alias.name}' refers to itself",
                alias.module.span(alias.node),
                "a reference to a struct may lead in a circle, a type may not",
            )
            return FALLBACK
        if alias.storage is None:
            alias.storage = PENDING
            reader = AnnotationReader(self.universe, self.errors, alias.module)
            alias.storage = reader.storage(alias.node)
        return alias.storage

    def _nullable(self, node: ast.expr, left: ast.expr) -> Storage:
        inner = self.storage(left)
        if inner.type == UNKNOWN_TYPE:
            return inner
        if isinstance(inner.type, RefType):
            return evolve(inner, type=evolve(inner.type, nullable=True))
        return self._fault(
            node,
            "only a reference to a struct can be None",
            "give the word or enum a member that means 'nothing'",
        )

    def _set(self, inner: ast.expr) -> Storage:
        element = self.storage(inner).type
        if element == UNKNOWN_TYPE:
            return FALLBACK
        if isinstance(element, RefType):
            if len(element.names) > 16:
                return self._fault(
                    inner,
                    "a set ranges over a pool of at most 16 objects",
                    "make the pool smaller, or use an array of bools",
                )
            return Storage(SetType(element.struct, element.names))
        return self._fault(inner, "a set ranges over the pool of a struct", "write `Set[Page]`")

    def _annotated(self, node: ast.expr, base: ast.expr, marks: list[ast.expr]) -> Storage:
        constants = ConstantEvaluator(self.universe, self.errors, self.module)
        match base, marks:
            case ast.Name(id="int"), [ast.Call(func=ast.Name(id="Range"), args=[low, high])]:
                bounds = constants.bounds(low, high)
                return self._range(node, *bounds) if bounds else FALLBACK
            case ast.Name(id="Atomic"), [ast.Call(func=ast.Name(id="Range"), args=[low, high])]:
                bounds = constants.bounds(low, high)
                return self._counter(node, Counter.ATOMIC, *bounds) if bounds else FALLBACK
            case (
                ast.Name(id=("Refcount" | "Atomic") as kind),
                [ast.Call(func=ast.Name(id="Max"), args=[high])],
            ):
                maximum = constants.integer(high, "the maximum")
                if maximum < 0:
                    what = f"{'a' if kind == 'Refcount' else 'an'} {kind} with Max counts from 0"
                    return self._fault(high, what, "write `Max(7)`", "KSM323")
                return self._counter(node, Counter(kind), 0, maximum)
            case (
                ast.Subscript(value=ast.Name(id="Array"), slice=element),
                [ast.Call(func=ast.Name(id="Size"), args=[size])],
            ):
                count = constants.integer(size, "the size of an array")
                inner = self.storage(element)
                if count < 1 or count > 256 or inner.size is not None:
                    return self._fault(
                        size,
                        "an array has 1 to 256 cells, each a scalar",
                        "put an array of arrays into a struct with a pool",
                    )
                return evolve(inner, size=count)
            case _:
                return self._fault(
                    node,
                    "this Annotated[...] has no meaning here",
                    "write Annotated[int, Range(a, b)], Annotated[Refcount, Max(n)]"
                    " or Annotated[Array[T], Size(n)]",
                )

    def _counter(self, node: ast.expr, kind: Counter, low: int, high: int) -> Storage:
        return evolve(self._range(node, low, high), counter=kind)

    def _range(self, node: ast.expr, low: int, high: int) -> Storage:
        if low > high:
            return self._fault(
                node,
                f"the range {low} to {high} is empty",
                f"write the lower bound first: `Range({high}, {low})`",
                "KSM323",
            )
        if high - low >= MAXIMAL_VALUES or max(abs(low), abs(high)) >= LARGEST:
            return self._fault(
                node,
                f"the range {low} to {high} is too large",
                "every value is explored: choose a range of at most 65536 small numbers",
                "KSM323",
            )
        return Storage(IntType(low, high))

    def word(self, word: WordSymbol) -> WordType:
        """The IR type of a word, its variants' fields read."""
        variants = []
        for variant in word.variants:
            fields = tuple(variant.fields.items())
            variants.append(Variant(variant.name, fields))
        kind = WordType(word.name, tuple(variants))
        if kind.hi >= MAXIMAL_VALUES:
            self.errors.add(
                "KSM323",
                f"word {word.name} has more than 65536 values",
                word.span,
                "a variant has the product of its fields' values: use smaller pools or ranges",
            )
        return kind
