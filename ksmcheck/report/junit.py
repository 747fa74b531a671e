"""A check as a JUnit report, which CI systems show as a list of tests."""

from __future__ import annotations

import re
from typing import assert_never
from xml.etree import ElementTree

from ksmcheck.report.cases import Case
from ksmcheck.report.checking import Checked, Row, Status

# What XML 1.0 cannot hold, not even escaped; the name of a model's file may have any of it.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(checked: Checked) -> str:
    """The report; each configuration is a test case of the class that is its scenario."""
    skipped = checked.count(Status.UNCHANGED) + len(checked.not_run)
    suite = ElementTree.Element(
        "testsuite",
        name="ksmcheck check",
        tests=str(len(checked.rows) + len(checked.not_run)),
        failures=str(checked.count(Status.FAILED)),
        errors="0",
        skipped=str(skipped),
        time=f"{checked.seconds:.3f}",
    )
    for row in checked.rows:
        _judged(suite, row)
    for case in checked.not_run:
        ElementTree.SubElement(_test(suite, case, 0.0), "skipped", message="interrupted: not run")
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _judged(suite: ElementTree.Element, row: Row) -> None:
    test = _test(suite, row.case, row.seconds)
    match row.status:
        case Status.PASSED:
            pass
        case Status.FAILED:
            failure = ElementTree.SubElement(
                test, "failure", type="verdict", message=_clean(row.reason)
            )
            failure.text = _clean(row.case.command)
        case Status.UNCHANGED:
            ElementTree.SubElement(test, "skipped", message="unchanged since it last passed")
            return
        case _:
            assert_never(row.status)
    output = ElementTree.SubElement(test, "system-out")
    output.text = f"{row.verdict}: {row.states} states, depth {row.depth}"


def _test(suite: ElementTree.Element, case: Case, seconds: float) -> ElementTree.Element:
    return ElementTree.SubElement(
        suite,
        "testcase",
        classname=_clean(case.scenario.name),
        name=_clean(case.flags or "as written"),
        time=f"{seconds:.3f}",
    )


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("?", text)
