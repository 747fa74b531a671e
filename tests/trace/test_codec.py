"""Trace files: what is written is read back; what is no trace is refused with place and hint."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ksmcheck.diagnostics import UserError, render
from ksmcheck.trace.codec import decode, encode, load, save
from ksmcheck.trace.files import require_writable
from ksmcheck.trace.record import record
from ksmcheck.trace.records import Trace
from tests.trace.tiny_model import FINDINGS, model_of


def trace_of(name: str) -> Trace:
    model = model_of(name)
    return record(model, FINDINGS[name](model))


def changed(key: str, value: object) -> str:
    """A good trace file with one key replaced."""
    content = json.loads(encode(trace_of("lost")))
    return json.dumps({**content, key: value})


def without(key: str) -> str:
    content = json.loads(encode(trace_of("lost")))
    del content[key]
    return json.dumps(content)


def with_step(**keys: object) -> str:
    """A good trace file whose third step is changed."""
    content = json.loads(encode(trace_of("lost")))
    content["steps"][2].update(keys)
    return json.dumps(content)


BAD: dict[str, Callable[[], str]] = {
    "empty": lambda: "",
    "not_json": lambda: "once upon a time",
    "truncated": lambda: encode(trace_of("lost"))[:900],
    "truncated_in_string": lambda: '{"schema": 1, "model": "ti',
    "not_an_object": lambda: "[1, 2]",
    "not_a_trace": lambda: '{"name": "something else"}',
    "other_schema": lambda: changed("schema", 7),
    "schema_of_another_type": lambda: changed("schema", "1"),
    "missing_key": lambda: without("steps"),
    "unknown_key": lambda: changed("colour", "green"),
    "mistyped_key": lambda: changed("parameters", {"increments": "one"}),
    "list_expected": lambda: changed("actors", "AB"),
    "several_faults": lambda: with_step(line="12", actor=None, changes=[3]),
    "unknown_kind": lambda: with_step(
        changes=[
            {
                "name": "x",
                "kind": "private",
                "before": "0",
                "after": "1",
                "raw_before": 0,
                "raw_after": 1,
            }
        ]
    ),
}


@pytest.mark.parametrize("name", FINDINGS)
def test_round_trip(name: str, tmp_path: Path) -> None:
    trace = trace_of(name)
    file = tmp_path / "trace.json"
    save(trace, file)
    assert load(file) == trace
    assert [path.name for path in tmp_path.iterdir()] == ["trace.json"], "nothing half-written"


def test_one_step_is_one_line() -> None:
    trace = trace_of("lost")
    lines = [line for line in encode(trace).splitlines() if line.startswith(' {"actor"')]
    assert len(lines) == len(trace.steps)


@pytest.mark.parametrize("name", BAD)
def test_bad_files(name: str, golden: Callable[[str, str], None]) -> None:
    with pytest.raises(UserError) as caught:
        decode(BAD[name](), "race.json")
    error = caught.value
    text = "\n".join(render(item, error.sources) for item in error.diagnostics)
    golden(f"bad_{name}.txt", text + "\n")


def test_a_missing_file_and_a_binary_one(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        load(tmp_path / "none.json")
    assert caught.value.diagnostics[0].code == "KSM521"
    binary = tmp_path / "binary.json"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError) as caught:
        load(binary)
    assert caught.value.diagnostics[0].code == "KSM522"


def test_places_that_cannot_be_written_to(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none" / "trace.json"):
        with pytest.raises(UserError) as caught:
            require_writable(path)
        assert caught.value.diagnostics[0].code == "KSM527"
    require_writable(tmp_path / "trace.json")


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    folder = tmp_path / "trace.json"
    (folder / "inside").mkdir(parents=True)
    with pytest.raises(UserError):
        save(trace_of("lost"), folder)
    assert [path.name for path in tmp_path.iterdir()] == ["trace.json"]


def test_a_caret_in_a_long_line_is_seen() -> None:
    with pytest.raises(UserError) as caught:
        decode('{"a": "' + "word " * 200, "t.json")
    first, line, caret, *_ = render(caught.value.diagnostics[0], caught.value.sources).splitlines()
    assert "KSM523" in first
    assert len(line) < 160
    assert caret.index("^") <= len(line)


def test_a_caret_in_the_middle_of_a_long_line() -> None:
    text = '{"a": [' + "1, " * 200 + "x, " + "2, " * 200 + "3]}"
    with pytest.raises(UserError) as caught:
        decode(text, "t.json")
    _, line, caret, *_ = render(caught.value.diagnostics[0], caught.value.sources).splitlines()
    assert line[caret.index("^")] == "x"
    assert " | ... " in line
    assert line.endswith(" ...")
