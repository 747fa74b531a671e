"""The system's C compiler: finding it, running it in parts side by side, telling why it failed."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from attrs import frozen

from ksmcheck.backends.native.generate import Generated, definitions
from ksmcheck.backends.native.layout import Layout
from ksmcheck.diagnostics import Diagnostic, UserError

RUNTIME = "unit.c"
MODEL = "model.c"
SHARED = ("-std=gnu11", "-fPIC", "-fvisibility=hidden", "-pthread", "-w")

# The search spends its time in the runtime, waiting for memory. More optimisation of the model's
# steps was measured to gain nothing, and to take three times as long.
RUNTIME_LEVEL = "-O2"
MODEL_LEVEL = "-O1"

# The first lines of what a failing compiler says usually tell all.
SHOWN_LINES = 8


@frozen
class Compiler:
    """A C compiler: its command, and what tells it from other versions of itself."""

    command: tuple[str, ...]
    version: str


def find_compiler() -> Compiler | None:
    """The compiler that $CC names, or the system's; None when there is none."""
    wanted = os.environ.get("CC", "")
    for candidate in [wanted] if wanted else ["cc", "gcc", "clang"]:
        command = shlex.split(candidate)
        path = shutil.which(command[0]) if command else None
        if path is not None:
            real = Path(path).resolve()
            stamp = real.stat()
            version = f"{real.name} {stamp.st_size} {stamp.st_mtime_ns} {command[1:]}"
            return Compiler((path, *command[1:]), version)
    return None


@frozen
class _Job:
    """One run of the compiler."""

    process: subprocess.Popen[str]
    result: Path

    def finish(self) -> str:
        """What it said, when it failed."""
        _, said = self.process.communicate()
        return said or "it said nothing" if self.process.returncode else ""


def compile_object(
    compiler: Compiler,
    extra: tuple[str, ...],
    runtime: Path,
    layout: Layout,
    generated: Callable[[], Generated],
    folder: Path,
) -> Path:
    """A shared object in ``folder``. The runtime is compiled while the model is generated."""
    flags = (*compiler.command, *SHARED, *definitions(layout), f"-I{runtime}")
    optional = (*extra, "-c", "-o")
    out = folder / "runtime.o"
    source = str(runtime / RUNTIME)
    jobs = [_start((*flags, RUNTIME_LEVEL, *optional, str(out), source), out)]
    try:
        model = generated()
        (folder / MODEL).write_text(model.text, encoding="utf-8")
        for part in range(model.parts):
            out = folder / f"part{part}.o"
            own = (f"-DKSM_PART={part}",) if model.parts > 1 else ()
            command = (*flags, MODEL_LEVEL, *own, *optional, str(out), str(folder / MODEL))
            jobs.append(_start(command, out))
    finally:
        said = [job.finish() for job in jobs]
    if not any(said):
        out = folder / "model.so"
        objects = tuple(str(job.result) for job in jobs)
        link = (*flags, *extra, "-shared", "-o", str(out), *objects)
        said = [_start(link, out).finish()]
    if any(said):
        raise _failed(compiler, "".join(said), runtime, layout, model)
    return out


def _start(command: tuple[str, ...], result: Path) -> _Job:
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True, errors="replace", cwd=result.parent,
    )  # fmt: skip
    return _Job(process, result)


def _failed(
    compiler: Compiler, said: str, runtime: Path, layout: Layout, model: Generated
) -> UserError:
    notes = tuple(line for line in said.splitlines() if line.strip())[:SHOWN_LINES]
    try:
        folder = Path(tempfile.mkdtemp(prefix="ksmcheck-failed-"))
        keep_sources(compiler, runtime, layout, model, folder)
        notes = (*notes, f"the C file is kept as {folder / MODEL}")
    except OSError:
        pass  # a full disk is what made it fail, perhaps
    return UserError(
        [
            Diagnostic(
                "KSM542",
                f"the C compiler '{shlex.join(compiler.command)}' failed",
                notes=notes,
                hint="set CC to another compiler, or use --engine python",
            )
        ]
    )


def keep_sources(
    compiler: Compiler, runtime: Path, layout: Layout, model: Generated, folder: Path
) -> None:
    """Leave the C in ``folder``: the model's, the runtime's, and the command to compile both."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL).write_text(model.text, encoding="utf-8")
    for path in sorted(runtime.glob("*.[ch]")):
        shutil.copyfile(path, folder / path.name)
    command = (Path(compiler.command[0]).name, *SHARED, RUNTIME_LEVEL, *definitions(layout))
    script = shlex.join([*command, "-shared", "-o", "model.so", MODEL, RUNTIME])
    (folder / "compile.sh").write_text(script + "\n", encoding="utf-8")
