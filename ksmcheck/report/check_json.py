"""A check as one JSON object: the field names and their order are a contract."""

from __future__ import annotations

import json
from collections.abc import Mapping

import cattrs
from attrs import frozen

from ksmcheck.report.checking import Checked, Row, Status


@frozen
class CheckEntry:
    """One configuration that was run.

    Kernel, patches and parameters are those in force, as in the report of `explore`: they tell a
    configuration from every other. ``property`` is the one that was found violated or vacuous, or
    empty.
    """

    model: str
    kernel: str
    patches: tuple[str, ...]
    parameters: Mapping[str, int]
    expected: str
    verdict: str
    property: str
    states: int
    depth: int
    seconds: float


@frozen
class CheckReport:
    """What ``check --json`` prints. What was skipped as unchanged is in no number and no list."""

    passed: int
    failed: int
    seconds: float
    results: tuple[CheckEntry, ...]


def check_json(checked: Checked) -> str:
    """The JSON text of a check, ending in a newline."""
    report = CheckReport(
        passed=checked.count(Status.PASSED),
        failed=checked.count(Status.FAILED),
        seconds=round(checked.seconds, 6),
        results=tuple(_entry(row) for row in checked.rows if row.status is not Status.UNCHANGED),
    )
    return json.dumps(cattrs.unstructure(report), indent=2) + "\n"


def _entry(row: Row) -> CheckEntry:
    identity = row.case.identity
    return CheckEntry(
        model=row.case.scenario.name,
        kernel=identity.kernel,
        patches=identity.patches,
        parameters=dict(identity.parameters),
        expected=row.case.expected.verdict,
        verdict=row.verdict,
        property=row.property,
        states=row.states,
        depth=row.depth,
        seconds=round(row.seconds, 6),
    )
