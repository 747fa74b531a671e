"""IR expressions as Python text, with as few parentheses and operations as the meaning allows.

Names in the text: the current state is ``s`` or ``n`` (the caller says which), the state before is
``o``, temp 3 is ``t3``. Comparisons give Python's bools, which are ints wherever a value is used.
"""

from __future__ import annotations

from typing import assert_never

from attrs import frozen

from ksmcheck.analysis.footprint import subexpressions, temps_of
from ksmcheck.backends.python.layout import Layout
from ksmcheck.ir.expr import Ask, Binary, BitCount, Const, Expr, Ite, Not, Op, Read, Temp
from ksmcheck.ir.symbols import Question

# How tightly Python's operators bind.
IF, OR, AND, NOT, COMPARE, BITOR, BITAND, SHIFT, SUM, TERM, ATOM = range(11)

# Python's parser and compiler refuse deep nesting; deeper text than this goes into a function.
DEEPEST = 40

# A sum nests one deeper with each operand once Python has parsed it.
LONGEST_SUM = 30

BINDING = {
    Op.ADD: SUM,
    Op.SUB: SUM,
    Op.MUL: TERM,
    Op.DIV: TERM,
    Op.MOD: TERM,
    Op.EQ: COMPARE,
    Op.NE: COMPARE,
    Op.LT: COMPARE,
    Op.LE: COMPARE,
    Op.GT: COMPARE,
    Op.GE: COMPARE,
    Op.AND: AND,
    Op.OR: OR,
    Op.BITAND: BITAND,
    Op.BITOR: BITOR,
    Op.SHL: SHIFT,
    Op.SHR: SHIFT,
}

OPPOSITE = {
    Op.EQ: Op.NE,
    Op.NE: Op.EQ,
    Op.LT: Op.GE,
    Op.GE: Op.LT,
    Op.GT: Op.LE,
    Op.LE: Op.GT,
}


@frozen
class Text:
    """A Python expression, how tightly it binds, and how deeply it nests."""

    text: str
    binding: int = ATOM
    depth: int = 0

    def within(self, binding: int) -> str:
        """The text as an operand of something that binds as tightly as ``binding``."""
        return self.text if self.binding >= binding else f"({self.text})"


