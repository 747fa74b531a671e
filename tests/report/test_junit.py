"""The JUnit report: well-formed whatever the names are, counts that add up."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from ksmcheck.ir.program import Expectation
from ksmcheck.report.cases import Case, Scenario
from ksmcheck.report.checking import Checked, Row, Status
from ksmcheck.report.junit import junit_xml
from tests.trace.tiny_model import tiny_program


def case(name: str = "race", verdict: str = "holds") -> Case:
    expected = Expectation("v2.6.35", ("recheck",), (("slots", 2),), verdict, "")
    scenario = Scenario(f"./{name}.py", name, "v2.6.35", (expected,))
    identity = tiny_program().identity
    return Case(scenario, expected, identity, "digest", 0.5, b"")


def suite(*rows: Row, not_run: tuple[Case, ...] = ()) -> ElementTree.Element:
    found = ElementTree.fromstring(junit_xml(Checked(rows, not_run, 3.25))).find("testsuite")
    assert found is not None
    return found


def test_counts() -> None:
    found = suite(
        Row(case(), Status.PASSED, "holds", "", 5, 3, 1.5),
        Row(case(), Status.FAILED, "violated", "lost", 5, 3, 1.5, "expected holds, found violated"),
        Row(case(), Status.UNCHANGED),
        not_run=(case(),),
    )
    assert found.attrib == {
        "name": "ksmcheck check", "tests": "4", "failures": "1", "errors": "0", "skipped": "2",
        "time": "3.250",
    }  # fmt: skip
    assert [[child.tag for child in test] for test in found] == [
        ["system-out"], ["failure", "system-out"], ["skipped"], ["skipped"],
    ]  # fmt: skip
    assert found[0].attrib == {
        "classname": "race", "name": "--with recheck --set slots=2", "time": "1.500",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["a<b&c>\"d'", "bell\x07", "lone\ud800", "\U0001f4a5"])
def test_any_name_is_well_formed(name: str) -> None:
    test = suite(Row(case(name), Status.FAILED, "violated", reason=name))[0]
    assert len(test.attrib["classname"]) == len(name)
    junit_xml(Checked((Row(case(name), Status.PASSED),), (), 0.0)).encode("utf-8")
