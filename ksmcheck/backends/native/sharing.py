"""Predicates in which equal parts are one object: simplified once, and computed once in the C.

A predicate over pools is expanded, so its parts come again and again: ``all`` over pairs of five
objects asks 25 times what is known of one of them. Parts that are needed twice are computed once,
before the test that first needs them. That is safe for all but quotients, whose divisor may be what
a test before them rules out: they stay where they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import assert_never

from attrs import define, evolve, field

from ksmcheck.backends.native.expressions import ASSOCIATIVE, View, operands
from ksmcheck.backends.native.fold import Facts, declared_bounds, simplify
from ksmcheck.ir.expr import Ask, Binary, BitCount, Const, Expr, Ite, Not, Op, Read, Temp
from ksmcheck.ir.program import Program

Key = tuple[object, ...]


@define
class Sharing:
    """The distinct expressions of a program's predicates. They live as long as this does."""

    _facts: Facts
    _known: dict[Key, Expr] = field(factory=dict)

    @classmethod
    def of(cls, program: Program) -> Sharing:
        """Nothing yet, of ``program``."""
        return cls(Facts(declared_bounds(program), memo={}))

    def shared(self, expr: Expr) -> Expr:
        """An equal expression whose equal parts are one object."""
        match expr:
            case Const(value):
                return self._one((Const, value), expr)
            case Temp(number):
                return self._one((Temp, number), expr)
            case Read(variable, index, old):
                places = tuple(map(self.shared, index))
                key = (Read, variable, old, *map(id, places))
                return self._one(key, Read(variable, places, old))
            case Binary():
                return self._chain(expr)
            case Not(operand):
                inner = self.shared(operand)
                return self._one((Not, id(inner)), Not(inner))
            case BitCount(operand):
                inner = self.shared(operand)
                return self._one((BitCount, id(inner)), BitCount(inner))
            case Ite(condition, then, orelse):
                parts = self.shared(condition), self.shared(then), self.shared(orelse)
                return self._one((Ite, *map(id, parts)), Ite(*parts))
            case Ask(question, asked):
                parts_asked = tuple(map(self.shared, asked))
                key = (Ask, question, *map(id, parts_asked))
                return self._one(key, Ask(question, parts_asked))
            case _:
                assert_never(expr)

    def _chain(self, expr: Binary) -> Expr:
        """From the innermost left operand outwards: chains are longer than recursion is deep."""
        spine = [expr]
        while isinstance(spine[-1].left, Binary):
            spine.append(spine[-1].left)
        result = self.shared(spine[-1].left)
        for item in reversed(spine):
            right = self.shared(item.right)
            key = (Binary, item.op, id(result), id(right))
            result = self._one(key, Binary(item.op, result, right))
        return result

    def _one(self, key: Key, expr: Expr) -> Expr:
        return self._known.setdefault(key, expr)

    def simplified(self, expr: Expr) -> Expr:
        """``expr``, from ``shared``, as small as is easy."""
        return self.shared(simplify(expr, self._facts))


def parts(expr: Expr) -> tuple[Expr, ...]:
    """What the C of ``expr`` is made of; a chain of one operator counts as one."""
    match expr:
        case Const() | Temp():
            return ()
        case Read(_, index):
            return index
        case Binary(op, left, right):
            return tuple(operands(expr)) if op in ASSOCIATIVE else (left, right)
        case Not(operand) | BitCount(operand):
            return (operand,)
        case Ite(condition, then, orelse):
            return (condition, then, orelse)
        case Ask(_, asked):
            return asked
        case _:
            assert_never(expr)


def distinct(exprs: Iterable[Expr]) -> Iterator[Expr]:
    """Every part of ``exprs``, from ``shared``, once: a part before what it is part of."""
    met: set[int] = set()
    stack = [(expr, False) for expr in exprs][::-1]
    while stack:
        expr, left = stack.pop()
        if left:
            yield expr
        elif id(expr) not in met:
            met.add(id(expr))
            stack.append((expr, True))
            stack += [(item, False) for item in parts(expr)[::-1]]


def when(expr: Expr, action: str, view: View) -> list[str]:
    """C that does ``action`` when ``expr``, which is simplified, is true.

    What it is a conjunction of is tested one by one, so that most states are done with the first.
    """
    tests = _conjuncts(expr)
    uses = Counter(id(part) for item in distinct(tests) for part in parts(item))
    uses.update(id(item) for item in tests)
    risky, names, met = set[int](), dict[int, str](), set[int]()
    view = evolve(view, names=names)
    lines: list[str] = []
    for test in tests:
        for part in distinct((test,)):
            if id(part) in met:
                continue
            met.add(id(part))
            if _may_divide_by_zero(part) or any(id(item) in risky for item in parts(part)):
                risky.add(id(part))
            elif uses[id(part)] > 1 and not isinstance(part, Const | Temp | Not):
                lines.append(f"    const int64_t e{len(names)} = {view.written(part)};")
                names[id(part)] = f"e{len(names)}"
        lines.append(f"    if (!{view.written(test)}) break;")
    if len(lines) == 1:
        return [f"if ({view.written(expr)}) {action}"]
    return ["do {", *lines, f"    {action}", "} while (0);"]


def _conjuncts(expr: Expr) -> list[Expr]:
    """Expressions that are all true when ``expr`` is."""
    match expr:
        case Binary(Op.AND):
            return [test for item in operands(expr) for test in _conjuncts(item)]
        case Not(Binary(Op.OR) as inner):
            return [test for item in operands(inner) for test in _conjuncts(_negated(item))]
        case Not(Ite(condition, Const(1), orelse)):
            return [*_conjuncts(_negated(condition)), *_conjuncts(_negated(orelse))]
        case Not(Not(inner)):
            return _conjuncts(inner)
        case _:
            return [expr]


def _negated(expr: Expr) -> Expr:
    return expr.operand if isinstance(expr, Not) else Not(expr)


def _may_divide_by_zero(expr: Expr) -> bool:
    match expr:
        case Binary(Op.DIV | Op.MOD, _, Const(value)):
            return value == 0
        case Binary(Op.DIV | Op.MOD):
            return True
        case _:
            return False
