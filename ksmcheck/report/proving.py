"""From a name to a proof: what is asked, a sample of states, and the replay of a counterexample."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from attrs import frozen

from ksmcheck.analysis.symbols import symbols_of
from ksmcheck.backends.evaluator import State
from ksmcheck.backends.python.model import PythonModel
from ksmcheck.diagnostics import Diagnostic, InternalError, UserError, did_you_mean
from ksmcheck.explore.result import Finding, FindingKind
from ksmcheck.ir.program import BuiltinCheck, Program, Property, PropertyKind
from ksmcheck.symbolic.proof import Failure, Proof, ProofVerdict, Question
from ksmcheck.trace.codec import save
from ksmcheck.trace.describe import Model
from ksmcheck.trace.files import write_whole
from ksmcheck.trace.record import record
from ksmcheck.trace.records import Trace


@frozen
class ProofReport:
    """A proof with what a person wants to see of it; ``trace`` is set when it is violated.

    ``query_file`` has what z3 was asked last, when it did not answer in time.
    """

    model: Model
    subject: str
    proof: Proof
    trace: Trace | None = None
    trace_file: str | None = None
    query_file: str | None = None

    @property
    def exit_code(self) -> int:
        """0 proved, 1 violated, 3 inconclusive."""
        codes = {ProofVerdict.PROVED: 0, ProofVerdict.VIOLATED: 1, ProofVerdict.INCONCLUSIVE: 3}
        return codes[self.proof.verdict]

    @property
    def failure(self) -> Failure | None:
        """The step at which the last induction failed, when there is no answer."""
        return None if self.proof.verdict is not ProofVerdict.INCONCLUSIVE else self.proof.failure


def prove_property(
    program: Program,
    name: str,
    most: int,
    lemmas: int | None,
    time_limit: float | None,
    trace_file: Path | None,
    told: Callable[[str], None],
) -> ProofReport:
    """Prove the property or built-in check called ``name``, or replay a counterexample to it.

    UserError when there is no such property, or it cannot be proved. InternalError when the
    evaluator does not agree with a counterexample.
    """
    from ksmcheck.symbolic.prove import prove

    subject = _subject(program, name)
    model = Model.of(program)
    initial = tuple(model.evaluator.initial())
    after = _stepping(program)

    def violates(path: tuple[State, ...]) -> bool:
        return _finding(model, subject, path) is not None

    proof = prove(
        Question(program, subject, initial, after, violates, most, lemmas, time_limit, told)
    )
    if proof.verdict is ProofVerdict.VIOLATED:
        finding = _finding(model, subject, proof.path)
        if finding is None:
            message = "the evaluator does not find the violation at the end of a counterexample"
            raise InternalError(message)
        trace = record(model, finding)
        if trace_file is not None:
            save(trace, trace_file)
        stored = None if trace_file is None else str(trace_file)
        return ProofReport(model, name, proof, trace, stored)
    return ProofReport(model, name, proof, query_file=_kept(program, proof))


def _subject(program: Program, name: str) -> Property | BuiltinCheck:
    if symbols_of(program).condition >= 0:
        message = f"'{program.identity.model}' has symbols, and a proof is about numbers"
        raise UserError([Diagnostic("KSM556", message, hint="explore it: `ksmcheck explore`")])
    found = next((item for item in program.properties if item.name == name), None)
    if found is not None:
        return found
    known = {check.value: check for check in BuiltinCheck if check not in program.disabled}
    if name not in known:
        names = [*(item.name for item in program.properties), *known]
        message = f"this model has no property or check '{name}'"
        hint = did_you_mean(name, names) or f"known: {', '.join(sorted(names))}"
        raise UserError([Diagnostic("KSM554", message, hint=hint)])
    if known[name] is BuiltinCheck.LOCK_ORDER:
        message = "the order of locks is a fact about all runs together, not about a state"
        raise UserError([Diagnostic("KSM555", message, hint="`ksmcheck explore` checks it")])
    return known[name]


def _stepping(program: Program) -> Callable[[State], list[State]]:
    """What a state leads to, by the compiled steps: a sample takes many."""
    compiled = PythonModel(program)
    pack, unpack = compiled.layout.pack, compiled.unpack

    def after(state: State) -> list[State]:
        packed = pack(state)
        return [
            unpack(item)
            for step in compiled.current(packed)
            for item in step.run(packed)
            if not isinstance(item, int)
        ]

    return after


def _finding(
    model: Model, subject: Property | BuiltinCheck, path: tuple[State, ...]
) -> Finding | None:
    """What the end of the path violates, as the evaluator sees it; None: nothing."""
    program = model.program
    if isinstance(subject, Property):
        if subject.kind is PropertyKind.STEP and len(path) < 2:
            return None
        if subject.kind is PropertyKind.END and not program.over(path[-1], program.offsets()):
            return None
        before = path[-2] if subject.kind is PropertyKind.STEP else None
        for number, instance in enumerate(subject.instances):
            if not model.evaluator.value(instance.predicate, path[-1], before):
                index = program.properties.index(subject)
                return Finding(FindingKind.PROPERTY, index, path, number)
    elif subject is BuiltinCheck.DEADLOCK:
        over = program.over(path[-1], program.offsets())
        if not over and not model.evaluator.successors(path[-1]):
            return Finding(FindingKind.DEADLOCK, 0, path)
    else:
        for outcome in model.evaluator.successors(path[-1]):
            if outcome.fault is not None and program.faults[outcome.fault].check is subject:
                return Finding(FindingKind.FAULT, outcome.fault, path)
    return None


def _kept(program: Program, proof: Proof) -> str | None:
    """Leave the query that z3 did not answer beside the user, for another solver."""
    if not proof.query:
        return None
    path = Path(f"{Path(program.identity.model).name}-prove.smt2")
    write_whole(path, proof.query, "the query that z3 did not answer")
    return str(path)
