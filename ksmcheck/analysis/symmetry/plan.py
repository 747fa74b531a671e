"""Where the objects that may be renamed are in a flat state: what canonical forms are made from.

Shared by the engines, which must agree on what belongs to an object and what names one.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from ksmcheck.analysis.symbols import symbols_of
from ksmcheck.analysis.symmetry.automorphisms import Object
from ksmcheck.analysis.symmetry.renaming import pool_of
from ksmcheck.ir.program import Program
from ksmcheck.ir.symbols import Domain
from ksmcheck.ir.types import RefType, SetType, SymbolType, ValueType, WordType, decode_word


@frozen
class Naming:
    """The values of one type that name objects.

    ``names[value - lo]`` are (object, stride) for each one it names: one index more in the pool
    adds the stride to the value. ``rest[value - lo]`` is the value with the first object of its
    class for each: what does not change when objects are renamed.
    """

    lo: int
    names: tuple[tuple[tuple[int, int], ...], ...]
    rest: tuple[int, ...]


@frozen
class Cell:
    """A cell that matters: ``owner`` is the object it belongs to, or -1.

    ``salt`` is the same for the same field of the objects of a class. ``naming`` is the number of
    the cell's type among ``Plan.namings``; ``members`` are the objects of a set, by bit. Symbols
    come after the objects: symbol i in a cell that holds some is number ``symbols + i``.
    """

    cell: int
    variable: int
    owner: int
    salt: int
    naming: int = -1
    members: tuple[tuple[int, int], ...] = ()
    symbols: int = -1


@frozen
class Plan:
    """``classes`` hold objects by number; object i is ``objects[i]`` (struct, index).

    ``own[i]`` are the cells of object i, field by field in the order of its class. ``plain`` cells
    belong to objects and name none, ``naming`` cells and ``sets`` name some, ``holding`` cells hold
    symbols. ``nodes`` are the objects and the symbols together.
    """

    objects: tuple[Object, ...]
    classes: tuple[tuple[int, ...], ...]
    own: tuple[tuple[int, ...], ...]
    plain: tuple[Cell, ...]
    naming: tuple[Cell, ...]
    sets: tuple[Cell, ...]
    namings: tuple[Naming, ...]
    holding: tuple[Cell, ...]
    nodes: int


def plan_of(program: Program, classes: tuple[tuple[Object, ...], ...]) -> Plan:
    """The plan for renaming within ``classes``."""
    objects = tuple(thing for group in classes for thing in group)
    numbers = {thing: number for number, thing in enumerate(objects)}
    groups = tuple(tuple(numbers[thing] for thing in group) for group in classes)
    first = {thing: group[0] for group in classes for thing in group}
    namings: list[Naming] = []
    found: dict[ValueType, int] = {}
    for variable in program.variables:
        if isinstance(variable.type, RefType | WordType) and variable.type not in found:
            made = _naming(variable.type, numbers, first)
            found[variable.type] = -1 if made is None else len(namings)
            namings += [] if made is None else [made]
    symbols, nodes = dict[Domain, int](), len(objects)
    for domain in symbols_of(program).known:
        symbols[domain] = nodes - 1  # symbols are numbered from 1
        nodes += domain.most
    cells = list(_cells(program, numbers, found, symbols))
    own = [tuple(c.cell for c in cells if c.owner == number) for number in range(len(objects))]
    return Plan(
        objects,
        groups,
        tuple(own),
        tuple(c for c in cells if c.naming < 0 and not c.members and c.symbols < 0),
        tuple(c for c in cells if c.naming >= 0),
        tuple(c for c in cells if c.members),
        tuple(namings),
        tuple(c for c in cells if c.symbols >= 0),
        nodes,
    )


def _cells(
    program: Program,
    numbers: dict[Object, int],
    namings: dict[ValueType, int],
    symbols: dict[Domain, int],
) -> Iterator[Cell]:
    """The cells that belong to objects, name some or hold symbols."""
    offsets = program.offsets()
    for number, variable in enumerate(program.variables):
        naming = namings.get(variable.type, -1)
        members: tuple[tuple[int, int], ...] = ()
        if isinstance(variable.type, SetType):
            members = _members(variable.type, numbers)
        held = symbols[variable.type.domain] if isinstance(variable.type, SymbolType) else -1
        struct = pool_of(program, variable)
        width = variable.cells // (variable.dims[0] if variable.dims else 1)
        for place in range(variable.cells):
            row, column = divmod(place, width)
            owner = -1 if struct is None else numbers.get((struct, row), -1)
            cell = offsets[number] + place
            salt = offsets[number] + column if owner >= 0 else cell
            if owner >= 0 or naming >= 0 or members or held >= 0:
                yield Cell(cell, number, owner, salt, naming, members, held)


def _members(kind: SetType, numbers: dict[Object, int]) -> tuple[tuple[int, int], ...]:
    bits = [(bit, numbers.get((kind.struct, bit), -1)) for bit in range(len(kind.names))]
    return tuple((bit, number) for bit, number in bits if number >= 0)


def _naming(
    kind: RefType | WordType, numbers: dict[Object, int], first: dict[Object, Object]
) -> Naming | None:
    """The values of ``kind``; None when none of them names an object that moves."""
    names = [_named(kind, value, numbers) for value in range(kind.lo, kind.hi + 1)]
    if not any(names):
        return None
    index = {number: thing[1] for thing, number in numbers.items()}
    base = {number: first[thing][1] for thing, number in numbers.items()}
    rest = [
        value - sum((index[o] - base[o]) * stride for o, stride in named)
        for value, named in enumerate(names, start=kind.lo)
    ]
    return Naming(kind.lo, tuple(names), tuple(rest))


def _named(
    kind: ValueType, value: int, numbers: dict[Object, int], stride: int = 1
) -> tuple[tuple[int, int], ...]:
    """The objects that ``value`` names, with the strides at which it does."""
    match kind:
        case RefType(struct):
            number = numbers.get((struct, value - 1), -1) if value else -1
            return ((number, stride),) if number >= 0 else ()
        case WordType():
            variant, fields = decode_word(kind, value)
            found: list[tuple[int, int]] = []
            for (_, part), field in reversed(list(zip(variant.fields, fields, strict=True))):
                found += _named(part, field, numbers, stride)
                stride *= part.hi - part.lo + 1
            return tuple(reversed(found))
        case _:
            return ()
