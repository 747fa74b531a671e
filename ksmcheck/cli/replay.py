"""`ksmcheck replay`: run a recorded counterexample again."""

from __future__ import annotations

from pathlib import Path

import click

from ksmcheck.cli.output import emit
from ksmcheck.cli.traced_model import traced_model
from ksmcheck.cli.values import read_width
from ksmcheck.report.replay_text import exit_code, replay_text
from ksmcheck.trace.codec import load
from ksmcheck.trace.describe import Model
from ksmcheck.trace.replay import replay as run_trace


@click.command()
@click.argument("trace_file", type=click.Path(path_type=Path), metavar="TRACE")
@click.option("--model", metavar="NAME|PATH.py", help="Where the model is now.")
@click.option("--width", callback=read_width, metavar="N", help="Width of the table.")
def replay(trace_file: Path, model: str | None, width: int | None) -> int:
    """Run a recorded trace again, step by step.

    Exit codes: 1 when it reproduces (a property is violated), 3 when it no longer does, 2 when the
    file is no trace or its model is not there.
    """
    trace = load(trace_file)
    program = traced_model(trace, trace_file, model)
    outcome = run_trace(Model.of(program), trace)
    emit(replay_text(trace, outcome, width))
    return exit_code(outcome)
