"""A good model with a parameter and two patches, for the tests of bad options."""

from typing import Annotated

from ksmcheck.lang import *

PATCHES = [
    Patch(
        id="recheck",
        commit="0123456789ab",
        title="mm: look again",
        date="2010-09-10",
        release="v2.6.36",
        summary="Looks again.",
    ),
    Patch(
        id="lock-order",
        commit="ba9876543210",
        title="mm: lock in order",
        date="2009-06-10",
        release="v2.6.31",
        summary="Locks in order.",
    ),
]

rounds = parameter(2, "how often it runs", at_least=1, at_most=3)

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    x = 0
    for _ in range(rounds):
        if patched("recheck"):
            fetch_add(x, 1)
        if not patched("lock-order"):
            fetch_add(x, 1)


scenario(question="?", kernel="v2.6.35", patches=PATCHES, properties=[])
