"""The registry of codes against the sources: every code that is printed is explained, and no other.

`ksmcheck explain` must know each code of each message; a code that nothing prints is left over.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ksmcheck.cli.main import run
from ksmcheck.codes import ALL_CODES, Code, find_code

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "ksmcheck"
CODE = re.compile(r'"(KSM\d{3})"')


def printed_codes() -> set[str]:
    """The codes that stand as literals anywhere outside the registry."""
    return {
        code
        for path in PACKAGE.rglob("*.py")
        if path.parent.name != "codes"
        for code in CODE.findall(path.read_text(encoding="utf-8"))
    }


def test_every_printed_code_is_explained() -> None:
    assert printed_codes() - {item.code for item in ALL_CODES} == set()


def test_every_explained_code_is_printed() -> None:
    assert {item.code for item in ALL_CODES} - printed_codes() == set()


def test_codes_are_ordered_and_different() -> None:
    codes = [item.code for item in ALL_CODES]
    assert codes == sorted(set(codes))


@pytest.mark.parametrize("item", ALL_CODES, ids=lambda item: item.code)
def test_an_explanation_says_something(item: Code) -> None:
    assert re.fullmatch(r"KSM\d{3}", item.code)
    assert len(item.title) <= 80
    assert not item.title.endswith(".")
    assert len(item.explanation) >= 60
    assert item.explanation.rstrip().endswith((".", "`"))
    assert item.wrong != item.right


@pytest.mark.parametrize("given", ["KSM221", "ksm221", "221"])
def test_a_code_is_found_however_it_is_written(given: str) -> None:
    found = find_code(given)
    assert found is not None
    assert found.code == "KSM221"


def test_explain_prints_the_explanation(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "KSM221"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("KSM221: a ghost decides real code\n")
    assert "instead of\n    if shadow == 1:" in printed


def test_explain_lists_all_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(ALL_CODES)


def test_explain_refuses_what_is_no_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "ghost"]) == 2
    assert "KSM514" in capsys.readouterr().err
