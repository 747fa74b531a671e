# expect: KSM802; check: double-free; depth: 4
"""Two actors free the object that both found."""

from typing import Annotated

from ksmcheck.lang import *


@struct
class Node:
    value: Annotated[int, Range(0, 1)]


head: Node | None


@setup
def prepare() -> None:
    global head
    head = alloc(Node)


@actor(count=2)
def remover(me: Annotated[int, Range(0, 1)]) -> None:
    global head
    node = head
    if node is not None:
        free(node)
        head = None


scenario(
    question="Does the check speak?",
    kernel="",
    pools={Node: 1},
    properties=[],
    expected=[Expect(verdict="violated", property="double-free")],
)
