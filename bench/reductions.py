"""What each reduction saves: states and time with none, one after the other, and all of them.

    python bench/reductions.py [--json FILE] [--model NAME|FILE]... [--spin] [--quick]

For every shipped scenario (or those named) each configuration that is expected to hold is searched
to its end by the native engine with one worker. Beside the states stands the factor over `--reduce
none`; below the table the geometric mean of the factors. With --spin also Spin on the exported
model with its own partial order reduction on. --quick compiles without optimisation: the counts
are the same, the times mean nothing.
"""

from __future__ import annotations

import json
import math
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click

from ksmcheck.analysis.symbols import symbols_of
from ksmcheck.backends.promela import export
from ksmcheck.explore.native_engine import NativeEngine
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.reductions import Reduce, Reduction, decide
from ksmcheck.frontend import CompileOptions, compile_model, model_names, summarise
from ksmcheck.ir.program import Program
from ksmcheck.report.listing import flags

LEVELS = {
    "none": frozenset[Reduction](),
    "por": frozenset({Reduction.POR}),
    "por,merge": frozenset({Reduction.POR, Reduction.MERGE}),
    "symmetry,heap": frozenset({Reduction.SYMMETRY, Reduction.HEAP}),
    "all": frozenset(Reduction),
}
SPIN = (
    ("spin", "-a", "-o1", "-o2", "-o3", "model.pml"),
    ("gcc", "-O1", "-DSAFETY", "-DNOFAIR", "-w", "-o", "pan", "pan.c"),
    ("./pan", "-m5000000", "-w24", "-c0"),
)


def configurations(model: str) -> Iterator[tuple[str, Program]]:
    """What the scenario expects to hold: its name with options, and the program."""
    summary = summarise(model)
    for expected in summary.expected:
        if expected.verdict == "holds":
            name = f"{summary.name} {flags(expected, summary.kernel)}".rstrip()
            yield name, compile_model(model, CompileOptions.of(expected))


def measure(program: Program, limit: float, *, quick: bool) -> dict[str, dict[str, float]]:
    """States and seconds for each level; no row for a level that runs as the one before."""
    rows: dict[str, dict[str, float]] = {}
    seen: dict[frozenset[Reduction], str] = {}
    for name, wanted in LEVELS.items():
        chosen = decide(Reduce(wanted), program)
        if chosen in seen:
            rows[name] = rows[seen[chosen]]
            continue
        seen[chosen] = name
        engine = NativeEngine(workers=1, compiler_flags=("-O0",) if quick else ())
        options = SearchOptions(reductions=chosen, time_limit=limit, memory_limit=4 << 30)
        result = engine.search(program, options)
        done = result.stop_reason is StopReason.EXHAUSTED
        rows[name] = {
            "states": result.states if done else math.inf,
            "seconds": round(result.seconds, 3),
            "compile_seconds": round(result.compile_seconds, 2),
        }
    return rows


def spin(program: Program) -> float:
    """The states that Spin stores with its partial order reduction; nan where it gives none."""
    if symbols_of(program).condition >= 0:  # Promela has no symbols
        return math.nan
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "model.pml").write_text(export(program), encoding="utf-8")
        text = ""
        for command in SPIN:
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            text = done.stdout
        found = re.search(r"([\d.e+]+) states, stored", text)
        if found is None or "search depth too small" in text or "errors: 0" not in text:
            return math.nan
        return float(found[1])


def line(name: str, rows: dict[str, dict[str, float]], spins: float | None) -> str:
    """A row of the Markdown table."""
    whole = rows["none"]["states"]
    cells = [name, f"{whole:,.0f}"]
    cells += [
        f"{rows[level]['states']:,.0f} ({whole / rows[level]['states']:.1f})"
        for level in list(LEVELS)[1:]
    ]
    cells += [str(rows["none"]["seconds"]), str(rows["all"]["seconds"])]
    if spins is not None:
        cells.append(f"{spins:,.0f}")
    return "| " + " | ".join(cells) + " |"


@click.command()
@click.option("--json", "file", type=click.Path(path_type=Path), help="Save the rows here.")
@click.option("--model", "models", multiple=True, help="Only this one; repeatable.")
@click.option("--spin/--no-spin", "beside", help="Spin with its own reduction beside ours.")
@click.option("--quick", is_flag=True, help="Compile without optimisation.")
@click.option("--limit", default=300.0, help="Seconds for each search.")
def main(
    file: Path | None, models: tuple[str, ...], beside: bool, quick: bool, limit: float
) -> None:
    """Run everything and print the table."""
    print(f"{date.today()}, {platform.machine()}, Python {platform.python_version()}\n")
    head = ["configuration", *LEVELS, "s, none", "s, all", *(["spin"] if beside else [])]
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    table: dict[str, dict[str, dict[str, float]]] = {}
    for model in models or model_names():
        for name, program in configurations(model):
            rows = measure(program, limit, quick=quick)
            table[name] = rows
            print(line(name, rows, spin(program) if beside else None), flush=True)
    print()
    for level in list(LEVELS)[1:]:
        factors = [
            rows["none"]["states"] / rows[level]["states"]
            for rows in table.values()
            if math.isfinite(rows["none"]["states"]) and math.isfinite(rows[level]["states"])
        ]
        mean = math.exp(sum(map(math.log, factors)) / len(factors)) if factors else math.nan
        print(f"geometric mean over {len(factors)} configurations, {level}: {mean:.2f}")
    if file is not None:
        file.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    sys.exit(0)


if __name__ == "__main__":
    main()
