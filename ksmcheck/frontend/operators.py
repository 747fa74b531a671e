"""Type-checks operators: arithmetic with its ranges, comparisons, and/or, if/else, membership."""

from __future__ import annotations

import ast

from attrs import define

from ksmcheck.frontend.checker import join, shown
from ksmcheck.frontend.constructs import construct
from ksmcheck.frontend.symbolic import SymbolicChecker
from ksmcheck.frontend.tree import (
    BOOL,
    NONE_TYPE,
    UNKNOWN_TYPE,
    Arithmetic,
    Conditional,
    Contains,
    Lazy,
    Literal,
    Local,
    Negation,
    Typed,
)
from ksmcheck.ir.expr import Op
from ksmcheck.ir.types import BoolType, EnumType, IntType, RefType, SetType, SymbolType

ARITHMETIC = {
    ast.Add: Op.ADD,
    ast.Sub: Op.SUB,
    ast.Mult: Op.MUL,
    ast.FloorDiv: Op.DIV,
    ast.Mod: Op.MOD,
}
COMPARISONS = {
    ast.Eq: Op.EQ,
    ast.NotEq: Op.NE,
    ast.Is: Op.EQ,
    ast.IsNot: Op.NE,
    ast.Lt: Op.LT,
    ast.LtE: Op.LE,
    ast.Gt: Op.GT,
    ast.GtE: Op.GE,
}
ORDERS = (Op.LT, Op.LE, Op.GT, Op.GE)
LARGEST = 1 << 31


