"""IR expressions as C text over the words of a packed state.

Every value is an int64_t. The current state is in scalars ``<name>0``, ``<name>1``, ... (one for
each word) so that the compiler can keep it in registers; the state before a step is in ``s0``, ...
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from attrs import field, frozen

from ksmcheck.backends.native.fold import Bounds, Facts, bounds, simplify
from ksmcheck.backends.native.layout import Layout, Place
from ksmcheck.ir.expr import (
    FALSE,
    Ask,
    Binary,
    BitCount,
    Const,
    Expr,
    Ite,
    Not,
    Op,
    Read,
    Temp,
)
from ksmcheck.ir.symbols import Question

OPERATORS = {
    Op.ADD: "+",
    Op.SUB: "-",
    Op.MUL: "*",
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
}

# Chains of these are written without parentheses inside, whatever their length.
ASSOCIATIVE = (Op.AND, Op.OR, Op.ADD, Op.MUL, Op.BITAND, Op.BITOR)


@frozen
class View:
    """How expressions see the state at one point of the C text.

    ``words`` is the name of the scalars with the current state, ``locals`` the C names of the
    private locals, ``temps`` those of the temps; ``facts`` is what is known there. ``names`` are C
    names of expressions that have been computed, by their identity.
    """

    layout: Layout
    words: str
    facts: Facts
    locals: Mapping[int, str] = field(factory=dict)
    temps: Mapping[int, str] = field(factory=dict)
    names: Mapping[int, str] = field(factory=dict)

    def text(self, expr: Expr) -> str:
        """C with the value of ``expr``: an operand that binds as tightly as any."""
        return self.written(simplify(expr, self.facts))

    def written(self, simple: Expr) -> str:
        """The same for an expression that is simplified already."""
        return self._text(simple)

    def word(self, number: int, *, old: bool = False) -> str:
        """The scalar that holds a word of the state."""
        return f"{'s' if old else self.words}{number}"

    def _text(self, expr: Expr) -> str:
        if self.names and id(expr) in self.names:
            return self.names[id(expr)]
        match expr:
            case Const(value):
                return _literal(value)
            case Read(variable, index, old):
                return self._read(variable, index, old)
            case Temp(number):
                return self.temps[number]
            case Not(operand):
                return f"!{self._text(operand)}"
            case Binary():
                return self._binary(expr)
            case Ite(condition, then, orelse):
                parts = (self._text(item) for item in (condition, then, orelse))
                return "({} ? {} : {})".format(*parts)
            case BitCount(operand):
                return f"ksm_bits({self._text(operand)})"
            case Ask(question, operands):
                return self._ask(question, operands)
            case _:
                assert_never(expr)

    def _ask(self, question: Question, operands: tuple[Expr, ...]) -> str:
        symbols = [f"(uint64_t){self._text(item)}" for item in operands]
        packed = " | ".join(f"{item} << {4 * n}" if n else item for n, item in enumerate(symbols))
        number = self.layout.symbols.asked.index(question)
        return f"ksm_ask(w, {number}, {packed or '0'})"

    def _binary(self, expr: Binary) -> str:
        match expr.op:
            case Op.DIV | Op.MOD:
                return self._quotient(expr)
            case Op.SHL | Op.SHR:
                return self._shift(expr)
            case op if op in ASSOCIATIVE:
                texts = [self._text(item) for item in operands(expr)]
                return f"({f' {OPERATORS[op]} '.join(texts)})"
            case op:
                left, right = self._text(expr.left), self._text(expr.right)
                return f"({left} {OPERATORS[op]} {right})"

    def _quotient(self, expr: Binary) -> str:
        left, right = self._text(expr.left), self._text(expr.right)
        above, below = bounds(expr.left, self.facts), bounds(expr.right, self.facts)
        if above.lo < 0 or below.lo <= 0:
            name = "ksm_div" if expr.op is Op.DIV else "ksm_mod"
            return f"{name}({left}, {right})"
        kind = "uint32_t" if max(above.hi, below.hi) < 1 << 32 else "uint64_t"
        sign = "/" if expr.op is Op.DIV else "%"
        return f"(int64_t)(({kind}){left} {sign} ({kind}){right})"

    def _shift(self, expr: Binary) -> str:
        left, right = self._text(expr.left), self._text(expr.right)
        # Out of 0..63 C gives no meaning; such a shift can only stand in code that is not reached.
        inside = bounds(expr.right, self.facts).within(0, 63)
        amount = right if inside else f"({right} & 63)"
        if expr.op is Op.SHL:
            return f"(int64_t)((uint64_t){left} << {amount})"
        return f"({left} >> {amount})"

    def _read(self, variable: int, index: tuple[Expr, ...], old: bool) -> str:
        if not old and variable in self.locals:
            return self.locals[variable]
        place = self.layout.places[variable]
        if not place.fields:
            return _literal(place.lo)
        cell = self.cell_number(variable, index)
        if isinstance(cell, Const):
            part = place.cell(cell.value)
            word = self.word(part.word, old=old)
            shifted = f"({word} >> {part.shift})" if part.shift else word
            if part.shift + part.bits == 64:
                return _biased(f"(int64_t){shifted}", place.lo)
            return _biased(f"(int64_t)({shifted} & {_mask(part.mask)})", place.lo)
        return _biased(self._read_dynamic(place, cell, old), place.lo)

    def _read_dynamic(self, place: Place, cell: Expr, old: bool) -> str:
        mask = (1 << place.width) - 1
        number, last = self._text(cell), len(place.fields) - 1
        parts: list[str] = []
        for position, home in enumerate(place.fields):
            offset = self.shift_text(cell, place, position)
            text = f"(int64_t)({self.word(home.word, old=old)} >> {offset} & {_mask(mask)})"
            below = (position + 1) * place.cells_each
            parts.append(text if position == last else f"{number} < {below} ? {text} : ")
        return parts[0] if last == 0 else f"({''.join(parts)})"

    def cell_number(self, variable: int, index: tuple[Expr, ...]) -> Expr:
        """Which cell of ``variable`` a simplified index means."""
        declared = self.layout.program.variables[variable]
        if not index:
            return FALSE
        if len(index) == 1 and not isinstance(index[0], Const):
            return index[0]
        cell: Expr = Const(0)
        for item, size in zip(index, declared.dims, strict=True):
            cell = Binary(Op.ADD, Binary(Op.MUL, cell, Const(size)), item)
        result = simplify(cell, self.facts)
        if isinstance(result, Const) and not 0 <= result.value < declared.cells:
            return Const(0)  # stands in code that is never reached
        return result

    def shift_text(self, cell: Expr, place: Place, position: int) -> str:
        """C for the bit at which a cell starts that is in field ``position`` of ``place``."""
        home = place.fields[position]
        base = home.shift - position * place.cells_each * place.width
        # The usual index is a reference minus one: the constant goes into the base.
        match cell:
            case Binary(Op.SUB, left, Const(value)):
                cell, base = left, base - value * place.width
            case Binary(Op.ADD, left, Const(value)):
                cell, base = left, base + value * place.width
            case _:
                pass
        scaled = cell if place.width == 1 else Binary(Op.MUL, cell, Const(place.width))
        offset = Binary(Op.ADD if base >= 0 else Op.SUB, scaled, Const(abs(base)))
        amount = offset if base else scaled
        text = self._text(amount)
        limits: Bounds = bounds(amount, self.facts)
        return text if limits.within(0, 63) else f"({text} & 63)"


def operands(expr: Binary) -> list[Expr]:
    """The operands of a chain of one associative operator, from left to right."""
    stack: list[Expr] = [expr]
    found: list[Expr] = []
    while stack:
        item = stack.pop()
        if isinstance(item, Binary) and item.op is expr.op:
            stack += (item.right, item.left)
        else:
            found.append(item)
    return found


def _literal(value: int) -> str:
    if -(1 << 31) < value < 1 << 31:
        return str(value) if value >= 0 else f"({value})"
    return f"INT64_C({value})" if value >= 0 else f"(INT64_C({value}))"


def _mask(mask: int) -> str:
    return f"{mask}u" if mask < 1 << 32 else f"UINT64_C({mask})"


def _biased(text: str, lo: int) -> str:
    if not lo:
        return text
    return f"({text} {'+' if lo > 0 else '-'} {abs(lo)})"
