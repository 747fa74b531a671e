"""What programs of the language do: evaluation order, steps, loops, calls, forgotten locals."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.oracle.evaluator_search import Space, search
from tests.oracle.models import compile_body, final_values, reached_values

WORLD = """
@struct
class Node:
    value: Annotated[int, Range(0, 3)]
    link: Node | None


n1 = instance(Node)
n2 = instance(Node)
x: Annotated[int, Range(0, 7)]
y: Annotated[int, Range(0, 7)] = 1
flag: bool
ref: Node | None
cells: Annotated[Array[Annotated[int, Range(0, 7)]], Size(3)]

"""
OTHERS = """

@actor(daemon=True)
def storing() -> None:
    global x, y, flag, ref
    wait_until(y == 7)
    x = 0
    y = 0
    flag = False
    flag = False
    n1.value = 0
    n1.link = None
    cells[0] = 0
"""


def run(folder: Path, body: str, routines: str = "", others: str = OTHERS) -> Space:
    """One actor with ``body``, beside one that never moves but makes everything shared."""
    lines = "\n".join("    " + line for line in body.strip("\n").splitlines())
    actor = f"\n\n@actor\ndef running() -> None:\n    global x, y, flag, ref\n{lines}\n"
    text = WORLD + routines.rstrip() + actor + others
    return search(compile_body(folder, text, "Node: 2"))


# body -> the only final (x, y) when it runs alone, and how many steps it takes
ALONE = {
    "load and store are two steps": ("x = y + 1", ("2", "1"), 2),
    "left to right": ("x = y + x * 2", ("1", "1"), 3),
    "augmented": ("y += y + 1", ("0", "3"), 3),
    "local work is free": ("a = 3\nb = a + 1\nx = b", ("4", "1"), 1),
    "and stops early": ("if flag and y == 1:\n    x = 1", ("0", "1"), 1),
    "and goes on": ("if not flag and y == 1:\n    x = 1", ("1", "1"), 3),
    "or stops early": ("if not flag or y == 0:\n    x = 1", ("1", "1"), 2),
    "conditional loads one side": ("x = y if flag else 5", ("5", "1"), 2),
    "both sides of a comparison": ("if x < y:\n    x = 2", ("2", "1"), 3),
    "chain of references": ("n1.link = n2\nn2.value = 3\nx = n1.link.value", ("3", "1"), 5),
    "floor division and modulo": ("a = x + 5\nx = a // 2\ny = a % 3", ("2", "2"), 3),
    "for is unrolled": ("for i in range(3):\n    cells[i] = i\nx = cells[2]", ("2", "1"), 5),
    "for over a pool": ("for n in pool(Node):\n    n.value = 2\nx = n2.value", ("2", "1"), 4),
    "continue": ("for i in range(4):\n    if i == 1:\n        continue\n    x += i", ("5", "1"), 6),
    "break": ("for i in range(4):\n    if i == 2:\n        break\n    x += 1", ("2", "1"), 4),
    "while": ("while x < 3:\n    x += 1", ("3", "1"), 10),
    "inner loop": (
        "for i in range(2):\n    for j in range(3):\n        if j > i:\n            break\n"
        "        x += 1",
        ("3", "1"),
        6,
    ),
    "atomic is one step": ('with atomic("reason"):\n    x = y + 1\n    y = x + 1', ("2", "3"), 1),
    "set of constants": ("x = 1 if True else 2", ("1", "1"), 1),
}


@pytest.mark.parametrize("name", ALONE)
def test_alone(name: str, tmp_path: Path) -> None:
    body, finals, steps = ALONE[name]
    space = run(tmp_path, body)
    assert set(space.bad) == set()
    assert final_values(space, "x", "y") == {finals}
    assert (len(space.levels), space.transitions) == (steps + 1, steps)


ROUTINES = """

@routine
def double(n: Annotated[int, Range(0, 3)], plus: Annotated[int, Range(0, 1)] = 1) -> Annotated[
    int, Range(0, 7)
]:
    return n * 2 + plus


@routine
def first_set(limit: Annotated[int, Range(0, 3)]) -> Annotated[int, Range(0, 3)]:
    for i in range(3):
        if i < limit and cells[i] != 0:
            return i
    return 3


