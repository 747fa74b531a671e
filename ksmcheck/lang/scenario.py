"""Scenarios: who runs, how many of everything, which properties, what is expected.

A scenario builds on shared routines and declares: actors, one ``setup``, parameters, and one call
of ``scenario``. Patches are declared once, in a list constant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, overload

from ksmcheck.lang.markers import never_executed

ActorT = TypeVar("ActorT", bound=Callable[..., None])


class Patch:
    """One kernel patch: short ``id`` for ``patched()`` and ``--with``, and where it came from.

    ``release`` is the first version that has it; ``--kernel V`` means every patch whose release is
    V or older.
    """

    def __init__(
        self, *, id: str, commit: str, title: str, date: str, release: str, summary: str
    ) -> None:
        raise never_executed("Patch()")


class ConfigOption:
    """One configuration option, as the kernel's ``CONFIG_KSM``, for ``configured()``.

    ``id`` is how it is called, ``summary`` what a kernel has that has it. Unlike a patch it is no
    choice of the user: a scenario has it or has it not.
    """

    def __init__(self, *, id: str, summary: str) -> None:
        raise never_executed("ConfigOption()")


class Expect:
    """The verdict that exploring must give for one configuration; ``ksmcheck check`` compares.

    ``patches`` are added to those of the kernel and ``without`` taken away, ``set`` gives
    parameters (a dict, or the name of one at the top of a file), ``disable_checks`` switches
    built-in checks off, ``property`` names the violated one.
    """

    def __init__(
        self,
        *,
        verdict: str,
        property: str = "",
        kernel: str = "",
        patches: Sequence[str] = (),
        without: Sequence[str] = (),
        set: Mapping[str, int] | None = None,
        disable_checks: Sequence[str] = (),
    ) -> None:
        raise never_executed("Expect()")


def parameter(default: int, sentence: str, *, at_least: int, at_most: int) -> int:
    """A number that ``--set NAME=VALUE`` may change. Static: it folds away at compile time."""
    raise never_executed("parameter()")


@overload
def actor(function: ActorT, /) -> ActorT: ...
@overload
def actor(*, daemon: bool = False, count: int = 1) -> Callable[[ActorT], ActorT]: ...
def actor(
    function: ActorT | None = None, /, *, daemon: bool = False, count: int = 1
) -> ActorT | Callable[[ActorT], ActorT]:
    """A thread of the run, named after its function.

    Finite unless ``daemon``: the run is over when all finite actors are done. ``count=n`` makes n
    of them, told apart by a parameter ``me``.
    """
    raise never_executed("@actor")


def setup(function: ActorT) -> ActorT:
    """Runs before everybody, as one step; its choices give several initial states. No locks."""
    raise never_executed("@setup")


def scenario(
    *,
    question: str,
    kernel: str = "",
    patches: Sequence[Patch] = (),
    config: Sequence[str] = (),
    pools: Mapping[type[Any], int] | None = None,
    symbols: Mapping[Any, int] | None = None,
    properties: Sequence[Callable[..., bool]] = (),
    expected: Sequence[Expect] = (),
) -> None:
    """Ties a model file together: its question, default kernel, pools, properties, verdicts.

    ``config`` names the configuration options that it has: ``configured()`` is True for these.
    ``symbols`` says how many symbols of a domain may live in one state; more is an error (KSM611).
    """
    raise never_executed("scenario()")


__all__ = ["ConfigOption", "Expect", "Patch", "actor", "parameter", "scenario", "setup"]
