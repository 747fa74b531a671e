"""Properties and witnesses as C, and which of them a step has to look at.

NOTE(look-again). A state property is asked of a new state only when the step that found it wrote a
cell that the predicate reads: otherwise the predicate has the value that it had in the state
before, where it was asked already. The same holds for witnesses. A set of predicates to ask is a
*class*; the successor carries its number.

NOTE(stutter). A step property is asked of a step that wrote a cell which it reads. Any other step
looks to it as if nothing had changed, and what it says of such a step depends on the state alone:
that is asked once of every state, like a state property, unless it is plain that the answer is
"all is well". When a state answers otherwise, every step is asked from then on.
"""

from __future__ import annotations

from enum import Enum
from typing import assert_never

from attrs import define, frozen

from ksmcheck.analysis.footprint import asks
from ksmcheck.backends.native.cells import Cells
from ksmcheck.backends.native.expressions import View
from ksmcheck.backends.native.fold import Facts, declared_bounds, simplify
from ksmcheck.backends.native.layout import Layout
from ksmcheck.ir.expr import TRUE, Ask, Binary, BitCount, Const, Expr, Ite, Not, Read, Temp
from ksmcheck.ir.program import Program, PropertyKind

NONE, ALL = 0, 1


class Role(Enum):
    """What is asked: is an instance false; is the witness reached; would a step that changes

    nothing be either?
    """

    VIOLATION = "violation"
    WITNESS = "witness"
    STUTTER = "stutter"


@frozen
class Question:
    """Something to ask about property ``subject``: of a state, or of a step when ``of_step``."""

    subject: int
    role: Role
    kind: PropertyKind
    reads: frozenset[int]
    predicates: tuple[Expr, ...]

    @property
    def of_step(self) -> bool:
        """Does it need the state before?"""
        return self.kind is PropertyKind.STEP and self.role is not Role.STUTTER


@define
class Questions:
    """All questions of a program, and the classes that steps have asked for.

    ``states`` are classes for new states, ``steps`` classes for steps.
    """

    layout: Layout
    all: tuple[Question, ...]
    states: list[frozenset[int]]
    steps: list[frozenset[int]]

    @classmethod
    def of(cls, layout: Layout) -> Questions:
        """The questions of the layout's program."""
        program = layout.program
        cells = Cells(program)
        found: list[Question] = []
        for number, item in enumerate(program.properties):
            predicates = tuple(instance.predicate for instance in item.instances)
            found += _questions(program, cells, number, Role.VIOLATION, predicates)
            if item.witness is not None:
                found += _questions(program, cells, number, Role.WITNESS, (item.witness,))
        of_steps = frozenset(i for i, item in enumerate(found) if item.of_step)
        of_states = frozenset(range(len(found))) - of_steps
        return cls(layout, tuple(found), [frozenset(), of_states], [frozenset(), of_steps])

    @property
    def stutter(self) -> int:
        """The place among the witnesses that says: ask every step."""
        return len(self.layout.program.properties)

    @property
    def any_of_steps(self) -> bool:
        """Is there anything to ask of steps?"""
        return bool(self.steps[ALL])

    def of_state(self, writes: frozenset[int], *, finite_not_done: bool) -> int:
        """The class for a step that wrote ``writes``.

        ``finite_not_done``: its actor is finite and not done, so the run is not over.
        """
        wanted = frozenset(
            number
            for number in self.states[ALL]
            if self.all[number].reads & writes
            and not (self.all[number].kind is PropertyKind.END and finite_not_done)
        )
        return _class(self.states, wanted)

    def of_step(self, writes: frozenset[int]) -> int:
        """The class of step questions for a step that wrote ``writes``."""
        wanted = frozenset(n for n in self.steps[ALL] if self.all[n].reads & writes)
        return _class(self.steps, wanted)

    def definitions(self) -> list[str]:
        """One C function for each question."""
        lines: list[str] = []
        for number in range(len(self.all)):
            lines += self._definition(number)
        return lines

    def check_functions(self) -> list[str]:
        """``ksm_check`` and ``ask_steps``; written after the steps, which make the classes."""
        lines = ["void ksm_check(uint32_t check, const uint64_t *n, ksm_worker *w)", "{"]
        lines += self._classes(self.states)
        lines += [STEP_SIGNATURE, "{", f"    check = w->seen[{self.stutter}] ? {ALL} : check;"]
        return lines + self._classes(self.steps)

    def _classes(self, classes: list[frozenset[int]]) -> list[str]:
        lines = ["    switch (check) {"]
        for number, members in enumerate(classes):
            if number != NONE:
                lines += [f"    case {number}:", *(self._call(item) for item in sorted(members))]
                lines.append("        break;")
        return [*lines, "    }", "    (void)n;", "    (void)w;", "}", ""]

    def _call(self, question: int) -> str:
        item = self.all[question]
        asked = f"ask_{question}({'s, ' if item.of_step else ''}n, w)"
        over = "ksm_over(n) && " if item.kind is PropertyKind.END else ""
        if item.role is not Role.VIOLATION:
            place = item.subject if item.role is Role.WITNESS else self.stutter
            return f"        if (!w->seen[{place}] && {over}{asked}) KSM_SEEN(w, {place});"
        report = f"ksm_violation(w, {item.subject}, bad - 1)"
        if item.of_step:
            report = f"ksm_step_violation(w, {item.subject}, bad - 1, n)"
        return f"        {{ uint32_t bad; if ({over}(bad = {asked})) {report}; }}"

    def _definition(self, number: int) -> list[str]:
        item = self.all[number]
        declared = self.layout.program.properties[item.subject]
        view = View(self.layout, "n", Facts(declared_bounds(self.layout.program)))
        names = ("s", "n") if item.of_step else ("n",)
        states = ", ".join(f"const uint64_t *{name}" for name in names)
        lines = [
            f"/* {quoted(declared.name)}: {item.role.value}? */",
            f"static uint32_t ask_{number}({states}, ksm_worker *w)",
            "{",
        ]
        for name in names:
            words = ", ".join(f"{name}{i} = {name}[{i}]" for i in range(self.layout.words))
            lines += [f"    const uint64_t {words};"]
        lines += [f'#line {max(1, declared.span.line)} "{quoted(declared.span.file)}"']
        for index, predicate in enumerate(item.predicates):
            wrong = predicate if item.role is Role.WITNESS else Not(predicate)
            test = [f"    if ({view.text(wrong)}) return {index + 1};"]
            lines += _in_every_way(test) if asks(predicate) else test
        return [*lines, "    (void)w;", "    return 0;", "}", ""]


