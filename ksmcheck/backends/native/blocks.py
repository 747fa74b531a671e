"""Blocks as C: operations, branches and choices of one step, up to where its paths end.

Inside one path the state is in scalars, the actor's private locals are plain C variables, and the
location is a constant; they are packed again where the path ends. Most steps have one outcome: they
leave through the labels ``done`` and ``faulted`` at the end of the function, which keeps the C
small. Each arm of a Choose is in a ``do { } while (0)`` with its own copies of everything that it
changes, and leaves through ``break``.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import assert_never

from attrs import define, evolve, field

from ksmcheck.analysis.arms import LAST, arms_in, arms_of
from ksmcheck.analysis.footprint import all_operations, asks, blocks, is_symbolic
from ksmcheck.backends.native.cells import Cells, scope_blocks
from ksmcheck.backends.native.expressions import View
from ksmcheck.backends.native.fold import (
    Bounds,
    Facts,
    Narrowed,
    bounds,
    declared_bounds,
    narrow,
    simplify,
)
from ksmcheck.backends.native.layout import Field, Layout, Place
from ksmcheck.ir.expr import Const, Expr, Not
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

# Flags are noted in words of this many bits.
FLAGS = 64

NAMES = re.compile(r"\w+")

# A line that stands for "the rest of the block is not reached"; never written.
UNREACHABLE = "/* unreachable */"


@define
class Path:
    """What holds at one point of one path.

    ``depth`` counts the Choose arms that the path is in. ``scalars`` and ``temps`` are bounds of
    variables and temps, ``stored`` the private locals assigned so far, ``writes`` the other cells.
    The rest are C names: the scope's words, and private locals, temps, and words of observed flags.
    """

    words: str
    depth: int
    scalars: dict[int, Bounds]
    temps: dict[int, Bounds] = field(factory=dict)
    stored: frozenset[int] = frozenset()
    writes: frozenset[int] = frozenset()
    local_names: dict[int, str] = field(factory=dict)
    temp_names: dict[int, str] = field(factory=dict)
    flag_names: dict[int, str] = field(factory=dict)

    def branch(self, narrowed: Narrowed) -> Path:
        """The path on one side of a test: same C names, its own knowledge."""
        return evolve(self, scalars=narrowed[0], temps=narrowed[1])

    def join(self, one: Path, other: Path) -> None:
        """Go on after ``one`` or ``other``."""
        self.scalars = _joined(one.scalars, other.scalars)
        self.temps = _joined(one.temps, other.temps)
        self.stored = one.stored | other.stored
        self.writes = one.writes | other.writes


def _joined(one: dict[int, Bounds], other: dict[int, Bounds]) -> dict[int, Bounds]:
    return {k: v.join(other[k]) for k, v in one.items() if k in other}


class BlockWriter(ABC):
    """Writes blocks that belong to one step; subclasses say what the end of a path is."""

    def __init__(self, layout: Layout, private: frozenset[int]) -> None:
        self.layout = layout
        self.program = layout.program
        self.cells = Cells(layout.program, layout.symbols)
        self.declared = declared_bounds(layout.program)
        self.private = private
        self.symbolic = False  # is the block that is being written?
        # With stubborn sets a step notes which arms it enters; the number of the next one.
        self.marking = False
        self._arm = 1
        # Temps and locals that a When sets: where paths join, only their C variables are right.
        self._joined_temps = frozenset[int]()
        self._joined_locals = frozenset[int]()

    @abstractmethod
    def end(self, target: int, path: Path) -> list[str]:
        """C for the end of a path that goes to ``target``."""

    @abstractmethod
    def fault(self, number: int, path: Path) -> str:
        """C for leaving the path by a fault."""

    def leave(self, path: Path) -> str:
        """C for leaving the path without an outcome, or after it."""
        return "return o;" if path.depth == 0 else "break;"

    def scope(self, block: Block, path: Path) -> list[str]:
        """A whole step, or the setup."""
        self.symbolic = self.layout.symbolic and is_symbolic(self.program, block)
        self._arm = 1
        inner = [
            operation
            for item in blocks(block)
            for when in item.operations
            if isinstance(when, When)
            for operation in all_operations((when,))
        ]
        self._joined_temps = frozenset(o.number for o in inner if isinstance(o, SetTemp))
        self._joined_locals = frozenset(o.variable for o in inner if isinstance(o, Assign))
        return self._scope(block, path)

    def arm(self, block: Block, outer: Path) -> list[str]:
        """An arm of a Choose, on copies of the state so that what it does can be thrown away."""
        depth = outer.depth + 1
        path = evolve(
            outer.branch((dict(outer.scalars), dict(outer.temps))),
            words=f"n{depth}_",
            depth=depth,
            local_names=dict(outer.local_names),
            temp_names=dict(outer.temp_names),
            flag_names=dict(outer.flag_names),
        )
        words = range(self.layout.words)
        copies = ", ".join(f"{path.words}{i} = {outer.words}{i}" for i in words)
        lines = [f"uint64_t {copies};", *self._scope(block, path)]
        return ["do {", *(f"    {line}" for line in lines), "} while (0);"]

    def view(self, path: Path) -> View:
        """How expressions see the state on ``path``."""
        facts = Facts(self.declared, path.scalars, path.temps)
        return View(self.layout, path.words, facts, path.local_names, path.temp_names)

    def _scope(self, block: Block, path: Path) -> list[str]:
        inner = [o for b in scope_blocks(block) for o in all_operations(b.operations)]
        stored = {o.variable for o in inner if isinstance(o, Assign)} & self.private
        temps = {o.number for o in inner if isinstance(o, SetTemp)}
        flags = {o.flag // FLAGS for o in inner if isinstance(o, Observe)}
        if path.depth == 0:
            # The outermost scope can do with what is declared for it already.
            temps -= path.temp_names.keys()
            flags -= path.flag_names.keys()
        declared = [
            *_copies("int64_t", "v", stored, path.local_names, path.depth),
            *_copies("int64_t", "t", temps, path.temp_names, path.depth),
            *_copies("uint64_t", "g", flags, path.flag_names, path.depth),
        ]
        return with_declarations(declared, self._block(block, path))

    def _known(self, expr: Expr, path: Path) -> Expr:
        if self.symbolic and asks(expr):
            return expr  # what is left out is not asked, and a way is missing
        return simplify(expr, Facts(self.declared, path.scalars, path.temps))

    def _narrow(self, condition: Expr, truth: bool, path: Path) -> Narrowed:
        return narrow(condition, truth, Facts(self.declared, path.scalars, path.temps))

    def _block(self, block: Block, path: Path) -> list[str]:
        lines, arm = list[str](), self._arm
        for operation in block.operations:
            self._arm = arm
            lines += self._operation(operation, path)
            if lines and lines[-1] == UNREACHABLE:
                return lines[:-1]
            arm += arms_in((operation,))
        self._arm = arm
        match block.end:
            case Goto(target):
                return lines + self.end(target, path)
            case Branch(condition, then, orelse):
                return lines + self._branch(condition, then, orelse, path)
            case Choose(_, arms):
                if self.symbolic and arms:
                    lines.append(f"const uint32_t way{path.depth} = ksm_choose(w, {len(arms)});")
                for number, item in enumerate(arms):
                    self._arm = arm
                    first, *rest = self.arm(item, path)
                    arm += arms_of(item)
                    chosen = f"if (way{path.depth} == {number}) " if self.symbolic else ""
                    lines += [chosen + first, *rest]
                return [*lines, self.leave(path)]
            case _:
                assert_never(block.end)

    def _branch(self, condition: Expr, then: Block, orelse: Block, path: Path) -> list[str]:
        known, one = self._known(condition, path), self._arm
        other = one + 1 + arms_of(then)
        if isinstance(known, Const):
            taken, number = (then, one) if known.value else (orelse, other)
            return [*self._entering(number), *self._block(taken, path)]
        # Every block leaves at its end, so there is no need for an else.
        lines = [f"if ({self.view(path).written(known)}) {{"]
        yes = path.branch(self._narrow(known, True, path))
        inner = [*self._entering(one), *self._block(then, yes)]
        lines += [f"    {line}" for line in inner]
        no = path.branch(self._narrow(known, False, path))
        return [*lines, "}", *self._entering(other), *self._block(orelse, no)]

    def _entering(self, arm: int) -> list[str]:
        """Note that an arm is entered; what comes in it is numbered from there on."""
        self._arm = arm + 1
        return [f"ARM({arm});"] if self.marking and arm <= LAST else []

    def _operation(self, operation: Operation, path: Path) -> list[str]:
        match operation:
            case Assign(variable, index, value):
                return self._assign(variable, index, value, path)
            case SetTemp(number, value):
                return self._set_temp(number, value, path)
            case Check(condition, fault):
                return self._unless(condition, self.fault(fault, path), path)
            case Require(condition):
                return self._unless(condition, self.leave(path), path)
            case Observe(flag, condition):
                return self._observe(flag, self._known(condition, path), path)
            case When(condition, then, orelse):
                return self._when(condition, then, orelse, path)
            case _:
                assert_never(operation)

    def _observe(self, flag: int, condition: Expr, path: Path) -> list[str]:
        """Note a flag, unless it is known already."""
        word, bit = flag // FLAGS, f"{1 << flag % FLAGS:#x}ul"
        if isinstance(condition, Const):
            return [f"{path.flag_names[word]} |= {bit};"] if condition.value else []
        test = self.view(path).written(condition)
        return [f"if ((w->pending[{word}] & {bit}) && {test}) {path.flag_names[word]} |= {bit};"]

    def _set_temp(self, number: int, value: Expr, path: Path) -> list[str]:
        known = self._known(value, path)
        line = f"{path.temp_names[number]} = {self.view(path).written(known)};"
        path.temps[number] = bounds(known, Facts(self.declared, path.scalars, path.temps))
        # A constant is known wherever it is read, unless paths join.
        folded = isinstance(known, Const) and number not in self._joined_temps
        return [] if folded else [line]

    def _unless(self, condition: Expr, action: str, path: Path) -> list[str]:
        """Leave the path when the condition is false."""
        refuted = self._known(Not(condition), path)
        if isinstance(refuted, Const):
            return [action, UNREACHABLE] if refuted.value else []
        lines = [f"if ({self.view(path).written(refuted)}) {action}"]
        path.scalars, path.temps = self._narrow(refuted, False, path)
        return lines

    def _when(
        self,
        condition: Expr,
        then: tuple[Operation, ...],
        orelse: tuple[Operation, ...],
        path: Path,
    ) -> list[str]:
        known, first = self._known(condition, path), self._arm
        second = first + 1 + arms_in(then)
        if isinstance(known, Const):
            taken, number = (then, first) if known.value else (orelse, second)
            return [*self._entering(number), *self._all(taken, path)]
        one = path.branch(self._narrow(known, True, path))
        other = path.branch(self._narrow(known, False, path))
        lines = [f"if ({self.view(path).written(known)}) {{"]
        lines += self._optional(first, then, one)
        last = self._optional(second, orelse, other)
        if last:
            lines += ["} else {", *last]
        path.join(one, other)
        return [*lines, "}"]

    def _optional(self, arm: int, operations: tuple[Operation, ...], path: Path) -> list[str]:
        lines = [*self._entering(arm), *self._all(operations, path)]
        return [f"    {line}" for line in lines if line != UNREACHABLE]

    def _all(self, operations: tuple[Operation, ...], path: Path) -> list[str]:
        lines, arm = list[str](), self._arm
        for item in operations:
            self._arm = arm
            lines += self._operation(item, path)
            arm += arms_in((item,))
        return lines

    def _assign(self, variable: int, index: tuple[Expr, ...], value: Expr, path: Path) -> list[str]:
        view, known = self.view(path), self._known(value, path)
        if variable in self.private:
            lines = [f"{path.local_names[variable]} = {view.written(known)};"]
            path.stored |= {variable}
            if isinstance(known, Const) and variable not in self._joined_locals:
                lines = []
        else:
            path.writes |= frozenset(self.cells.of(variable, index))
            lines = self._store(view, variable, index, known)
        if not self.program.variables[variable].dims:
            path.scalars[variable] = bounds(known, view.facts)
        return lines

    def _store(self, view: View, variable: int, index: tuple[Expr, ...], value: Expr) -> list[str]:
        place = self.layout.places[variable]
        if not place.fields:
            return []
        cell = view.cell_number(variable, tuple(simplify(item, view.facts) for item in index))
        if isinstance(cell, Const):
            home = place.cell(cell.value)
            return [replace(view.word(home.word), [home], [packed(view, value, place.lo, home)])]
        if len(place.fields) == 1:
            return [self._put(view, place, 0, cell, value)]
        lines = []
        number = view.written(cell)
        for position in range(len(place.fields)):
            test = f"if ({number} / {place.cells_each} == {position})"
            lines += [f"{test} {self._put(view, place, position, cell, value)}"]
        return lines

    def _put(self, view: View, place: Place, position: int, cell: Expr, value: Expr) -> str:
        """Store into a cell that is in field ``position`` of ``place``."""
        word = view.word(place.fields[position].word)
        shift, mask = view.shift_text(cell, place, position), (1 << place.width) - 1
        if isinstance(value, Const):
            stored = value.value - place.lo
            added = f" | {stored}ul << {shift}" if stored else ""
            return f"{word} = ({word} & ~({mask}ul << {shift})){added};"
        text = view.written(value) + (f" - ({place.lo})" if place.lo else "")
        return (
            f"{{ const uint64_t y = (uint64_t)({text}); const int k = (int){shift};"
            f" {word} = ({word} & ~({mask}ul << k)) | y << k; }}"
        )


def replace(word: str, cleared: Iterable[Field], terms: Iterable[str]) -> str:
    """C that clears fields of a word and puts new contents in."""
    mask = 0
    for home in cleared:
        mask |= home.mask << home.shift
    kept = f"({word} & ~{mask:#x}ul)" if mask else word
    return f"{word} = {' | '.join([kept, *(term for term in terms if term != '0')])};"


def packed(view: View, value: Expr, lo: int, home: Field) -> str:
    """C for ``value``, which is simplified, as the contents of the field ``home``."""
    if isinstance(value, Const):
        stored = value.value - lo << home.shift
        return f"{stored:#x}ul" if stored else "0"
    text = view.written(value)
    text = f"(uint64_t)({text} - ({lo}))" if lo else f"(uint64_t){text}"
    return f"({text} << {home.shift})" if home.shift else text


Declaration = tuple[str, str, str]  # its kind, its name, the value that it starts with


def _copies(
    kind: str, letter: str, numbers: Iterable[int], names: dict[int, str], depth: int
) -> list[Declaration]:
    """Give the scope its own copy of each numbered thing, to be used from here on."""
    declared: list[Declaration] = []
    for number in sorted(numbers):
        name = f"{letter}{number}_{depth}"
        declared.append((kind, name, names.get(number, "0")))
        names[number] = name
    return declared


def with_declarations(declared: list[Declaration], body: list[str]) -> list[str]:
    """The body after declarations of those names that it uses."""
    used = frozenset(NAMES.findall("\n".join(body)))
    return [f"{kind} {name} = {value};" for kind, name, value in declared if name in used] + body