@routine
def bump() -> None:
    global x
    x += 1


@routine
def clear(n: Annotated[int, Range(0, 3)]) -> Annotated[int, Range(0, 3)]:
    n = 0
    return n
"""
CALLS = {
    "default": ("x = double(3)", ("7", "1")),
    "keyword": ("x = double(plus=0, n=2)", ("4", "1")),
    "nested": ("x = double(double(1, 0), 0)", ("4", "1")),
    "argument order": ("x = double(y, 0)\ny = double(y)", ("2", "3")),
    "return from a loop": ("cells[1] = 5\nx = first_set(3)", ("1", "1")),
    "fall out of a loop": ("cells[1] = 5\nx = first_set(1)", ("3", "1")),
    "no value": ("bump()\nbump()", ("2", "1")),
    "parameters are copies": ("a = 3\nclear(a)\nx = a", ("3", "1")),
    "call in a condition": ("if first_set(3) == 3:\n    x = 6", ("6", "1")),
    "call under and": ("if flag and first_set(3) == 3:\n    x = 6", ("0", "1")),
}


@pytest.mark.parametrize("name", CALLS)
def test_calls(name: str, tmp_path: Path) -> None:
    body, finals = CALLS[name]
    space = run(tmp_path, body, ROUTINES)
    assert set(space.bad) == set()
    assert final_values(space, "x", "y") == {finals}


def test_a_lock_is_released_on_every_way_out(tmp_path: Path) -> None:
    routines = """
lock: Mutex


@routine
def out(way: Annotated[int, Range(0, 3)]) -> Annotated[int, Range(0, 3)]:
    for i in range(2):
        with mutex_lock(lock):
            if way == 0:
                return 1
            if way == 1:
                break
            if way == 2:
                continue
    return 2
"""
    body = "way = choose(range(4))\nx = out(way)\ny = way"
    space = run(tmp_path, body, routines)
    assert set(space.bad) == set()
    assert final_values(space, "x", "y", "lock") == {
        ("1", "0", "free"),
        ("2", "1", "free"),
        ("2", "2", "free"),
        ("2", "3", "free"),
    }


def test_match_binds_and_guards(tmp_path: Path) -> None:
    routines = """
class Entry(Word):
    \"\"\"What a slot holds.\"\"\"


class Empty(Entry):
    \"\"\"Nothing.\"\"\"


class Full(Entry):
    node: Node
    count: Annotated[int, Range(0, 3)]


entry: Entry


@actor
def filling() -> None:
    global entry
    entry = choose(Empty(), Full(n1, 2), Full(n2, 1), Full(n2, 3))
"""
    body = """
match entry:
    case Full(node, 2):
        x = 1
    case Full(node, count) if count == 1:
        x = count + 1
    case Empty():
        x = 3
    case _:
        x = 4
"""
    space = run(tmp_path, body, routines)
    assert set(space.bad) == set()
    assert final_values(space, "x") == {("1",), ("2",), ("3",), ("4",)}
    pairs = final_values(space, "entry", "x")
    assert ("Full(n2, 1)", "2") in pairs
    assert ("Full(n2, 3)", "2") not in pairs
    assert ("Full(n1, 2)", "4") not in pairs


def test_dead_locals_are_forgotten(tmp_path: Path) -> None:
    keep = run(tmp_path, "a = choose(range(4))\nx = a\ny = a")
    drop = run(tmp_path, "a = choose(range(4))\nx = a\ny = 2")
    # start, a chosen, x stored (a alive: 4 states, or dead: 4 by x), both stored
    assert len(keep.levels) == 1 + 4 + 4 + 4
    assert len(drop.levels) == 1 + 4 + 4 + 4
    forgotten = run(tmp_path, "a = x\nb = choose(range(4))\nif b == a:\n    flag = True\ny = 3")
    # start; the load, its choice and the branch are one step; flag; y
    assert len(forgotten.levels) == 1 + 2 + 1 + 2


def test_a_plain_load_may_be_repeated(tmp_path: Path) -> None:
    other = """

