"""The last word on a proof: z3 is asked once more whether the lemmas hold, and suffice.

Strengthening asks thousands of small questions and keeps account of what rests on what. Here the
lemmas stand still. Each holds in the initial states; no move breaks one; no obligation is
left. A mistake in the accounts would be found here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import z3

from ksmcheck.diagnostics import InternalError
from ksmcheck.symbolic.flow import Move
from ksmcheck.symbolic.formulas import Row
from ksmcheck.symbolic.lemmas import Key, Lemmas
from ksmcheck.symbolic.preserving import Claims
from ksmcheck.symbolic.proof import State
from ksmcheck.symbolic.prove_houdini import Clock
from ksmcheck.symbolic.strengthen import Strengthening
from ksmcheck.symbolic.transition import conjuncts


def certify(found: Strengthening, initial: Sequence[State], clock: Clock) -> None:
    """InternalError when a lemma does not hold, or they do not suffice. GaveUp."""
    flow, lemmas = found.flow, found.lemmas
    transition = flow.transition
    start = clock.solver()
    start.add(conjuncts(transition.now, initial))
    start.add(z3.Not(z3.And([lemmas.formula(key) for key in lemmas.all_keys()])))
    _refuted(clock, start)
    rests: dict[int, list[Key]] = {}
    for key, moves in found.used.items():
        for number in moves:
            rests.setdefault(number, []).append(key)
    claims: dict[int, dict[Key, set[Row]]] = {}
    for key in lemmas.all_keys():
        for move in flow.touching(key):
            claims.setdefault(move.number, {})[key] = set(lemmas.of(key))
    for number, wanted in claims.items():
        _preserved(flow.moves[number], lemmas, wanted, rests.get(number, []), clock)
    for number, obligation in enumerate(found.obligations):
        assumed = [key for key, asked in found.asked.items() if number in asked]
        solver = clock.solver()
        solver.add(obligation.wrong, _known(lemmas, assumed, obligation.reads))
        _refuted(clock, solver)


def _preserved(
    move: Move, lemmas: Lemmas, wanted: Mapping[Key, set[Row]], rests: list[Key], clock: Clock
) -> None:
    claims = Claims(move, lemmas, wanted)
    if claims.live:
        solver = clock.solver()
        solver.add(move.guard, _known(lemmas, [*rests, *claims.helpful()], claims.cells))
        solver.add(claims.formula())
        _refuted(clock, solver)


def _known(lemmas: Lemmas, keys: Sequence[Key], cells: frozenset[int]) -> z3.BoolRef:
    """The lemmas that are relied on, and that cells hold values of their types."""
    transition = lemmas.flow.transition
    relied = [key for key in dict.fromkeys(keys) if lemmas.of(key)]
    about = cells.union(*(key[1] for key in relied))
    typed = transition.typed([transition.now[cell] for cell in sorted(about)])
    return z3.And([typed, *lemmas.formulas(relied)])


def _refuted(clock: Clock, solver: z3.Solver) -> None:
    if clock.ask(solver):
        raise InternalError("a lemma of a proof does not hold when it is asked for once more")
