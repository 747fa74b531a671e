"""`ksmcheck show`: what the compiler made of a model."""

from __future__ import annotations

import click

from ksmcheck.cli.model_options import ChosenModel, model_options
from ksmcheck.cli.output import emit
from ksmcheck.frontend import summarise
from ksmcheck.report.show import patches_text, properties_text, state_text, steps_text, summary_text


@click.command()
@model_options
@click.option("--steps", is_flag=True, help="All steps of all actors.")
@click.option("--state", "state_vector", is_flag=True, help="The state vector.")
@click.option("--properties", is_flag=True, help="The properties and their witnesses.")
@click.option("--patches", is_flag=True, help="The patches that the model knows.")
def show(
    chosen: ChosenModel, steps: bool, state_vector: bool, properties: bool, patches: bool
) -> int:
    """Show what the compiler made of a model: a summary, or the tables that are asked for."""
    program = chosen.compile()
    parts = [summary_text(program)]
    if steps:
        parts.append(steps_text(program))
    if state_vector:
        parts.append(state_text(program))
    if properties:
        parts.append(properties_text(program))
    if patches:
        parts.append(patches_text(program, summarise(chosen.model).patches))
    emit("\n".join(parts))
    return 0
