"""Every shipped model at every patch level it lists, and the textbook: all engines say the same.

Small spaces are compared whole, with the evaluator replaying every finding; of the big ones the
native engine's runs with one worker and with two are compared, and the verdict.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ksmcheck.backends.native.compiler import find_compiler
from ksmcheck.explore.native_engine import NativeEngine
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.frontend import CompileOptions, compile_model, model_names, summarise
from ksmcheck.ir.program import Expectation, Program
from tests.native.agreement import agree, same_result

pytestmark = pytest.mark.skipif(find_compiler() is None, reason="no C compiler")

TEXTBOOK = sorted((Path(__file__).parent.parent / "textbook").glob("*.py"))
SHIPPED = [(name, item) for name in model_names() for item in summarise(name).expected]

# More states than this are too many for the python engine in a test.
WHOLE = 60_000


def shown(item: object) -> str:
    if not isinstance(item, Expectation):
        return str(item)
    chosen = [*item.patches, *(f"{name}={value}" for name, value in item.parameters)]
    return ",".join(chosen) or "plain"


@pytest.mark.parametrize("path", TEXTBOOK, ids=lambda path: path.stem)
def test_textbook(path: Path) -> None:
    assert agree(compile_model(str(path))) is not None


@pytest.mark.slow
@pytest.mark.parametrize(("name", "expected"), SHIPPED, ids=shown)
def test_shipped(name: str, expected: Expectation) -> None:
    program = compile_model(name, CompileOptions.of(expected))
    if agree(program, most_states=WHOLE) is None:
        _same_with_two_workers(program)


def _same_with_two_workers(program: Program) -> None:
    one = NativeEngine(workers=1).search(program, SearchOptions())
    two = NativeEngine(workers=2).search(program, SearchOptions())
    assert one.stop_reason in (StopReason.EXHAUSTED, StopReason.VIOLATION)
    assert [(f.kind, f.index, f.path[-1]) for f in one.findings] == [
        (f.kind, f.index, f.path[-1]) for f in two.findings
    ]
    same_result(one, two)
