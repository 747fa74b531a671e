"""The front end, as the commands that take many models hand it to the report."""

from __future__ import annotations

from ksmcheck.frontend import CompileOptions, compile_model, summarise
from ksmcheck.ir.program import Expectation, Program
from ksmcheck.report.cases import ModelReader, Scenario


def model_reader() -> ModelReader:
    """Reads scenarios and compiles what they expect."""
    return ModelReader(_read, _compile)


def _read(model: str) -> Scenario:
    summary = summarise(model)
    return Scenario(model, summary.name, summary.kernel, summary.expected)


def _compile(model: str, expected: Expectation) -> Program:
    return compile_model(model, CompileOptions.of(expected))
