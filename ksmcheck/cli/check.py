"""`ksmcheck check`: every verdict that the scenario files expect, found again."""

from __future__ import annotations

from pathlib import Path

import click

from ksmcheck.cli.effort_options import effort_options
from ksmcheck.cli.output import emit, note
from ksmcheck.cli.reading import model_reader
from ksmcheck.frontend import model_names
from ksmcheck.report.cases import prepare
from ksmcheck.report.check_json import check_json
from ksmcheck.report.check_text import CheckTable, closing_text, silent_text
from ksmcheck.report.checking import check as run_check
from ksmcheck.report.checking import results_to_remember
from ksmcheck.report.junit import junit_xml
from ksmcheck.report.remembered import memory_file, recall
from ksmcheck.report.searching import Effort
from ksmcheck.trace.files import require_writable, write_whole

_JUNIT = "the JUnit report"


@click.command()
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="NAME|PATH.py",
    help="Check this one; repeatable. Without it: every shipped scenario.",
)
@click.option(
    "--changed-only",
    is_flag=True,
    help="Skip what has the same model digest as when it last passed.",
)
@click.option(
    "--junit",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a JUnit report, whole or not at all.",
)
@effort_options
def check(
    models: tuple[str, ...],
    changed_only: bool,
    junit: Path | None,
    effort: Effort,
    as_json: bool,
    quiet: bool,
) -> int:
    """Run every configuration that the scenario files expect a verdict for, and compare.

    All models are read and compiled before the first search: when one is wrong, everything that is
    wrong with any of them is printed and nothing runs.

    Exit codes: 0 every verdict is the expected one; 1 one is not; 2 the input is wrong; 3
    interrupted, and what was done so far is reported.
    """
    if junit is not None:
        require_writable(junit, _JUNIT)
    memory = recall(memory_file())
    chosen = tuple(dict.fromkeys(models)) or model_names()
    if not quiet:
        note(f"reading and compiling {len(chosen)} scenario{'' if len(chosen) == 1 else 's'}")
    cases, silent = prepare(chosen, model_reader())
    for line in filter(None, (memory.trouble, silent_text(silent))):
        note(line)
    table = CheckTable.of(cases)
    show = (lambda _: None) if as_json else emit
    show(table.heading())
    done = run_check(
        cases, effort, memory if changed_only else None, lambda row: show(table.line(row))
    )
    trouble = memory.update(*results_to_remember(done))
    if trouble:
        note(trouble)
    emit(check_json(done) if as_json else closing_text(done))
    if junit is not None:
        write_whole(junit, junit_xml(done), _JUNIT)
    return done.exit_code
