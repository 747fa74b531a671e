"""models/README.md says of each scenario which of KSM.md's properties it asks, and why not others.

A scenario has a property's state if its actors can come to a routine that changes it. That is read
from the source: the calls that actors make, through models/kernel/. Patches do not count, so this
is the state at some kernel version.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from ksmcheck.frontend import model_names

ROOT = Path(__file__).parents[1]
HEADING = "## Which scenario asks which property"

# KSM.md's number: a scenario has the property's state if its actors can come to one of these.
STATE: dict[int, tuple[str, ...]] = {
    1: ("get_ksm_page", "stable_tree_insert", "ksm_migrate_page", "page_stable_node"),
    2: ("do_page_add_anon_rmap", "try_to_merge_one_page", "migrate_page_copy"),
    3: ("handle_pte_fault", "zap_pte", "try_to_unmap_one", "replace_page"),
    5: ("handle_pte_fault", "zap_pte", "try_to_unmap_one", "replace_page"),
    6: ("handle_pte_fault", "zap_pte", "try_to_unmap_one", "replace_page"),
    7: ("add_to_swap", "try_to_unuse"),
    8: ("add_to_swap", "try_to_unuse"),
    9: ("do_wp_page", "do_anonymous_page", "write_protect_page"),
    10: ("try_to_merge_one_page",),
    11: ("anon_vma_unlink",),
    12: ("try_to_unmap",),
    13: ("try_to_unmap_ksm", "page_referenced_ksm", "rmap_walk_ksm"),
    14: ("get_ksm_page",),
    15: ("get_ksm_page",),
    16: ("stable_tree_link", "stable_tree_erase"),
    17: ("remove_rmap_item_from_tree", "stable_tree_append"),
    18: ("scan_get_next_rmap_item", "__ksm_exit", "__ksm_enter"),
    19: ("exit_mmap",),
    21: ("unmap_and_move",),
    22: (),
    23: (),
    24: ("ksm_madvise_unmergeable", "run_store"),
    25: ("offline_pages",),
    26: ("remove_mapping",),
    27: ("tlb_store",),
    28: ("shrink_inactive_list", "cmp_and_merge_page"),
    29: ("user_write", "replace_page"),
}
# What a configuration option brings, and nothing else.
OPTION = {22: "CONFIG_CGROUP_MEM_RES_CTLR", 23: "VM_LOCKED"}
KSM_ONLY = {1, 2, 10, 13, 14, 15, 16, 17, 18, 19, 25}


@cache
def calls() -> dict[str, frozenset[str]]:
    """Each routine of models/kernel/ with the names of what it calls."""
    found: dict[str, frozenset[str]] = {}
    for path in sorted((ROOT / "models" / "kernel").glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                found[node.name] = called_by(node)
    return found


def called_by(function: ast.FunctionDef) -> frozenset[str]:
    """The names that a function calls."""
    return frozenset(
        node.func.id
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    )


def is_actor(function: ast.FunctionDef) -> bool:
    """Whether a function of a scenario is a thread."""
    names = [d.func if isinstance(d, ast.Call) else d for d in function.decorator_list]
    return any(isinstance(name, ast.Name) and name.id == "actor" for name in names)


@cache
def scenario_tree(model: str) -> ast.Module:
    """A shipped scenario, parsed."""
    return ast.parse((ROOT / "models" / f"{model}.py").read_text(encoding="utf-8"))


@cache
def reached(model: str) -> frozenset[str]:
    """The routines that the scenario's actors can come to."""
    functions = [n for n in scenario_tree(model).body if isinstance(n, ast.FunctionDef)]
    own = {function.name: called_by(function) for function in functions}
    work = [name for f in functions if is_actor(f) for name in own[f.name]]
    seen: set[str] = set()
    while work:
        name = work.pop()
        if name not in seen:
            seen.add(name)
            work += own.get(name, frozenset()) | calls().get(name, frozenset())
    return frozenset(seen)


def given(model: str, keyword: str) -> list[str]:
    """The names in a list that the scenario gives: its properties, its options."""
    for node in ast.walk(scenario_tree(model)):
        if (
            isinstance(node, ast.keyword)
            and node.arg == keyword
            and isinstance(node.value, ast.List)
        ):
            return [
                str(each.value) if isinstance(each, ast.Constant) else ast.unparse(each)
                for each in node.value.elts
            ]
    return []


def asked(model: str) -> set[int]:
    """KSM.md's numbers of the properties that the scenario asks."""
    found = (re.match(r"p(\d+)_", name) for name in given(model, "properties"))
    return {int(match[1]) for match in found if match}


def has_state(model: str, number: int) -> bool:
    """Whether the scenario has the state that the property speaks of."""
    options = given(model, "config")
    if number in OPTION:
        return OPTION[number] in options
    if number in KSM_ONLY and "CONFIG_KSM" not in options:
        return False
    return not reached(model).isdisjoint(STATE[number])


def section() -> str:
    """The part of models/README.md that the table is in."""
    text = (ROOT / "models" / "README.md").read_text(encoding="utf-8")
    return text.split(HEADING)[1].split("\n## ")[0]


def rows() -> dict[str, list[str]]:
    """The table of models/README.md: for each scenario a mark for each property."""
    lines = [line for line in section().splitlines() if line.startswith("|")]
    cells = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1:] for row in cells}


def legend() -> set[str]:
    """The letters that models/README.md explains below the table."""
    return set(re.findall(r"^- ([a-z]): ", section(), re.MULTILINE))


def test_table_has_every_scenario_and_property() -> None:
    table = rows()
    assert table["scenario"] == [str(number) for number in STATE]
    assert sorted(set(table) - {"scenario", "---"}) == sorted(model_names())


def test_every_routine_of_the_rules_is_there() -> None:
    known = set(calls())
    assert {name for names in STATE.values() for name in names} <= known


@pytest.mark.parametrize("model", model_names())
def test_property_is_asked_or_excused(model: str) -> None:
    """x: asked; -: no state; a letter: why it is not asked although its state is there."""
    row = dict(zip(STATE, rows()[model], strict=True))
    wrong = []
    for number, mark in row.items():
        if number in asked(model):
            right = mark == "x"
        elif has_state(model, number):
            right = mark in legend()
        else:
            right = mark == "-"
        if not right:
            wrong.append(f"P{number}: {mark}")
    assert not wrong
