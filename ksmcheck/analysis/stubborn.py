"""Stubborn sets: which actors need to move in a state, the others can wait.

Static tables, and one function that looks them up. Engines run the same tables; what they must
satisfy, and why a search that expands only what ``choose`` gives misses nothing, is shown in
docs/soundness.md under "Partial order reduction".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum

from attrs import evolve, frozen

from ksmcheck.analysis.accesses import Summary
from ksmcheck.analysis.arms import Entered
from ksmcheck.analysis.conflicts import Conflicts, conflicts
from ksmcheck.analysis.judging import Judges
from ksmcheck.analysis.local_states import LocalStates
from ksmcheck.analysis.meanwhile import Meanwhile, meanwhile
from ksmcheck.analysis.movers import Movers, movers
from ksmcheck.analysis.points import Points, points_of
from ksmcheck.analysis.summaries import Runs, summaries_at
from ksmcheck.analysis.symmetry.local_images import LocalImages
from ksmcheck.analysis.visibility import Goal, Visible
from ksmcheck.ir.program import Program, PropertyKind


class Aim(Enum):
    """What a reduced search must not miss, beside faults, deadlocks and lock orders.

    Witnesses are looked for only when a search for violations has not met them by the way.
    """

    VIOLATIONS = "violations"
    WITNESSES = "witnesses"


@frozen
class Step:
    """What ``choose`` needs to know of an actor at one of its points; sets are bits.

    ``number`` is the step's class. ``conflicts``: the classes with whose steps this step or a later
    one of the actor does not commute. ``sticky``: the step leads back; every cycle of the actor has
    one. ``blocks``: the step may be without any outcome. ``heals``, ``breaks``: goals, see
    visibility.py. ``holds``: the class of the locks that the actor holds, see meanwhile.py;
    ``may_break``, ``may_spoil``: for each class what this step or a later one of the actor may
    break or spoil while another one holds such locks. ``spoils``: what this step may spoil.
    """

    number: int
    conflicts: int
    sticky: bool
    blocks: bool
    heals: int
    breaks: int
    holds: int
    may_break: tuple[int, ...]
    may_spoil: tuple[int, ...]
    spoils: int


@frozen
class Stubborn:
    """``steps[a][n]`` for each actor and point; the last one is for places that no table knows.

    ``points[a]`` are the numbers of its points for its local states, those of ``states``.
    ``classes`` is how many classes of steps there are, ``locks`` how many of sets of locks.
    ``over_steps`` and ``at_end`` are the goals over steps and at the end, ``violations`` those that
    are no witnesses. ``movers`` only for merging.
    """

    states: LocalStates
    points: tuple[Mapping[int, int], ...]
    steps: tuple[tuple[Step, ...], ...]
    classes: int
    locks: int
    daemons: tuple[bool, ...]
    goals: int
    over_steps: int
    at_end: int
    violations: int
    movers: Movers | None = None

    def at(self, numbers: tuple[int, ...]) -> tuple[int, ...]:
        """The points of actors in these local states."""
        return tuple(self.point(actor, number) for actor, number in enumerate(numbers))

    def point(self, actor: int, number: int) -> int:
        """The point of the actor in a local state; as many as it has points when it is done."""
        if number == self.states.total(actor) - 1:
            return len(self.steps[actor])
        return self.points[actor].get(number, len(self.steps[actor]) - 1)

    def aim(self, aim: Aim) -> int:
        """The goals of a search."""
        every = (1 << self.goals) - 1
        return self.violations if aim is Aim.VIOLATIONS else every & ~self.violations

    def choose(self, at: tuple[int, ...], enabled: int, aim: int) -> int:
        """The actors to expand in a state, as bits: a subset of ``enabled``, not empty if that is.

        ``at[a]`` is actor a's point; ``enabled`` are the actors whose step leads to a state;
        ``aim`` are the goals. The smallest set wins, the first of several.
        """
        best, size = enabled, enabled.bit_count()
        for start in range(len(at)):
            if not enabled >> start & 1:
                continue
            moving = self._closed(1 << start, at, enabled, aim) & enabled
            if moving.bit_count() < size and not self._leads_back(moving, at):
                best, size = moving, moving.bit_count()
        return best

    def alone(self, at: tuple[int, ...], enabled: int, aim: int) -> int | None:
        """The actor whose step is the only one to take, if a search may run through the state.

        It does not try where every actor depends on one that surely can move: to see which can
        costs as much as to expand the state.
        """
        if not self.may_be_alone(at, aim):
            return None
        moving = self.choose(at, enabled, aim)
        if moving == 0 or moving & (moving - 1) or self._leads_back(moving, at):
            return None
        return moving.bit_length() - 1

    def may_be_alone(self, at: tuple[int, ...], aim: int) -> bool:
        """Is there an actor that needs none of those that cannot be blocked?"""
        acting = [a for a, here in enumerate(at) if here < len(self.steps[a])]
        free = sum(1 << a for a in acting if not self.steps[a][at[a]].blocks)
        return any(
            self._closed(1 << a, at, free | 1 << a, aim) & (free | 1 << a) == 1 << a
            for a in acting
            if not self.steps[a][at[a]].sticky
        )

    def goes_on(self, actor: int, before: int, at: tuple[int, ...], aim: int) -> bool:
        """May a search that takes every step go on with ``actor`` alone, whose step led here?

        ``before`` is the point from where, ``at`` are the points now.
        """
        if self.movers is None or self.stops(actor, before) & aim:
            return False
        number = self.movers.edges[actor].get((before, at[actor]))
        return number is not None and self.movers.commute(number, actor, at)

    def stops(self, actor: int, point: int) -> int:
        """The goals for which no search may go on from the actor's step: see movers.py."""
        step = self.steps[actor][point]
        seen = step.breaks if self.daemons[actor] else step.breaks & ~self.at_end
        return seen | step.spoils & self.over_steps

    def _leads_back(self, moving: int, at: tuple[int, ...]) -> bool:
        return any(
            moving >> actor & 1 and self.steps[actor][here].sticky for actor, here in enumerate(at)
        )

    def _closed(self, chosen: int, at: tuple[int, ...], enabled: int, aim: int) -> int:
        """``chosen`` with all that must move when it does."""
        done = 0
        while chosen != done:
            if chosen & enabled == enabled:
                return chosen
            done = chosen
            for actor, here in enumerate(at):
                if chosen >> actor & 1 and here < len(self.steps[actor]):
                    chosen |= self._dependent(actor, here, chosen, at)
            if chosen == done:  # closed under conflicts: now the goals
                chosen |= self._needed(chosen, at, enabled, aim)
        return chosen

    def _dependent(self, actor: int, here: int, chosen: int, at: tuple[int, ...]) -> int:
        number = self.steps[actor][here].number
        found = 0
        for other, there in enumerate(at):
            if not chosen >> other & 1 and there < len(self.steps[other]):
                found |= (self.steps[other][there].conflicts >> number & 1) << other
        return found

    def _needed(self, chosen: int, at: tuple[int, ...], enabled: int, aim: int) -> int:
        """Actors without which a goal could be missed."""
        healed, broken, finite = aim, 0, False
        holding: list[int] = []
        for actor, here in enumerate(at):
            if chosen >> actor & 1 and here < len(self.steps[actor]):
                finite = finite or not self.daemons[actor]
                step = self.steps[actor][here]
                holding.append(step.holds)
                if enabled >> actor & 1:
                    healed &= step.heals
                    broken |= step.breaks
        if finite:
            healed &= ~self.at_end
        broken &= aim & self.over_steps
        found = 0
        for actor, here in enumerate(at):
            if not chosen >> actor & 1 and here < len(self.steps[actor]):
                step = self.steps[actor][here]
                breaks, spoils = healed, broken
                for locks in holding:
                    breaks &= step.may_break[locks]
                    spoils &= step.may_spoil[locks]
                if breaks or spoils or (healed & self.at_end and not self.daemons[actor]):
                    found |= 1 << actor
        return found


