"""What each integer of a flat state vector is called.

One Cell for each position, in the order of Program.offsets(): ``page1.refcount``,
``mm1.table[0]``, ``swap_lock``.
"""

from __future__ import annotations

from attrs import frozen

from ksmcheck.ir.program import Program, Variable, VariableKind
from ksmcheck.ir.types import LockKind, LockType, ValueType, holders
from ksmcheck.trace.records import Held


@frozen
class Cell:
    """One position of the state vector: the variable it belongs to and its printed name."""

    name: str
    number: int
    variable: Variable

    @property
    def type(self) -> ValueType:
        """The type of the value in this cell."""
        return self.variable.type

    @property
    def public(self) -> bool:
        """True for what the model's author declared to be seen by everybody."""
        return self.variable.kind in (VariableKind.SHARED, VariableKind.GHOST)


def cells(program: Program) -> tuple[Cell, ...]:
    """The cells of a program's state vector, in order."""
    return tuple(
        Cell(cell_name(variable, position), number, variable)
        for number, variable in enumerate(program.variables)
        for position in range(variable.cells)
    )


def cell_name(variable: Variable, position: int) -> str:
    """The name of cell ``position`` of a variable.

    The first dimension of a struct's field is the object, so ``Page.refcount`` is printed as
    ``page1.refcount``; every other dimension is an index in brackets.
    """
    index: list[int] = []
    for size in reversed(variable.dims):
        position, digit = divmod(position, size)
        index.append(digit)
    index.reverse()
    words = [_label(variable, axis, digit) for axis, digit in enumerate(index)]
    owner, dot, field = variable.name.partition(".")
    if dot and words and variable.kind is not VariableKind.LOCAL:
        name, words = f"{words[0]}.{field}", words[1:]
    else:
        name = owner + dot + field
    return name + "".join(f"[{word}]" for word in words)


def held_locks(program_cells: tuple[Cell, ...], state: tuple[int, ...]) -> tuple[Held, ...]:
    """Every lock that is held in ``state``, and by whom."""
    found = []
    for cell, value in zip(program_cells, state, strict=True):
        if not isinstance(cell.type, LockType):
            continue
        owners = holders(cell.type, value)
        if owners:
            reading = value < 1 << len(cell.type.actors) and cell.type.kind is LockKind.RWSEM
            names = tuple(cell.type.actors[owner] for owner in owners)
            found.append(Held(cell.name, names, "read" if reading else "held"))
    return tuple(found)


def _label(variable: Variable, axis: int, digit: int) -> str:
    if axis < len(variable.labels) and digit < len(variable.labels[axis]):
        return variable.labels[axis][digit]
    return str(digit)
