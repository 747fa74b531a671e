"""What a native search found, as findings: the shortest path to each, in a fixed order.

NOTE(same-finding-every-time). The search ends a level before it stops, and of several findings of
one kind at one depth keeps the one whose packed states are smallest. So which violation is reported
does not depend on how many workers there were or which was first.
"""

from __future__ import annotations

from ksmcheck.backends.native.library import Found, Search
from ksmcheck.diagnostics import InternalError
from ksmcheck.explore.lock_order import LockOrder
from ksmcheck.explore.result import Finding, FindingKind
from ksmcheck.ir.program import BuiltinCheck, Program, PropertyKind


def findings(
    program: Program, search: Search, *, everything: bool, complete: bool = True
) -> tuple[frozenset[int], tuple[Finding, ...]]:
    """The flags observed, and the findings: all of them, or the first of the shortest.

    ``complete``: every state of a path is stored, so its length is known.
    """
    candidates: list[tuple[FindingKind, int, tuple[int, ...], Found]] = []
    flags: list[tuple[int, Found]] = []
    for slot, found in search.findings():
        kind, index = _meaning(program, slot)
        if kind is FindingKind.LOCK_ORDER:
            flags.append((index, found))
        else:
            candidates.append((kind, index, (), found))
    order = LockOrder(program.edges)
    for flag, found in sorted(flags, key=lambda item: (item[1].depth, item[0])):
        cycle = order.add(flag)
        if cycle and BuiltinCheck.LOCK_ORDER not in program.disabled:
            candidates.append((FindingKind.LOCK_ORDER, flag, cycle, found))
    candidates.sort(key=lambda item: item[3].depth)
    chosen = candidates if everything else candidates[:1]
    results = tuple(_finding(program, search, *item) for item in chosen)
    if complete:
        for result, (_, _, _, item) in zip(results, chosen, strict=True):
            if result.depth != item.depth:
                raise InternalError(f"a path of {result.depth} steps leads to depth {item.depth}")
    return frozenset(order.seen), results


def _meaning(program: Program, slot: int) -> tuple[FindingKind, int]:
    """What a slot of the runtime's findings stands for."""
    if slot == 0:
        return FindingKind.DEADLOCK, 0
    slot -= 1
    if slot < len(program.faults):
        return FindingKind.FAULT, slot
    slot -= len(program.faults)
    if slot < len(program.properties):
        return FindingKind.PROPERTY, slot
    return FindingKind.LOCK_ORDER, slot - len(program.properties)


def _finding(
    program: Program,
    search: Search,
    kind: FindingKind,
    index: int,
    cycle: tuple[int, ...],
    found: Found,
) -> Finding:
    path = search.path(found.state)
    step = kind is FindingKind.PROPERTY and program.properties[index].kind is PropertyKind.STEP
    if step or kind is FindingKind.LOCK_ORDER:
        path += (found.next,)
    return Finding(kind, index, path, found.instance, cycle)
