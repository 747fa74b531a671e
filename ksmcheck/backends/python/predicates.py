"""Properties and witnesses as Python functions ``test(o, s)`` of the state before and after.

A test is 0 while there is nothing to tell: the property holds, its witness is not reached. For a
property it is otherwise 1 + the number of the first instance that is false.

NOTE(stuttering-steps): a step that changes nothing that a predicate reads cannot change a state
predicate, so states are asked again only after steps that can. A step predicate over such a step is
the predicate with old and new state the same. That is asked of every state like a state predicate
(the STUTTER watch); while it stays 0, steps that change nothing that the predicate reads need not
be looked at, and when it does not, the search looks at all steps from then on. It is in time:
the state in which such a step could be taken is new, and asked, before it is expanded.

Of a predicate that asks about symbols every way is tried: a property must be true in each, a
witness in one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import assert_never, cast

from attrs import frozen

from ksmcheck.analysis.footprint import Footprint, asks, targets
from ksmcheck.backends.python.expressions import OR, ExpressionCompiler
from ksmcheck.ir.expr import TRUE, Binary, Const, Expr, Op, Read
from ksmcheck.ir.program import Program, Property, PropertyKind
from ksmcheck.ir.step import Step

Test = Callable[[bytes, bytes], int]


@frozen(eq=False)
class Watch:
    """A test about property number ``subject`` (or its witness), to be asked until it is hit.

    ``cells`` are those whose change can change its value; ``kind`` says when it is asked.
    ``stutter``: see NOTE(stuttering-steps); ``number`` is then one more than that of the watch
    that it stands for.
    """

    number: int
    subject: int
    witness: bool
    stutter: bool
    test: Test
    kind: PropertyKind
    cells: frozenset[int]


def over(program: Program) -> Expr:
    """True when every finite actor is done."""
    result: Expr = TRUE
    for actor in program.actors:
        if not actor.daemon:
            result = Binary(Op.AND, result, Binary(Op.EQ, Read(actor.location), Const(actor.done)))
    return result


def predicate_functions(program: Program, expressions: ExpressionCompiler) -> list[str]:
    """The functions ``property_i``, ``witness_i`` and for step properties ``*_stutter``."""
    functions = [f"def over(s):\n    return {expressions.condition(over(program), 's')}"]
    for number, item in enumerate(program.properties):
        guard = ["    if not over(s): return 0"] if item.kind is PropertyKind.END else []
        lines = [f"def property_{number}(o, s):  # {item.name}", *guard]
        for place, instance in enumerate(item.instances, start=1):
            test = expressions.condition(instance.predicate, "s")
            if asks(instance.predicate):
                test = f"every(s, lambda: {test})"
            lines.append(f"    if not ({test}): return {place}")
        functions.append("\n".join([*lines, "    return 0"]))
        if item.witness is not None:
            test = expressions.condition(item.witness, "s", OR)
            if asks(item.witness):
                test = f"some(s, lambda: {test})"
            lines = [f"def witness_{number}(o, s):", *guard, f"    return 1 if {test} else 0"]
            functions.append("\n".join(lines))
        if item.kind is PropertyKind.STEP:
            functions += [
                f"def {role}_{number}_stutter(o, s):\n    return {role}_{number}(s, s)"
                for role in ("property", "witness")
                if role == "property" or item.witness is not None
            ]
    return functions


def watches(program: Program, footprint: Footprint, namespace: Mapping[str, object]) -> list[Watch]:
    """A watch for every property and witness, over the functions defined in ``namespace``.

    They are in the order of their numbers, from 0.
    """
    found: list[Watch] = []
    for number, item in enumerate(program.properties):
        seen = frozenset[int]().union(*(footprint.reads(i.predicate) for i in item.instances))
        found += _watches(len(found), number, item, f"property_{number}", seen, namespace)
        if item.witness is not None:
            seen = footprint.reads(item.witness)
            found += _watches(len(found), number, item, f"witness_{number}", seen, namespace)
    return found


def _watches(
    first: int,
    number: int,
    item: Property,
    name: str,
    cells: frozenset[int],
    namespace: Mapping[str, object],
) -> list[Watch]:
    witness = name.startswith("witness")
    test = cast(Test, namespace[name])
    found = [Watch(first, number, witness, False, test, item.kind, cells)]
    if item.kind is PropertyKind.STEP:
        test = cast(Test, namespace[f"{name}_stutter"])
        state = PropertyKind.STATE
        found.append(Watch(first + 1, number, witness, True, test, state, cells))
    return found


def concerns(program: Program, footprint: Footprint, step: Step, watch: Watch) -> bool:
    """True when ``step`` can change the value of the test of ``watch``."""
    actor = program.actors[step.actor]
    written = footprint.writes(step.block) | {footprint.location(step.actor)}
    touched = not written.isdisjoint(watch.cells)
    match watch.kind:
        case PropertyKind.STATE | PropertyKind.STEP:
            return touched
        case PropertyKind.END:
            # A step of a finite actor that stays inside it leads to no state that is over.
            return touched if actor.daemon else actor.done in targets(step.block)
        case _:
            assert_never(watch.kind)
