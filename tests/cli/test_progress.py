"""Signs of life: plain lines now and then, a live table on a terminal, nothing when quiet."""

from __future__ import annotations

import pytest

from ksmcheck.cli.progress import watched
from ksmcheck.explore.progress import Sample


def sample(elapsed: float) -> Sample:
    return Sample(
        states=123456,
        transitions=234567,
        frontier=4321,
        depth=17,
        memory=50 * 2**20,
        elapsed=elapsed,
    )


def test_plain_lines_every_few_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    with watched(quiet=False) as progress:
        assert progress is not None
        for tick in range(48):
            progress(sample(tick / 4))
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [
        "5 s: 123,456 states, 24,691 states/s, frontier 4,321, depth 17, memory 50 MiB",
        "10 s: 123,456 states, 12,346 states/s, frontier 4,321, depth 17, memory 50 MiB",
    ]


def test_a_terminal_gets_a_live_table(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with watched(quiet=False) as progress:
        assert progress is not None
        progress(sample(2.0))
    printed = capsys.readouterr()
    assert printed.out == ""
    for words in ("states/s", "frontier", "depth", "memory", "elapsed", "123,456", "61,728"):
        assert words in printed.err


def test_quiet() -> None:
    with watched(quiet=True) as progress:
        assert progress is None
