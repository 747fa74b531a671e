"""Type-checks expressions: names, places, arithmetic, comparisons, words."""

from __future__ import annotations

import ast

from attrs import define, evolve

from ksmcheck.diagnostics import did_you_mean
from ksmcheck.frontend.calls import CallChecker
from ksmcheck.frontend.checker import join, type_name
from ksmcheck.frontend.constants import is_int
from ksmcheck.frontend.symbols import (
    Constant,
    EnumSymbol,
    FunctionKind,
    GlobalSymbol,
    InstanceSymbol,
    Parameter,
    StructSymbol,
)
from ksmcheck.frontend.tree import (
    BOOL,
    NONE_TYPE,
    UNKNOWN_TYPE,
    Arithmetic,
    Conditional,
    Contains,
    Lazy,
    Literal,
    Load,
    Local,
    Negation,
    Place,
    Typed,
    WordField,
)
from ksmcheck.ir.expr import Op
from ksmcheck.ir.types import (
    BoolType,
    EnumType,
    IntType,
    LockType,
    RefType,
    SetType,
    ValueType,
    WordType,
)

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


@define
class ExpressionChecker(CallChecker):
    """Checks expressions."""

    def expression(self, node: ast.expr) -> Typed:
        """The typed expression that ``node`` means; faults are reported."""
        match node:
            case ast.Constant(value=value):
                return self._constant(node, value)
            case ast.Name(id=name):
                return self._name(node, name)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Subscript():
                return self._load(node)
            case ast.Call():
                return self.call(node)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
                return self._arithmetic(node, ARITHMETIC[type(op)], left, right)
            case ast.Compare():
                return self._comparison(node)
            case ast.BoolOp(op=op, values=values):
                return self._lazy(node, Op.AND if isinstance(op, ast.And) else Op.OR, values)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                negated = self.condition(operand)
                return Negation(negated, self.span(node), negated.ghost)
            case ast.UnaryOp(op=ast.USub()):
                number = self.constants.integer(node, "a negative number")
                return Literal(number, IntType(number, number), self.span(node))
            case ast.IfExp():
                return self._conditional(node)
            case _:
                return self._refused(node)

    def _refused(self, node: ast.expr) -> Typed:
        what = type(node).__name__
        hints = {
            "Lambda": "write a @routine",
            "NamedExpr": "assign on a line of its own",
            "ListComp": "write a for loop over pool(X)",
            "SetComp": "write a for loop over pool(X)",
            "DictComp": "write a for loop over pool(X)",
            "GeneratorExp": "use it inside all(), any() or sum() of a property",
            "JoinedStr": "the state has no strings",
            "List": "declare an array: `Annotated[Array[T], Size(N)]`",
            "Tuple": "assign one name at a time",
            "Dict": "declare an array or a struct field",
            "Set": "declare a Set[Struct]",
            "Await": "every interleaving is explored anyway",
            "Slice": "index one cell",
        }
        self.fault(
            "KSM111",
            f"{what} is not part of the language",
            node,
            hints.get(what, "see the language reference"),
        )
        return self.unknown(node)

    def _constant(self, node: ast.Constant, value: object) -> Typed:
        span = self.span(node)
        if value is None:
            return Literal(0, NONE_TYPE, span)
        if isinstance(value, bool):
            return Literal(int(value), BOOL, span)
        if isinstance(value, int):
            return Literal(value, IntType(value, value), span)
        self.fault(
            "KSM111",
            f"a value of type {type(value).__name__} is not part of the language",
            node,
            "values are ints, bools, enum members, references and words",
        )
        return self.unknown(node)

    def _name(self, node: ast.Name, name: str) -> Typed:
        span = self.span(node)
        if name in self.locals and name not in self.shared_names:
            return Local(name, self.locals[name], span, name in self.ghosts)
        symbol = self.lookup(name)
        match symbol:
            case Constant() | Parameter():
                value = self.constants.value(node)
                if is_int(value):
                    return Literal(value, IntType(value, value), span)
                if isinstance(value, bool):
                    return Literal(int(value), BOOL, span)
            case InstanceSymbol(struct=struct, number=number):
                names = self.universe.structs[struct].object_names
                return Literal(number, RefType(struct, names, nullable=False), span)
            case GlobalSymbol():
                return self._load(node)
        known = [*self.universe.scopes[self.module.name], *self.locals]
        what = f"'{name}' is no value" if symbol else f"nothing is called '{name}'"
        self.fault("KSM301", what, node, did_you_mean(name, known) if symbol is None else "")
        return self.unknown(node)

    def _attribute(self, node: ast.Attribute) -> Typed:
        if isinstance(node.value, ast.Name) and node.value.id not in self.locals:
            symbol = self.lookup(node.value.id)
            if isinstance(symbol, EnumSymbol):
                if node.attr in symbol.members:
                    kind = EnumType(symbol.name, symbol.members)
                    return Literal(symbol.members.index(node.attr), kind, self.span(node))
                self.fault(
                    "KSM302",
                    f"{symbol.name} has no member '{node.attr}'",
                    node,
                    did_you_mean(node.attr, symbol.members),
                )
                return self.unknown(node)
        base = self.expression(node.value)
        if isinstance(base.type, WordType):
            return self._word_field(node, base, base.type)
        return self._load_from(node, self._field(node, base))

    def _word_field(self, node: ast.Attribute, base: Typed, word: WordType) -> Typed:
        options: list[tuple[int, int]] = []
        result: ValueType = UNKNOWN_TYPE
        for position, variant in enumerate(word.variants):
            for number, (name, kind) in enumerate(variant.fields):
                joined = join(result, kind) if name == node.attr else None
                if joined is not None:
                    options.append((position, number))
                    result = joined
        if options:
            return WordField(base, tuple(options), result, self.span(node), base.ghost)
        known = [name for variant in word.variants for name, _ in variant.fields]
        self.fault(
            "KSM302",
            f"no variant of {word.name} has a field '{node.attr}'",
            node,
            did_you_mean(node.attr, known),
        )
        return self.unknown(node)

    def _load(self, node: ast.expr) -> Typed:
        return self._load_from(node, self.place(node))

    def _load_from(self, node: ast.expr, place: Place | None) -> Typed:
        if place is None:
            return self.unknown(node)
        if place.storage.size is not None and place.index is None:
            self.fault(
                "KSM335",
                "an array is used one cell at a time",
                node,
                f"write `{ast.unparse(node)}[0]`",
            )
            return self.unknown(node)
        kind = place.storage.type
        if isinstance(kind, LockType):
            self.fault(
                "KSM343",
                "a lock has no value of its own",
                node,
                "take it with its lock function; in a property write locked(...)",
            )
            return self.unknown(node)
        if isinstance(kind, RefType):
            kind = evolve(kind, nullable=True)
        return Load(place, kind, self.span(node), place.storage.ghost)

    def place(self, node: ast.expr) -> Place | None:
        """The place that ``node`` names: a field, an array's cell, a shared variable."""
        match node:
            case ast.Attribute(value=value):
                return self._field(node, self.expression(value))
            case ast.Name(id=name):
                symbol = self.lookup(name) if name not in self.locals else None
                if isinstance(symbol, GlobalSymbol) and symbol.storage is not None:
                    return Place(symbol, "", None, None, symbol.storage, self.span(node))
                known = [
                    n
                    for n, s in self.universe.scopes[self.module.name].items()
                    if isinstance(s, GlobalSymbol)
                ]
                self.fault(
                    "KSM336", f"'{name}' is no shared variable", node, did_you_mean(name, known)
                )
            case ast.Subscript(value=value, slice=index):
                return self._cell(node, value, index)
            case _:
                self.fault(
                    "KSM336",
                    "this is no place in memory",
                    node,
                    "a place is `object.field`, `array[i]` or a shared variable",
                )
        return None

    def _field(self, node: ast.Attribute, base: Typed) -> Place | None:
        kind = base.type
        if kind == UNKNOWN_TYPE:
            return None
        if not isinstance(kind, RefType) or kind.struct not in self.universe.structs:
            self.fault("KSM337", f"{type_name(kind)} has no fields", node.value)
            return None
        struct = self.universe.structs[kind.struct]
        if node.attr not in struct.fields:
            self.fault(
                "KSM302",
                f"{struct.name} has no field '{node.attr}'",
                node,
                did_you_mean(node.attr, struct.fields),
            )
            return None
        return Place(struct, node.attr, base, None, struct.fields[node.attr], self.span(node))

    def _cell(self, node: ast.Subscript, array: ast.expr, index: ast.expr) -> Place | None:
        base = self.place(array)
        if base is None:
            return None
        if base.storage.size is None or base.index is not None:
            self.fault("KSM335", "only an array is indexed", node)
            return None
        value = self.expression(index)
        if not isinstance(value.type, IntType) and value.type != UNKNOWN_TYPE:
            self.fault("KSM330", f"an index is an int, and this is {type_name(value.type)}", index)
        elif isinstance(value.type, IntType) and (
            value.type.lo >= base.storage.size or value.type.hi < 0
        ):
            self.fault(
                "KSM331", f"index {value.type.lo} is outside 0 to {base.storage.size - 1}", index
            )
        return evolve(base, index=value, span=self.span(node))

    def _arithmetic(self, node: ast.expr, op: Op, left: ast.expr, right: ast.expr) -> Typed:
        a, b = self.expression(left), self.expression(right)
        return self.arithmetic(node, op, a, b)

    def arithmetic(self, node: ast.AST, op: Op, a: Typed, b: Typed) -> Typed:
        """``a op b`` on ints; the result's range is computed."""
        if UNKNOWN_TYPE in (a.type, b.type):
            return self.unknown(node)
        x, y = self._int(a, node), self._int(b, node)
        if x is None or y is None:
            return self.unknown(node)
        if op in (Op.DIV, Op.MOD):
            if x.lo < 0 or y.lo <= 0:
                self.fault(
                    "KSM338",
                    f"{op.value} needs a dividend of at least 0 and a divisor of at least 1",
                    node,
                    "make the ranges say so",
                )
                return self.unknown(node)
            kind = IntType(x.lo // y.hi, x.hi // y.lo) if op is Op.DIV else IntType(0, y.hi - 1)
        else:
            kind = self._interval(op, x, y)
        return Arithmetic(op, a, b, kind, self.span(node), a.ghost or b.ghost)

    def _interval(self, op: Op, x: IntType, y: IntType) -> IntType:
        if op is Op.ADD:
            return IntType(x.lo + y.lo, x.hi + y.hi)
        if op is Op.SUB:
            return IntType(x.lo - y.hi, x.hi - y.lo)
        corners = [p * q for p in (x.lo, x.hi) for q in (y.lo, y.hi)]
        return IntType(min(corners), max(corners))

    def _int(self, value: Typed, node: ast.AST) -> IntType | None:
        if isinstance(value.type, IntType):
            return value.type
        if isinstance(value.type, BoolType):
            return IntType(0, 1)
        self.fault("KSM330", f"arithmetic works on ints, and this is {type_name(value.type)}", node)
        return None

    def _comparison(self, node: ast.Compare) -> Typed:
        operands = [node.left, *node.comparators]
        result: Typed | None = None
        if len(node.ops) > 1 and not all(
            isinstance(item, (ast.Name, ast.Constant)) for item in operands[1:-1]
        ):
            self.fault(
                "KSM112",
                "a chained comparison would load its middle twice",
                node,
                "load it into a local first",
            )
            return self.unknown(node)
        for left, op, right in zip(operands, node.ops, node.comparators, strict=False):
            one = self._compare(node, left, op, right)
            if result is None:
                result = one
            else:
                result = Lazy(Op.AND, result, one, self.span(node), result.ghost or one.ghost)
        return result if result is not None else self.unknown(node)

    def _compare(self, node: ast.expr, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Typed:
        a, b = self.expression(left), self.expression(right)
        ghost = a.ghost or b.ghost
        if isinstance(op, (ast.In, ast.NotIn)):
            return self._membership(node, a, b, negated=isinstance(op, ast.NotIn))
        operator = COMPARISONS[type(op)]
        if a.type is None or b.type is None:
            self.fault("KSM330", "this call returns no value to compare", node)
            return self.unknown(node)
        comparable = join(a.type, b.type) is not None
        if not comparable:
            self.fault("KSM339", f"{type_name(a.type)} is never equal to {type_name(b.type)}", node)
        elif operator in ORDERS and not isinstance(a.type, IntType) and a.type != UNKNOWN_TYPE:
            self.fault("KSM339", f"{type_name(a.type)} has no order", node, "compare with ==")
        return Arithmetic(operator, a, b, BOOL, self.span(node), ghost)

    def _membership(self, node: ast.expr, a: Typed, b: Typed, negated: bool) -> Typed:
        if not isinstance(b.type, SetType):
            self.fault("KSM339", "'in' works on a Set", node)
            return self.unknown(node)
        self.require_fits(a, RefType(b.type.struct, b.type.names), node, "a member")
        ghost = a.ghost or b.ghost
        result = Contains(a, b, self.span(node), ghost)
        return Negation(result, self.span(node), ghost) if negated else result

    def _lazy(self, node: ast.expr, op: Op, values: list[ast.expr]) -> Typed:
        result = self.condition(values[0])
        for item in values[1:]:
            right = self.condition(item)
            result = Lazy(op, result, right, self.span(node), result.ghost or right.ghost)
        return result

    def _conditional(self, node: ast.IfExp) -> Typed:
        condition = self.condition(node.test)
        then, orelse = self.expression(node.body), self.expression(node.orelse)
        kind = join(then.type, orelse.type) if then.type and orelse.type else None
        if kind is None:
            self.fault("KSM330", "the two sides of if/else have no common type", node)
            return self.unknown(node)
        ghost = condition.ghost or then.ghost or orelse.ghost
        return Conditional(condition, then, orelse, kind, self.span(node), ghost)

    def is_ghost_code(self) -> bool:
        """True in functions that the kernel does not have."""
        return self.function.kind.pure or self.function.kind is FunctionKind.SETUP

    def owner_name(self, place: Place) -> str:
        """How a message calls what a place belongs to."""
        if isinstance(place.owner, StructSymbol):
            return f"{place.owner.name}.{place.field}"
        return place.owner.name
