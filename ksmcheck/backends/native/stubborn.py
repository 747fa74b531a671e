"""The tables of stubborn sets for the runtime, and the C that uses them: see stubborn.h."""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Sequence
from itertools import chain, groupby
from typing import TypeVar

from ksmcheck.analysis.movers import Movers
from ksmcheck.analysis.stubborn import Aim, Step, Stubborn

WORD = (1 << 64) - 1

_Kind = TypeVar("_Kind", ctypes.c_uint8, ctypes.c_uint16, ctypes.c_uint32, ctypes.c_uint64)

_U8 = ctypes.POINTER(ctypes.c_uint8)
_U16 = ctypes.POINTER(ctypes.c_uint16)
_U32 = ctypes.POINTER(ctypes.c_uint32)
_U64 = ctypes.POINTER(ctypes.c_uint64)


class EdgeTable(ctypes.Structure):
    """ksm_edge."""

    _fields_ = (("number", ctypes.c_uint32), ("target", ctypes.c_uint16), ("aims", ctypes.c_uint16))


class ActorTable(ctypes.Structure):
    """ksm_actor_table."""

    _fields_ = (
        ("steps", ctypes.c_uint32),
        ("daemon", ctypes.c_uint32),
        ("point", _U16),
        ("number", _U16),
        ("kind", _U8),
        ("holds", _U16),
        ("row", _U16),
        ("rows", _U64),
        ("first", _U32),
        ("edges", ctypes.POINTER(EdgeTable)),
        ("later", _U32),
        ("laters", _U64),
    )


class StubbornTable(ctypes.Structure):
    """ksm_stubborn_table."""

    _fields_ = (
        ("actors", ctypes.c_uint32),
        ("class_words", ctypes.c_uint32),
        ("goal_words", ctypes.c_uint32),
        ("row_words", ctypes.c_uint32),
        ("mover_words", ctypes.c_uint32),
        ("actor", ctypes.POINTER(ActorTable)),
        ("aims", _U64),
        ("over_steps", _U64),
        ("at_end", _U64),
    )


def structure(stubborn: Stubborn) -> StubbornTable:
    """The tables as the runtime reads them. What they point to lives as long as they do."""
    goal_words = max(1, -(-stubborn.goals // 64))
    class_words = max(1, -(-stubborn.classes // 64))
    actors = [
        _actor(stubborn, actor, class_words, goal_words) for actor in range(len(stubborn.steps))
    ]
    aims = [word for aim in Aim for word in _words(stubborn.aim(aim), goal_words)]
    return StubbornTable(
        len(actors),
        class_words,
        goal_words,
        class_words + 2 * (1 + stubborn.locks) * goal_words,
        0 if stubborn.movers is None else _mover_words(stubborn.movers),
        (ActorTable * max(1, len(actors)))(*actors),
        _array(ctypes.c_uint64, aims),
        _array(ctypes.c_uint64, _words(stubborn.over_steps, goal_words)),
        _array(ctypes.c_uint64, _words(stubborn.at_end, goal_words)),
    )


def _actor(stubborn: Stubborn, actor: int, class_words: int, goal_words: int) -> ActorTable:
    rows: dict[tuple[int, ...], int] = {}
    steps = stubborn.steps[actor]
    numbers = [
        rows.setdefault(
            (*_words(step.conflicts, class_words), *_goals(step, goal_words)), len(rows)
        )
        for step in steps
    ]
    total = stubborn.states.total(actor)
    point = array("H", [len(steps) - 1]) * total
    for state, number in stubborn.points[actor].items():
        point[state] = number
    point[total - 1] = len(steps)
    return ActorTable(
        len(steps),
        int(stubborn.daemons[actor]),
        (ctypes.c_uint16 * total).from_buffer_copy(point),
        _array(ctypes.c_uint16, [step.number for step in steps]),
        _array(ctypes.c_uint8, [step.sticky + 2 * step.blocks for step in steps]),
        _array(ctypes.c_uint16, [step.holds for step in steps]),
        _array(ctypes.c_uint16, numbers),
        _array(ctypes.c_uint64, [word for row in rows for word in row]),
        *_movers(stubborn, actor),
    )


def _mover_words(movers: Movers) -> int:
    return max(1, -(-movers.classes // 64))


def _movers(stubborn: Stubborn, actor: int) -> tuple[object, ...]:
    """What an actor's table says of right movers: first, edges, later, laters."""
    movers = stubborn.movers
    if movers is None:
        return ()
    steps, words = stubborn.steps[actor], _mover_words(movers)
    first, edges = [0], list[EdgeTable]()
    for here, each in groupby(sorted(movers.edges[actor].items()), lambda item: item[0][0]):
        first += [len(edges)] * (here + 1 - len(first))
        stops = stubborn.stops(actor, here)
        allowed = sum((not stops & stubborn.aim(aim)) << n for n, aim in enumerate(Aim))
        edges += [EdgeTable(number, target, allowed) for (_, target), number in each]
    first += [len(edges)] * (len(steps) + 1 - len(first))
    rows: dict[int, int] = {}
    later = [rows.setdefault(classes, len(rows)) for classes in movers.ahead[actor]]
    return (
        _array(ctypes.c_uint32, first),
        (EdgeTable * max(1, len(edges)))(*edges),
        _array(ctypes.c_uint32, later),
        _array(ctypes.c_uint64, [word for row in rows for word in _words(row, words)]),
    )


def _goals(step: Step, goal_words: int) -> list[int]:
    vectors = (step.heals, step.breaks, *chain(*zip(step.may_break, step.may_spoil, strict=True)))
    return [word for vector in vectors for word in _words(vector, goal_words)]


def _words(bits: int, count: int) -> list[int]:
    return [bits >> 64 * i & WORD for i in range(count)]


def _array(kind: type[_Kind], values: Sequence[int]) -> ctypes.Array[_Kind]:
    return (kind * max(1, len(values)))(*values)
