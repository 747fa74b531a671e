"""A mutex that looks first and takes afterwards: both can look before either takes.

Question: can both be inside?
"""

from typing import Annotated

from ksmcheck.lang import *

taken: bool
inside: Ghost[Annotated[int, Range(0, 2)]]


@actor(count=2)
def process(me: Annotated[int, Range(0, 1)]) -> None:
    global taken, inside
    wait_until(not taken)
    taken = True
    inside += 1
    taken = False
    inside -= 1


@invariant(source="no test-and-set, no mutex")
def mutual_exclusion() -> bool:
    """At most one process is inside."""
    return inside <= 1


@witness(mutual_exclusion)
def somebody_is_inside() -> bool:
    return inside == 1


scenario(
    question="Is a load followed by a store a mutex?",
    kernel="",
    properties=[mutual_exclusion],
    expected=[Expect(verdict="violated", property="mutual_exclusion")],
)
