# expect: holds; check: leak
"""A declared object that the code of an actor names can always be found."""

from ksmcheck.lang import *


@struct
class Node:
    value: bool


first = instance(Node)
head: Node | None


@setup
def linked() -> None:
    global head
    head = first


@actor
def forgetful() -> None:
    global head
    if head == first:
        head = None


@actor(daemon=True)
def another() -> None:
    free(alloc(Node))


scenario(
    question="Does the check speak?",
    kernel="",
    pools={Node: 2},
    properties=[],
    expected=[Expect(verdict="violated", property="leak")],
)
