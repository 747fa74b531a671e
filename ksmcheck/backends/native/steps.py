"""Steps as C: for each actor a function that switches on its location and appends successors.

What is inside a step is in blocks.py; here is how a path begins, and how it ends: the location
and the private locals are packed again, the successor is appended, and whatever looks at steps is
asked.
"""

from __future__ import annotations

from attrs import evolve

from ksmcheck.analysis.footprint import targets
from ksmcheck.backends.native.blocks import BlockWriter, Path, packed, replace
from ksmcheck.backends.native.cells import block_reads, block_writes
from ksmcheck.backends.native.fold import Bounds, simplify
from ksmcheck.backends.native.layout import Field, Layout
from ksmcheck.backends.native.properties import ALL, Questions
from ksmcheck.ir.expr import Const, Read


class StepWriter(BlockWriter):
    """The steps of one actor."""

    def __init__(self, layout: Layout, questions: Questions, actor: int) -> None:
        super().__init__(layout, layout.private[actor].variables)
        self.questions = questions
        self._actor = layout.program.actors[actor]
        self._own = layout.private[actor]
        self._source = 0

    def step(self, source: int) -> list[str]:
        """The step at location ``source``; nothing when no run gets there."""
        known = self._own.known[source]
        if known is None:
            return []
        self._source = source
        exact = {variable: Bounds(value, value) for variable, value in known.items()}
        path = Path("n", 0, {**exact, self._actor.location: Bounds(source, source)})
        used = self._used(source)
        lines: list[str] = []
        for variable in sorted(self.private):
            if variable in known:
                path.local_names[variable] = str(known[variable])
            elif variable in used:
                text = self.view(evolve(path, local_names={})).text(Read(variable))
                path.local_names[variable] = f"v{variable}"
                lines.append(f"const int64_t v{variable} = {text};")
        return [*lines, *self.scope(self._actor.steps[source].block, path)]

    def _used(self, source: int) -> frozenset[int]:
        """The private locals whose value the step at ``source`` looks at, or passes on."""
        block = self._actor.steps[source].block
        ends = {t for t in targets(block) if self._holders(t) != self._holders(source)}
        moved = frozenset[int]().union(*(self._own.unknown(target) for target in ends))
        return block_reads(block) | block_writes(block) | moved

    def end(self, target: int, path: Path) -> list[str]:
        lines = self._write_back(target, path)
        writes = path.writes
        if target != self._source:
            writes |= {self.cells.offsets[self._actor.location]}
        unfinished = not self._actor.daemon and target != self._actor.done
        check = self.questions.of_state(writes, finite_not_done=unfinished)
        calls = [self.questions.step_call(item) for item in self.questions.of_step(writes)]
        for flag, name in sorted(path.flag_names.items()):
            calls.append(f"if ({name} && !w->flagged[{flag}]) ksm_flag(w, {flag}, o[-1].word);")
        if path.depth == 0 and not calls:
            return [*lines, *([f"check = {check};"] if check else []), "goto done;"]
        words = ", ".join(f"{path.words}{i}" for i in range(self.layout.words))
        return [*lines, f"EMIT({check}, {words});", *calls, self.leave(path)]

    def _write_back(self, target: int, path: Path) -> list[str]:
        """Pack the location and the private locals: NOTE(shared-bits) in constants.py."""
        cleared: dict[int, list[Field]] = {}
        terms: dict[int, list[str]] = {}
        view = self.view(path)
        if target != self._source:
            place = self.layout.places[self._actor.location]
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
                contents = simplify(Read(now), view.facts)
                text = packed(view, contents, self.layout.places[now].lo, home)
                terms.setdefault(home.word, []).append(text)
        return [
            replace(view.word(word), cleared.get(word, []), terms.get(word, []))
            for word in sorted({*cleared, *terms})
        ]

    def _holders(self, location: int) -> dict[Field, int]:
        """Which private local each shared field holds at ``location``."""
        unknown = self._own.unknown(location)
        return {self.layout.places[v].fields[0]: v for v in sorted(unknown)}


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
        return [f"EMIT({ALL}, {words});", self.leave(path)]

    def fault(self, number: int, path: Path) -> str:
        return f"{{ ksm_fault(w, {number}); {self.leave(path)} }}"
