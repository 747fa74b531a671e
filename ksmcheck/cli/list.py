"""`ksmcheck list`: the models, their questions, their expected verdicts."""

from __future__ import annotations

import click

from ksmcheck.cli.output import emit
from ksmcheck.frontend import model_names, summarise
from ksmcheck.report.listing import ModelCard, list_json, list_text


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def list_models(as_json: bool) -> int:
    """List the shipped models with their questions and expected verdicts."""
    cards = [
        ModelCard(
            name=summary.name,
            file=summary.file,
            question=summary.question,
            kernel=summary.kernel,
            parameters=summary.parameters,
            expected=summary.expected,
        )
        for summary in map(summarise, model_names())
    ]
    emit(list_json(cards) if as_json else list_text(cards))
    return 0
