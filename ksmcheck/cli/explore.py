"""`ksmcheck explore`: run every interleaving of a model and print the verdict."""

from __future__ import annotations

import time
from pathlib import Path

import click

from ksmcheck.cli.model_options import ChosenModel, model_options
from ksmcheck.cli.output import emit
from ksmcheck.cli.progress import watched
from ksmcheck.cli.search_options import search_options
from ksmcheck.cli.values import one_of, read_width
from ksmcheck.diagnostics import Diagnostic, UserError
from ksmcheck.explore.options import SearchOptions
from ksmcheck.explore.python_engine import PythonEngine
from ksmcheck.report.findings import counterexamples
from ksmcheck.report.json_report import json_report
from ksmcheck.report.text import text_report
from ksmcheck.report.verdict import Report
from ksmcheck.trace.codec import require_writable


@click.command()
@model_options
@search_options
@click.option(
    "--trace-out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the counterexample as JSON; further ones of --all to FILE-2, FILE-3, ...",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option(
    "--width", callback=read_width, metavar="N", help="Width of the counterexample's table."
)
@click.option(
    "--engine",
    callback=one_of(("auto", "python")),
    metavar="NAME",
    default="auto",
    show_default=True,
    help="What runs the steps: auto or python.",
)
@click.option(
    "--reduce",
    callback=one_of(("none",)),
    metavar="NAME",
    default="none",
    show_default=True,
    help="Reductions of the state space; there are none yet.",
)
@click.option(
    "--keep-generated",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Leave the generated code in this folder.",
)
@click.option("--quiet", is_flag=True, help="No progress.")
def explore(
    chosen: ChosenModel,
    search: SearchOptions,
    trace_out: Path | None,
    as_json: bool,
    width: int | None,
    engine: str,
    reduce: str,
    keep_generated: Path | None,
    quiet: bool,
) -> int:
    """Run every interleaving of a model, and print the verdict or the shortest counterexample."""
    if trace_out is not None:
        require_writable(trace_out)
    if keep_generated is not None:
        _make_folder(keep_generated)
    started = time.perf_counter()
    program = chosen.compile()
    compile_seconds = time.perf_counter() - started
    runner = PythonEngine(keep_generated)
    with watched(quiet=quiet) as progress:
        result = runner.search(program, search, progress)
    report = Report(
        program=program,
        result=result,
        counterexamples=counterexamples(program, result, trace_out),
        engine=runner.name,
        compile_seconds=compile_seconds + result.compile_seconds,
    )
    emit(json_report(report) if as_json else text_report(report, width))
    return report.verdict.exit_code


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        message = f"cannot make the folder '{folder}' for the generated code: {reason}"
        raise UserError([Diagnostic("KSM528", message)]) from error
