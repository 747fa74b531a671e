"""How a running search tells that it is alive."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen


@frozen
class Sample:
    """A running search at one moment.

    ``frontier`` states are known and not expanded yet, ``depth`` is the level being expanded,
    ``memory`` is in bytes (resident), ``elapsed`` in seconds.
    """

    states: int
    transitions: int
    frontier: int
    depth: int
    memory: int
    elapsed: float


class Progress(Protocol):
    """Called a few times a second while a search runs, never twice at once."""

    def __call__(self, sample: Sample) -> None: ...
