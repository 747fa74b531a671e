"""From C to a loaded object: the system's compiler, and a cache that is never trusted.

An object's name in the cache holds the digest of everything that went into it and the checksum of
the object itself: a damaged one does not match its name and is built again. Objects appear under
their name by an atomic rename, so that runs side by side cannot see half of one.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import platform
import tempfile
import time
from pathlib import Path

from attrs import evolve, field, frozen

from ksmcheck import analysis
from ksmcheck.backends.native.compiler import Compiler, compile_object, keep_sources
from ksmcheck.backends.native.generate import generate
from ksmcheck.backends.native.layout import Layout, lay_out
from ksmcheck.backends.native.library import Library
from ksmcheck.diagnostics import Diagnostic, UserError
from ksmcheck.ir.program import Program


@frozen
class Build:
    """A loaded model. ``seconds`` is what all of it took; ``notices`` are for the user to see."""

    library: Library
    cached: bool
    seconds: float
    notices: tuple[str, ...] = ()


@frozen
class Toolchain:
    """Where to build. ``cache`` None means the user's cache directory.

    ``extra`` are further flags (sanitizers, for instance); ``keep`` is a folder that gets the
    generated C and what it needs; ``runtime`` has the runtime's sources.
    """

    compiler: Compiler
    cache: Path | None = None
    extra: tuple[str, ...] = ()
    keep: Path | None = None
    runtime: Path = field(default=Path(__file__).parent)


def cache_directory() -> Path:
    """Where objects are kept between runs."""
    root = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(root) if os.path.isabs(root) else Path.home() / ".cache"
    return base / "ksmcheck"


def build(program: Program, toolchain: Toolchain, *, reduced: bool = False) -> Build:
    """Compile and load, or load from the cache. UserError when the compiler fails.

    ``reduced``: with stubborn sets.
    """
    started = time.perf_counter()
    layout = evolve(lay_out(program), reduced=reduced)
    if toolchain.keep is not None:
        _keep(layout, toolchain, toolchain.keep)
    cache = toolchain.cache or cache_directory()
    digest = _digest(program, toolchain, reduced=reduced)
    found = _lookup(cache, digest)
    if found is not None:
        try:
            return Build(Library(found, layout), True, time.perf_counter() - started)
        except (OSError, AttributeError):
            pass  # for another machine, or damaged in a way that its name hides: build again
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix="build-") as folder:
            built = _compile(layout, toolchain, Path(folder))
            library = Library(_publish(built, cache, digest), layout)
        return Build(library, False, time.perf_counter() - started)
    except OSError as error:
        notice = f"cache {cache} cannot be used ({error.strerror}): compiling without it"
        return _build_aside(layout, toolchain, notice, started)


def _build_aside(layout: Layout, toolchain: Toolchain, notice: str, started: float) -> Build:
    """Compile in a temporary directory, which can go as soon as the object is loaded."""
    try:
        with tempfile.TemporaryDirectory(prefix="ksmcheck-") as folder:
            library = Library(_compile(layout, toolchain, Path(folder)), layout)
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


def program_digest(program: Program) -> bytes:
    """32 bytes that tell ``program`` from every other."""
    return hashlib.sha256(pickle.dumps(program, protocol=5)).digest()


def _digest(program: Program, toolchain: Toolchain, *, reduced: bool) -> str:
    """What the object depends on: the program, this package, the compiler and its flags."""
    total = hashlib.sha256(program_digest(program))
    if reduced:
        for path in sorted(Path(analysis.__file__).parent.glob("*.py")):
            total.update(path.read_bytes())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        total.update(path.read_bytes())
    for path in sorted(toolchain.runtime.glob("*.[ch]")):
        total.update(path.read_bytes())
    total.update("\0".join([toolchain.compiler.version, platform.machine()]).encode())
    total.update("\0".join(toolchain.extra).encode())
    return total.hexdigest()[:32]


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


def _compile(layout: Layout, toolchain: Toolchain, folder: Path) -> Path:
    return compile_object(
        toolchain.compiler,
        toolchain.extra,
        toolchain.runtime,
        layout,
        lambda: generate(layout),
        folder,
    )


def _keep(layout: Layout, toolchain: Toolchain, folder: Path) -> None:
    try:
        keep_sources(toolchain.compiler, toolchain.runtime, layout, generate(layout), folder)
    except OSError as error:
        raise UserError(
            [Diagnostic("KSM544", f"cannot keep the generated C in '{folder}': {error.strerror}")]
        ) from error
