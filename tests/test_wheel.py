"""The wheel is enough: models and properties travel with it, and nothing needs the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run(*command: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command away from the checkout, with the output captured."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        command, cwd=cwd, env={**kept, **environment}, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
@pytest.mark.skipif(
    find_spec("hatchling") is None, reason="hatchling, the build backend, is absent"
)
def test_a_wheel_in_an_empty_folder(tmp_path: Path) -> None:
    """Build, install into an empty folder, and run the main job from somewhere else."""
    wheels, site, away = tmp_path / "wheels", tmp_path / "site", tmp_path / "away"
    away.mkdir()
    pip = (sys.executable, "-m", "pip", "--quiet")
    built = run(
        *pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(wheels), str(ROOT), cwd=away
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = wheels.glob("*.whl")
    installed = run(*pip, "install", "--no-deps", "--target", str(site), str(wheel), cwd=away)
    assert installed.returncode == 0, installed.stderr
    for arguments in (("list",), ("explore", "--model", "swapin_race", "--quiet")):
        done = run(
            sys.executable, "-P", "-m", "ksmcheck", *arguments, cwd=away, PYTHONPATH=str(site)
        )
        assert "swapin_race" in done.stdout, done.stderr
        assert done.returncode == (1 if "explore" in arguments else 0)
