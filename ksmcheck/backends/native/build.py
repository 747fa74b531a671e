"""From a program to a loaded object: compiled, or found in the cache."""

from __future__ import annotations

import hashlib
import pickle
import platform
import tempfile
import time
from pathlib import Path

from attrs import evolve, field, frozen

from ksmcheck import analysis
from ksmcheck.analysis.local_states import LocalStates
from ksmcheck.analysis.symmetry.canonical import Canonical
from ksmcheck.backends.native.compiler import (
    RUNTIME,
    SHARED,
    Compilation,
    Compiler,
    compile_object,
    keep_sources,
    object_of,
)
from ksmcheck.backends.native.generate import definitions
from ksmcheck.backends.native.layout import lay_out
from ksmcheck.backends.native.library import Library
from ksmcheck.backends.native.object_cache import ObjectCache, cache_directory
from ksmcheck.diagnostics import Diagnostic, UserError
from ksmcheck.ir.collector import collector_paused
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


def build(
    program: Program,
    toolchain: Toolchain,
    canonical: Canonical | None = None,
    states: LocalStates | None = None,
) -> Build:
    """Compile and load, or load from the cache. UserError when the compiler fails.

    ``states``: with stubborn sets, whose tables are for these. ``canonical``: see Layout.
    """
    started = time.perf_counter()
    with collector_paused():
        layout = evolve(lay_out(program, canonical), local_states=states)
    task = Compilation(toolchain.compiler, layout, toolchain.runtime, toolchain.extra)
    if toolchain.keep is not None:
        _keep(task, toolchain.keep)
    cache = ObjectCache(toolchain.cache or cache_directory())
    digest = _digest(program, toolchain, canonical, states)
    found = cache.find(digest, ".so")
    if found is not None:
        try:
            return Build(Library(found, layout), True, time.perf_counter() - started)
        except (OSError, AttributeError):
            pass  # for another machine, or damaged in a way that its name hides: build again
    try:
        library = _build_in(cache, task, digest)
    except OSError as error:
        notice = f"cache {cache.folder} cannot be used ({error.strerror}): compiling without it"
        return _build_aside(task, notice, started)
    return Build(library, False, time.perf_counter() - started)


def _build_in(cache: ObjectCache, task: Compilation, digest: str) -> Library:
    """Compile, and leave what others can use in the cache."""
    digests = {file: _runtime_digest(task, file, level) for file, level in RUNTIME}
    with cache.workplace() as folder:
        found = {file: cache.find(wanted, ".o") for file, wanted in digests.items()}
        known = {file: path for file, path in found.items() if path is not None}
        with collector_paused():
            built = compile_object(task, known, folder)
        for file in digests.keys() - known.keys():
            cache.publish(object_of(folder, file), digests[file])
        return Library(cache.publish(built, digest), task.layout)


def _build_aside(task: Compilation, notice: str, started: float) -> Build:
    """Compile in a temporary directory, which can go as soon as the object is loaded."""
    try:
        with tempfile.TemporaryDirectory(prefix="ksmcheck-") as folder:
            library = Library(compile_object(task, {}, Path(folder)), task.layout)
    except OSError as error:
        raise UserError(
            [
                Diagnostic(
                    "KSM543",
                    f"the model cannot be compiled: {error.strerror or error}",
                    notes=(notice,),
                    hint="free some disk space, set XDG_CACHE_HOME, or use --engine python",
                )
            ]
        ) from error
    return Build(library, False, time.perf_counter() - started, (notice,))


def program_digest(program: Program) -> bytes:
    """32 bytes that tell ``program`` from every other."""
    return hashlib.sha256(pickle.dumps(program, protocol=5)).digest()


def _digest(
    program: Program,
    toolchain: Toolchain,
    canonical: Canonical | None,
    states: LocalStates | None,
) -> str:
    """What the object depends on: the program, this package, the compiler and its flags."""
    total = hashlib.sha256(program_digest(program))
    if states is not None:
        for path in sorted(Path(analysis.__file__).parent.glob("*.py")):
            total.update(path.read_bytes())
    if canonical is not None:
        total.update(repr((canonical.symmetries, canonical.dead)).encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        total.update(path.read_bytes())
    _add_runtime(total, toolchain.compiler, toolchain.runtime, toolchain.extra)
    return total.hexdigest()[:32]


def _runtime_digest(task: Compilation, file: str, level: str) -> str:
    about = (*SHARED, file, level, *definitions(task.layout))
    total = hashlib.sha256(" ".join(about).encode())
    _add_runtime(total, task.compiler, task.runtime, task.extra)
    return total.hexdigest()[:32]


def _add_runtime(
    total: hashlib._Hash, compiler: Compiler, runtime: Path, extra: tuple[str, ...]
) -> None:
    for path in sorted(runtime.glob("*.[ch]")):
        total.update(path.read_bytes())
    total.update("\0".join([compiler.version, platform.machine(), *extra]).encode())


def _keep(task: Compilation, folder: Path) -> None:
    try:
        keep_sources(task, folder)
    except OSError as error:
        raise UserError(
            [Diagnostic("KSM544", f"cannot keep the generated C in '{folder}': {error.strerror}")]
        ) from error
