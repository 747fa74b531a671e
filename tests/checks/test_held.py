"""held(lock): whether the actor that runs holds it, in an assert and in ghosts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.oracle.evaluator_search import Space, search
from tests.oracle.models import compile_body, final_values

WORLD = """
spin: SpinLock
mutex: Mutex
sem: RwSem
page_lock: BitLock
locks: Annotated[Array[SpinLock], Size(2)]
x: Annotated[int, Range(0, 3)]
seen: Ghost[bool]


@actor
def A() -> None:
    global x, seen
{body}


@actor
def B() -> None:
    global x
    with spin_lock(spin):
        x = 1
    with mutex_lock(mutex):
        x = 2
    with down_write(sem):
        x = 3
    with bit_lock(page_lock):
        x = 1
    with spin_lock(locks[1]):
        x = 2
"""


def explore(folder: Path, body: str) -> Space:
    lines = "\n".join("    " + line for line in body.splitlines())
    return search(compile_body(folder, WORLD.format(body=lines)))


LOCKS = {
    "spin_lock(spin)": "spin",
    "mutex_lock(mutex)": "mutex",
    "down_read(sem)": "sem",
    "down_write(sem)": "sem",
    "bit_lock(page_lock)": "page_lock",
    "spin_lock(locks[1])": "locks[1]",
}


@pytest.mark.parametrize("taking", LOCKS)
def test_an_actor_holds_what_it_took(taking: str, tmp_path: Path) -> None:
    space = explore(tmp_path, f"with {taking}:\n    x = 1\n    assert held({LOCKS[taking]})")
    assert set(space.bad) == set()


@pytest.mark.parametrize("taking", LOCKS)
def test_and_not_what_it_gave_back_or_somebody_else_took(taking: str, tmp_path: Path) -> None:
    body = f"with {taking}:\n    x = 1\nx = 2\nassert held({LOCKS[taking]}), 'gone'"
    space = explore(tmp_path, body)
    assert space.shortest is not None
    assert space.shortest.name == "KSM881"


def test_another_lock_of_an_array_is_another_lock(tmp_path: Path) -> None:
    space = explore(tmp_path, "with spin_lock(locks[0]):\n    x = 1\n    assert held(locks[1])")
    assert set(space.bad) == {"KSM881"}


def test_asking_is_no_step(tmp_path: Path) -> None:
    without = explore(tmp_path, "with spin_lock(spin):\n    x = 1")
    asked = explore(tmp_path, "with spin_lock(spin):\n    x = 1\n    assert held(spin)")
    assert (len(without.levels), without.transitions) == (len(asked.levels), asked.transitions)


def test_a_ghost_may_ask(tmp_path: Path) -> None:
    space = explore(tmp_path, "if bit_trylock(page_lock):\n    seen = held(page_lock)")
    program = compile_body(
        tmp_path,
        WORLD.format(body="    x = 1\n    seen = held(page_lock)")
        + """

@end_property(source="test")
def not_seen() -> bool:
    \"\"\"Nobody else's lock is one's own.\"\"\"
    return not seen


@witness(not_seen)
def ran() -> bool:
    return x == 2
""",
        properties="not_seen",
    )
    assert set(space.bad) == {"KSM823"}, "the lock is kept"
    ended = search(program)
    assert set(ended.bad) == set()
    assert final_values(ended, "seen") == {("false",)}
