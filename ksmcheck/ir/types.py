"""The types of state variables: finite sets of integers that know how to print themselves.

Every value in a state vector is an int. A type gives its bounds (``lo`` and ``hi``, inclusive) and
the words in which a person reads it. Encodings:

* bool: 0 or 1; int: itself; enum: the member's position;
* reference: 0 is None, object i of the pool is i + 1;
* word (tagged union): the variants' value ranges laid end to end, fields in mixed radix, last
  field fastest; the first variant with all fields at their lowest is 0;
* set over a pool: bit i is object i;
* symbol: its number in the state, see ``symbols.py``; condition: its number in the search;
* lock: 0 is free, actor a holding it is a + 1; rwsem: a mask of reading actors, or
  2**actors + a for the writer a.
"""

from __future__ import annotations

from enum import Enum
from typing import assert_never

from attrs import frozen

from ksmcheck.ir.symbols import LARGEST_SYMBOL, LAST_CONDITION, Domain, DomainKind


class LockKind(Enum):
    """The kernel's lock primitives, by what a holder may do and who may wait."""

    SPIN = "spinlock"
    MUTEX = "mutex"
    RWSEM = "rwsem"
    BIT = "page bit lock"

    @property
    def sleeps(self) -> bool:
        """True when acquiring may sleep, so it is refused under a spinlock or inside RCU."""
        return self is not LockKind.SPIN


@frozen
class BoolType:
    """0 or 1."""

    lo = 0
    hi = 1


@frozen
class IntType:
    """The integers from ``lo`` to ``hi``."""

    lo: int
    hi: int


@frozen
class EnumType:
    """One of ``members``, by position."""

    name: str
    members: tuple[str, ...]

    @property
    def lo(self) -> int:
        return 0

    @property
    def hi(self) -> int:
        return len(self.members) - 1


@frozen
class RefType:
    """A reference into the pool of ``struct``; ``names[i]`` is how object i is printed."""

    struct: str
    names: tuple[str, ...]
    nullable: bool = True

    @property
    def lo(self) -> int:
        return 0 if self.nullable else 1

    @property
    def hi(self) -> int:
        return len(self.names)


@frozen
class Variant:
    """One shape of a word: its name and its fields in order."""

    name: str
    fields: tuple[tuple[str, ValueType], ...] = ()

    @property
    def size(self) -> int:
        """How many values this variant takes."""
        total = 1
        for _, kind in self.fields:
            total *= kind.hi - kind.lo + 1
        return total


@frozen
class WordType:
    """A tagged union that is loaded and stored in one access."""

    name: str
    variants: tuple[Variant, ...]

    @property
    def lo(self) -> int:
        return 0

    @property
    def hi(self) -> int:
        return sum(variant.size for variant in self.variants) - 1

    def base(self, index: int) -> int:
        """The first value of variant ``index``."""
        return sum(variant.size for variant in self.variants[:index])


@frozen
class SetType:
    """A set over the pool of ``struct``."""

    struct: str
    names: tuple[str, ...]

    @property
    def lo(self) -> int:
        return 0

    @property
    def hi(self) -> int:
        return (1 << len(self.names)) - 1


@frozen
class LockType:
    """The state of one lock; ``actors`` names the possible holders in actor order."""

    kind: LockKind
    actors: tuple[str, ...]

    @property
    def lo(self) -> int:
        return 0

    @property
    def hi(self) -> int:
        count = len(self.actors)
        return (1 << count) + count - 1 if self.kind is LockKind.RWSEM else count


@frozen
class SymbolType:
    """A value of an unbounded domain, by the number of its symbol."""

    domain: Domain
    lo = 0
    hi = LARGEST_SYMBOL


@frozen
class ConditionType:
    """What is known of the symbols of a state, by a number that the search gave it."""

    lo = 0
    hi = LAST_CONDITION


ValueType = (
    BoolType
    | IntType
    | EnumType
    | RefType
    | WordType
    | SetType
    | LockType
    | SymbolType
    | ConditionType
)


def forgotten(kind: ValueType) -> int:
    """What a local of this type holds when it means nothing: a value that names no object.

    A word is forgotten as its first variant without references; a renaming of objects then leaves
    dead locals alone (0 may be the word that names the first object).
    """
    if isinstance(kind, WordType):
        for number, variant in enumerate(kind.variants):
            if not any(_names_objects(field) for _, field in variant.fields):
                return kind.base(number)
    return 0


def _names_objects(kind: ValueType) -> bool:
    """Whether the lowest value of this type is an object, or a word that names one."""
    return (isinstance(kind, RefType) and not kind.nullable) or isinstance(kind, WordType)


def holders(kind: LockType, value: int) -> tuple[int, ...]:
    """The actors that hold a lock whose state is ``value``."""
    if kind.kind is not LockKind.RWSEM:
        return (value - 1,) if value else ()
    count = len(kind.actors)
    if value >= 1 << count:
        return (value - (1 << count),)
    return tuple(actor for actor in range(count) if value >> actor & 1)


def decode_word(kind: WordType, value: int) -> tuple[Variant, tuple[int, ...]]:
    """Split a word into its variant and its field values."""
    rest = value
    for variant in kind.variants:
        if rest < variant.size:
            fields: list[int] = []
            for _, field in reversed(variant.fields):
                rest, digit = divmod(rest, field.hi - field.lo + 1)
                fields.append(digit + field.lo)
            return variant, tuple(reversed(fields))
        rest -= variant.size
    raise ValueError(f"{value} is no value of word {kind.name}")


def format_value(kind: ValueType, value: int) -> str:
    """How a person reads ``value``: ``Present(page1, write)``, ``mm1``, ``A and B``."""
    match kind:
        case BoolType():
            return "true" if value else "false"
        case IntType():
            return str(value)
        case EnumType():
            return kind.members[value]
        case RefType():
            return kind.names[value - 1] if value else "None"
        case WordType():
            variant, fields = decode_word(kind, value)
            if not fields:
                return variant.name
            parts = [
                _word_field(name, field, digit)
                for (name, field), digit in zip(variant.fields, fields, strict=True)
            ]
            return f"{variant.name}({', '.join(parts)})"
        case SetType():
            members = [name for bit, name in enumerate(kind.names) if value >> bit & 1]
            return "{" + ", ".join(members) + "}"
        case LockType():
            names = [kind.actors[actor] for actor in holders(kind, value)]
            if not names:
                return "free"
            reading = kind.kind is LockKind.RWSEM and value < 1 << len(kind.actors)
            return ("read by " if reading else "held by ") + " and ".join(names)
        case SymbolType(domain=domain):
            return symbol_name(domain, value)
        case ConditionType():
            return f"condition {value}"
        case _:
            assert_never(kind)


def symbol_name(domain: Domain, number: int) -> str:
    """How symbol ``number`` of a state is called: ``Content A``."""
    if number:
        return f"{domain.name} {chr(ord('A') + number - 1)}"
    match domain.kind:
        case DomainKind.BOOLEAN:
            return "false"
        case DomainKind.INTEGER:
            return "0"
        case DomainKind.EQUALITY | DomainKind.ORDER:
            return f"zero {domain.name}"
        case _:
            assert_never(domain.kind)


def _word_field(name: str, kind: ValueType, value: int) -> str:
    if isinstance(kind, BoolType):
        return name if value else f"not {name}"
    return format_value(kind, value)
