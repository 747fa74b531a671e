"""The python engine says what the evaluator says, on random programs."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from ksmcheck.ir.program import Program
from tests.backends.conformance import run_conformance
from tests.backends.random_programs import programs


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs())
def test_python_engine_conforms(program: Program) -> None:
    run_conformance(program, most_states=300)
