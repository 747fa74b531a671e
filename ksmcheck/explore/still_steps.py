"""Stubborn sets and goals over steps that a step which changes nothing may violate.

NOTE(still-steps). A goal over steps looks at both ends of a step. When the step changes nothing
that the goal looks at, what the goal says of it depends on the state alone. Stubborn sets keep
steps that change what a goal looks at, and states in which a goal over states is false. So the
search gets one more property over states for each goal that such a step may violate: the goal as
of a step that changes nothing. Where that is true of all states, no such step violates the goal.
Where it is not, the search is made again without stubborn sets.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

from attrs import evolve

from ksmcheck.analysis.certain import Certain
from ksmcheck.backends.native.sharing import without_old
from ksmcheck.explore.assuming import STUBBORN
from ksmcheck.explore.options import SearchOptions
from ksmcheck.explore.progress import Progress
from ksmcheck.explore.reductions import Reduction
from ksmcheck.explore.result import FindingKind, Saving, SearchResult
from ksmcheck.ir.program import Instance, Program, Property, PropertyKind

Search = Callable[[Program, SearchOptions, Progress | None], SearchResult]


def with_still_steps(
    search: Search, program: Program, options: SearchOptions, progress: Progress | None
) -> SearchResult:
    """What ``search`` finds, with stubborn sets only where they see every violation."""
    more = _still(program) if Reduction.POR in options.reductions else ()
    if not more:
        return search(program, options, progress)
    known = len(program.properties)
    watched = evolve(
        program, properties=(*program.properties, *more), digest=f"{program.digest} still"
    )
    result = search(watched, options, progress)
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


def _still(program: Program) -> tuple[Property, ...]:
    """The properties over states that say of a step which changes nothing what goals say of it."""
    declared = (((v.type.lo, v.type.hi),) * v.cells for v in program.variables)
    certain = Certain(program, tuple(chain.from_iterable(declared)))

    def of(item: Property) -> tuple[Instance, ...]:
        return tuple(
            Instance(one.bindings, without_old(one.predicate))
            for one in item.instances
            if not certain.stutters(one.predicate)
        )

    return tuple(
        evolve(item, kind=PropertyKind.STATE, instances=of(item), witness=None)
        for item in program.properties
        if item.kind is PropertyKind.STEP and of(item)
    )
