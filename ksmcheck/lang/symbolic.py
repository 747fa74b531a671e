"""Symbolic values: page contents, checksums, offsets, flags that may be anything.

A subclass of one of the four classes declares a domain; its name is the type of fields, locals and
parameters. Nothing is known of a value until a branch asks: each answer that z3 finds feasible is
explored, with the answer remembered. So a verdict holds for every content, not for 0 and 1.

Every domain has one fixed element, ``constant(D, 0)``: the page of zeros, the number 0, False. It
is what a new object's fields hold.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ksmcheck.lang.markers import never_executed

SymbolT = TypeVar("SymbolT", bound="Symbol")
FunctionT = TypeVar("FunctionT", bound=Callable[..., object])


class Symbol:
    """``class Checksum(Symbol)``: an unbounded set of values with == and !=, and nothing else."""

    def __init_subclass__(cls) -> None:
        if cls.__module__ != __name__:
            raise never_executed(f"class {cls.__name__}")


class OrderedSymbol(Symbol):
    """``class Content(OrderedSymbol)``: an unbounded set with a total order, as of memcmp().

    The order is dense and has no ends: between any two values there is a third.
    """

    def __lt__(self, other: object) -> bool:
        raise never_executed("OrderedSymbol")

    def __le__(self, other: object) -> bool:
        raise never_executed("OrderedSymbol")

    def __gt__(self, other: object) -> bool:
        raise never_executed("OrderedSymbol")

    def __ge__(self, other: object) -> bool:
        raise never_executed("OrderedSymbol")


class SymbolicInt(OrderedSymbol):
    """``class Offset(SymbolicInt)``: the integers, with + and - and comparisons.

    Literals may be added and compared; ``constant(Offset, 3)`` stores one.
    """

    def __add__(self: SymbolT, other: SymbolT | int) -> SymbolT:
        raise never_executed("SymbolicInt")

    def __sub__(self: SymbolT, other: SymbolT | int) -> SymbolT:
        raise never_executed("SymbolicInt")


class SymbolicBool(Symbol):
    """``class Mergeable(SymbolicBool)``: a flag that is decided where a branch looks at it."""

    def __bool__(self) -> bool:
        raise never_executed("SymbolicBool")


def uninterpreted(function: FunctionT) -> FunctionT:
    """A function of which only this is known: equal arguments give equal results.

    ``def checksum(content: Content) -> Checksum: ...`` may give one checksum for two contents.
    """
    raise never_executed("@uninterpreted")


def fresh(domain: type[SymbolT]) -> SymbolT:
    """A new unknown, which may be equal to any other value or to none."""
    raise never_executed("fresh()")


def constant(domain: type[SymbolT], value: int) -> SymbolT:
    """The fixed element of a domain (0), or a number of a SymbolicInt, or False and True."""
    raise never_executed("constant()")


def memcmp(left: OrderedSymbol, right: OrderedSymbol) -> int:
    """-1, 0 or 1: less, equal, greater. One branch with three sides."""
    raise never_executed("memcmp()")


__all__ = [
    "OrderedSymbol",
    "Symbol",
    "SymbolicBool",
    "SymbolicInt",
    "constant",
    "fresh",
    "memcmp",
    "uninterpreted",
]
