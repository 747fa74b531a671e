"""Golden tests of the compile-time errors: one bad model file each, its messages word for word.

After a deliberate change: ``pytest tests/frontend --update-golden``, then read the difference as a
user would: right place, right caret, what is wrong, what to write instead, a stable code.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ksmcheck.diagnostics import UserError, render
from tests.oracle.models import compile_file

FOLDER = Path(__file__).parent / "bad"
FILES = sorted(FOLDER.glob("*.py"))

# Files with several faults, and how many of them must be reported at once.
SEVERAL = {"several_errors": 4, "unsupported_several": 3, "name_several": 4}


def errors_of(path: Path) -> UserError:
    """The error that compiling ``path`` must raise."""
    with pytest.raises(UserError) as caught:
        compile_file(path)
    return caught.value


def rendered(error: UserError) -> str:
    """All messages as the command line prints them."""
    return "\n\n".join(render(each, error.sources) for each in error.diagnostics) + "\n"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_message(path: Path, golden: Callable[[str, str], None]) -> None:
    golden(f"{path.stem}.txt", rendered(errors_of(path)))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_message_has_code_and_place(path: Path) -> None:
    for diagnostic in errors_of(path).diagnostics:
        assert diagnostic.code.startswith("KSM")
        assert diagnostic.code[3:].isdigit()
        assert diagnostic.span is not None
        assert diagnostic.span.file.endswith(path.name)
        assert diagnostic.span.end_line in (0, *range(diagnostic.span.line, 1000))


@pytest.mark.parametrize("name", SEVERAL)
def test_several_errors_at_once(name: str) -> None:
    diagnostics = errors_of(FOLDER / f"{name}.py").diagnostics
    assert len(diagnostics) == SEVERAL[name]
    lines = [each.span.line for each in diagnostics if each.span]
    assert lines == sorted(lines)


def test_no_golden_file_is_left_over() -> None:
    others = ("option_", "model_")
    left = {
        path.stem
        for path in (FOLDER.parent / "golden").glob("*.txt")
        if not path.stem.startswith(others)
    }
    assert left == {path.stem for path in FILES}
