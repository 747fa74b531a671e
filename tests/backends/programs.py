"""Hand-built programs, each for something that an engine could get wrong."""

from __future__ import annotations

from collections.abc import Callable

from ksmcheck.ir.expr import Binary, BitCount, Const, Expr, Ite, Not, Op, Read, Temp
from ksmcheck.ir.program import Program, PropertyKind
from ksmcheck.ir.step import (
    Block,
    Branch,
    Check,
    Choose,
    Goto,
    Observe,
    Require,
    SetTemp,
    When,
)
from tests.backends.building import (
    acquire,
    binary,
    build,
    equal,
    go,
    put,
    shared,
    state_property,
)


def both(left: Expr, right: Expr) -> Expr:
    """Both are true."""
    return Binary(Op.AND, left, right)


def broken_mutex() -> Program:
    """Test and set in two steps: both are inside after load, load, store, store."""

    def actor(number: int) -> list[Block]:
        return [
            go(1, Require(equal(0, 0))),
            go(2, put(0, 1), put(1 + number, 1)),
            go(3, put(0, 0), put(1 + number, 0)),
        ]

    exclusion = state_property(Not(both(Read(1), Read(2))), witness=Read(1))
    return build(
        [shared("lock"), shared("in0"), shared("in1")],
        [actor(0), actor(1)],
        properties=[exclusion],
        name="broken-mutex",
    )


def peterson() -> Program:
    """Peterson's mutual exclusion for two, round after round, with a wait of one step."""

    def actor(number: int) -> list[Block]:
        other = 1 - number
        blocked = both(Read(0, (Const(other),)), equal(1, other))
        return [
            go(1, put(0, 1, number)),
            go(2, put(1, other)),
            go(3, Require(Not(blocked))),
            go(0, put(0, 0, number)),
        ]

    exclusion = Not(both(equal(2, 3), equal(3, 3)))
    return build(
        [shared("flag", dims=(2,)), shared("turn")],
        [actor(0), actor(1)],
        daemons=frozenset({0, 1}),
        properties=[state_property(exclusion, witness=equal(3, 3))],
        name="peterson",
    )


SMALL, WIDE, GRID, FAR, FLAG = range(5)


def every_operator() -> Program:
    """Every expression node and operator, on negative, wide and two-dimensional variables."""
    value = Read(SMALL)
    cell = Read(GRID, (Read(FLAG), binary(Op.ADD, binary(Op.MOD, value, 2), 1)))
    arms = tuple(
        go(1, put(WIDE, result), put(GRID, binary(Op.BITAND, result, 255), Read(FLAG), 1))
        for result in operator_results(value, cell)
    )
    wide_reset = go(2, put(WIDE, -200), put(FAR, 66_000, 1), put(GRID, 299, 1, 2))
    far = Read(FAR, (binary(Op.MUL, Read(FLAG), 0),))
    copy = go(
        2,
        put(FAR, binary(Op.ADD, binary(Op.MUL, Read(WIDE), 7), 70_000), Read(FLAG)),
        Require(binary(Op.LE, far, 900)),
        put(WIDE, far),
        put(FLAG, Not(Read(FLAG))),
    )
    limits = [binary(Op.GE, cell, 0), binary(Op.LT, Read(FAR, (Const(1),)), 90_000)]
    return build(
        [
            shared("small", 5, lo=-5),
            shared("wide", 900, lo=-200),
            shared("grid", 300, dims=(2, 3)),
            shared("far", 100_000, dims=(2,), lo=3),
            shared("flag"),
        ],
        [
            [Block((SetTemp(0, binary(Op.MUL, value, 9)),), Choose(("",) * len(arms), arms))],
            [Block((), Branch(binary(Op.GT, Read(WIDE), 50), wide_reset, go(1))), go(2, put(4, 1))],
            [go(1, When(Read(FLAG), (put(FAR, 99_999, Read(FLAG)),))), copy],
        ],
        setup=Block((), Choose(("",) * 11, tuple(go(0, put(SMALL, n)) for n in range(-5, 6)))),
        properties=[state_property(limits)],
        name="every-operator",
    )


