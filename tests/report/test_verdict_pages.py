"""The verdict, its exit code, and the pages that say it: golden texts and the JSON contract."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from ksmcheck.explore.options import StopReason
from ksmcheck.report.findings import recorded
from ksmcheck.report.json_report import json_report
from ksmcheck.report.text import text_report
from ksmcheck.report.verdict import Report, Verdict
from ksmcheck.trace.codec import load
from tests.report.made_up import leak_check, report, result
from tests.trace.tiny_model import FINDINGS, model_of, tiny_program

NEVER: frozenset[int] = frozenset()

# what the search said -> the verdict and the exit code
CASES: dict[str, tuple[Callable[[], Report], Verdict, int]] = {
    "holds": (report, Verdict.HOLDS, 0),
    "violated": (lambda: report(StopReason.VIOLATION, "lost"), Verdict.VIOLATED, 1),
    "violated_all": (lambda: report(StopReason.EXHAUSTED, "lost"), Verdict.VIOLATED, 1),
    "violated_at_limit": (lambda: report(StopReason.STATE_LIMIT, "lost"), Verdict.VIOLATED, 1),
    "deadlock": (lambda: report(StopReason.VIOLATION, "deadlock"), Verdict.VIOLATED, 1),
    "inconclusive": (lambda: report(StopReason.STATE_LIMIT), Verdict.INCONCLUSIVE, 3),
    "interrupted": (
        lambda: report(StopReason.INTERRUPTED, witnessed=NEVER),
        Verdict.INCONCLUSIVE,
        3,
    ),
    "vacuous": (lambda: report(witnessed=NEVER), Verdict.VACUOUS, 4),
}

KEYS = [
    "schema",
    "model",
    "kernel",
    "patches",
    "parameters",
    "verdict",
    "stop_reason",
    "violations",
    "properties",
    "states",
    "transitions",
    "depth",
    "seconds",
    "compile_seconds",
    "states_per_second",
    "bytes_per_state",
    "peak_memory_bytes",
    "engine",
    "exact",
    "reductions",
    "model_digest",
    "symbolic",
    "preemptions",
    "kernel_note",
    "shortest",
    "given_up",
]


@pytest.mark.parametrize("name", CASES)
def test_verdict_and_exit_code(name: str) -> None:
    make, verdict, code = CASES[name]
    assert make().verdict is verdict
    assert verdict.exit_code == code


@pytest.mark.parametrize("name", CASES)
def test_pages(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"{name}.txt", text_report(CASES[name][0]()))


@pytest.mark.parametrize("name", CASES)
def test_json_has_the_keys_of_the_contract(name: str) -> None:
    make, verdict, _ = CASES[name]
    record = json.loads(json_report(make()))
    assert list(record) == KEYS
    assert record["schema"] == 1
    assert record["verdict"] == verdict.value


def test_json_in_full(golden: Callable[[str, str], None]) -> None:
    golden("violated.json", json_report(report(StopReason.VIOLATION, "lost")))


def test_a_check_that_is_a_predicate_is_no_property_of_the_scenario() -> None:
    checked = report(program=leak_check(tiny_program()))
    assert [row.property.name for row in checked.properties] == ["p1_counted"]
    assert checked.verdict is Verdict.HOLDS


@pytest.mark.parametrize("name", CASES)
def test_no_page_is_a_bare_ok(name: str) -> None:
    page = text_report(CASES[name][0]())
    for words in ("sequential consistency", "reductions", "2 Page", "v2.6.35", "A, B", "python"):
        assert words in page


def test_traces_are_written_and_numbered(tmp_path: Path) -> None:
    model = model_of("lost")
    finding = FINDINGS["lost"](model)
    found = result(StopReason.EXHAUSTED, (finding, finding))
    written = recorded(model.program, found, tmp_path / "race.json").counterexamples
    assert [item.file for item in written] == [
        str(tmp_path / "race.json"),
        str(tmp_path / "race-2.json"),
    ]
    assert load(tmp_path / "race-2.json") == written[1].trace


def test_when_the_shortest_way_was_not_looked_for_to_the_end_the_report_says_so() -> None:
    found = CASES["violated"][0]()
    words = "there may be a shorter way, --reduce none finds it"
    assert words not in text_report(evolve(found, reductions=("por", "merge")))
    assert words in text_report(evolve(found, reductions=("por", "merge"), shortest=False))


def test_what_was_given_up_is_told() -> None:
    """A search without reductions that came first is part of the story, and of the time."""
    assert "not all" not in text_report(report())
    page = text_report(evolve(report(), given_up=67_108_864))
    assert "  before          67,108,864 states without reductions, not all\n" in page
