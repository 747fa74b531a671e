"""Who answers a search's questions about symbols; z3 is loaded only for a model that has some."""

from __future__ import annotations

from ksmcheck.analysis.symbols import Oracle, symbols_of
from ksmcheck.ir.program import Program


def oracle_for(program: Program) -> Oracle | None:
    """A new oracle; None when nothing of ``program`` is symbolic."""
    symbols = symbols_of(program)
    if symbols.condition < 0:
        return None
    from ksmcheck.symbolic.automaton import Automaton

    return Automaton(symbols)


def saved(oracle: Oracle) -> bytes:
    """All that an oracle of ``oracle_for`` knows, for a checkpoint."""
    from ksmcheck.symbolic.saving import saved as of_automaton

    return of_automaton(oracle)


def recall(oracle: Oracle, data: bytes) -> None:
    """Teach a new oracle what another one knew, under the same numbers."""
    from ksmcheck.symbolic.saving import recall as of_automaton

    of_automaton(oracle, data)
