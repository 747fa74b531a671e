"""The options that choose a model and its configuration, for every command that compiles one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import click
from attrs import frozen

from ksmcheck.cli.values import each_of, read_settings
from ksmcheck.frontend import CompileOptions, compile_model
from ksmcheck.ir.program import BuiltinCheck, Program

_OPTIONS = (
    click.option("--model", required=True, metavar="NAME|PATH.py",
                 help="A model that `ksmcheck list` shows, or a file of your own."),
    click.option("--set", "settings", callback=read_settings, multiple=True, metavar="NAME=VALUE",
                 help="Give a scenario parameter a value."),
    click.option("--kernel", metavar="VERSION",
                 help="The kernel version; v2.6.35 means every patch released up to it."),
    click.option("--with", "with_", multiple=True, metavar="PATCH", help="Apply one more patch."),
    click.option("--without", multiple=True, metavar="PATCH", help="Take a patch away."),
    click.option("--disable-check", "disabled", multiple=True, metavar="CHECK",
                 callback=each_of(check.value for check in BuiltinCheck),
                 help="Switch a built-in check off."),
)  # fmt: skip


@frozen
class ChosenModel:
    """A model and the configuration to compile it in."""

    model: str
    options: CompileOptions

    def compile(self) -> Program:
        """The compiled model; UserError with all that is wrong with it."""
        return compile_model(self.model, self.options)


def model_options(command: Callable[..., int]) -> Callable[..., int]:
    """Add the options that choose a model; the command gets them as its argument ``chosen``."""

    @functools.wraps(command)
    def with_model(
        model: str,
        settings: Sequence[tuple[str, int]],
        kernel: str | None,
        with_: Sequence[str],
        without: Sequence[str],
        disabled: Sequence[str],
        **others: object,
    ) -> int:
        options = CompileOptions(
            kernel=kernel,
            with_=tuple(with_),
            without=tuple(without),
            parameters=tuple(settings),
            disabled=tuple(BuiltinCheck(name) for name in disabled),
        )
        return command(chosen=ChosenModel(model, options), **others)

    result: Callable[..., int] = with_model
    for option in reversed(_OPTIONS):
        result = option(result)
    return result
