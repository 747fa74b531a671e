"""How long the compiler may repeat a plain load: over branches, to the next barrier or lock."""

from __future__ import annotations

from pathlib import Path

import pytest

from ksmcheck.explore.engines import EngineChoice, EngineName, run
from ksmcheck.explore.options import SearchOptions
from ksmcheck.ir.program import BuiltinCheck
from tests.oracle.models import compile_file

MODEL = """
from typing import Annotated
from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
gone: bool
lock: SpinLock
EARLY = True


@actor
def reader() -> None:
    {body}
    assert value == again, "two uses of one load differ"


@actor
def writer() -> None:
    global x
    x = 1


scenario(question="?", properties=[])
"""

STATIC_IF = """
    if EARLY:
        value = plain(x)
    else:
        value = 0
    again = value
"""
EARLY_RETURN = """
    value = plain(x)
    if gone:
        spin_lock(lock)
        spin_unlock(lock)
        return
    again = value
"""
BARRIER = """
    value = plain(x)
    barrier()
    again = value
"""
BARRIER_ON_ONE_WAY = """
    value = plain(x)
    if gone:
        barrier()
    again = value
"""


@pytest.mark.parametrize(
    ("body", "repeated"),
    [(STATIC_IF, True), (EARLY_RETURN, True), (BARRIER, False), (BARRIER_ON_ONE_WAY, False)],
)
def test_a_plain_load_is_repeated(tmp_path: Path, body: str, repeated: bool) -> None:
    file = tmp_path / "model.py"
    file.write_text(MODEL.format(body=body.strip()), encoding="utf-8")
    program = compile_file(file, disabled=(BuiltinCheck.DATA_RACE,))
    ran = run(EngineChoice(EngineName.PYTHON), program, SearchOptions(), None)
    assert bool(ran.result.findings) is repeated
