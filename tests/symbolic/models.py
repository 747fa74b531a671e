"""Small models with symbols, as texts; each asks something else of the automaton."""

from __future__ import annotations

from pathlib import Path

from ksmcheck.ir.program import Program
from tests.oracle.models import compile_file

HEAD = '''
"""A small model with symbols."""

from __future__ import annotations

from ksmcheck.lang import *


class Content(OrderedSymbol):
    """What a page holds."""


class Checksum(Symbol):
    """What calc_checksum() gives."""


@uninterpreted
def checksum(content: Content) -> Checksum: ...
'''

# two writers and a reader that sorts what it loaded: every order of three contents
SORT = '''
a: Content
b: Content
low: Content
high: Content
swapped: bool


@setup
def start() -> None:
    global a, b
    a = fresh(Content)
    b = fresh(Content)


@actor
def Writer() -> None:
    global a
    value = fresh(Content)
    if value != b:
        a = value


@actor
def Sorter() -> None:
    global low, high, swapped
    first = a
    second = b
    if memcmp(first, second) > 0:
        swapped = True
        low = second
        high = first
    else:
        low = first
        high = second


@end_property(source="the reader")
def sorted_pair() -> bool:
    """The lower one is below."""
    return low <= high


@witness(sorted_pair)
def sorted_pair_reached() -> bool:
    return swapped


@end_property(source="the reader")
def still_there() -> bool:
    """What was sorted is still stored: not so when the writer came later."""
    return low == a or high == a or low == b


@witness(still_there)
def still_there_reached() -> bool:
    return swapped


scenario(question="?", symbols={Content: 5}, properties=[sorted_pair, still_there])
'''

# the checksum skip of ksmd: a page that changed may look unchanged
COLLISION = '''
page: Content
old: Checksum
skipped: bool
missed: bool


@setup
def start() -> None:
    global page, old
    page = fresh(Content)
    old = checksum(page)


@actor
def Writer() -> None:
    global page
    page = fresh(Content)


@actor
def Ksmd() -> None:
    global skipped, missed
    before = page
    if checksum(before) == old:
        skipped = True
        after = page
        if after != before:
            missed = True


@end_property(source="the reader")
def skipped_means_unchanged() -> bool:
    """An equal checksum means an equal page."""
    return not skipped or checksum(page) == old


@witness(skipped_means_unchanged)
def skipped_means_unchanged_reached() -> bool:
    return skipped


scenario(question="?", symbols={Content: 3, Checksum: 3}, properties=[skipped_means_unchanged])
'''

# a set of three pages kept in order, by one who inserts and one who rewrites
TREE = '''
class Left(Enum):
    """Where the second went."""

    NOWHERE = 0
    LEFT = 1
    RIGHT = 2


@struct(permanent=True)
class Page:
    content: Content


page1 = instance(Page)
page2 = instance(Page)
page3 = instance(Page)
side: Left
merged: bool


@setup
def start() -> None:
    page1.content = fresh(Content)
    page2.content = fresh(Content)


@actor
def Insert() -> None:
    global side, merged
    new = page2.content
    root = page1.content
    if new == root:
        merged = True
    elif new < root:
        side = Left.LEFT
    else:
        side = Left.RIGHT


@actor
def Rewrite() -> None:
    page3.content = page2.content
    page2.content = fresh(Content)


@actor
def Compare3() -> None:
    global merged
    if page3.content == page1.content:
        merged = True


@invariant(source="the reader")
def order_survives() -> bool:
    """The left one is lower."""
    return side != Left.LEFT or page2.content < page1.content


@witness(order_survives)
def order_survives_reached() -> bool:
    return side == Left.LEFT


scenario(question="?", symbols={Content: 5}, pools={}, properties=[order_survives])
'''

TEXTS = {"sort": SORT, "collision": COLLISION, "tree": TREE}


def compiled(name: str, folder: Path) -> Program:
    """One of the models above."""
    path = folder / f"{name}.py"
    path.write_text(HEAD + TEXTS[name], encoding="utf-8")
    return compile_file(path)
