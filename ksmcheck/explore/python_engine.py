"""The python engine: compile the program, then search it breadth-first."""

from __future__ import annotations

import time
from pathlib import Path

from attrs import evolve, frozen

from ksmcheck.analysis.tables import Tables
from ksmcheck.backends.python.model import PythonModel
from ksmcheck.diagnostics import InternalError
from ksmcheck.explore.assuming import settled
from ksmcheck.explore.breadth_first import breadth_first
from ksmcheck.explore.gaps import without_gaps
from ksmcheck.explore.options import SearchOptions
from ksmcheck.explore.oracles import oracle_for
from ksmcheck.explore.progress import Progress
from ksmcheck.explore.reductions import Reduction
from ksmcheck.explore.result import SearchResult
from ksmcheck.explore.still_steps import with_still_steps
from ksmcheck.explore.symmetric import canonical_form, made_real
from ksmcheck.ir.program import Program

# States that are looked at before tables of stubborn sets are made.
LOOK = 2000


@frozen
class PythonEngine:
    """An Engine that needs no compiler. ``keep_generated``: where to leave the generated text."""

    keep_generated: Path | None = None
    name: str = "python"

    def search(
        self, program: Program, options: SearchOptions, progress: Progress | None = None
    ) -> SearchResult:
        """Explore ``program``. UserError when setup gives no initial state."""
        return with_still_steps(self._search, program, options, progress)

    def _search(
        self, program: Program, options: SearchOptions, progress: Progress | None
    ) -> SearchResult:
        started = time.perf_counter()
        oracle = options.oracle or oracle_for(program)
        canonical = canonical_form(program, options.reductions, oracle)
        por = Reduction.POR in options.reductions
        merging = Reduction.MERGE in options.reductions
        tables = Tables.for_search(program, canonical, merging) if por else None
        states = None if tables is None else tables.states
        model = PythonModel(program, oracle, canonical, states)
        compile_seconds = time.perf_counter() - started
        self._keep(program, model)
        unused = [model]  # a search uses up what a model watches for

        def once(given: SearchOptions) -> SearchResult:
            fresh = unused.pop() if unused else PythonModel(program, oracle, canonical, states)
            chosen = tables if Reduction.POR in given.reductions else None
            found = breadth_first(program, fresh, given, progress, chosen)
            return evolve(found, entered=fresh.entered())

        try:
            if tables is not None:
                result, options = settled(tables, options, once, LOOK)
            else:
                result = breadth_first(program, model, options, progress)
            result = evolve(result, oracle=oracle)
        except (ArithmeticError, IndexError, NameError, ValueError) as error:
            # Generated code has no checks of its own: the compiler of the model left one out.
            raise InternalError(f"a step left its bounds: {error}") from error
        if tables is not None:
            result = without_gaps(program, options, result, tables, canonical)
        if canonical is not None:
            result = made_real(program, canonical, result)
        return evolve(result, compile_seconds=compile_seconds)

    def _keep(self, program: Program, model: PythonModel) -> None:
        if self.keep_generated is not None:
            self.keep_generated.mkdir(parents=True, exist_ok=True)
            file = self.keep_generated / f"{Path(program.identity.model).name}.py"
            file.write_text(model.source, encoding="utf-8")
