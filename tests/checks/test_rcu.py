"""What RCU promises: grace periods, deferred free, reuse of type-stable memory."""

from __future__ import annotations

from pathlib import Path

from ksmcheck.ir.program import BuiltinCheck
from tests.oracle.evaluator_search import Space, search
from tests.oracle.models import compile_body, final_values


def explore(folder: Path, body: str, *disabled: BuiltinCheck, pools: str = "") -> Space:
    """The whole space of a model text."""
    return search(compile_body(folder, body, pools, disabled=disabled))


GRACE = """
before: bool
after: bool
seen: Annotated[Array[bool], Size(2)]


@actor
def reader() -> None:
    with rcu_read_lock():
        first = before
        second = after
    seen[0] = first
    seen[1] = second


@actor
def updater() -> None:
    global before, after
    before = True
    synchronize_rcu()
    after = True
"""


def test_a_section_does_not_span_a_grace_period(tmp_path: Path) -> None:
    space = explore(tmp_path, GRACE)
    assert set(space.bad) == set()
    assert final_values(space, "seen") == {
        ("false", "false"),
        ("true", "false"),
        ("true", "true"),
    }


def test_without_a_grace_period_it_does(tmp_path: Path) -> None:
    space = explore(tmp_path, GRACE.replace("    synchronize_rcu()\n", ""))
    assert ("false", "true") in final_values(space, "seen")


def test_without_a_section_it_does(tmp_path: Path) -> None:
    space = explore(tmp_path, GRACE.replace("with rcu_read_lock():", "if True:"))
    assert ("false", "true") in final_values(space, "seen")


def test_grace_period_ends_while_a_later_reader_is_inside(tmp_path: Path) -> None:
    """The first reader leaves only once the second is in; the second only after the update."""
    body = """
first_in: bool
second_in: bool
updated: bool


@actor
def first() -> None:
    global first_in
    with rcu_read_lock():
        first_in = True
        while not second_in:
            pass


@actor
def second() -> None:
    global second_in
    wait_until(first_in)
    with rcu_read_lock():
        second_in = True
        while not updated:
            pass


@actor
def updater() -> None:
    global updated
    wait_until(first_in)
    synchronize_rcu()
    updated = True
"""
    space = explore(tmp_path, body, BuiltinCheck.DEADLOCK)
    assert final_values(space, "updated") == {("true",)}


def test_nested_sections_end_with_the_outermost(tmp_path: Path) -> None:
    nested = """    rcu_read_lock()
    first = before
    rcu_read_lock()
    rcu_read_unlock()
    second = after
    rcu_read_unlock()
"""
    flat = "    with rcu_read_lock():\n        first = before\n        second = after\n"
    assert flat in GRACE
    space = explore(tmp_path, GRACE.replace(flat, nested))
    assert set(space.bad) == set()
    assert ("false", "true") not in final_values(space, "seen")


REPLACE = """
@struct
class Node:
    value: Annotated[int, Range(0, 2)]


head: Node | None
result: Annotated[int, Range(0, 2)]
replaced: bool


@setup
def prepare() -> None:
    global head
    head = alloc(Node, value=1)


@actor
def reader() -> None:
    global result
    with rcu_read_lock():
        node = head
        if node is not None:
            result = node.value


@actor
def replacer() -> None:
    global head, replaced
    old_node = head
    head = None
    if old_node is not None:
        old_node.value = 2
        {release}(old_node)
    head = alloc(Node)
    replaced = head is not None
"""


def test_free_at_once_is_seen_by_a_reader(tmp_path: Path) -> None:
    space = explore(tmp_path, REPLACE.format(release="free"), pools="Node: 1")
    assert {"KSM801", "KSM861"} <= set(space.bad)


def test_free_rcu_waits_for_the_reader_and_comes_back(tmp_path: Path) -> None:
    space = explore(tmp_path, REPLACE.format(release="free_rcu"), pools="Node: 1")
    assert set(space.bad) == set()
    # The memory may or may not be back when the replacer asks for it.
    assert final_values(space, "replaced") == {("true",), ("false",)}
    assert final_values(space, "result") == {("0",), ("1",), ("2",)}


def test_free_rcu_twice_is_a_double_free(tmp_path: Path) -> None:
    body = REPLACE.format(release="free_rcu").replace(
        "        free_rcu(old_node)\n", "        free_rcu(old_node)\n        free_rcu(old_node)\n"
    )
    assert "KSM802" in explore(tmp_path, body, pools="Node: 1").bad


def test_typesafe_memory_is_reused_under_a_reader(tmp_path: Path) -> None:
    body = REPLACE.format(release="free").replace("@struct", "@struct(typesafe_by_rcu=True)")
    body = body.replace("alloc(Node)", "alloc(Node, value=0)")
    space = explore(tmp_path, body, pools="Node: 1")
    assert set(space.bad) == set()
    assert final_values(space, "replaced") == {("true",)}
    assert final_values(space, "result") == {("0",), ("1",), ("2",)}


def test_typesafe_memory_is_not_safe_outside_a_section(tmp_path: Path) -> None:
    body = REPLACE.format(release="free").replace("@struct", "@struct(typesafe_by_rcu=True)")
    space = explore(tmp_path, body.replace("with rcu_read_lock():", "if True:"), pools="Node: 1")
    assert "KSM801" in space.bad


def test_permanent_memory_may_always_be_read(tmp_path: Path) -> None:
    body = REPLACE.format(release="free").replace("@struct", "@struct(permanent=True)")
    space = explore(tmp_path, body.replace("with rcu_read_lock():", "if True:"), pools="Node: 1")
    assert set(space.bad) == set()


def test_synchronize_rcu_before_free(tmp_path: Path) -> None:
    body = REPLACE.format(release="free").replace(
        "        free(old_node)\n", "        synchronize_rcu()\n        free(old_node)\n"
    )
    space = explore(tmp_path, body, pools="Node: 1")
    assert set(space.bad) == set()
    assert final_values(space, "replaced") == {("true",)}


def test_alloc_takes_any_free_object_and_none_when_there_is_none(tmp_path: Path) -> None:
    body = """
@struct
class Node:
    value: bool


one: Node | None
two: Node | None
three: Node | None


@actor
def running() -> None:
    global one, two, three
    one = alloc(Node)
    two = alloc(Node)
    three = alloc(Node)
"""
    space = explore(tmp_path, body, pools="Node: 2")
    finals = final_values(space, "one", "two", "three")
    assert len(finals) == 2
    assert {values[2] for values in finals} == {"None"}
    assert all(values[0] != values[1] for values in finals)


def test_alloc_sets_fields_in_the_same_step(tmp_path: Path) -> None:
    body = """
@struct
class Node:
    value: Annotated[int, Range(0, 3)]
    other: Annotated[int, Range(0, 3)]


one: Node | None


@actor
def running() -> None:
    global one
    node = alloc(Node, value=2)
    if node is not None:
        node.other = 3
        free(node)
    one = alloc(Node, value=1)
"""
    space = explore(tmp_path, body, pools="Node: 1")
    # alloc, store, free, alloc, store of the global
    assert (len(space.levels), space.transitions) == (6, 5)
    assert final_values(space, "Node.value", "Node.other") == {("1", "0")}


def test_an_object_handed_to_free_rcu_is_no_leak(tmp_path: Path) -> None:
    body = """
@struct
class Node:
    value: bool


@actor
def running() -> None:
    node = alloc(Node)
    if node is not None:
        free_rcu(node)
"""
    assert set(explore(tmp_path, body, pools="Node: 1").bad) == set()
