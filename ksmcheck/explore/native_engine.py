"""The native engine: generate C, compile it, search in a thread while this one keeps watch."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from attrs import evolve, frozen

from ksmcheck.analysis.initial import distinct_initial
from ksmcheck.analysis.local_states import LocalStates
from ksmcheck.analysis.stubborn import Aim
from ksmcheck.analysis.symbols import Oracle, Undecided, symbols_of
from ksmcheck.analysis.symmetry.canonical import Canonical
from ksmcheck.analysis.tables import Tables
from ksmcheck.backends.native.build import Build, Toolchain, build
from ksmcheck.backends.native.compiler import find_compiler
from ksmcheck.backends.native.library import (
    NO_LIMIT,
    Counters,
    Ending,
    Options,
    Search,
    VisitedSet,
)
from ksmcheck.backends.native.stubborn import structure
from ksmcheck.diagnostics import Diagnostic, InternalError, UserError
from ksmcheck.explore.assuming import settled
from ksmcheck.explore.gaps import without_gaps
from ksmcheck.explore.limits import Limits, peak_bytes, resident_bytes
from ksmcheck.explore.native_checkpoint import restore, save
from ksmcheck.explore.native_findings import findings
from ksmcheck.explore.native_oracle import NativeOracle
from ksmcheck.explore.options import SearchOptions, StopReason
from ksmcheck.explore.oracles import oracle_for
from ksmcheck.explore.paying import renamings_pay, without_renamings
from ksmcheck.explore.progress import Progress
from ksmcheck.explore.reductions import Reduction
from ksmcheck.explore.result import Saving, SearchResult
from ksmcheck.explore.selecting import savings
from ksmcheck.explore.still_steps import with_still_steps
from ksmcheck.explore.symmetric import canonical_form, made_real
from ksmcheck.ir.program import Program

# How often the interface thread looks: the delay of Ctrl-C and of the time limit.
LOOK_SECONDS = 0.05

# Without a limit of the user's, this much of the memory that is free now may be used.
MEMORY_SHARE = 0.8

# States that are looked at before tables of stubborn sets are made. That takes a second or
# two; tables that must be made again, and a search with them, take longer, and most spaces have
# fewer states.
LOOK = 3_000_000

# How many to find out whether renamings pay, which shows late.
LONG_LOOK = 500_000

REASONS = {
    Ending.EXHAUSTED: StopReason.EXHAUSTED,
    Ending.VIOLATED: StopReason.VIOLATION,
    Ending.STATE_LIMIT: StopReason.STATE_LIMIT,
    Ending.DEPTH_LIMIT: StopReason.DEPTH_LIMIT,
    Ending.MEMORY_LIMIT: StopReason.MEMORY_LIMIT,
    Ending.NO_MEMORY: StopReason.MEMORY_LIMIT,
    Ending.UNANSWERED: StopReason.UNDECIDED,
}

# A search that stopped for one of these may go on later, with a higher limit.
RESUMABLE = frozenset(StopReason) - {StopReason.EXHAUSTED, StopReason.VIOLATION}


def _tell(line: str) -> None:
    print(f"ksmcheck: {line}", file=sys.stderr)


@frozen
class NativeEngine:
    """An Engine that needs a C compiler. ``workers`` None means as many as there are cores.

    ``keep_generated``: where to leave the generated C. ``cache``: where compiled objects are kept,
    the user's cache directory when None. ``checkpoint`` is written when the search stops early;
    ``resume`` is where it goes on from. ``tell`` gets the lines that the user should see.
    """

    workers: int | None = None
    visited: VisitedSet = VisitedSet.EXACT
    keep_generated: Path | None = None
    checkpoint: Path | None = None
    resume: Path | None = None
    tell: Callable[[str], None] = _tell
    cache: Path | None = None
    compiler_flags: tuple[str, ...] = ()
    name: str = "native"

    def search(
        self, program: Program, options: SearchOptions, progress: Progress | None = None
    ) -> SearchResult:
        """Explore ``program``. UserError when there is no compiler or no initial state."""
        return with_still_steps(self._search, program, options, progress)

    def _search(
        self, program: Program, options: SearchOptions, progress: Progress | None
    ) -> SearchResult:
        oracle = options.oracle or oracle_for(program)
        canonical = canonical_form(program, options.reductions, oracle)
        por = Reduction.POR in options.reductions
        merging = Reduction.MERGE in options.reductions
        tables = Tables.for_search(program, canonical, merging) if por else None
        built = self.build(program, canonical, None if tables is None else tables.states)
        for notice in built.notices:
            self.tell(notice)

        def once(given: SearchOptions) -> SearchResult:
            chosen = tables if Reduction.POR in given.reductions else None
            return self._once(built, program, oracle, chosen, given, progress)

        words = ""
        try:
            if tables is not None:
                if options.if_paying and tables.images is not None:
                    pays, words = renamings_pay(once, options, LONG_LOOK)
                    options = evolve(options, unrenamed=not pays)
                if options.unrenamed and canonical is not None:
                    tables, canonical = tables.unrenamed, canonical.unrenamed
                result, options = settled(tables, options, once, LOOK)
            else:
                result = once(options)
        except MemoryError as error:
            raise UserError([_no_memory(options)]) from error
        if tables is not None:
            result = without_gaps(program, options, result, tables, canonical)
        if options.unrenamed:
            result = without_renamings(result, options.reductions, words)
        return result if canonical is None else made_real(program, canonical, result)

    def _once(
        self,
        built: Build,
        program: Program,
        oracle: Oracle | None,
        tables: Tables | None,
        options: SearchOptions,
        progress: Progress | None,
    ) -> SearchResult:
        """One search of what was built."""
        # The runtime keeps to the memory limit itself, to the byte and before it is reached.
        limits = Limits(evolve(options, memory_limit=None), progress)
        answering = NativeOracle(oracle, symbols_of(program)) if oracle is not None else None
        given = self._options(options, answering)
        if tables is not None:
            given.tables = ctypes.pointer(structure(tables.of(options.entered)))
        with built.library.search(given) as search, limits.guarding():
            if self.resume is not None:
                restore(search, program, self.resume, oracle)
            ending, reason = _watch(search, limits)
            if answering is not None and answering.refused is not None:
                raise answering.refused
            if ending is Ending.NO_START:
                _refuse_start(program, search)
            result = _result(program, options, built, search, reason, limits.elapsed)
            if self.checkpoint is not None and reason in RESUMABLE:
                save(search, program, self.checkpoint, oracle, result)
            return evolve(result, oracle=oracle, undecided=_undecided(answering))

    def build(
        self,
        program: Program,
        canonical: Canonical | None = None,
        states: LocalStates | None = None,
    ) -> Build:
        """Generate, compile or find in the cache, and load.

        ``states``: with stubborn sets, whose tables are for these. ``canonical``: how states are
        stored, if not as they are.
        """
        compiler = find_compiler()
        if compiler is None:
            raise UserError(
                [
                    Diagnostic(
                        "KSM541",
                        f"the native engine needs a C compiler and {_why_none()}",
                        hint="install gcc or clang, or set CC, or use --engine python",
                    )
                ]
            )
        toolchain = Toolchain(compiler, self.cache, self.compiler_flags, self.keep_generated)
        return build(program, toolchain, canonical, states)

    def _options(self, options: SearchOptions, answering: NativeOracle | None) -> Options:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return Options(
            max_states=NO_LIMIT if options.max_states is None else options.max_states,
            max_depth=NO_LIMIT if options.max_depth is None else options.max_depth,
            memory_limit=_memory_for_search(options),
            workers=self.workers or cores or 1,
            all=int(options.all_violations),
            visited=int(self.visited),
            aim=list(Aim).index(options.aim),
            merge=int(Reduction.MERGE in options.reductions),
            unrenamed=int(options.unrenamed),
            oracle=answering.address if answering is not None else None,
        )


def _undecided(answering: NativeOracle | None) -> str:
    """The query that z3 did not decide."""
    failure = None if answering is None else answering.failure
    return failure.query if isinstance(failure, Undecided) else ""


def _memory_for_search(options: SearchOptions) -> int:
    """The user's limit is for the whole process; what it has already is not the search's."""
    if options.memory_limit is None:
        return int(available_bytes() * MEMORY_SHARE)
    return max(0, options.memory_limit - resident_bytes())


def _watch(search: Search, limits: Limits) -> tuple[Ending, StopReason]:
    """Run the search in a thread of its own, and stop it when a limit says so."""
    endings: list[Ending] = []
    thread = threading.Thread(target=lambda: endings.append(search.run()), daemon=True)
    thread.start()
    asked: StopReason | None = None
    try:
        while thread.is_alive():
            thread.join(LOOK_SECONDS)
            now = search.counters()
            asked = asked or limits.poll(now.states, now.transitions, now.frontier, now.depth)
            if asked is not None:
                search.interrupt()
    finally:
        # Whatever happened here: what the search uses must not be freed under its feet.
        while thread.is_alive():
            search.interrupt()
            thread.join(LOOK_SECONDS)
    if not endings:
        raise InternalError("the search thread ended without a result")
    ending = endings[0]
    if ending is Ending.INTERRUPTED and asked is not None:
        return ending, asked
    return ending, REASONS.get(ending, StopReason.INTERRUPTED)


def _refuse_start(program: Program, search: Search) -> None:
    fault = search.setup_fault()
    distinct_initial(program, [] if fault is None else [fault])
    raise InternalError("the native engine found no initial state, and no reason")


def _result(
    program: Program,
    options: SearchOptions,
    built: Build,
    search: Search,
    reason: StopReason,
    seconds: float,
) -> SearchResult:
    counters = search.counters()
    merging = Reduction.MERGE in options.reductions
    edges, found = findings(
        program, search, everything=options.all_violations, complete=not merging
    )
    return SearchResult(
        stop_reason=reason,
        states=counters.states,
        transitions=counters.transitions,
        depth=found[0].depth if reason is StopReason.VIOLATION else counters.depth,
        seconds=seconds,
        findings=found,
        witnessed=search.witnessed(),
        fired=search.fired(),
        edges=edges,
        peak_memory_bytes=peak_bytes(),
        bytes_per_state=counters.memory / max(1, counters.states),
        compile_seconds=built.seconds,
        savings=_savings(options, counters),
        entered=search.entered(),
    )


def _savings(options: SearchOptions, counters: Counters) -> tuple[Saving, ...]:
    if Reduction.POR not in options.reductions:
        return ()
    merging = Reduction.MERGE in options.reductions
    return savings(counters.left_out, counters.passed if merging else None)


def _no_memory(options: SearchOptions) -> Diagnostic:
    limit = "" if options.memory_limit is None else f" of the limit of {options.memory_limit} bytes"
    return Diagnostic(
        "KSM545",
        f"there is not enough memory{limit} to begin the search",
        hint="allow at least 16 MiB with --memory-limit",
    )


def available_bytes() -> int:
    """The memory that can be used now without swapping: of the machine, and of our own group."""
    return min(_machine_bytes(), _group_bytes())


def _machine_bytes() -> int:
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def _group_bytes() -> int:
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
        used = Path("/sys/fs/cgroup/memory.current").read_text(encoding="ascii").strip()
        return max(0, int(limit) - int(used))
    except (OSError, ValueError):
        return 1 << 62


def _why_none() -> str:
    wanted = os.environ.get("CC", "")
    return f"CC is '{wanted}', which is no command" if wanted else "none was found"
