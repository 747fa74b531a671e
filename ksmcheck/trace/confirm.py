"""Closes a counterexample with symbols: concrete values for it, and a replay with nothing else.

A symbolic run stands for every choice of values that its comparisons allow. Where something known
had to be dropped on the way (NOTE(imprecision)) it may stand for none: then it is not confirmed.
"""

from __future__ import annotations

from itertools import combinations

from attrs import evolve, frozen

from ksmcheck.analysis.symbols import Asked
from ksmcheck.backends.evaluator import Evaluator, Outcome, Start, State
from ksmcheck.ir.symbols import Compare, Domain, DomainKind, Function
from ksmcheck.ir.types import symbol_name
from ksmcheck.symbolic.concrete import Concrete, Stretch, Values
from ksmcheck.trace.claims import Claim, PropertyClaim, establish
from ksmcheck.trace.describe import Model


@frozen
class Run:
    """A path with how it was taken; ``asked`` is what the violated predicate asked at its end."""

    start: Start
    outcomes: tuple[Outcome, ...]
    asked: tuple[Asked, ...] = ()


def asked_at_end(
    model: Model, claim: Claim, before: State | None, state: State
) -> tuple[Asked, ...]:
    """What a violated property asks when it comes out false."""
    if not isinstance(claim, PropertyClaim):
        return ()
    for instance in model.program.properties[claim.number].instances:
        if not model.evaluator.value(instance.predicate, state, before):
            return model.evaluator.asked(instance.predicate, 0, state, before)
    return ()


def confirmed(model: Model, run: Run, claim: Claim) -> tuple[str, ...] | None:
    """The values that z3 chose, in words; None when no values take this run to its end."""
    symbols = model.symbols
    if symbols.condition < 0:
        return ()
    # z3 is loaded only where there is something to ask it
    from ksmcheck.symbolic.confirm import values_for

    stretches = [Stretch(run.start.asked, run.start.named, model.numbers(run.start.state))]
    for outcome in run.outcomes:
        settled = outcome.state is not None and outcome.named
        numbers = model.numbers(outcome.state) if settled and outcome.state else ()
        stretches.append(Stretch(outcome.asked, outcome.named, numbers))
    stretches.append(Stretch(run.asked))
    values = values_for(symbols, tuple(stretches))
    if values is None:
        return None
    concrete = Evaluator(model.program, Concrete(symbols, values))
    there = evolve(model, evaluator=concrete)
    return tuple(_words(values, _against_zero(run))) if _goes_there(there, run, claim) else None


def _goes_there(model: Model, run: Run, claim: Claim) -> bool:
    """Run it again on an evaluator that knows the values and nothing of z3."""

    def control(state: State) -> State:
        hidden = {*model.symbols.cells, model.symbols.condition}
        return tuple(value for place, value in enumerate(state) if place not in hidden)

    wanted = control(run.start.state)
    reached: list[tuple[State | None, Outcome | None, State]] = [
        (None, None, state) for state in model.evaluator.initial() if control(state) == wanted
    ]
    for taken in run.outcomes:
        following: dict[State, tuple[State | None, Outcome | None, State]] = {}
        for _, _, state in reached:
            for outcome in model.evaluator.successors(state):
                same = (outcome.actor, outcome.fault) == (taken.actor, taken.fault)
                if not same or outcome.choices != taken.choices:
                    continue
                if outcome.state is None or taken.state is None:
                    following.setdefault(state, (None, outcome, state))
                elif control(outcome.state) == control(taken.state):
                    following.setdefault(outcome.state, (state, outcome, outcome.state))
        reached = list(following.values())
    return any(
        establish(model, claim, before, outcome, state) is not None
        for before, outcome, state in reached
    )


def _against_zero(run: Run) -> set[Domain]:
    """The domains of which something was compared with the fixed element."""
    ways = (run.start.asked, run.asked, *(outcome.asked for outcome in run.outcomes))
    return {
        item.question.domain
        for asked in ways
        for item in asked
        if isinstance(item.question, Compare) and 0 in item.operands
    }


def _words(values: Values, against_zero: set[Domain]) -> list[str]:
    made: dict[Domain, list[tuple[int, str]]] = {}
    for domain, value in values.fresh:
        named = made.setdefault(domain, [])
        named.append((value, symbol_name(domain, len(named) + 1)))
    for domain in made:
        if domain in against_zero and domain.kind in (DomainKind.ORDER, DomainKind.EQUALITY):
            made[domain].append((values.zeros[domain], symbol_name(domain, 0)))
    lines = [_compared(domain, named) for domain, named in made.items()]
    groups: dict[Function, dict[int, list[str]]] = {}
    for (function, argument), result in values.functions.items():
        name = _argument(function, argument, made, values)
        groups.setdefault(function, {}).setdefault(result, []).append(name)
    for function, results in groups.items():
        for names in results.values():
            lines += [
                f"{function.name}({left}) = {function.name}({right}), by collision"
                for left, right in combinations(names, 2)
            ]
    return lines


def _argument(
    function: Function, argument: int, made: dict[Domain, list[tuple[int, str]]], values: Values
) -> str:
    """Every name that the argument has in the trace."""
    names = [name for value, name in made.get(function.argument, []) if value == argument]
    return " = ".join(names or [symbol_name(function.argument, 0)])


def _compared(domain: Domain, named: list[tuple[int, str]]) -> str:
    """``Content A = Content C < Content B``."""
    groups: dict[int, list[str]] = {}
    for value, name in named:
        groups.setdefault(value, []).append(name)
    match domain.kind:
        case DomainKind.INTEGER:
            return ", ".join(f"{name} = {value}" for value, name in named)
        case DomainKind.BOOLEAN:
            return ", ".join(f"{name} = {'true' if value else 'false'}" for value, name in named)
        case DomainKind.ORDER:
            sign, order = " < ", sorted(groups)
        case DomainKind.EQUALITY:
            sign, order = " != ", list(groups)
    return sign.join(" = ".join(groups[value]) for value in order)
