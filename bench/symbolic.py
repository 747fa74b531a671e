"""What symbolic contents cost: states, conditions, z3 queries, against one concrete order.

    python bench/symbolic.py [--json FILE]

Runs the scenarios with symbols on both engines, one worker, one after the other in this process.
`stable_tree_any_content` begins with three contents; `order=1` explores one of the 13 ways in
which three contents can be ordered (with `stores` 1 there is a fourth content). `z3_share` is the
part of a search's time that went to z3, the making of formulas included; `warm_z3_share` is that of
a second search with the same oracle, which knows the answers. Fails when the engines disagree,
when the states are more than 13 times those of one order, or when a scenario of 100,000 states or
more needs more than one query for 100 states, or more than a fifth of the warm search for z3.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path

import click

from ksmcheck.backends.python.model import PythonModel
from ksmcheck.explore.breadth_first import breadth_first
from ksmcheck.explore.native_engine import NativeEngine
from ksmcheck.explore.options import SearchOptions
from ksmcheck.explore.python_engine import PythonEngine
from ksmcheck.explore.result import SearchResult
from ksmcheck.frontend import CompileOptions, compile_model

MODEL = "stable_tree_any_content"
WEAK_ORDERS = 13
MANY_STATES, STATES_PER_QUERY, SHARE = 100_000, 100, 0.2
CASES: tuple[tuple[str, tuple[tuple[str, int], ...]], ...] = (
    (MODEL, (("stores", 0), ("order", 1))),
    (MODEL, (("stores", 0), ("order", 0))),
    (MODEL, (("stores", 1), ("order", 1))),
    (MODEL, (("stores", 1), ("order", 0))),
    (MODEL, (("stores", 1), ("order", 0), ("passes", 5))),
    ("ksm_hash_collision", ()),
    ("swapin_copy_offsets", ()),
    ("half_ksm_stranded", ()),
    ("stable_tree_order", ()),
)


def row(name: str, given: tuple[tuple[str, int], ...], engine: str) -> dict[str, object]:
    """One search, as a row of the table."""
    program = compile_model(name, CompileOptions(parameters=given))
    options = SearchOptions(memory_limit=4 << 30)
    searching = NativeEngine(workers=1) if engine == "native" else PythonEngine()
    result: SearchResult = searching.search(program, options)
    assert result.oracle is not None
    effort = result.oracle.effort
    warm = breadth_first(program, PythonModel(program, result.oracle), options)
    more = result.oracle.effort.seconds - effort.seconds
    return {
        "model": name,
        "parameters": dict(given),
        "engine": engine,
        "stop": result.stop_reason.value,
        "states": result.states,
        "transitions": result.transitions,
        "depth": result.depth,
        "seconds": round(result.seconds, 2),
        "conditions": effort.conditions,
        "z3_queries": effort.queries,
        "z3_seconds": round(effort.seconds, 2),
        "z3_share": round(effort.seconds / result.seconds, 2) if result.seconds else 0.0,
        "warm_z3_share": round(more / warm.seconds, 2) if warm.seconds else 0.0,
        "imprecise": effort.imprecise,
    }


def complaints(rows: list[dict[str, object]]) -> list[str]:
    """What is not as it should be."""
    found: list[str] = []
    pairs = list(zip(rows[::2], rows[1::2], strict=True))
    for python, native in pairs:
        counts = ("states", "transitions", "depth", "conditions")
        # a search that stops at a violation ends its level on one engine and not on the other
        if python["stop"] == "exhausted" and any(python[key] != native[key] for key in counts):
            found.append(f"{python['model']} {python['parameters']}: the engines disagree")
        states, queries = int(str(python["states"])), int(str(python["z3_queries"]))
        if states >= MANY_STATES and queries * STATES_PER_QUERY > states:
            found.append(f"{queries} queries for {states} states")
        if states >= MANY_STATES and float(str(python["warm_z3_share"])) > SHARE:
            found.append(f"z3 takes {python['warm_z3_share']} of a warm search")
    one, all_orders = (int(str(python["states"])) for python, _ in pairs[:2])
    print(f"three contents: {all_orders / one:.1f} times the states of one order, at most 13")
    if all_orders > WEAK_ORDERS * one:
        found.append("more than 13 times the states of one order")
    return found


@click.command()
@click.option("--json", "file", type=click.Path(path_type=Path), help="Write the rows there.")
def main(file: Path | None) -> None:
    """Measure, print, and fail when a bound is missed."""
    rows = []
    for name, given in CASES:
        for engine in ("python", "native"):
            rows.append(row(name, given, engine))
            print(json.dumps(rows[-1]), flush=True)
    wrong = complaints(rows)
    if file is not None:
        file.write_text(json.dumps({"date": str(date.today()), "rows": rows}, indent=1) + "\n")
    for line in wrong:
        print(line, file=sys.stderr)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
