"""The name of a patch must be written out."""

from typing import Annotated

from ksmcheck.lang import *

x: Annotated[int, Range(0, 3)]
PATCHES = [
    Patch(
        id="recheck",
        commit="0123456789ab",
        title="mm: look again",
        date="2010-09-10",
        release="v2.6.36",
        summary="Looks again.",
    )
]


@actor
def running() -> None:
    global x
    if patched(x):
        x = 1


scenario(question="?", kernel="v2.6.35", patches=PATCHES, properties=[])
