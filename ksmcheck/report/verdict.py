"""From what a search found to a verdict, in one place: for each property and for the model."""

from __future__ import annotations

from enum import Enum
from typing import assert_never

from attrs import frozen

from ksmcheck.explore.options import StopReason
from ksmcheck.explore.result import Finding, FindingKind, SearchResult
from ksmcheck.ir.program import Program, Property
from ksmcheck.trace.records import Trace


class Verdict(Enum):
    """What is known after a search. The order of the members is that of precedence."""

    VIOLATED = "violated"
    INCONCLUSIVE = "inconclusive"
    VACUOUS = "vacuous"
    HOLDS = "holds"

    @property
    def exit_code(self) -> int:
        """The exit code of a command that ends with this verdict."""
        match self:
            case Verdict.HOLDS:
                return 0
            case Verdict.VIOLATED:
                return 1
            case Verdict.INCONCLUSIVE:
                return 3
            case Verdict.VACUOUS:
                return 4
            case _:
                assert_never(self)


@frozen
class PropertyVerdict:
    """``exercised``: the witness was reached, or the property needs none."""

    property: Property
    verdict: Verdict
    exercised: bool


@frozen
class Counterexample:
    """A recorded trace and the file it was written to, if it was."""

    trace: Trace
    file: str | None = None


@frozen
class Report:
    """Everything that the text page and the JSON object say.

    ``compile_seconds`` is all the time before the search: reading, compiling, generating code.
    ``exact`` is False when the visited set may have forgotten states: then nothing "holds".
    ``note`` says why this engine ran; ``reductions`` are the names of those that ran.
    ``preemptions``: everything is said of runs with at most so many only.
    ``shortest``: no violation that was found has a shorter way.
    ``given_up``: so many states had a search without reductions before, which were not all.
    ``unconfirmed`` findings have no values of the symbols that are known to lead there.
    ``query_file`` has the query that z3 did not decide.
    """

    program: Program
    result: SearchResult
    counterexamples: tuple[Counterexample, ...]
    engine: str
    compile_seconds: float
    exact: bool = True
    note: str = ""
    reductions: tuple[str, ...] = ()
    preemptions: int | None = None
    shortest: bool = True
    given_up: int = 0
    unconfirmed: tuple[Finding, ...] = ()
    query_file: str | None = None

    @property
    def _complete(self) -> bool:
        """True when every reachable state was visited for certain."""
        return (
            self.exact and self.result.stop_reason is StopReason.EXHAUSTED and not self.unconfirmed
        )

    @property
    def violations(self) -> tuple[Finding, ...]:
        """The findings that are violations."""
        return tuple(item for item in self.result.findings if item not in self.unconfirmed)

    @property
    def verdict(self) -> Verdict:
        """The verdict on the model."""
        if self.violations:
            return Verdict.VIOLATED
        if not self._complete:
            return Verdict.INCONCLUSIVE
        if any(row.verdict is Verdict.VACUOUS for row in self.properties):
            return Verdict.VACUOUS
        return Verdict.HOLDS

    @property
    def properties(self) -> tuple[PropertyVerdict, ...]:
        """The verdict on each of the scenario's properties, in its order; built-in checks that are

        stated as predicates are not among them.
        """
        return tuple(
            self._judge(number, item)
            for number, item in enumerate(self.program.properties)
            if item.check is None
        )

    @property
    def states_per_second(self) -> float:
        """How fast the search was; 0 when it took no measurable time."""
        return self.result.states / self.result.seconds if self.result.seconds > 0 else 0.0

    def _judge(self, number: int, item: Property) -> PropertyVerdict:
        exercised = item.witness is None or number in self.result.witnessed
        broken = any(
            finding.kind is FindingKind.PROPERTY and finding.index == number
            for finding in self.violations
        )
        if broken:
            return PropertyVerdict(item, Verdict.VIOLATED, exercised)
        if not self._complete:
            return PropertyVerdict(item, Verdict.INCONCLUSIVE, exercised)
        verdict = Verdict.HOLDS if exercised else Verdict.VACUOUS
        return PropertyVerdict(item, verdict, exercised)
