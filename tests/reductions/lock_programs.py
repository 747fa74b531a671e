"""Random programs that a partial order reduction has something to do on: locks and own data.

Three actors, each with a counter of its own, over shared counters under a lock each. Bugs are
planted by chance: a lock that is not taken, a bound that is passed, locks in the other order.
"""

from __future__ import annotations

from hypothesis import strategies as st

HEAD = """from typing import Annotated

from ksmcheck.lang import *


@struct
class Item:
    lock: SpinLock
    value: Annotated[int, Range(0, 3)]
    held: bool


i1 = instance(Item)
i2 = instance(Item)
own_A: Annotated[int, Range(0, 7)]
own_B: Annotated[int, Range(0, 7)]
own_C: Annotated[int, Range(0, 7)]
x: Annotated[int, Range(0, 3)]
y: Annotated[int, Range(0, 3)]
lock_x: Mutex
lock_y: SpinLock
sem: RwSem
bit: BitLock
inside: Ghost[Annotated[int, Range(0, 3)]]
which: Item | None
"""

NAMES = "    global own_A, own_B, own_C, x, y, inside, which"

TAIL = '''

@invariant(source="planted")
def small() -> bool:
    """It is small."""
    return {invariant}


@witness(small)
def grown() -> bool:
    return {witness}


@end_property(source="planted")
def final() -> bool:
    """It ends well."""
    return {end}


@witness(final)
def ended() -> bool:
    return {ended}


scenario(question="?", kernel="", pools={{Item: 2}}, properties=[small, final])
'''

GUARDED = {
    "x": ("mutex_lock(lock_x)", ("x = (x + 1) % 4", "x = 0", "a = x; x = (a + 1) % 4")),
    "y": ("spin_lock(lock_y)", ("y = (y + 1) % 4", "a = y; y = (a + 2) % 4", "y = 1")),
    "r": ("down_read(sem)", ("a = x", "a = y", "which = i1", "y = 2")),
    "w": ("down_write(sem)", ("x = 2", "which = i2", "inside += 1; inside -= 1")),
    "i": ("spin_lock(item.lock)", ("item.value = (item.value + 1) % 4", "item.held = True")),
}
FREE = (
    "x = 1", "a = y", "which = i1", "own_{n} = (own_{n} + 1) % 8", "a = own_{n}",
    "assert x != 3", "wait_until(y != 1)", "a = choose(0, 1)", "x = a % 4", "item = i2",
    "own_{n} = own_{n} + a", "item.held = False", "a = item.value",
)  # fmt: skip
TESTS = ("x <= 2", "y != 3", "own_A <= 1", "i1.value <= 2", "x + y <= 4", "inside <= 1",
         "not i2.held", "which != i2", "i1.value + own_B <= 3", "True")  # fmt: skip


@st.composite
def bodies(draw: st.DrawFn, name: str) -> list[str]:
    """The lines of one actor."""
    lines = ["a = 0", draw(st.sampled_from(("item = i1", "item = i2")))]
    for _ in range(draw(st.integers(1, 3))):
        shape = draw(st.sampled_from(("with", "with", "with", "nested", "free", "try", "loop")))
        free = draw(st.sampled_from(FREE)).format(n=name)
        lock, inner = GUARDED[draw(st.sampled_from(sorted(GUARDED)))]
        within = draw(st.sampled_from(inner)).split("; ")
        match shape:
            case "with":
                lines += [f"with {lock}:", *("    " + line for line in within)]
            case "nested":
                second, more = GUARDED[draw(st.sampled_from(sorted(GUARDED)))]
                lines += [f"with {lock}:", *("    " + line for line in within)]
                lines += [f"    with {second}:"]
                lines += ["        " + line for line in draw(st.sampled_from(more)).split("; ")]
            case "try":
                lines += ["if bit_trylock(bit):", *("    " + line for line in within)]
                lines += ["    bit_unlock(bit)"]
            case "loop":
                own = f"own_{name}"
                lines += [f"while {own} < 2:", f"    {own} = {own} + 1"]
            case _:
                lines += free.split("; ")
    return lines


@st.composite
def lock_programs(draw: st.DrawFn) -> str:
    """A model of two or three actors, the last one sometimes a daemon."""
    parts = [HEAD]
    count = draw(st.integers(2, 3))
    for name in "ABC"[:count]:
        daemon = "(daemon=True)" if name == "C" and draw(st.booleans()) else ""
        body = draw(bodies(name))
        head = f"\n\n@actor{daemon}\ndef {name}() -> None:\n{NAMES}\n"
        parts.append(head + "\n".join("    " + line for line in body) + "\n")
    tests = [draw(st.sampled_from(TESTS)) for _ in range(4)]
    names = ("invariant", "witness", "end", "ended")
    parts.append(TAIL.format(**dict(zip(names, tests, strict=True))))
    return "".join(parts)
