"""The table of verdicts for README.md, from the JSON of a check.

    ksmcheck check --json > check.json
    python bench/verdict_table.py check.json

One row for each scenario: how many configurations hold and the most states of them, how many are
violated and the steps of their shortest counterexamples, and seconds with compiling.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

HEAD = (
    "| scenario | holds | most states | violated | steps of the counterexamples | seconds |",
    "|---|---|---|---|---|---|",
)


def row(model: str, results: list[dict[str, Any]]) -> str:
    """The line of one scenario."""
    states = [item["states"] for item in results if item["verdict"] == "holds"]
    steps = sorted(item["depth"] for item in results if item["verdict"] == "violated")
    seconds = sum(item["seconds"] for item in results)
    cells = (
        f"`{model}`",
        len(states) or "",
        f"{max(states):,}" if states else "",
        len(steps) or "",
        ", ".join(map(str, steps)),
        f"{seconds:.1f}",
    )
    return f"| {' | '.join(map(str, cells))} |"


def table(results: Iterable[dict[str, Any]]) -> list[str]:
    """The lines of the table, scenarios in the order of the check."""
    models: dict[str, list[dict[str, Any]]] = {}
    for item in results:
        models.setdefault(item["model"], []).append(item)
    return [*HEAD, *(row(model, items) for model, items in models.items())]


@click.command()
@click.argument("check", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def main(check: Path) -> None:
    """Print the table of a check's JSON."""
    found = json.loads(check.read_text(encoding="utf-8"))
    click.echo("\n".join(table(found["results"])))
    click.echo(f"\n{found['passed']} as expected, {found['failed']} not, {found['seconds']:.0f} s")


if __name__ == "__main__":
    main()
