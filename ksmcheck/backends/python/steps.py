"""Steps as Python functions from a packed state to the tuple of its outcomes.

Each function reads ``s`` until its path stores something; only then is the state copied, to a
bytearray ``n``. A path that is not enabled returns (), a fault returns its number. Each arm of a
Choose is a function of its own, because every arm starts from the same state.

A symbolic step is two functions: one that takes the step in one way, asking and choosing as the
dialogue says, and one that has it go through all ways. Its end is settled.
"""

from __future__ import annotations

from typing import assert_never

from attrs import define, evolve

from ksmcheck.analysis.arms import LAST, arms_of
from ksmcheck.analysis.footprint import all_operations, block_temps, is_symbolic
from ksmcheck.backends.python.expressions import NOT, TERM, ExpressionCompiler
from ksmcheck.backends.python.layout import Layout, Place
from ksmcheck.ir.expr import Const, Expr, Not
from ksmcheck.ir.program import Program
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

INDENT = "    "

# Python allows 100 levels of indentation.
DEEPEST_BRANCH = 60


@define
class _Scope:
    """What holds at one point of a path through the generated code.

    ``state`` is the name of the current state, ``temps`` are those that are bound, ``observing``
    says that a mask of observed flags ``g`` is kept, ``level`` counts the branches around.
    ``symbolic``: the dialogue says which way to go. ``arm`` is the number of the next arm.
    """

    state: str
    temps: frozenset[int]
    observing: bool
    level: int = 0
    symbolic: bool = False
    arm: int = 1

    def deeper(self, arm: int) -> _Scope:
        return evolve(self, level=self.level + 1, arm=arm)


