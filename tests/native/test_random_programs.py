"""The native engine says what the python engine says, on random programs."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from ksmcheck.backends.native.compiler import find_compiler
from ksmcheck.ir.program import Program
from tests.backends.random_programs import programs
from tests.native.agreement import agree

pytestmark = pytest.mark.skipif(find_compiler() is None, reason="no C compiler")


@pytest.mark.slow
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs())
def test_random_programs(program: Program) -> None:
    agree(program, most_states=300)
