"""Spin on an exported model: how many states it stores with its own partial order reduction.

And without it (-DNOREDUCE), which must be as many as ours without reductions: one more when the
setup has several outcomes, for the state before the setup. Spin's own means of saving memory
(-DCOLLAPSE) are on, and what it stores stays exact. Large models are compiled by tcc where there is
one: gcc takes minutes for each, also without optimising, and the counts are the same.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from attrs import frozen

from ksmcheck.analysis.symbols import symbols_of
from ksmcheck.backends.promela.export import export, initial_states
from ksmcheck.ir.program import Program

SPIN = ("spin", "-a", "-o1", "-o2", "-o3", "model.pml")
FLAGS = ("-w", "-DSAFETY", "-DNOFAIR", "-DCOLLAPSE", "-o", "pan", "pan.c")
MODES = {"por": (), "noreduce": ("-DNOREDUCE",)}

# Spin's stack is taken at once, so a deep one is tried only when a flat one was too small.
DEPTHS = (100_000, 2_000_000, 10_000_000)

# Locations of a model that gcc can optimise in less time than that saves.
SMALL = 200


@frozen
class Limits:
    """Of one run of pan, and of one of the compiler. Seconds and MiB."""

    seconds: float = 60.0
    compiler_seconds: float = 400.0
    mebibytes: int = 2048


def measure(program: Program, limits: Limits) -> dict[str, dict[str, float | str]]:
    """For each mode the states, errors and seconds; or "why" there are none."""
    if symbols_of(program).condition >= 0:
        return {mode: {"why": "symbols cannot be exported"} for mode in MODES}
    text = export(program)
    small = sum(actor.done for actor in program.actors) < SMALL
    quick = ("gcc", "-O0") if shutil.which("tcc") is None else ("tcc",)
    compiler = ("gcc", "-O2") if small else quick
    rows: dict[str, dict[str, float | str]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "model.pml").write_text(text, encoding="utf-8")
        read = subprocess.run(SPIN, cwd=folder, capture_output=True, text=True, check=False)
        if read.returncode:
            refused = re.search(r"Error: (.*)", read.stdout + read.stderr)
            why = f"Spin: {refused[1]}" if refused else "Spin fails"
            return {mode: {"why": why} for mode in MODES}
        for mode, flags in MODES.items():
            rows[mode] = _searched(folder, (*compiler, *FLAGS, *flags), limits)
    rows["noreduce"]["expected_more"] = int(len(initial_states(program)) > 1)
    return rows


def _searched(folder: Path, compiler: tuple[str, ...], limits: Limits) -> dict[str, float | str]:
    try:
        subprocess.run(
            (*compiler, f"-DMEMLIM={limits.mebibytes}"),
            cwd=folder, capture_output=True, check=True, timeout=limits.compiler_seconds,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"why": f"{compiler[0]} over {limits.compiler_seconds:.0f} s"}
    for depth in DEPTHS:
        command = ("./pan", f"-m{depth}", "-w24", "-c0")
        try:
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, check=False,
                timeout=limits.seconds,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return {"why": f"over {limits.seconds:.0f} s"}
        if "search depth too small" not in done.stdout:
            return _read(done.stdout, limits)
    return {"why": f"deeper than {DEPTHS[-1]:,}"}


def _read(text: str, limits: Limits) -> dict[str, float | str]:
    """What pan said at its end."""
    states = _number(r"([\d.e+]+) states, stored", text)
    if "MEMLIM" in text or "out of memory" in text or states is None:
        return {"why": f"over {limits.mebibytes / 1024:.0f} GiB"}
    return {
        "states": states,
        "errors": _number(r"errors: (\d+)", text) or 0.0,
        "seconds": _number(r"elapsed time ([\d.e+]+) seconds", text) or 0.0,
    }


def _number(pattern: str, text: str) -> float | None:
    found = re.search(pattern, text)
    return None if found is None else float(found[1])
