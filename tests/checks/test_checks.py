"""Every built-in check: a tiny model that triggers it, one that does not, and the switch.

The first line of a model says what is expected: ``# expect: CODE or holds; check: the name that
switches it off; depth: length of the shortest counterexample; silenced: what is left to find when
the check is off`` (nothing, unless it says otherwise).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from ksmcheck.ir.program import BuiltinCheck
from ksmcheck.lang import locks, memory, rcu
from tests.oracle.engine import assert_same_as_evaluator, first_finding, name_of
from tests.oracle.evaluator_search import Space, search
from tests.oracle.models import compile_file

FOLDER = Path(__file__).parent
MODELS = sorted(path for path in FOLDER.glob("*.py") if not path.stem.startswith("test_"))


@dataclass(frozen=True)
class Expected:
    """The first line of a model file, read."""

    code: str | None
    check: BuiltinCheck
    depth: int | None
    silenced: str | None


def read_header(path: Path) -> Expected:
    """Read ``# expect: KSM801; check: use-after-free; depth: 4``."""
    line = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("#")
    fields = dict(part.strip().split(": ") for part in line.split(";"))
    return Expected(
        code=None if fields["expect"] == "holds" else fields["expect"],
        check=BuiltinCheck(fields["check"]),
        depth=int(fields["depth"]) if "depth" in fields else None,
        silenced=fields.get("silenced"),
    )


def first_code(space: Space) -> str | None:
    """The code of the shallowest bad thing, None when all is well."""
    return space.shortest.name if space.shortest else None


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_check_speaks_or_not(path: Path) -> None:
    expected = read_header(path)
    program = compile_file(path)
    space = search(program)
    assert first_code(space) == expected.code
    if expected.depth is not None:
        assert space.shortest is not None
        assert space.shortest.depth == expected.depth
    assert_same_as_evaluator(program, space)


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_first_counterexample_replays(path: Path) -> None:
    expected = read_header(path)
    program = compile_file(path)
    finding = first_finding(program)
    assert (name_of(program, finding) if finding else None) == expected.code
    if finding is not None and expected.depth is not None:
        assert finding.depth == expected.depth


@pytest.mark.parametrize(
    "path", [path for path in MODELS if read_header(path).code], ids=lambda path: path.stem
)
def test_check_can_be_switched_off(path: Path) -> None:
    expected = read_header(path)
    space = search(compile_file(path, disabled=[expected.check]))
    assert expected.code not in space.bad
    assert first_code(space) == expected.silenced


def test_every_check_has_a_pair() -> None:
    headers = [read_header(path) for path in MODELS]
    assert {each.check for each in headers if each.code} == set(BuiltinCheck)
    assert {each.check for each in headers if not each.code} == set(BuiltinCheck)


def test_every_primitive_is_tried_somewhere() -> None:
    """Each word of the vocabulary of locks, memory and RCU occurs in a model of the tests."""
    folders = (FOLDER, FOLDER.parent / "frontend", FOLDER.parent / "textbook")
    texts = "\n".join(
        path.read_text(encoding="utf-8") for folder in folders for path in folder.glob("*.py")
    )
    words = set(re.findall(r"\w+", texts))
    assert {*locks.__all__, *memory.__all__, *rcu.__all__} <= words
