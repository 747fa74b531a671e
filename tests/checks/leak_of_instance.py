# expect: KSM871; check: leak; depth: 2
"""A declared object has a name in setup only, so nobody finds it any more when it is unlinked."""

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
    if head is not None:
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