@define
class OperatorChecker(SymbolicChecker):
    """Checks expressions that are made of operators."""

    def binary(self, node: ast.BinOp) -> Typed:
        """``left op right``."""
        op = ARITHMETIC.get(type(node.op))
        a, b = self.expression(node.left), self.expression(node.right)
        if op is None:
            refused = construct(node)
            message = f"{refused.name} is not part of the language"
            self.fault("KSM111", message, node, refused.instead)
            return self.unknown(node)
        return self.arithmetic(node, op, a, b)

    def arithmetic(self, node: ast.AST, op: Op, a: Typed, b: Typed) -> Typed:
        """``a op b`` on ints; the result's range is computed."""
        if isinstance(a.type, SymbolType) or isinstance(b.type, SymbolType):
            return self.summed(node, op, a, b)
        x, y = self._int(a), self._int(b)
        if x is None or y is None:
            return self.unknown(node)
        if op in (Op.DIV, Op.MOD):
            if x.lo < 0 or y.lo <= 0:
                self.fault(
                    "KSM338",
                    f"{op.value} needs a dividend of at least 0 and a divisor of at least 1, "
                    f"and these are {x.lo} to {x.hi} and {y.lo} to {y.hi}",
                    node,
                    "make the ranges say so",
                )
                return self.unknown(node)
            kind = IntType(x.lo // y.hi, x.hi // y.lo) if op is Op.DIV else IntType(0, y.hi - 1)
        else:
            kind = self._interval(op, x, y)
        if kind.lo < -LARGEST or kind.hi >= LARGEST:
            self.fault(
                "KSM323",
                f"the result may be as large as {max(abs(kind.lo), abs(kind.hi))}",
                node,
                "numbers have 32 bits: use smaller ranges",
            )
            return self.unknown(node)
        return Arithmetic(op, a, b, kind, self.span(node), a.ghost or b.ghost)

    def _interval(self, op: Op, x: IntType, y: IntType) -> IntType:
        if op is Op.ADD:
            return IntType(x.lo + y.lo, x.hi + y.hi)
        if op is Op.SUB:
            return IntType(x.lo - y.hi, x.hi - y.lo)
        corners = [p * q for p in (x.lo, x.hi) for q in (y.lo, y.hi)]
        return IntType(min(corners), max(corners))

    def _int(self, value: Typed) -> IntType | None:
        if isinstance(value.type, IntType):
            return value.type
        if isinstance(value.type, BoolType):
            return IntType(0, 1)
        if value.type != UNKNOWN_TYPE:
            self.errors.add(
                "KSM330",
                f"arithmetic works on ints, and this is {shown(value)}",
                value.span,
                "only ints and bools are added, subtracted, multiplied and divided",
            )
        return None

    def comparison(self, node: ast.Compare) -> Typed:
        """One comparison, or a chain of them whose middles are loaded once."""
        operands = [self.expression(item) for item in (node.left, *node.comparators)]
        for middle in operands[1:-1]:
            if not isinstance(middle, (Literal, Local)):
                self.errors.add(
                    "KSM112",
                    "a chained comparison would load its middle twice",
                    middle.span,
                    "load it into a local first",
                )
                return self.unknown(node)
        result: Typed | None = None
        for a, op, b in zip(operands, node.ops, operands[1:], strict=False):
            one = self._compare(node, a, op, b)
            if result is None:
                result = one
            else:
                result = Lazy(Op.AND, result, one, self.span(node), result.ghost or one.ghost)
        return result if result is not None else self.unknown(node)

    def _compare(self, node: ast.Compare, a: Typed, op: ast.cmpop, b: Typed) -> Typed:
        if isinstance(op, (ast.In, ast.NotIn)):
            return self._membership(node, a, b, negated=isinstance(op, ast.NotIn))
        operator = COMPARISONS[type(op)]
        if a.type is None or b.type is None:
            self.fault(
                "KSM330",
                "this call returns no value to compare",
                node.left if a.type is None else node.comparators[0],
                "give the routine a `-> TYPE` and return a value",
            )
            return self.unknown(node)
        if UNKNOWN_TYPE in (a.type, b.type):
            return self.unknown(node)
        if isinstance(a.type, SymbolType) or isinstance(b.type, SymbolType):
            return self.compared(node, operator, a, b)
        if join(a.type, b.type) is None:
            self._never_equal(node, a, b)
        elif operator in ORDERS and not isinstance(a.type, IntType):
            self.fault("KSM339", f"{shown(a)} has no order", node, "compare with == or !=")
        elif isinstance(op, (ast.Is, ast.IsNot)) and not isinstance(a.type, (RefType, EnumType)):
            sign = "==" if isinstance(op, ast.Is) else "!="
            self.fault(
                "KSM339", "`is` asks whether two references are the same", node, f"write `{sign}`"
            )
        return Arithmetic(operator, a, b, BOOL, self.span(node), a.ghost or b.ghost)

    def _never_equal(self, node: ast.Compare, a: Typed, b: Typed) -> None:
        hint = "compare values of one type"
        for one, other in ((a, b), (b, a)):
            if isinstance(one.type, RefType) and one.type != NONE_TYPE:
                hint = f"name a field of the {one.type.struct}"
            if isinstance(one.type, EnumType) and one.type.members:
                hint = f"write `{one.type.name}.{one.type.members[0]}` or another member"
            if isinstance(one.type, BoolType) and isinstance(other.type, IntType):
                hint = "a bool is compared with True or False"
        self.fault("KSM339", f"{shown(a)} is never equal to {shown(b)}", node, hint)

    def _membership(self, node: ast.Compare, a: Typed, b: Typed, negated: bool) -> Typed:
        if not isinstance(b.type, SetType):
            if b.type != UNKNOWN_TYPE:
                self.fault(
                    "KSM339",
                    f"`in` looks into a Set, and this is {shown(b)}",
                    node.comparators[-1],
                    "declare a `Set[Struct]`, or compare with `==` and `or`",
                )
            return self.unknown(node)
        self.require_fits(a, RefType(b.type.struct, b.type.names, False), node.left, "a member")
        ghost = a.ghost or b.ghost
        result = Contains(a, b, self.span(node), ghost)
        return Negation(result, self.span(node), ghost) if negated else result

    def lazy(self, node: ast.BoolOp) -> Typed:
        """``and`` / ``or``."""
        op = Op.AND if isinstance(node.op, ast.And) else Op.OR
        result = self.condition(node.values[0])
        for item in node.values[1:]:
            right = self.condition(item)
            result = Lazy(op, result, right, self.span(node), result.ghost or right.ghost)
        return result

    def conditional(self, node: ast.IfExp) -> Typed:
        """``a if c else b``."""
        condition = self.condition(node.test)
        then, orelse = self.expression(node.body), self.expression(node.orelse)
        if isinstance(condition, Literal) and condition.type == BOOL:
            return then if condition.value else orelse
        kind = join(then.type, orelse.type) if then.type and orelse.type else None
        if kind is None:
            self.fault(
                "KSM330",
                f"one side of if/else is {shown(then)}, the other {shown(orelse)}",
                node,
                "both sides need one type",
            )
            return self.unknown(node)
        ghost = condition.ghost or then.ghost or orelse.ghost
        return Conditional(condition, then, orelse, kind, self.span(node), ghost)
