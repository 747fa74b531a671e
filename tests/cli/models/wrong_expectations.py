"""A flag that is raised once, with expectations that are all wrong but the last.

Question: does a check say which are wrong, and why?
"""

from ksmcheck.lang import *

raises = parameter(1, "1: the flag is raised", at_least=0, at_most=1)

flag: bool
seen: bool


@actor
def A() -> None:
    global flag, seen
    seen = True
    if raises == 1:
        flag = True


@invariant(source="the author")
def lowered() -> bool:
    """The flag is never raised."""
    return not flag


@witness(lowered)
def still_lowered() -> bool:
    return not flag


@invariant(source="the author")
def raised_when_seen() -> bool:
    """The flag is not raised before somebody has looked."""
    return seen or not flag


@witness(raised_when_seen)
def somebody_looked() -> bool:
    return seen


scenario(
    question="Is the flag raised?",
    properties=[lowered, raised_when_seen],
    expected=[
        Expect(verdict="holds"),
        Expect(verdict="violated", property="raised_when_seen"),
        Expect(verdict="violated", property="lowered", set={"raises": 0}),
        Expect(verdict="holds", property="lowered", set={"raises": 0}),
    ],
)
