"""Right movers: steps after which a search may go on at once with the same actor's next one.

What an actor's step from one point to another read and wrote is a *right mover* where no other
actor, as long as this one stays at the other point, comes to a step that does not commute with it:
whatever the others do then they could have done before. Merging goes on from there with the next
step alone, instead of storing the state between. Why nothing is missed: docs/soundness.md,
"Merging".
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from ksmcheck.analysis.accesses import Hold, Summary
from ksmcheck.analysis.conflicts import Conflicts, Signature, ahead_of
from ksmcheck.analysis.held import after
from ksmcheck.ir.program import Program

# From one point to the next, which is not "done".
Edge = tuple[int, int]


@frozen
class Movers:
    """``edges[a]``: the class of each step of actor a that may be gone on from, by where it leads.

    ``ahead[b][n]`` are the classes with whose steps something does not commute that actor b may
    come to from its point n on, while the actor of that class stays where its step led. ``classes``
    is how many there are.
    """

    edges: tuple[Mapping[Edge, int], ...]
    ahead: tuple[tuple[int, ...], ...]
    classes: int

    def commute(self, number: int, actor: int, at: tuple[int, ...]) -> bool:
        """Is ``actor``'s step of class ``number`` a right mover, with the others at these points?

        Where an actor is done its point is the number of its points.
        """
        return not any(
            other != actor and there < len(rows) and rows[there] >> number & 1
            for other, (there, rows) in enumerate(zip(at, self.ahead, strict=True))
        )


def movers(
    program: Program,
    summary: tuple[tuple[Summary, ...], ...],
    tables: Conflicts,
    sticky: list[frozenset[int]],
    visible: list[frozenset[int]],
) -> Movers:
    """The tables of right movers, for steps with these summaries and conflicts.

    ``sticky``: for each actor the points whose steps lead back; ``visible``: those whose steps no
    search may go on from, because of its goals.
    """
    found: dict[Signature, int] = {}
    edges: list[dict[Edge, int]] = []
    for actor, (steps, holds) in enumerate(zip(summary, tables.holds, strict=True)):
        ends = frozenset(at for at, step in enumerate(steps) if step.effect.blocks)
        mine: dict[Edge, int] = {}
        for here, step in enumerate(steps):
            if here in sticky[actor] or here in visible[actor]:
                continue
            for target, kept in _held_after(holds[here], step).items():
                if target < len(steps) - 1 and target not in ends:
                    signature = Signature(actor, step.effect.reads, step.effect.writes, kept, ())
                    mine[here, target] = found.setdefault(signature, len(found))
        edges.append(mine)
    return Movers(tuple(edges), ahead_of(program, tables, tuple(found)), len(found))


def _held_after(before: frozenset[Hold], step: Summary) -> dict[int, frozenset[Hold]]:
    """For each point that the step may lead to the locks that are certainly held there.

    They are in terms of values at the start of the step, as what it reads and writes is.
    """
    found: dict[int, frozenset[Hold]] = {}
    for way, following in step.ways:
        now = after(before, way)
        for target in following:
            found[target] = found.get(target, now) & now
    return found