def stubborn(
    program: Program,
    entered: Entered | None = None,
    images: LocalImages | None = None,
    runs: Runs | None = None,
    judges: Judges | None = None,
    *,
    merging: bool = False,
) -> Stubborn:
    """The tables of ``program``, or of what of it is ever entered; for ``merging`` a few more.

    ``images`` are those of renamings when only one state of each class is stored. ``runs`` has what
    is known of steps from tables made before, ``judges`` what is known of goals.
    """
    taken = Entered.everything(program) if entered is None else entered
    points = points_of(program, taken)
    summary = summaries_at(program, points, Runs(program) if runs is None else runs)
    tables = conflicts(program, summary)
    judges = judges or Judges(program)
    judge, wanted = judges.of(summary), judges.wanted
    seen = judge.seen(summary, tables.holds)
    harm = tuple(tuple((item.breaks, item.spoils) for item in each) for each in seen)
    waiting = meanwhile(summary, tables.holds, tables.successors, harm)
    sticky = _sticky(tables.successors, points, images)
    steps = [
        tuple(_steps(tables, waiting, actor, summary[actor], seen[actor], sticky[actor]))
        for actor in range(len(program.actors))
    ]
    found = Stubborn(
        taken.states,
        tuple(each.number for each in points),
        tuple(steps),
        len(tables.signatures),
        waiting.classes,
        tuple(actor.daemon for actor in program.actors),
        len(wanted),
        _bits(wanted, PropertyKind.STEP),
        _bits(wanted, PropertyKind.END),
        sum(1 << number for number, goal in enumerate(wanted) if not goal.witness),
    )
    if not merging:
        return found
    return evolve(found, movers=movers(program, summary, tables, sticky, _stopping(found)))


