"""The C runtime alone, and generated models, under the compiler's sanitizers."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import ksmcheck.backends.native
from ksmcheck.backends.native.compiler import find_compiler
from ksmcheck.backends.native.generate import definitions, generate
from ksmcheck.backends.native.layout import lay_out
from ksmcheck.ir.program import Program
from tests.backends import programs

pytestmark = pytest.mark.skipif(find_compiler() is None, reason="no C compiler")

SANITIZERS = (
    "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
)  # fmt: skip
WARNINGS = ("-Wall", "-Wextra", "-Werror")

# Runs a search to its end, to be linked with a generated model.
MAIN = """
#include "runtime.h"
#include <stdio.h>
int main(void)
{
    ksm_options options = {.max_states = UINT64_MAX, .max_depth = UINT64_MAX,
                           .memory_limit = (uint64_t)512 << 20, .workers = 2, .all = 1};
    ksm_search *search = ksm_open(&options);
    uint32_t reason = ksm_run(search);
    ksm_counters now;
    ksm_read_counters(search, &now);
    printf("%u %llu\\n", reason, (unsigned long long)now.states);
    ksm_close(search);
    return 0;
}
"""


def runtime_folder() -> Path:
    """Where the package keeps its C."""
    return Path(ksmcheck.backends.native.__file__).parent


def compile_and_run(folder: Path, flags: tuple[str, ...], *sources: str) -> str:
    compiler = find_compiler()
    assert compiler is not None
    runtime = runtime_folder()
    command = [
        *compiler.command, "-std=gnu11", "-pthread", *flags, f"-I{runtime}", "-o", "program",
        *sources, str(runtime / "unit.c"),
    ]  # fmt: skip
    built = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    done = subprocess.run(
        ["./program"], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("words", [(1, 8), (2, 12), (3, 24)])
def test_runtime_alone(tmp_path: Path, words: tuple[int, int]) -> None:
    flags = (f"-DKSM_WORDS={words[0]}", f"-DKSM_BYTES={words[1]}", *WARNINGS)
    source = Path(__file__).parent / "runtime_alone.c"
    assert compile_and_run(tmp_path, (*SANITIZERS, *flags), str(source)) == "0 failures\n"
    assert compile_and_run(tmp_path, ("-O2", *flags), str(source)) == "0 failures\n"


@pytest.mark.parametrize("make", programs.ALL, ids=lambda make: make.__name__)
def test_generated_models(tmp_path: Path, make: Callable[[], Program]) -> None:
    layout = lay_out(make())
    (tmp_path / "model.c").write_text(generate(layout), encoding="utf-8")
    (tmp_path / "main.c").write_text(MAIN, encoding="utf-8")
    flags = (*SANITIZERS, *definitions(layout), "-w")
    assert compile_and_run(tmp_path, flags, "model.c", "main.c")
