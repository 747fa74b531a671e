"""`ksmcheck record`: a trace whose model has changed is recorded again, or said to be gone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from attrs import evolve

from ksmcheck.cli.main import run
from ksmcheck.trace.codec import load, save
from tests.cli.command import ROOT

SOURCE = ROOT / "tests" / "cli" / "models" / "lost_update.py"


@pytest.fixture
def recorded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[Path, Path]:
    """A model of one's own and a trace of it."""
    model, trace = tmp_path / "lost_update.py", tmp_path / "lost.json"
    shutil.copy(SOURCE, model)
    arguments = ["explore", "--model", str(model), "--trace-out", str(trace)]
    assert run([*arguments, "--engine", "python", "--quiet"]) == 1
    capsys.readouterr()
    return model, trace


def record(trace: Path) -> int:
    return run(["record", str(trace), "--engine", "python", "--quiet"])


def test_a_trace_that_fits_is_left_alone(
    recorded: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    _, trace = recorded
    before = trace.stat().st_mtime_ns
    assert record(trace) == 0
    assert capsys.readouterr().out == f"{trace}: fits\n"
    assert trace.stat().st_mtime_ns == before


def test_a_trace_of_a_changed_model_is_recorded_again(
    recorded: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    model, trace = recorded
    before = load(trace)
    model.write_text(model.read_text().replace("MOST: Final = 6", "MOST: Final = 7"))
    assert run(["replay", str(trace)]) == 1
    assert "another version" in capsys.readouterr().out
    assert record(trace) == 0
    assert capsys.readouterr().out == (
        f"{trace}: recorded again ({len(before.steps)} steps, as before)\n"
    )
    after = load(trace)
    assert after.digest != before.digest
    assert evolve(after, digest=before.digest).violation.name == before.violation.name
    assert run(["replay", str(trace)]) == 1
    assert "another version" not in capsys.readouterr().out


def test_another_length_is_said(
    recorded: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    _, trace = recorded
    before = load(trace)
    save(evolve(before, digest="0" * 64, steps=before.steps[:-1]), trace)
    assert record(trace) == 1
    assert "recorded again, with another length" in capsys.readouterr().out
    assert load(trace) == before


def test_what_is_not_violated_any_more_is_left_alone(
    recorded: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    _, trace = recorded
    fixed = evolve(load(trace), digest="0" * 64, added=("count-lock",))
    save(fixed, trace)
    assert run(["record", str(trace), "--engine", "python", "--quiet", "--json"]) == 1
    (result,) = json.loads(capsys.readouterr().out)["results"]
    assert (result["file"], result["status"]) == (str(trace), "gone")
    assert load(trace) == fixed


def test_a_patch_that_the_models_learnt_since_is_in_its_kernel(
    recorded: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """`replay` takes exactly the patches of then, `record` those of the kernel as it is now."""
    model, trace = recorded
    before = load(trace)
    assert (before.added, before.removed) == ((), ())
    model.write_text(model.read_text().replace("v2.6.36", "v2.6.30"))
    assert run(["replay", str(trace)]) == 1
    assert "another version" not in capsys.readouterr().out
    assert record(trace) == 1
    assert "not violated any more" in capsys.readouterr().out
    save(evolve(before, removed=("count-lock",)), trace)
    assert record(trace) == 0
    save(evolve(before, added=None, removed=None), trace)
    assert record(trace) == 0


def test_patches_are_kept_as_they_differ_from_the_kernel(tmp_path: Path) -> None:
    trace = tmp_path / "lost.json"
    arguments = ["explore", "--model", str(SOURCE), "--trace-out", str(trace), "--quiet"]
    assert run([*arguments, "--kernel", "v2.6.36", "--without", "count-lock"]) == 1
    found = load(trace)
    assert (found.patches, found.added, found.removed) == (("old-cleanup",), (), ("count-lock",))


def test_a_limit_leaves_the_file_alone(recorded: tuple[Path, Path]) -> None:
    _, trace = recorded
    old = evolve(load(trace), digest="0" * 64)
    save(old, trace)
    arguments = ["record", str(trace), "--engine", "python", "--quiet"]
    assert run([*arguments, "--time-limit", "0.000001"]) == 3
    assert load(trace) == old


def test_a_deeper_violation_is_found_behind_another_one(
    recorded: tuple[Path, Path], tmp_path: Path
) -> None:
    """The first violation is a shallow assertion; the trace is of the property behind it."""
    model, trace = recorded
    before = load(trace)
    model.write_text(
        model.read_text().replace(
            "scenario(",
            "@actor(daemon=True)\ndef wrong() -> None:\n    assert False\n\n\nscenario(",
            1,
        )
    )
    assert record(trace) == 0
    after = load(trace)
    assert after.violation.name == before.violation.name
    assert len(after.steps) == len(before.steps)


def test_what_is_no_trace_is_refused_before_anything_is_searched(
    recorded: tuple[Path, Path], tmp_path: Path
) -> None:
    _, trace = recorded
    old = evolve(load(trace), digest="0" * 64)
    save(old, trace)
    assert run(["record", str(trace), str(tmp_path / "missing.json")]) == 2
    assert load(trace) == old
