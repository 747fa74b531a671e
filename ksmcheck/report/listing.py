"""The list of models: the question of each, and the verdicts that its scenario expects."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence

import cattrs
from attrs import frozen

from ksmcheck.ir.program import Expectation

SCHEMA_VERSION = 1
_WIDTH = 100


@frozen
class ModelCard:
    """What a model's scenario says of itself; a parameter has a name, a default and a summary."""

    name: str
    file: str
    question: str
    kernel: str
    parameters: tuple[tuple[str, int, str], ...]
    expected: tuple[Expectation, ...]


@frozen
class ExpectedEntry:
    """One expected verdict; ``property`` is the violated or vacuous one, or empty."""

    kernel: str
    patches: tuple[str, ...]
    without: tuple[str, ...]
    disabled_checks: tuple[str, ...]
    parameters: Mapping[str, int]
    verdict: str
    property: str


@frozen
class ModelEntry:
    """One model of the JSON list."""

    model: str
    file: str
    question: str
    kernel: str
    parameters: Mapping[str, int]
    expected: tuple[ExpectedEntry, ...]


@frozen
class ModelList:
    """What ``list --json`` prints."""

    schema: int
    models: tuple[ModelEntry, ...]


def list_text(cards: Sequence[ModelCard]) -> str:
    """The models, one paragraph each."""
    lines: list[str] = []
    for card in cards:
        kernel = f" at {card.kernel}" if card.kernel else ""
        lines.append(f"{card.name}{kernel} ({card.file})")
        lines += textwrap.wrap(card.question, _WIDTH, initial_indent="  ", subsequent_indent="  ")
        if card.parameters:
            values = ", ".join(f"{name} = {default}" for name, default, _ in card.parameters)
            lines.append(f"  parameters: {values}")
        for item in card.expected:
            subject = f" {item.property}" if item.property else ""
            where = flags(item, card.kernel)
            lines.append(f"    {item.verdict}{subject}" + (f"  {where}" if where else ""))
        lines.append("")
    return "\n".join(lines) if lines else "no models\n"


def list_json(cards: Sequence[ModelCard]) -> str:
    """The models as one JSON object."""
    models = tuple(
        ModelEntry(
            model=card.name,
            file=card.file,
            question=card.question,
            kernel=card.kernel,
            parameters={name: default for name, default, _ in card.parameters},
            expected=tuple(
                ExpectedEntry(
                    kernel=item.kernel,
                    patches=item.patches,
                    without=item.without,
                    disabled_checks=tuple(check.value for check in item.disabled),
                    parameters=dict(item.parameters),
                    verdict=item.verdict,
                    property=item.property,
                )
                for item in card.expected
            ),
        )
        for card in cards
    )
    record = cattrs.unstructure(ModelList(SCHEMA_VERSION, models))
    return json.dumps(record, indent=2) + "\n"


def flags(item: Expectation, default_kernel: str) -> str:
    """The options that choose a configuration on the command line; empty for the scenario's own."""
    parts = [f"--kernel {item.kernel}"] if item.kernel != default_kernel else []
    parts += [f"--with {patch}" for patch in item.patches]
    parts += [f"--without {patch}" for patch in item.without]
    parts += [f"--disable-check {check.value}" for check in item.disabled]
    parts += [f"--set {name}={value}" for name, value in item.parameters]
    return " ".join(parts)
