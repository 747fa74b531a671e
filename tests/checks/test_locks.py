"""What each lock primitive does: who gets in, who waits, what a trylock finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from ksmcheck.ir.program import BuiltinCheck
from tests.oracle.evaluator_search import Space, search
from tests.oracle.models import compile_body, final_values, reached_values

# type, take, try, release: the exclusive side of each lock
EXCLUSIVE = {
    "spinlock": ("SpinLock", "spin_lock", "spin_trylock", "spin_unlock"),
    "mutex": ("Mutex", "mutex_lock", "mutex_trylock", "mutex_unlock"),
    "rwsem": ("RwSem", "down_write", "down_write_trylock", "up_write"),
    "bit lock": ("BitLock", "bit_lock", "bit_trylock", "bit_unlock"),
}

COUNTER = """
lock: {kind}
counter: Annotated[int, Range(0, 2)]


@actor(count=2)
def counting(me: Annotated[int, Range(0, 1)]) -> None:
    global counter
{body}
"""


def explore(folder: Path, body: str, *disabled: BuiltinCheck, pools: str = "") -> Space:
    """The whole space of a model text."""
    return search(compile_body(folder, body, pools, disabled=disabled))


def codes(space: Space) -> set[str]:
    return set(space.bad)


@pytest.mark.parametrize("lock", EXCLUSIVE)
def test_no_update_is_lost_under_a_lock(lock: str, tmp_path: Path) -> None:
    kind, take, _, release = EXCLUSIVE[lock]
    body = f"    {take}(lock)\n    counter += 1\n    {release}(lock)"
    space = explore(tmp_path, COUNTER.format(kind=kind, body=body))
    assert final_values(space, "counter") == {("2",)}
    assert codes(space) == set()
    assert (len(space.levels), space.depth) == (16, 8)


@pytest.mark.parametrize("lock", EXCLUSIVE)
def test_with_is_take_and_release(lock: str, tmp_path: Path) -> None:
    kind, take, _, release = EXCLUSIVE[lock]
    written_out = f"    {take}(lock)\n    counter += 1\n    {release}(lock)"
    one = explore(tmp_path, COUNTER.format(kind=kind, body=written_out))
    body = f"    with {take}(lock):\n        counter += 1"
    other = explore(tmp_path, COUNTER.format(kind=kind, body=body))
    assert set(one.levels) == set(other.levels)
    assert one.transitions == other.transitions


@pytest.mark.parametrize("lock", EXCLUSIVE)
def test_without_a_lock_updates_are_lost(lock: str, tmp_path: Path) -> None:
    kind = EXCLUSIVE[lock][0]
    space = explore(tmp_path, COUNTER.format(kind=kind, body="    counter += 1"))
    assert final_values(space, "counter") == {("1",), ("2",)}


TRY = """
lock: {kind}
won: Annotated[Array[bool], Size(2)]


@actor(count=2)
def trying(me: Annotated[int, Range(0, 1)]) -> None:
    if {attempt}(lock):
        won[me] = True
        {release}(lock)
"""


@pytest.mark.parametrize("lock", EXCLUSIVE)
def test_trylock_wins_or_loses_and_never_waits(lock: str, tmp_path: Path) -> None:
    kind, _, attempt, release = EXCLUSIVE[lock]
    space = explore(tmp_path, TRY.format(kind=kind, attempt=attempt, release=release))
    assert final_values(space, "won") == {
        ("true", "true"),
        ("true", "false"),
        ("false", "true"),
    }
    assert codes(space) == set()


@pytest.mark.parametrize("lock", EXCLUSIVE)
def test_release_of_a_free_lock(lock: str, tmp_path: Path) -> None:
    kind, _, _, release = EXCLUSIVE[lock]
    body = f"lock: {kind}\n\n\n@actor\ndef wrong() -> None:\n    {release}(lock)\n"
    space = explore(tmp_path, body)
    assert codes(space) == {"KSM821"}
    assert codes(explore(tmp_path, body, BuiltinCheck.LOCK_USE)) == set()


@pytest.mark.parametrize("lock", EXCLUSIVE)
def test_release_of_another_ones_lock(lock: str, tmp_path: Path) -> None:
    kind, take, _, release = EXCLUSIVE[lock]
    body = f"""
