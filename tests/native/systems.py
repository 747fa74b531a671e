"""Programs of known size, for tests of limits, checkpoints and workers."""

from __future__ import annotations

from ksmcheck.ir.expr import Expr, Op, Read
from ksmcheck.ir.program import Program
from tests.backends.building import binary, build, go, put, shared, state_property


def counters(actors: int, values: int, *, forbidden: int | None = None) -> Program:
    """Each actor counts round and round: ``values ** actors`` states.

    Depth ``actors * (values - 1)``. The sum of the counters must not be ``forbidden``.
    """
    variables = [shared(f"c{i}", values - 1) for i in range(actors)]
    blocks = [
        [go(0, put(i, binary(Op.MOD, binary(Op.ADD, Read(i), 1), values)))] for i in range(actors)
    ]
    total: Expr = Read(0)
    for i in range(1, actors):
        total = binary(Op.ADD, total, Read(i))
    bound = actors * values if forbidden is None else forbidden
    return build(
        variables,
        blocks,
        daemons=frozenset(range(actors)),
        properties=[state_property(binary(Op.NE, total, bound))],
        name=f"counters-{actors}-{values}-{bound}",
    )
