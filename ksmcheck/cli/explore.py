"""`ksmcheck explore`: run every interleaving of a model and print the verdict."""

from __future__ import annotations

import time
from pathlib import Path

import click
from attrs import evolve

from ksmcheck.backends.native.library import VisitedSet
from ksmcheck.cli.model_options import ChosenModel, model_options
from ksmcheck.cli.output import emit
from ksmcheck.cli.progress import watched
from ksmcheck.cli.reduce_option import reduce_option
from ksmcheck.cli.search_options import search_options
from ksmcheck.cli.values import one_of, read_count, read_width
from ksmcheck.diagnostics import Diagnostic, UserError
from ksmcheck.explore.engines import EngineChoice, EngineName, run
from ksmcheck.explore.options import SearchOptions
from ksmcheck.explore.reductions import Reduce
from ksmcheck.report.json_report import json_report
from ksmcheck.report.searching import report_of
from ksmcheck.report.text import text_report
from ksmcheck.trace.files import require_writable


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
    callback=one_of(tuple(name.value for name in EngineName)),
    metavar="NAME",
    default="auto",
    show_default=True,
    help="What runs the steps: native (generated C), python, or auto.",
)
@click.option(
    "--workers",
    callback=read_count,
    metavar="N",
    help="Threads of the native engine; as many as there are cores by default.",
)
@click.option(
    "--visited",
    callback=one_of(tuple(kind.name.lower() for kind in VisitedSet)),
    metavar="NAME",
    default="exact",
    show_default=True,
    help="exact; compact and bitstate forget states, and never say 'holds'.",
)
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="When the search stops early, write where it was; --resume goes on from there.",
)
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Go on from a checkpoint of the same model and configuration.",
)
@reduce_option
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
    workers: int | None,
    visited: str,
    checkpoint: Path | None,
    resume: Path | None,
    reduce: Reduce,
    keep_generated: Path | None,
    quiet: bool,
) -> int:
    """Run every interleaving of a model, and print the verdict or the shortest counterexample."""
    if trace_out is not None:
        require_writable(trace_out)
    if checkpoint is not None:
        require_writable(checkpoint, "the checkpoint")
    if keep_generated is not None:
        _make_folder(keep_generated)
    started = time.perf_counter()
    program = chosen.compile()
    compile_seconds = time.perf_counter() - started
    name, kind = EngineName(engine), VisitedSet[visited.upper()]
    choice = EngineChoice(name, workers, kind, keep_generated, checkpoint, resume, reduce)
    with watched(quiet=quiet) as progress:
        ran = run(choice, program, evolve(search, readable=True), progress)
    report = report_of(program, ran, trace_out, compile_seconds)
    emit(json_report(report) if as_json else text_report(report, width))
    return report.verdict.exit_code


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        message = f"cannot make the folder '{folder}' for the generated code: {reason}"
        raise UserError([Diagnostic("KSM528", message)]) from error