lock: {kind}
taken: bool


@actor
def owner() -> None:
    global taken
    {take}(lock)
    taken = True
    {release}(lock)


@actor
def thief() -> None:
    wait_until(taken)
    {release}(lock)
"""
    space = explore(tmp_path, body)
    assert codes(space) == {"KSM821"}
    assert space.bad["KSM821"].depth == 4


@pytest.mark.parametrize("lock", EXCLUSIVE)
def test_taking_twice(lock: str, tmp_path: Path) -> None:
    kind, take, _, release = EXCLUSIVE[lock]
    body = f"""
lock: {kind}


@actor
def greedy() -> None:
    {take}(lock)
    {take}(lock)
    {release}(lock)
    {release}(lock)
"""
    space = explore(tmp_path, body)
    assert codes(space) == {"KSM822"}
    assert space.bad["KSM822"].depth == 2


@pytest.mark.parametrize("lock", EXCLUSIVE)
def test_finishing_while_holding(lock: str, tmp_path: Path) -> None:
    kind, take, _, _ = EXCLUSIVE[lock]
    space = explore(
        tmp_path, f"lock: {kind}\n\n\n@actor\ndef sloppy() -> None:\n    {take}(lock)\n"
    )
    assert codes(space) == {"KSM823"}


@pytest.mark.parametrize("lock", EXCLUSIVE)
def test_only_a_spinlock_may_be_taken_under_a_spinlock(lock: str, tmp_path: Path) -> None:
    kind, take, attempt, release = EXCLUSIVE[lock]
    body = """
outer: SpinLock
lock: {kind}


@actor
def sleeper() -> None:
    with spin_lock(outer):
        {take}
"""
    taking = body.format(kind=kind, take=f"with {take}(lock):\n            pass")
    expected = set() if lock == "spinlock" else {"KSM831"}
    assert codes(explore(tmp_path, taking)) == expected
    trying = body.format(kind=kind, take=f"if {attempt}(lock):\n            {release}(lock)")
    assert codes(explore(tmp_path, trying)) == set()


SLEEPS = {
    "down_read": "down_read(sem)\n        up_read(sem)",
    "might_sleep": "might_sleep()",
    "alloc": "node = alloc(Node, may_sleep=True)\n        if node is not None:\n"
    "            free(node)",
    "synchronize_rcu": "synchronize_rcu()",
}
SLEEPER = """
@struct
class Node:
    value: bool


outer: SpinLock
sem: RwSem
done: bool


@actor
def sleeper() -> None:
    global done
    with {outer}:
        done = True
        {call}


@actor
def writer() -> None:
    with down_write(sem):
        pass
"""


@pytest.mark.parametrize("call", SLEEPS)
@pytest.mark.parametrize(
    ("outer", "code"), [("spin_lock(outer)", "KSM831"), ("rcu_read_lock()", "KSM832")]
)
def test_what_sleeps(call: str, outer: str, code: str, tmp_path: Path) -> None:
    body = SLEEPER.format(outer=outer, call=SLEEPS[call])
    assert codes(explore(tmp_path, body, pools="Node: 1")) == {code}
    unmarked = body.replace(", may_sleep=True", "")
    if unmarked != body:
        assert codes(explore(tmp_path, unmarked, pools="Node: 1")) == set()


READERS = """
sem: RwSem
readers: Ghost[Annotated[int, Range(0, 2)]]
writers: Ghost[Annotated[int, Range(0, 2)]]
data: bool


@actor(count=2)
def reader(me: Annotated[int, Range(0, 1)]) -> None:
    global readers
    down_read(sem)
    readers += 1
    seen = data
    readers -= 1
    up_read(sem)


