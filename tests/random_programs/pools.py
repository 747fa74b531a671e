"""Hypothesis strategies for programs with pools, allocation and identical actors, as source text.

Objects are allocated, freed, linked, put into sets and words, chosen from pools; two workers run
the same code. Now and then a program names an object or goes through a pool in order, so that
its objects are not alike. Half of the programs may go wrong: they use what may be gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

T = TypeVar("T")

DECLARATIONS = '''from typing import Annotated

from ksmcheck.lang import *


class Key(Word):
    """Its first variant names an object, and 0 is that."""


class ByNode(Key):
    node: Node


class BySlot(Key):
    slot: Slot | None
    hot: bool


@struct
class Node:
    value: Annotated[int, Range(0, 2)]
    link: Node | None
    key: Key


@struct(permanent=True)
class Slot:
    holder: Node | None
    taken: bool
    lock: SpinLock


class Pte(Word):
    """A page-table entry."""


class NoPte(Pte):
    """Nothing there."""


class Present(Pte):
    node: Node
    write: bool


root = instance(Node)
head: Node | None
entry: Pte
members: Set[Node]
flag: bool
lock: Mutex
'''

LOCALS = """    global head, entry, flag
    n = root
    n = None
    slot = choose(pool(Slot))
    p = False"""

PROPERTIES = '''
@invariant(source="random")
def one() -> bool:
    """A property of all nodes."""
    return {one}


@witness(one)
def one_seen() -> bool:
    return {seen}


@step_property(source="random")
def two() -> bool:
    """A property of steps."""
    return {two}


@witness(two)
def two_seen() -> bool:
    return {seen}


@end_property(source="random")
def three(slot: Slot) -> bool:
    """A property of the end, for each slot."""
    return {three}


@witness(three)
def three_seen(slot: Slot) -> bool:
    return slot.taken or {seen}
'''


@dataclass
class PoolWriter:
    """Draws one program. ``planted``: it may use what may be gone."""

    draw: st.DrawFn
    planted: bool
    ordered: bool

    def pick(self, *options: T) -> T:
        return self.draw(st.sampled_from(options))

    def condition(self) -> str:
        return self.pick(
            "flag", "p", "not flag", "head is None", "n == head", "slot.taken", "slot.holder == n",
            "isinstance(entry, Present)", "n is not None", "slot.holder is None", "n in members",
        )  # fmt: skip

    def checked(self, line: str) -> list[str]:
        """``line`` uses n: only where there is one, unless it may go wrong."""
        if self.planted and self.draw(st.booleans()):
            return [line]
        return ["if n is not None:", f"    {line}"]

    def statement(self, depth: int) -> list[str]:
        shapes = ["alloc", "store", "store", "use", "use", "free", "word", "slot", "slot"]
        shapes += ["if", "lock", "choose", "set"] * (depth > 0)
        shapes += ["order"] * self.ordered
        lines: list[str] = getattr(self, f"write_{self.pick(*shapes)}")(depth)
        return lines

    def block(self, depth: int, most: int) -> list[str]:
        count = self.draw(st.integers(1, most))
        return ["    " + line for _ in range(count) for line in self.statement(depth)]

    def write_alloc(self, depth: int) -> list[str]:
        return self.pick(
            ["n = alloc(Node)"], ["n = alloc(Node, value=1)"], ["head = alloc(Node, link=n)"]
        )

    def write_store(self, depth: int) -> list[str]:
        return self.pick(
            ["head = n"], ["n = head"], ["head = None"], ["flag = not flag"], ["p = n == head"],
            ["n = slot.holder"], [f"flag = {self.condition()}"],
        )  # fmt: skip

    def write_use(self, depth: int) -> list[str]:
        return self.checked(
            self.pick(
                "n.link = head",
                "n.value = 2",
                "n = n.link",
                "p = n.value == 2",
                "n.link = None",
                "n.key = BySlot(slot, p)",
                "n.key = ByNode(n)",
                "p = n.key == ByNode(n)",
            )
        )

    def write_free(self, depth: int) -> list[str]:
        return [*self.checked("free(n)"), "n = None"]

    def write_word(self, depth: int) -> list[str]:
        take = ["match entry:", "    case Present(m, w):", "        n = m", "        p = w"]
        key = ["match n.key:", "    case BySlot(s, hot):", "        p = hot"]
        return self.pick(
            take, ["entry = NoPte()"], self.checked("entry = Present(n, p)"), take,
            ["if n is not None:", *("    " + line for line in key)],
        )  # fmt: skip

    def write_slot(self, depth: int) -> list[str]:
        return self.pick(
            ["slot.holder = n"], ["slot.taken = p"], ["slot.holder = None"], ["n = slot.holder"],
            ["slot.taken = True"], ["slot = choose(pool(Slot))"],
        )  # fmt: skip

    def write_if(self, depth: int) -> list[str]:
        lines = [f"if {self.condition()}:", *self.block(depth - 1, 2)]
        return lines + (["else:", *self.block(depth - 1, 1)] if self.draw(st.booleans()) else [])

    def write_lock(self, depth: int) -> list[str]:
        inner = ["    " + line for line in self.pick(["n = head"], ["head = n"], ["flag = p"])]
        return [f"with {self.pick('mutex_lock(lock)', 'spin_lock(slot.lock)')}:", *inner]

    def write_choose(self, depth: int) -> list[str]:
        body = self.pick(
            ["    found = choose(pool(Slot))", "    wait_until(not found.taken)"],
            ["    found = choose(pool(Slot))", "    wait_until(found.holder == n)"],
        )
        return ['with atomic("one step in this test"):', *body, "    slot = found"]

    def write_set(self, depth: int) -> list[str]:
        return self.checked(self.pick("members.add(n)", "members.discard(n)", "p = n in members"))

    def write_order(self, depth: int) -> list[str]:
        return self.pick(
            ["n = root"],
            ["for s in pool(Slot):", "    if not s.taken:", "        slot = s", "        break"],
            ["for s in pool(Slot):", "    if s.holder is not None:", "        n = s.holder"],
        )

    def properties(self) -> str:
        holds = [
            "len(members) <= 3",
            "all(s.holder is None or not s.taken or True for s in pool(Slot))",
        ]
        broken = [
            "len(members) < 1", "all(s.holder is None for s in pool(Slot))", "head is None",
            "all(s.holder is None or is_live(s.holder) for s in pool(Slot))",
            "sum(1 for s in pool(Slot) if s.taken) < 2",
        ]  # fmt: skip
        steps = [
            "flag or not old(flag) or head == old(head)",
            "old(head) is None or head is not None",
        ]
        planted = self.planted
        return PROPERTIES.format(
            one=self.pick(*(broken if planted else holds)),
            two=self.pick(*(steps if planted else ["flag or not flag"])),
            three=self.pick("slot.holder is None", "not slot.taken") if planted else "True",
            seen=self.pick("True", "True", "head is not None"),
        )


# What all suites of these programs share; each says how many examples it takes.
SUITE = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))


@st.composite
def pool_programs(draw: st.DrawFn, planted: bool) -> str:
    """The text of a model file: two workers, perhaps one more actor."""
    writer = PoolWriter(draw, planted, draw(st.integers(0, 4)) == 0)
    body = writer.block(2, 4)
    parts = [DECLARATIONS]
    parts.append(
        "\n".join(
            ["@actor(count=2)\ndef worker(me: Annotated[int, Range(0, 1)]) -> None:", LOCALS, *body]
        )
        + "\n"
    )
    if draw(st.booleans()):
        more = writer.block(1, 2)
        daemon = draw(st.sampled_from(["", "(daemon=True)"]))
        parts.append("\n".join([f"@actor{daemon}\ndef other() -> None:", LOCALS, *more]) + "\n")
    parts.append(writer.properties())
    nodes, slots = draw(st.sampled_from([(2, 2), (3, 2), (2, 3), (3, 1)]))
    pools = f"{{Node: {nodes}, Slot: {slots}}}"
    parts.append(
        f'scenario(question="?", kernel="", pools={pools}, properties=[one, two, three])\n'
    )
    return "\n\n".join(parts)
