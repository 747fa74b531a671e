"""Steps as Promela: one ``d_step`` for each outcome, or one ``atomic`` sequence for all of them.

A ``d_step`` is what Spin does fastest, but the choice between outcomes has to be made before it, in
guards that repeat the conditions on the way. Where these get long (a kernel's routine in one atomic
block, with a check at every access) the step is written as it is, in an ``atomic`` sequence: Spin
does not store the states inside one. Only what may block is then asked at the beginning.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from attrs import evolve, frozen

from ksmcheck.analysis.footprint import Footprint
from ksmcheck.backends.promela.enabled import enabled
from ksmcheck.backends.promela.paths import GuardedPath, guarded_paths
from ksmcheck.backends.promela.text import Writer, comment
from ksmcheck.ir.expr import FALSE, TRUE, Const, Expr, Read, Temp
from ksmcheck.ir.fold import operation_expressions, operations_in, rewrite
from ksmcheck.ir.program import Program, Property, PropertyKind
from ksmcheck.ir.step import (
    Assign,
    Block,
    Branch,
    Check,
    Choose,
    Goto,
    Observe,
    Operation,
    Require,
    SetTemp,
    When,
)

# Characters of all guards of a step. Spin refuses a d_step of more than some hundred statements.
LONGEST_GUARDS = 600
LONGEST_STEP = 60


@frozen
class StepText:
    """Writes steps of ``program``.

    ``sequences`` writes inside atomic sequences, with scratch variables of their own: Spin takes
    back what a sequence did to them when it comes to another choice, but not what a ``d_step`` did.
    ``watched`` are the actors whose location a property looks at,

    ``old`` the variables whose value before the step is looked at, ``counting`` says that finished
    actors are counted. ``asserted`` are the properties to be asserted at the end of a step.
    """

    program: Program
    writer: Writer
    sequences: Writer
    name: Callable[[int], str]
    watched: tuple[bool, ...]
    old: tuple[int, ...]
    counting: bool
    asserted: tuple[Property, ...]

    def step(self, number: int, location: int) -> list[str]:
        """The step of actor ``number`` at ``location``."""
        block = self.program.actors[number].steps[location].block
        if _statements(block) <= LONGEST_STEP:
            paths = guarded_paths(block)
            guards = [self.writer.text(path.guard) for path in paths]
            if not paths:
                return ["    false;"]
            if sum(map(len, guards)) <= LONGEST_GUARDS:
                options = [self._outcome(number, location, path) for path in paths]
                return ["    if", *(f"    :: {option}" for option in options), "    fi;"]
        first = enabled(block)
        return evolve(self, writer=self.sequences)._atomic(number, location, block, first)

    def _atomic(self, number: int, location: int, block: Block, first: Expr) -> list[str]:
        body = [*self._remember(), *self._sequence(number, location, block, frozenset())]
        guard = [] if first == TRUE else [f"({self.writer.text(first)}) ->"]
        return ["    atomic {", *(f"        {line}" for line in (*guard, *body)), "    };"]

    # ---- one d_step for each outcome ---------------------------------------------------------

    def _outcome(self, number: int, location: int, path: GuardedPath) -> str:
        guard = self.writer.text(path.guard)
        if path.target is None:
            assert path.fault is not None
            why = comment(self.program.faults[path.fault].message)
            return f"d_step {{ {guard} -> assert(false) /* {why} */ }}; goto L{location}"
        parts = self._remember()
        for operation in _needed(path.operations):
            parts += self._operation(operation, checking=False)
        parts += self._arrive(number, location, path.target, _written(path.operations))
        body = " ".join(parts).rstrip(";")
        return f"d_step {{ {guard}{' -> ' + body if body else ''} }}; goto L{path.target}"

    # ---- one atomic sequence -----------------------------------------------------------------

    def _sequence(
        self, number: int, location: int, block: Block, written: frozenset[int]
    ) -> list[str]:
        """``block``, after steps that stored to the variables ``written``; it ends in a goto."""
        lines: list[str] = []
        for operation in block.operations:
            lines += self._operation(operation, checking=True)
        written |= _written(block.operations)
        match block.end:
            case Goto(target):
                arrival = self._arrive(number, location, target, written)
                return [*lines, *arrival, f"goto L{target}"]
            case Branch(condition, then, orelse):
                options = [(self.writer.text(condition), then), ("else", orelse)]
            case Choose(_, arms):
                options = [(self.writer.text(enabled(arm)), arm) for arm in arms]
            case _:
                assert_never(block.end)
        if not options:
            return [*lines, "false"]  # never reached: the guard of the whole says so
        lines.append("if")
        for test, arm in options:
            inner = self._sequence(number, location, arm, written)
            lines += [f":: {test} ->", *(f"    {line}" for line in inner)]
        return [*lines, "fi"]

    # ---- statements --------------------------------------------------------------------------

    def _remember(self) -> list[str]:
        """Keep the values that step properties compare with."""
        parts: list[str] = []
        for variable in self.old:
            name, declared = self.name(variable), self.program.variables[variable]
            cells = [f"[{i}]" for i in range(declared.cells)] if declared.dims else [""]
            parts += [f"{self.writer.old}{name}{cell} = {name}{cell};" for cell in cells]
        return parts

    def _operation(self, operation: Operation, *, checking: bool) -> list[str]:
        """``checking``: faults are asserted here; otherwise a guard has seen to them."""
        match operation:
            case Assign(variable, index, value):
                place = self.writer.place(variable, index)
                return [f"{place} = {self.writer.text(value)};"]
            case SetTemp(number, value):
                return [f"{self.writer.scratch}{number} = {self.writer.text(value)};"]
            case Check(condition, fault):
                why = comment(self.program.faults[fault].message)
                text = f"assert({self.writer.text(condition)}); /* {why} */"
                return [text] if checking and condition != TRUE else []
            case When(condition, then, orelse):
                yes = [t for item in then for t in self._operation(item, checking=checking)]
                no = [t for item in orelse for t in self._operation(item, checking=checking)]
                test = self.writer.text(condition)
                return [
                    f"if :: {test} -> {' '.join(yes) or 'skip'}"
                    f" :: else -> {' '.join(no) or 'skip'} fi;"
                ]
            case Require() | Observe():
                return []
            case _:
                assert_never(operation)

    def _arrive(
        self, number: int, location: int, target: int, written: frozenset[int]
    ) -> list[str]:
        """What is done at the end of an outcome, before the goto."""
        actor, parts = self.program.actors[number], list[str]()
        if self.watched[number] and target != location:
            parts.append(f"pc{number} = {target};")
        finishing = not actor.daemon and target == actor.done
        if self.counting and finishing:
            parts.append("finished++;")
        if target != location:
            written |= {actor.location}
        for item in self.asserted:
            parts += self._assertion(item, written, finishing, actor.daemon)
        return parts

    def _assertion(
        self, item: Property, written: frozenset[int], finishing: bool, daemon: bool
    ) -> list[str]:
        lines: list[str] = []
        footprint, offsets = Footprint(self.program), self.program.offsets()
        cells = {offsets[v] + i for v in written for i in range(self.program.variables[v].cells)}
        for instance in item.instances:
            relevant = bool(footprint.reads(instance.predicate) & cells)
            if isinstance(instance.predicate, Const) and instance.predicate != FALSE:
                continue
            text = self.writer.text(instance.predicate)
            match item.kind:
                case PropertyKind.STATE:
                    lines += [f"assert({text});"] if relevant else []
                case PropertyKind.STEP:
                    lines += [f"assert({text});"]
                case PropertyKind.END:
                    finite = sum(not actor.daemon for actor in self.program.actors)
                    asked = finishing or (daemon and relevant)
                    lines += [f"assert(finished != {finite} || {text});"] if asked else []
                case _:
                    assert_never(item.kind)
        return lines


def _written(operations: tuple[Operation, ...]) -> frozenset[int]:
    return frozenset(o.variable for o in operations_in(operations) if isinstance(o, Assign))


def _statements(block: Block) -> int:
    """How many operations the longest path of ``block`` has."""
    own = sum(1 for _ in operations_in(block.operations))
    match block.end:
        case Goto():
            return own
        case Branch(_, then, orelse):
            return own + max(_statements(then), _statements(orelse))
        case Choose(_, arms):
            return own + max((_statements(arm) for arm in arms), default=0)
        case _:
            assert_never(block.end)


def _needed(operations: tuple[Operation, ...]) -> tuple[Operation, ...]:
    """Without the temps that only guards look at."""
    kept: list[Operation] = []
    wanted: set[int] = set()
    for operation in reversed(operations):
        if isinstance(operation, Check | Require | Observe):
            continue
        if isinstance(operation, SetTemp) and operation.number not in wanted:
            continue
        kept.append(operation)
        for expr in operation_expressions(operation):
            wanted |= _temps(expr)
    return tuple(reversed(kept))


def _temps(expr: Expr) -> set[int]:
    found: set[int] = set()

    def leaf(item: Read | Temp) -> Expr:
        if isinstance(item, Temp):
            found.add(item.number)
        return item

    rewrite(expr, leaf)
    return found
