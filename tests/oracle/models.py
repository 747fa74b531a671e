"""Compiling model files and texts for the tests, and reading what a space contains by name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from ksmcheck.frontend import CompileOptions, compile_model
from ksmcheck.ir.program import BuiltinCheck, Program
from ksmcheck.ir.types import format_value
from tests.oracle.evaluator_search import Space, State

HEADER = "from typing import Annotated\n\nfrom ksmcheck.lang import *\n\n"
SCENARIO = '\n\nscenario(question="?", kernel="", pools={{{pools}}}, properties=[{properties}])\n'


def compile_file(
    path: Path,
    parameters: Iterable[tuple[str, int]] = (),
    disabled: Iterable[BuiltinCheck] = (),
) -> Program:
    """Compile one model file at its own kernel version."""
    options = CompileOptions(
        kernel=None,
        with_=(),
        without=(),
        parameters=tuple(parameters),
        disabled=tuple(disabled),
    )
    return compile_model(str(path), options)


def compile_text(
    folders: pytest.TempPathFactory, text: str, disabled: Iterable[BuiltinCheck] = ()
) -> Program:
    """Compile the text of a random program, in a folder of its own."""
    path = folders.mktemp("random") / "random_program.py"
    path.write_text(text, encoding="utf-8")
    return compile_file(path, disabled=disabled)


def compile_body(
    folder: Path,
    body: str,
    pools: str = "",
    properties: str = "",
    disabled: Iterable[BuiltinCheck] = (),
) -> Program:
    """Compile ``body`` with the imports before it and a scenario after it."""
    path = folder / "model.py"
    scenario = SCENARIO.format(pools=pools, properties=properties)
    path.write_text(HEADER + body.strip("\n") + scenario, encoding="utf-8")
    return compile_file(path, disabled=disabled)


def cells(program: Program, state: State, name: str) -> tuple[str, ...]:
    """The cells of the variable called ``name`` in ``state``, as a person reads them."""
    offsets = program.offsets()
    for number, variable in enumerate(program.variables):
        if variable.name == name:
            start = offsets[number]
            values = state[start : start + variable.cells]
            return tuple(format_value(variable.type, value) for value in values)
    known = ", ".join(variable.name for variable in program.variables)
    raise KeyError(f"no variable {name}; there are: {known}")


def valuations(program: Program, states: Iterable[State], *names: str) -> set[tuple[str, ...]]:
    """The distinct values of the named variables over ``states``, one tuple for each state."""
    return {
        tuple(cell for name in names for cell in cells(program, state, name)) for state in states
    }


def final_values(space: Space, *names: str) -> set[tuple[str, ...]]:
    """The named variables in the states in which all finite actors are done."""
    return valuations(space.program, space.finals, *names)


def reached_values(space: Space, *names: str) -> set[tuple[str, ...]]:
    """The named variables in all reachable states."""
    return valuations(space.program, space.levels, *names)
