"""What is dead where, as renamings of objects and actors see it: the same in renamed states."""

from __future__ import annotations

from attrs import evolve

from ksmcheck.analysis.dead import Dead, mask_of
from ksmcheck.analysis.symmetry.automorphisms import Symmetries
from ksmcheck.analysis.symmetry.canonical import group_of
from ksmcheck.analysis.symmetry.renaming import StateMaps, pool_of
from ksmcheck.ir.program import Program


def alike(program: Program, dead: Dead, symmetries: Symmetries) -> Dead:
    """``dead`` with more cells live: where a renaming maps one to a live cell, it is live, too."""
    maps = StateMaps(program)
    moves = [(maps.of(item).source, dict(item.actors)) for item in group_of(symmetries.swaps)[1:]]
    together = _together(program, symmetries)
    found, before = dead, None
    while found != before:
        before = found
        for source, actors in moves:
            live = list(found.live)
            for actor, locations in enumerate(found.live):
                image = actors.get(actor, actor)
                moved = [_moved(cells, source) for cells in locations]
                live[image] = tuple(a | b for a, b in zip(live[image], moved, strict=True))
            kept = found.kept | _moved(found.kept, source)
            found = evolve(found, kept=kept, live=tuple(live))
        found = evolve(
            found,
            kept=_spread(found.kept, together),
            live=tuple(tuple(_spread(cells, together) for cells in each) for each in found.live),
        )
    return found


def _moved(cells: int, source: tuple[int, ...]) -> int:
    return mask_of(target for target, cell in enumerate(source) if cells >> cell & 1)


def _together(program: Program, symmetries: Symmetries) -> list[int]:
    """For each field the cells of the objects of each class."""
    classes: dict[str, list[list[int]]] = {}
    for group in symmetries.classes:
        classes.setdefault(group[0][0], []).append([index for _, index in group])
    found: list[int] = []
    for first, variable in zip(program.offsets(), program.variables, strict=True):
        struct = pool_of(program, variable)
        width = variable.cells // variable.dims[0] if variable.dims else 1
        for rows in classes.get(struct or "", ()):
            found += [
                mask_of(first + row * width + column for row in rows) for column in range(width)
            ]
    return found


def _spread(cells: int, together: list[int]) -> int:
    for group in together:
        if cells & group:
            cells |= group
    return cells
