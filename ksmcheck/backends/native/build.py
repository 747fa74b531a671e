"""From C to a loaded object: the system's compiler, and a cache that is never trusted.

An object's name in the cache holds the digest of everything that went into it and the checksum of
the object itself: a damaged one does not match its name and is built again. Objects appear under
their name by an atomic rename, so that runs side by side cannot see half of one.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from attrs import field, frozen

from ksmcheck.backends.native.generate import Generated
from ksmcheck.backends.native.library import Library
from ksmcheck.diagnostics import Diagnostic, UserError

SOURCES = ("runtime.c", "lifecycle.c", "automaton.c", "checkpoint.c")
HEADERS = ("runtime.h", "search.h", "visited.h", "memory.h")
FLAGS = ("-std=gnu11", "-O2", "-fPIC", "-shared", "-pthread", "-w")

# The first lines of what a failing compiler says usually tell all.
SHOWN_LINES = 8


@frozen
class Compiler:
    """A C compiler: its command, and what tells it from other versions of itself."""

    command: tuple[str, ...]
    version: str


@frozen
class Build:
    """A loaded model. ``notices`` are lines that the user should see."""

    library: Library
    cached: bool
    seconds: float
    notices: tuple[str, ...] = ()


@frozen
class Toolchain:
    """Where to build. ``cache`` None means the user's cache directory.

    ``extra`` are further flags (sanitizers, for instance); ``keep`` is a folder that gets the
    generated C and what it needs.
    """

    compiler: Compiler
    cache: Path | None = None
    extra: tuple[str, ...] = ()
    keep: Path | None = None
    runtime: Path = field(default=Path(__file__).parent)


def find_compiler() -> Compiler | None:
    """The compiler that $CC names, or the system's; None when there is none."""
    wanted = os.environ.get("CC", "")
    for candidate in [wanted] if wanted else ["cc", "gcc", "clang"]:
        command = shlex.split(candidate)
        path = shutil.which(command[0]) if command else None
        if path is not None:
            real = Path(path).resolve()
            stamp = real.stat()
            return Compiler(
                (path, *command[1:]), f"{real.name} {stamp.st_size} {stamp.st_mtime_ns}"
            )
    return None


def cache_directory() -> Path:
    """Where objects are kept between runs."""
    root = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(root) if os.path.isabs(root) else Path.home() / ".cache"
    return base / "ksmcheck"


def build(generated: Generated, toolchain: Toolchain) -> Build:
    """Compile and load, or load from the cache. UserError when the compiler fails."""
    started = time.perf_counter()
    if toolchain.keep is not None:
        _keep(generated, toolchain, toolchain.keep)
    digest = _digest(generated, toolchain)
    cache = toolchain.cache or cache_directory()
    found = _lookup(cache, digest)
    if found is not None:
        try:
            return Build(Library(found, generated), True, time.perf_counter() - started)
        except (OSError, AttributeError):
            pass  # for another machine, or damaged in a way that its name hides: build again
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix="build-") as folder:
            built = _compile(generated, toolchain, Path(folder))
            library = Library(_publish(built, cache, digest), generated)
        return Build(library, False, time.perf_counter() - started)
    except OSError as error:
        notice = f"cache {cache} cannot be used ({error.strerror}): compiling without it"
        return _build_aside(generated, toolchain, notice, started)


def _build_aside(
    generated: Generated, toolchain: Toolchain, notice: str, started: float
) -> Build:
    """Compile in a temporary directory, which can go as soon as the object is loaded."""
    try:
        with tempfile.TemporaryDirectory(prefix="ksmcheck-") as folder:
            library = Library(_compile(generated, toolchain, Path(folder)), generated)
    except OSError as error:
        raise UserError(
            [
                Diagnostic(
                    "KSM543",
                    f"the model cannot be compiled: {error}",
                    notes=(notice,),
                    hint="free some disk space, set XDG_CACHE_HOME, or use --engine python",
                )
            ]
        ) from error
    return Build(library, False, time.perf_counter() - started, (notice,))


def _digest(generated: Generated, toolchain: Toolchain) -> str:
    parts = [generated.text, toolchain.compiler.version, platform.machine()]
    parts += [*FLAGS, *generated.definitions, *toolchain.extra]
    parts += [
        (toolchain.runtime / name).read_text(encoding="utf-8") for name in (*SOURCES, *HEADERS)
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:32]


def _lookup(cache: Path, digest: str) -> Path | None:
    """The object in the cache, if it is what its name says; damaged ones are removed."""
    try:
        for path in sorted(cache.glob(f"{digest}-*.so")):
            if path.stem == f"{digest}-{_checksum(path)}":
                return path
            path.unlink()
    except OSError:
        pass  # an unreadable cache is no cache
    return None


def _publish(built: Path, cache: Path, digest: str) -> Path:
    place = cache / f"{digest}-{_checksum(built)}.so"
    os.replace(built, place)
    return place


def command_line(generated: Generated, toolchain: Toolchain, model: Path, out: Path) -> list[str]:
    """The compiler's command."""
    sources = [str(toolchain.runtime / name) for name in SOURCES]
    return [
        *toolchain.compiler.command,
        *FLAGS,
        *toolchain.extra,
        *generated.definitions,
        f"-I{toolchain.runtime}",
        "-o",
        str(out),
        str(model),
        *sources,
    ]


def _compile(generated: Generated, toolchain: Toolchain, folder: Path) -> Path:
    model, out = folder / "model.c", folder / "model.so"
    model.write_text(generated.text, encoding="utf-8")
    command = command_line(generated, toolchain, model, out)
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode != 0:
        raise _compiler_failed(generated, done.stderr, toolchain)
    return out


def _compiler_failed(generated: Generated, said: str, toolchain: Toolchain) -> UserError:
    notes = tuple(line for line in said.splitlines() if line.strip())[:SHOWN_LINES]
    kept = _leave(generated, toolchain)
    return UserError(
        [
            Diagnostic(
                "KSM542",
                f"the C compiler '{shlex.join(toolchain.compiler.command)}' failed",
                notes=(*notes, *([f"the C file is kept as {kept}"] if kept else [])),
                hint="set CC to another compiler, or use --engine python",
            )
        ]
    )


def _leave(generated: Generated, toolchain: Toolchain) -> Path | None:
    """Put the C file where the user can look at it."""
    if toolchain.keep is not None:
        return toolchain.keep / "model.c"
    try:
        folder = Path(tempfile.mkdtemp(prefix="ksmcheck-failed-"))
        _keep(generated, toolchain, folder)
    except OSError:
        return None
    return folder / "model.c"


def _keep(generated: Generated, toolchain: Toolchain, folder: Path) -> None:
    """Leave the generated C in ``folder``, with the runtime and the command that compiles it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "model.c").write_text(generated.text, encoding="utf-8")
        for name in (*SOURCES, *HEADERS):
            shutil.copyfile(toolchain.runtime / name, folder / name)
        command = [*toolchain.compiler.command[:1], *FLAGS, *generated.definitions]
        script = shlex.join([Path(command[0]).name, *command[1:], "-o", "model.so"])
        (folder / "compile.sh").write_text(f"{script} model.c {' '.join(SOURCES)}\n", "utf-8")
    except OSError as error:
        raise UserError(
            [Diagnostic("KSM544", f"cannot keep the generated C in '{folder}': {error.strerror}")]
        ) from error
