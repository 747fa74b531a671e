"""Whether renamings pay beside stubborn sets: a first look with them, and one without.

What is entered must be closed under the renamings that are used, so tables of stubborn sets tell
less apart with them. Where renamings join few states, they cost more states than they save.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from ksmcheck.explore.assuming import STUBBORN
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.reductions import Reduction
from ksmcheck.explore.result import Saving, SearchResult

RENAMING = frozenset({Reduction.SYMMETRY, Reduction.HEAP})

# Of a whole space renamings must leave out one state in this many.
PAYS = 5

Search = Callable[[SearchOptions], SearchResult]


def renamings_pay(search: Search, options: SearchOptions, look: int) -> tuple[bool, str]:
    """Do they? And what was seen, in words.

    Looks at the levels of the unreduced search that have at most ``look`` states, with renamings
    and without; both with the other layers of ``options`` that choose how states are stored. Where
    that is not the whole space, one state that they leave out is enough: most show late.
    """
    bound = look if options.max_states is None else min(look, options.max_states)
    plain = evolve(options, reductions=options.reductions - STUBBORN, unrenamed=True)
    first = search(evolve(plain, max_states=bound))
    if first.stop_reason is StopReason.STATE_LIMIT:
        # The last level is not whole: the same without it.
        plain = evolve(plain, max_depth=max(0, first.depth - 1))
        first = search(plain)
    if first.stop_reason not in (StopReason.EXHAUSTED, StopReason.DEPTH_LIMIT):
        return True, ""
    second = search(evolve(plain, unrenamed=False))
    words = f"in a first look {second.states:,} states instead of {first.states:,}"
    if first.stop_reason is StopReason.DEPTH_LIMIT:
        return second.states < first.states, words
    return second.states * PAYS <= first.states * (PAYS - 1), words


def without_renamings(
    result: SearchResult, reductions: frozenset[Reduction], words: str
) -> SearchResult:
    """The result of a search that went without the renamings among ``reductions``, and says so."""
    unused = reductions & RENAMING
    told = tuple(Saving(item, f"not used: {words}") for item in Reduction if item in unused)
    return evolve(result, unused=unused, savings=(*result.savings, *told))
