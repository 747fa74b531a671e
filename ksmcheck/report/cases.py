"""What `check` has to check: every configuration that a scenario expects a verdict for, compiled.

All scenarios are read and compiled before the first search, so that a wrong model file is told at
once, together with all other wrong ones, and not after an hour of searching.
"""

from __future__ import annotations

import pickle
import time
import zlib
from collections.abc import Callable, Sequence

from attrs import evolve, frozen

from ksmcheck.backends.evaluator import Evaluator
from ksmcheck.diagnostics import Diagnostic, InternalError, UserError
from ksmcheck.explore.oracles import oracle_for
from ksmcheck.ir.program import Expectation, Identity, Program
from ksmcheck.report.listing import flags


@frozen
class Scenario:
    """A scenario that expects something; ``given`` is how the user chose it, a name or a path."""

    given: str
    name: str
    kernel: str
    expected: tuple[Expectation, ...]


@frozen
class ModelReader:
    """The front end as this room sees it: both functions raise UserError."""

    read: Callable[[str], Scenario]
    compile: Callable[[str, Expectation], Program]


@frozen
class Case:
    """One configuration of one scenario, and the verdict that it must have.

    A compiled program is large and a check may have hundreds, so each is kept packed.
    """

    scenario: Scenario
    expected: Expectation
    identity: Identity
    digest: str
    compile_seconds: float
    packed: bytes

    @property
    def flags(self) -> str:
        """The options that choose this configuration; empty for the scenario's own."""
        return flags(self.expected, self.scenario.kernel)

    @property
    def command(self) -> str:
        """The command that explores this configuration alone."""
        return f"ksmcheck explore --model {self.scenario.given} {self.flags}".rstrip()

    def program(self) -> Program:
        """The compiled program."""
        program: object = pickle.loads(zlib.decompress(self.packed))
        if not isinstance(program, Program):
            raise InternalError("a packed program is no program")
        return program


def prepare(
    models: Sequence[str], reader: ModelReader
) -> tuple[tuple[Case, ...], tuple[Scenario, ...]]:
    """The cases of ``models``, and the scenarios among them that expect nothing.

    One UserError with all that is wrong with any of them.
    """
    errors: list[UserError] = []
    cases: list[Case] = []
    silent: list[Scenario] = []
    for model in models:
        try:
            scenario = reader.read(model)
        except UserError as error:
            errors.append(error)
            continue
        if not scenario.expected:
            silent.append(scenario)
        for expected in scenario.expected:
            try:
                cases.append(_case(scenario, expected, reader))
            except UserError as error:
                errors.append(_about(error, scenario, expected))
    if errors:
        raise merged(errors)
    if not cases:
        names = ", ".join(scenario.name for scenario in silent) or "no scenario"
        hint = 'write `expected=[Expect(verdict="...")]` in its scenario(...)'
        raise UserError(
            [Diagnostic("KSM561", f"nothing to check: {names} expects nothing", None, hint)]
        )
    return tuple(cases), tuple(silent)


def merged(errors: Sequence[UserError]) -> UserError:
    """All faults as one error, each once: configurations of one file share most of theirs."""
    sources: dict[str, str] = {}
    for error in errors:
        for name, text in error.sources.items():
            if sources.setdefault(name, text) != text:
                sources[name] = (
                    ""  # two files that are shown alike: no excerpt, rather than a wrong one
                )
    return UserError(dict.fromkeys(item for error in errors for item in error.diagnostics), sources)


def _case(scenario: Scenario, expected: Expectation, reader: ModelReader) -> Case:
    started = time.perf_counter()
    program = reader.compile(scenario.given, expected)
    # a setup that fails is the model's fault as well
    Evaluator(program, oracle_for(program)).initial()
    return Case(
        scenario,
        expected,
        program.identity,
        program.digest,
        time.perf_counter() - started,
        zlib.compress(pickle.dumps(program, protocol=5), 1),
    )


def _about(error: UserError, scenario: Scenario, expected: Expectation) -> UserError:
    """A fault without a place in the source says of which configuration it is."""
    where = f"{scenario.given} {flags(expected, scenario.kernel)}".rstrip()
    note = f"in the expected configuration: {where}"
    return UserError(
        [
            item if item.span else evolve(item, notes=(*item.notes, note))
            for item in error.diagnostics
        ],
        error.sources,
    )
