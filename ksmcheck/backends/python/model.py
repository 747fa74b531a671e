"""A program compiled for the python engine: its functions, ready to be run by a search."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import cast

from attrs import define

from ksmcheck.analysis.arms import Entered
from ksmcheck.analysis.footprint import Footprint
from ksmcheck.analysis.initial import distinct_initial
from ksmcheck.analysis.local_states import LocalStates
from ksmcheck.analysis.symbols import Oracle, symbols_of
from ksmcheck.analysis.symmetry.canonical import Canonical
from ksmcheck.backends.python.expressions import ExpressionCompiler
from ksmcheck.backends.python.layout import Layout, lay_out
from ksmcheck.backends.python.marks import Marks
from ksmcheck.backends.python.predicates import Watch, concerns, predicate_functions, watches
from ksmcheck.backends.python.steps import StepCompiler
from ksmcheck.backends.python.symbolic import SymbolicCalls
from ksmcheck.ir.expr import Read
from ksmcheck.ir.program import Program, PropertyKind

# Canonical forms that are remembered: a few megabytes.
REMEMBERED = 50_000

Packed = bytes
Run = Callable[[Packed], tuple[Packed | int, ...]]


@define(eq=False)
class CompiledStep:
    """One step of one actor, as a function.

    ``run(state)`` gives its outcomes in order: the state after, or the number of a fault; () when
    it is not enabled. ``on_state`` are the watches to ask of a new state that it leads to,
    ``on_transition`` those to ask of every outcome.
    """

    actor: int
    location: int
    run: Run
    on_state: tuple[Watch, ...] = ()
    on_transition: tuple[Watch, ...] = ()
    fired: bool = False


class PythonModel:
    """A Stepper (see ksmcheck.explore) for one search.

    ``source`` is the generated text, registered with linecache for tracebacks. ``current(state)``
    is the step at which each actor stands; ``over(state)`` says that all finite actors are done;
    ``observed`` collects (mask of flags, state after) as steps run. ``canonical(state)`` is the
    state that is stored for it, or None when every state is stored as it is. ``states``: steps note
    which of their arms they enter in each of these.
    """

    def __init__(
        self,
        program: Program,
        oracle: Oracle | None = None,
        canonical: Canonical | None = None,
        states: LocalStates | None = None,
    ) -> None:
        self.program = program
        self._arms = [0]
        self.layout = lay_out(program)
        self.marks = None if states is None else Marks(states, self.layout, self._arms)
        symbols = symbols_of(program)
        self._calls = SymbolicCalls(program, self.layout, symbols, oracle)
        self.canonical = None if canonical is None else self._packed(canonical)
        self.observed: list[tuple[int, Packed]] = []
        self._dropped: set[int] = set()
        self._pending = bytearray(b"\1" * len(program.edges))
        expressions = ExpressionCompiler(self.layout)
        self.source = _source(program, self.layout, expressions, marking=states is not None)
        questions = {f"q{number}": item for number, item in enumerate(expressions.questions)}
        namespace = _execute(self.source, program, {**self._globals(), **questions})
        self._setup = cast(Run, namespace["setup"])
        self.over = cast(Callable[[Packed], bool], namespace["over"])
        self.current = cast(Callable[[Packed], tuple[CompiledStep, ...]], namespace["current"])
        self.all_watches = watches(program, Footprint(program), namespace)
        self.steps = self._compiled(namespace)

    def initial(self) -> list[Packed]:
        """The distinct initial states in setup order; UserError when setup blocks or faults."""
        flat: list[int] = []
        for variable in self.program.variables:
            flat += [variable.initial] * variable.cells
        outcomes = self._setup(self.layout.pack(tuple(flat)))
        # Nobody else runs yet, so setup says nothing about the order of locks.
        self.observed.clear()
        states = distinct_initial(self.program, outcomes)
        if self.canonical is None:
            return states
        forms = dict.fromkeys(self.canonical(state) for state in states)
        return [form for form in forms if not isinstance(form, int)]

    def _packed(self, canonical: Canonical) -> Callable[[Packed | int], Packed | int]:
        """``canonical`` for packed states; it remembers some, for most are found many times."""
        unpack, pack = self.layout.unpack, self.layout.pack

        @lru_cache(maxsize=REMEMBERED)
        def packed(state: Packed | int) -> Packed | int:
            if isinstance(state, int):
                return state
            return pack(canonical(unpack(state)))

        return packed

    def unpack(self, state: Packed) -> tuple[int, ...]:
        """The flat state that ``state`` stands for."""
        return self.layout.unpack(state)

    @property
    def watches(self) -> list[Watch]:
        """All that is asked of initial states."""
        return [item for item in self.all_watches if item.kind is not PropertyKind.STEP]

    def drop(self, watch: int) -> None:
        """Stop asking the watch of this number."""
        self._dropped.add(watch)
        for step in self.steps:
            step.on_state = tuple(w for w in step.on_state if w.number != watch)
            step.on_transition = tuple(w for w in step.on_transition if w.number != watch)

    def widen(self, watch: int) -> None:
        """The stutter watch of this number was hit: see NOTE(stuttering-steps)."""
        wide = self.all_watches[watch - 1]
        if wide.number in self._dropped:
            return
        for step in self.steps:
            if wide not in step.on_transition:
                step.on_transition = (*step.on_transition, wide)

    def forget(self, flag: int) -> None:
        """Stop observing ``flag``."""
        self._pending[flag] = 0

    def entered(self) -> Entered:
        """The arms that were entered since the model was made; it must be given ``states``."""
        assert self.marks is not None
        return self.marks.entered()

    def local_states(self, state: Packed) -> tuple[int, ...]:
        """The numbers of the actors' local states; it must be given ``states``."""
        assert self.marks is not None
        return self.marks.numbers(state)

    def _globals(self) -> dict[str, object]:
        return {
            "observed": self.observed.append,
            "pending": self._pending,
            "arms": self._arms,
            "whole": int.from_bytes,
            "cell": _wide_cell,
            **self._calls.namespace,
        }

    def _compiled(self, namespace: Mapping[str, object]) -> list[CompiledStep]:
        """All steps. They are also put into the tables from which ``current`` takes them."""
        footprint, result = Footprint(self.program), []
        for number, actor in enumerate(self.program.actors):
            table = cast(list[CompiledStep], namespace[f"actor_{number}"])
            for step in actor.steps:
                run = cast(Run, namespace[f"step_{number}_{step.location}"])
                run = run if self.marks is None else self.marks.noting(number, run)
                asked = [w for w in self.all_watches if concerns(self.program, footprint, step, w)]
                table.append(
                    CompiledStep(
                        number,
                        step.location,
                        run,
                        tuple(w for w in asked if w.kind is not PropertyKind.STEP),
                        tuple(w for w in asked if w.kind is PropertyKind.STEP),
                    )
                )
            result += table
            table.append(CompiledStep(number, actor.done, _never))
        return result


