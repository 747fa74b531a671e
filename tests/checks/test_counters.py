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


ATOMIC = {
    "atomic_inc from zero": ("atomic_inc(count)", 0, "1", "false"),
    "atomic_dec": ("atomic_dec(count)", 1, "0", "false"),
    "atomic_dec below zero": ("atomic_dec(count)", 0, "-1", "false"),
    "atomic_set": ("atomic_set(count, 3)", 0, "3", "false"),
    "atomic_inc_and_test to zero": ("got = atomic_inc_and_test(count)", -1, "0", "true"),
    "atomic_inc_and_test past it": ("got = atomic_inc_and_test(count)", 0, "1", "false"),
    "atomic_dec_and_test to zero": ("got = atomic_dec_and_test(count)", 1, "0", "true"),
    "atomic_dec_and_test above": ("got = atomic_dec_and_test(count)", 2, "1", "false"),
    "atomic_add_negative": ("got = atomic_add_negative(count, -1)", 0, "-1", "true"),
    "atomic_add_negative above": ("got = atomic_add_negative(count, -1)", 1, "0", "false"),
    "atomic_inc_not_zero": ("got = atomic_inc_not_zero(count)", 2, "3", "true"),
    "atomic_inc_not_zero of zero": ("got = atomic_inc_not_zero(count)", 0, "0", "false"),
    "fetch_add": ("got = fetch_add(count, 2) == 1", 1, "3", "true"),
    "xchg": ("got = xchg(count, 2) == 0", 0, "2", "true"),
    "cmpxchg": ("got = cmpxchg(count, 0, 2) == 0", 0, "2", "true"),
}
ATOMIC_MODEL = """
count: Annotated[Atomic, Range(-1, 3)] = {start}
result: bool
lock: SpinLock


@actor
def running() -> None:
    global result
    got = False
    {statement}
    result = got
"""


@pytest.mark.parametrize("name", ATOMIC)
def test_atomic_counters(name: str, tmp_path: Path) -> None:
    statement, start, after, answer = ATOMIC[name]
    space = explore(tmp_path, ATOMIC_MODEL.format(start=start, statement=statement))
    assert final_values(space, "count", "result") == {(after, answer)}
    assert space.transitions == 2, "one access each: the counter and the store"


@pytest.mark.parametrize(
    ("statement", "start"),
    [
        ("atomic_inc(count)", 3),
        ("atomic_inc_not_zero(count)", 3),
        ("atomic_dec(count)", -1),
        ("atomic_dec_and_test(count)", -1),
        ("atomic_add_negative(count, -2)", 0),
        ("atomic_dec_and_lock(count, lock)", -1),
    ],
)
def test_atomic_counters_stay_in_their_range(statement: str, start: int, tmp_path: Path) -> None:
    space = search(compile_body(tmp_path, ATOMIC_MODEL.format(start=start, statement=statement)))
    assert set(space.bad) == {"KSM804"}


def test_atomic_dec_and_lock_takes_the_lock_with_the_last_count(tmp_path: Path) -> None:
    body = """
count: Annotated[Atomic, Max(3)] = 2
lock: SpinLock
last: Annotated[int, Range(0, 2)]


@actor(count=2)
def putter(me: Annotated[int, Range(0, 1)]) -> None:
    if atomic_dec_and_lock(count, lock):
        assert held(lock)
        fetch_add(last, 1)
        spin_unlock(lock)
"""
    assert final_values(explore(tmp_path, body), "count", "last") == {("0", "1")}
