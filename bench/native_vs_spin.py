"""The native engine beside Spin on the same models, in one run on one machine.

    python bench/native_vs_spin.py [--json FILE] [--runs 3] [--model FILE]...

For each model: Spin on the exported model (with the flags of its documentation for a plain
exhaustive search), the native engine with one worker and with two, and the python engine on the
beginning of the space. Prints the table, the ratios, the commands and the versions. Every number
is the best of the runs, for Spin as for us. Then the time to compile every shipped model: its front
end, its C, and the time when it is in the cache.
"""

from __future__ import annotations

import json
import math
import platform
import re
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import click
from attrs import asdict, evolve, frozen

from ksmcheck.backends.native.build import Toolchain, build
from ksmcheck.backends.native.compiler import find_compiler
from ksmcheck.backends.promela import export
from ksmcheck.explore.native_engine import NativeEngine
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.python_engine import PythonEngine
from ksmcheck.frontend import compile_model, model_names
from ksmcheck.ir.program import Program

MODELS = Path(__file__).parent / "models"
SPIN = ("spin", "-a", "-o1", "-o2", "-o3", "model.pml")
CC = ("gcc", "-O2", "-DSAFETY", "-DNOREDUCE", "-DNOFAIR", "-w", "-o", "pan", "pan.c")
DEEPEST = 20_000_000  # of Spin's stack, which is not counted in its bytes per state

# The python engine runs so many states at most: its speed falls a little as its set grows.
PYTHON_STATES = 2_000_000

# What is compared, whether the goal is a least or a most, and the goal.
GOALS = (
    ("states per second, native / spin", ">=", 5.0),
    ("bytes per state, native / spin", "<=", 0.6),
    ("states per second, two workers / one", ">=", 1.6),
    ("states per second, native / python", ">=", 20.0),
)

# Seconds to generate and compile the C of a shipped model.
COMPILE_GOAL = 1.0


@frozen
class Row:
    """One engine on one model."""

    model: str
    engine: str
    states: int
    transitions: int
    seconds: float
    compile_seconds: float
    bytes_per_state: float

    @property
    def rate(self) -> float:
        """States per second of search."""
        return self.states / self.seconds


def native(program: Program, workers: int, cache: Path) -> Row:
    """The native engine on the whole space."""
    engine = NativeEngine(workers=workers, cache=cache)
    result = engine.search(program, SearchOptions())
    if result.stop_reason is not StopReason.EXHAUSTED:
        raise click.ClickException(f"{program.identity.model}: {result.stop_reason.value}")
    return Row(
        program.identity.model, f"native, {workers} worker{'s' * (workers > 1)}",
        result.states, result.transitions, result.seconds, result.compile_seconds,
        result.bytes_per_state,
    )  # fmt: skip


def python(program: Program) -> Row:
    """The python engine on the first states."""
    result = PythonEngine().search(program, SearchOptions(max_states=PYTHON_STATES))
    return Row(
        program.identity.model, "python", result.states, result.transitions, result.seconds,
        result.compile_seconds, result.bytes_per_state,
    )  # fmt: skip


class Pan:
    """Spin's generated checker for one model, compiled once."""

    def __init__(self, program: Program, folder: Path, states: int) -> None:
        self._name, self._folder = program.identity.model, folder
        (folder / "model.pml").write_text(export(program), encoding="utf-8")
        self._compile_seconds = _timed(SPIN, folder)[0] + _timed(CC, folder)[0]
        self.command = ("./pan", f"-m{DEEPEST}", f"-w{max(20, round(math.log2(states)))}")

    def run(self) -> Row:
        """A whole search. Its bytes: the states and the hash table, not the stack."""
        seconds, text = _timed(self.command, self._folder)
        if "errors: 0" not in text or "search depth too small" in text:
            raise click.ClickException(f"spin on {self._name}:\n{text}")
        memory = _found(r"([\d.]+)\s+actual memory usage for states", text)
        if not memory:
            memory = _found(r"([\d.]+)\s+equivalent memory usage for states", text)
        memory += _found(r"([\d.]+)\s+memory used for hash table", text)
        states = int(_found(r"([\d.e+]+) states, stored", text))
        return Row(
            self._name, "spin", states, int(_found(r"([\d.e+]+) transitions", text)),
            _found(r"elapsed time ([\d.e+]+) seconds", text) or seconds,
            self._compile_seconds, memory * 2**20 / states,
        )  # fmt: skip


