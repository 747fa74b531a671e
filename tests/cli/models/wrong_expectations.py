"""A flag that is raised once, with expectations that are all wrong but the last.

Question: does a check say which are wrong, and why?
"""

from ksmcheck.lang import *

raises = parameter(1, "1: the flag is raised", at_least=0, at_most=1)

flag: bool


@actor
def A() -> None:
    global flag
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
def true_or_false() -> bool:
    """The flag has a value."""
    return flag or not flag


@witness(true_or_false)
def raised_or_lowered() -> bool:
    return flag or not flag


scenario(
    question="Is the flag raised?",
    properties=[lowered, true_or_false],
    expected=[
        Expect(verdict="holds"),
        Expect(verdict="violated", property="true_or_false"),
        Expect(verdict="violated", property="lowered", set={"raises": 0}),
        Expect(verdict="holds", property="lowered", set={"raises": 0}),
    ],
)
