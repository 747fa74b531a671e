"""The canonical form of a state: one of the states that a renaming makes of it, always the same.

NOTE(canonical-form). Each object gets a signature that no renaming changes: its own cells, and the
places that refer to it. Objects of a class are put in the order of their signatures. Where
signatures are equal they are refined by those of the objects referred to and referring; where that
does not tell objects apart either, each one of them is tried as the first and the smallest state
taken, except that objects whose exchange changes nothing are tried once. So the form is exact: two
states have the same one just when some renaming makes one of the other. (McKay and Piperno,
"Practical graph isomorphism, II", without the search for automorphisms.) A collision of signatures
costs time, nothing else. Exchanges of actors come first: the images under the group they generate
that have the least locations are brought into this form, and the smallest is taken.

NOTE(canonical-symbols). A symbol's number says nothing, but which cells hold the same symbol does:
in signatures symbols are objects that no class has. When objects are in order the renamed state is
settled, which numbers its symbols anew and what is known of them with them. The smallest state is
that of the smallest cells; where they are equal, of what the conditions say, not of their numbers.
What is known of symbols is not in signatures: objects that only that tells apart are tried each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import define, evolve, field

from ksmcheck.analysis.dead import Dead
from ksmcheck.analysis.symbols import Oracle, Symbols, symbols_of
from ksmcheck.analysis.symmetry.automorphisms import Permutation, Symmetries
from ksmcheck.analysis.symmetry.plan import Cell, Plan, plan_of
from ksmcheck.analysis.symmetry.renaming import State, StateMap, StateMaps
from ksmcheck.ir.program import Program

WORD = (1 << 64) - 1
ODD = 0x9E3779B97F4A7C15

# More permutations of the actors than this are not tried for each state.
LARGEST_GROUP = 120


def mixed(value: int) -> int:
    """A number of 64 bits in which every bit depends on all bits of ``value``."""
    value = (value ^ value >> 31) * 0xBF58476D1CE4E5B9 & WORD
    return (value ^ value >> 29) * 0x94D049BB133111EB & WORD


def group_of(swaps: Sequence[Permutation]) -> tuple[Permutation, ...]:
    """The permutations that ``swaps`` generate, the identity first.

    A swap that makes the group larger than LARGEST_GROUP is left out.
    """
    group: set[Permutation] = {Permutation()}
    used: list[Permutation] = []
    for swap in swaps:
        larger, fresh = set(group), {swap} - group
        while fresh and len(larger) <= LARGEST_GROUP:
            larger |= fresh
            fresh = {composed(g, h) for g in (*used, swap) for h in larger} - larger
        if not fresh and len(larger) <= LARGEST_GROUP:
            group = larger
            used.append(swap)
    return tuple(sorted(group, key=lambda p: (p.actors, p.objects)))


def composed(second: Permutation, first: Permutation) -> Permutation:
    """``second`` after ``first``."""
    objects, actors = dict(first.objects), dict(first.actors)
    after_objects, after_actors = dict(second.objects), dict(second.actors)
    things = {k: after_objects.get(v, v) for k, v in objects.items()}
    things |= {k: v for k, v in after_objects.items() if k not in objects}
    people = {k: after_actors.get(v, v) for k, v in actors.items()}
    people |= {k: v for k, v in after_actors.items() if k not in actors}
    return Permutation(
        tuple(sorted((k, v) for k, v in things.items() if k != v)),
        tuple(sorted((k, v) for k, v in people.items() if k != v)),
    )


@define
class _Signed:
    """A state while its objects are told apart; ``edges`` are (object, object, salt).

    ``named`` are the cells that name objects, each with the (object, stride) that it names.
    """

    state: State
    signs: list[int]
    edges: list[tuple[int, int, int]]
    named: list[tuple[int, Sequence[tuple[int, int]]]]


@define
class Canonical:
    """Brings flat states of ``program`` into canonical form.

    ``oracle`` is the one that gave states the numbers of their conditions. ``dead`` cells, if any
    are looked for, are made blank before objects and actors are renamed.
    """

    program: Program
    symmetries: Symmetries
    oracle: Oracle | None = None
    dead: Dead | None = None
    plan: Plan = field(init=False)
    group: tuple[Permutation, ...] = field(init=False)
    images: tuple[StateMap, ...] = field(init=False)
    _index: tuple[int, ...] = field(init=False)
    _locations: tuple[int, ...] = field(init=False)
    _plain: tuple[tuple[int, int, int], ...] = field(init=False)
    _symbols: Symbols = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.plan = plan_of(self.program, self.symmetries.classes)
        maps = StateMaps(self.program)
        self.group = group_of(self.symmetries.swaps)
        self.images = tuple(maps.of(item) for item in self.group)
        self._index = tuple(index for _, index in self.plan.objects)
        offsets = self.program.offsets()
        self._locations = tuple(offsets[actor.location] for actor in self.program.actors)
        self._plain = tuple(
            (item.cell, item.owner, mixed(item.salt + ODD) | 1) for item in self.plan.plain
        )
        self._symbols = symbols_of(self.program)

    @property
    def unrenamed(self) -> Canonical:
        """The same without renamings."""
        none = Symmetries((), (), (), frozenset())
        return Canonical(self.program, none, self.oracle, self.dead)

    def __call__(self, state: State) -> State:
        """The canonical form of ``state``."""
        if self.dead is not None:
            state = self.dead(state)
        if len(self.images) == 1:
            return self._renumbered(state)
        images = {image(state) for image in self.images}
        places = {image: tuple(image[cell] for cell in self._locations) for image in images}
        least = min(places.values())
        return self._least(self._renumbered(image) for image in images if places[image] == least)

    def _least(self, states: Iterable[State]) -> State:
        condition = self._symbols.condition
        if condition < 0:
            return min(states)
        assert self.oracle is not None
        content = self.oracle.content
        return min(states, key=lambda s: (s[:condition], s[condition + 1 :], content(s[condition])))

    def _settled(self, state: State) -> State:
        """The state with its symbols numbered as they come."""
        condition = self._symbols.condition
        if condition < 0:
            return state
        assert self.oracle is not None
        held = tuple(state[cell] for cell in self._symbols.cells)
        result = list(state)
        result[condition], numbers = self.oracle.settle(state[condition], held)
        for cell, number in zip(self._symbols.cells, numbers, strict=True):
            result[cell] = number
        return tuple(result)

    def _renumbered(self, state: State) -> State:
        if not self.plan.objects:
            return self._settled(state)
        return self._ordered(self._signed(state))

    def _signed(self, state: State) -> _Signed:
        """First signatures: own cells, and the fixed places that refer to the object."""
        signs = [0] * self.plan.nodes
        for cell, owner, factor in self._plain:
            if state[cell]:
                signs[owner] += factor * state[cell]
        signed = _Signed(state, signs, [], [])
        namings = self.plan.namings
        for item in self.plan.naming:
            naming = namings[item.naming]
            place = state[item.cell] - naming.lo
            if item.owner >= 0 or naming.names[place]:
                salt = mixed(item.salt * ODD + naming.rest[place])
                self._refer(signed, item, naming.names[place], salt)
        for item in self.plan.sets:
            self._members(signed, item)
        for item in self.plan.holding:
            self._held(signed, item)
        signed.signs = [sign & WORD for sign in signs]
        return signed

    def _refer(
        self, signed: _Signed, item: Cell, names: Sequence[tuple[int, int]], salt: int
    ) -> None:
        if names:
            signed.named.append((item.cell, names))
        if item.owner < 0:
            for order, (named, _) in enumerate(names):
                signed.signs[named] += mixed(salt + order)
            return
        signed.signs[item.owner] += salt
        for order, (named, _) in enumerate(names):
            signed.edges.append((item.owner, named, salt + order))

    def _members(self, signed: _Signed, item: Cell) -> None:
        """The same for a set: bit i has stride 2**i, and each member its own."""
        value, salt = signed.state[item.cell], mixed(item.salt * ODD)
        for bit, named in item.members:
            if value >> bit & 1:
                value -= 1 << bit
                if item.owner >= 0:
                    signed.edges.append((item.owner, named, salt))
                else:
                    signed.signs[named] += salt
        if item.owner >= 0:
            signed.signs[item.owner] += mixed(salt + value + 1)

    def _held(self, signed: _Signed, item: Cell) -> None:
        """The same for a symbol; the fixed element is not one."""
        number, salt = signed.state[item.cell], mixed(item.salt * ODD)
        if number and item.owner < 0:
            signed.signs[item.symbols + number] += salt
        elif number:
            signed.signs[item.owner] += salt
            signed.edges.append((item.owner, item.symbols + number, salt))

    def _ordered(self, signed: _Signed) -> State:
        """The state with the objects of each class in the order of their signatures."""
        tied = self._tied(signed.signs)
        if tied and signed.edges:
            signed = self._refined(signed)
            tied = self._tied(signed.signs)
        if not tied:
            return self._settled(self._applied(signed, self._order(signed.signs)))
        first = self._representatives(signed, tied)
        return self._least(self._ordered(self._singled(signed, one)) for one in first)

    def _tied(self, signs: list[int]) -> list[int]:
        """Objects of one class with one signature: the first such set, or nothing."""
        for group in self.plan.classes:
            found: dict[int, list[int]] = {}
            for thing in group:
                found.setdefault(signs[thing], []).append(thing)
            if len(found) < len(group):
                several = [sign for sign, things in found.items() if len(things) > 1]
                return found[min(several)]
        return []

    def _refined(self, signed: _Signed) -> _Signed:
        """Signatures that take those of neighbours in, until they tell no more objects apart."""
        signs, distinct = signed.signs, len(set(signed.signs))
        while True:
            more = list(signs)
            for one, other, salt in signed.edges:
                more[one] += mixed(signs[other] + salt)
                more[other] += mixed(signs[one] * ODD + salt)
            more = [mixed(sign & WORD) for sign in more]
            if len(set(more)) <= distinct:
                return evolve(signed, signs=more)
            signs, distinct = more, len(set(more))

    def _singled(self, signed: _Signed, thing: int) -> _Signed:
        signs = list(signed.signs)
        signs[thing] = mixed(signs[thing] + ODD)
        return evolve(signed, signs=signs)

    def _representatives(self, signed: _Signed, tied: list[int]) -> list[int]:
        """Of objects whose exchange changes nothing, one."""
        kept: list[int] = []
        for thing in tied:
            if not any(self._exchanged(signed, thing, other) == signed.state for other in kept):
                kept.append(thing)
        return kept

    def _exchanged(self, signed: _Signed, one: int, other: int) -> State:
        order = list(range(len(self.plan.objects)))
        order[one], order[other] = other, one
        return self._applied(signed, order)

    def _order(self, signs: list[int]) -> list[int]:
        """For each object, the one of its class whose place it takes."""
        image = [0] * len(self.plan.objects)
        for group in self.plan.classes:
            for place, thing in zip(group, sorted(group, key=lambda t: signs[t]), strict=True):
                image[thing] = place
        return image

    def _applied(self, signed: _Signed, image: list[int]) -> State:
        """The state with each object renamed to its image."""
        plan, index, state = self.plan, self._index, signed.state
        if all(thing == goes for thing, goes in enumerate(image)):
            return state
        result = list(state)
        for cell, names in signed.named:
            for named, stride in names:
                result[cell] += (index[image[named]] - index[named]) * stride
        for item in plan.sets:
            for bit, named in item.members:
                if state[item.cell] >> bit & 1:
                    result[item.cell] += (1 << index[image[named]]) - (1 << bit)
        moved = list(result)
        for thing, goes in enumerate(image):
            if thing != goes:
                for source, target in zip(plan.own[thing], plan.own[goes], strict=True):
                    moved[target] = result[source]
        return tuple(moved)