@actor
def writer() -> None:
    global data, writers
    down_write(sem)
    writers += 1
    data = True
    writers -= 1
    up_write(sem)
"""


def test_rwsem_readers_together_writer_alone(tmp_path: Path) -> None:
    space = explore(tmp_path, READERS)
    assert codes(space) == set()
    inside = reached_values(space, "readers", "writers")
    assert inside == {("0", "0"), ("1", "0"), ("2", "0"), ("0", "1")}


def test_rwsem_that_nobody_writes_is_no_step(tmp_path: Path) -> None:
    body = """
sem: RwSem
data: bool


@actor
def reader() -> None:
    global data
    with down_read(sem):
        data = True
"""
    space = explore(tmp_path, body)
    assert (len(space.levels), space.transitions) == (2, 1)


def test_downgrade_lets_readers_in_and_keeps_writers_out(tmp_path: Path) -> None:
    body = """
sem: RwSem
data: Annotated[int, Range(0, 2)]
result: Annotated[Array[Annotated[int, Range(0, 2)]], Size(2)]


@actor
def downgrader() -> None:
    global data
    down_write(sem)
    data = 1
    downgrade_write(sem)
    result[0] = data
    up_read(sem)


@actor
def writer() -> None:
    global data
    with down_write(sem):
        data = 2


@actor
def reader() -> None:
    down_read(sem)
    result[1] = data
    up_read(sem)
"""
    space = explore(tmp_path, body)
    assert codes(space) == set()
    assert {values[0] for values in final_values(space, "result")} == {"1"}
    assert {values[1] for values in final_values(space, "result")} == {"0", "1", "2"}
    held = {value for (value,) in reached_values(space, "sem")}
    assert held == {
        "free",
        "held by downgrader",
        "held by writer",
        "read by downgrader",
        "read by reader",
        "read by downgrader and reader",
    }


@pytest.mark.parametrize(
    ("call", "held"), [("up_read", "nothing"), ("up_write", "read"), ("downgrade_write", "read")]
)
def test_rwsem_released_the_wrong_way(call: str, held: str, tmp_path: Path) -> None:
    take = "    down_read(sem)\n" if held == "read" else ""
    body = f"""
sem: RwSem


@actor
def wrong() -> None:
{take}    {call}(sem)


@actor
def writer() -> None:
    with down_write(sem):
        pass
"""
    assert "KSM821" in codes(explore(tmp_path, body))


def test_down_read_trylock(tmp_path: Path) -> None:
    body = """
sem: RwSem
won: Annotated[Array[bool], Size(3)]


@actor(count=2)
def reader(me: Annotated[int, Range(0, 1)]) -> None:
    if down_read_trylock(sem):
        won[me] = True
        up_read(sem)


@actor
def writer() -> None:
    if down_write_trylock(sem):
        won[2] = True
        up_write(sem)
"""
    space = explore(tmp_path, body)
    assert codes(space) == set()
    finals = {"".join(value[0] for value in values) for values in final_values(space, "won")}
    assert finals == {"ttt", "ttf", "tft", "ftt", "fft"}


def test_lock_order_is_by_class_and_needs_no_deadlock(tmp_path: Path) -> None:
    body = """
@struct
class Page:
    lock: BitLock


@struct
class Vma:
    lock: SpinLock


page1 = instance(Page)
vma1 = instance(Vma)
vma2 = instance(Vma)


@actor
def forward() -> None:
    with bit_lock(page1.lock):
        with spin_lock(vma1.lock):
            pass


@actor
def backward() -> None:
    with spin_lock(vma2.lock):
        if bit_trylock(page1.lock):
            bit_unlock(page1.lock)
"""
    program = compile_body(tmp_path, body, "Page: 1, Vma: 2")
    space = search(program)
    assert codes(space) == set(), "a trylock does not wait, so it makes no order"
    edges = {(program.edges[flag].before, program.edges[flag].after) for flag in space.flags}
    assert len(edges) == 1
