"""One search of a benchmark: its states and the processor's seconds, kept in a file between runs.

What a file has is measured again only when the model or (but for searches without reductions) the
checker has changed since.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

from attrs import Factory, frozen

import ksmcheck
from ksmcheck.backends.native.build import Build, program_digest
from ksmcheck.explore.native_engine import NativeEngine
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.reductions import Reduce, Reduction, decide
from ksmcheck.ir.program import Program

POR = frozenset({Reduction.POR})
MERGE = POR | {Reduction.MERGE}


def named(reductions: frozenset[Reduction]) -> str:
    return ",".join(item.value for item in Reduction if item in reductions)


LEVELS: dict[str, frozenset[Reduction]] = {
    "none": frozenset(),
    named(POR): POR,
    named(MERGE): MERGE,
    named(frozenset(Reduction) - MERGE): frozenset(Reduction) - MERGE,
    "all": frozenset(Reduction),
}
TIMED = ("none", named(POR), named(MERGE), "all")

Cell: TypeAlias = dict[str, Any]
Row: TypeAlias = dict[str, Cell]


@frozen
class Timed(NativeEngine):
    """Notes the processor's seconds that go into building, to be taken off."""

    building: list[float] = Factory(list)

    def build(self, *args: Any, **options: Any) -> Build:
        started = time.process_time()
        built = NativeEngine.build(self, *args, **options)
        self.building.append(time.process_time() - started)
        return built


@frozen
class Effort:
    """Of one search."""

    seconds: float
    gibibytes: float
    quick: bool


def measure(program: Program, chosen: frozenset[Reduction], effort: Effort) -> Cell:
    """One search to its end, whatever is violated."""
    engine = Timed(workers=1, compiler_flags=("-O0",) if effort.quick else ())
    options = SearchOptions(
        reductions=chosen,
        all_violations=True,
        time_limit=effort.seconds,
        memory_limit=int(effort.gibibytes * (1 << 30)),
        if_paying=True,
    )
    started = time.process_time()
    result = engine.search(program, options)
    seconds = time.process_time() - started - sum(engine.building)
    return {
        "states": result.states,
        "cpu": round(seconds, 3),
        "stopped": result.stop_reason.value,
        "ran": named(chosen - result.unused),
    }


def code_digest() -> str:
    """Tells this checker from others: a search without reductions gives the same with all."""
    total = hashlib.sha256()
    folder = Path(ksmcheck.__file__).parent
    for path in sorted(p for p in folder.rglob("*") if p.suffix in {".py", ".c", ".h"}):
        total.update(path.read_bytes())
    return total.hexdigest()[:16]


class Record:
    """What has been measured, in a file."""

    def __init__(self, file: Path | None, keep: bool) -> None:
        self._file, self._keep, self._code = file, keep, code_digest()
        self.rows: dict[str, Row] = {}
        if file is not None and file.exists():
            self.rows = json.loads(file.read_text(encoding="utf-8"))["rows"]

    def cell(self, case: str, level: str, about: str, find: Callable[[], Cell]) -> Cell:
        """What is known, or found now. ``about`` is the digest of what was measured."""
        row = self.rows.setdefault(case, {})
        known = self.current(case).get(level)
        if known is None or known["about"] != about:
            code = "" if level in {"none", "spin"} else self._code
            row[level] = find() | {"about": about, "code": code, "date": str(date.today())}
            self.save()
        return row[level]

    def current(self, case: str) -> Row:
        """What is known of a case and was measured with this checker."""
        row = self.rows.get(case, {})
        return {n: c for n, c in row.items() if self._keep or c["code"] in {"", self._code}}

    def save(self) -> None:
        if self._file is not None:
            text = json.dumps({"rows": self.rows}, indent=1) + "\n"
            self._file.write_text(text, encoding="utf-8")


def search_all(
    name: str,
    program: Program,
    record: Record,
    effort: Effort,
    levels: tuple[str, ...] = tuple(LEVELS),
) -> Row:
    """Search at each level; one that runs as an earlier one is not run again."""
    about = program_digest(program).hex()[:16]
    done: dict[frozenset[Reduction], Cell] = {}
    for level in levels:
        chosen = decide(Reduce(LEVELS[level]), program)

        def find(chosen: frozenset[Reduction] = chosen) -> Cell:
            return done.get(chosen) or measure(program, chosen, effort)

        done[chosen] = record.cell(name, level, about, find)
    return record.rows[name]


def ended(cell: Cell | None) -> bool:
    return cell is not None and cell.get("stopped") == StopReason.EXHAUSTED.value


def factor(row: Row, level: str) -> float | None:
    """How many times fewer states than with none; None when one of the two did not end."""
    both = ended(row.get("none")) and ended(row.get(level))
    return row["none"]["states"] / row[level]["states"] if both else None


def states(cell: Cell | None) -> str:
    if cell is None:
        return "-"
    return f"{cell['states']:,}" if ended(cell) else f"over {cell['states']:,}"


def mean(factors: list[float]) -> float:
    """The geometric mean."""
    return math.exp(sum(map(math.log, factors)) / len(factors)) if factors else math.nan
