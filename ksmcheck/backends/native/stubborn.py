"""The tables of stubborn sets as C: see stubborn.h."""

from __future__ import annotations

from collections.abc import Iterable

from ksmcheck.analysis.stubborn import Aim, Step, Stubborn
from ksmcheck.backends.native.layout import Layout

# The order of struct ksm_actor_table's rows, after the classes.
WORD = (1 << 64) - 1


def tables(stubborn: Stubborn) -> list[str]:
    """The definition of ``ksm_tables``."""
    goal_words = max(1, -(-stubborn.goals // 64))
    first = _first_classes(stubborn)
    class_words = max(1, -(-first[-1] // 64))
    lines = ['#include "stubborn.h"', ""]
    for actor in range(len(stubborn.steps)):
        lines += _actor(stubborn, actor, first, class_words, goal_words)
    entries = [
        f"{{{len(steps)}, {int(stubborn.daemons[a])}, number_{a}, kind_{a}, row_{a}, rows_{a}}}"
        for a, steps in enumerate(stubborn.steps)
    ]
    aims = [word for aim in Aim for word in _words(stubborn.aim(aim), goal_words)]
    return [
        *lines,
        f"static const ksm_actor_table actor_tables[] = {{{', '.join(entries)}}};",
        _array("uint64_t", "aims", aims),
        _array("uint64_t", "over_steps", _words(stubborn.over_steps, goal_words)),
        _array("uint64_t", "at_end", _words(stubborn.at_end, goal_words)),
        "static const ksm_stubborn_table ksm_tables = {",
        f"    {len(stubborn.steps)}, {class_words}, {goal_words},",
        "    actor_tables, aims, over_steps, at_end,",
        "};",
        "",
    ]


def _first_classes(stubborn: Stubborn) -> list[int]:
    """The number of each actor's first class, counted over all actors, and of all."""
    first = [0]
    for rows in stubborn.dependent:
        first.append(first[-1] + len(rows))
    return first


def _actor(
    stubborn: Stubborn, actor: int, first: list[int], class_words: int, goal_words: int
) -> list[str]:
    rows: dict[tuple[str, ...], int] = {}
    steps = stubborn.steps[actor]
    numbers = [
        rows.setdefault(
            (
                *_words(_classes(stubborn, actor, here, first), class_words),
                *_goals(step, goal_words),
            ),
            len(rows),
        )
        for here, step in enumerate(steps)
    ]
    return [
        _array("uint16_t", f"number_{actor}", [first[actor] + step.number for step in steps]),
        _array("uint8_t", f"kind_{actor}", [step.sticky + 2 * step.blocks for step in steps]),
        _array("uint16_t", f"row_{actor}", numbers),
        _array("uint64_t", f"rows_{actor}", [word for row in rows for word in row]),
    ]


def _classes(stubborn: Stubborn, actor: int, here: int, first: list[int]) -> int:
    """The classes of others' steps that do not commute with what ``actor`` may do from ``here``."""
    return sum(
        1 << first[other] + number
        for other, rows in enumerate(stubborn.dependent)
        for number, row in enumerate(rows)
        if row[actor] >> here & 1
    )


def _goals(step: Step, goal_words: int) -> list[str]:
    vectors = (step.heals, step.breaks, step.may_break, step.may_touch)
    return [word for vector in vectors for word in _words(vector, goal_words)]


def _words(bits: int, count: int) -> list[str]:
    return [f"{bits >> 64 * i & WORD:#x}ul" for i in range(count)]


def _array(kind: str, name: str, values: Iterable[object]) -> str:
    return f"static const {kind} {name}[] = {{{', '.join(map(str, values)) or '0'}}};"


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
        "    if (w->through && !ksm_may_be_alone(&ksm_tables, at, w))",
        "        return o;",
    ]
    symbolic = bool(layout.symbols.cells)
    if symbolic:
        lines += ["    uint64_t faults = w->faults;", "    bool undecided = false;"]
    for number, actor in enumerate(actors):
        place = layout.places[actor.location]
        if actor.steps and place.fields:
            home = place.fields[0]
            places.append(f"    at[{number}] = s[{home.word}] >> {home.shift} & {home.mask}u;")
            lines.append(f"    ends[{number + 1}] = o = actor_{number}(s, o, w);")
        else:
            places.append(f"    at[{number}] = 0;")
            lines.append(f"    ends[{number + 1}] = o;")
        if symbolic:
            lines.append(f"    undecided |= w->faults != faults && o != ends[{number}];")
            lines.append("    faults = w->faults;")
    if symbolic:  # in some of the states that it stands for a step leads on, in others it faults
        lines += ["    w->alone = false;", "    if (undecided)", "        return o;"]
    lines += ["    return ksm_select(&ksm_tables, at, ends, w);", "}", ""]
    return [*places, "}", "", *lines]
