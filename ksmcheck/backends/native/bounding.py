"""The C that expands a state within a bound on preemptions."""

from __future__ import annotations

from ksmcheck.analysis.preemptions import Bound
from ksmcheck.backends.native.actors import prototype
from ksmcheck.backends.native.images import load
from ksmcheck.backends.native.layout import Layout


def bounded_expand(layout: Layout, bound: Bound) -> list[str]:
    """``ksm_expand``: the actor that moved last first, the others if that is allowed.

    When it can go on (a fault is an outcome, too), each step of another actor is a preemption.
    """
    last, count = layout.places[bound.last].fields[0], layout.places[bound.count].fields
    so_far = load(count[0]) if count else "0"
    return [
        *_moved(layout, bound),
        "ksm_successor *ksm_expand(const uint64_t *s, ksm_successor *o, ksm_worker *w)",
        "{",
        f"    const int last = (int)({load(last)}) - 1, count = (int)({so_far});",
        "    const ksm_successor *const start = o;",
        "    const uint64_t faults = w->faults;",
        "    if (last >= 0)",
        "        o = moved(last, 0, s, o, w);",
        "    const int more = o != start || w->faults != faults;",
        f"    if (count + more > {bound.most})",
        "        return o;",
        f"    for (int actor = 0; actor < {len(layout.program.actors)}; actor++)",
        "        if (actor != last)",
        "            o = moved(actor, more, s, o, w);",
        "    return o;",
        "}",
        "",
    ]


def _moved(layout: Layout, bound: Bound) -> list[str]:
    """The steps of one actor, with what the bound must know written into where they lead."""
    actors = [number for number, actor in enumerate(layout.program.actors) if actor.steps]
    last, count = layout.places[bound.last].fields[0], layout.places[bound.count].fields
    set_count = "(void)more;"
    if count:
        set_count = f"e->word[{count[0].word}] += (uint64_t)more << {count[0].shift};"
    cases = [f"    case {number}: return actor_{number}(s, o, w);" for number in actors]
    return [
        *(f"{prototype(number)};" for number in actors),
        "static ksm_successor *act(int actor, const uint64_t *s, ksm_successor *o, ksm_worker *w)",
        "{",
        "    switch (actor) {",
        *cases,
        "    }",
        "    return o;",
        "}",
        "",
        "static ksm_successor *moved(int actor, int more, const uint64_t *s, ksm_successor *o,",
        "                            ksm_worker *w)",
        "{",
        "    ksm_successor *const end = act(actor, s, o, w);",
        "    for (ksm_successor *e = o; e < end; e++) {",
        f"        e->word[{last.word}] &= ~((uint64_t){last.mask}u << {last.shift});",
        f"        e->word[{last.word}] |= (uint64_t)(actor + 1) << {last.shift};",
        f"        {set_count}",
        "    }",
        "    return end;",
        "}",
        "",
    ]
