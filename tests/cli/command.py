"""Runs the command in a process of its own, as a user does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

MODELS = Path("tests/cli/models")
ROOT = Path(__file__).parent.parent.parent


@frozen
class Ended:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str


def ksmcheck(*arguments: str, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> Ended:
    """Run ``ksmcheck`` with these arguments."""
    done = subprocess.run(
        [sys.executable, "-m", "ksmcheck", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def interrupted(*arguments: str, until: str = " states/s") -> Ended:
    """Run ``ksmcheck``; Ctrl-C as soon as a line on stderr contains ``until``."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ksmcheck", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    before = []
    for line in process.stderr:
        before.append(line)
        if until in line:
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    return Ended(process.returncode, out, "".join(before) + err)


def model(name: str) -> str:
    """The path of one of the test models, as a user in the checkout would write it."""
    return str(MODELS / f"{name}.py")
