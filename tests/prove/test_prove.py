"""`prove` against `explore`: what is proved is never violated, what is violated is never proved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import HealthCheck, assume, given, settings

from ksmcheck.backends.evaluator import Evaluator
from ksmcheck.cli.main import run
from ksmcheck.diagnostics import InternalError, UserError
from ksmcheck.frontend import compile_model
from ksmcheck.ir.program import BuiltinCheck, Program
from ksmcheck.report.proof_text import proof_json, proof_text
from ksmcheck.report.proving import ProofReport, prove_property
from ksmcheck.symbolic.certify import certify
from ksmcheck.symbolic.flow import Flow
from ksmcheck.symbolic.induction import Induction
from ksmcheck.symbolic.obligations import obligations_of
from ksmcheck.symbolic.proof import Proof, ProofVerdict, State, Subject
from ksmcheck.symbolic.prove_facts import Guesser
from ksmcheck.symbolic.prove_goal import goal_of
from ksmcheck.symbolic.prove_houdini import Clock, Houdini
from ksmcheck.symbolic.sample import Sample
from ksmcheck.symbolic.strengthen import Strengthening
from ksmcheck.symbolic.transition import Transition
from ksmcheck.trace.describe import Model
from tests.backends.random_programs import programs
from tests.oracle.evaluator_search import Space, search

ROOT = Path(__file__).parent.parent
LARGE = ("two_phase_commit", "ticket_lock", "filter_lock")
FILES = sorted(
    path
    for folder in ("checks", "textbook")
    for path in (ROOT / folder).glob("*.py")
    if not path.stem.startswith("test_") and path.stem not in LARGE
)
LOCK_ORDER = "KSM841"
MOST_STATES = 500
SETTINGS = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
STATE_CHECKS = tuple(check for check in BuiltinCheck if check is not BuiltinCheck.LOCK_ORDER)


def names_of(program: Program) -> list[str]:
    return list(
        dict.fromkeys([*(p.name for p in program.properties), *(c.value for c in STATE_CHECKS)])
    )


def proved(program: Program, name: str, most: int = 4, seconds: float = 60) -> ProofReport:
    return prove_property(program, name, most, None, seconds, None, lambda _: None)


def violated(space: Space) -> dict[str, int]:
    """What a complete search violates: names and how deep, built-in checks by their names."""
    faults = {fault.code: fault.check.value for fault in space.program.faults}
    faults["KSM842"] = BuiltinCheck.DEADLOCK.value
    built_in = {item.code: item.check.value for item in space.program.properties if item.check}
    found: dict[str, int] = {}
    for code, bad in space.bad.items():
        if code == LOCK_ORDER:
            continue  # a fact about all runs: it has no proof by induction
        name = {**faults, **built_in}.get(code, code)
        found[name] = min(bad.depth, found.get(name, bad.depth))
    return found


def agree(program: Program, names: list[str], most: int = 4, seconds: float = 60) -> None:
    """Compare for these properties and checks."""
    bad = violated(search(program))
    for name in names:
        report = proved(program, name, most, seconds)
        match report.proof.verdict:
            case ProofVerdict.PROVED:
                assert name not in bad
            case ProofVerdict.VIOLATED:
                assert report.trace is not None
                assert len(report.trace.steps) == bad[name], "a shortest counterexample"
            case ProofVerdict.INCONCLUSIVE:
                late = "time" in report.proof.reason
                assert late or bad.get(name, most + 1) > most, (
                    "a violation within reach was not found"
                )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_small_models(path: Path) -> None:
    """What a check model is about is checked; of a textbook model, its properties."""
    program = compile_model(str(path))
    bad = violated(search(program))
    own = [item.name for item in program.properties]
    faults = [fault.check.value for fault in program.faults]
    agree(program, list(dict.fromkeys([*bad, *own, *faults[:2], "deadlock"])))


@pytest.mark.slow
@SETTINGS
@given(program=programs())
def test_random_programs(program: Program) -> None:
    program = named_apart(program)
    try:
        few = small(program)
    except UserError:
        few = False
    assume(few)
    agree(program, names_of(program)[:4], most=2, seconds=10)


def named_apart(program: Program) -> Program:
    """The program with a name for each property, as the compiler sees to it for a model."""
    named = [evolve(item, name=f"p{n}") for n, item in enumerate(program.properties)]
    return evolve(program, properties=tuple(named))


def small(program: Program) -> bool:
    """Whether everything can be searched in no time."""
    evaluator = Evaluator(program)
    seen = set(evaluator.initial())
    work = list(seen)
    while work and len(seen) < MOST_STATES:
        for outcome in evaluator.successors(work.pop()):
            if outcome.state is not None and outcome.state not in seen:
                seen.add(outcome.state)
                work.append(outcome.state)
    return len(seen) < MOST_STATES


PROVED = {
    "textbook/peterson.py": ("mutual_exclusion", "deadlock"),
    "textbook/philosophers_ordered.py": ("deadlock", "lock-use"),
    "textbook/bounded_buffer.py": ("conserved",),
    "checks/unlock_not_held_fixed.py": ("lock-use",),
    "checks/lock_twice_fixed.py": ("lock-use", "deadlock"),
    "checks/refcount_from_zero_fixed.py": ("refcount",),
    "checks/sleep_under_spinlock_fixed.py": ("sleep-in-atomic",),
    "checks/finish_holding_fixed.py": ("lock-use",),
}


@pytest.mark.parametrize("file", PROVED)
def test_what_must_be_proved(file: str) -> None:
    program = compile_model(str(ROOT / file))
    for name in PROVED[file]:
        assert proved(program, name).proof.verdict is ProofVerdict.PROVED, name


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "name"),
    [
        (str(ROOT / "textbook" / "filter_lock.py"), "mutual_exclusion"),
        ("stable_node_pins_page", "lock-use"),
        ("stable_node_pins_page", "refcount"),
    ],
)
def test_what_must_be_proved_with_many_lemmas(model: str, name: str) -> None:
    report = proved(compile_model(model), name, seconds=300)
    assert report.proof.verdict is ProofVerdict.PROVED


@pytest.mark.parametrize("name", ["peterson", "bounded_buffer"])
def test_facts_hold_in_every_reachable_state(name: str) -> None:
    program = compile_model(str(ROOT / "textbook" / f"{name}.py"))
    space = search(program)
    states = list(space.levels)
    transition = Transition(program)
    initial = [state for state in states if space.levels[state] == 0]
    # a sample that is much too small guesses wrongly, and what is kept is true all the same
    candidates = Guesser(transition, states[:25]).facts(pairs=True)
    facts = Houdini(transition, Clock(None), candidates).inductive()
    assert all(state in states for state in initial)
    assert len(facts) > 0
    for fact in facts:
        assert all(fact.holds(state) for state in states)


def command(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = run(["prove", *arguments, "--quiet"])
    return code, capsys.readouterr().out


def test_the_page_of_a_proof(capsys: pytest.CaptureFixture[str]) -> None:
    model = str(ROOT / "textbook" / "peterson.py")
    code, page = command(capsys, "--model", model, "--property", "mutual_exclusion")
    assert code == 0
    assert "peterson: PROVED\n  mutual_exclusion holds in every run" in page


def test_a_counterexample_is_written_and_replays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, trace = str(ROOT / "textbook" / "broken_mutex.py"), str(tmp_path / "trace.json")
    arguments = ("--model", model, "--property", "mutual_exclusion", "--trace-out", trace)
    code, page = command(capsys, *arguments)
    assert code == 1
    assert "broken_mutex: VIOLATED" in page
    assert run(["replay", trace]) == 1
    assert "REPRODUCES" in capsys.readouterr().out


def test_an_induction_that_fails_shows_two_states() -> None:
    program = compile_model(str(ROOT / "textbook" / "bounded_buffer.py"))
    subject = next(item for item in program.properties if item.name == "conserved")
    transition, initial = Transition(program), Evaluator(program).initial()
    goal = goal_of(transition, subject)
    found = Induction(transition, initial, Clock(None), []).prove(goal, 1, lambda _: None)
    assert found[:2] == (1, None)
    assert found[2] is not None
    proof = Proof(ProofVerdict.INCONCLUSIVE, 1, failure=found[2], reason="", looks_at=goal.cells)
    report = ProofReport(Model.of(program), "conserved", proof)
    page = proof_text(report)
    assert "it need not be reachable" in page
    assert " -> " in page
    record = json.loads(proof_json(report))
    assert (record["verdict"], record["k"]) == ("inconclusive", 1)
    assert set(record["failure"]["before"]) == set(record["failure"]["after"])
    assert record["failure"]["before"] != record["failure"]["after"]


def test_no_time_leaves_the_query(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = str(ROOT / "textbook" / "filter_lock.py")
    arguments = ("--model", model, "--property", "mutual_exclusion", "--time-limit", "0.001")
    code, page = command(capsys, *arguments)
    assert code == 3
    assert "the time limit was reached" in page
    assert "(check-sat)" in (tmp_path / "filter_lock-prove.smt2").read_text()


@pytest.mark.parametrize(
    ("name", "code"), [("mutual_exclusoin", "KSM554"), ("lock-order", "KSM555")]
)
def test_what_cannot_be_proved(name: str, code: str) -> None:
    program = compile_model(str(ROOT / "textbook" / "peterson.py"))
    with pytest.raises(UserError) as caught:
        proved(program, name)
    assert [item.code for item in caught.value.diagnostics] == [code]


def test_a_model_with_symbols_is_refused() -> None:
    shipped = sorted((ROOT.parent / "models").glob("*.py"))
    symbolic = [path for path in shipped if "Symbol" in path.read_text(encoding="utf-8")]
    for path in symbolic[:1]:
        with pytest.raises(UserError) as caught:
            proved(compile_model(str(path)), "refcount")
        assert [item.code for item in caught.value.diagnostics] == ["KSM556"]


@pytest.mark.parametrize("name", ["peterson", "bounded_buffer", "philosophers_ordered"])
def test_lemmas_hold_in_every_reachable_state(name: str) -> None:
    program = compile_model(str(ROOT / "textbook" / f"{name}.py"))
    evaluator, space = Evaluator(program), search(program)

    def after(state: State) -> list[State]:
        return [item.state for item in evaluator.successors(state) if item.state is not None]

    flow = Flow(Transition(program))
    # so few states that wrong lemmas are guessed, and have to be taken back
    sample = Sample.of(evaluator.initial(), after, flow.places, most=8, seconds=60)
    subjects: list[Subject] = [*program.properties, BuiltinCheck.LOCK_USE, BuiltinCheck.DEADLOCK]
    for subject in subjects:
        obligations = obligations_of(flow, subject)
        found = Strengthening(flow, sample, Clock(None), obligations, lambda _: False)
        assert found.run(lambda *_: None) is None
        certify(found, evaluator.initial(), Clock(None))
        assert found.lemmas.contradicted(list(space.levels)) == []


def test_a_lemma_that_does_not_hold_is_not_certified() -> None:
    program = compile_model(str(ROOT / "textbook" / "peterson.py"))
    evaluator, flow = Evaluator(program), Flow(Transition(program))
    sample = Sample.of(evaluator.initial(), lambda _: [], flow.places, most=1, seconds=60)
    found = Strengthening(flow, sample, Clock(None), [], lambda _: False)
    anchor = (flow.places[0], 1)
    found.lemmas.rows[anchor] = {(): {(): True}}  # nobody ever gets to location 1
    with pytest.raises(InternalError):
        certify(found, evaluator.initial(), Clock(None))
