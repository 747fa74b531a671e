"""Symbolic values: page contents, checksums, offsets, flags that may be anything.

A subclass of one of the four classes declares a domain; its name is the type of fields, locals and
parameters. Nothing is known of a value until a branch asks: each answer that z3 finds feasible is
explored, with the answer remembered. So a verdict holds for every content, not for 0 and 1.

``Content = Annotated[int, OrderedSymbol, Range(0, 4)]`` declares a domain that is symbolic where
the scenario says so (``symbols={Content: 4}``) and elsewhere the integers 0 to 4: a function is
then the identity, and ``fresh(Content)`` any of them.

Every domain has one fixed element, ``constant(D, 0)``: the page of zeros, the number 0, False. It
is what a new object's fields hold, and may be written 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

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


@overload
def fresh(domain: type[SymbolT], /) -> SymbolT: ...
@overload
def fresh(domain: object, /) -> Any: ...
def fresh(domain: object, /) -> object:
    """A new unknown, which may be equal to any other value or to none."""
    raise never_executed("fresh()")


@overload
def constant(domain: type[SymbolT], value: int, /) -> SymbolT: ...
@overload
def constant(domain: object, value: int, /) -> Any: ...
def constant(domain: object, value: int, /) -> object:
    """The fixed element of a domain (0), or a number of a SymbolicInt, or False and True."""
    raise never_executed("constant()")


def symbolic(domain: object) -> bool:
    """Whether a domain is symbolic in this scenario. Static: it folds away at compile time."""
    raise never_executed("symbolic()")


def memcmp(left: OrderedSymbol | int, right: OrderedSymbol | int) -> int:
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
    "symbolic",
    "uninterpreted",
]