def _timed(command: tuple[str, ...], folder: Path) -> tuple[float, str]:
    """Seconds that a command takes, and what it says."""
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise click.ClickException(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return time.perf_counter() - started, done.stdout


def _found(pattern: str, text: str) -> float:
    match = re.search(pattern, text)
    return float(match[1]) if match else 0.0


def compare(program: Program, runs: int, folder: Path) -> tuple[list[Row], tuple[str, ...]]:
    """All engines on one model, taking turns; and Spin's last command."""
    cache = folder / "cache"
    first = native(program, 1, cache)
    pan = Pan(program, folder, first.states)
    spins, ones, twos, slow = [], [first], [], []
    for _ in range(runs):
        spins.append(pan.run())
        ones.append(native(program, 1, cache))
        twos.append(native(program, 2, cache))
        slow.append(python(program))
    rows = [min(rows, key=lambda row: row.seconds) for rows in (spins, ones, twos, slow)]
    rows[1] = evolve(rows[1], compile_seconds=first.compile_seconds)
    if rows[0].states != rows[1].states:
        raise click.ClickException(
            f"{program.identity.model}: spin has {rows[0].states} states, we {rows[1].states}"
        )
    return rows, pan.command


def ratios(rows: list[Row]) -> list[float]:
    """In the order of GOALS."""
    spin, one, two, slow = rows
    return [
        one.rate / spin.rate,
        one.bytes_per_state / spin.bytes_per_state,
        two.rate / one.rate,
        one.rate / slow.rate,
    ]


def show(rows: list[Row]) -> None:
    """The rows and ratios of one model."""
    click.echo(f"\n{rows[0].model}")
    click.echo(
        f"  {'':<18}{'states':>12}{'states/s':>12}{'B/state':>9}{'seconds':>9}{'compile':>9}"
    )
    for row in rows:
        click.echo(
            f"  {row.engine:<18}{row.states:>12,}{row.rate:>12,.0f}{row.bytes_per_state:>9.1f}"
            f"{row.seconds:>9.2f}{row.compile_seconds:>9.2f}"
        )
    for (what, sense, goal), value in zip(GOALS, ratios(rows), strict=True):
        met = value >= goal if sense == ">=" else value <= goal
        verdict = "" if met else "   MISSED"
        click.echo(f"  {what:<40}{value:>7.2f}   goal {sense} {goal}{verdict}")


@frozen
class CompileTime:
    """Seconds for one shipped model, with nothing in the cache and with the object in it.

    ``front_end``: from its files to a program. ``native``: from there to a loaded object, the C
    generated and compiled, the runtime for its size of states too.
    """

    model: str
    locations: int
    front_end: float
    native: float
    cached: float


def compile_time(name: str) -> CompileTime:
    """Compile one shipped model twice in a cache of its own."""
    compiler = find_compiler()
    assert compiler is not None
    started = time.perf_counter()
    program = compile_model(name)
    front_end = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as folder:
        toolchain = Toolchain(compiler, Path(folder))
        cold, again = build(program, toolchain), build(program, toolchain)
    locations = sum(actor.done for actor in program.actors)
    return CompileTime(name, locations, front_end, cold.seconds, again.seconds)


def show_compile_times(times: list[CompileTime]) -> None:
    """A line for each model, and how many meet the goal."""
    click.echo(
        f"\n{'seconds to compile':<32}{'locations':>9}{'front end':>11}{'native':>9}{'sum':>7}"
        f"{'cached':>8}   goal native < {COMPILE_GOAL}"
    )
    for item in times:
        total = item.front_end + item.native
        click.echo(
            f"{item.model:<32}{item.locations:>9}{item.front_end:>11.2f}{item.native:>9.2f}"
            f"{total:>7.2f}{item.cached:>8.2f}{'' if item.native < COMPILE_GOAL else '   MISSED'}"
        )
    met = sum(item.native < COMPILE_GOAL for item in times)
    whole = sum(item.front_end + item.native < COMPILE_GOAL for item in times)
    click.echo(f"{met} of {len(times)} meet the goal, {whole} with the front end")


def versions() -> dict[str, str]:
    """What was compared, where."""
    spin = subprocess.run(("spin", "-V"), capture_output=True, text=True, check=False).stdout
    gcc = subprocess.run(("gcc", "--version"), capture_output=True, text=True, check=False).stdout
    return {
        "date": date.today().isoformat(),
        "spin": spin.strip(),
        "gcc": gcc.splitlines()[0],
        "python": platform.python_version(),
        "machine": f"{_processor()}, {platform.system()}",
    }


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    found = re.search(r"model name\s*:\s*(.*)", text)
    return f"{found[1] if found else platform.machine()}, {text.count('processor')} cores"


@click.command(help=__doc__)
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Save all numbers.")
@click.option("--runs", default=3, show_default=True, help="Runs of each engine.")
@click.option("--model", "models", multiple=True, help="A model instead of those in bench/models.")
def main(json_file: Path | None, runs: int, models: tuple[str, ...]) -> None:
    """Compare, print, save."""
    about = versions()
    for key, value in about.items():
        click.echo(f"{key}: {value}")
    chosen = models or tuple(str(path) for path in sorted(MODELS.glob("*.py")))
    tables: dict[str, object] = {}
    for model in chosen:
        program = compile_model(model)
        with tempfile.TemporaryDirectory() as folder:
            rows, pan = compare(program, runs, Path(folder))
        show(rows)
        click.echo(f"  {' '.join(SPIN)} && {' '.join(CC)} && {' '.join(pan)}")
        tables[program.identity.model] = {
            "rows": [asdict(row) for row in rows],
            "ratios": dict(zip((what for what, _, _ in GOALS), ratios(rows), strict=True)),
            "commands": [" ".join(command) for command in (SPIN, CC, pan)],
        }
    times = [compile_time(name) for name in model_names()]
    show_compile_times(times)
    if json_file is not None:
        compiled = [asdict(item) for item in times]
        record = {"about": about, "models": tables, "compile_seconds": compiled}
        json_file.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
