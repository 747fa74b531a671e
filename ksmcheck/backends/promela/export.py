"""A program as a Promela file with the same states and the same steps.

Every location of an actor is a label, and every outcome of its step is one transition: steps.py.
Properties are assertions at the end of the steps that can change them, or guards of a process that
does nothing else. With ``spin -a -o1 -o2 -o3`` (no dataflow
optimisation, no dead-variable elimination, no merging of statements) and ``gcc -DSAFETY
-DNOREDUCE`` Spin visits the same number of states; one more when the setup has several outcomes,
for the state before the setup. Lock-order cycles are a fact about all runs together and are not
exported; nor are properties asked of the initial states.
"""

from __future__ import annotations

import re

from ksmcheck.analysis.symbols import symbols_of
from ksmcheck.backends.promela.paths import Effects, guarded_paths
from ksmcheck.backends.promela.steps import StepText
from ksmcheck.backends.promela.text import Writer, comment
from ksmcheck.diagnostics import Diagnostic, UserError
from ksmcheck.ir.expr import FALSE, Const, Expr, Read, Temp
from ksmcheck.ir.fold import blocks, negate, operation_expressions, operations_in, reads, rewrite
from ksmcheck.ir.program import (
    BuiltinCheck,
    Program,
    PropertyKind,
    Variable,
    VariableKind,
)
from ksmcheck.ir.step import (
    Assign,
    Block,
    Branch,
    SetTemp,
)

# Characters of all predicates that are asserted at every step that may change them. Longer ones
# are asked by a process of their own, or gcc would need minutes for the copies.
LONGEST_ASSERTIONS = 300

State = tuple[int, ...]


def export(program: Program) -> str:
    """The Promela text of ``program``. UserError when its setup has no outcome."""
    if symbols_of(program).condition >= 0:
        message = "Promela has no symbolic values, so this model cannot be exported"
        raise UserError([Diagnostic("KSM615", message, hint="write contents as small integers")])
    return _Export(program).text()


def initial_states(program: Program) -> list[State]:
    """The distinct outcomes of the setup, found by following it with constants."""
    states: dict[State, None] = {}
    for path in guarded_paths(program.setup):
        if path.target is not None and _initially(program, path.guard) != Const(0):
            states[_final(program, path.after)] = None
    return list(states)


def _initially(program: Program, expr: Expr) -> Expr:
    """The value of ``expr`` in the state in which every variable has its initial value."""

    def leaf(item: Read | Temp) -> Expr:
        return Const(program.variables[item.variable].initial) if isinstance(item, Read) else item

    return rewrite(expr, leaf)


def _final(program: Program, effects: Effects) -> State:
    flat: list[int] = []
    for number, variable in enumerate(program.variables):
        cells = [variable.initial] * variable.cells
        for index, value in effects.stores.get(number, ()):
            cell = 0
            for item, size in zip(index, variable.dims, strict=True):
                where = _initially(program, item)
                assert isinstance(where, Const)
                cell = cell * size + where.value
            stored = _initially(program, value)
            assert isinstance(stored, Const)
            cells[cell] = stored.value
        flat += cells
    return tuple(flat)


