"""Steps as C: for each actor a function that switches on its location and appends successors.

Inside one path the state is in scalars, the actor's private locals are plain C variables, and the
location is a constant; they are packed again where the path ends. A path that is not enabled, or
ends in a fault, leaves through ``break``: each arm of a Choose, and the step itself, is in a
``do { } while (0)`` with its own copies of everything that it changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from attrs import define, evolve, field

from ksmcheck.analysis.footprint import all_operations
from ksmcheck.backends.native.cells import Cells, scope_blocks
from ksmcheck.backends.native.expressions import View
from ksmcheck.backends.native.fold import Bounds, Facts, bounds, simplify
from ksmcheck.backends.native.layout import Field, Layout
from ksmcheck.backends.native.properties import ALL, Questions
from ksmcheck.ir.expr import Const, Expr, Not, Read
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


@define
class Path:
    """What holds at one point of one path.

    ``values`` are variables with a known value, ``temps`` bounds of temps, ``stored`` the private
    locals assigned so far, ``writes`` the other cells. The rest are C names: the scope's words, and
    private locals, temps and observed flags by number.
    """

    words: str
    values: dict[int, int]
    temps: dict[int, Bounds] = field(factory=dict)
    stored: frozenset[int] = frozenset()
    writes: frozenset[int] = frozenset()
    local_names: dict[int, str] = field(factory=dict)
    temp_names: dict[int, str] = field(factory=dict)
    flag_names: dict[int, str] = field(factory=dict)

    def copy(self) -> Path:
        """For a branch: same C names, its own knowledge."""
        return evolve(self, values=dict(self.values), temps=dict(self.temps))

    def join(self, one: Path, other: Path) -> None:
        """Go on after ``one`` or ``other``."""
        self.values = {k: v for k, v in one.values.items() if other.values.get(k) == v}
        self.temps = {
            k: v.join(other.temps[k]) for k, v in one.temps.items() if k in other.temps
        }
        self.stored = one.stored | other.stored
        self.writes = one.writes | other.writes


class BlockWriter:
    """Writes blocks that belong to one step; subclasses say what the end of a path is."""

    def __init__(self, layout: Layout, private: frozenset[int]) -> None:
        self._layout = layout
        self._program = layout.program
        self._cells = Cells(layout.program)
        self._private = private

    def end(self, target: int, path: Path) -> list[str]:
        """C for the end of a path that goes to ``target``."""
        raise NotImplementedError

    def fault(self, number: int) -> str:
        """C for an outcome that is a fault."""
        return f"ksm_fault(w, {number});"

    def scope(self, block: Block, outer: Path, depth: int) -> list[str]:
        """``block`` on copies of the state, so that what it does can be thrown away."""
        path = evolve(
            outer.copy(),
            words=f"n{depth}_",
            local_names=dict(outer.local_names),
            temp_names=dict(outer.temp_names),
            flag_names=dict(outer.flag_names),
        )
        lines = [
            f"uint64_t {path.words}{i} = {outer.words}{i};" for i in range(self._layout.words)
        ]
        inner = [o for b in scope_blocks(block) for o in all_operations(b.operations)]
        stored = {o.variable for o in inner if isinstance(o, Assign)} & self._private
        lines += _copies("int64_t", "v", stored, path.local_names, depth)
        temps = {o.number for o in inner if isinstance(o, SetTemp)}
        lines += _copies("int64_t", "t", temps, path.temp_names, depth)
        flags = {o.flag for o in inner if isinstance(o, Observe)}
        lines += _copies("int64_t", "g", flags, path.flag_names, depth)
        body = lines + self._block(block, path, depth)
        return ["do {", *(f"    {line}" for line in body), "} while (0);"]

    def view(self, path: Path) -> View:
        """How expressions see the state on ``path``."""
        facts = Facts(self._program, path.values, path.temps)
        return View(self._layout, path.words, facts, path.local_names, path.temp_names)

    def _known(self, expr: Expr, path: Path) -> Expr:
        return simplify(expr, Facts(self._program, path.values, path.temps))

    def _block(self, block: Block, path: Path, depth: int) -> list[str]:
        lines: list[str] = []
        for operation in block.operations:
            lines += self._operation(operation, path)
            if lines and lines[-1] == "break;":
                return lines
        match block.end:
            case Goto(target):
                return lines + self.end(target, path)
            case Branch(condition, then, orelse):
                return lines + self._branch(condition, then, orelse, path, depth)
            case Choose(_, arms):
                for arm in arms:
                    lines += self.scope(arm, path, depth + 1)
                return lines
            case _:
                assert_never(block.end)

    def _branch(
        self, condition: Expr, then: Block, orelse: Block, path: Path, depth: int
    ) -> list[str]:
        known = self._known(condition, path)
        if isinstance(known, Const):
            return self._block(then if known.value else orelse, path, depth)
        lines = [f"if ({self.view(path).text(known)}) {{"]
        lines += [f"    {line}" for line in self._block(then, path.copy(), depth)]
        lines += ["} else {"]
        lines += [f"    {line}" for line in self._block(orelse, path.copy(), depth)]
        return [*lines, "}"]

    def _operation(self, operation: Operation, path: Path) -> list[str]:
        match operation:
            case Assign(variable, index, value):
                return self._assign(variable, index, value, path)
            case SetTemp(number, value):
                known = self._known(value, path)
                line = f"{path.temp_names[number]} = {self.view(path).text(known)};"
                path.temps[number] = bounds(known, Facts(self._program, {}, path.temps))
                return [line]
            case Check(condition, fault):
                return self._unless(condition, self.fault(fault), path)
            case Require(condition):
                return self._unless(condition, "", path)
            case Observe(flag, condition):
                return [f"{path.flag_names[flag]} |= {self.view(path).text(condition)};"]
            case When(condition, then, orelse):
                return self._when(condition, then, orelse, path)
            case _:
                assert_never(operation)

    def _unless(self, condition: Expr, action: str, path: Path) -> list[str]:
        """Leave the path when the condition is false."""
        refuted = self._known(Not(condition), path)
        if isinstance(refuted, Const):
            if not refuted.value:
                return []
            return [action, "break;"] if action else ["break;"]
        return [f"if ({self.view(path).text(refuted)}) {{ {action} break; }}"]

    def _when(
        self,
        condition: Expr,
        then: tuple[Operation, ...],
        orelse: tuple[Operation, ...],
        path: Path,
    ) -> list[str]:
        known = self._known(condition, path)
        if isinstance(known, Const):
            taken = then if known.value else orelse
            return [line for item in taken for line in self._operation(item, path)]
        one, other = path.copy(), path.copy()
        lines = [f"if ({self.view(path).text(known)}) {{"]
        lines += [f"    {line}" for item in then for line in self._operation(item, one)]
        if orelse:
            lines += ["} else {"]
            lines += [f"    {line}" for item in orelse for line in self._operation(item, other)]
        path.join(one, other)
        return [*lines, "}"]

    def _assign(
        self, variable: int, index: tuple[Expr, ...], value: Expr, path: Path
    ) -> list[str]:
        view, known = self.view(path), self._known(value, path)
        if variable in self._private:
            line = f"{path.local_names[variable]} = {view.text(known)};"
            path.stored |= {variable}
            path.values.pop(variable, None)
            if isinstance(known, Const):
                path.values[variable] = known.value
            return [line]
        path.writes |= frozenset(self._cells.of(variable, index))
        lines = self._store(view, variable, index, known)
        if not index:
            # Known from here on; a later read on this path folds.
            path.values.pop(variable, None)
            if isinstance(known, Const):
                path.values[variable] = known.value
        return lines

    def _store(
        self, view: View, variable: int, index: tuple[Expr, ...], value: Expr
    ) -> list[str]:
        place = self._layout.places[variable]
        if not place.fields:
            return []
        cell = view.cell_number(variable, index)
        if isinstance(cell, Const):
            home = place.cell(cell.value)
            return [replace(view.word(home.word), [home], [packed(view, value, place.lo, home)])]
        mask = (1 << place.width) - 1
        lines = ["{"]
        lines += [f"    const int64_t x = {view.text(cell)};"] if len(place.fields) > 1 else []
        lines += [f"    const uint64_t y = (uint64_t)({view.text(value)} - ({place.lo}));"]
        for position, home in enumerate(place.fields):
            word = view.word(home.word)
            test = f"if (x / {place.cells_each} == {position}) " if len(place.fields) > 1 else ""
            lines += [f"    {test}{{"]
            lines += [f"        const int k = (int)({view.shift_text(cell, place, position)});"]
            lines += [f"        {word} = ({word} & ~(UINT64_C({mask}) << k)) | (y << k);"]
            lines += ["    }"]
        return [*lines, "}"]


def replace(word: str, cleared: Iterable[Field], terms: Iterable[str]) -> str:
    """C that clears fields of a word and puts new contents in."""
    mask = 0
    for home in cleared:
        mask |= home.mask << home.shift
    kept = f"({word} & UINT64_C({~mask & (1 << 64) - 1}))" if mask else word
    return f"{word} = {' | '.join([kept, *(term for term in terms if term != '0')])};"


def packed(view: View, value: Expr, lo: int, home: Field) -> str:
    """C for ``value`` as the contents of the field ``home``."""
    if isinstance(value, Const):
        stored = value.value - lo << home.shift
        return f"UINT64_C({stored})" if stored else "0"
    text = view.text(value)
    text = f"(uint64_t)({text} - ({lo}))" if lo else f"(uint64_t){text}"
    return f"({text} << {home.shift})" if home.shift else text


def _copies(
    kind: str, letter: str, numbers: Iterable[int], names: dict[int, str], depth: int
) -> list[str]:
    """Declare the scope's own copy of each numbered thing, and use that from here on."""
    lines: list[str] = []
    for number in sorted(numbers):
        name = f"{letter}{number}_{depth}"
        lines.append(f"{kind} {name} = {names.get(number, '0')};")
        names[number] = name
    return lines


