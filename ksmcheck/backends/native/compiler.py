"""The system's C compiler: finding it, running it in parts side by side, telling why it failed.

NOTE(compile-time). The wait for the compiler is the wait of the user, so: a part of the model is
compiled while the next one is generated; the runtime, which depends on the size of a state alone,
is compiled once for all models of that size and kept, and what of it is not run for every state is
optimised less; and the successor functions of big models are optimised with -Og, because the search
spends its time in the runtime, waiting for memory: -O1 was measured to be 4 % faster on them, -O2
no faster than -O1, and they take half as long again and three times as long to compile. Those of
small models are 6 % faster with -O2 than with -O1, and take less than 0.1 s more.
"""

from __future__ import annotations

import errno
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from ksmcheck.backends.native.generate import definitions, generate, generate_parts
from ksmcheck.backends.native.layout import Layout
from ksmcheck.diagnostics import Diagnostic, UserError

MODEL = "model.c"
MODEL_OBJECT = "model.so"
WHOLE_RUNTIME = "unit.c"
SHARED = ("-std=gnu11", "-fPIC", "-fvisibility=hidden", "-pthread", "-w")

# The runtime's files with their levels; a search spends its time in the first, and in the second
# when it has stubborn sets.
RUNTIME = (("runtime.c", "-O2"), ("stubborn.c", "-O2"), ("seldom.c", "-O1"))

# Models with more locations are not small, parts of them with more lines are large.
SMALL_MODEL = 250
SMALL_PART = 2000
SMALL_LEVEL, LEVEL, LARGE_LEVEL = "-O2", "-O1", "-Og"

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


@frozen
class Compilation:
    """What to compile, and with what.

    ``runtime`` is the folder with the runtime's sources, ``extra`` are further flags.
    """

    compiler: Compiler
    layout: Layout
    runtime: Path
    extra: tuple[str, ...] = ()

    @property
    def flags(self) -> tuple[str, ...]:
        """The beginning of every command."""
        own = (*SHARED, *definitions(self.layout), f"-I{self.runtime}")
        return (*self.compiler.command, *own, *self.extra)

    def level(self, part: str) -> str:
        """How to optimise a part of the model."""
        if sum(actor.done for actor in self.layout.program.actors) <= SMALL_MODEL:
            return SMALL_LEVEL
        return LEVEL if part.count("\n") <= SMALL_PART else LARGE_LEVEL

    def compile(self, source: Path, level: str, out: Path) -> _Job:
        """Start the compiler on one file."""
        return _start((*self.flags, level, "-c", "-o", str(out), str(source)), out)


def object_of(folder: Path, file: str) -> Path:
    """Where the object of one of the runtime's files is put."""
    return (folder / file).with_suffix(".o")


def compile_object(task: Compilation, known: Mapping[str, Path], folder: Path) -> Path:
    """A shared object in ``folder``, MODEL_OBJECT.

    ``known`` are objects of the runtime's files; what is missing is compiled beside the model, and
    left in ``folder``.
    """
    jobs = [
        task.compile(task.runtime / file, level, object_of(folder, file))
        for file, level in RUNTIME
        if file not in known
    ]
    try:
        for number, text in enumerate(generate_parts(task.layout)):
            source = folder / f"part{number}.c"
            source.write_text(text, encoding="utf-8")
            jobs.append(task.compile(source, task.level(text), source.with_suffix(".o")))
    finally:
        said = [job.finish() for job in jobs]
    out = folder / MODEL_OBJECT
    if not any(said):
        objects = [*(job.result for job in jobs), *known.values()]
        link = (*task.flags, "-shared", "-o", str(out), *map(str, objects))
        said = [_start(link, out).finish()]
    if any(said):
        raise _failed(task, next(filter(None, said)))
    return out


def _start(command: tuple[str, ...], result: Path) -> _Job:
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True, errors="replace", cwd=result.parent,
    )  # fmt: skip
    return _Job(process, result)


def _failed(task: Compilation, said: str) -> UserError | OSError:
    """What to raise when the compiler said this; an OSError when it had no room."""
    if os.strerror(errno.ENOSPC) in said:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    notes = tuple(line for line in said.splitlines() if line.strip())[:SHOWN_LINES]
    try:
        folder = Path(tempfile.mkdtemp(prefix="ksmcheck-failed-"))
    except OSError:
        folder = None
    if folder is not None:
        try:
            keep_sources(task, folder)
            notes = (*notes, f"the C file is kept as {folder / MODEL}")
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
    return UserError(
        [
            Diagnostic(
                "KSM542",
                f"the C compiler '{shlex.join(task.compiler.command)}' failed",
                notes=notes,
                hint="set CC to another compiler, or use --engine python",
            )
        ]
    )


def keep_sources(task: Compilation, folder: Path) -> None:
    """Leave the C in ``folder``: the model's, the runtime's, and the command to compile both."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL).write_text(generate(task.layout), encoding="utf-8")
    for path in sorted(task.runtime.glob("*.[ch]")):
        shutil.copyfile(path, folder / path.name)
    name = Path(task.compiler.command[0]).name
    command = (name, *SHARED, "-O2", *definitions(task.layout))
    script = shlex.join([*command, "-shared", "-o", MODEL_OBJECT, MODEL, WHOLE_RUNTIME])
    (folder / "compile.sh").write_text(script + "\n", encoding="utf-8")
