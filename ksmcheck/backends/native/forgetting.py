"""The C that makes dead cells blank: NOTE(dead-cells) in ksmcheck/analysis/dead.py.

For each actor there is a table of the bits that it keeps at each location.
"""

from __future__ import annotations

from ksmcheck.analysis.dead import Dead
from ksmcheck.backends.native.images import load
from ksmcheck.backends.native.layout import Layout


def forgetting(layout: Layout, dead: Dead | None) -> list[str]:
    """``ksm_forget``, which changes a state in place."""
    tables, lines = list[str](), list[str]()
    if dead is not None:
        blank = [0] * layout.words
        may_die = _bits(layout, ~dead.kept & (1 << len(dead.blank)) - 1)
        for cell, value in enumerate(dead.blank):
            home = layout.home(cell)
            if home is not None and may_die[home.word] >> home.shift & 1:
                blank[home.word] |= value - layout.lowest(cell) << home.shift
        places = [layout.places[actor.location] for actor in layout.program.actors]
        for number, (place, live) in enumerate(zip(places, dead.live, strict=True)):
            at = load(place.fields[0]) if place.fields else "0"
            lines.append(f"    const uint64_t *const k{number} = kept{number}[{at}];")
            tables += _table(layout, number, live)
        actors = range(len(places))
        for word, bits in enumerate(may_die):
            if bits:
                kept = " | ".join(f"k{number}[{word}]" for number in actors)
                lines += [
                    f"    dead = {bits:#x}u & ~({kept});",
                    f"    s[{word}] = (s[{word}] & ~dead) | ({blank[word]:#x}u & dead);",
                ]
        lines.insert(0, "    uint64_t dead;")
    return [
        *tables,
        "static inline void ksm_forget(uint64_t *s)",
        "{",
        *(lines or ["    (void)s;"]),
        "}",
        "",
    ]


def _table(layout: Layout, number: int, live: tuple[int, ...]) -> list[str]:
    """What an actor keeps, for each location."""
    rows = (", ".join(f"{bits:#x}u" for bits in _bits(layout, cells)) for cells in live)
    return [
        f"static const uint64_t kept{number}[{len(live)}][KSM_WORDS] = {{",
        *(f"    {{{row}}}," for row in rows),
        "};",
    ]


def _bits(layout: Layout, cells: int) -> list[int]:
    """The bits of these cells in a packed state, word by word."""
    words = [0] * layout.words
    while cells:
        cell = (cells & -cells).bit_length() - 1
        cells &= cells - 1
        home = layout.home(cell)
        if home is not None:
            words[home.word] |= home.mask << home.shift
    return words
