"""Which initial states a model has, from the outcomes of its setup. Shared by all engines."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TypeVar

from ksmcheck.diagnostics import Diagnostic, UserError
from ksmcheck.ir.program import Program

S = TypeVar("S", bound=Hashable)


def distinct_initial(program: Program, outcomes: Iterable[S | int]) -> list[S]:
    """The distinct states among setup's ``outcomes``, in order; an int is the number of a fault.

    UserError with the fault's own code when setup faults, and KSM411 when it has no outcome.
    """
    states: dict[S, None] = {}
    for outcome in outcomes:
        if isinstance(outcome, int):
            fault = program.faults[outcome]
            raise UserError(
                [
                    Diagnostic(
                        fault.code,
                        f"in setup: {fault.message}",
                        fault.span,
                        hint="setup runs before any actor, so this happens in every run",
                    )
                ]
            )
        states[outcome] = None
    if not states:
        raise UserError(
            [
                Diagnostic(
                    "KSM411",
                    f"setup of '{program.identity.model}' never finishes: no initial state",
                    hint="one of its assume or wait_until conditions is false for every choice",
                )
            ]
        )
    return list(states)