def _in_every_way(test: list[str]) -> list[str]:
    """C that asks in a dialogue of its own, while that of a step may be going on."""
    return [
        "    {",
        "        ksm_dialogue own, *const outer = w->now;",
        "        ksm_begin(w, &own, condition_of(n));",
        "        uint32_t found = 0;",
        "        do {",
        *(f"        {line.replace('return', 'found =')}" for line in test),
        "        } while (!found && ksm_advance(&own));",
        "        w->now = outer;",
        "        if (found) return found;",
        "    }",
    ]


STEP_SIGNATURE = (
    "void ask_steps(uint32_t check, const uint64_t *s, const uint64_t *n, ksm_worker *w)"
)


def quoted(text: str) -> str:
    """Text for a C string literal or comment: nothing in it can end either."""
    safe = "".join(char if " " <= char <= "~" else "?" for char in text)
    return safe.replace("\\", "\\\\").replace('"', '\\"').replace("*/", "* /").replace("??", "? ?")


def _class(classes: list[frozenset[int]], wanted: frozenset[int]) -> int:
    if wanted not in classes:
        classes.append(wanted)
    return classes.index(wanted)


def _questions(
    program: Program, cells: Cells, number: int, role: Role, predicates: tuple[Expr, ...]
) -> list[Question]:
    """A question, and what goes with it when it is about steps: NOTE(stutter)."""
    kind = program.properties[number].kind
    reads = frozenset[int]().union(*(cells.read_by(predicate) for predicate in predicates))
    if kind is PropertyKind.END:
        reads |= {cells.offsets[a.location] for a in program.actors if not a.daemon}
    found = [Question(number, role, kind, reads, predicates)]
    if kind is PropertyKind.STEP:
        # What is wrong with a step that changes nothing, as something that should be true.
        still = [without_old(predicate) for predicate in predicates]
        still = [Not(item) for item in still] if role is Role.WITNESS else still
        facts = Facts(declared_bounds(program))
        doubtful = tuple(item for item in still if simplify(item, facts) != TRUE)
        if doubtful:
            found.append(Question(number, Role.STUTTER, kind, reads, doubtful))
    return found


def without_old(expr: Expr) -> Expr:
    """``expr`` over a step that changed nothing."""
    match expr:
        case Const() | Temp():
            return expr
        case Read(variable, index):
            return Read(variable, tuple(without_old(item) for item in index))
        case Not(operand):
            return Not(without_old(operand))
        case Binary(op, left, right):
            return Binary(op, without_old(left), without_old(right))
        case Ite(condition, then, orelse):
            return Ite(without_old(condition), without_old(then), without_old(orelse))
        case BitCount(operand):
            return BitCount(without_old(operand))
        case Ask(question, operands):
            return Ask(question, tuple(map(without_old, operands)))
        case _:
            assert_never(expr)
