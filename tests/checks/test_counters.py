"""What the reference counters and the atomic read-modify-writes do, by their final values."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.oracle.evaluator_search import Space, search
from tests.oracle.models import compile_body, final_values

PAGE = """
@struct(permanent=True)
class Page:
    refcount: Annotated[Refcount, Max(3)]


page1 = instance(Page)
lock: SpinLock
got: Annotated[Array[bool], Size(2)]


@setup
def prepare() -> None:
    refcount_set(page1.refcount, {start})
"""


def explore(folder: Path, body: str, pools: str = "") -> Space:
    """The whole space of a model text, which must be free of faults."""
    space = search(compile_body(folder, body, pools))
    assert set(space.bad) == set()
    return space


def counters(folder: Path, start: int, first: str, second: str) -> set[tuple[str, ...]]:
    """Final (count, got[0], got[1]) of two actors with these bodies."""
    body = PAGE.format(start=start)
    for name, lines in (("first", first), ("second", second)):
        text = "\n".join("    " + line for line in lines.strip("\n").splitlines())
        body += f"\n\n@actor\ndef {name}() -> None:\n{text}\n"
    return final_values(explore(folder, body, "Page: 1"), "Page.refcount", "got")


def test_inc_not_zero_against_the_last_put(tmp_path: Path) -> None:
    finals = counters(
        tmp_path,
        1,
        "got[0] = inc_not_zero(page1.refcount)",
        "got[1] = dec_and_test(page1.refcount)",
    )
    assert finals == {("1", "true", "false"), ("0", "false", "true")}


def test_dec_and_test_tells_exactly_one(tmp_path: Path) -> None:
    finals = counters(
        tmp_path,
        2,
        "got[0] = dec_and_test(page1.refcount)",
        "got[1] = dec_and_test(page1.refcount)",
    )
    assert finals == {("0", "true", "false"), ("0", "false", "true")}


def test_refcount_inc_and_dec(tmp_path: Path) -> None:
    increment, decrement = "refcount_inc(page1.refcount)", "refcount_dec(page1.refcount)"
    note = "\ngot[0] = True"
    assert counters(tmp_path, 1, increment + note, increment) == {("3", "true", "false")}
    assert counters(tmp_path, 2, decrement + note, decrement) == {("0", "true", "false")}


def test_freeze_keeps_references_away(tmp_path: Path) -> None:
    freezer = """
if freeze(page1.refcount, 2):
    got[0] = True
    unfreeze(page1.refcount, 2)
"""
    finals = counters(tmp_path, 2, freezer, "got[1] = inc_not_zero(page1.refcount)")
    assert finals == {
        ("2", "true", "false"),
        ("3", "true", "true"),
        ("3", "false", "true"),
    }


def test_freeze_needs_the_exact_count(tmp_path: Path) -> None:
    finals = counters(
        tmp_path, 3, "got[0] = freeze(page1.refcount, 2)", "got[1] = freeze(page1.refcount, 3)"
    )
    assert finals == {("0", "false", "true")}


def test_dec_and_lock_takes_the_lock_with_the_last_reference(tmp_path: Path) -> None:
    putter = """
if dec_and_lock(page1.refcount, lock):
    got[{me}] = True
    spin_unlock(lock)
"""
    finals = counters(tmp_path, 2, putter.format(me=0), putter.format(me=1))
    assert finals == {("0", "true", "false"), ("0", "false", "true")}


def test_dec_and_lock_waits_only_for_the_last_reference(tmp_path: Path) -> None:
    holder = """
with spin_lock(lock):
    got[0] = page1.refcount == 1
"""
    putter = """
if dec_and_lock(page1.refcount, lock):
    got[1] = True
    spin_unlock(lock)
"""
    # From 1 the put waits for the holder, who never sees 0 unless the put came first;
    # from 2 it does not wait.
    assert counters(tmp_path, 1, holder, putter) == {("0", "true", "true"), ("0", "false", "true")}
    assert counters(tmp_path, 2, holder, putter) == {
        ("1", "true", "false"),
        ("1", "false", "false"),
    }


READ_MODIFY_WRITE = {
    "xchg": ("old = xchg(x, 2)", "2", "1"),
    "cmpxchg that fits": ("old = cmpxchg(x, 1, 3)", "3", "1"),
    "cmpxchg that does not": ("old = cmpxchg(x, 2, 3)", "1", "1"),
    "fetch_add": ("old = fetch_add(x, 2)", "3", "1"),
    "fetch_add of less": ("old = fetch_add(x, -1)", "0", "1"),
    "add_return": ("old = add_return(x, 2)", "3", "3"),
}


@pytest.mark.parametrize("name", READ_MODIFY_WRITE)
def test_read_modify_write(name: str, tmp_path: Path) -> None:
    statement, after, answer = READ_MODIFY_WRITE[name]
    body = f"""
x: Annotated[int, Range(0, 3)] = 1
result: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global result
    {statement}
    result = old
"""
    space = explore(tmp_path, body)
    assert final_values(space, "x", "result") == {(after, answer)}
    assert space.transitions == 2, "one access each: the read-modify-write and the store"


@pytest.mark.parametrize(
    ("call", "start", "after"),
    [
        ("test_and_set", "False", "true"),
        ("test_and_set", "True", "true"),
        ("test_and_clear", "False", "false"),
        ("test_and_clear", "True", "false"),
    ],
)
def test_bit_operations(call: str, start: str, after: str, tmp_path: Path) -> None:
    body = f"""
bit: bool = {start}
result: bool


@actor
def running() -> None:
    global result
    result = {call}(bit)
"""
    space = explore(tmp_path, body)
    assert final_values(space, "bit", "result") == {(after, start.lower())}


def test_test_and_set_is_a_mutex(tmp_path: Path) -> None:
    body = """
bit: bool
winners: Annotated[int, Range(0, 3)]


@actor(count=3)
def running(me: Annotated[int, Range(0, 2)]) -> None:
    if not test_and_set(bit):
        fetch_add(winners, 1)
"""
    assert final_values(explore(tmp_path, body), "winners") == {("1",)}


def test_set_operations_are_one_access_each(tmp_path: Path) -> None:
    body = """
@struct(permanent=True)
class Page:
    dirty: bool


page1 = instance(Page)
page2 = instance(Page)
waiting: Set[Page]
seen: bool
size: Annotated[int, Range(0, 2)]


@actor
def running() -> None:
    global seen, size
    waiting.add(page1)
    waiting.add(page2)
    waiting.add(page1)
    size = len(waiting)
    waiting.discard(page1)
    seen = page2 in waiting


@actor
def other() -> None:
    waiting.discard(page2)
"""
    space = explore(tmp_path, body, "Page: 2")
    finals = final_values(space, "waiting", "size", "seen")
    assert finals == {
        ("{page2}", "2", "true"),  # discarded before it was added
        ("{}", "1", "false"),
        ("{}", "2", "false"),
        ("{}", "2", "true"),  # discarded after everything
    }
