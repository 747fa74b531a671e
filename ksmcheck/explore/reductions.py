"""The reductions of the state space: their names, and which of them a search may use.

A reduction is a layer over the search that leaves states out and the verdict as it is. Which ones
are sound depends on the model and on the other options; here is decided which run. Each
reduction's proof is in docs/soundness.md.
"""

from __future__ import annotations

from enum import Enum
from typing import assert_never

from attrs import frozen

from ksmcheck.analysis.dead import dead_cells
from ksmcheck.analysis.symbols import symbols_of, waits_after_asking
from ksmcheck.analysis.symmetry.automorphisms import Symmetries, symmetries
from ksmcheck.diagnostics import Diagnostic, UserError
from ksmcheck.ir.program import Program


class Reduction(Enum):
    """The values of ``--reduce``, in the order in which reports name them."""

    POR = "por"
    MERGE = "merge"
    SYMMETRY = "symmetry"
    HEAP = "heap"
    DEAD = "dead"


# Reductions are made for memory: a search without them is faster as long as its states fit. So
# many take some 18 GiB and two minutes; then, or where memory ends before, reductions are tried
# when nobody said anything.
LARGE = 1 << 28


@frozen
class Reduce:
    """What was asked for. ``required``: each was named, so that leaving one out is refused.

    ``if_larger``: only where a search without reductions finds more states than this, or more than
    there is memory for.
    """

    wanted: frozenset[Reduction] = frozenset()
    required: bool = False
    if_larger: int | None = None


DEFAULT = Reduce(frozenset(Reduction), if_larger=LARGE)


def decide(reduce: Reduce, program: Program, option: str = "") -> frozenset[Reduction]:
    """What to run of what was asked for; ``option`` is one that no reduction goes together with.

    UserError when a reduction that was named cannot be used, with all the reasons.
    """
    if option:
        if reduce.required and reduce.wanted:
            names = ",".join(item.value for item in Reduction if item in reduce.wanted)
            message = f"--reduce {names} does not go together with {option}"
            hint = f"leave {option} out, or take --reduce none"
            raise UserError([Diagnostic("KSM546", message, hint=hint)])
        return frozenset()
    refused: list[Diagnostic] = []
    chosen: set[Reduction] = set()
    for item in (item for item in Reduction if item in reduce.wanted):
        reason = _objection(item, program, reduce.wanted, chosen)
        if not reason:
            chosen.add(item)
        elif reduce.required:
            message = f"--reduce {item.value} cannot be used for this model: {reason}"
            hint = "--reduce all takes just those that can be used"
            refused.append(Diagnostic("KSM553", message, hint=hint))
    if refused:
        raise UserError(refused)
    return frozenset(chosen)


def _objection(
    reduction: Reduction, program: Program, wanted: frozenset[Reduction], chosen: set[Reduction]
) -> str:
    """Why the reduction cannot be used for the program, beside those ``chosen`` before it.

    Empty when it can.
    """
    match reduction:
        case Reduction.POR if symbols_of(program).condition >= 0 and waits_after_asking(program):
            return "a step asks about a symbol and may wait after that"
        case Reduction.POR:
            return ""  # a program without a choice of actors is just not reduced
        case Reduction.MERGE if Reduction.POR not in wanted:
            return "it goes on from what por leaves: name por, too"
        case Reduction.MERGE:
            return "" if Reduction.POR in chosen else "it goes on from what por leaves"
        case Reduction.SYMMETRY:
            found = symmetries(program)
            return _told_apart(found) if found.of_others.trivial else ""
        case Reduction.HEAP:
            found = symmetries(program)
            return _told_apart(found) if found.of_heap.trivial else ""
        case Reduction.DEAD if dead_cells(program).count:
            return ""
        case Reduction.DEAD:
            return "each shared cell may be read again, or a property looks at it"
        case _:
            assert_never(reduction)


def _told_apart(found: Symmetries) -> str:
    """Why nothing can be renamed."""
    reasons = "; ".join(f"{struct}: {reason}" for struct, reason in found.refused)
    return "no two objects or actors are interchangeable" + (f" ({reasons})" if reasons else "")


def names(reductions: frozenset[Reduction]) -> tuple[str, ...]:
    """Their names in the order of reports."""
    return tuple(item.value for item in Reduction if item in reductions)