class ExpressionCompiler:
    """Writes expressions over the packed states of ``layout``.

    ``parts`` collects the functions into which too deep expressions are moved; they must be
    defined beside the code that the text goes into. ``questions[i]`` is called ``q``i there.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.parts: list[str] = []
        self.questions: list[Question] = []

    def value(self, expr: Expr, state: str, binding: int = IF) -> str:
        """Text with the value of ``expr``."""
        return self._text(expr, state, as_value=True).within(binding)

    def condition(self, expr: Expr, state: str, binding: int = IF) -> str:
        """Text that is true when ``expr`` is not 0."""
        return self._text(expr, state, as_value=False).within(binding)

    def position(self, variable: int, index: tuple[Expr, ...], state: str) -> str:
        """Text with the first byte of a cell; a number when the index is constant."""
        return self._position(variable, index, state).text

    def _text(self, expr: Expr, state: str, as_value: bool) -> Text:
        result = self._nested(expr, state, as_value)
        if result.depth <= DEEPEST:
            return result
        name = f"part_{len(self.parts)}"
        old = ["o"] if _reads_old(expr) else []
        temps = [f"t{number}" for number in sorted(temps_of(expr))]
        self.parts.append(
            f"def {name}({', '.join([state, *old, *temps])}):\n    return {result.text}"
        )
        return Text(f"{name}({', '.join([state, *old, *temps])})")

    def _nested(self, expr: Expr, state: str, as_value: bool) -> Text:
        match expr:
            case Const(value):
                return Text(str(value)) if value >= 0 else Text(f"({value})")
            case Read(variable, index, old):
                return self._read(variable, index, "o" if old else state, state)
            case Temp(number):
                return Text(f"t{number}")
            case Not(Binary(op, left, right)) if op in OPPOSITE:
                return self._binary(OPPOSITE[op], left, right, state)
            case Not(operand):
                inner = self._text(operand, state, as_value=False)
                return Text(f"not {inner.within(NOT)}", NOT, inner.depth + 1)
            case Binary(Op.AND | Op.OR as op):
                return self._connective(op, expr, state, as_value)
            case Binary(Op.ADD):
                return self._sum(expr, state)
            case Binary(op, left, right):
                return self._binary(op, left, right, state)
            case Ite(condition, then, orelse):
                test = self._text(condition, state, as_value=False)
                yes = self._text(then, state, as_value)
                no = self._text(orelse, state, as_value)
                text = f"{yes.within(OR)} if {test.within(OR)} else {no.within(IF)}"
                return Text(text, IF, max(test.depth, yes.depth, no.depth) + 1)
            case Ask(question, operands):
                return self._ask(question, operands, state)
            case BitCount(operand):
                inner = self._text(operand, state, as_value=True)
                return Text(f"({inner.text}).bit_count()", ATOM, inner.depth + 1)
            case _:
                assert_never(expr)

    def _connective(self, op: Op, expr: Expr, state: str, as_value: bool) -> Text:
        # Python's `and` gives one of its operands, so as a value those must be 0 or 1.
        parts: list[Text] = []
        for operand in _chain(op, expr):
            boolean = self._boolean(operand)
            part = self._text(operand, state, as_value=as_value and boolean)
            if as_value and not boolean:
                part = self._text(Binary(Op.NE, operand, Const(0)), state, as_value=True)
            parts.append(part)
        binding = BINDING[op]
        text = f" {op.value} ".join(part.within(binding + 1) for part in parts)
        return Text(text, binding, max(part.depth for part in parts) + 1)

    def _ask(self, question: Question, operands: tuple[Expr, ...], state: str) -> Text:
        if question not in self.questions:
            self.questions.append(question)
        parts = [self._text(operand, state, as_value=True) for operand in operands]
        symbols = "".join(f"{part.text}, " for part in parts)
        depth = max((part.depth for part in parts), default=0)
        return Text(f"ask(q{self.questions.index(question)}, ({symbols}))", ATOM, depth + 2)

    def _sum(self, expr: Expr, state: str) -> Text:
        parts = [self._text(operand, state, as_value=True) for operand in _chain(Op.ADD, expr)]
        while len(parts) > LONGEST_SUM:
            parts = [_added(parts[i : i + LONGEST_SUM]) for i in range(0, len(parts), LONGEST_SUM)]
        return _added(parts)

    def _binary(self, op: Op, left: Expr, right: Expr, state: str) -> Text:
        binding = BINDING[op]
        first = self._text(left, state, as_value=True)
        second = self._text(right, state, as_value=True)
        loose = binding + 1 if binding == COMPARE else binding
        text = f"{first.within(loose)} {op.value} {second.within(binding + 1)}"
        return Text(text, binding, max(first.depth, second.depth) + 1)

    def _read(self, variable: int, index: tuple[Expr, ...], source: str, state: str) -> Text:
        place = self._layout.places[variable]
        where = self._position(variable, index, state)
        if place.width == 1:
            text = f"{source}[{where.text}]"
        elif where.text.isdecimal():
            end = int(where.text) + place.width
            text = f"whole({source}[{where.text}:{end}], 'little')"
        else:
            text = f"cell({source}, {where.text}, {place.width})"
        if not place.bias:
            return Text(text, ATOM, where.depth + 1)
        sign, amount = ("+", place.bias) if place.bias > 0 else ("-", -place.bias)
        return Text(f"{text} {sign} {amount}", SUM, where.depth + 1)

    def _position(self, variable: int, index: tuple[Expr, ...], state: str) -> Text:
        place = self._layout.places[variable]
        base, terms, depth = place.base, [], 0
        for expr, stride in zip(index, place.strides, strict=True):
            rest, constant = _split(expr)
            base += constant * stride
            if rest is None:
                continue
            term = self._text(rest, state, as_value=True)
            depth = max(depth, term.depth + 1)
            terms.append(term.within(SUM) if stride == 1 else f"{term.within(TERM)} * {stride}")
        if base or not terms:
            terms.append(str(base))
        return Text(" + ".join(terms).replace("+ -", "- "), SUM, depth)

    def _boolean(self, expr: Expr) -> bool:
        """True when the value of ``expr`` is always 0 or 1."""
        match expr:
            case Const(value):
                return value in (0, 1)
            case Read(variable):
                return self._layout.places[variable].boolean
            case Temp() | BitCount() | Ask():
                return False
            case Not():
                return True
            case Binary(op):
                return BINDING[op] in (COMPARE, AND, OR)
            case Ite(_, then, orelse):
                return self._boolean(then) and self._boolean(orelse)
            case _:
                assert_never(expr)


def _chain(op: Op, expr: Expr) -> list[Expr]:
    """The operands of nested uses of one associative operator, left to right, however many."""
    operands: list[Expr] = []
    stack = [expr]
    while stack:
        match stack.pop():
            case Binary(inner, left, right) if inner is op:
                stack += (right, left)
            case item:
                operands.append(item)
    return operands


def _added(parts: list[Text]) -> Text:
    if len(parts) == 1:
        return parts[0]
    first, *rest = parts
    text = " + ".join([first.within(SUM), *(part.within(TERM) for part in rest)])
    return Text(text, SUM, max(part.depth for part in parts) + 1)


def _split(expr: Expr) -> tuple[Expr | None, int]:
    """``expr`` as a rest plus a constant: the usual index is a reference minus one."""
    match expr:
        case Const(value):
            return None, value
        case Binary(Op.ADD, left, Const(value)):
            rest, constant = _split(left)
            return rest, constant + value
        case Binary(Op.SUB, left, Const(value)):
            rest, constant = _split(left)
            return rest, constant - value
        case _:
            return expr, 0


def _reads_old(expr: Expr) -> bool:
    return any(isinstance(item, Read) and item.old for item in subexpressions(expr))
