"""Every shipped scenario at every patch level it lists: verdict, counts, and both engines' speed.

    python bench/scenarios.py [--json FILE] [--engine native|python|both]

Each line is one exhaustive or first-violation search; the two engines run one after the other in
this process, so their ratio is of one machine at one time. Fails when an engine gives another
verdict than the scenario expects, or when the engines' counts differ on an exhausted search.
"""

from __future__ import annotations

import json
import platform
import sys
from datetime import date
from pathlib import Path

import click

from ksmcheck.explore.engines import EngineChoice, EngineName, run
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.frontend import CompileOptions, compile_model, model_names, summarise
from ksmcheck.ir.program import Expectation
from ksmcheck.report.verdict import Report

ENGINES = {
    "native": (EngineName.NATIVE,),
    "python": (EngineName.PYTHON,),
    "both": (EngineName.NATIVE, EngineName.PYTHON),
}


def measure(model: str, expected: Expectation, engine: EngineName) -> dict[str, object]:
    """One search, one worker, as a row of the table."""
    options = CompileOptions(
        kernel=expected.kernel, with_=expected.patches, parameters=expected.parameters
    )
    program = compile_model(model, options)
    ran = run(EngineChoice(engine, workers=1), program, SearchOptions(), None)
    report = Report(program, ran.result, (), ran.engine, ran.result.compile_seconds)
    return {
        "model": model,
        "kernel": expected.kernel,
        "patches": list(expected.patches),
        "parameters": dict(expected.parameters),
        "expected": expected.verdict,
        "verdict": report.verdict.value,
        "engine": engine.value,
        "exhausted": ran.result.stop_reason is StopReason.EXHAUSTED,
        "states": ran.result.states,
        "transitions": ran.result.transitions,
        "depth": ran.result.depth,
        "seconds": round(ran.result.seconds, 2),
        "states_per_second": round(report.states_per_second),
        "bytes_per_state": round(ran.result.bytes_per_state),
        "compile_seconds": round(ran.result.compile_seconds, 2),
    }


def line(row: dict[str, object]) -> str:
    """A row of the Markdown table."""
    patches, parameters = row["patches"], row["parameters"]
    assert isinstance(patches, list)
    assert isinstance(parameters, dict)
    shown = ", ".join(
        [f"+{patch}" for patch in patches]
        + [f"{name}={value}" for name, value in parameters.items()]
    )
    cells = [
        row["model"],
        shown or "-",
        row["verdict"],
        f"{row['states']:,}",
        row["depth"],
        row["engine"],
        row["seconds"],
        f"{row['states_per_second']:,}",
        row["bytes_per_state"],
    ]
    return "| " + " | ".join(map(str, cells)) + " |"


def disagreements(rows: list[dict[str, object]]) -> list[str]:
    """What is not as expected, or not the same on both engines."""
    found = [
        f"{row['model']}: {row['verdict']}, expected {row['expected']}"
        for row in rows
        if row["verdict"] != row["expected"]
    ]
    exhausted: dict[str, tuple[object, ...]] = {}
    for row in rows:
        key = json.dumps([row[name] for name in ("model", "kernel", "patches", "parameters")])
        counts = (row["states"], row["transitions"], row["depth"])
        if row["exhausted"] and exhausted.setdefault(key, counts) != counts:
            found.append(f"{key}: {counts} against {exhausted[key]}")
    return found


@click.command()
@click.option("--json", "file", type=click.Path(path_type=Path), help="Save the rows here.")
@click.option("--engine", type=click.Choice(list(ENGINES)), default="both")
def main(file: Path | None, engine: str) -> None:
    """Run everything and print the table."""
    rows = []
    print(f"{date.today()}, {platform.machine()}, Python {platform.python_version()}\n")
    print(
        "| scenario | patches, parameters | verdict | states | depth | engine | s | states/s |"
        " bytes/state |\n|---|---|---|---|---|---|---|---|---|"
    )
    for model in model_names():
        for expected in summarise(model).expected:
            for name in ENGINES[engine]:
                rows.append(measure(model, expected, name))
                print(line(rows[-1]), flush=True)
    if file is not None:
        file.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    wrong = disagreements(rows)
    print("\n".join(["", *wrong] if wrong else ["", "all verdicts as expected, counts agree"]))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