class StepCompiler:
    """Writes the steps of one actor over the packed states of ``layout``.

    ``location`` is the actor's variable, or None for setup, which goes nowhere. ``functions``
    collects the text, arms before their users. ``marking``: steps note which arms they enter (see
    analysis/arms.py) in ``arms[0]``.
    """

    def __init__(
        self,
        program: Program,
        layout: Layout,
        expressions: ExpressionCompiler,
        location: int | None,
        *,
        marking: bool = False,
    ) -> None:
        self._marking = marking
        self._program = program
        self._layout = layout
        self._expressions = expressions
        self._location = location
        self.functions: list[str] = []

    def define(self, name: str, block: Block, comment: str = "") -> None:
        """Add the function ``name(s)`` and those that it calls."""
        scope = _Scope("s", frozenset(), observing=False)
        if is_symbolic(self._program, block):
            self._function(f"{name}_once", block, evolve(scope, symbolic=True), comment)
            self.functions.append(f"def {name}(s):\n    return outcomes(s, {name}_once)")
        else:
            self._function(name, block, scope, comment)

    def _function(self, name: str, block: Block, outer: _Scope, comment: str) -> None:
        head = self._parameters(block, evolve(outer, state="s"))
        scope = _Scope("s", outer.temps, outer.observing, symbolic=outer.symbolic, arm=outer.arm)
        lines = [INDENT + f"# {comment}"] if comment else []
        lines += [INDENT + line for line in self._mark(0)]
        if not scope.observing and _observes(block):
            lines.append(INDENT + "g = 0")
            scope.observing = True
        for number in sorted(_sometimes_set(block) - outer.temps):
            lines.append(INDENT + f"t{number} = 0")
            scope.temps |= {number}
        lines += [INDENT + line for line in self._block(name, block, scope)]
        self.functions.append("\n".join([f"def {name}({head}):", *lines]))

    def _parameters(self, block: Block, scope: _Scope) -> str:
        temps = [f"t{number}" for number in sorted(block_temps(block) & scope.temps)]
        return ", ".join([scope.state, *(["g"] if scope.observing else []), *temps])

    def _call(self, name: str, block: Block, scope: _Scope) -> str:
        """Text that runs ``block`` as a function of its own on a copy of the current state."""
        self._function(name, block, scope, "")
        return f"{name}({self._parameters(block, scope)})"

    def _block(self, name: str, block: Block, scope: _Scope) -> list[str]:
        if scope.level > DEEPEST_BRANCH:
            return [f"return {self._call(f'{name}_deep', block, scope)}"]
        lines: list[str] = []
        for operation in block.operations:
            lines += self._operation(operation, scope)
        match block.end:
            case Goto(target):
                return lines + self._goto(target, scope)
            case Branch(condition, then, orelse):
                arm = scope.arm
                lines.append(f"if {self._expressions.condition(condition, scope.state)}:")
                inner = self._mark(arm) + self._block(f"{name}t", then, scope.deeper(arm + 1))
                lines += [INDENT + line for line in inner]
                arm += 1 + arms_of(then)
                lines += self._mark(arm)
                return lines + self._block(f"{name}e", orelse, evolve(scope, arm=arm + 1))
            case Choose(_, arms):
                calls: list[str] = []
                for number, item in enumerate(arms):
                    calls.append(self._call(f"{name}_{number}", item, scope))
                    scope.arm += arms_of(item)
                if scope.symbolic and calls:
                    return [*lines, *_chosen(calls)]
                return [*lines, f"return {' + '.join(calls) or '()'}"]
            case _:
                assert_never(block.end)

    def _mark(self, arm: int) -> list[str]:
        """Note that an arm is entered."""
        return [f"arms[0] |= {1 << arm:#x}"] if self._marking and arm <= LAST else []

    def _goto(self, target: int, scope: _Scope) -> list[str]:
        lines: list[str] = []
        if self._location is not None:
            lines += self._copy(scope)
            lines += self._store(self._location, (), Const(target), scope)
        packed = f"bytes({scope.state})"
        if scope.symbolic:
            lines += self._copy(scope)
            packed = "settled(n)"
        if not scope.observing:
            return [*lines, f"return ({packed},)"]
        return [
            *lines,
            f"x = {packed}",
            "if g: observed((g, x))",
            "return (x,)",
        ]

    def _copy(self, scope: _Scope) -> list[str]:
        if scope.state == "n":
            return []
        scope.state = "n"
        return ["n = bytearray(s)"]

    def _operation(self, operation: Operation, scope: _Scope) -> list[str]:
        write = self._expressions
        match operation:
            case Assign(variable, index, value):
                return self._copy(scope) + self._store(variable, index, value, scope)
            case SetTemp(number, value):
                scope.temps |= {number}
                return [f"t{number} = {write.value(value, scope.state)}"]
            case Check(condition, fault):
                return [f"if {write.condition(Not(condition), scope.state)}: return ({fault},)"]
            case Require(condition):
                return [f"if {write.condition(Not(condition), scope.state)}: return ()"]
            case Observe(flag, condition):
                test = write.condition(condition, scope.state, NOT)
                return [f"if pending[{flag}] and {test}: g |= {1 << flag}"]
            case When():
                return self._when(operation, scope)
            case _:
                assert_never(operation)

    def _when(self, operation: When, scope: _Scope) -> list[str]:
        body = (*operation.then, *operation.orelse)
        stores = any(isinstance(item, Assign) for item in all_operations(body))
        lines = self._copy(scope) if stores else []
        lines.append(f"if {self._expressions.condition(operation.condition, scope.state)}:")
        for arm, keyword in ((operation.then, ""), (operation.orelse, "else:")):
            inner = self._mark(scope.arm)
            scope.arm += 1
            for item in arm:
                inner += self._operation(item, scope)
            if keyword and inner:
                lines.append(keyword)
            lines += [INDENT + line for line in inner or (["pass"] if not keyword else [])]
        return lines

    def _store(
        self, variable: int, index: tuple[Expr, ...], value: Expr, scope: _Scope
    ) -> list[str]:
        place = self._layout.places[variable]
        where = self._expressions.position(variable, index, scope.state)
        stored = self._stored(place, value, scope.state)
        if place.width == 1:
            return [f"n[{where}] = {stored}"]
        if isinstance(value, Const) and where.isdecimal():
            raw = (value.value - place.bias).to_bytes(place.width, "little")
            return [f"n[{int(where) + i}] = {byte}" for i, byte in enumerate(raw)]
        return [
            f"v = ({stored}).to_bytes({place.width}, 'little')",
            f"i = {where}",
            f"n[i : i + {place.width}] = v",
        ]

    def _stored(self, place: Place, value: Expr, state: str) -> str:
        if not place.bias:
            return self._expressions.value(value, state)
        if isinstance(value, Const):
            return str(value.value - place.bias)
        return f"{self._expressions.value(value, state, TERM)} - {place.bias}".replace("- -", "+ ")


def _chosen(calls: list[str]) -> list[str]:
    """Go into the arm that the dialogue says."""
    tests = [f"if k == {number}: return {call}" for number, call in enumerate(calls[:-1])]
    return [f"k = choose({len(calls)})", *tests, f"return {calls[-1]}"]


def _observes(block: Block) -> bool:
    """True when ``block`` observes outside the arms of a Choose, which look after themselves."""
    if any(isinstance(item, Observe) for item in all_operations(block.operations)):
        return True
    match block.end:
        case Branch(_, then, orelse):
            return _observes(then) or _observes(orelse)
        case Goto() | Choose():
            return False
        case _:
            assert_never(block.end)


def _sometimes_set(block: Block) -> set[int]:
    """Temps that a When may or may not set: bound beforehand, so that they can be passed on."""
    found: set[int] = set()
    for operation in block.operations:
        if isinstance(operation, When):
            inner = (*operation.then, *operation.orelse)
            found |= {i.number for i in all_operations(inner) if isinstance(i, SetTemp)}
    match block.end:
        case Branch(_, then, orelse):
            return found | _sometimes_set(then) | _sometimes_set(orelse)
        case Goto() | Choose():
            return found
        case _:
            assert_never(block.end)