def _never(_state: Packed) -> tuple[Packed | int, ...]:
    """The step of an actor that is done."""
    return ()


def _wide_cell(state: Packed, position: int, width: int) -> int:
    return int.from_bytes(state[position : position + width], "little")


def _source(
    program: Program, layout: Layout, expressions: ExpressionCompiler, *, marking: bool
) -> str:
    setup = StepCompiler(program, layout, expressions, None)
    setup.define("setup", program.setup)
    functions = setup.functions
    for number, actor in enumerate(program.actors):
        compiler = StepCompiler(program, layout, expressions, actor.location, marking=marking)
        for step in actor.steps:
            comment = f"{actor.name}: {step.text}  ({step.span.short()})".replace("\n", " ")
            name = f"step_{number}_{step.location}"
            compiler.define(name, step.block, comment)
        functions += compiler.functions
    functions += predicate_functions(program, expressions)
    tables = [f"actor_{number} = []" for number in range(len(program.actors))]
    chosen = [
        f"actor_{number}[{expressions.value(Read(actor.location), 's')}]"
        for number, actor in enumerate(program.actors)
    ]
    current = f"def current(s):\n    return ({''.join(f'{item}, ' for item in chosen)})"
    head = f"# {program.identity.model}: steps over a packed state of {layout.size} bytes"
    return "\n\n".join([head, *tables, *expressions.parts, *functions, current]) + "\n"


def _execute(source: str, program: Program, namespace: dict[str, object]) -> dict[str, object]:
    name = f"<python engine: {program.identity.model} {program.digest}>"
    # A file whose modification time is None is never looked for on the disk.
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    exec(compile(source, name, "exec"), namespace)
    return namespace
