"""The vocabulary has no such word."""

from typing import Annotated

from ksmcheck.lang import Range, actor, scenario, spin_lok

x: Annotated[int, Range(0, 3)]


@actor
def running() -> None:
    global x
    x = 1


scenario(question="?", kernel="", properties=[])