class StepWriter(BlockWriter):
    """The steps of one actor."""

    def __init__(self, layout: Layout, questions: Questions, actor: int) -> None:
        super().__init__(layout, layout.private[actor].variables)
        self._questions = questions
        self._actor = layout.program.actors[actor]
        self._own = layout.private[actor]
        self._source = 0
        self._serial = 0

    def step(self, source: int, serial: int) -> list[str]:
        """The step at location ``source``, number ``serial`` among all steps of the program."""
        known = self._own.known[source]
        if known is None:
            return []  # no run gets here
        self._source, self._serial = source, serial
        path = Path("s", {**known, self._actor.location: source})
        lines: list[str] = []
        for variable in sorted(self._private):
            if variable in known:
                path.local_names[variable] = str(known[variable])
            else:
                text = self.view(evolve(path, local_names={})).text(Read(variable))
                path.local_names[variable] = f"v{variable}"
                lines.append(f"const int64_t v{variable} = {text};")
        return [*lines, *self.scope(self._actor.steps[source].block, path, 0)]

    def fault(self, number: int) -> str:
        return f"ksm_fault(w, {number}); w->fired[{self._serial}] = 1;"

    def end(self, target: int, path: Path) -> list[str]:
        lines = self._write_back(target, path)
        lines += [f"o->word[{i}] = {path.words}{i};" for i in range(self._layout.words)]
        writes = path.writes
        if target != self._source:
            writes |= {self._cells.offsets[self._actor.location]}
        unfinished = not self._actor.daemon and target != self._actor.done
        check = self._questions.of_state(writes, finite_not_done=unfinished)
        lines += [f"o->check = {check};", "o++;", f"w->fired[{self._serial}] = 1;"]
        lines += [self._questions.step_call(item) for item in self._questions.of_step(writes)]
        for flag, name in sorted(path.flag_names.items()):
            lines.append(f"if ({name} && !w->flagged[{flag}]) ksm_flag(w, {flag}, o[-1].word);")
        return lines

    def _write_back(self, target: int, path: Path) -> list[str]:
        """Pack the location and the private locals: NOTE(shared-bits) in constants.py."""
        cleared: dict[int, list[Field]] = {}
        terms: dict[int, list[str]] = {}
        view = self.view(path)
        if target != self._source:
            place = self._layout.places[self._actor.location]
            home = place.fields[0]
            cleared.setdefault(home.word, []).append(home)
            terms.setdefault(home.word, []).append(packed(view, Const(target), place.lo, home))
        before, after = self._holders(self._source), self._holders(target)
        for home in sorted({*before, *after}, key=lambda f: (f.word, f.shift)):
            was, now = before.get(home), after.get(home)
            if was == now and was not in path.stored:
                continue
            if was is not None:
                cleared.setdefault(home.word, []).append(home)
            if now is not None:
                value = view.facts.values.get(now)
                contents = Read(now) if value is None else Const(value)
                text = packed(view, contents, self._layout.places[now].lo, home)
                terms.setdefault(home.word, []).append(text)
        return [
            replace(view.word(word), cleared.get(word, []), terms.get(word, []))
            for word in sorted({*cleared, *terms})
        ]

    def _holders(self, location: int) -> dict[Field, int]:
        """Which private local each shared field holds at ``location``."""
        unknown = self._own.unknown(location)
        return {self._layout.places[v].fields[0]: v for v in sorted(unknown)}


class SetupWriter(BlockWriter):
    """The setup: each outcome is an initial state."""

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout, frozenset())

    def write(self) -> list[str]:
        """The body of ``ksm_initial``."""
        flat = [v.initial for v in self._program.variables for _ in range(v.cells)]
        words = self._layout.pack(flat)
        lines = [f"const uint64_t s{i} = UINT64_C({word});" for i, word in enumerate(words)]
        return [*lines, *self.scope(self._program.setup, Path("s", {}), 0)]

    def end(self, target: int, path: Path) -> list[str]:
        lines = [f"o->word[{i}] = {path.words}{i};" for i in range(self._layout.words)]
        return [*lines, f"o->check = {ALL};", "o++;"]