def _stopping(tables: Stubborn) -> list[frozenset[int]]:
    """For each actor the points whose steps no search goes on from, whatever its aim."""
    aims = [tables.aim(aim) for aim in Aim]
    return [
        frozenset(at for at in range(len(each)) if all(tables.stops(a, at) & aim for aim in aims))
        for a, each in enumerate(tables.steps)
    ]


def _steps(
    tables: Conflicts,
    waiting: Meanwhile,
    actor: int,
    summary: tuple[Summary, ...],
    seen: tuple[Visible, ...],
    sticky: frozenset[int],
) -> Iterator[Step]:
    """What ``choose`` needs to know of an actor at each of its points."""
    for here, item in enumerate(seen):
        yield Step(
            tables.classes[actor][here],
            tables.ahead[actor][here],
            here in sticky,
            summary[here].effect.blocks,
            item.heals,
            item.breaks,
            waiting.holds[actor][here],
            waiting.breaks[actor][here],
            waiting.spoils[actor][here],
            item.spoils,
        )


def _sticky(
    successors: tuple[tuple[frozenset[int], ...], ...],
    points: tuple[Points, ...],
    images: LocalImages | None,
) -> list[frozenset[int]]:
    """For each actor the points whose steps lead back, and those that renamings make of them."""
    found = [leading_back(following) for following in successors]
    while images is not None:
        places = {
            (actor, state)
            for actor, each in enumerate(points)
            for state, number in each.number.items()
            if number in found[actor]
        }
        orbit = images.orbit(places)
        larger = [set(each) for each in found]
        for actor, state in orbit:
            larger[actor].add(points[actor].number[state])
        if larger == found:
            break
        found = list(map(frozenset, larger))
    return found


def _bits(wanted: tuple[Goal, ...], kind: PropertyKind) -> int:
    return sum(1 << number for number, goal in enumerate(wanted) if goal.kind is kind)


def leading_back(successors: tuple[frozenset[int], ...]) -> frozenset[int]:
    """Points whose steps close a cycle: without them the graph has none.

    Those with an edge to where a depth-first search is coming from.
    """
    found: set[int] = set()
    on_way, left = set[int](), set[int]()
    for start in range(len(successors)):
        if start in left:
            continue
        on_way.add(start)
        stack = [(start, iter(sorted(successors[start])))]
        while stack:
            here, following = stack[-1]
            target = next(following, None)
            if target is None:
                stack.pop()
                on_way.discard(here)
                left.add(here)
            elif target in on_way:
                found.add(here)
            elif target not in left:
                on_way.add(target)
                stack.append((target, iter(sorted(successors[target]))))
    return frozenset(found)
