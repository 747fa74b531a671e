"""The C that brings a state into canonical form: what canonical.h needs to know of the model.

A renaming of objects adds differences to the fields that name them, and moves the fields that
belong to them. Locals that share bits are looked at where the location says that the bits are
theirs; elsewhere they hold what names nothing (NOTE(shared-bits), ``forgotten`` in ir/types.py).
"""

from __future__ import annotations

from attrs import define, field

from ksmcheck.analysis.symmetry.canonical import ODD, WORD, mixed
from ksmcheck.analysis.symmetry.plan import Cell, Naming, Plan
from ksmcheck.backends.native.forgetting import forgetting
from ksmcheck.backends.native.images import ImageWriter, live_guard, load, table
from ksmcheck.backends.native.layout import Field, Layout


def canonical_function(layout: Layout) -> list[str]:
    """``ksm_canonical``, or nothing when every state is its own canonical form."""
    if layout.canonical is None:
        return []
    own = _Writer(layout, layout.canonical.plan).write()
    images = ImageWriter(layout).write(layout.canonical)
    return [*own, *forgetting(layout, layout.canonical.dead), *images]


@define
class _Writer:
    layout: Layout
    plan: Plan
    tables: list[str] = field(factory=list)
    _live: set[int] = field(factory=set)

    def write(self) -> list[str]:
        """All of it, in the order that C wants."""
        plan = self.plan
        if not plan.objects:
            return ["#define KSM_OBJECTS 0", *self._condition(), '#include "canonical.h"', ""]
        for number, naming in enumerate(plan.namings):
            self._naming(number, naming)
        ends = [group[-1] + 1 for group in plan.classes]
        places = [index for _, index in plan.objects]
        rows, width = self._rows()
        sign, rename = self._sign(), self._rename(width)
        linking = (*plan.naming, *plan.sets, *plan.holding)
        links = sum(self._width(item) for item in linking if item.owner >= 0)
        return [
            f"#define KSM_OBJECTS {len(plan.objects)}",
            f"#define KSM_NODES {plan.nodes}",
            f"#define KSM_LINKS {links}",
            *self._condition(),
            '#include "canonical.h"',
            "",
            table("uint8_t", "ksm_class_end", ends),
            table("int64_t", "place", places),
            *self.tables,
            *rows,
            *sign,
            *rename,
        ]

    def _condition(self) -> list[str]:
        """Where canonical.h finds what is known of symbols."""
        if not self.layout.symbolic:
            return []
        home = self.layout.home(self.layout.symbols.condition)
        assert home is not None
        return [
            f"#define KSM_CONDITION {home.word}",
            f"static const uint64_t ksm_condition_bits = {home.mask << home.shift:#x}u;",
        ]

    def _width(self, item: Cell) -> int:
        """At most how many objects, or symbols, the cell names."""
        if item.symbols >= 0:
            return 1
        if item.members:
            return len(item.members)
        return max(map(len, self.plan.namings[item.naming].names))

    def _naming(self, number: int, naming: Naming) -> None:
        for order in range(max(map(len, naming.names))):
            named = [names[order] if order < len(names) else None for names in naming.names]
            who = [0 if item is None else item[0] + 1 for item in named]
            by = [0 if item is None else item[1] for item in named]
            self.tables += [table("uint8_t", f"who{number}_{order}", who)]
            self.tables += [table("int64_t", f"by{number}_{order}", by)]
        self.tables += [table("uint64_t", f"rest{number}", list(naming.rest))]

    def _field(self, item: Cell) -> Field | None:
        """Where the cell is; None when nothing is ever stored there."""
        return self._field_of(item.variable, item.cell)

    def _field_of(self, variable: int, cell: int) -> Field | None:
        place = self.layout.places[variable]
        return place.cell(cell - self.layout.offsets[variable]) if place.fields else None

    def _if_live(self, variable: int) -> str:
        """A condition in front of what is done with a local that shares its bits."""
        name = f"live{variable}"
        guard = live_guard(self.layout, variable, name)
        if guard is None:
            return ""
        if variable not in self._live:
            self._live.add(variable)
            self.tables.append(guard.table)
        return f"if ({guard.test}) "

    def _sign(self) -> list[str]:
        lines = [
            "static uint32_t ksm_sign(const uint64_t *s, uint64_t *sign, ksm_link *links)",
            "{",
            "    ksm_link *link = links;",
            "    uint64_t v;",
        ]
        for item in self.plan.plain:
            where = self._field(item)
            if where is not None:
                factor = mixed(item.salt + ODD) | 1
                lines.append(f"    sign[{item.owner}] += ({load(where)}) * {factor}u;")
        for item in self.plan.naming:
            where = self._field(item)
            if where is not None:
                lines += [f"    {line}" for line in self._sign_naming(item, where)]
        for item in self.plan.sets:
            where = self._field(item)
            if where is not None:
                lines += [f"    {line}" for line in self._sign_set(item, where)]
        for item in self.plan.holding:
            where = self._field(item)
            if where is not None:
                lines += [f"    {line}" for line in self._sign_symbol(item, where)]
        return [*lines, "    (void)v;", "    return (uint32_t)(link - links);", "}", ""]

    def _sign_naming(self, item: Cell, where: Field) -> list[str]:
        number, salt = item.naming, item.salt * ODD & WORD
        lines = [f"v = {load(where)};"]
        if item.owner >= 0:
            lines.append(f"sign[{item.owner}] += rest{number}[v] * {mixed(salt) | 1}u;")
        for order in range(self._width(item)):
            who = f"who{number}_{order}[v]"
            mark = f"{salt}u + rest{number}[v] * 31 + {order}"
            if item.owner >= 0:
                then = f"*link++ = (ksm_link){{{item.owner}, {who} - 1u, ksm_mixed({mark})}};"
            else:
                then = f"sign[{who} - 1] += ksm_mixed({mark});"
            lines.append(f"if ({who}) {then}")
        guard = self._if_live(item.variable)
        return [f"{guard}{{", *(f"    {line}" for line in lines), "}"] if guard else lines

    def _sign_set(self, item: Cell, where: Field) -> list[str]:
        salt = mixed(item.salt * ODD)
        lines = [f"v = {load(where)};"]
        fixed = where.mask
        for bit, named in item.members:
            fixed &= ~(1 << bit)
            if item.owner >= 0:
                then = f"*link++ = (ksm_link){{{item.owner}, {named}, {salt}u}};"
            else:
                then = f"sign[{named}] += {salt}u;"
            lines.append(f"if (v >> {bit} & 1) {then}")
        if item.owner >= 0:
            lines.append(f"sign[{item.owner}] += (v & {fixed}u) * {salt | 1}u;")
        guard = self._if_live(item.variable)
        return [f"{guard}{{", *(f"    {line}" for line in lines), "}"] if guard else lines

    def _sign_symbol(self, item: Cell, where: Field) -> list[str]:
        salt, node = mixed(item.salt * ODD), f"{item.symbols} + v"
        if item.owner < 0:
            then = f"sign[{node}] += {salt}u;"
        else:
            link = f"*link++ = (ksm_link){{{item.owner}, (uint32_t)({node}), {salt}u}};"
            then = f"{{ sign[{item.owner}] += {salt}u; {link} }}"
        return [f"v = {load(where)};", f"if (v) {then}"]

    def _rename(self, width: int) -> list[str]:
        lines = [
            "static void ksm_rename(const uint64_t *s, const uint8_t *image, uint64_t *out)",
            "{",
            "    uint64_t v, t[KSM_WORDS];",
            "    memcpy(t, s, sizeof t);",
        ]
        for item in (*self.plan.naming, *self.plan.sets):
            where = self._field(item)
            if where is not None:
                lines += [f"    {line}" for line in self._rename_cell(item, where)]
        lines += [
            "    memcpy(out, t, sizeof t);",
            "    (void)v;",
            "    for (uint32_t i = 0; i < KSM_OBJECTS; i++) {",
            "        if (image[i] == i)",
            "            continue;",
            f"        for (uint32_t k = 0; k < {width}; k++) {{",
            "            const own_field from = rows[i][k], to = rows[image[i]][k];",
            "            out[to.word] = (out[to.word] & ~(to.mask << to.shift)) |",
            "                           (t[from.word] >> from.shift & from.mask) << to.shift;",
            "        }",
            "    }",
            "}",
            "",
        ]
        return lines

    def _rename_cell(self, item: Cell, where: Field) -> list[str]:
        target = f"t[{where.word}] +="
        lines = [f"v = {load(where)};"]
        if item.members:
            for bit, named in item.members:
                change = f"(UINT64_C(1) << place[image[{named}]]) - {1 << bit}u"
                lines.append(f"if (v >> {bit} & 1) {target} ({change}) << {where.shift};")
        else:
            for order in range(self._width(item)):
                who, by = f"who{item.naming}_{order}[v]", f"by{item.naming}_{order}[v]"
                change = f"(uint64_t)((place[image[{who} - 1]] - place[{who} - 1]) * {by})"
                lines.append(f"if ({who}) {target} {change} << {where.shift};")
        guard = self._if_live(item.variable)
        return [f"{guard}{{", *(f"    {line}" for line in lines), "}"] if guard else lines

    def _rows(self) -> tuple[list[str], int]:
        """The fields of each object, and the most that one has; the rest have no bits."""
        variable_of = {item.cell: item.variable for item in self.plan.plain}
        variable_of |= {item.cell: item.variable for item in self.plan.naming}
        variable_of |= {item.cell: item.variable for item in self.plan.sets}
        variable_of |= {item.cell: item.variable for item in self.plan.holding}
        rows = [
            [found for cell in cells if (found := self._field_of(variable_of[cell], cell))]
            for cells in self.plan.own
        ]
        width = max(1, *map(len, rows))
        text = [
            "{"
            + ", ".join(f"{{{f.word}, {f.shift}, {f.mask}u}}" for f in row)
            + (", " if row and len(row) < width else "")
            + ", ".join("{0, 0, 0}" for _ in range(width - len(row)))
            + "},"
            for row in rows
        ]
        lines = [
            "typedef struct {",
            "    uint32_t word;",
            "    uint32_t shift;",
            "    uint64_t mask;",
            "} own_field;",
            f"static const own_field rows[KSM_OBJECTS][{width}] = {{",
            *(f"    {row}" for row in text),
            "};",
            "",
        ]
        return lines, width
