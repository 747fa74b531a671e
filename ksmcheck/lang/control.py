"""Control: routines, choices, waiting, blocks that are one step, walks over a pool.

One step makes at most one access to shared memory; the local work after it belongs to it. Nothing
is atomic because it is on one line: ``a.x = b.y + 1`` is a load and a store, two steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar, overload

from ksmcheck.lang.locks import Held
from ksmcheck.lang.markers import never_executed

T = TypeVar("T")
FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


class Pool(Generic[T]):
    """All the objects of a struct's pool, live or not, in order."""

    def __iter__(self) -> Iterator[T]:
        raise never_executed("pool()")


def pool(kind: type[T]) -> Pool[T]:
    """The pool of a struct, for ``for``, ``choose`` and ``all/any/sum``. The walk is no access.

    In a routine the loop is unrolled and meets freed objects too: test ``is_live`` in properties,
    and whatever the kernel tests in routines.
    """
    raise never_executed("pool()")


@overload
def routine(function: FunctionT, /) -> FunctionT: ...
@overload
def routine(*, source: str = "", kernel: str = "") -> Callable[[FunctionT], FunctionT]: ...
def routine(
    function: FunctionT | None = None, /, *, source: str = "", kernel: str = ""
) -> FunctionT | Callable[[FunctionT], FunctionT]:
    """A kernel function. Calls are inlined; recursion is refused.

    ``source`` is the kernel file and ``kernel`` the version whose order of steps the body follows.
    """
    raise never_executed("@routine")


@overload
def choose(first: range, /) -> int: ...
@overload
def choose(first: Pool[T], /) -> T: ...
@overload
def choose(first: T, second: T, /, *rest: T) -> T: ...
def choose(*alternatives: Any) -> Any:
    """A nondeterministic choice: every alternative is explored. No access of its own."""
    raise never_executed("choose()")


def wait_until(condition: bool) -> None:
    """Blocks until ``condition`` holds, and sees it hold in the same step.

    wait_event(), wait_on_bit(), a completion. At most one shared load in the condition. Waiting is
    for ever if it never holds: then the state is a deadlock (KSM842) when nobody else can move.
    """
    raise never_executed("wait_until()")


def assume(condition: bool) -> None:
    """In setup: an initial state in which ``condition`` is false is none.

    It chooses among what ``choose`` in setup offers. Refused outside setup (KSM208): there it
    would make runs vanish that a kernel has.
    """
    raise never_executed("assume()")


def atomic(reason: str) -> Held:
    """``with atomic("reason"):`` makes the block one step, whatever it accesses.

    The reason is part of the model and is printed with the step. Use it for what hardware or a
    leaf lock makes indivisible; each use gives up the interleavings inside it.
    """
    raise never_executed("atomic()")


def might_sleep() -> None:
    """might_sleep(): checks the context (KSM831, KSM832). No step."""
    raise never_executed("might_sleep()")


def patched(patch: str) -> bool:
    """True when the patch is applied in this run. Static: the other branch is not compiled."""
    raise never_executed("patched()")


def configured(option: str) -> bool:
    """IS_ENABLED(CONFIG_X): the scenario has this option. Static, as patched() is.

    Options are declared once, in a list of ``ConfigOption`` records; a scenario names its own.
    """
    raise never_executed("configured()")


def is_live(obj: object) -> bool:
    """Whether the object is allocated. For ghosts and properties; the kernel cannot ask this."""
    raise never_executed("is_live()")


__all__ = [
    "Pool",
    "assume",
    "atomic",
    "choose",
    "configured",
    "is_live",
    "might_sleep",
    "patched",
    "pool",
    "routine",
    "wait_until",
]
