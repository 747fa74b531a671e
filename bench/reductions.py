"""What each reduction saves: states and time with none, one after the other, and all of them.

    python bench/reductions.py --json FILE [--model NAME|FILE]... [--level NAME]... [--spin]
        [--quick] [--page FILE]

For every shipped scenario (or those named) each configuration that is expected to hold, and for
bench/models and the textbook models each, is searched to its end by the native engine with one
worker. The table has the states and, in brackets, the factor over ``--reduce none``; seconds are
the processor's, of the search with the making of its tables, without the compiler. A search that
does not end within the limits is no part of the geometric mean, and is counted.

FILE keeps what is measured: a run goes on where the last one stopped, and a search is repeated
only when the model or (but for none) the checker has changed since. So it can be run in parts.
--spin adds Spin on the exported model, with and without its own partial order reduction
(beside_spin.py). --quick compiles without optimisation: the counts are the same, and the seconds
mean little. --page writes the tables between their marks in docs/reductions.md; with --no-search
that is all that is done.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import beside_spin
import blocks
import click
from attrs import frozen
from measuring import (
    LEVELS,
    MERGE,
    TIMED,
    Cell,
    Effort,
    Record,
    Row,
    ended,
    factor,
    mean,
    named,
    search_all,
    states,
)

from ksmcheck.analysis.symbols import symbols_of
from ksmcheck.backends.promela.export import export
from ksmcheck.frontend import CompileOptions, compile_model, model_names, summarise
from ksmcheck.ir.program import Program
from ksmcheck.report.listing import flags

ROOT = Path(__file__).parent.parent


@frozen
class Case:
    """A configuration. ``shipped``: it counts for the mean."""

    name: str
    shipped: bool
    program: Callable[[], Program]


def cases(models: tuple[str, ...]) -> Iterator[Case]:
    """Those of the models that are named, or all."""
    shipped = set(model_names())
    others = [*(ROOT / "bench/models").glob("*.py"), *(ROOT / "tests/textbook").glob("*.py")]
    for model in models or (*model_names(), *map(str, sorted(others))):
        summary = summarise(model)
        for expected in summary.expected:
            if expected.verdict == "holds" or model not in shipped:
                options = CompileOptions.of(expected)
                name = f"{summary.name} {flags(expected, summary.kernel)}".rstrip()
                yield Case(name, model in shipped, partial(compile_model, model, options))


def spin(case: Case, record: Record, limits: beside_spin.Limits) -> Cell:
    """Spin on the same program; not again when the exported text is the same but for comments."""
    program = case.program()
    symbolic = symbols_of(program).condition >= 0
    text = "" if symbolic else re.sub(r"/\*.*?\*/", "", export(program), flags=re.DOTALL)
    about = hashlib.sha256(text.encode()).hexdigest()[:16]
    return record.cell(case.name, "spin", about, lambda: dict(beside_spin.measure(program, limits)))


# ---- the tables ------------------------------------------------------------------------------


def shipped_table(rows: dict[str, Row]) -> str:
    """Every level, and the seconds; below it the means."""
    lines = []
    for name, row in rows.items():
        cells = [f"`{name}`", states(row.get("none"))]
        for level in list(LEVELS)[1:]:
            times = factor(row, level)
            cells.append(states(row.get(level)) + (f" ({times:.1f})" if times else ""))
        cells.append(" / ".join(f"{row[n]['cpu']:.2f}" if n in row else "-" for n in TIMED))
        lines.append(cells)
    return blocks.table(["configuration", *LEVELS, "seconds: " + " / ".join(TIMED)], lines)


def means(rows: dict[str, Row]) -> str:
    """For each level its mean, over those that ended, and how many did not."""
    lines = []
    for level in list(LEVELS)[1:]:
        factors = [f for row in rows.values() if (f := factor(row, level)) is not None]
        cpu = [
            (row["none"]["cpu"], row[level]["cpu"])
            for row in rows.values()
            if factor(row, level) is not None
        ]
        base, spent = (sum(column) for column in zip(*cpu, strict=True)) if cpu else (0.0, 0.0)
        cells = [f"`{level}`", f"{mean(factors):.2f}", str(len(factors))]
        cells += [str(len(rows) - len(factors)), f"{base:.1f}", f"{spent:.1f}"]
        lines.append(cells)
    head = ["", "geometric mean", "configurations", "left out", "s, none", "s with it"]
    return blocks.table(head, lines)


def spin_table(rows: dict[str, Row]) -> str:
    """Ours beside Spin's; the factor is Spin's reduced states over our `all`."""
    lines, ratios, more = [], [], []
    for name, row in rows.items():
        cell = row.get("spin")
        if cell is None or "symbols" in str(cell["por"].get("why", "")):
            continue
        cells = [f"`{name}`", *(states(row.get(n)) for n in ("none", named(MERGE), "all"))]
        cells += [_spins(cell["noreduce"], row.get("none")), _spins(cell["por"], None)]
        known = cell["por"].get("states") if ended(row.get("all")) else None
        cells.append(f"{known / row['all']['states']:.1f}" if known else "-")
        if known:
            ratios.append(known / row["all"]["states"])
            more += [name] if known < row["all"]["states"] else []
        lines.append(cells)
    head = ["model", "none", named(MERGE), "all", "Spin, no reduction", "Spin, reduced"]
    text = blocks.table([*head, "Spin, reduced / all"], lines)
    over = f": {', '.join(f'`{name}`' for name in more)}" if more else ""
    average = f"Geometric mean of the last column over {len(ratios)} models: {mean(ratios):.2f}."
    return f"{text}\n\n{average} Ours has more states than Spin's on {len(more)}{over}."


def _spins(cell: Cell, ours: Cell | None) -> str:
    if "why" in cell:
        return str(cell["why"])
    text = f"{cell['states']:,.0f}"
    if cell["errors"]:
        text += f", {cell['errors']:.0f} errors"
    if ours is not None and ended(ours):
        wanted = ours["states"] + cell["expected_more"]
        text += "" if cell["states"] == wanted else f" **not {wanted:,}**"
        text += " (one before the setup)" if cell["expected_more"] else ""
    return text


def write(page: Path | None, listed: list[Case], record: Record) -> None:
    """Print the tables, and put them into the page."""
    rows = {case.name: row for case in listed if (row := record.current(case.name))}
    shipped = {case.name: rows[case.name] for case in listed if case.shipped and case.name in rows}
    others = {name: row for name, row in rows.items() if name not in shipped}
    tables = {"means": means(shipped), "shipped": shipped_table(shipped)}
    tables["others"] = shipped_table(others)
    if any("spin" in row for row in rows.values()):
        tables["spin"] = spin_table(rows)
    for name, text in tables.items():
        print(f"\n{text}")
        if page is not None:
            blocks.replace(page, name, text)


@click.command()
@click.option("--json", "file", type=click.Path(path_type=Path), help="Keep the numbers here.")
@click.option("--keep", is_flag=True, help="Keep also what another checker measured.")
@click.option("--model", "models", multiple=True, help="Only this one; repeatable.")
@click.option("--spin/--no-spin", "beside", help="Spin with its own reduction beside ours.")
@click.option("--search/--no-search", "searching", default=True, help="Ours; else only Spin.")
@click.option(
    "--level", "levels", multiple=True, type=click.Choice(list(LEVELS)), help="Only these."
)
@click.option("--quick", is_flag=True, help="Compile without optimisation.")
@click.option("--limit", default=120.0, help="Seconds for each search.")
@click.option("--memory", default=2.0, help="GiB for each search.")
@click.option("--page", type=click.Path(path_type=Path), help="Write the tables here.")
def main(
    file: Path | None, keep: bool, models: tuple[str, ...], beside: bool, searching: bool,
    levels: tuple[str, ...], quick: bool, limit: float, memory: float, page: Path | None,
) -> None:  # fmt: skip
    """Measure what is not known yet and print the tables."""
    record = Record(file, keep)
    listed = list(cases(models))
    for case in listed:
        if searching:
            effort, wanted = Effort(limit, memory, quick), levels or tuple(LEVELS)
            row = search_all(case.name, case.program(), record, effort, wanted)
            found = "; ".join(f"{n} {states(row[n])} {row[n]['cpu']} s" for n in wanted)
            click.echo(f"{case.name}: {found}", err=True)
        if beside:
            click.echo(f"{case.name}: {spin(case, record, beside_spin.Limits())}", err=True)
    write(page, listed, record)


if __name__ == "__main__":
    main()
