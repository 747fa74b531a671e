"""Hypothesis strategies for small programs, as source text in the language."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")

DECLARATIONS = '''from typing import Annotated

from ksmcheck.lang import *


@struct
class Node:
    value: Annotated[int, Range(0, 3)]
    link: Node | None


class Pte(Word):
    """A page-table entry."""


class NoPte(Pte):
    """Nothing there."""


class Present(Pte):
    node: Node
    write: bool


n1 = instance(Node)
n2 = instance(Node)
x: Annotated[int, Range(0, 3)]
y: Annotated[int, Range(0, 3)] = 1
flag: bool
other: bool
cells: Annotated[Array[Annotated[int, Range(0, 3)]], Size(2)]
ref: Node | None
entry: Pte
lock: Mutex
gate: Mutex
'''

SCENARIO = 'scenario(question="?", kernel="", pools={Node: 2}, properties=[])\n'

GLOBALS = "    global x, y, flag, other, ref, entry"
LOCALS = """    a: Annotated[int, Range(0, 3)] = 0
    b: Annotated[int, Range(0, 3)] = 2
    c = 0
    p = False
    r = n1
    r = None"""


@dataclass(frozen=True)
class Scope:
    """What may be written here. ``depth`` is how much nesting is left."""

    depth: int = 2
    held: tuple[str, ...] = ()
    loop: bool = False
    atomic: bool = False
    routine: str = ""

    def deeper(self) -> Scope:
        return replace(self, depth=self.depth - 1)


@dataclass
class Writer:
    """Draws one program, line by line."""

    draw: st.DrawFn
    loops: int = 0
    callable: list[str] = field(default_factory=list)

    def pick(self, *options: T) -> T:
        return self.draw(st.sampled_from(options))

    # expressions

    def integer(self, depth: int = 1) -> str:
        """An int expression; with ``depth`` left it may have operators and calls."""
        shape = self.pick("local", "constant", "shared", *(["sum", "field", "if"] * (depth > 0)))
        match shape:
            case "local":
                return self.pick("a", "b", "c")
            case "constant":
                return self.pick("0", "1", "2")
            case "shared":
                return self.pick("x", "y", "cells[0]", "cells[1]", "cells[a % 2]", "n1.value")
            case "field":
                return self.pick("n2.value", "r.value", "ref.value", "cells[b // 2]", "cells[x]")
            case "if":
                condition = self.boolean(0)
                return f"({self.integer(0)} if {condition} else {self.integer(0)})"
            case _:
                first, second = self.integer(0), self.integer(0)
                shape = self.pick("({} + {} + 2) % 4", "({} * {} + 9) % 4", "({} - {} + 8) % 4")
                return shape.format(first, second)

    def boolean(self, depth: int = 1) -> str:
        shape = self.pick("flag", "local", "compare", *(["not", "and", "or", "ref"] * (depth > 0)))
        match shape:
            case "flag":
                return self.pick("flag", "other")
            case "local":
                return self.pick("p", "b == 2", "r is None", "a == 1")
            case "compare":
                operator = self.pick("==", "!=", "<", "<=", ">", ">=")
                return f"{self.integer(0)} {operator} {self.integer(0)}"
            case "not":
                return f"not ({self.boolean(0)})"
            case "ref":
                return self.pick(
                    "ref is not None", "ref == r", "ref == n1", "r != n2.link",
                    "isinstance(entry, Present)", "entry == NoPte()", "n1.link is None",
                )  # fmt: skip
            case _:
                return f"({self.boolean(0)}) {shape} ({self.boolean(0)})"

    def reference(self) -> str:
        return self.pick("n1", "n2", "None", "r", "ref", "n1.link", "n2.link")

    def word(self) -> str:
        write = self.pick("True", "False", "flag", "p")
        return self.pick("NoPte()", f"Present(n1, {write})", f"Present(n2, {write})")

    # statements

    def block(self, scope: Scope, least: int = 1, most: int = 2) -> list[str]:
        """Some statements, indented by four."""
        count = self.draw(st.integers(least, most))
        return ["    " + line for _ in range(count) for line in self.statement(scope)]

    def statement(self, scope: Scope) -> list[str]:
        shapes = ["assign", "store", "store", "store", "store", "choose", "update", "assert"]
        if scope.depth > 0:
            shapes += ["if", "if", "match", "for"]
        if scope.depth > 0 and not scope.atomic:
            shapes += ["while", "with", "trylock", "atomic"]
        shapes += ["wait"] if scope.atomic else ["rmw", "wait", "with"]
        if self.callable and not scope.atomic and not scope.held:
            shapes += ["call"]
        if scope.loop:
            shapes += ["leave"]
        if scope.routine:
            shapes += ["return"]
        shape = self.pick(*shapes)
        lines: list[str] = getattr(self, f"write_{shape}")(scope)
        return lines

    def write_assign(self, scope: Scope) -> list[str]:
        return self.pick(
            [f"a = {self.integer()}"],
            [f"b = {self.integer(0)} + 1"],
            [f"c = {self.pick('x', 'cells[0]', 'y - 1', 'a + x')}"],
            [f"p = {self.boolean()}"],
            [f"r = {self.reference()}"],
        )

    def write_store(self, scope: Scope) -> list[str]:
        return self.pick(
            [f"x = {self.integer()}"],
            [f"y = {self.pick('a', 'x', 'cells[0]')} {self.pick('+', '-')} 1"],
            [f"flag = {self.boolean()}"],
            [f"other = {self.boolean()}"],
            [f"cells[{self.pick('0', '1', 'a', 'b - 1')}] = {self.integer(0)}"],
            [f"ref = {self.reference()}"],
            [f"entry = {self.word()}"],
            [f"{self.pick('n1', 'n2', 'r', 'ref')}.value = {self.integer(0)}"],
            [f"{self.pick('n1', 'n2', 'r')}.link = {self.reference()}"],
        )

    def write_update(self, scope: Scope) -> list[str]:
        target = self.pick("a", "x", "cells[0]", "n1.value")
        return [f"{target} {self.pick('+', '-')}= {self.pick('1', 'y', 'a')}"]

    def write_choose(self, scope: Scope) -> list[str]:
        options = self.pick("0, 2", "range(3)", "a, 1", "x, 0")
        return self.pick([f"a = choose({options})"], ["p = choose(True, False)"])

    def write_assert(self, scope: Scope) -> list[str]:
        return [f'assert {self.boolean()}, "asserted"']

    def write_rmw(self, scope: Scope) -> list[str]:
        place = self.pick("x", "y", "cells[1]", "n1.value")
        return self.pick(
            [f"a = fetch_add({place}, 1)"],
            [f"b = add_return({place}, {self.pick('1', 'a')})"],
            [f"fetch_add({place}, 1)"],
            [f"a = xchg({place}, {self.pick('2', 'a', 'y')})"],
            [f"a = cmpxchg({place}, {self.pick('0', 'a')}, {self.pick('1', 'x')})"],
            [f"r = xchg(ref, {self.pick('n1', 'r', 'None')})"],
            ["p = test_and_set(flag)"],
            ["p = test_and_clear(other)"],
        )

    def write_wait(self, scope: Scope) -> list[str]:
        if scope.atomic:
            return [f"wait_until({self.boolean()})"]
        return [f"wait_until({self.pick('flag', 'not other', 'x == a', 'ref != r', 'x >= 1')})"]

    def write_if(self, scope: Scope) -> list[str]:
        lines = [f"if {self.boolean()}:", *self.block(scope.deeper())]
        if self.pick(True, False):
            lines += ["else:", *self.block(scope.deeper())]
        return lines

    def write_match(self, scope: Scope) -> list[str]:
        first = self.pick("Present(r, True)", "Present(r, p)", "Present(_, write)", "NoPte()")
        lines = ["match entry:", f"    case {first}:"]
        lines += ["    " + line for line in self.block(scope.deeper())]
        if self.pick(True, False):
            lines += ["    case _:"]
            lines += ["    " + line for line in self.block(scope.deeper())]
        return lines

    def write_for(self, scope: Scope) -> list[str]:
        bounds = self.pick("2", "1, 3", "0, 1")
        return [f"for i in range({bounds}):", *self.block(replace(scope.deeper(), loop=True))]

    def write_while(self, scope: Scope) -> list[str]:
        """A bounded loop. Each round stores, because a round without an access is a step too."""
        self.loops += 1
        name = f"k{self.loops}"
        return [
            f"{name}: Annotated[int, Range(0, 2)] = 0",
            f"while {name} < 2 and {self.pick('flag', 'not other', 'x < 3', 'ref is None')}:",
            f"    {name} = {name} + 1",
            f"    {self.pick('flag = p', 'x = a', 'other = flag')}",
            *self.block(replace(scope.deeper(), loop=True)),
        ]

    def write_with(self, scope: Scope) -> list[str]:
        free = [name for name in ("lock", "gate") if name not in scope.held]
        if not free or scope.depth <= 0:
            return ["pass"]
        name = self.pick(*free)
        inner = replace(scope.deeper(), held=(*scope.held, name))
        return [f"with mutex_lock({name}):", *self.block(inner)]

    def write_trylock(self, scope: Scope) -> list[str]:
        free = [name for name in ("lock", "gate") if name not in scope.held]
        if not free:
            return ["pass"]
        name = self.pick(*free)
        inner = replace(scope.deeper(), held=(*scope.held, name), loop=False, routine="")
        return [
            f"if mutex_trylock({name}):",
            *self.block(inner),
            f"    mutex_unlock({name})",
        ]

    def write_atomic(self, scope: Scope) -> list[str]:
        inner = replace(scope.deeper(), atomic=True, loop=False, routine="")
        return ['with atomic("indivisible in this test"):', *self.block(inner, most=3)]

    def write_call(self, scope: Scope) -> list[str]:
        name = self.pick(*self.callable)
        argument = f"({self.integer(0)} + 4) % 4"
        if name == "change":
            return [f"change({argument}, {self.boolean(0)})"]
        return self.pick([f"a = compute({argument})"], [f"x = compute({argument}) // 2"])

    def write_leave(self, scope: Scope) -> list[str]:
        return [f"if {self.boolean(0)}:", f"    {self.pick('break', 'continue')}"]

    def write_return(self, scope: Scope) -> list[str]:
        value = f" ({self.integer(0)} + 4) % 4" if scope.routine == "compute" else ""
        return [f"if {self.boolean(0)}:", f"    return{value}"]

    # functions

    def routine(self, name: str) -> str:
        """``compute`` gives an int, ``change`` gives nothing."""
        lines = self.block(Scope(depth=1, routine=name))
        head = "@routine\ndef compute(a: Annotated[int, Range(0, 3)]) -> "
        head += "Annotated[int, Range(0, 3)]:"
        own = [line for line in LOCALS.splitlines() if not line.startswith("    a:")]
        if name == "change":
            head = "@routine\ndef change(a: Annotated[int, Range(0, 3)], p: bool) -> None:"
            own = [line for line in own if not line.startswith("    p ")]
        else:
            lines.append(f"    return ({self.integer(0)} + 4) % 4")
        return "\n".join([head, GLOBALS, *own, *lines])

    def actor(self, name: str) -> str:
        lines = self.block(Scope(), least=3, most=6)
        return "\n".join([f"@actor\ndef {name}() -> None:", GLOBALS, LOCALS, *lines])


@st.composite
def programs(draw: st.DrawFn) -> str:
    """The text of a model file with two or three actors."""
    writer = Writer(draw)
    parts = [DECLARATIONS]
    for name in draw(st.sampled_from([(), ("compute",), ("change",), ("compute", "change")])):
        parts.append(writer.routine(name) + "\n")
        writer.callable.append(name)
    for name in draw(st.sampled_from([("A", "B"), ("A", "B"), ("A", "B", "C")])):
        parts.append(writer.actor(name) + "\n")
    return "\n\n".join([*parts, SCENARIO])