class _Export:
    """Collects the text. ``_watched`` are the actors whose location a property looks at."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._offsets = program.offsets()
        self._writer = Writer(program, self._name)
        self._sequences = Writer(program, self._name, "a")
        asserted = [i.predicate for p in program.properties for i in p.instances]
        looked_at = {read.variable for predicate in asserted for read in reads(predicate)}
        self._old = sorted(
            {r.variable for predicate in asserted for r in reads(predicate) if r.old}
        )
        self._watched = [a.location in looked_at for a in program.actors]
        self._counting = any(p.kind is PropertyKind.END for p in program.properties)
        asked = [self._writer.text(predicate) for predicate in asserted]
        self._apart = sum(map(len, asked)) > LONGEST_ASSERTIONS
        self._private = _private(program, looked_at)
        self._steps = StepText(
            program,
            self._writer,
            self._sequences,
            self._name,
            tuple(self._watched),
            tuple(self._old),
            self._counting,
            tuple(p for p in program.properties if p.kind is PropertyKind.STEP or not self._apart),
        )

    def text(self) -> str:
        states = initial_states(self._program)
        if not states:
            name = self._program.identity.model
            raise UserError(
                [Diagnostic("KSM411", f"setup of '{name}' never finishes: no initial state")]
            )
        lines = [
            f"/* {comment(self._program.identity.model)}:",
            f"   {comment(self._program.identity.question)} */",
            "",
            *self._globals(states),
            "",
        ]
        for number in range(len(self._program.actors)):
            lines += self._proctype(number, states)
        if self._apart:
            lines += self._monitor(states)
        if len(states) > 1:
            lines += self._init(states)
        return "\n".join(lines) + "\n"

    # ---- declarations ------------------------------------------------------------------------

    def _name(self, variable: int) -> str:
        declared = self._program.variables[variable]
        if declared.kind is VariableKind.LOCATION:
            owner = [a.location for a in self._program.actors].index(variable)
            return f"pc{owner}"
        return f"v{variable}_" + re.sub(r"\W", "_", declared.name)

    def _globals(self, states: list[State]) -> list[str]:
        lines: list[str] = []
        locations = [actor.location for actor in self._program.actors]
        for number in range(len(self._program.variables)):
            if number in self._private:
                continue
            if number in locations and not self._watched[locations.index(number)]:
                continue
            lines += self._declare(number, states)
        writers = (self._writer, self._sequences)
        lines += [self._hidden(n, w.old) for n in self._old for w in writers]
        temps = {
            operation.number
            for actor in self._program.actors
            for step in actor.steps
            for block in blocks(step.block)
            for operation in operations_in(block.operations)
            if isinstance(operation, SetTemp)
        }
        lines += [f"hidden int {w.scratch}{n};" for n in sorted(temps) for w in writers]
        if self._counting:
            lines.append("byte finished; /* finite actors that are done */")
        return lines

    def _declaration(self, number: int, prefix: str = "") -> str:
        declared = self._program.variables[number]
        size = f"[{declared.cells}]" if declared.dims else ""
        return f"{_kind(declared)} {prefix}{self._name(number)}{size}"

    def _hidden(self, number: int, prefix: str) -> str:
        """A copy that is no part of the state; Promela refuses to hide a bit."""
        declaration = self._declaration(number, prefix)
        return f"hidden {re.sub('^bit ', 'byte ', declaration)};"

    def _declare(self, number: int, states: list[State]) -> list[str]:
        """A declaration with the initial value, unless there are several and ``init`` stores it."""
        start, declared = self._offsets[number], self._program.variables[number]
        values = states[0][start : start + declared.cells] if len(states) == 1 else ()
        if not any(values):
            return [self._declaration(number) + ";"]
        listed = ", ".join(map(str, values))
        text = f"{{ {listed} }}" if declared.dims else listed
        return [f"{self._declaration(number)} = {text};"]

    # ---- processes ---------------------------------------------------------------------------

    def _proctype(self, number: int, states: list[State]) -> list[str]:
        actor = self._program.actors[number]
        active = "" if len(states) > 1 else "active "
        lines = [f"{active}proctype {self._process(number)}()", "{"]
        for variable, owner in self._private.items():
            if owner == number:
                lines += [f"    {text}" for text in self._declare(variable, states)]
        for location in range(actor.done):
            lines += self._step(number, location)
        lines += [f"L{actor.done}:", "end_done:", "    false", "}", ""]
        return lines

    def _process(self, number: int) -> str:
        return f"P{number}_" + re.sub(r"\W", "_", self._program.actors[number].name)

    def _step(self, number: int, location: int) -> list[str]:
        actor = self._program.actors[number]
        step = actor.steps[location]
        idle = actor.daemon or BuiltinCheck.DEADLOCK in self._program.disabled
        head = f"L{location}:" + (f" end{location}:" if idle else "")
        head += f" /* {comment(step.span.short())}: {comment(step.text)} */"
        return [head, *self._steps.step(number, location)]

    def _monitor(self, states: list[State]) -> list[str]:
        """A process that can move only where a property is false: it adds no states."""
        lines = ["proctype monitor()", "{", "end:", "    do"]
        lines[0] = lines[0] if len(states) > 1 else f"active {lines[0]}"
        finite = sum(not actor.daemon for actor in self._program.actors)
        for item in self._program.properties:
            if item.kind is PropertyKind.STEP:
                continue
            over = f"finished == {finite} && " if item.kind is PropertyKind.END else ""
            for instance in item.instances:
                if not isinstance(instance.predicate, Const) or instance.predicate == FALSE:
                    wrong = self._writer.text(negate(instance.predicate))
                    lines.append(
                        f"    :: d_step {{ {over}{wrong} -> assert(false) /* {item.name} */ }}"
                    )
        return [*lines, "    od", "}", ""] if len(lines) > 4 else []

    # ---- several initial states --------------------------------------------------------------

    def _init(self, states: list[State]) -> list[str]:
        runs = "run monitor(); " if self._apart else ""
        runs += "; ".join(f"run {self._process(n)}()" for n in range(len(self._program.actors)))
        lines = ["init {", "    atomic {", "        if"]
        for state in states:
            parts = []
            for number, variable in enumerate(self._program.variables):
                if number in self._private or variable.kind is VariableKind.LOCATION:
                    continue
                for cell in range(variable.cells):
                    value = state[self._offsets[number] + cell]
                    place = self._name(number) + (f"[{cell}]" if variable.dims else "")
                    parts += [f"{place} = {value}"] if value else []
            lines.append(f"        :: d_step {{ {'; '.join(parts) or 'skip'} }}")
        return [*lines, "        fi;", f"        {runs}", "    }", "}"]


def _kind(variable: Variable) -> str:
    """The smallest of Promela's types that has all values."""
    lo, hi = min(variable.type.lo, variable.initial), variable.type.hi
    if lo >= 0 and hi <= 1:
        return "bit"
    if lo >= 0 and hi <= 255:
        return "byte"
    return "short" if lo >= -(1 << 15) and hi < 1 << 15 else "int"


def _private(program: Program, looked_at: set[int]) -> dict[int, int]:
    """The locals that only their owner's steps use, and the owner: they go into its process."""
    users: dict[int, set[int]] = {}
    for number, actor in enumerate(program.actors):
        for step in actor.steps:
            for variable in used(step.block):
                users.setdefault(variable, set()).add(number)
    outside = looked_at | used(program.setup)
    return {
        number: variable.actor
        for number, variable in enumerate(program.variables)
        if variable.kind is VariableKind.LOCAL
        and variable.actor is not None
        and number not in outside
        and users.get(number, set()) <= {variable.actor}
    }


def used(block: Block) -> set[int]:
    """The variables that ``block`` reads or assigns."""
    found: set[int] = set()
    for item in blocks(block):
        for operation in operations_in(item.operations):
            if isinstance(operation, Assign):
                found.add(operation.variable)
            for expr in operation_expressions(operation):
                found |= {read.variable for read in reads(expr)}
        if isinstance(item.end, Branch):
            found |= {read.variable for read in reads(item.end.condition)}
    return found