@actor
def other() -> None:
    global flag
    flag = True
"""
    body = "seen = {}\nif seen:\n    x = 1\nif seen:\n    y = 2"
    marked = run(tmp_path, body.format("flag"), others=other)
    assert final_values(marked, "x", "y") == {("0", "1"), ("1", "2")}
    again = run(tmp_path, body.format("plain(flag)"), others=other)
    assert final_values(again, "x", "y") == {("0", "1"), ("1", "2"), ("0", "2"), ("1", "1")}
    fenced = """
seen = plain(flag)
barrier()
if seen:
    x = 1
if seen:
    y = 2
"""
    assert final_values(run(tmp_path, fenced, others=other), "x", "y") == {("0", "1"), ("1", "2")}


def test_ghosts_are_no_accesses(tmp_path: Path) -> None:
    ghosts = "shadow: Ghost[Annotated[int, Range(0, 7)]]\n"
    body = "global shadow\nx = 3\nshadow = 3\nshadow += 1\ny = 2\nshadow = 0"
    space = run(tmp_path, body, ghosts)
    assert (len(space.levels), space.transitions) == (3, 2)
    assert reached_values(space, "x", "y", "shadow") == {
        ("0", "1", "0"),
        ("3", "1", "4"),
        ("3", "2", "0"),
    }


def test_setup_is_one_step_with_choices(tmp_path: Path) -> None:
    body = """
@setup
def prepare() -> None:
    global x, y
    x = choose(range(3))
    y = x + 1
"""
    space = run(tmp_path, "x = 7", body)
    starts = [state for state, level in space.levels.items() if level == 0]
    assert len(starts) == 3
    assert final_values(space, "x", "y") == {("7", "1"), ("7", "2"), ("7", "3")}


def test_a_choice_is_not_made_by_what_is_enabled(tmp_path: Path) -> None:
    space = run(tmp_path, "a = choose(0, 1)\nwait_until(x == a)\ny = 2")
    assert set(space.bad) == {"KSM842"}
    atomic = 'with atomic("in one step"):\n    a = choose(0, 1)\n    wait_until(x == a)\ny = 2'
    assert set(run(tmp_path, atomic).bad) == set()


def test_waiting_on_a_freed_object_is_a_use_after_free(tmp_path: Path) -> None:
    text = """
@struct
class Node:
    ready: bool


head: Node | None


@setup
def prepare() -> None:
    global head
    head = alloc(Node)


@actor
def waiter() -> None:
    node = head
    wait_until(node.ready)


@actor
def waker() -> None:
    node = head
    if node is not None:
        node.ready = True
        free(node)
"""
    assert "KSM801" in search(compile_body(tmp_path, text, "Node: 1")).bad


def test_assertions_that_are_switched_off_do_nothing(tmp_path: Path) -> None:
    space = run(tmp_path, 'assert x == 1, "never"\nassert False, "never"\ny = 2')
    assert set(space.bad) == {"KSM881"}


ORDERED = {
    "operands": "x = cells[0] + 2 * cells[1]",
    "arguments": "x = mixed(cells[0], cells[1])",
    "comparison": "x = 2 if cells[0] < cells[1] else 0",
}
MIXED = """

@routine
def mixed(a: Annotated[int, Range(0, 1)], b: Annotated[int, Range(0, 1)]) -> Annotated[
    int, Range(0, 3)
]:
    return a + 2 * b
"""


@pytest.mark.parametrize("name", ORDERED)
def test_loads_are_made_left_to_right(name: str, tmp_path: Path) -> None:
    """Beside stores to cells 0 and 1 in this order, seeing (0, 1) takes left to right."""
    other = "\n\n@actor\ndef other() -> None:\n    cells[{}] = 1\n    cells[{}] = 1\n"
    body = ORDERED[name]
    forth = run(tmp_path, body, MIXED, other.format(0, 1))
    assert ("2",) in final_values(forth, "x")
    back = run(tmp_path, body.replace("cells[0]", "cells[2]"), MIXED, other.format(1, 2))
    seen = final_values(back, "x")
    assert ("1",) not in seen
    assert ("0",) in seen
