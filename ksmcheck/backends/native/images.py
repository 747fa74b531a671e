"""The C that exchanges actors in a state, and with it all that makes up ``ksm_canonical``."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from ksmcheck.analysis.symmetry.automorphisms import Permutation, renamed_variables
from ksmcheck.analysis.symmetry.canonical import Canonical
from ksmcheck.analysis.symmetry.renaming import StateMap
from ksmcheck.backends.native.layout import Field, Layout


@frozen
class LiveGuard:
    """Whether the bits of a local are its own: a table of its actor's locations, and the test."""

    table: str
    test: str


def live_guard(layout: Layout, variable: int, name: str) -> LiveGuard | None:
    """None for a variable that has its bits for itself."""
    owner = layout.program.variables[variable].actor
    if owner is None or variable not in layout.private[owner].variables:
        return None
    private, actor = layout.private[owner], layout.program.actors[owner]
    live = [int(variable in private.unknown(location)) for location in range(actor.done + 1)]
    home = layout.places[actor.location]
    at = load(home.fields[0]) if home.fields else "0"
    return LiveGuard(table("uint8_t", name, live), f"{name}[{at}]")


def load(where: Field) -> str:
    """The bits of a field of state ``s``."""
    return f"s[{where.word}] >> {where.shift} & {where.mask}u"


def table(kind: str, name: str, values: Sequence[int]) -> str:
    """A constant array."""
    return f"static const {kind} {name}[] = {{{', '.join(map(str, values))}}};"


@frozen
class ImageWriter:
    """Writes a function for each permutation of the actors in the group."""

    layout: Layout

    def write(self, canonical: Canonical) -> list[str]:
        """``ksm_canonical`` and what it needs."""
        group = list(zip(canonical.group, canonical.images, strict=True))
        # The identity is first. An image whose locals do not fit is left out: that is sound.
        kept = [image for permutation, image in group[1:] if self._fits(permutation)]
        lines: list[str] = []
        for number, image in enumerate(kept):
            lines += self._image(number, image)
        return [*lines, *(self._canonical(len(kept)) if kept else self._without_images())]

    def _fits(self, permutation: Permutation) -> bool:
        """Locals that share bits belong to the bits at the same locations of both actors."""
        program, private = self.layout.program, self.layout.private
        renamed = renamed_variables(program, permutation)
        for a, b in permutation.actors:
            for location in range(program.actors[a].done + 1):
                mine = {renamed[v] for v in private[a].unknown(location)}
                if mine != private[b].unknown(location):
                    return False
        return all(
            bool(self.layout.places[a].fields) == bool(self.layout.places[b].fields)
            for a, b in renamed.items()
        )

    def _image(self, number: int, image: StateMap) -> list[str]:
        program, offsets = self.layout.program, self.layout.offsets
        owner = [n for n, v in enumerate(program.variables) for _ in range(v.cells)]
        tables, body = dict[str, str](), list[str]()
        for target, source in enumerate(image.source):
            here, there = owner[target], owner[source]
            if not self.layout.places[here].fields:
                continue
            to = self.layout.places[here].cell(target - offsets[here])
            value = load(self.layout.places[there].cell(source - offsets[there]))
            values, low = image.values[target], image.lo[target]
            if values is not None:
                name = f"image{number}_{there}"
                tables[name] = table("uint32_t", name, [value - low for value in values])
                value = f"{name}[{value}]"
            guard = live_guard(self.layout, there, f"bits{number}_{there}")
            if guard is not None:
                tables[guard.test] = guard.table
            when = "" if guard is None else f"if ({guard.test}) "
            body.append(f"    {when}out[{to.word}] |= (uint64_t)({value}) << {to.shift};")
        return [
            *tables.values(),
            f"static void image{number}(const uint64_t *s, uint64_t *out)",
            "{",
            *body,
            "}",
            "",
        ]

    def _without_images(self) -> list[str]:
        return [
            "static void ksm_canonical(uint64_t *s, ksm_worker *w)",
            "{",
            "    ksm_forget(s);",
            "    ksm_least least = {.found = false, .worker = w};",
            "    if (w->unrenamed)",
            "        ksm_keep(s, &least);",
            "    else",
            "        ksm_renumber(s, &least);",
            "    if (least.found)",
            "        memcpy(s, least.word, sizeof least.word);",
            "}",
            "",
        ]

    def _canonical(self, images: int) -> list[str]:
        places = [self.layout.places[actor.location] for actor in self.layout.program.actors]
        at = [load(place.fields[0]) for place in places if place.fields]
        calls = [f"    image{n}(s, all[{n + 1}]);" for n in range(images)]
        return [
            "static void ksm_canonical(uint64_t *state, ksm_worker *w)",
            "{",
            "    ksm_forget(state);",
            "    if (w->unrenamed) {",
            "        ksm_least own = {.found = false, .worker = w};",
            "        ksm_keep(state, &own);",
            "        if (own.found)",
            "            memcpy(state, own.word, sizeof own.word);",
            "        return;",
            "    }",
            f"    uint64_t all[{images + 1}][KSM_WORDS] = {{{{0}}}}, lowest[{len(at)}];",
            "    const uint64_t *s = state;",
            "    ksm_least least = {.found = false, .worker = w};",
            "    memcpy(all[0], s, sizeof all[0]);",
            *calls,
            f"    for (int k = 0; k <= {images}; k++) {{",
            "        s = all[k];",
            f"        const uint64_t at[] = {{{', '.join(at)}}};",
            "        int order = 0;",
            f"        for (int i = 0; k && !order && i < {len(at)}; i++)",
            "            order = (at[i] > lowest[i]) - (at[i] < lowest[i]);",
            "        if (order > 0)",
            "            continue;",
            "        if (!k || order < 0) {",
            "            memcpy(lowest, at, sizeof lowest);",
            "            least.found = false;",
            "        }",
            "        ksm_renumber(s, &least);",
            "    }",
            "    if (least.found)",
            "        memcpy(state, least.word, sizeof least.word);",
            "}",
            "",
        ]
