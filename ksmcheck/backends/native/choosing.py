"""The C that uses the tables of stubborn sets: see stubborn.h."""

from __future__ import annotations

from collections.abc import Iterator

from ksmcheck.analysis.local_states import LocalStates
from ksmcheck.backends.native.layout import Layout


def expand(layout: Layout, states: LocalStates) -> list[str]:
    """``ksm_expand`` for a search that takes what the tables for ``states`` choose."""
    actors = layout.program.actors
    lines = [
        "ksm_successor *ksm_expand(const uint64_t *s, ksm_successor *o, ksm_worker *w)",
        "{",
        f"    ksm_successor *ends[{len(actors) + 1}] = {{o}};",
        f"    uint32_t states[{len(actors)}], at[{len(actors)}];",
        "    local_states(s, states);",
        "    if (w->tables)",
        "        ksm_points(w->tables, states, at);",
        "    if (w->through && !ksm_may_pass(at, w))",
        "        return o;",
    ]
    symbolic = bool(layout.symbols.cells)
    if symbolic:
        lines += ["    uint64_t faults = w->faults;", "    bool undecided = false;"]
    first = 0
    for number, actor in enumerate(actors):
        if actor.steps and layout.places[actor.location].fields:
            lines += [
                f"    w->mark = w->arms + {first} + states[{number}];",
                f"    if (states[{number}] != {states.total(number) - 1})",
                "        *w->mark |= 1;",
                f"    ends[{number + 1}] = o = actor_{number}(s, o, w);",
            ]
        else:
            lines.append(f"    ends[{number + 1}] = o;")
        if symbolic:
            lines.append(f"    undecided |= w->faults != faults && o != ends[{number}];")
            lines.append("    faults = w->faults;")
        first += states.total(number)
    if symbolic:  # in some of the states that it stands for a step leads on, in others it faults
        lines += ["    w->alone = w->whole = false;", "    if (undecided)", "        return o;"]
    lines += ["    return w->tables ? ksm_select(at, ends, w) : o;", "}", ""]
    return ['#include "stubborn.h"', "", *_local_states(layout, states), *lines]


def _local_states(layout: Layout, states: LocalStates) -> Iterator[str]:
    """C that finds the local states of all actors."""
    yield "typedef struct { uint32_t first; uint16_t digits, count; } ksm_location;"
    yield "typedef struct { uint16_t word, shift; uint32_t mask, weight; } ksm_digit;"
    for number in range(len(layout.program.actors)):
        yield from _tables(layout, states, number)
    yield "static inline uint32_t local_state("
    yield "    const uint64_t *s, ksm_location here, const ksm_digit *digit)"
    yield "{"
    yield "    for (digit += here.digits; here.count--; digit++)"
    yield "        here.first += (s[digit->word] >> digit->shift & digit->mask) * digit->weight;"
    yield "    return here.first;"
    yield "}"
    yield "static inline void local_states(const uint64_t *s, uint32_t *states)"
    yield "{"
    for number, actor in enumerate(layout.program.actors):
        home = next(iter(layout.places[actor.location].fields), None)
        at = "0" if home is None else f"s[{home.word}] >> {home.shift} & {home.mask}u"
        yield f"    states[{number}] ="
        yield f"        local_state(s, locations_of_{number}[{at}], digits_of_{number});"
    yield "}"
    yield ""


def _tables(layout: Layout, states: LocalStates, actor: int) -> Iterator[str]:
    """For each location its first local state, what is known of digits added, and its digits."""
    rows: dict[tuple[str, ...], int] = {(): 0}
    digits, locations = list[str](), list[str]()
    for location, base in enumerate(states.first[actor][:-1]):
        row = list[str]()
        for digit in states.digits[actor][location]:
            fields = layout.places[digit.variable].fields
            constant = (layout.private[actor].known[location] or {}).get(digit.variable)
            if constant is not None:
                base += (constant - digit.lo) * digit.weight
            elif fields:
                home = fields[0]
                row.append(f"{{{home.word}, {home.shift}, {home.mask}u, {digit.weight}}}")
        if tuple(row) not in rows:
            rows[tuple(row)] = len(digits)
            digits += row
        locations.append(f"{{{base}, {rows[tuple(row)]}, {len(row)}}}")
    yield f"static const ksm_location locations_of_{actor}[] = {{"
    yield from (f"    {', '.join(locations[i : i + 8])}," for i in range(0, len(locations), 8))
    yield "};"
    yield f"static const ksm_digit digits_of_{actor}[] = {{"
    digits = digits or ["{0, 0, 0, 0}"]
    yield from (f"    {', '.join(digits[i : i + 8])}," for i in range(0, len(digits), 8))
    yield "};"
