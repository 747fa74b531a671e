"""A ticket lock: draw a ticket, wait until it is served. Three customers, two rounds each.

Question: can two be inside? A ticket is dead as soon as the next one is served.
"""

from typing import Annotated

from ksmcheck.lang import *

next_ticket: Annotated[int, Range(0, 6)]
now_serving: Annotated[int, Range(0, 6)]
inside: Ghost[Annotated[int, Range(0, 3)]]


@actor(count=3)
def customer(me: Annotated[int, Range(0, 2)]) -> None:
    global now_serving, inside
    for _ in range(2):
        ticket = fetch_add(next_ticket, 1)
        wait_until(now_serving == ticket)
        inside += 1
        now_serving = ticket + 1
        inside -= 1


@invariant(source="Mellor-Crummey and Scott 1991")
def mutual_exclusion() -> bool:
    """At most one customer is inside."""
    return inside <= 1


@witness(mutual_exclusion)
def somebody_is_inside() -> bool:
    return inside == 1


scenario(
    question="Can two customers hold the ticket lock at once?",
    kernel="",
    properties=[mutual_exclusion],
    expected=[Expect(verdict="holds")],
)
