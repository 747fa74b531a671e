"""`ksmcheck prove`: a property of every run, however long, by induction."""

from __future__ import annotations

from pathlib import Path

import click

from ksmcheck.cli.model_options import ChosenModel, model_options
from ksmcheck.cli.output import emit, note
from ksmcheck.cli.values import read_count, read_duration, read_width
from ksmcheck.report.proof_text import proof_json, proof_text
from ksmcheck.report.proving import prove_property
from ksmcheck.trace.files import require_writable


@click.command()
@model_options
@click.option(
    "--property",
    "name",
    required=True,
    metavar="NAME",
    help="A property of the scenario, or a built-in check.",
)
@click.option(
    "--max-k",
    "most",
    callback=read_count,
    metavar="N",
    default="8",
    show_default=True,
    help="Give up when no induction over N steps succeeds.",
)
@click.option(
    "--max-lemmas",
    "lemmas",
    callback=read_count,
    metavar="N",
    help="Go over to k-induction when more than N lemmas are needed.",
)
@click.option(
    "--time-limit",
    callback=read_duration,
    metavar="TIME",
    help="Give up after this time: 90, 10m, 1h.",
)
@click.option(
    "--trace-out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the counterexample as JSON.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option(
    "--width", callback=read_width, metavar="N", help="Width of the counterexample's table."
)
@click.option("--quiet", is_flag=True, help="No progress.")
def prove(
    chosen: ChosenModel,
    name: str,
    most: int,
    lemmas: int | None,
    time_limit: float | None,
    trace_out: Path | None,
    as_json: bool,
    width: int | None,
    quiet: bool,
) -> int:
    """Prove that a property holds in every run of a model, whatever its length.

    Exit codes: 0 proved; 1 violated, and the counterexample has been replayed; 2 the input is
    wrong; 3 inconclusive.
    """
    if trace_out is not None:
        require_writable(trace_out)
    told = (lambda _: None) if quiet else note
    report = prove_property(chosen.compile(), name, most, lemmas, time_limit, trace_out, told)
    emit(proof_json(report) if as_json else proof_text(report, width))
    return report.exit_code
