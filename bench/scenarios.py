"""Every verdict that the shipped scenarios expect, on both engines: counts, speed, memory.

    python bench/scenarios.py [--json FILE] [--engine native|python|both]

What is run and compared is what `ksmcheck check` runs and compares; this adds the measurements. The
two engines run one after the other in this process, with one worker, so their ratio is of one
machine at one time. Fails when a verdict is not the expected one, or when the engines' counts
differ on an exhausted search.
"""

from __future__ import annotations

import contextlib
import json
import platform
import sys
from datetime import date
from pathlib import Path

import click

from ksmcheck.cli.reading import model_reader
from ksmcheck.explore.engines import EngineChoice, EngineName
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.frontend import model_names
from ksmcheck.report.cases import Case, prepare
from ksmcheck.report.check_text import name_of
from ksmcheck.report.searching import Effort, searched

ENGINES = {
    "native": (EngineName.NATIVE,),
    "python": (EngineName.PYTHON,),
    "both": (EngineName.NATIVE, EngineName.PYTHON),
}


def measure(case: Case, engine: EngineName) -> dict[str, object]:
    """One search, one worker, as a row of the table."""
    effort = Effort(EngineChoice(engine, workers=1), SearchOptions(), contextlib.nullcontext)
    report = searched(case.program(), effort)
    result, identity = report.result, case.identity
    return {
        "model": case.scenario.name,
        "kernel": identity.kernel,
        "patches": list(identity.patches),
        "parameters": dict(identity.parameters),
        "expected": case.expected.verdict,
        "verdict": report.verdict.value,
        "engine": engine.value,
        "exhausted": result.stop_reason is StopReason.EXHAUSTED,
        "states": result.states,
        "transitions": result.transitions,
        "depth": result.depth,
        "seconds": round(result.seconds, 2),
        "states_per_second": round(report.states_per_second),
        "bytes_per_state": round(result.bytes_per_state),
        "compile_seconds": round(result.compile_seconds, 2),
    }


def line(case: Case, row: dict[str, object]) -> str:
    """A row of the Markdown table."""
    cells = [
        case.scenario.name,
        case.flags or "-",
        row["verdict"],
        f"{row['states']:,}",
        row["depth"],
        row["engine"],
        row["seconds"],
        f"{row['states_per_second']:,}",
        row["bytes_per_state"],
    ]
    return "| " + " | ".join(map(str, cells)) + " |"


def disagreements(case: Case, rows: list[dict[str, object]]) -> list[str]:
    """What is not as expected, or not the same on both engines, in the rows of one case."""
    name = name_of(case)
    found = [
        f"{name}: {row['verdict']}, expected {row['expected']}"
        for row in rows
        if row["verdict"] != row["expected"]
    ]
    counts = {(row["states"], row["transitions"], row["depth"]) for row in rows if row["exhausted"]}
    return found + ([f"{name}: the engines' counts differ: {counts}"] if len(counts) > 1 else [])


@click.command()
@click.option("--json", "file", type=click.Path(path_type=Path), help="Save the rows here.")
@click.option("--engine", type=click.Choice(list(ENGINES)), default="both")
@click.option("--python-states", default=6_000_000, help="More are left to the native engine.")
def main(file: Path | None, engine: str, python_states: int) -> None:
    """Run everything and print the table."""
    rows, wrong = [], []
    print(f"{date.today()}, {platform.machine()}, Python {platform.python_version()}\n")
    print(
        "| scenario | configuration | verdict | states | depth | engine | s | states/s |"
        " bytes/state |\n|---|---|---|---|---|---|---|---|---|"
    )
    cases, _ = prepare(model_names(), model_reader())
    for case in cases:
        measured: list[dict[str, object]] = []
        for name in ENGINES[engine]:
            if measured and int(str(measured[0]["states"])) > python_states:
                continue
            measured.append(measure(case, name))
            print(line(case, measured[-1]), flush=True)
        wrong += disagreements(case, measured)
        rows += measured
    if file is not None:
        file.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print("\n".join(["", *wrong] if wrong else ["", "all verdicts as expected, counts agree"]))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
