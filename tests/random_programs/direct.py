"""A direct interpreter of model source: small steps over Python's own syntax tree.

It shares nothing with the compiler. A thread is a generator that walks the syntax and yields a
request for everything that it cannot do alone (an access, a choice); its state is the history of
the answers, and it is brought back to life by giving them again. One access to shared memory ends
a step, the local work after it belongs to it, an atomic block is one access.

Values: bool, int, an object's name or None, a word as a tuple (variant, field, ...), and for a lock
the name of the thread that holds it or None.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from tests.random_programs.source import Range, Source

Place = tuple[str, int]
Walk = Generator["Request", Any, Any]


@dataclass(frozen=True)
class Request:
    """What a thread asks for; ``change`` maps the old value of ``place`` to (new value, answer).

    An access without a place is one that faults with ``fault``. A lock is an access whose
    ``change`` gives None when it has to wait.
    """

    kind: str
    place: Place | None = None
    change: Callable[[Any], tuple[Any, Any] | None] | None = None
    count: int = 0
    fault: str = ""
    holds: bool = True


def load(place: Place) -> Request:
    return Request("access", place, lambda value: (value, value))


def _never_written(construct: str) -> AssertionError:
    """Only what the generated programs contain is interpreted; anything else is a test's fault."""
    return AssertionError(f"the generated programs do not contain: {construct}")


def fault(code: str, *, local: bool) -> Request:
    return Request("fault" if local else "access", fault=code)


OPERATORS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Mod: operator.mod,
    ast.FloorDiv: operator.floordiv,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.eq,
    ast.IsNot: operator.ne,
}


