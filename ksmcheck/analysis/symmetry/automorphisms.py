"""Which renamings of objects and actors map a program to itself.

NOTE(symmetry). A renaming permutes the objects of pools, and the actors. It acts on states: cells
of an object become those of its image, and references, sets, words and lock owners are renamed.
When every step, property and witness, with the renaming applied, is a step (of the renamed actor,
at the same place), the same property, the same witness, then a run renamed is a run, and violates
the same properties. Initial states need not be symmetric: the states that can be reached, each up
to a renaming, are those that a search finds which keeps one state of each class.

The proof is syntactic: steps are brought into a normal form (blocks.py) in which constants that
name objects are leaves, the leaves are renamed and normal forms compared. Where references are
used as numbers, no renaming of that pool is tried.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations, permutations

from attrs import define, evolve, field, frozen

from ksmcheck.analysis.symmetry.blocks import Blocks
from ksmcheck.analysis.symmetry.expressions import Expressions
from ksmcheck.analysis.symmetry.kinds import ACTORS, Asymmetric
from ksmcheck.analysis.symmetry.memory import Memory
from ksmcheck.analysis.symmetry.terms import Node, Renaming, Term, Terms
from ksmcheck.analysis.symmetry.values import Names
from ksmcheck.ir.fold import written
from ksmcheck.ir.program import Program, Property, Same, VariableKind
from ksmcheck.ir.types import RefType, SetType, ValueType, WordType, decode_word

Object = tuple[str, int]

# The end of the name of the variable that says which objects of a pool are allocated.
LIVE = ".(allocated)"

# More candidate pairings of the objects of two actors than this are not tried.
MOST_PAIRINGS = 24


@frozen
class Permutation:
    """Where each object and actor that moves goes; the others stay."""

    objects: tuple[tuple[Object, Object], ...] = ()
    actors: tuple[tuple[int, int], ...] = ()


@frozen
class Symmetries:
    """``classes``: objects of one pool that may be renamed in any way, whatever else is renamed.

    ``swaps`` exchange actors together with the objects they work on. ``refused`` says, for each
    pool that has no class, what tells its objects apart. ``allocated`` are the structs whose
    objects come and go.
    """

    classes: tuple[tuple[Object, ...], ...]
    swaps: tuple[Permutation, ...]
    refused: tuple[tuple[str, str], ...]
    allocated: frozenset[str]

    @property
    def of_heap(self) -> Symmetries:
        """Those of objects that are allocated and freed."""
        classes = tuple(group for group in self.classes if group[0][0] in self.allocated)
        return evolve(self, classes=classes, swaps=())

    @property
    def of_others(self) -> Symmetries:
        """Those of objects that are always there, and of actors."""
        classes = tuple(group for group in self.classes if group[0][0] not in self.allocated)
        return evolve(self, classes=classes)

    @property
    def trivial(self) -> bool:
        """True when nothing can be renamed."""
        return not self.classes and not self.swaps


def symmetries(program: Program) -> Symmetries:
    """All symmetries of ``program`` that can be proved."""
    return _symmetries(Same(program))


@lru_cache(maxsize=4)
def _symmetries(same: Same) -> Symmetries:
    program = same.program
    pools = {struct: size for struct, size in program.identity.pools if size > 1}
    structs = frozenset(pools)
    if len(program.actors) > 1:
        structs |= {ACTORS}
    refused: dict[str, str] = {}
    while True:
        facts = _Facts.of(program, structs, pools)
        if not facts.broken:
            break
        refused.update(facts.broken)
        structs -= facts.broken.keys()
    classes = [group for struct in sorted(structs - {ACTORS}) for group in facts.classes(struct)]
    for struct in sorted(structs - {ACTORS}):
        if not any(group[0][0] == struct for group in classes):
            refused[struct] = "the steps or properties name its objects one by one"
    swaps = facts.swaps() if ACTORS in structs else ()
    allocated = frozenset(
        variable.name.removesuffix(LIVE)
        for variable in program.variables
        if variable.kind is VariableKind.BOOKKEEPING and variable.name.endswith(LIVE)
    )
    return Symmetries(tuple(classes), swaps, tuple(sorted(refused.items())), allocated)


@define
class _Facts:
    """The terms of a program in which objects of ``structs`` (and actors) are told apart."""

    program: Program
    names: Names
    pools: dict[str, int]
    steps: dict[tuple[int, int], Term] = field(factory=dict)
    properties: list[tuple[frozenset[Term], Term | None]] = field(factory=list)
    broken: dict[str, str] = field(factory=dict)

    @classmethod
    def of(cls, program: Program, structs: frozenset[str], pools: dict[str, int]) -> _Facts:
        """Terms for all of the program; ``broken`` are the structs for which there are none."""
        facts = cls(program, names_of(program, structs, pools), pools)
        expressions = Expressions(program, facts.names, pools)
        blocks = Blocks(program, expressions)
        for number, actor in enumerate(program.actors):
            for step in actor.steps:
                try:
                    facts.steps[number, step.location] = blocks.block(step.block)
                except Asymmetric as fault:
                    facts._break(fault, f"{step.text} ({step.span.short()})")
        for item in program.properties:
            try:
                facts.properties.append(_property(item, expressions))
            except Asymmetric as fault:
                facts._break(fault, item.name)
        facts._masks_of_actors()
        return facts

    def _break(self, fault: Asymmetric, where: str) -> None:
        # Nothing to blame means that nothing can be said about any of them.
        for struct in fault.structs or self.names.structs:
            self.broken.setdefault(struct, f"{fault.reason}: {where}")

    def _masks_of_actors(self) -> None:
        """RCU keeps sets of actors in plain numbers, which no renaming follows."""
        masks = ("(rcu waits for)", "(rcu pending)")
        if ACTORS in self.names.structs:
            for variable in self.program.variables:
                if variable.kind is VariableKind.BOOKKEEPING and variable.name.endswith(masks):
                    self.broken[ACTORS] = "grace periods keep masks of actors"

    def classes(self, struct: str) -> list[tuple[Object, ...]]:
        """The sets of two or more objects of a pool that are interchangeable."""
        groups: list[list[Object]] = []
        fixed = _named_for_ever(self.program)
        for index in range(self.pools[struct]):
            thing = (struct, index)
            if thing in fixed:
                continue
            for group in groups:
                if self.holds(Permutation(((group[0], thing), (thing, group[0])))):
                    group.append(thing)
                    break
            else:
                groups.append([thing])
        return [tuple(group) for group in groups if len(group) > 1]

    def swaps(self) -> tuple[Permutation, ...]:
        """For each pair of actors an exchange of the two, if there is one."""
        found: list[Permutation] = []
        for a, b in combinations(range(len(self.program.actors)), 2):
            if not self._alike(a, b):
                continue
            for objects in self._pairings(a, b):
                permutation = Permutation(objects, ((a, b), (b, a)))
                if self.holds(permutation):
                    found.append(permutation)
                    break
        return tuple(found)

    def _alike(self, a: int, b: int) -> bool:
        """The actors have as many steps, and locals of the same types in the same order."""
        first, second = self.program.actors[a], self.program.actors[b]
        if (first.daemon, len(first.steps)) != (second.daemon, len(second.steps)):
            return False
        return _types(self.program, a) == _types(self.program, b)

    def _pairings(self, a: int, b: int) -> list[tuple[tuple[Object, Object], ...]]:
        """Ways to exchange the objects that only one of the two actors names."""
        mine, others = self._named(a), self._named(b)
        pairings: list[tuple[tuple[Object, Object], ...]] = [()]
        for struct in sorted({thing[0] for thing in mine ^ others}):
            left = sorted(thing for thing in mine - others if thing[0] == struct)
            right = sorted(thing for thing in others - mine if thing[0] == struct)
            if len(left) != len(right):
                return []
            swaps = [
                tuple(pair for x, y in zip(left, chosen, strict=True) for pair in ((x, y), (y, x)))
                for chosen in permutations(right)
            ]
            pairings = [(*old, *new) for old in pairings for new in swaps]
            if len(pairings) > MOST_PAIRINGS:
                return []
        return pairings

    def _named(self, actor: int) -> set[Object]:
        named = 0
        for step in self.program.actors[actor].steps:
            named |= self.names.terms.nodes[self.steps[actor, step.location]].named
        bits = self.names.bits.items()
        return {thing for thing, bit in bits if named & bit and thing[0] != ACTORS}

    def holds(self, permutation: Permutation) -> bool:
        """Whether the program, renamed, is the program."""
        rename = renaming_of(self.program, self.names, self.pools, permutation)
        actors = dict(permutation.actors)
        for (actor, location), term in self.steps.items():
            if rename(term) != self.steps[actors.get(actor, actor), location]:
                return False
        return all(
            frozenset(map(rename, instances)) == instances
            and (witness is None or rename(witness) == witness)
            for instances, witness in self.properties
        )


def names_of(program: Program, structs: frozenset[str], pools: dict[str, int]) -> Names:
    """Names in which the objects of ``structs`` are told apart, and the actors if ACTORS is one."""
    things = [(struct, i) for struct in sorted(structs - {ACTORS}) for i in range(pools[struct])]
    if ACTORS in structs:
        things += [(ACTORS, number) for number in range(len(program.actors))]
    return Names(Terms(), structs, {thing: 1 << place for place, thing in enumerate(things)})


def renaming_of(
    program: Program, names: Names, pools: dict[str, int], permutation: Permutation
) -> Renaming:
    """The renaming of terms that ``permutation`` stands for."""
    objects, actors = dict(permutation.objects), dict(permutation.actors)
    variables = renamed_variables(program, permutation)
    moved = 0
    for thing in [*objects, *((ACTORS, actor) for actor in actors)]:
        moved |= names.bits[thing]
    expressions = Expressions(program, names, pools)

    def leaf(node: Node) -> Term:
        first, *rest = node.payload
        match node.tag, first, *rest:
            case "variable", int(number):
                return expressions.variable(variables.get(number, number))
            case _, str(struct), int(index) if struct == ACTORS:
                return names.object(ACTORS, actors.get(index, index))
            case _, str(struct), int(index):
                return names.object(*objects.get((struct, index), (struct, index)))
            case _:
                raise AssertionError(node)

    return Renaming(names.terms, moved, leaf)


def _named_for_ever(program: Program) -> set[Object]:
    """The objects named by variables to which nothing ever stores: not even a renaming can."""
    blocks = [program.setup, *(step.block for actor in program.actors for step in actor.steps)]
    stored = frozenset().union(*map(written, blocks))
    never = [v for number, v in enumerate(program.variables) if number not in stored]
    return {thing for v in never for thing in objects_in(v.type, v.initial)}


def objects_in(kind: ValueType, value: int) -> list[Object]:
    """The objects that ``value`` names, from the first field on."""
    match kind:
        case RefType(struct):
            return [(struct, value - 1)] if value else []
        case SetType(struct):
            return [(struct, bit) for bit in range(value.bit_length()) if value >> bit & 1]
        case WordType():
            variant, fields = decode_word(kind, value)
            parts = zip(variant.fields, fields, strict=True)
            return [thing for (_, part), field in parts for thing in objects_in(part, field)]
        case _:
            return []


def _property(item: Property, expressions: Expressions) -> tuple[frozenset[Term], Term | None]:
    nothing = Memory()
    instances = frozenset(expressions.truth(i.predicate, nothing) for i in item.instances)
    witness = None if item.witness is None else expressions.truth(item.witness, nothing)
    return instances, witness


def _owned(program: Program, actor: int) -> list[int]:
    """The variables of an actor, in order: its location and its locals."""
    return [number for number, v in enumerate(program.variables) if v.actor == actor]


def _types(program: Program, actor: int) -> list[object]:
    owned = [program.variables[number] for number in _owned(program, actor)]
    return [(variable.type, variable.dims) for variable in owned]


def renamed_variables(program: Program, permutation: Permutation) -> dict[int, int]:
    """Where the variables of the actors that move go."""
    return {
        mine: other
        for a, b in permutation.actors
        for mine, other in zip(_owned(program, a), _owned(program, b), strict=True)
    }
