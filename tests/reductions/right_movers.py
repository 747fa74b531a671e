"""What a right mover must satisfy, verified by brute force at every state of a small space.

Wherever the tables let a search go on after a step: what the others do then, as long as its actor
stays, they could have done before, with the same outcomes, and the step comes after it as well. All
the while the actor's next step has an outcome. The step breaks no goal that the search has, and no
goal over steps gets lost by doing it later than another actor's step.
"""

from __future__ import annotations

from collections.abc import Iterator

from ksmcheck.analysis.local_states import locations_alone
from ksmcheck.analysis.stubborn import Stubborn, stubborn
from ksmcheck.analysis.symmetry.automorphisms import symmetries
from ksmcheck.analysis.symmetry.local_images import local_images
from ksmcheck.analysis.visibility import goals
from ksmcheck.backends.evaluator import Outcome
from ksmcheck.ir.program import PropertyKind
from tests.oracle.evaluator_search import Space, State
from tests.reductions.definition import Moves, entered_in, moves, projected

# An actor, a state, and one to which its step leads.
Taken = tuple[int, State, State]


def verify_movers(space: Space, most_pairs: int = 100_000) -> int:
    """Check every step, with tables of everything and of what happens; how many were right movers.

    ``most_pairs``: when so many steps of others were looked at no further one is checked.
    """
    program, entered = space.program, entered_in(space)
    images = local_images(program, symmetries(program))
    renamed = images.closed(projected(entered, images.states))
    known, found = dict[State, Moves](), 0
    for tables in (
        stubborn(program, merging=True),
        stubborn(program, entered, merging=True),
        stubborn(program, projected(entered, locations_alone(program)), merging=True),
        stubborn(program, renamed, images, merging=True),
    ):
        for aim in (0, tables.violations):
            found += _Verifier(space, tables, aim, known).every(most_pairs)
    return found


class _Verifier:
    def __init__(self, space: Space, tables: Stubborn, aim: int, known: dict[State, Moves]) -> None:
        self.space, self.tables, self.aim, self.known = space, tables, aim, known
        self.goals = goals(space.program)
        self.seen: set[Taken] = set()
        self.pairs = 0

    def every(self, most_pairs: int) -> int:
        """How many steps may be gone on from."""
        found = 0
        for state in self.space.levels:
            for actor, outcomes in self.moves(state).items():
                for outcome in outcomes:
                    if outcome.state is not None and self.goes_on(actor, state, outcome.state):
                        found += 1
                        self.follow((actor, state, outcome.state))
                        if self.pairs > most_pairs:
                            return found
        return found

    def moves(self, state: State) -> Moves:
        return moves(self.space, self.known, state)

    def goes_on(self, actor: int, before: State, after: State) -> bool:
        states = self.tables.states
        point = self.tables.point(actor, states.numbers(before)[actor])
        at = self.tables.at(states.numbers(after))
        return self.tables.goes_on(actor, point, at, self.aim)

    def follow(self, start: Taken) -> None:
        """Check the step, and whatever the others do after it."""
        actor, work = start[0], [start]
        while work:
            taken = work.pop()
            if taken in self.seen:
                continue
            self.seen.add(taken)
            after = taken[2]
            assert self.moves(after).get(actor), "its actor is blocked where a search goes on"
            self.breaks_nothing(*taken)
            for other, outcomes in self.moves(after).items():
                if other != actor:
                    for late in outcomes:
                        work += self.could_be_early(taken, late)

    def could_be_early(self, taken: Taken, late: Outcome) -> Iterator[Taken]:
        """``late``, another's outcome after the step, is one before it: the step from there."""
        actor, before, after = taken
        self.pairs += 1
        early = [o for o in self.moves(before).get(late.actor, []) if _alike(o, late)]
        assert early, "another actor's step is not possible before a right mover"
        if late.state is None:
            return
        joined = [o.state for o in early if o.state is not None and self.leads(actor, o, late)]
        assert joined, "a right mover does not commute with another actor's step"
        for then in joined:
            lost = self.holds(before, then) & ~self.holds(after, late.state)
            assert not lost, "another actor's step violates a goal only after a right mover"
            yield actor, then, late.state

    def leads(self, actor: int, early: Outcome, late: Outcome) -> bool:
        assert early.state is not None
        return late.state in [o.state for o in self.moves(early.state).get(actor, [])]

    def holds(self, before: State, after: State) -> int:
        """The goals over steps that the search has and that are true of a step."""
        return self.true(PropertyKind.STEP, after, before)

    def true(self, kind: PropertyKind, state: State, old: State | None = None) -> int:
        value = self.space.evaluator.value
        return sum(
            1 << number
            for number, goal in enumerate(self.goals)
            if self.aim >> number & 1 and goal.kind is kind and value(goal.predicate, state, old)
        )

    def breaks_nothing(self, actor: int, before: State, after: State) -> None:
        kinds = [PropertyKind.STATE]
        if self.space.program.actors[actor].daemon:
            kinds.append(PropertyKind.END)
        for kind in kinds:
            assert not self.true(kind, before) & ~self.true(kind, after), "a goal is broken"
        still = self.holds(before, before)
        assert not still & ~self.holds(before, after), "a goal over steps is broken"


def _alike(one: Outcome, other: Outcome) -> bool:
    if (one.fault, one.flags) != (other.fault, other.flags):
        return False
    return (one.state is None) == (other.state is None)