def operator_results(value: Expr, other: Expr) -> list[Expr]:
    """Each operator on ``value``, which is -5 to 5, so that precedence and sign matter."""
    odd = (Op.SHL, Op.SHR, Op.DIV, Op.MOD)
    return [
        *(binary(op, value, 2) for op in Op if op not in odd),
        binary(Op.DIV, value, 2),
        binary(Op.MOD, value, -3),
        binary(Op.SHL, value, 3),
        binary(Op.SHR, value, 1),
        binary(Op.SUB, binary(Op.SUB, 1, value), binary(Op.SUB, 2, value)),
        binary(Op.MUL, binary(Op.ADD, value, 1), binary(Op.EQ, value, binary(Op.LT, value, 1))),
        Not(value),
        Not(binary(Op.LE, value, 0)),
        BitCount(binary(Op.ADD, value, 5)),
        BitCount(Not(value)),
        Ite(value, Read(WIDE), other),
        binary(Op.AND, 3, value),
        binary(Op.OR, 0, binary(Op.ADD, value, 1)),
        Const(-7),
        Temp(0),
    ]


def faults_and_blocks() -> Program:
    """The first of Check and Require that is false decides; arms and When fault on their own."""
    x = Read(0)
    blocked_then_fault = Block(
        (Require(binary(Op.NE, x, 1)), Check(binary(Op.NE, x, 2), 0), put(0, 3)),
        Choose(
            ("fault", "block", "go", "late"),
            (
                go(1, Check(Const(0), 1)),
                go(1, Require(Const(0))),
                go(1, put(1, 1)),
                go(1, put(1, 2), Check(binary(Op.EQ, x, 0), 2)),
            ),
        ),
    )
    fault_then_block = go(1, Check(binary(Op.LT, x, 3), 3), Require(Const(0)), Observe(0, Const(1)))
    inside = go(
        1,
        Observe(0, Const(1)),
        When(
            binary(Op.EQ, x, 3),
            (put(1, 0), When(Read(1), (), (Check(Const(0), 4),))),
            (Require(binary(Op.EQ, x, 0)),),
        ),
        put(0, 2),
    )
    return build(
        [shared("x", 3), shared("y", 2)],
        [[blocked_then_fault], [fault_then_block], [inside], [go(1, put(0, 1)), go(2, put(0, 0))]],
        faults=5,
        edges=[("a", "b")],
        name="faults-and-blocks",
    )


def nested_choices() -> Program:
    """Choices after stores, below branches and inside each other, with temps and flags kept."""
    x, y, t = Read(0), Read(1), Temp(0)

    def inner(base: int) -> Block:
        arms = tuple(
            go(1, put(1, binary(Op.MOD, binary(Op.ADD, t, base + n), 4)), put(0, Temp(1)))
            for n in range(2)
        )
        return Block((put(1, base), SetTemp(2, y)), Choose(("0", "1"), arms))

    outer = Block(
        (
            Observe(0, equal(1, 2)),
            SetTemp(0, binary(Op.ADD, x, 1)),
            When(equal(0, 1), (SetTemp(1, t),), (SetTemp(1, Const(1)),)),
            SetTemp(4, equal(1, 0)),
            When(Temp(4), (SetTemp(3, Const(2)),)),
            put(0, binary(Op.MOD, t, 4)),
            Observe(1, equal(0, 3)),
        ),
        Choose(
            ("branch", "choose", "sometimes", "none"),
            (
                Block((), Branch(equal(0, 2), inner(1), go(1, Observe(2, Const(1))))),
                inner(2),
                go(1, put(1, Ite(Temp(4), Temp(3), Const(0)))),
                Block((), Choose((), ())),
            ),
        ),
    )
    loop = Block((), Branch(equal(0, 3), go(1), Block((put(0, binary(Op.ADD, x, 1)),), Goto(0))))
    return build(
        [shared("x", 3), shared("y", 3)],
        [[outer], [outer], [loop]],
        edges=[("a", "b"), ("b", "c"), ("c", "d")],
        name="nested-choices",
    )


def conditional_stores() -> Program:
    """Each property is violated by the one store that is inside one arm of a When."""
    first = When(equal(0, 0), (put(1, 1),), (put(2, 1),))
    nested = When(equal(1, 1), (When(equal(2, 1), (), (put(3, 1),)),))
    return build(
        [shared("x"), shared("a"), shared("b"), shared("c")],
        [[go(1, first), go(2, nested)], [go(1, put(0, 1))]],
        properties=[state_property(Not(Read(n)), witness=Read(n)) for n in (1, 2, 3)],
        name="conditional-stores",
    )


def deadlock() -> Program:
    """Two locks in two orders, with the flags of a lock-order cycle; a daemon waits for ever."""

    def actor(number: int, first: int, second: int) -> list[Block]:
        take = acquire(2, second, number)
        seen = Observe(number, equal(first, number + 1))
        return [
            acquire(1, first, number),
            Block((take.operations[0], seen, take.operations[1]), take.end),
            go(3, put(first, 0)),
            go(4, put(second, 0)),
        ]

    return build(
        [shared("a", 2), shared("b", 2), shared("never")],
        [actor(0, 0, 1), actor(1, 1, 0), [go(0, Require(Read(2)))]],
        daemons=frozenset({2}),
        edges=[("a", "b"), ("b", "a")],
        name="deadlock",
    )