class Returned(Exception):  # noqa: N818 - control flow, no error
    """A return statement on its way out of a routine."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class Broken(Exception):  # noqa: N818 - control flow, no error
    """A break on its way out of a loop."""


class Continued(Exception):  # noqa: N818 - control flow, no error
    """A continue on its way to the next round."""


@dataclass
class Frame:
    """One activation: its locals, the ranges they were declared with, and whose thread it is."""

    source: Source
    thread: str
    values: dict[str, Any]
    ranges: dict[str, Range]

    # statements

    def block(self, statements: list[ast.stmt]) -> Walk:
        for statement in statements:
            yield from self.statement(statement)

    def statement(self, node: ast.stmt) -> Walk:
        match node:
            case ast.Assign(targets=[target], value=value):
                result = yield from self.expression(value)
                yield from self.assign(target, result)
            case ast.AnnAssign(target=ast.Name(id=name) as target, value=ast.expr() as value):
                self.ranges[name] = self.source.range_of(node.annotation)
                result = yield from self.expression(value)
                yield from self.assign(target, result)
            case ast.AugAssign(target=target, op=op, value=value):
                before = yield from self.expression(self.as_load(target))
                result = yield from self.expression(value)
                yield from self.assign(target, OPERATORS[type(op)](before, result))
            case ast.Expr(value=value):
                yield from self.expression(value)
            case ast.Assert(test=test):
                if not (yield from self.expression(test)):
                    yield fault("KSM881", local=True)
            case ast.If(test=test, body=body, orelse=orelse):
                taken = yield from self.expression(test)
                yield from self.block(body if taken else orelse)
            case ast.While() | ast.For():
                yield from self.loop(node)
            case ast.Match(subject=subject, cases=cases):
                value = yield from self.expression(subject)
                yield from self.cases(value, cases)
            case ast.With(items=[ast.withitem(context_expr=ast.Call() as call)], body=body):
                yield from self.within(call, body)
            case ast.Return(value=value):
                raise Returned((yield from self.expression(value)) if value else None)
            case ast.Break():
                raise Broken
            case ast.Continue():
                raise Continued
            case ast.Pass() | ast.Global():
                pass
            case _:
                raise _never_written(ast.unparse(node))

    def loop(self, node: ast.While | ast.For) -> Walk:
        rounds = None
        if isinstance(node, ast.For):
            assert isinstance(node.iter, ast.Call)
            rounds = iter(range(*[ast.literal_eval(each) for each in node.iter.args]))
        while True:
            if rounds is not None:
                assert isinstance(node, ast.For)
                assert isinstance(node.target, ast.Name)
                value = next(rounds, None)
                if value is None:
                    return
                self.values[node.target.id] = value
            elif isinstance(node, ast.While) and not (yield from self.expression(node.test)):
                return
            try:
                yield from self.block(node.body)
            except Broken:
                return
            except Continued:
                pass

    def cases(self, value: Any, cases: list[ast.match_case]) -> Walk:
        for case in cases:
            captured = self.matches(case.pattern, value)
            if captured is not None:
                self.values.update(captured)
                yield from self.block(case.body)
                return

    def matches(self, pattern: ast.pattern, value: Any) -> dict[str, Any] | None:
        """The captures when ``value`` has the shape of ``pattern``, else None."""
        match pattern:
            case ast.MatchAs(pattern=None, name=name):
                return {name: value} if name else {}
            case ast.MatchSingleton(value=constant):
                return {} if value is constant else None
            case ast.MatchValue(value=ast.Name(id=name) | ast.Constant(value=name)):
                return {} if value == name else None
            case ast.MatchClass(cls=ast.Name(id=variant), patterns=patterns):
                if value[0] != variant:
                    return None
                captured: dict[str, Any] = {}
                for each, part in zip(patterns, value[1:], strict=True):
                    inner = self.matches(each, part)
                    if inner is None:
                        return None
                    captured |= inner
                return captured
            case _:
                raise _never_written(ast.unparse(pattern))

    def within(self, call: ast.Call, body: list[ast.stmt]) -> Walk:
        assert isinstance(call.func, ast.Name)
        if call.func.id == "atomic":
            yield Request("begin")
            try:
                yield from self.block(body)
            except (Returned, Broken, Continued):
                yield Request("end")
                raise
            yield Request("end")
            return
        place = yield from self.place(call.args[0])
        yield self.take(place)
        try:
            yield from self.block(body)
        except (Returned, Broken, Continued):
            yield self.give(place)
            raise
        yield self.give(place)

    def take(self, place: Place) -> Request:
        return Request("access", place, lambda holder: None if holder else (self.thread, None))

    def give(self, place: Place) -> Request:
        return Request("access", place, lambda holder: (None, None))

    # places and expressions

    def as_load(self, target: ast.expr) -> ast.expr:
        """A store target, read as an expression."""
        return ast.parse(ast.unparse(target), mode="eval").body

    def assign(self, target: ast.expr, value: Any) -> Walk:
        if isinstance(target, ast.Name) and target.id not in self.source.places:
            if not self.ranges.get(target.id, Range()).holds(value):
                yield fault("KSM804", local=True)
            self.values[target.id] = value
            return
        place = yield from self.place(target)
        if isinstance(place, Request):
            yield place
            return
        yield self.store(place, lambda _: (value, None))

    def store(self, place: Place | Request, change: Callable[[Any], tuple[Any, Any]]) -> Request:
        """The access that changes ``place``, which faults when the new value does not fit."""
        return place if isinstance(place, Request) else Request("access", place, change)

    def place(self, node: ast.expr) -> Walk:
        """The place that ``node`` names, or the access that faults on the way to it."""
        match node:
            case ast.Name(id=name):
                return (name, 0)
            case ast.Attribute(value=base, attr=attribute):
                owner = yield from self.expression(base)
                return self.member(owner, attribute)
            case ast.Subscript(value=ast.Name(id=name), slice=index):
                position = yield from self.expression(index)
                if not 0 <= position < self.source.places[name].size:
                    return fault("KSM891", local=name not in self.source.stored)
                return (name, position)
            case _:
                raise _never_written(ast.unparse(node))

    def expression(self, node: ast.expr) -> Walk:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name) if name in self.values:
                return self.values[name]
            case ast.Name(id=name) if name in self.source.objects:
                return name
            case ast.Name() | ast.Subscript():
                place = yield from self.place(node)
                return (yield from self.load(place))
            case ast.Attribute():
                return (yield from self.attribute(node))
            case ast.BinOp(left=left, op=op, right=right):
                first = yield from self.expression(left)
                return OPERATORS[type(op)](first, (yield from self.expression(right)))
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                first = yield from self.expression(left)
                return OPERATORS[type(op)](first, (yield from self.expression(right)))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not (yield from self.expression(operand))
            case ast.BoolOp(op=op, values=values):
                return (yield from self.lazy(isinstance(op, ast.Or), values))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                taken = yield from self.expression(test)
                return (yield from self.expression(body if taken else orelse))
            case ast.Call(func=ast.Name(id=name)):
                return (yield from self.call(name, node))
            case _:
                raise _never_written(ast.unparse(node))

    def lazy(self, decides: bool, values: list[ast.expr]) -> Walk:
        """``and`` / ``or``: stops at the first operand that decides."""
        for value in values:
            if bool((yield from self.expression(value))) is decides:
                return decides
        return not decides

    def attribute(self, node: ast.Attribute) -> Walk:
        owner = yield from self.expression(node.value)
        if isinstance(owner, tuple):
            fields = self.source.variants[owner[0]]
            if node.attr not in fields:
                yield fault("KSM805", local=True)
            return owner[1 + fields.index(node.attr)]
        return (yield from self.load(self.member(owner, node.attr)))

    def load(self, place: Place | Request) -> Walk:
        """The value of a place: an access, unless nobody ever changes it."""
        if isinstance(place, Request):
            return (yield place)
        if place[0] not in self.source.stored:
            return self.source.places[place[0]].initial
        return (yield load(place))

    def member(self, owner: str | None, attribute: str) -> Place | Request:
        """The place of a field; without an object, a fault, in the access if there is one."""
        if owner is None:
            fields = [name for name in self.source.places if name.endswith(f".{attribute}")]
            return fault("KSM803", local=fields[0] not in self.source.stored)
        struct, number = self.source.objects[owner]
        return (f"{struct}.{attribute}", number)

    def call(self, name: str, node: ast.Call) -> Walk:
        if name == "isinstance" and isinstance(node.args[1], ast.Name):
            value = yield from self.expression(node.args[0])
            return value[0] == node.args[1].id
        if name == "choose":
            return (yield from self.choose(node.args))
        if name == "wait_until":
            yield Request("begin")
            holds = yield from self.expression(node.args[0])
            yield Request("require", holds=bool(holds))
            yield Request("end")
            return None
        if name in self.source.routines or name in self.source.variants:
            arguments = []
            for each in node.args:
                arguments.append((yield from self.expression(each)))
            if name in self.source.variants:
                return (name, *arguments)
            return (yield from self.routine(name, arguments))
        return (yield from self.primitive(name, node))

    def choose(self, options: list[ast.expr]) -> Walk:
        if len(options) == 1 and isinstance(options[0], ast.Call):
            numbers = range(*[ast.literal_eval(each) for each in options[0].args])
            return numbers[(yield Request("choose", count=len(numbers)))]
        values = []
        for each in options:
            values.append((yield from self.expression(each)))
        return values[(yield Request("choose", count=len(values)))]

    def routine(self, name: str, arguments: list[Any]) -> Walk:
        function = self.source.routines[name]
        parameters = function.args.args
        values = {each.arg: value for each, value in zip(parameters, arguments, strict=True)}
        ranges = {
            each.arg: self.source.range_of(each.annotation)
            for each in parameters
            if each.annotation
        }
        frame = Frame(self.source, self.thread, values, ranges)
        try:
            yield from frame.block(function.body)
        except Returned as returned:
            return returned.value
        return None

    def primitive(self, name: str, node: ast.Call) -> Walk:
        place = yield from self.place(node.args[0])
        given = []
        for each in node.args[1:]:
            given.append((yield from self.expression(each)))
        match name:
            case "mutex_lock":
                return (yield self.take(place))
            case "mutex_unlock":
                return (yield self.give(place))
            case "mutex_trylock":
                return (yield self.store(place, lambda h: (h or self.thread, h is None)))
            case "fetch_add":
                return (yield self.store(place, lambda old: (old + given[0], old)))
            case "add_return":
                return (yield self.store(place, lambda old: (old + given[0], old + given[0])))
            case "xchg":
                return (yield self.store(place, lambda old: (given[0], old)))
            case "cmpxchg":
                return (
                    yield self.store(place, lambda old: (given[1] if old == given[0] else old, old))
                )
            case "test_and_set":
                return (yield self.store(place, lambda old: (True, old)))
            case "test_and_clear":
                return (yield self.store(place, lambda old: (False, old)))
            case _:
                raise _never_written(name)
