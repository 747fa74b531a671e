"""A trace whose steps do not show what was found out about symbols is replayed all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from ksmcheck.cli.main import run

# The answer is a local's value: the step that finds it out looks the same each time.
MODEL = '''"""Compares, and tells later what came out."""
from typing import Annotated

from ksmcheck.lang import *


class Content(OrderedSymbol):
    """What a page holds."""


left: Content
right: Content
counter: Annotated[int, Range(0, 3)]


@setup
def start() -> None:
    global left, right
    left = fresh(Content)
    right = fresh(Content)


@actor
def comparing() -> None:
    global counter
    low = left
    order = memcmp(low, right)
    counter = 1
    counter = 2
    assert not (order ANSWER 0)


@actor
def storing() -> None:
    global right
    right = fresh(Content)


scenario(question="What comes out?", symbols={Content: 3})
'''


@pytest.mark.parametrize("answer", ["<", "==", ">"])
def test_every_answer_is_followed(
    answer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, trace = tmp_path / "comparing.py", tmp_path / "trace.json"
    model.write_text(MODEL.replace("ANSWER", answer))
    arguments = ["explore", "--model", str(model), "--engine", "python", "--quiet"]
    assert run([*arguments, "--trace-out", str(trace)]) == 1
    assert run(["replay", str(trace)]) == 1
    assert "comparing: REPRODUCES" in capsys.readouterr().out
