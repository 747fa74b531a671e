"""IR expressions as Promela: C's operators, ``(c -> a : b)`` for a choice, no old state."""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from attrs import frozen

from ksmcheck.ir.expr import Ask, Binary, BitCount, Const, Expr, Ite, Not, Op, Read, Temp
from ksmcheck.ir.fold import binary
from ksmcheck.ir.program import Program

OPERATORS = {
    Op.ADD: "+",
    Op.SUB: "-",
    Op.MUL: "*",
    Op.DIV: "/",
    Op.MOD: "%",
    Op.EQ: "==",
    Op.NE: "!=",
    Op.LT: "<",
    Op.LE: "<=",
    Op.GT: ">",
    Op.GE: ">=",
    Op.AND: "&&",
    Op.OR: "||",
    Op.BITAND: "&",
    Op.BITOR: "|",
    Op.SHL: "<<",
    Op.SHR: ">>",
}

# More than any value below 0 that a model computes; Promela has 32 bits.
LIFT = 1 << 28


@frozen
class Writer:
    """Writes expressions over ``program``; ``name`` gives the Promela name of a variable.

    ``scratch`` begins the names of temps, and of the copies that step properties compare with.
    """

    program: Program
    name: Callable[[int], str]
    scratch: str = "t"

    @property
    def old(self) -> str:
        """What precedes the name of a variable in that of its copy."""
        return f"{self.scratch}old_"

    def text(self, expr: Expr) -> str:
        """Promela with the value of ``expr``."""
        match expr:
            case Const(value):
                return str(value) if value >= 0 else f"({value})"
            case Read(variable, index, old):
                return (self.old if old else "") + self.place(variable, index)
            case Temp(number):
                return f"{self.scratch}{number}"
            case Not(operand):
                return f"!{self._operand(operand)}"
            case Binary(Op.DIV | Op.MOD as op, left, right):
                return self._quotient(op, left, right)
            case Binary(op, left, right):
                return f"({self.text(left)} {OPERATORS[op]} {self.text(right)})"
            case Ite(condition, then, orelse):
                parts = [self.text(item) for item in (condition, then, orelse)]
                return f"({parts[0]} -> {parts[1]} : {parts[2]})"
            case BitCount(operand):
                inner = self._operand(operand)
                width = max((v.type.hi.bit_length() for v in self.program.variables), default=1)
                return "(" + " + ".join(f"({inner} >> {i} & 1)" for i in range(width)) + ")"
            case Ask():
                raise AssertionError("export refuses symbols")
            case _:
                assert_never(expr)

    def _quotient(self, op: Op, left: Expr, right: Expr) -> str:
        """Floor division and its rest: Promela's, like C's, go towards 0."""
        a, b = self.text(left), self.text(right)
        if self._natural(left) and self._natural(right):
            return f"({a} {OPERATORS[op]} {b})"
        if isinstance(right, Const) and right.value > 0:
            # Moved far enough up to be natural; written once, because expressions may be deep.
            lift = LIFT // right.value
            moved = f"({a} + {lift * right.value})"
            return f"({moved} / {b} - {lift})" if op is Op.DIV else f"({moved} % {b})"
        floor = f"({a} / {b} - (({a} % {b} != 0 && ({a} < 0) != ({b} < 0)) -> 1 : 0))"
        return floor if op is Op.DIV else f"({a} - {b} * {floor})"

    def _natural(self, expr: Expr) -> bool:
        """True when the value is surely not negative."""
        match expr:
            case Const(value):
                return value >= 0
            case Read(variable):
                return self.program.variables[variable].type.lo >= 0
            case Temp() | Ask() | Binary(op=Op.SUB | Op.SHL | Op.SHR):
                return False
            case Not() | BitCount():
                return True
            case Binary(_, left, right):
                return self._natural(left) and self._natural(right)
            case Ite(_, then, orelse):
                return self._natural(then) and self._natural(orelse)
            case _:
                assert_never(expr)

    def place(self, variable: int, index: tuple[Expr, ...]) -> str:
        """A variable, or a cell of an array: all dimensions in one."""
        declared = self.program.variables[variable]
        if not declared.dims:
            return self.name(variable)
        cell: Expr = Const(0)
        for item, size in zip(index, declared.dims, strict=True):
            cell = binary(Op.ADD, binary(Op.MUL, cell, Const(size)), item)
        return f"{self.name(variable)}[{self.text(cell)}]"

    def _operand(self, expr: Expr) -> str:
        text = self.text(expr)
        return text if text.startswith("(") or text.isalnum() else f"({text})"


def comment(text: str) -> str:
    """Text that cannot end a comment."""
    return " ".join(text.replace("*/", "* /").replace("/*", "/ *").split())
