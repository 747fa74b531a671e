"""Stubborn sets and goals over steps that a step which changes nothing may violate.

NOTE(still-steps). A goal over steps looks at both ends of a step. When the step changes nothing
that the goal looks at, what the goal says of it depends on the state alone. Stubborn sets keep
steps that change what a goal looks at, and states in which a goal over states is false. So the
search gets one more property over states for each goal that such a step may violate: the goal as
of a step that changes nothing. Where that is true of all states, no such step violates the goal.
Where it is not, the search is made again without stubborn sets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from attrs import evolve

from ksmcheck.analysis.certain import Certain, declared
from ksmcheck.analysis.implied import Implied
from ksmcheck.analysis.making_nodes import Nodes
from ksmcheck.explore.assuming import STUBBORN
from ksmcheck.explore.options import SearchOptions
from ksmcheck.explore.progress import Progress
from ksmcheck.explore.reductions import Reduction
from ksmcheck.explore.result import FindingKind, Saving, SearchResult
from ksmcheck.ir.fold import over_one_state
from ksmcheck.ir.program import Instance, Program, Property, PropertyKind, Same

Search = Callable[[Program, SearchOptions, Progress | None], SearchResult]


def with_still_steps(
    search: Search, program: Program, options: SearchOptions, progress: Progress | None
) -> SearchResult:
    """What ``search`` finds, with stubborn sets only where they see every violation."""
    por = Reduction.POR in options.reductions
    result = search(watched(program) if por else program, options, progress)
    known = len(program.properties)
    if not any(
        item.kind is FindingKind.PROPERTY and item.index >= known for item in result.findings
    ):
        return result
    unused = options.reductions & STUBBORN
    plain = search(program, evolve(options, reductions=options.reductions - unused), progress)
    words = "not used: a step that changes nothing may violate a property over steps"
    return evolve(
        plain,
        seconds=result.seconds + plain.seconds,
        entered=result.entered,
        unused=plain.unused | unused,
        savings=(*plain.savings, *(Saving(item, words) for item in Reduction if item in unused)),
    )


def watched(program: Program) -> Program:
    """What a search with stubborn sets searches for ``program``; the same object each time."""
    return _watched(Same(program))


@lru_cache(maxsize=4)
def _watched(same: Same) -> Program:
    """The program with more to watch; itself, where no such step can violate anything.

    Remembered, so that what is found out about it is found out once.
    """
    program = same.program
    more = tuple(_still(program))
    if not more:
        return program
    properties = (*program.properties, *more)
    return evolve(program, properties=properties, digest=f"{program.digest} still")


def _still(program: Program) -> Iterator[Property]:
    """The properties over states that say of a step which changes nothing what goals say of it."""
    implied = Implied(Certain(Nodes(program), declared(program)))
    for item in program.properties:
        if item.kind is PropertyKind.STEP:
            doubtful = tuple(
                Instance(one.bindings, over_one_state(one.predicate))
                for one in item.instances
                if not implied.stutters(one.predicate)
            )
            if doubtful:
                yield evolve(item, kind=PropertyKind.STATE, instances=doubtful, witness=None)
