"""The text of a trace: golden pages, and rules that every page keeps."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ksmcheck.trace.columns import Line, wrap
from ksmcheck.trace.record import record
from ksmcheck.trace.records import Trace
from ksmcheck.trace.render import natural_width, render
from tests.trace.tiny_model import FINDINGS, model_of


def trace_of(name: str) -> Trace:
    model = model_of(name)
    return record(model, FINDINGS[name](model))


@pytest.mark.parametrize("name", FINDINGS)
def test_pages(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"{name}.txt", render(trace_of(name)))


def test_narrow_page_has_lanes(golden: Callable[[str, str], None]) -> None:
    golden("lost_narrow.txt", render(trace_of("lost"), 40))


@pytest.mark.parametrize("name", FINDINGS)
@pytest.mark.parametrize("width", [40, 44, 60, 75, 100, 140])
def test_no_line_is_too_wide_and_all_is_ascii(name: str, width: int) -> None:
    page = render(trace_of(name), width)
    assert max(map(len, page.splitlines())) <= width
    assert page.isascii()
    assert not any(line != line.rstrip() for line in page.splitlines())


def test_who_never_moves_has_no_column() -> None:
    assert "ksmd" not in render(trace_of("lost"))


def test_two_actors_fit_a_changelog() -> None:
    assert max(map(len, render(trace_of("lost")).splitlines())) <= 75
    assert [natural_width(count) for count in (1, 2, 3, 4, 5)] == [75, 75, 100, 110, 110]


def test_consecutive_steps_name_the_routine_once() -> None:
    assert render(trace_of("lost")).count("get_page() tiny.py") == 3


def test_long_names_break_at_their_joints() -> None:
    lines = wrap([Line("mm1.some_anon_vma_chain.lock is taken")], 20)
    assert lines == ["mm1.some_anon_vma_", "  chain.lock is", "  taken"]
