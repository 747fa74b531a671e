"""How the cost of ksm_world grows: with actors, a third mm, a fourth page, a second swap slot.

    python bench/world_growth.py [--json FILE] [--limit SECONDS] [--quick]

ksmd never stops; beside it run the actors named. Each world is searched to its end by the native
engine with one worker, without reductions and with symmetry and heap. Prints a Markdown table and a
plot in text, one mark for each doubling. What does not end within the limits is shown as more than
what was found.
"""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path
from typing import TypeAlias

import click

from ksmcheck.explore.native_engine import NativeEngine
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.reductions import Reduce, Reduction, decide
from ksmcheck.frontend import CompileOptions, compile_model

SIZES: dict[str, dict[str, int]] = {
    "2 mms, 3 pages, 1 slot": {},
    "a fourth page": {"pages": 4},
    "a second slot": {"slots": 2},
    "a third mm and a fourth page": {"mms": 3, "pages": 4},
}
ACTORS: dict[str, tuple[str, ...]] = {
    "ksmd alone": (),
    "a store": ("stores",),
    "reclaim": ("reclaims",),
    "migration": ("moves",),
    "exit and fork": ("exits",),
}
LEVELS = {
    "none": frozenset[Reduction](),
    "symmetry,heap": frozenset({Reduction.SYMMETRY, Reduction.HEAP}),
}
SWITCHES = ("stores", "reclaims", "moves", "exits")

Row: TypeAlias = dict[str, dict[str, float | str]]


def measure(actors: tuple[str, ...], size: dict[str, int], limit: float, *, quick: bool) -> Row:
    """States, depth and seconds of one world at each level; "stopped" says how a search ended."""
    switches = {name: int(name in actors) for name in SWITCHES}
    options = CompileOptions(parameters=tuple((switches | size).items()))
    program = compile_model("ksm_world", options)
    engine = NativeEngine(workers=1, compiler_flags=("-O0",) if quick else ())
    row: Row = {}
    for name, wanted in LEVELS.items():
        result = engine.search(
            program,
            SearchOptions(
                reductions=decide(Reduce(wanted), program),
                time_limit=limit,
                memory_limit=4 << 30,
            ),
        )
        row[name] = {
            "states": result.states,
            "depth": result.depth,
            "seconds": round(result.seconds, 2),
            "stopped": result.stop_reason.value,
        }
    return row


def shown(cell: dict[str, float | str]) -> str:
    more = "" if cell["stopped"] == StopReason.EXHAUSTED.value else "more than "
    return f"{more}{cell['states']:,}"


def table(worlds: dict[str, dict[str, Row]]) -> str:
    """The states of each world without reductions, in brackets with symmetry and heap."""
    lines = ["| beside ksmd | " + " | ".join(SIZES) + " |", "|" + "---|" * (len(SIZES) + 1)]
    for actors, sizes in worlds.items():
        cells = [f"{shown(row['none'])} ({shown(row['symmetry,heap'])})" for row in sizes.values()]
        lines.append(f"| {actors} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def plot(worlds: dict[str, dict[str, Row]]) -> str:
    """A bar for each world, as long as the logarithm of its states with symmetry and heap."""
    lines: list[str] = []
    for actors, sizes in worlds.items():
        lines.append(actors)
        for size, row in sizes.items():
            cell = row["symmetry,heap"]
            bar = "#" * round(math.log2(float(cell["states"])))
            lines.append(f"  {size:<29} {bar} {shown(cell)}")
    return "\n".join(lines)


@click.command()
@click.option("--json", "file", type=click.Path(path_type=Path), help="Save the numbers here.")
@click.option("--limit", default=120.0, help="Seconds for each search.")
@click.option(
    "--quick", is_flag=True, help="Compile without optimisation: the counts are the same."
)
def main(file: Path | None, limit: float, quick: bool) -> None:
    """Measure all worlds and print them."""
    worlds: dict[str, dict[str, Row]] = {}
    for actors, names in ACTORS.items():
        worlds[actors] = {}
        for size, parameters in SIZES.items():
            row = worlds[actors][size] = measure(names, parameters, limit, quick=quick)
            click.echo(f"{actors}; {size}: {shown(row['none'])}", err=True)
            if file is not None:  # after each world: they take long
                found = {"date": str(date.today()), "worlds": worlds}
                file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    click.echo(f"{table(worlds)}\n\n{plot(worlds)}")


if __name__ == "__main__":
    main()
