"""Steps as C: how a path through a step begins, and how it ends.

What is in between is in blocks.py. At the end the private locals are packed again, and the actor's
function in actors.py does the rest: it stores the location, appends the successor and asks whatever
looks at steps.

NOTE(shared-steps). Calls are inlined, so a routine that is called from ten places has ten times the
same steps, which differ in where they lead and in what they report. Those numbers are not in the C
of a step but in a table, ``k[0]``, ``k[1]``, ..., and steps with the same C share it. That leaves a
third to a half of the C; the compiler's time is in proportion.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve, frozen

from ksmcheck.backends.native.blocks import (
    FLAGS,
    BlockWriter,
    Declaration,
    Path,
    packed,
    replace,
    with_declarations,
)
from ksmcheck.backends.native.fold import Bounds, simplify
from ksmcheck.backends.native.layout import Field, Layout
from ksmcheck.backends.native.patterns import Pattern, Shape
from ksmcheck.backends.native.properties import ALL, Questions
from ksmcheck.ir.expr import Read


@frozen
class StepCode:
    """The C of a step, and the numbers that it finds in ``k``."""

    lines: tuple[str, ...]
    numbers: tuple[int, ...]


@frozen
class _Exit:
    """Stands in ``k`` for the new location, the questions for the new state and for the step."""

    place: int  # in the targets of the pattern
    writes: frozenset[int]


@frozen
class _Fault:
    """Stands in ``k`` for a fault."""

    place: int  # in the faults of the pattern


@frozen
class _Shared:
    """The C of all steps with one pattern that know the same, and what goes into ``k``."""

    lines: tuple[str, ...]
    slots: tuple[_Exit | _Fault, ...]


Holders = Mapping[Field, int]


class StepWriter(BlockWriter):
    """The steps of one actor."""

    def __init__(self, layout: Layout, questions: Questions, actor: int) -> None:
        super().__init__(layout, layout.private[actor].variables)
        self.questions = questions
        self.marking = layout.local_states is not None
        self._actor = layout.program.actors[actor]
        self._own = layout.private[actor]
        self._patterns = layout.patterns[actor]
        self.flag_words = -(-len(layout.program.edges) // FLAGS)
        self._holders = [self._holders_at(place) for place in range(self._actor.done + 1)]
        self._written = dict[object, _Shared]()
        # Of the pattern being written: the holders before and, for each target, after; k so far.
        self._before: Holders = {}
        self._after: list[Holders] = []
        self._slots = list[_Exit | _Fault]()
        self._size = 0

    def step(self, source: int) -> StepCode | None:
        """The step at location ``source``; None when no run gets there."""
        known = self._own.known[source]
        if known is None:
            return None
        pattern = self._patterns[source]
        self._before = self._holders[source]
        self._after = [self._holders[target] for target in pattern.targets]
        used = self._used(pattern.shape)
        key = (
            pattern.shape,
            tuple((v, known[v]) for v in sorted(used & known.keys())),
            source if self._actor.location in used else None,
            tuple(self._before.items()),
            tuple(tuple(item.items()) for item in self._after),
        )
        shared = self._written.get(key)
        if shared is None:
            shared = self._written[key] = self._write(pattern.shape, source, known, used)
        return StepCode(shared.lines, self._numbers(shared, source, pattern))

    def _used(self, shape: Shape) -> frozenset[int]:
        """The variables whose value a step looks at, sets, or passes on in another place."""
        moved = [after.values() for after in self._after if after != self._before]
        return shape.reads.union(shape.writes, *moved)

    def _numbers(self, shared: _Shared, source: int, pattern: Pattern) -> tuple[int, ...]:
        numbers: list[int] = []
        lo = self.layout.places[self._actor.location].lo
        for slot in shared.slots:
            if isinstance(slot, _Fault):
                numbers.append(pattern.faults[slot.place])
                continue
            target, writes = pattern.targets[slot.place], slot.writes
            if target != source:
                writes |= {self.cells.offsets[self._actor.location]}
            unfinished = not self._actor.daemon and target != self._actor.done
            check = self.questions.of_state(writes, finite_not_done=unfinished)
            numbers += (target - lo, check, self.questions.of_step(writes))
        return tuple(numbers)

    def _write(
        self, shape: Shape, source: int, known: Mapping[int, int], used: frozenset[int]
    ) -> _Shared:
        self._slots, self._size = [], 0
        exact = {variable: Bounds(value, value) for variable, value in known.items()}
        path = Path("n", 0, {**exact, self._actor.location: Bounds(source, source)})
        path.flag_names = {word: f"seen{word}" for word in range(self.flag_words)}
        path.temp_names = {number: f"t{number}" for number in shape.temps}
        declared: list[Declaration] = []
        for variable in sorted(self.private):
            if variable in known:
                path.local_names[variable] = str(known[variable])
            elif variable in used:
                text = self.view(evolve(path, local_names={})).text(Read(variable))
                path.local_names[variable] = f"v{variable}"
                declared.append(("const int64_t", f"v{variable}", text))
        lines = with_declarations(declared, self.scope(shape.block, path))
        return _Shared(tuple(lines), tuple(self._slots))

    def _place(self, slot: _Exit | _Fault) -> int:
        """Where in ``k`` the step finds what ``slot`` stands for."""
        self._slots.append(slot)
        self._size += 3 if isinstance(slot, _Exit) else 1
        return self._size - (3 if isinstance(slot, _Exit) else 1)

    def end(self, target: int, path: Path) -> list[str]:
        lines = self._write_back(self._after[target], path)
        settled = self.cells.settled if self.symbolic else frozenset[int]()
        place = self._place(_Exit(target, path.writes | settled))
        if path.depth == 0:
            return [*lines, f"k += {place};", "goto done;"]
        words = [f"{path.words}{i}" for i in range(self.layout.words)]
        home = self.layout.places[self._actor.location].fields[0]
        words[home.word] = arrived(words[home.word], home, place)
        flags = [path.flag_names[word] for word in range(self.flag_words)]
        arguments = ", ".join(map(str, ("o, s, w, fired", f"k + {place}", *flags, *words)))
        return [*lines, f"o = finish({arguments});", self.leave(path)]

    def fault(self, number: int, path: Path) -> str:
        place = self._place(_Fault(number))
        if path.depth == 0:
            return f"{{ k += {place}; goto faulted; }}"
        return f"{{ ksm_fault(w, k[{place}]); FIRED; break; }}"

    def _write_back(self, after: Holders, path: Path) -> list[str]:
        """Pack the private locals: NOTE(shared-bits) in constants.py."""
        cleared: dict[int, list[Field]] = {}
        terms: dict[int, list[str]] = {}
        view = self.view(path)
        before = self._before
        for home in sorted({*before, *after}, key=lambda f: (f.word, f.shift)):
            was, now = before.get(home), after.get(home)
            if was == now and was not in path.stored:
                continue
            if was is not None:
                cleared.setdefault(home.word, []).append(home)
            if now is not None:
                contents = simplify(Read(now), view.facts)
                text = packed(view, contents, self.layout.places[now].lo, home)
                terms.setdefault(home.word, []).append(text)
        return [
            replace(view.word(word), cleared.get(word, []), terms.get(word, []))
            for word in sorted({*cleared, *terms})
        ]

    def _holders_at(self, location: int) -> Holders:
        """Which private local each shared field holds at ``location``."""
        unknown = self._own.unknown(location)
        homes = {v: self.layout.places[v].fields for v in unknown}  # none: a type of one value
        return {homes[v][0]: v for v in sorted(homes) if homes[v]}


def arrived(word: str, home: Field, place: int) -> str:
    """C for a word with the location that is at ``place`` in ``k``."""
    location = f"(uint64_t)k[{place}] << {home.shift}" if home.shift else f"k[{place}]"
    return f"({word} & ~{home.mask << home.shift:#x}ul) | {location}"


class SetupWriter(BlockWriter):
    """The setup: each outcome is an initial state."""

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout, frozenset())

    def write(self) -> list[str]:
        """The body of ``ksm_initial``."""
        flat = [v.initial for v in self.program.variables for _ in range(v.cells)]
        words = self.layout.pack(flat)
        lines = [f"uint64_t n{i} = {word:#x}ul;" for i, word in enumerate(words)]
        return [*lines, *self.scope(self.program.setup, Path("n", 0, {}))]

    def end(self, target: int, path: Path) -> list[str]:
        words = ", ".join(f"{path.words}{i}" for i in range(self.layout.words))
        settle = ["settled(o[-1].word, w);"] if self.layout.symbols.cells else []
        return [f"EMIT({ALL}, {words});", *settle, self.leave(path)]

    def fault(self, number: int, path: Path) -> str:
        return f"{{ ksm_fault(w, {number}); {self.leave(path)} }}"
