"""The summaries of all steps of a program, or of what of it is ever entered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from attrs import define, evolve, field

from ksmcheck.analysis.accesses import Effect, Exit, Sharing, Summary
from ksmcheck.analysis.arms import Entered
from ksmcheck.analysis.paths import Run
from ksmcheck.analysis.points import Point, Points, Values, points_of
from ksmcheck.analysis.sharing import accessed, sharing_of
from ksmcheck.ir.expr import Const, Expr
from ksmcheck.ir.program import Actor, Program

# The last summary of each actor: of a place that no table knows.
NOBODY = Summary(-1, (), frozenset(), Effect(*(frozenset(),) * 6, (), (), False), (), ())


def summaries(program: Program, entered: Entered | None = None) -> tuple[tuple[Summary, ...], ...]:
    """For each actor the summary of its step at each of its points, in order, and NOBODY.

    None: everything may be entered, and points are locations.
    """
    taken = Entered.everything(program) if entered is None else entered
    return summaries_at(program, points_of(program, taken), Runs(program))


def summaries_at(
    program: Program, points: tuple[Points, ...], runs: Runs
) -> tuple[tuple[Summary, ...], ...]:
    """For each actor the summary of its step at each of ``points``, and NOBODY."""
    while True:
        found = [
            [runs.at(actor, point) for point in each.points] for actor, each in enumerate(points)
        ]
        unruly = frozenset[int]().union(*(mine for actor in found for _, mine in actor))
        if not runs.distrust(unruly):
            break
    return tuple(
        (*_summaries(actor, each.points, [effect for effect, _ in mine]), NOBODY)
        for actor, each, mine in zip(program.actors, points, found, strict=True)
    )


@define(eq=False)
class Runs:
    """Runs steps symbolically, each once for all points that are the same to it.

    Locks that were once found unruly stay so: there are never fewer arms than before.
    """

    program: Program
    sharing: Sharing = field(init=False)
    _known: dict[tuple[int, int, int, Values], tuple[Effect, frozenset[int]]] = field(factory=dict)
    _accessed: tuple[tuple[frozenset[int], ...], ...] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.sharing = sharing_of(self.program)
        self._accessed = accessed(self.program)

    def distrust(self, unruly: frozenset[int]) -> bool:
        """Take these locks as unruly; False when they are already."""
        if not unruly & self.sharing.ruly:
            return False
        self.sharing = evolve(self.sharing, ruly=self.sharing.ruly - unruly)
        self._known.clear()
        return True

    def at(self, actor: int, point: Point) -> tuple[Effect, frozenset[int]]:
        """What the actor's step does at ``point``, and the locks that it is unruly with."""
        step = self.program.actors[actor].steps[point.location]
        used = self._accessed[actor][point.location]
        matter = tuple(pair for pair in point.known if pair[0] in used)
        key = actor, point.location, point.arms, matter
        if key not in self._known:
            run = Run(self.program, self.sharing, step.actor, point.arms, dict(matter))
            # Of symbols it sees the cells, not the condition, which is about all values that these
            # stand for: docs/soundness.md, "Together with symbols".
            effect = run.step(step.block)
            self._known[key] = effect, frozenset(run.unruly)
        return self._known[key]


def _summaries(actor: Actor, points: tuple[Point, ...], effects: list[Effect]) -> Iterator[Summary]:
    ahead = _Ahead(actor.done, points)
    for point, effect in zip(points, effects, strict=True):
        found = [(way, ahead.of(point, way)) for way in effect.exits]
        ways = tuple(way for way, following in found if following)
        leading = tuple(following for _, following in found if following)
        yield Summary(point.location, point.known, point.loose, effect, ways, leading)


@define
class _Ahead:
    """Looks up which of an actor's points a way may lead to: those where what it knows is so."""

    done: int
    points: tuple[Point, ...]
    _at: dict[int, list[int]] = field(init=False)
    _found: dict[tuple[int, tuple[int, ...]], dict[tuple[int, ...], list[int]]] = field(
        factory=dict
    )

    def __attrs_post_init__(self) -> None:
        self._at = {}
        for number, point in enumerate(self.points):
            self._at.setdefault(point.location, []).append(number)

    def of(self, point: Point, way: Exit) -> tuple[int, ...]:
        if way.target == self.done:
            return (len(self.points) + 1,)
        if way.target not in self._at:
            return ()
        before, stored = dict(point.known), dict(way.values)
        sure: list[tuple[int, int]] = []
        same: dict[Expr, list[int]] = {}
        for variable, _ in self.points[self._at[way.target][0]].known:
            match stored.get(variable):
                case Const(value):
                    sure.append((variable, value))
                case None if variable in before:
                    sure.append((variable, before[variable]))
                case None:
                    pass
                case value:
                    same.setdefault(value, []).append(variable)
        index = self._index(way.target, tuple([v for v, _ in sure]))
        found = index.get(tuple([c for _, c in sure]), [])
        equal = [group for group in same.values() if len(group) > 1]
        if not equal:  # almost always
            return tuple(found)
        return tuple(n for n in found if _agrees(dict(self.points[n].known), equal))

    def _index(self, location: int, variables: tuple[int, ...]) -> dict[tuple[int, ...], list[int]]:
        key = location, variables
        if key not in self._found:
            index = self._found[key] = {}
            for number in self._at[location]:
                known = dict(self.points[number].known)
                index.setdefault(tuple(known[v] for v in variables), []).append(number)
        return self._found[key]


def _agrees(known: Mapping[int, int], equal: list[list[int]]) -> bool:
    """Have variables that were given one value the same?"""
    return all(len({known[variable] for variable in group}) == 1 for group in equal)
