"""Properties and witnesses as C, and which of them a step has to look at.

NOTE(look-again). A state property is asked of a new state only when the step that found it wrote a
cell that the predicate reads: otherwise the predicate has the value that it had in the state
before, where it was asked already. The same holds for witnesses. A set of predicates to ask is a
*class*; the successor carries its number. A step property is asked of every step, unless it is
true of any step that leaves everything it reads as it was.
"""

from __future__ import annotations

from attrs import define, frozen

from ksmcheck.backends.native.cells import Cells
from ksmcheck.backends.native.expressions import View
from ksmcheck.backends.native.fold import Facts, simplify, without_old
from ksmcheck.backends.native.layout import Layout
from ksmcheck.ir.expr import TRUE, Expr, Not
from ksmcheck.ir.program import Program, Property, PropertyKind

NONE, ALL = 0, 1


@frozen
class Question:
    """Something to ask of a state or step: property number ``property``, or its witness."""

    property: int
    witness: bool
    kind: PropertyKind
    reads: frozenset[int]
    always_idle: bool


@define
class Questions:
    """All questions of a program, and the classes that steps have asked for."""

    layout: Layout
    all: tuple[Question, ...]
    classes: list[frozenset[int]]

    @classmethod
    def of(cls, layout: Layout) -> Questions:
        """The questions of the layout's program."""
        program = layout.program
        cells = Cells(program)
        found: list[Question] = []
        for number, item in enumerate(program.properties):
            predicates = tuple(instance.predicate for instance in item.instances)
            found.append(_question(program, cells, number, item, predicates, witness=False))
            if item.witness is not None:
                found.append(_question(program, cells, number, item, (item.witness,), witness=True))
        of_states = frozenset(
            i for i, item in enumerate(found) if item.kind is not PropertyKind.STEP
        )
        return cls(layout, tuple(found), [frozenset(), of_states])

    def of_state(self, writes: frozenset[int], *, finite_not_done: bool) -> int:
        """The class for a step that wrote ``writes`` and left its actor finite and not done or

        anything else; a run that is not over need not be asked END properties.
        """
        wanted = frozenset(
            number
            for number, item in enumerate(self.all)
            if item.kind is not PropertyKind.STEP
            and item.reads & writes
            and not (item.kind is PropertyKind.END and finite_not_done)
        )
        if not wanted:
            return NONE
        if wanted not in self.classes:
            self.classes.append(wanted)
        return self.classes.index(wanted)

    def of_step(self, writes: frozenset[int]) -> list[int]:
        """The step questions for a step that wrote ``writes``."""
        return [
            number
            for number, item in enumerate(self.all)
            if item.kind is PropertyKind.STEP and (item.reads & writes or not item.always_idle)
        ]

    def step_call(self, question: int) -> str:
        """C that asks a step question of the successor just appended."""
        item = self.all[question]
        if item.witness:
            return (
                f"if (!w->seen[{item.property}] && ask_{question}(s, o[-1].word))"
                f" KSM_SEEN(w, {item.property});"
            )
        return (
            f"{{ uint32_t bad = ask_{question}(s, o[-1].word);"
            f" if (bad) ksm_step_violation(w, {item.property}, bad - 1, o[-1].word); }}"
        )

    def definitions(self) -> list[str]:
        """One C function for each question. To be written before the steps."""
        lines: list[str] = []
        for number in range(len(self.all)):
            lines += self._definition(number)
        return lines

    def declarations(self) -> list[str]:
        """What the steps call."""
        return [
            f"uint32_t {self._signature(number)};"
            for number, item in enumerate(self.all)
            if item.kind is PropertyKind.STEP
        ]

    def _signature(self, number: int) -> str:
        step = self.all[number].kind is PropertyKind.STEP
        return f"ask_{number}({'const uint64_t *s, ' if step else ''}const uint64_t *n)"

    def check_function(self) -> list[str]:
        """``ksm_check``. To be written after the steps, which make the classes."""
        lines = ["void ksm_check(uint32_t check, const uint64_t *n, ksm_worker *w)", "{"]
        lines += ["    switch (check) {"]
        for number, members in enumerate(self.classes):
            if number == NONE:
                continue
            lines.append(f"    case {number}:")
            lines += [f"        {self._state_call(item)}" for item in sorted(members)]
            lines.append("        break;")
        return [*lines, "    }", "    (void)n;", "    (void)w;", "}", ""]

    def _state_call(self, question: int) -> str:
        item = self.all[question]
        over = "ksm_over(n) && " if item.kind is PropertyKind.END else ""
        if item.witness:
            return (
                f"if (!w->seen[{item.property}] && {over}ask_{question}(n))"
                f" KSM_SEEN(w, {item.property});"
            )
        guard = "if (ksm_over(n)) " if over else ""
        return (
            f"{guard}{{ uint32_t bad = ask_{question}(n);"
            f" if (bad) ksm_violation(w, {item.property}, bad - 1); }}"
        )

    def _definition(self, number: int) -> list[str]:
        item = self.all[number]
        declared = self.layout.program.properties[item.property]
        view = View(self.layout, "n", Facts(self.layout.program))
        step = item.kind is PropertyKind.STEP
        words = range(self.layout.words)
        asks = "is its witness reached" if item.witness else "which instance is false"
        lines = [
            f"/* {quoted(declared.name)}: {asks}? */",
            f"uint32_t {self._signature(number)}",
            "{",
        ]
        for name in ("s", "n") if step else ("n",):
            lines += [f"    const uint64_t {name}{i} = {name}[{i}];" for i in words]
            lines += [f"    (void){name}{i};" for i in words]
        lines += [f'#line {max(1, declared.span.line)} "{quoted(declared.span.file)}"']
        if item.witness:
            assert declared.witness is not None
            lines += [f"    return {view.text(declared.witness)} != 0;"]
        else:
            for index, instance in enumerate(declared.instances):
                lines += [f"    if ({view.text(Not(instance.predicate))}) return {index + 1};"]
            lines += ["    return 0;"]
        return [*lines, "}", ""]


def quoted(text: str) -> str:
    """Text for a C string literal or comment: nothing in it can end either."""
    safe = "".join(char if " " <= char <= "~" else "?" for char in text)
    return safe.replace("\\", "\\\\").replace('"', '\\"').replace("*/", "* /").replace("??", "? ?")


def _question(
    program: Program,
    cells: Cells,
    number: int,
    item: Property,
    predicates: tuple[Expr, ...],
    *,
    witness: bool,
) -> Question:
    reads = frozenset[int]().union(*(cells.read_by(predicate) for predicate in predicates))
    if item.kind is PropertyKind.END:
        reads |= {cells.offsets[a.location] for a in program.actors if not a.daemon}
    facts = Facts(program)
    idle = not witness and all(
        simplify(without_old(predicate), facts) == TRUE for predicate in predicates
    )
    return Question(number, witness, item.kind, reads, idle)
