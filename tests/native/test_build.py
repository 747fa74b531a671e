"""Compilers that are missing or fail, caches that cannot be used or lie: told, or built again."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from ksmcheck.backends.native.build import Toolchain, build
from ksmcheck.backends.native.compiler import Compiler, find_compiler
from ksmcheck.backends.native.object_cache import cache_directory
from ksmcheck.diagnostics import UserError
from ksmcheck.explore.native_engine import NativeEngine
from ksmcheck.explore.options import SearchOptions, StopReason
from tests.native.systems import counters

pytestmark = pytest.mark.skipif(find_compiler() is None, reason="no C compiler")

MODEL = counters(2, 5)


def toolchain(cache: Path, **more: object) -> Toolchain:
    compiler = find_compiler()
    assert compiler is not None
    return Toolchain(compiler, cache, **more)  # type: ignore[arg-type]


def search(engine: NativeEngine) -> StopReason:
    result = engine.search(MODEL, SearchOptions())
    assert (result.states, result.transitions) == (25, 50)
    return result.stop_reason


def script(folder: Path, text: str) -> str:
    """A compiler of our own."""
    path = folder / "own-cc"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_second_build_is_from_the_cache(tmp_path: Path) -> None:
    assert not build(MODEL, toolchain(tmp_path)).cached
    again = build(MODEL, toolchain(tmp_path))
    assert again.cached
    assert again.notices == ()
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".o", ".o", ".o", ".so"]


def test_the_runtime_is_compiled_once(tmp_path: Path) -> None:
    """Models whose states have one size share it; a damaged one is compiled again."""
    build(MODEL, toolchain(tmp_path))
    runtime = {path: path.read_bytes() for path in tmp_path.glob("*.o")}
    build(counters(2, 6), toolchain(tmp_path))
    assert {*tmp_path.glob("*.o")} == runtime.keys()
    assert len(list(tmp_path.glob("*.so"))) == 2
    for path, whole in runtime.items():
        path.write_bytes(whole[:-1])
    build(counters(2, 7), toolchain(tmp_path))
    assert {path: path.read_bytes() for path in tmp_path.glob("*.o")} == runtime


def test_another_program_is_another_object(tmp_path: Path) -> None:
    build(MODEL, toolchain(tmp_path))
    assert not build(counters(2, 6), toolchain(tmp_path)).cached
    assert not build(MODEL, toolchain(tmp_path, extra=("-O0",))).cached


@pytest.mark.parametrize("damage", ["empty", "cut", "changed"])
def test_corrupt_object_is_built_again(tmp_path: Path, damage: str) -> None:
    build(MODEL, toolchain(tmp_path))
    (place,) = tmp_path.glob("*.so")
    contents = place.read_bytes()
    middle = len(contents) // 2
    place.unlink()  # the loaded object keeps its own file
    place.write_bytes(
        {
            "empty": b"",
            "cut": contents[:middle],
            "changed": contents[:middle] + b"x" + contents[middle + 1 :],
        }[damage]
    )
    assert not build(MODEL, toolchain(tmp_path)).cached
    assert build(MODEL, toolchain(tmp_path)).cached
    assert search(NativeEngine(workers=1, cache=tmp_path)) is StopReason.EXHAUSTED


def test_cache_that_cannot_be_made(tmp_path: Path) -> None:
    """A file where the cache should be: works for every user, the superuser included."""
    blocked = tmp_path / "file"
    blocked.write_text("in the way", encoding="utf-8")
    told: list[str] = []
    engine = NativeEngine(workers=1, cache=blocked / "cache", tell=told.append)
    assert search(engine) is StopReason.EXHAUSTED
    (line,) = told
    assert "cannot be used" in line
    assert str(blocked) in line
    assert "\n" not in line


def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit in the cache is compiled elsewhere, and the user is told."""
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=0))
    told: list[str] = []
    engine = NativeEngine(workers=1, cache=tmp_path / "cache", tell=told.append)
    assert search(engine) is StopReason.EXHAUSTED
    (line,) = told
    assert "No space left" in line
    assert not list((tmp_path / "cache").iterdir())


def test_no_place_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way", encoding="utf-8")
    monkeypatch.setattr("tempfile.tempdir", str(blocked / "tmp"))
    with pytest.raises(UserError) as refused:
        build(MODEL, toolchain(blocked / "cache"))
    assert refused.value.diagnostics[0].code == "KSM543"


def test_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CC", raising=False)
    assert find_compiler() is None
    with pytest.raises(UserError) as refused:
        NativeEngine().search(MODEL, SearchOptions())
    assert refused.value.diagnostics[0].code == "KSM541"


def test_the_compiler_that_cc_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler -m64")
    assert find_compiler() is None
    with pytest.raises(UserError) as refused:
        NativeEngine().search(MODEL, SearchOptions())
    assert "CC is 'no-such-compiler -m64'" in refused.value.diagnostics[0].message
    monkeypatch.setenv("CC", f"{script(tmp_path, 'exit 0')} -m64")
    found = find_compiler()
    assert isinstance(found, Compiler)
    assert found.command[1:] == ("-m64",)


def test_compiler_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "; ".join(f"echo line {n} >&2" for n in range(30))
    monkeypatch.setenv("CC", script(tmp_path, f"{lines}; exit 1"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(UserError) as refused:
        NativeEngine(cache=tmp_path / "cache").search(MODEL, SearchOptions())
    (problem,) = refused.value.diagnostics
    assert problem.code == "KSM542"
    assert problem.notes[:2] == ("line 0", "line 1")
    assert len(problem.notes) < 12
    kept = Path(problem.notes[-1].rsplit(" ", 1)[-1])
    assert "ksm_expand" in kept.read_text(encoding="utf-8")
    assert not list((tmp_path / "cache").iterdir())


def test_compiler_that_says_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs several times, and all of them fail for the same reason: said once."""
    monkeypatch.setenv("CC", script(tmp_path, "echo out of order >&2; exit 1"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(UserError) as refused:
        build(MODEL, toolchain(tmp_path / "cache"))
    assert [note for note in refused.value.diagnostics[0].notes if "order" in note] == [
        "out of order"
    ]


def test_compiler_without_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the disk that is at fault, and nothing half written stays behind."""
    monkeypatch.setenv("CC", script(tmp_path, "echo 'x.s: No space left on device' >&2; exit 1"))
    aside = tmp_path / "aside"
    aside.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(aside))
    with pytest.raises(UserError) as refused:
        build(MODEL, toolchain(tmp_path / "cache"))
    (problem,) = refused.value.diagnostics
    assert problem.code == "KSM543"
    assert "No space left" in problem.message
    assert not list(aside.iterdir())


def test_compiler_that_makes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says that all is well, but there is no object."""
    monkeypatch.setenv("CC", script(tmp_path, "exit 0"))
    with pytest.raises(UserError) as refused:
        NativeEngine(cache=tmp_path / "cache").search(MODEL, SearchOptions())
    assert refused.value.diagnostics[0].code in ("KSM542", "KSM543")


def test_keep_generated(tmp_path: Path) -> None:
    """What is kept compiles by itself, and names the model's own lines."""
    keep = tmp_path / "kept"
    build(MODEL, toolchain(tmp_path / "cache", keep=keep))
    assert '#line 1 "model.py"' in (keep / "model.c").read_text(encoding="utf-8")
    assert os.system(f"cd '{keep}' && sh compile.sh") == 0
    assert (keep / "model.so").exists()


def test_cache_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_directory() == tmp_path / "ksmcheck"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # to be ignored, says the standard
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_directory() == tmp_path / "home" / ".cache" / "ksmcheck"
