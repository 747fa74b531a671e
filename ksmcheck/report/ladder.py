"""The patch ladder: one search for each patch level, and what each patch opened or closed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise

from attrs import evolve, frozen

from ksmcheck.explore.options import StopReason
from ksmcheck.ir.program import Patch, Program
from ksmcheck.report.searching import Effort, everything, searched
from ksmcheck.report.verdict import Report, Verdict

BASE = "base"


@frozen
class Rung:
    """A patch level: a set of patches. ``kernels`` are the versions that have exactly these.

    ``name`` is that of the patch which it adds to the level before, or a kernel version.
    """

    name: str
    release: str
    patches: tuple[str, ...]
    kernels: tuple[str, ...] = ()


@frozen
class Ground:
    """What a ladder stands on. ``in_force`` gives the patches that a kernel version has.

    ``compile`` takes the patches to apply to the bare model.
    """

    model: str
    kernel: str
    patches: tuple[Patch, ...]
    in_force: Callable[[str], frozenset[str]]
    compile: Callable[[tuple[str, ...]], Program]


@frozen
class Cell:
    """The verdict on one property at one level; ``depth`` is that of its shortest violation."""

    verdict: Verdict
    depth: int | None = None


@frozen
class Level:
    """A rung that was climbed. ``cells`` are those of the scenario's properties and of the

    built-in checks that were violated, by name. ``same_as`` names the level that has the very
    same program, when there is one before: what was found there was not searched for again.
    """

    rung: Rung
    report: Report
    cells: Mapping[str, Cell]
    seconds: float
    same_as: str = ""

    def cell(self, name: str) -> Cell:
        """The verdict on ``name``; a built-in check that found nothing is not in ``cells``."""
        clean = Verdict.HOLDS if self.complete else Verdict.INCONCLUSIVE
        return self.cells.get(name, Cell(clean))

    @property
    def complete(self) -> bool:
        """True when the level was searched to its end."""
        return self.report.exact and self.report.result.stop_reason is StopReason.EXHAUSTED


@frozen
class Change:
    """What a level made of the verdicts of the level before it."""

    level: str
    opened: tuple[str, ...]
    closed: tuple[str, ...]


@frozen
class Ladder:
    """The levels that were climbed; ``not_run`` are those that an interruption left."""

    model: str
    parameters: tuple[tuple[str, int], ...]
    levels: tuple[Level, ...]
    not_run: tuple[Rung, ...]
    seconds: float

    @property
    def columns(self) -> tuple[str, ...]:
        """The scenario's properties in its order, then the checks that were ever violated."""
        return tuple(dict.fromkeys(name for level in self.levels for name in level.cells))

    @property
    def changes(self) -> tuple[Change, ...]:
        """The levels that opened or closed something. A level by itself follows on none."""
        climbed = [level for level in self.levels if level.rung.name not in level.rung.kernels]
        changes = [self._change(before, after) for before, after in pairwise(climbed)]
        return tuple(change for change in changes if change.opened or change.closed)

    @property
    def exit_code(self) -> int:
        """0 when every level is decided: a violation on the way is what a ladder is for."""
        decided = not self.not_run and all(level.complete for level in self.levels)
        return 0 if decided else Verdict.INCONCLUSIVE.exit_code

    def _change(self, before: Level, after: Level) -> Change:
        opened, closed = [], []
        for name in self.columns:
            old, new = before.cell(name).verdict, after.cell(name).verdict
            if Verdict.INCONCLUSIVE in (old, new) or old is new:
                continue
            if new is Verdict.VIOLATED:
                opened.append(name)
            elif old is Verdict.VIOLATED:
                closed.append(name)
        return Change(after.rung.name, tuple(opened), tuple(closed))


def rungs(ground: Ground, kernels: Sequence[str]) -> tuple[Rung, ...]:
    """The base, each patch of the list added to it, and further kernel versions of ``kernels``."""
    order = [patch.id for patch in ground.patches]
    releases = [patch.release for patch in ground.patches]
    versions = dict.fromkeys([*releases, *filter(None, [ground.kernel]), *kernels])
    sets = {version: ground.in_force(version) for version in versions}

    def named(patches: Iterable[str]) -> tuple[str, ...]:
        return tuple(version for version, has in sets.items() if has == frozenset(patches))

    levels = [Rung(BASE, "", (), named(()))]
    for number, patch in enumerate(ground.patches, 1):
        patches = tuple(order[:number])
        levels.append(Rung(patch.id, patch.release, patches, named(patches)))
    for version in dict.fromkeys(kernels):
        if not any(version in level.kernels for level in levels):
            patches = tuple(name for name in order if name in sets[version])
            levels.append(Rung(version, version, patches, (version,)))
    return tuple(levels)


def climb(
    ground: Ground, levels: Sequence[Rung], effort: Effort, told: Callable[[Level], None]
) -> Ladder:
    """Search every level; ``told`` gets each as it ends. Ctrl-C ends the climb.

    All levels are compiled before the first search: UserError with what is wrong with the model.
    """
    started = time.perf_counter()
    programs = [ground.compile(rung.patches) for rung in levels]
    climbed: list[Level] = []
    for rung, program in zip(levels, programs, strict=True):
        try:
            climbed.append(_climbed(rung, program, climbed) or _searched(rung, program, effort))
        except KeyboardInterrupt:
            break
        told(climbed[-1])
    return Ladder(
        model=programs[0].identity.model,
        parameters=programs[0].identity.parameters,
        levels=tuple(climbed),
        not_run=tuple(levels[len(climbed) :]),
        seconds=time.perf_counter() - started,
    )


def _searched(rung: Rung, program: Program, effort: Effort) -> Level:
    started = time.perf_counter()
    report = searched(program, everything(effort))
    return Level(rung, report, _cells(report), time.perf_counter() - started)


def _climbed(rung: Rung, program: Program, levels: Sequence[Level]) -> Level | None:
    """The level of an equal program: most patches do not touch most scenarios."""
    for level in levels:
        before = level.report.program
        if not level.same_as and before == evolve(
            program, identity=before.identity, digest=before.digest
        ):
            return evolve(level, rung=rung, seconds=0.0, same_as=level.rung.name)
    return None


def _cells(report: Report) -> Mapping[str, Cell]:
    depths: dict[str, int] = {}
    for item in report.counterexamples:
        name, depth = item.trace.violation.name, len(item.trace.steps)
        depths[name] = min(depth, depths.get(name, depth))
    cells = {
        row.property.name: Cell(row.verdict, depths.get(row.property.name))
        for row in report.properties
    }
    checks = {name: Cell(Verdict.VIOLATED, depth) for name, depth in depths.items()}
    return cells | checks
