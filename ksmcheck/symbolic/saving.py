"""What an automaton knows as bytes, so that a search can go on in another process.

States hold the numbers of conditions, so these are kept in their order; answers are kept, too, so
that z3 is not asked again and what is counted is counted once.
"""

from __future__ import annotations

import json

from ksmcheck.analysis.symbols import Oracle
from ksmcheck.diagnostics import InternalError
from ksmcheck.symbolic.automaton import Automaton, Known
from ksmcheck.symbolic.conditions import Condition, Relation


def saved(oracle: Oracle) -> bytes:
    """All that ``oracle`` knows; InternalError when it is no Automaton."""
    automaton = _automaton(oracle)
    known, theory = automaton.known, automaton.theory
    number = {question: place for place, question in enumerate(automaton.symbols.asked)}
    data = {
        "conditions": [[item.counts, item.relations] for item in known.conditions],
        "answers": [
            [condition, number[question], operands, answers]
            for (condition, question, operands), answers in known.answers.items()
        ],
        "restricted": [[*edge, to] for edge, to in known.restricted.items()],
        "met": sorted(known.met),
        "effort": [automaton.pruned, automaton.imprecise, theory.queries, theory.seconds],
    }
    return json.dumps(data, separators=(",", ":")).encode()


def recall(oracle: Oracle, data: bytes) -> None:
    """Put into ``oracle``, of the same program, what ``saved`` gave."""
    automaton = _automaton(oracle)
    found = json.loads(data)
    conditions = [
        Condition(tuple(counts), tuple(map(Relation, relations)))
        for counts, relations in found["conditions"]
    ]
    asked = automaton.symbols.asked
    automaton.known = Known(
        conditions,
        {condition: number for number, condition in enumerate(conditions)},
        {
            (condition, asked[question], tuple(operands)): tuple(map(tuple, answers))
            for condition, question, operands, answers in found["answers"]
        },
        {
            (condition, place, tuple(living)): to
            for condition, place, living, to in found["restricted"]
        },
        set(found["met"]),
    )
    theory = automaton.theory
    automaton.pruned, automaton.imprecise, theory.queries, theory.seconds = found["effort"]


def _automaton(oracle: Oracle) -> Automaton:
    if not isinstance(oracle, Automaton):
        raise InternalError("a search that can be saved has an automaton of conditions")
    return oracle
