"""Expressions of the IR: pure functions of a state (and, in step properties, of the one before).

Eight node types, all integers. ``And``/``Or`` and ``Ite`` evaluate lazily, operands left to right.
Only ``Ask`` can tell: each of its answers is an outcome of its own, and later questions are asked
under what was answered before.
"""

from __future__ import annotations

from enum import Enum

from attrs import frozen

from ksmcheck.ir.symbols import Question


class Op(Enum):
    """Binary operators. Comparisons and AND/OR give 0 or 1. DIV and MOD floor, as in Python."""

    ADD = "+"
    SUB = "-"
    MUL = "*"
    DIV = "//"
    MOD = "%"
    EQ = "=="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    AND = "and"
    OR = "or"
    BITAND = "&"
    BITOR = "|"
    SHL = "<<"
    SHR = ">>"


@frozen
class Const:
    """A number."""

    value: int


@frozen
class Read:
    """The value of a variable; ``index`` has one 0-based expression for each of its dimensions.

    ``old`` reads the state before the step; it occurs in step properties only.
    """

    variable: int
    index: tuple[Expr, ...] = ()
    old: bool = False


@frozen
class Temp:
    """A value that lives inside one step only and is never stored in a state."""

    number: int


@frozen
class Not:
    """1 if ``operand`` is 0, else 0."""

    operand: Expr


@frozen
class Binary:
    """``left op right``."""

    op: Op
    left: Expr
    right: Expr


@frozen
class Ite:
    """``then`` if ``condition`` is not 0, else ``orelse``."""

    condition: Expr
    then: Expr
    orelse: Expr


@frozen
class BitCount:
    """How many bits are set: the size of a set over a pool."""

    operand: Expr


@frozen
class Ask:
    """An answer to a question about the symbols that ``operands`` give; there may be several."""

    question: Question
    operands: tuple[Expr, ...] = ()


Expr = Const | Read | Temp | Not | Binary | Ite | BitCount | Ask

TRUE = Const(1)
FALSE = Const(0)
