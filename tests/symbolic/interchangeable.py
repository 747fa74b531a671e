"""Small models with symbols whose objects, or actors, are interchangeable; and random ones."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from ksmcheck.ir.program import Program
from tests.oracle.models import compile_file
from tests.symbolic.models import HEAD

# frames are filled, compared and merged by one, given back and taken again by another
FRAMES = '''
@struct
class Frame:
    content: Content
    sum: Checksum


low: Frame | None
high: Frame | None
stale: bool


@setup
def start() -> None:
    global low, high
    first = alloc(Frame)
    first.content = fresh(Content)
    second = alloc(Frame)
    second.content = fresh(Content)
    low = first
    high = second


@actor
def Sorter() -> None:
    global low, high
    one = low
    other = high
    if one is not None and other is not None:
        if memcmp(one.content, other.content) > 0:
            low = other
            high = one


@actor
def Replacer() -> None:
    global high, stale
    frame = high
    if frame is not None:
        frame.sum = checksum(frame.content)
        high = None
        copy = alloc(Frame)
        copy.content = fresh(Content)
        if checksum(copy.content) == frame.sum:
            stale = True
        high = copy
        {freed}


@end_property(source="the reader")
def in_order() -> bool:
    """Sorted at the end: not when the frame was replaced afterwards."""
    return low is None or high is None or low.content <= high.content


@witness(in_order)
def replaced() -> bool:
    return stale


scenario(
    question="?", symbols={{Content: 5, Checksum: 4}}, pools={{Frame: 3}}, properties=[in_order]
)
'''

# two actors that do the same with the frames that they choose
TWINS = '''
@struct(permanent=True)
class Slot:
    content: Content
    taken: bool


best: Content
rises: bool


@setup
def start() -> None:
    for slot in pool(Slot):
        slot.content = fresh(Content)


@routine
def work() -> None:
    global best, rises
    slot = choose(pool(Slot))
    mine = slot.content
    slot.taken = True
    if best < mine:
        best = mine
        rises = True
    slot.content = best


@actor
def One() -> None:
    work()


@actor
def Other() -> None:
    work()


@invariant(source="the reader")
def all_alike() -> bool:
    """Never so when there are several contents."""
    return not all(slot.taken for slot in pool(Slot)) or all(
        slot.content == best for slot in pool(Slot)
    )


@witness(all_alike)
def something_rises() -> bool:
    return rises


scenario(question="?", symbols={{Content: 6}}, pools={{Slot: {slots}}}, properties=[all_alike])
'''

TEXTS = {
    "frames": FRAMES.format(freed="free(frame)"),
    "frames_kept": FRAMES.format(freed="stale = not stale"),
    "twins": TWINS.format(slots=2),
    "three": TWINS.format(slots=3),
}

# Unknowns that a run makes.
UNKNOWNS = {"frames": 3, "frames_kept": 3, "twins": 2, "three": 3}


def compiled(text: str, folder: Path) -> Program:
    """The program of one of these texts."""
    path = folder / "interchangeable.py"
    path.write_text(HEAD + text, encoding="utf-8")
    return compile_file(path)


STATEMENTS = (
    "slot.content = last",
    "last = slot.content",
    "slot.content = 0",
    "slot.sum = checksum(slot.content)",
    "x = slot.content == other.content",
    "y = slot.content < last",
    "x = checksum(last) == slot.sum",
    "y = memcmp(slot.content, other.content) > 0 or x",
    "if slot.content < other.content:\n        other.content = last\n    else:\n        x = y",
    "if slot.content <= last and slot.content != other.content:\n        slot.taken = True",
    "if checksum(other.content) != slot.sum:\n        last = slot.content\n        x = False",
    "old = slot.content\n    if old == last:\n        y = True",
    "other.content = slot.content",
    "slot = other",
    "other = choose(pool(Slot))",
    "held = other",
    "slot.taken = held == slot",
)
ASSERTS = (
    "assert slot.content == other.content or not x",
    "assert last < slot.content or not slot.taken",
    "assert checksum(last) == slot.sum or not y",
    "y = not y",
    "x = y",
)
RANDOM = """
@struct(permanent=True)
class Slot:
    content: Content
    sum: Checksum
    taken: bool


last: Content
held: Slot | None
x: bool
y: bool


@setup
def start() -> None:
    global last
    last = fresh(Content)
    for slot in pool(Slot):
        slot.content = {filled}


@routine
def work() -> None:
    global last, held, x, y
    slot = choose(pool(Slot))
    other = choose(pool(Slot))
    {first}
    {planted}


@actor
def First() -> None:
    work()

{twin}

@actor
def Second() -> None:
    global last, held, x, y
    slot = choose(pool(Slot))
    other = choose(pool(Slot))
    {second}
    slot.content = fresh(Content)


@invariant(source="the reader")
def not_both() -> bool:
    \"\"\"Never both, unless some slot has the last content.\"\"\"
    return not (x and y) or any(slot.content == last for slot in pool(Slot))


@witness(not_both)
def somebody() -> bool:
    return x or y


scenario(
    question="?",
    symbols={{Content: 8, Checksum: 4}},
    pools={{Slot: {slots}}},
    properties=[not_both],
)
"""
BODIES = st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=3)


@st.composite
def random_texts(draw: st.DrawFn) -> str:
    """Actors that choose slots and compare, copy and fill what is in them."""
    return RANDOM.format(
        filled=draw(st.sampled_from(["fresh(Content)", "last", "0"])),
        twin=draw(st.sampled_from(["", "\n@actor\ndef Twin() -> None:\n    work()\n"])),
        first="\n    ".join(draw(BODIES)),
        second="\n    ".join(draw(BODIES)),
        planted=draw(st.sampled_from(ASSERTS)),
        slots=draw(st.sampled_from([2, 3])),
    )
