"""How the cost of ksm_world grows, and what the reductions make of that.

    python bench/world_growth.py --json FILE [--limit SECONDS] [--memory GIB] [--quick]
        [--page FILE] [--part sizes|actors]

ksmd never stops; beside it run the actors named. ``sizes``: one with a third mm, a fourth page, a
second swap slot. ``actors``: each of them, each pair, each triple and all in the smallest world.
Each world is searched to its end by the native engine with one worker, without reductions and with
all, and in the smallest worlds with each layer. What does not end within the limits is shown as
more than what was found. FILE keeps what is measured, as in reductions.py. --page writes the tables
and a plot in text, one mark for each doubling, between their marks in docs/growth.md.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import blocks
import click
from measuring import LEVELS, Cell, Effort, Record, Row, factor, search_all, states

from ksmcheck.frontend import CompileOptions, compile_model
from ksmcheck.ir.program import Program

SIZES: dict[str, dict[str, int]] = {
    "2 mms, 3 pages, 1 slot": {},
    "a fourth page": {"pages": 4},
    "a second slot": {"slots": 2},
    "a third mm and a fourth page": {"mms": 3, "pages": 4},
}
SWITCHES = {
    "stores": "a store",
    "reclaims": "reclaim",
    "moves": "migration",
    "exits": "exit and fork",
}
ENDS = ("none", "all")


def beside(actors: tuple[str, ...]) -> str:
    """Who runs beside ksmd, in words."""
    return ", ".join(SWITCHES[actor] for actor in actors) or "ksmd alone"


def world(actors: tuple[str, ...], size: dict[str, int]) -> Program:
    """The scenario at the kernel that it names, with these actors and pools."""
    switches = {name: int(name in actors) for name in SWITCHES}
    return compile_model("ksm_world", CompileOptions(parameters=tuple((switches | size).items())))


def search(
    actors: tuple[str, ...], size: str, record: Record, effort: Effort, levels: tuple[str, ...]
) -> None:
    program = world(actors, SIZES[size])
    row = search_all(key(actors, size), program, record, effort, levels)
    found = "; ".join(f"{level} {states(row[level])}" for level in levels)
    click.echo(f"{key(actors, size)}: {found}", err=True)


def key(actors: tuple[str, ...], size: str) -> str:
    return f"{beside(actors)}; {size}"


def cell(row: Row, level: str) -> str:
    """States, and how many times fewer they are than with none."""
    times = factor(row, level) if level != "none" else None
    return shown(row.get(level)) + (f" ({times:.1f})" if times else "")


def shown(found: Cell | None) -> str:
    return "not run" if found is None else states(found).replace("over", "more than")


def sizes_table(record: Record, level: str) -> str:
    """One actor in each size."""
    rows = [
        [beside(actors), *(cell(record.current(key(actors, size)), level) for size in SIZES)]
        for actors in singles()
    ]
    return blocks.table(["beside ksmd", *SIZES], rows)


def actors_table(record: Record) -> str:
    """Each set of actors that was run in the smallest world, at each level."""
    rows = []
    for actors in subsets(len(SWITCHES)):
        row = record.current(key(actors, next(iter(SIZES))))
        if row:
            rows.append([beside(actors), *(cell(row, level) for level in LEVELS)])
    return blocks.table(["beside ksmd", *LEVELS], rows)


def plot(record: Record) -> str:
    """Two bars for each world, as long as the logarithm of its states: with none, and with all."""
    lines: list[str] = ["```"]
    for actors in singles():
        lines.append(beside(actors))
        for size in SIZES:
            row = record.current(key(actors, size))
            for level, label in zip(ENDS, (size, ""), strict=True):
                found = row.get(level)
                bar = "#" * ((found["states"] - 1).bit_length() if found else 0)
                lines.append(f"  {label:<29} {level:<5}{bar} {shown(found)}")
    return "\n".join([*lines, "```"])


def singles() -> list[tuple[str, ...]]:
    return subsets(1)


def subsets(most: int) -> list[tuple[str, ...]]:
    return [chosen for size in range(most + 1) for chosen in combinations(SWITCHES, size)]


@click.command()
@click.option("--json", "file", type=click.Path(path_type=Path), help="Keep the numbers here.")
@click.option("--keep", is_flag=True, help="Keep also what another checker measured.")
@click.option("--part", type=click.Choice(["sizes", "actors", "tables"]), default="sizes")
@click.option("--most", default=2, help="Actors beside ksmd at most, in the part `actors`.")
@click.option("--limit", default=120.0, help="Seconds for each search.")
@click.option("--memory", default=2.0, help="GiB for each search.")
@click.option("--quick", is_flag=True, help="Compile without optimisation.")
@click.option("--page", type=click.Path(path_type=Path), help="Write the tables here.")
def main(
    file: Path | None, keep: bool, part: str, most: int, limit: float, memory: float,
    quick: bool, page: Path | None,
) -> None:  # fmt: skip
    """Measure what is not known yet, and print the tables."""
    record, effort = Record(file, keep), Effort(limit, memory, quick)
    if part == "sizes":
        for actors in singles():
            for size in SIZES:
                search(actors, size, record, effort, ENDS)
    elif part == "actors":
        for actors in subsets(most):
            search(actors, next(iter(SIZES)), record, effort, tuple(LEVELS))
    tables = {level: sizes_table(record, level) for level in ENDS}
    tables |= {"actors": actors_table(record), "plot": plot(record)}
    for name, text in tables.items():
        click.echo(f"\n{text}")
        if page is not None:
            blocks.replace(page, name, text)


if __name__ == "__main__":
    main()
