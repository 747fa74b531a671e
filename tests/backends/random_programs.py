"""Small random IR programs: every node, values and indices kept in range by construction."""

from __future__ import annotations

from attrs import frozen
from hypothesis import strategies as st

from ksmcheck.ir.expr import Binary, BitCount, Const, Expr, Ite, Not, Op, Read, Temp
from ksmcheck.ir.program import BuiltinCheck, Program, Property, PropertyKind, Variable
from ksmcheck.ir.step import (
    Assign,
    Block,
    Branch,
    Check,
    Choose,
    Goto,
    Observe,
    Operation,
    Require,
    SetTemp,
    When,
)
from tests.backends.building import build, shared, state_property

FAULTS = 3
CLASSES = ("a", "b", "c")
RANGES = ((0, 1), (0, 2), (-2, 1), (1, 3), (0, 300), (-1, 70_000))
ANY_OPERAND = (
    Op.ADD, Op.SUB, Op.MUL, Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE, Op.AND, Op.OR,
    Op.BITAND, Op.BITOR,
)  # fmt: skip


@frozen
class Names:
    """What may be named at one point: the variables, the temps that are set, old states or not."""

    variables: tuple[Variable, ...]
    temps: tuple[int, ...] = ()
    old: bool = False


@st.composite
def reads(draw: st.DrawFn, names: Names, depth: int) -> Expr:
    """A read, its indices brought into range."""
    number = draw(st.integers(0, len(names.variables) - 1))
    index = tuple(draw(indices(names, size, depth)) for size in names.variables[number].dims)
    return Read(number, index, names.old and draw(st.booleans()))


@st.composite
def indices(draw: st.DrawFn, names: Names, size: int, depth: int) -> Expr:
    """An index below ``size``: constant, or any value modulo the size, sometimes 1-based."""
    if depth <= 0 or draw(st.booleans()):
        return Const(draw(st.integers(0, size - 1)))
    inside = Binary(Op.MOD, draw(expressions(names, depth - 1)), Const(size))
    return draw(
        st.sampled_from([inside, Binary(Op.SUB, Binary(Op.ADD, inside, Const(1)), Const(1))])
    )


@st.composite
def expressions(draw: st.DrawFn, names: Names, depth: int = 3) -> Expr:
    """Any expression that has a value in every state."""
    kinds = ["const", "read", "read"] + ["temp"] * bool(names.temps)
    if depth > 0:
        kinds += ["not", "binary", "binary", "constant right", "ite", "bits"]
    inner = expressions(names, depth - 1)
    match draw(st.sampled_from(kinds)):
        case "const":
            return Const(draw(st.integers(-2, 3)))
        case "read":
            return draw(reads(names, depth - 1))
        case "temp":
            return Temp(draw(st.sampled_from(names.temps)))
        case "not":
            return Not(draw(inner))
        case "binary":
            return Binary(draw(st.sampled_from(ANY_OPERAND)), draw(inner), draw(inner))
        case "constant right":
            op = draw(st.sampled_from((Op.DIV, Op.MOD, Op.SHL, Op.SHR)))
            return Binary(op, draw(inner), Const(draw(st.integers(1, 3))))
        case "ite":
            return Ite(draw(inner), draw(inner), draw(inner))
        case _:
            return BitCount(draw(inner))


@st.composite
def assigns(draw: st.DrawFn, names: Names) -> Assign:
    """A store of any value, folded into the range of the variable."""
    number = draw(st.integers(0, len(names.variables) - 1))
    variable = names.variables[number]
    index = tuple(draw(indices(names, size, 1)) for size in variable.dims)
    lo, hi = variable.type.lo, variable.type.hi
    value = draw(expressions(names, 2))
    # Wide variables take few of their values, some of them at the far end, to keep spaces small.
    few = Binary(Op.MOD, value, Const(min(hi - lo + 1, 4)))
    base = draw(st.sampled_from([lo, hi - min(hi - lo, 3)]))
    return Assign(number, index, Binary(Op.ADD, few, Const(base)))


@st.composite
def operations(
    draw: st.DrawFn, names: Names, nested: bool = True
) -> tuple[tuple[Operation, ...], Names]:
    """A few operations, and what may be named after them."""
    done: list[Operation] = []
    for _ in range(draw(st.integers(0, 3))):
        kinds = ["assign", "assign", "temp", "check", "require", "observe"] + ["when"] * nested
        match draw(st.sampled_from(kinds)):
            case "assign":
                done.append(draw(assigns(names)))
            case "temp":
                number = draw(st.integers(0, 2))
                done.append(SetTemp(number, draw(expressions(names, 2))))
                names = Names(names.variables, tuple(sorted({*names.temps, number})), names.old)
            case "check":
                fault = draw(st.integers(0, FAULTS - 1))
                done.append(Check(draw(expressions(names, 2)), fault))
            case "require":
                done.append(Require(draw(expressions(names, 2))))
            case "observe":
                flag = draw(st.integers(0, len(CLASSES) ** 2 - 1))
                done.append(Observe(flag, draw(expressions(names, 1))))
            case _:
                then, after_then = draw(operations(names, nested=False))
                orelse, after_else = draw(operations(names, nested=False))
                done.append(When(draw(expressions(names, 2)), then, orelse))
                both = set(after_then.temps) & set(after_else.temps)
                names = Names(names.variables, tuple(sorted(both)), names.old)
    return tuple(done), names


@st.composite
def blocks(draw: st.DrawFn, names: Names, places: int, depth: int = 2) -> Block:
    """A block whose paths go to locations up to ``places``."""
    body, names = draw(operations(names))
    inner = blocks(names, places, depth - 1)
    match draw(st.sampled_from(["goto", "branch", "choose"])) if depth else "goto":
        case "branch":
            return Block(body, Branch(draw(expressions(names, 2)), draw(inner), draw(inner)))
        case "choose":
            arms = tuple(draw(st.lists(inner, max_size=3)))
            return Block(body, Choose(tuple(str(n) for n in range(len(arms))), arms))
        case _:
            return Block(body, Goto(draw(st.integers(0, places))))


@st.composite
def properties(draw: st.DrawFn, variables: tuple[Variable, ...]) -> Property:
    """A property of any kind, with up to three instances."""
    kind = draw(st.sampled_from(PropertyKind))
    names = Names(variables, old=kind is PropertyKind.STEP)
    predicates = draw(st.lists(expressions(names, 2), min_size=1, max_size=3))
    witness = draw(st.none() | expressions(names, 2))
    return state_property(predicates, witness, kind)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """A program of one to three actors with up to three steps each."""
    shapes = st.sampled_from(((), (), (2,), (2, 2)))
    variables = tuple(
        shared(f"v{n}", hi, draw(shapes), lo)
        for n, (lo, hi) in enumerate(
            draw(st.lists(st.sampled_from(RANGES), min_size=1, max_size=3))
        )
    )
    names = Names(variables)
    actors = []
    for _ in range(draw(st.integers(1, 3))):
        places = draw(st.integers(1, 3))
        actors.append([draw(blocks(names, places)) for _ in range(places)])
    return build(
        variables,
        actors,
        daemons=draw(st.frozensets(st.integers(0, len(actors) - 1), max_size=2)),
        properties=draw(st.lists(properties(variables), max_size=4)),
        faults=FAULTS,
        edges=[(before, after) for before in CLASSES for after in CLASSES],
        setup=draw(blocks(names, 0, 1)),
        disabled=draw(st.sampled_from(((), (BuiltinCheck.DEADLOCK,), (BuiltinCheck.LOCK_ORDER,)))),
        name="random",
    )
