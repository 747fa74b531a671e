"""Symbols: values of unbounded domains, and the questions that a step may ask about them.

A cell of a symbolic type holds the number of a symbol, not a value. 0 is a fixed element of the
domain (the page of zeros, the integer 0, false); the other numbers name unknowns. What is known of
them is the *condition* of the state: see NOTE(conditions) in ARCHITECTURE.md.
"""

from __future__ import annotations

from enum import Enum

from attrs import frozen

LARGEST_SYMBOL = 15
"""Symbols of one domain that can be told apart while a step runs; at its end fewer may live."""

MOST_LIVE = 12
"""The most that a scenario may allow for one domain."""

LAST_CONDITION = (1 << 20) - 1


class DomainKind(Enum):
    """What a domain has besides equality."""

    EQUALITY = "equality"
    ORDER = "order"
    INTEGER = "integer"
    BOOLEAN = "boolean"

    @property
    def ordered(self) -> bool:
        """True when two values compare as less, equal or greater."""
        return self in (DomainKind.ORDER, DomainKind.INTEGER)


@frozen
class Domain:
    """An unbounded set of values (BOOLEAN: the two truth values).

    ``most`` symbols of it may be alive in one state. An ORDER is total, dense and without ends.
    """

    name: str
    kind: DomainKind
    most: int = MOST_LIVE


@frozen
class Function:
    """An uninterpreted function: equal arguments give equal results, and nothing else is known."""

    name: str
    argument: Domain
    result: Domain


@frozen
class Fresh:
    """A new unknown, related to nothing. No operand; the answer is its symbol."""

    domain: Domain


@frozen
class Compare:
    """Two symbols: the answer is -1, 0 or 1 for less, equal, greater; 0 or 1 without an order."""

    domain: Domain


@frozen
class Apply:
    """One symbol of the function's argument: the answer is the symbol of the result."""

    function: Function


@frozen
class Number:
    """No operand: the answer is the symbol of an integer (of an INTEGER or BOOLEAN domain)."""

    domain: Domain
    value: int


@frozen
class Sum:
    """Two symbols of an INTEGER domain: the answer is the symbol of their sum or difference."""

    domain: Domain
    negative: bool = False


Question = Fresh | Compare | Apply | Number | Sum


def domains_of(question: Question) -> tuple[Domain, ...]:
    """The domains that a question is about."""
    match question:
        case Apply(function=function):
            return (function.argument, function.result)
        case _:
            return (question.domain,)
