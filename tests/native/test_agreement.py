"""The native engine says what the python engine says, with one worker and with two."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ksmcheck.backends.native.compiler import find_compiler
from ksmcheck.ir.program import Program
from tests.backends import programs
from tests.native.agreement import agree

pytestmark = pytest.mark.skipif(find_compiler() is None, reason="no C compiler")


@pytest.mark.parametrize("make", programs.ALL, ids=lambda make: make.__name__)
def test_hand_built_programs(make: Callable[[], Program]) -> None:
    assert agree(make()) is not None or make is programs.from_the_start