def at_the_end() -> Program:
    """Properties of the end of a run, while a daemon goes on."""
    finite = [go(1, put(0, 1)), go(2, put(0, 2))]
    again = Block((), Branch(equal(0, 2), go(1), go(0)))
    daemon = [go(0, put(1, binary(Op.MOD, binary(Op.ADD, Read(1), 1), 3)))]
    end = PropertyKind.END
    return build(
        [shared("x", 2), shared("y", 2)],
        [finite, [again], daemon],
        daemons=frozenset({2}),
        properties=[
            state_property(equal(0, 2), witness=equal(1, 2), kind=end, name="done"),
            state_property(binary(Op.LT, Read(1), 2), kind=end, name="violated-by-daemon"),
            state_property(Const(0), kind=end, name="never true"),
            state_property(Const(1), witness=Const(0), kind=end, name="never witnessed"),
        ],
        name="at-the-end",
    )


def over_a_step() -> Program:
    """Step properties, some of which a step that changes nothing they read can violate."""
    step = PropertyKind.STEP
    x, old, y = Read(0), Read(0, old=True), Read(1)
    return build(
        [shared("x", 3), shared("y", 3), shared("z", 3)],
        [
            [go(place, put(0, n)) for place, n in enumerate((1, 3, 2), 1)],
            [go(1, put(1, 1)), go(2, put(2, x)), go(3, put(1, 3)), go(4, put(2, 0))],
            [go(0, Require(equal(1, 3)), put(1, 2)), go(0)],
        ],
        daemons=frozenset({2}),
        properties=[
            state_property(binary(Op.GE, x, old), equal(0, 3), step, "grows"),
            state_property(binary(Op.LE, x, binary(Op.ADD, old, 1)), equal(0, 2), step, "slowly"),
            state_property(Not(both(equal(0, 3), binary(Op.EQ, x, old))), x, step, "moves at 3"),
            state_property(Const(1), both(equal(1, 1), equal(0, 0)), step, "stuttering witness"),
            state_property([binary(Op.LT, y, 3), binary(Op.NE, x, old)], None, step, "instances"),
        ],
        name="over-a-step",
    )


def from_the_start() -> Program:
    """Everything is found in one of several initial states."""
    choices = tuple(go(0, put(0, n)) for n in (0, 2, 0, 3))
    return build(
        [shared("x", 3)],
        [[go(1)]],
        setup=Block((Require(Const(1)),), Choose(("", "", "", ""), choices)),
        properties=[
            state_property(binary(Op.NE, Read(0), 3), witness=equal(0, 2), name="bad start"),
            state_property(Const(0), witness=Const(1), name="reads nothing"),
            state_property(binary(Op.LT, Read(0), 2), kind=PropertyKind.STEP, name="stutters"),
        ],
        name="from-the-start",
    )


def deep() -> Program:
    """Expressions and branches nested deeper than Python's parser takes as they are."""
    x: Expr = Read(0)
    choice, arithmetic, total = x, x, x
    conjunction: Expr = binary(Op.GE, x, 0)
    for n in range(70):
        choice = Ite(equal(0, n % 4), choice, Const(n % 4))
        arithmetic = binary(Op.MOD, binary(Op.SUB, n, binary(Op.MUL, 3, arithmetic)), 4)
        conjunction = both(conjunction, binary(Op.NE, x, -n - 1))
        total = binary(Op.ADD, total, Temp(0))
    nested = go(1, put(0, binary(Op.MOD, Temp(1), 4)))
    for n in range(90):
        nested = Block(
            (SetTemp(1, binary(Op.ADD, Temp(1), 1)), put(1, n % 4)),
            Branch(binary(Op.LT, Temp(1), 80), nested, go(1, put(1, 0))),
        )
    return build(
        [shared("x", 3), shared("y", 3)],
        [
            [go(1, put(0, choice)), go(2, put(0, arithmetic)), go(0, Require(conjunction))],
            [go(1, SetTemp(0, x), put(1, binary(Op.MOD, total, 4)))],
            [Block((SetTemp(1, x),), nested.end)],
        ],
        properties=[state_property(conjunction, witness=Not(conjunction))],
        name="deep",
    )


ALL: tuple[Callable[[], Program], ...] = (
    broken_mutex,
    peterson,
    every_operator,
    faults_and_blocks,
    nested_choices,
    conditional_stores,
    deadlock,
    at_the_end,
    over_a_step,
    from_the_start,
    deep,
)
