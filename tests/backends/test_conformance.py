"""The python engine says what the evaluator says, on every hand-built program."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ksmcheck.ir.program import Program
from tests.backends import programs
from tests.backends.conformance import run_conformance


@pytest.mark.parametrize("make", programs.ALL, ids=lambda make: make.__name__)
def test_python_engine_conforms(make: Callable[[], Program]) -> None:
    space = run_conformance(make())
    assert space is not None
