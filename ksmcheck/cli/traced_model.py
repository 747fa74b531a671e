"""The model that a trace file names, in the trace's configuration."""

from __future__ import annotations

from pathlib import Path

from ksmcheck.diagnostics import Diagnostic, UserError
from ksmcheck.frontend import CompileOptions, compile_model
from ksmcheck.frontend.loader import shipped_models
from ksmcheck.ir.program import Program
from ksmcheck.trace.records import Trace


def traced_model(trace: Trace, trace_file: Path, model: str | None = None) -> Program:
    """The program that ``trace`` is of; ``model`` is where its file is now.

    UserError when it is not there, does not compile, or is another model.
    """
    place = model or _place(trace, trace_file)
    program = _compile(trace, place, trace.patches, ())
    further = tuple(name for name in program.identity.patches if name not in trace.patches)
    if further:
        program = _compile(trace, place, trace.patches, further)
    return _of_this_model(trace, program)


def model_of_today(trace: Trace, trace_file: Path) -> Program:
    """The program that ``trace`` would be of, were it found today; UserError as above.

    Patches that the models have learnt of the trace's kernel since are in it. Of a trace that does
    not say how its patches differ from its kernel, exactly those that it names are.
    """
    if trace.added is None or trace.removed is None:
        return traced_model(trace, trace_file)
    program = _compile(trace, _place(trace, trace_file), trace.added, trace.removed)
    return _of_this_model(trace, program)


def _compile(trace: Trace, model: str, added: tuple[str, ...], removed: tuple[str, ...]) -> Program:
    options = CompileOptions(
        kernel=trace.kernel or None,
        with_=added,
        without=removed,
        parameters=tuple(trace.parameters.items()),
        disabled=trace.disabled_checks,
    )
    return compile_model(model, options)


def _of_this_model(trace: Trace, program: Program) -> Program:
    if program.identity.model == trace.model:
        return program
    message = f"the trace is of the model '{trace.model}', not of '{program.identity.model}'"
    hint = f"--model names {trace.model}'s file"
    raise UserError([Diagnostic("KSM526", message, hint=hint)])


def _place(trace: Trace, trace_file: Path) -> str:
    """Where the model is: among the shipped ones, else where the trace says, else beside it."""
    shipped = shipped_models()
    if trace.model in shipped and trace.file == f"models/{trace.model}.py":
        return trace.model
    for path in (Path(trace.file), trace_file.parent / Path(trace.file).name):
        if path.is_file():
            return str(path)
    raise UserError(
        [
            Diagnostic(
                "KSM526",
                f"the trace is of the model '{trace.model}' in {trace.file}, which is not there",
                hint="say where the model is now: --model PATH.py",
            )
        ]
    )
