"""`ksmcheck record`: recorded counterexamples, recorded again from the model as it is now."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ksmcheck.cli.effort_options import effort_options
from ksmcheck.cli.output import emit
from ksmcheck.cli.traced_model import model_of_today
from ksmcheck.report.recording import Recording, record_again
from ksmcheck.report.searching import Effort
from ksmcheck.trace.codec import load, save
from ksmcheck.trace.files import require_writable


@click.command()
@click.argument(
    "trace_files",
    type=click.Path(path_type=Path),
    metavar="TRACE...",
    nargs=-1,
    required=True,
)
@effort_options
def record(trace_files: tuple[Path, ...], effort: Effort, as_json: bool, quiet: bool) -> int:
    """Record traces again whose model has changed since.

    Each file names its model, kernel, patches added and removed, parameters and what is violated.
    Where the model's digest still fits, the file is left alone. Otherwise the model is searched, as
    that kernel is modelled now, and the shortest counterexample to the same property, replayed by
    the evaluator, takes the place of the old one.
    It should be as long as the old one; it is said when it is not.

    Exit codes: 0 every file fits now; 1 one has another length, or is not violated any more; 2 the
    input is wrong; 3 a limit was reached.
    """
    traces = [(file, load(file)) for file in trace_files]
    for file in trace_files:
        require_writable(file)
    done: list[tuple[Path, Recording]] = []
    for file, trace in traces:
        result = record_again(trace, model_of_today(trace, file), effort)
        if result.trace is not None:
            save(result.trace, file)
        done.append((file, result))
        if not as_json:
            emit(_line(file, result))
    if as_json:
        emit(_json(done))
    return max(result.exit_code for _, result in done)


def _line(file: Path, result: Recording) -> str:
    words = f" ({result.words})" if result.words else ""
    return f"{file}: {result.status.value}{words}\n"


def _json(done: list[tuple[Path, Recording]]) -> str:
    results = [
        {"file": str(file), "status": result.status.name.lower(), "words": result.words}
        for file, result in done
    ]
    return json.dumps({"schema": 1, "results": results}, indent=2) + "\n"
