"""The definition of a stubborn set, verified by brute force at every state of a small space.

For every step in every state: it breaks and heals only what the tables say. For every state and the
actors chosen there: whatever the others do without them, each chosen step
keeps its outcomes, and they commute with what the others did. And no cycle of the reduced graph
leaves something out in each of its states.
"""

from __future__ import annotations

from ksmcheck.analysis.arms import Entered
from ksmcheck.analysis.local_states import LocalStates, local_states, locations_alone
from ksmcheck.analysis.stubborn import Stubborn, stubborn
from ksmcheck.analysis.symmetry.automorphisms import symmetries
from ksmcheck.analysis.symmetry.local_images import local_images
from ksmcheck.analysis.visibility import goals
from ksmcheck.backends.evaluator import Outcome
from ksmcheck.backends.python.model import PythonModel
from ksmcheck.ir.program import PropertyKind
from tests.oracle.evaluator_search import Space, State

Moves = dict[int, list[Outcome]]


def moves(space: Space, known: dict[State, Moves], state: State) -> Moves:
    """The outcomes in ``state`` by actor."""
    if state not in known:
        found: Moves = {}
        for outcome in space.evaluator.successors(state):
            found.setdefault(outcome.actor, []).append(outcome)
        known[state] = found
    return known[state]


def enabled_in(found: Moves) -> int:
    """The actors with an outcome that is a state, as bits."""
    return sum(1 << a for a, items in found.items() if any(o.state is not None for o in items))


def chosen(tables: Stubborn, space: Space, state: State, found: Moves, aim: int) -> int:
    """What the tables say of ``state``."""
    at = tables.at(tables.states.numbers(state))
    return tables.choose(at, enabled_in(found), aim)


def entered_in(space: Space) -> Entered:
    """The arms that are entered anywhere in the space."""
    model = PythonModel(space.program, states=local_states(space.program))
    for state in space.levels:
        packed = model.layout.pack(state)
        for step in model.current(packed):
            step.run(packed)
    return model.entered()


def projected(entered: Entered, states: LocalStates) -> Entered:
    """What was entered in local states that tell less apart."""
    found: list[dict[int, int]] = []
    for actor, arms in enumerate(entered.arms):
        found.append({})
        for number, bits in arms.items():
            at = entered.states.location(actor, number)
            values = dict(entered.states.values(actor, number))
            image = states.first[actor][at] + sum(
                (values[digit.variable] - digit.lo) * digit.weight
                for digit in states.digits[actor][at]
            )
            found[-1][image] = found[-1].get(image, 0) | bits
    return Entered(states, tuple(found))


