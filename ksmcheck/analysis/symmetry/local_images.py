"""What renamings do to local states, and to the arms that were entered in them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from attrs import define, evolve, field

from ksmcheck.analysis.arms import EVERY, Entered
from ksmcheck.analysis.local_states import LocalStates, local_states
from ksmcheck.analysis.symmetry.arms import Place, steps_that_keep_arms
from ksmcheck.analysis.symmetry.automorphisms import (
    Permutation,
    Symmetries,
    renamed_variables,
)
from ksmcheck.analysis.symmetry.renaming import renamed_value
from ksmcheck.ir.program import Program

# An actor and the number of one of its local states.
LocalState = tuple[int, int]


@define(eq=False)
class LocalImages:
    """The images of local states under permutations that generate all renamings in use."""

    program: Program
    states: LocalStates
    permutations: tuple[Permutation, ...]
    # Found when it is first asked for: searches may go without renamings after all.
    _keeping: tuple[frozenset[Place], ...] | None = field(init=False, default=None)
    _variables: tuple[dict[int, int], ...] = field(init=False)
    _known: dict[tuple[int, int, int], tuple[LocalState, bool]] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self._variables = tuple(renamed_variables(self.program, p) for p in self.permutations)

    def of(self, actor: int, number: int) -> Iterator[tuple[LocalState, bool]]:
        """The images of a local state; with each, whether arms keep their numbers."""
        for place in range(len(self.permutations)):
            key = place, actor, number
            if key not in self._known:
                self._known[key] = self._image(*key)
            yield self._known[key]

    def _image(self, place: int, actor: int, number: int) -> tuple[LocalState, bool]:
        if self._keeping is None:
            self._keeping = steps_that_keep_arms(self.program, self.permutations)
        permutation, variables = self.permutations[place], self._variables[place]
        objects, actors = dict(permutation.objects), dict(permutation.actors)
        location = self.states.location(actor, number)
        renamed = {
            variables.get(variable, variable): renamed_value(
                self.program.variables[variable].type, value, objects, actors
            )
            for variable, value in self.states.values(actor, number)
        }
        image = actors.get(actor, actor)
        found = self.states.first[image][location]
        for digit in self.states.digits[image][location]:
            found += (renamed[digit.variable] - digit.lo) * digit.weight
        return (image, found), (actor, location) in self._keeping[place]

    def closed(self, entered: Entered) -> Entered:
        """The least set that renamings map to itself, with ``entered``, and a little more.

        Of a step whose arms may change their numbers all arms are in it.
        """
        arms = [dict(each) for each in entered.arms]
        work = [(actor, number) for actor, each in enumerate(arms) for number in each]
        while work:
            actor, number = work.pop()
            mine = arms[actor][number]
            for (image, renamed), keeps in self.of(actor, number):
                before = arms[image].get(renamed, 0)
                after = before | (mine if keeps else EVERY)
                if after != before:
                    arms[image][renamed] = after
                    work.append((image, renamed))
        return evolve(entered, arms=tuple(arms))

    def orbit(self, found: set[LocalState]) -> set[LocalState]:
        """The local states in ``found``, and what renamings make of them."""
        result, work = set(found), list(found)
        while work:
            for image, _ in self.of(*work.pop()):
                if image not in result:
                    result.add(image)
                    work.append(image)
        return result


def local_images(program: Program, symmetries: Symmetries) -> LocalImages:
    """The local states of ``program``, and what its renamings do to them."""
    neighbours = [pair for group in symmetries.classes for pair in pairwise(group)]
    permutations = (
        *(Permutation(((one, two), (two, one))) for one, two in neighbours),
        *symmetries.swaps,
    )
    states = local_states(program)
    while unlike := set(_unlike(program, states, symmetries.swaps)):
        states = states.without(unlike)
    return LocalImages(program, states, permutations)


def _unlike(
    program: Program, states: LocalStates, swaps: tuple[Permutation, ...]
) -> Iterator[Place]:
    """The places where what counts in an actor does not count in one that it is exchanged with."""
    for swap in swaps:
        variables = renamed_variables(program, swap)
        for actor, image in swap.actors:
            pairs = zip(states.digits[actor], states.digits[image], strict=True)
            for location, (mine, others) in enumerate(pairs):
                renamed = {variables.get(digit.variable, digit.variable) for digit in mine}
                if renamed != {digit.variable for digit in others}:
                    yield actor, location
                    yield image, location
