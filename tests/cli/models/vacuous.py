"""A property that is never put to the test: nobody ever raises the flag.

Question: does the verdict say so?
"""

from ksmcheck.lang import *

flag: bool
seen: bool


@actor
def reader() -> None:
    global seen
    if flag:
        seen = True


@actor
def writer() -> None:
    global flag
    if seen:
        flag = True


@invariant(source="the author")
def seen_means_raised() -> bool:
    """What was seen was raised."""
    return not seen or flag


@witness(seen_means_raised)
def somebody_saw_it() -> bool:
    return seen


scenario(
    question="Is the flag ever seen?",
    kernel="",
    properties=[seen_means_raised],
    expected=[Expect(verdict="vacuous", property="seen_means_raised")],
)
