"""What every word of the vocabulary does when a model file is executed by mistake.

Models are parsed and compiled, never run. The names in this package exist so that an editor
completes and a type checker understands a model file; a call that reaches one of them at run time
says so, loudly, instead of doing something by accident.
"""

from __future__ import annotations


class ModelExecutedError(RuntimeError):
    """A model file was imported or run as an ordinary Python program."""


def never_executed(name: str) -> ModelExecutedError:
    """The error for the vocabulary word ``name``: `raise never_executed("alloc()")`."""
    return ModelExecutedError(
        f"{name}: a ksmcheck model is compiled, not executed; "
        "use `ksmcheck explore --model FILE` instead of running or importing the file"
    )
