"""Model source to Program: the only room that reads model files."""

from ksmcheck.frontend.compile import (
    CompileOptions,
    Summary,
    compile_model,
    model_names,
    summarise,
)

__all__ = ["CompileOptions", "Summary", "compile_model", "model_names", "summarise"]
