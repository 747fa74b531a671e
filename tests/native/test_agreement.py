"""The native engine says what the python engine says, with one worker and with two."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ksmcheck.backends.native.compiler import find_compiler
from ksmcheck.frontend import compile_model
from ksmcheck.ir.program import Program
from tests.backends import programs
from tests.native.agreement import agree

pytestmark = pytest.mark.skipif(find_compiler() is None, reason="no C compiler")


@pytest.mark.parametrize("make", programs.ALL, ids=lambda make: make.__name__)
def test_hand_built_programs(make: Callable[[], Program]) -> None:
    assert agree(make()) is not None or make is programs.from_the_start


NOTHING_TO_HOLD = '''
"""A local of a type with one value, alive across a step."""

from typing import Annotated

from ksmcheck.lang import *

Nothing = Annotated[int, Range(0, 0)]
x: bool
nothing: Nothing


@actor(count=2)
def thread(me: Annotated[int, Range(0, 1)]) -> None:
    global x, nothing
    held: Nothing = nothing
    x = True
    nothing = held
    x = False


scenario(question="Does a local without bits get by?", properties=[])
'''


def test_a_local_without_bits(tmp_path: Path) -> None:
    model = tmp_path / "model.py"
    model.write_text(NOTHING_TO_HOLD, encoding="utf-8")
    assert agree(compile_model(str(model))) is not None
