"""Properties: a sentence (the docstring), a predicate, and a witness that it was ever exercised.

The parameters of a property are universally quantified: structs range over their pools, bounded
integers over their ranges. Bodies are pure: locals, ``if``, ``match``, ``return``, and
``all/any/sum`` over pools. A property without a witness is a model error; one whose witness never
becomes true gives the verdict ``vacuous``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ksmcheck.lang.locks import BitLock, Mutex, RwSem, SpinLock
from ksmcheck.lang.markers import never_executed

T = TypeVar("T")
PredicateT = TypeVar("PredicateT", bound=Callable[..., bool])
FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


def invariant(*, source: str) -> Callable[[PredicateT], PredicateT]:
    """Must hold in every reachable state. ``source`` names the commit or document it comes from."""
    raise never_executed("@invariant")


def step_property(*, source: str) -> Callable[[PredicateT], PredicateT]:
    """Must hold over every step; ``old(x.f)`` is the value before the step."""
    raise never_executed("@step_property")


def end_property(*, source: str) -> Callable[[PredicateT], PredicateT]:
    """Must hold in every state in which all finite actors are done."""
    raise never_executed("@end_property")


def witness(subject: Callable[..., bool]) -> Callable[[PredicateT], PredicateT]:
    """Must be true in some reachable state, or over some step, for some of its parameters."""
    raise never_executed("@witness")


def predicate(function: FunctionT) -> FunctionT:
    """A pure function that properties share; inlined where it is called."""
    raise never_executed("@predicate")


def old(value: T) -> T:
    """The value before the step, in step properties."""
    raise never_executed("old()")


def locked(lock: SpinLock | Mutex | RwSem | BitLock) -> bool:
    """Whether anybody holds the lock. For properties only."""
    raise never_executed("locked()")


__all__ = [
    "end_property",
    "invariant",
    "locked",
    "old",
    "predicate",
    "step_property",
    "witness",
]
