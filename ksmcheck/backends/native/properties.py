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

from attrs import define, field, frozen

from ksmcheck.analysis.footprint import asks
from ksmcheck.backends.native.cells import Cells
from ksmcheck.backends.native.expressions import View
from ksmcheck.backends.native.fold import Facts, declared_bounds
from ksmcheck.backends.native.layout import Layout
from ksmcheck.backends.native.sharing import Sharing, distinct, when
from ksmcheck.ir.expr import TRUE, Expr, Not
from ksmcheck.ir.fold import over_one_state
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
    sharing: Sharing
    all: tuple[Question, ...]
    states: list[frozenset[int]]
    steps: list[frozenset[int]]
    _known: dict[tuple[frozenset[int], bool | None], int] = field(factory=dict)

    @classmethod
    def of(cls, layout: Layout) -> Questions:
        """The questions of the layout's program."""
        program = layout.program
        sharing, cells = Sharing.of(program), Cells(program, layout.symbols)
        found: list[Question] = []
        for number, item in enumerate(program.properties):
            predicates = tuple(sharing.shared(instance.predicate) for instance in item.instances)
            found += _questions(program, sharing, cells, number, Role.VIOLATION, predicates)
            if item.witness is not None:
                witness = sharing.shared(item.witness)
                found += _questions(program, sharing, cells, number, Role.WITNESS, (witness,))
        of_steps = frozenset(i for i, item in enumerate(found) if item.of_step)
        of_states = frozenset(range(len(found))) - of_steps
        states, steps = [frozenset[int](), of_states], [frozenset[int](), of_steps]
        return cls(layout, sharing, tuple(found), states, steps)

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
        key = (writes, finite_not_done)
        if key not in self._known:
            wanted = frozenset(
                number
                for number in self.states[ALL]
                if self.all[number].reads & writes
                and not (self.all[number].kind is PropertyKind.END and finite_not_done)
            )
            self._known[key] = _class(self.states, wanted)
        return self._known[key]

    def of_step(self, writes: frozenset[int]) -> int:
        """The class of step questions for a step that wrote ``writes``."""
        key = (writes, None)
        if key not in self._known:
            wanted = frozenset(n for n in self.steps[ALL] if self.all[n].reads & writes)
            self._known[key] = _class(self.steps, wanted)
        return self._known[key]

    def definitions(self) -> list[str]:
        """One C function for each question."""
        lines: list[str] = []
        for number in range(len(self.all)):
            lines += self._definition(number)
        return lines

    def check_functions(self) -> list[str]:
        """``ksm_check`` and ``ask_steps``; written after the steps, which make the classes."""
        lines = [f"{self._signature(number)};" for number in range(len(self.all))]
        lines += ["void ksm_check(uint32_t check, const uint64_t *n, ksm_worker *w)", "{"]
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

    def _states(self, number: int) -> tuple[str, ...]:
        """The states that a question needs."""
        return ("s", "n") if self.all[number].of_step else ("n",)

    def _signature(self, number: int) -> str:
        parameters = ", ".join(f"const uint64_t *{name}" for name in self._states(number))
        return f"uint32_t ask_{number}({parameters}, ksm_worker *w)"

    def _definition(self, number: int) -> list[str]:
        item = self.all[number]
        declared = self.layout.program.properties[item.subject]
        view = View(self.layout, "n", Facts(declared_bounds(self.layout.program)))
        names = self._states(number)
        lines = [
            f"/* {quoted(declared.name)}: {item.role.value}? */",
            self._signature(number),
            "{",
        ]
        for name in names:
            words = ", ".join(f"{name}{i} = {name}[{i}]" for i in range(self.layout.words))
            lines += [f"    const uint64_t {words};"]
        lines += [f'#line {max(1, declared.span.line)} "{quoted(declared.span.file)}"']
        for index, predicate in enumerate(item.predicates):
            wrong = predicate if item.role is Role.WITNESS else Not(predicate)
            if asks(predicate):
                lines += _in_every_way(view.text(wrong), index + 1)
                continue
            simple = self.sharing.simplified(self.sharing.shared(wrong))
            lines += [f"    {line}" for line in when(simple, f"return {index + 1};", view)]
        return [*lines, "    (void)w;", "    return 0;", "}", ""]


def _in_every_way(test: str, number: int) -> list[str]:
    """C that asks in a dialogue of its own, while that of a step may be going on."""
    return [
        "    {",
        "        ksm_dialogue own, *const outer = w->now;",
        "        if (outer && outer->lost) return 0;",
        "        ksm_begin(w, &own, condition_of(n));",
        "        uint32_t found = 0;",
        "        do {",
        f"            if (({test}) && !own.lost) found = {number};",
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
    program: Program,
    sharing: Sharing,
    cells: Cells,
    number: int,
    role: Role,
    predicates: tuple[Expr, ...],
) -> list[Question]:
    """A question, and what goes with it when it is about steps: NOTE(stutter)."""
    kind = program.properties[number].kind
    reads = cells.read_by(distinct(predicates))
    if kind is PropertyKind.END:
        reads |= {cells.offsets[a.location] for a in program.actors if not a.daemon}
    found = [Question(number, role, kind, reads, predicates)]
    if kind is PropertyKind.STEP:
        # What is wrong with a step that changes nothing, as something that should be true.
        still = [over_one_state(predicate) for predicate in predicates]
        still = [Not(item) for item in still] if role is Role.WITNESS else still
        shared = [sharing.shared(item) for item in still]
        doubtful = tuple(item for item in shared if sharing.simplified(item) != TRUE)
        if doubtful:
            found.append(Question(number, Role.STUTTER, kind, reads, doubtful))
    return found
