"""The tables of stubborn sets for the runtime, and the C that uses them: see stubborn.h."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import TypeVar

from ksmcheck.analysis.stubborn import Aim, Step, Stubborn
from ksmcheck.backends.native.layout import Layout

WORD = (1 << 64) - 1

_Kind = TypeVar("_Kind", ctypes.c_uint8, ctypes.c_uint16, ctypes.c_uint64)

_U8 = ctypes.POINTER(ctypes.c_uint8)
_U16 = ctypes.POINTER(ctypes.c_uint16)
_U64 = ctypes.POINTER(ctypes.c_uint64)


class ActorTable(ctypes.Structure):
    """ksm_actor_table."""

    _fields_ = (
        ("steps", ctypes.c_uint32),
        ("daemon", ctypes.c_uint32),
        ("number", _U16),
        ("kind", _U8),
        ("row", _U16),
        ("rows", _U64),
    )


class StubbornTable(ctypes.Structure):
    """ksm_stubborn_table."""

    _fields_ = (
        ("actors", ctypes.c_uint32),
        ("class_words", ctypes.c_uint32),
        ("goal_words", ctypes.c_uint32),
        ("actor", ctypes.POINTER(ActorTable)),
        ("aims", _U64),
        ("over_steps", _U64),
        ("at_end", _U64),
    )


def tables(stubborn: Stubborn) -> StubbornTable:
    """The tables as the runtime reads them. What they point to lives as long as they do."""
    goal_words = max(1, -(-stubborn.goals // 64))
    first = _first_classes(stubborn)
    class_words = max(1, -(-first[-1] // 64))
    actors = [
        _actor(stubborn, actor, first, class_words, goal_words)
        for actor in range(len(stubborn.steps))
    ]
    aims = [word for aim in Aim for word in _words(stubborn.aim(aim), goal_words)]
    return StubbornTable(
        len(actors),
        class_words,
        goal_words,
        (ActorTable * max(1, len(actors)))(*actors),
        _array(ctypes.c_uint64, aims),
        _array(ctypes.c_uint64, _words(stubborn.over_steps, goal_words)),
        _array(ctypes.c_uint64, _words(stubborn.at_end, goal_words)),
    )


def _first_classes(stubborn: Stubborn) -> list[int]:
    """The number of each actor's first class, counted over all actors, and of all."""
    first = [0]
    for rows in stubborn.dependent:
        first.append(first[-1] + len(rows))
    return first


def _actor(
    stubborn: Stubborn, actor: int, first: list[int], class_words: int, goal_words: int
) -> ActorTable:
    rows: dict[tuple[int, ...], int] = {}
    steps = stubborn.steps[actor]
    classes = _classes(stubborn, actor, first)
    numbers = [
        rows.setdefault((*_words(classes[here], class_words), *_goals(step, goal_words)), len(rows))
        for here, step in enumerate(steps)
    ]
    return ActorTable(
        len(steps),
        int(stubborn.daemons[actor]),
        _array(ctypes.c_uint16, [first[actor] + step.number for step in steps]),
        _array(ctypes.c_uint8, [step.sticky + 2 * step.blocks for step in steps]),
        _array(ctypes.c_uint16, numbers),
        _array(ctypes.c_uint64, [word for row in rows for word in row]),
    )


def _classes(stubborn: Stubborn, actor: int, first: list[int]) -> list[int]:
    """For each location the classes of others' steps that do not commute with what comes there."""
    result = [0] * len(stubborn.steps[actor])
    for other, rows in enumerate(stubborn.dependent):
        for number, row in enumerate(rows):
            bit, places = 1 << first[other] + number, row[actor]
            while places:
                lowest = places & -places
                result[lowest.bit_length() - 1] |= bit
                places ^= lowest
    return result


def _goals(step: Step, goal_words: int) -> list[int]:
    vectors = (step.heals, step.breaks, step.may_break, step.may_touch)
    return [word for vector in vectors for word in _words(vector, goal_words)]


def _words(bits: int, count: int) -> list[int]:
    return [bits >> 64 * i & WORD for i in range(count)]


def _array(kind: type[_Kind], values: Sequence[int]) -> ctypes.Array[_Kind]:
    return (kind * max(1, len(values)))(*values)


def expand(layout: Layout) -> list[str]:
    """``ksm_expand`` for a search that takes what the tables choose."""
    actors = layout.program.actors
    places = ["static inline void places(const uint64_t *s, uint32_t *at)", "{"]
    lines = [
        "ksm_successor *ksm_expand(const uint64_t *s, ksm_successor *o, ksm_worker *w)",
        "{",
        f"    ksm_successor *ends[{len(actors) + 1}] = {{o}};",
        f"    uint32_t at[{len(actors)}];",
        "    places(s, at);",
        "    if (w->through && !ksm_may_be_alone(at, w))",
        "        return o;",
    ]
    symbolic = bool(layout.symbols.cells)
    if symbolic:
        lines += ["    uint64_t faults = w->faults;", "    bool undecided = false;"]
    first = 0
    for number, actor in enumerate(actors):
        place = layout.places[actor.location]
        if actor.steps and place.fields:
            home = place.fields[0]
            places.append(f"    at[{number}] = s[{home.word}] >> {home.shift} & {home.mask}u;")
            lines.append(f"    if (at[{number}] < {len(actor.steps)})")
            lines.append(f"        w->arms[{first} + at[{number}]] |= 1;")
            lines.append(f"    ends[{number + 1}] = o = actor_{number}(s, o, w);")
        else:
            places.append(f"    at[{number}] = 0;")
            lines.append(f"    ends[{number + 1}] = o;")
        if symbolic:
            lines.append(f"    undecided |= w->faults != faults && o != ends[{number}];")
            lines.append("    faults = w->faults;")
        first += len(actor.steps)
    if symbolic:  # in some of the states that it stands for a step leads on, in others it faults
        lines += ["    w->alone = false;", "    if (undecided)", "        return o;"]
    lines += ["    return ksm_select(at, ends, w);", "}", ""]
    return ['#include "stubborn.h"', "", *places, "}", "", *lines]
