"""What a renaming of objects and actors does to states."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from ksmcheck.analysis.symmetry.automorphisms import Object, Permutation, renamed_variables
from ksmcheck.ir.program import Program, Variable, VariableKind
from ksmcheck.ir.types import (
    LockKind,
    LockType,
    RefType,
    SetType,
    ValueType,
    WordType,
    decode_word,
    holders,
)

State = tuple[int, ...]


def pool_of(program: Program, variable: Variable) -> str | None:
    """The struct whose objects the first dimension counts, if it does."""
    struct = variable.name.partition(".")[0]
    sizes = dict(program.identity.pools)
    owned = variable.kind is not VariableKind.LOCAL and variable.dims
    return struct if owned and sizes.get(struct) == variable.dims[0] else None


def renamed_value(
    kind: ValueType, value: int, objects: dict[Object, Object], actors: dict[int, int]
) -> int:
    """``value`` of type ``kind`` with what it names renamed."""
    match kind:
        case RefType(struct):
            return objects.get((struct, value - 1), (struct, value - 1))[1] + 1 if value else 0
        case SetType(struct):
            members = [i for i in range(value.bit_length()) if value >> i & 1]
            return sum(1 << objects.get((struct, i), (struct, i))[1] for i in members)
        case WordType():
            variant, fields = decode_word(kind, value)
            result = 0
            for (_, part), field in zip(variant.fields, fields, strict=True):
                digit = renamed_value(part, field, objects, actors) - part.lo
                result = result * (part.hi - part.lo + 1) + digit
            return kind.base(kind.variants.index(variant)) + result
        case LockType(what):
            owners = [actors.get(actor, actor) for actor in holders(kind, value)]
            if what is LockKind.RWSEM and value < 1 << len(kind.actors):
                return sum(1 << owner for owner in owners)
            return value - holders(kind, value)[0] + owners[0] if owners else 0
        case _:
            return value


@frozen
class StateMap:
    """A renaming as a map of flat states: cell i comes from ``source[i]``, through ``values[i]``.

    ``values[i]`` is None where the value stays, else the images of the values from ``lo[i]`` on.
    """

    source: tuple[int, ...]
    values: tuple[tuple[int, ...] | None, ...]
    lo: tuple[int, ...]

    def __call__(self, state: State) -> State:
        """The renamed state."""
        return tuple(
            state[source] if table is None else table[state[source] - low]
            for source, table, low in zip(self.source, self.values, self.lo, strict=True)
        )


@frozen
class StateMaps:
    """Makes the map of states of each renaming of ``program``."""

    program: Program

    def of(self, permutation: Permutation) -> StateMap:
        """The map of states that ``permutation`` stands for."""
        program, offsets = self.program, self.program.offsets()
        objects, actors = dict(permutation.objects), dict(permutation.actors)
        variables = renamed_variables(program, permutation)
        total = sum(variable.cells for variable in program.variables)
        source, values, lows = (
            [0] * total,
            list[tuple[int, ...] | None]([None] * total),
            [0] * total,
        )
        names = tuple(actor.name for actor in program.actors)
        tables = {v.type: _table(v.type, objects, actors) for v in program.variables}
        for number, variable in enumerate(program.variables):
            image = variables.get(number, number)
            table = tables[variable.type]
            move = _rows(program, variable, objects, actors, names)
            rows = variable.dims[0] if variable.dims else 1
            width = variable.cells // max(1, rows)
            for row in range(rows):
                for column in range(width):
                    target = offsets[image] + move(row) * width + column
                    source[target] = offsets[number] + row * width + column
                    values[target], lows[target] = table, variable.type.lo
        return StateMap(tuple(source), tuple(values), tuple(lows))


def _table(
    kind: ValueType, objects: dict[Object, Object], actors: dict[int, int]
) -> tuple[int, ...] | None:
    if not isinstance(kind, RefType | SetType | WordType | LockType):
        return None
    span = range(kind.lo, kind.hi + 1)
    table = tuple(renamed_value(kind, value, objects, actors) for value in span)
    return None if table == tuple(span) else table


def _rows(
    program: Program,
    variable: Variable,
    objects: dict[Object, Object],
    actors: dict[int, int],
    names: tuple[str, ...],
) -> Callable[[int], int]:
    """Where the row of an object (or actor) goes."""
    struct = pool_of(program, variable)
    if struct is not None:
        return lambda row: objects.get((struct, row), (struct, row))[1]
    rcu = variable.kind is VariableKind.BOOKKEEPING and variable.labels[:1] == (names,)
    if rcu and variable.dims == (len(names),):
        return lambda row: actors.get(row, row)
    return lambda row: row
