"""What a name in a model file can mean. Filled by declare.py, read by every later stage."""

from __future__ import annotations

import ast
from enum import Enum

from attrs import define, field, frozen

from ksmcheck.frontend.loader import Module
from ksmcheck.ir.program import Patch, PropertyKind
from ksmcheck.ir.source import Span
from ksmcheck.ir.symbols import MOST_LIVE, Domain, DomainKind
from ksmcheck.ir.types import ValueType


class Lifetime(Enum):
    """What touching a freed object of a struct means."""

    SLAB = "slab"
    TYPESAFE = "typesafe_by_rcu"
    PERMANENT = "permanent"


class Counter(Enum):
    """A counter of the kernel; the value is the name of its type."""

    REFCOUNT = "Refcount"
    ATOMIC = "Atomic"


@frozen
class Storage:
    """The declared type of a variable: its value type, and its size when it is an array.

    ``counter`` marks one that only the primitives of its kind may change.
    """

    type: ValueType
    size: int | None = None
    ghost: bool = False
    counter: Counter | None = None


@frozen
class Constant:
    """A named constant of a module."""

    name: str
    value: int | bool | str
    span: Span
    static: bool = False


@frozen
class Parameter:
    """A number that `--set` can change."""

    name: str
    default: int
    summary: str
    at_least: int
    at_most: int
    span: Span


@frozen
class EnumSymbol:
    """A declared Enum."""

    name: str
    members: tuple[str, ...]
    span: Span


@define
class StructSymbol:
    """A declared struct, with its pool."""

    name: str
    module: Module
    node: ast.ClassDef
    span: Span
    lifetime: Lifetime
    fields: dict[str, Storage] = field(factory=dict)
    field_spans: dict[str, Span] = field(factory=dict)
    pool: int = 0
    object_names: tuple[str, ...] = ()


@define
class WordSymbol:
    """A declared tagged union."""

    name: str
    span: Span
    variants: list[VariantSymbol] = field(factory=list)


@define
class VariantSymbol:
    """One variant of a word."""

    name: str
    word: WordSymbol
    module: Module
    node: ast.ClassDef
    span: Span
    fields: dict[str, ValueType] = field(factory=dict)


@define
class DomainSymbol:
    """A declared domain of symbols; ``most`` may be alive in one state.

    ``finite`` is the integer type that stands for the domain where the scenario does not ask for
    symbols of it (``lifted``); None when there is none.
    """

    name: str
    kind: DomainKind
    span: Span
    module: Module
    finite: ast.expr | None = None
    lifted: bool = False
    most: int = MOST_LIVE

    @property
    def symbolic(self) -> bool:
        return self.finite is None or self.lifted

    @property
    def domain(self) -> Domain:
        return Domain(self.name, self.kind, self.most)


@frozen
class UninterpretedSymbol:
    """A declared uninterpreted function."""

    name: str
    module: Module
    node: ast.FunctionDef
    span: Span


@define
class AliasSymbol:
    """A name for a type."""

    name: str
    module: Module
    node: ast.expr
    span: Span
    storage: Storage | None = None


@define
class GlobalSymbol:
    """A shared variable of a module."""

    name: str
    module: Module
    annotation: ast.expr
    initial_node: ast.expr | None
    span: Span
    storage: Storage | None = None
    initial: int = 0


@frozen
class InstanceSymbol:
    """A static object: a constant reference to the object ``number`` (from 1) of a pool."""

    name: str
    struct: str
    number: int
    span: Span


class FunctionKind(Enum):
    """The part that a function plays."""

    ROUTINE = "routine"
    ACTOR = "actor"
    SETUP = "setup"
    PROPERTY = "property"
    WITNESS = "witness"
    PREDICATE = "predicate"

    @property
    def pure(self) -> bool:
        """True for functions that only read: properties and what they call."""
        return self in (FunctionKind.PROPERTY, FunctionKind.WITNESS, FunctionKind.PREDICATE)


@define
class FunctionSymbol:
    """A function of a model file with its decorator's arguments."""

    name: str
    kind: FunctionKind
    module: Module
    node: ast.FunctionDef
    span: Span
    source: str = ""
    kernel: str = ""
    daemon: bool = False
    count: int | None = None
    property_kind: PropertyKind | None = None
    witness_of: ast.expr | None = None


@frozen
class PatchList:
    """A module-level list of Patch(...) records."""

    name: str
    patches: tuple[Patch, ...]
    span: Span


@frozen
class ConfigList:
    """A module-level list of ConfigOption(...) records: the configuration options there are."""

    name: str
    options: tuple[str, ...]
    span: Span


@frozen
class ParameterSet:
    """A module-level dict that gives parameters values, for several Expect(...) to share."""

    name: str
    module: Module
    node: ast.Dict
    span: Span


@frozen
class Vocabulary:
    """A name of ksmcheck.lang."""

    name: str


@frozen
class Unresolved:
    """A name whose declaration or import was refused: its uses are not reported once more."""

    name: str


@frozen
class Circular:
    """A name that comes from a file which imports this one: not known before both are read."""

    name: str
    module: str


Symbol = (
    Constant
    | Parameter
    | EnumSymbol
    | StructSymbol
    | WordSymbol
    | VariantSymbol
    | DomainSymbol
    | UninterpretedSymbol
    | AliasSymbol
    | GlobalSymbol
    | InstanceSymbol
    | FunctionSymbol
    | PatchList
    | ConfigList
    | ParameterSet
    | Vocabulary
    | Unresolved
    | Circular
)


@define
class Universe:
    """All names of all loaded modules: ``scopes[module][name]``.

    ``config`` is what the scenario has configured, None before it is read.
    """

    scopes: dict[str, dict[str, Symbol]] = field(factory=dict)
    structs: dict[str, StructSymbol] = field(factory=dict)
    actors: tuple[str, ...] = ()
    patches: frozenset[str] = frozenset()
    known_patches: frozenset[str] = frozenset()
    config: frozenset[str] | None = None
    known_config: frozenset[str] = frozenset()
    parameters: dict[str, int] = field(factory=dict)

    def lookup(self, module: Module, name: str) -> Symbol | None:
        """What ``name`` means at the top of ``module``."""
        return self.scopes[module.name].get(name)
