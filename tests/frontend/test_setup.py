"""Setup: assume() drops initial states, alloc() takes the lowest free object, locks are moot."""

from __future__ import annotations

from pathlib import Path

import pytest

from ksmcheck.backends.evaluator import Evaluator
from ksmcheck.diagnostics import UserError
from ksmcheck.ir.program import Program
from tests.oracle.evaluator_search import search
from tests.oracle.models import compile_body, valuations

WORLD = """
@struct
class Node:
    key: Annotated[int, Range(0, 3)]
    lock: SpinLock


fixed = instance(Node)
x: Annotated[int, Range(0, 3)]
y: Annotated[int, Range(0, 3)]
head: Node | None
other: Node | None


@setup
def prepare() -> None:
    global x, y, head, other
{body}


@actor
def A() -> None:
    global x, y, head, other
    wait_until(x == 3)
    x = y
    y = x
    node = alloc(Node)
    if node is not None:
        node.key = fixed.key
    head = None
    other = None
"""


def compiled(folder: Path, body: str) -> Program:
    lines = "\n".join("    " + line for line in body.splitlines())
    return compile_body(folder, WORLD.format(body=lines), "Node: 4")


def initial(folder: Path, body: str, *names: str) -> set[tuple[str, ...]]:
    """The values of the named variables over the initial states."""
    program = compiled(folder, body)
    states = Evaluator(program).initial()
    assert len(states) == len(valuations(program, states, *names))
    return valuations(program, states, *names)


def test_assume_drops_initial_states(tmp_path: Path) -> None:
    body = "x = choose(range(3))\ny = choose(range(3))\nassume(x < y)"
    assert initial(tmp_path, body, "x", "y") == {("0", "1"), ("0", "2"), ("1", "2")}


def test_assume_in_a_routine_that_setup_calls(tmp_path: Path) -> None:
    text = WORLD.format(body="    x = choose(range(4))\n    even()").replace(
        "@setup", "@routine\ndef even() -> None:\n    assume(x % 2 == 0)\n\n\n@setup"
    )
    program = compile_body(tmp_path, text, "Node: 1")
    states = Evaluator(program).initial()
    assert valuations(program, states, "x") == {("0",), ("2",)}


def test_assuming_what_is_never_true_is_told(tmp_path: Path) -> None:
    program = compiled(tmp_path, "assume(x == 1)")
    with pytest.raises(UserError) as caught:
        Evaluator(program).initial()
    assert [item.code for item in caught.value.diagnostics] == ["KSM411"]


def test_alloc_takes_the_lowest_free_object(tmp_path: Path) -> None:
    body = "head = alloc(Node, key=2)\nother = alloc(Node, key=3)"
    names = ("head", "other", "Node.key", "Node.(allocated)")
    allocated = ("true", "true", "true", "false")
    keys = ("0", "2", "3", "0")
    assert initial(tmp_path, body, *names) == {("node2", "node3", *keys, *allocated)}


def test_alloc_takes_what_setup_freed(tmp_path: Path) -> None:
    body = "head = alloc(Node)\nother = alloc(Node)\nfree(head)\nhead = alloc(Node, key=1)"
    assert initial(tmp_path, body, "head", "other") == {("node2", "node3")}


def test_alloc_from_an_empty_pool_gives_none(tmp_path: Path) -> None:
    body = "for i in range(3):\n    head = alloc(Node)\nother = alloc(Node)"
    assert initial(tmp_path, body, "head", "other") == {("node4", "None")}


def test_many_allocations_are_one_initial_state(tmp_path: Path) -> None:
    """Five objects out of thirty: every order of them would be seventeen million states."""
    text = WORLD.format(body="    for i in range(5):\n        head = alloc(Node)")
    program = compile_body(tmp_path, text, "Node: 30")
    assert len(Evaluator(program).initial()) == 1


def test_actors_still_try_every_free_object(tmp_path: Path) -> None:
    space = search(compiled(tmp_path, "head = alloc(Node)\nx = 3"))
    taken = valuations(space.program, space.levels, "Node.(allocated)")
    assert ("true", "true", "false", "true") in taken
    assert ("true", "true", "true", "false") in taken


def test_setup_holds_every_lock(tmp_path: Path) -> None:
    body = "assert held(fixed.lock)\nx = 1"
    assert initial(tmp_path, body, "x") == {("1",)}