def verify(space: Space, most_pairs: int = 200_000) -> int:
    """Check every state, with tables of everything and of what happens; how many were reduced.

    The tables of what happens are those for local states, those for locations, and
    those for what renamings make of it.
    """
    program, entered = space.program, entered_in(space)
    known, reduced = dict[State, Moves](), 0
    images = local_images(program, symmetries(program))
    renamed = images.closed(projected(entered, images.states))
    for tables in (
        stubborn(program),
        stubborn(program, entered),
        stubborn(program, projected(entered, locations_alone(program))),
        stubborn(program, renamed, images),
    ):
        reduced += _verify(space, tables, known, most_pairs)
        _changes(space, tables, known)
        _meanwhile(space, tables, known, most_pairs // 10)
        _changes_over_steps(space, tables, known)
    return reduced


def _changes(space: Space, tables: Stubborn, known: dict[State, Moves]) -> None:
    """A step that makes a goal true heals it, one that makes it false breaks it."""
    wanted = [
        (1 << number, goal.predicate)
        for number, goal in enumerate(goals(space.program))
        if goal.kind is not PropertyKind.STEP
    ]
    holds = {
        state: sum(bit for bit, predicate in wanted if space.evaluator.value(predicate, state))
        for state in space.levels
    }
    for state in space.levels:
        at = tables.at(tables.states.numbers(state))
        for actor, outcomes in moves(space, known, state).items():
            for outcome in outcomes:
                if outcome.state is not None:
                    step = tables.steps[actor][at[actor]]
                    assert not holds[outcome.state] & ~holds[state] & ~step.heals
                    assert not holds[state] & ~holds[outcome.state] & ~step.breaks


def _meanwhile(space: Space, tables: Stubborn, known: dict[State, Moves], most: int) -> None:
    """While an actor stays where it is others break only what the tables say."""
    wanted = [
        (1 << number, goal.predicate)
        for number, goal in enumerate(goals(space.program))
        if goal.kind is PropertyKind.STATE
    ]
    value = space.evaluator.value
    for start in space.levels:
        at = tables.at(tables.states.numbers(start))
        for actor in moves(space, known, start):
            locks = tables.steps[actor][at[actor]].holds
            seen, work = {start}, [start]
            while work and most > 0:
                state = work.pop()
                true = [(bit, one) for bit, one in wanted if value(one, state)]
                for other, after in _leading_on(moves(space, known, state)):
                    if other == actor:
                        continue
                    most -= 1
                    broken = sum(bit for bit, one in true if not value(one, after))
                    assert not broken & ~tables.steps[other][at[other]].may_break[locks]
                    if after not in seen:
                        seen.add(after)
                        work.append(after)


def _changes_over_steps(space: Space, tables: Stubborn, known: dict[State, Moves]) -> None:
    """The same for goals over steps: by the step itself, and by one before both ends of another."""
    wanted = [
        (1 << number, goal.predicate)
        for number, goal in enumerate(goals(space.program))
        if goal.kind is PropertyKind.STEP
    ]

    def holds(before: State, after: State) -> int:
        value = space.evaluator.value
        return sum(bit for bit, predicate in wanted if value(predicate, after, before))

    for state in space.levels if wanted else ():
        at = tables.at(tables.states.numbers(state))
        stutter = holds(state, state)
        for other, after in _leading_on(moves(space, known, state)):
            now = holds(state, after)
            assert not stutter & ~now & ~tables.steps[other][at[other]].breaks
            for actor, one in _leading_on(moves(space, known, state)):
                for two in _taken_by(actor, moves(space, known, after)):
                    if actor != other and two in _taken_by(other, moves(space, known, one)):
                        step, then = tables.steps[actor][at[actor]], holds(one, two)
                        assert not then & ~now & ~step.heals
                        assert not now & ~then & ~step.may_spoil[0]


def _leading_on(found: Moves) -> list[tuple[int, State]]:
    """(actor, state after) for every outcome that is a state."""
    return [(a, o.state) for a, items in found.items() for o in items if o.state is not None]


def _taken_by(actor: int, found: Moves) -> list[State]:
    return [state for number, state in _leading_on(found) if number == actor]


def _verify(space: Space, tables: Stubborn, known: dict[State, Moves], most_pairs: int) -> int:
    reduced = 0
    edges: dict[State, list[State]] = {}
    for aim in (0, tables.violations):
        for state in space.levels:
            found = moves(space, known, state)
            moving = chosen(tables, space, state, found, aim)
            assert moving or not enabled_in(found)
            if moving == enabled_in(found):
                continue
            reduced += 1
            most_pairs -= _commutes(space, known, state, moving)
            nexts = [o.state for a, items in found.items() if moving >> a & 1 for o in items]
            edges[state] = [after for after in nexts if after is not None]
            if most_pairs < 0:
                return reduced
        _no_cycle(edges)
        edges.clear()
    return reduced


def _commutes(space: Space, known: dict[State, Moves], start: State, moving: int) -> int:
    """Follow the others from ``start``; how many pairs of moves were looked at."""
    seen, work, pairs = {start}, [start], 0
    while work:
        state = work.pop()
        found = moves(space, known, state)
        for other, outcomes in found.items():
            if moving >> other & 1:
                continue
            for outcome in outcomes:
                if outcome.state is None:
                    continue
                after = moves(space, known, outcome.state)
                for actor in range(len(space.program.actors)):
                    if moving >> actor & 1:
                        pairs += 1
                        _same(space, known, found.get(actor, []), after.get(actor, []), outcome)
                if outcome.state not in seen:
                    seen.add(outcome.state)
                    work.append(outcome.state)
    return pairs


def _same(
    space: Space,
    known: dict[State, Moves],
    before: list[Outcome],
    after: list[Outcome],
    other: Outcome,
) -> None:
    """An actor's outcomes before and after a move of another: the same, and they commute."""
    assert [o.fault for o in before] == [o.fault for o in after]
    for one, two in zip(before, after, strict=True):
        assert one.flags == two.flags
        if one.state is not None:
            then = moves(space, known, one.state).get(other.actor, [])
            assert two.state in [o.state for o in then]


def _no_cycle(edges: dict[State, list[State]]) -> None:
    """The states that are not fully expanded make no cycle."""
    done: set[State] = set()
    for start in edges:
        if start in done:
            continue
        way, stack = {start}, [(start, iter(edges[start]))]
        while stack:
            state, following = stack[-1]
            after = next(following, None)
            if after is None:
                stack.pop()
                way.discard(state)
                done.add(state)
            elif after in edges and after not in done:
                assert after not in way, "a cycle in which something is left out everywhere"
                way.add(after)
                stack.append((after, iter(edges[after])))
