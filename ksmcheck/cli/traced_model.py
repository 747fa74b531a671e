"""The model that a trace file names, in the trace's configuration."""

from __future__ import annotations

from pathlib import Path

from attrs import evolve

from ksmcheck.diagnostics import Diagnostic, UserError
from ksmcheck.frontend import CompileOptions, compile_model
from ksmcheck.frontend.loader import shipped_models
from ksmcheck.ir.program import Program
from ksmcheck.trace.records import Trace


def traced_model(trace: Trace, trace_file: Path, model: str | None = None) -> Program:
    """The program that ``trace`` is of; ``model`` is where its file is now.

    UserError when it is not there, does not compile, or is another model.
    """
    program = _compile(trace, model or _place(trace, trace_file))
    if program.identity.model != trace.model:
        raise _other_model(trace, program)
    return program


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


def _compile(trace: Trace, model: str) -> Program:
    """The model in the trace's configuration: exactly its patches, whatever the kernel includes."""
    options = CompileOptions(
        kernel=trace.kernel or None,
        with_=trace.patches,
        without=(),
        parameters=tuple(trace.parameters.items()),
        disabled=trace.disabled_checks,
    )
    program = compile_model(model, options)
    further = tuple(name for name in program.identity.patches if name not in trace.patches)
    return compile_model(model, evolve(options, without=further)) if further else program


def _other_model(trace: Trace, program: Program) -> UserError:
    message = f"the trace is of the model '{trace.model}', not of '{program.identity.model}'"
    return UserError([Diagnostic("KSM526", message, hint=f"--model names {trace.model}'s file")])
