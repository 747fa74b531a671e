"""The door: the ``ksmcheck`` command, and the exit code of everything that can happen in it."""

from __future__ import annotations

import sys
from importlib import metadata

import click

from ksmcheck.cli.check import check
from ksmcheck.cli.explain import explain
from ksmcheck.cli.explore import explore
from ksmcheck.cli.export import export
from ksmcheck.cli.ladder import ladder
from ksmcheck.cli.list import list_models
from ksmcheck.cli.output import complain, confess, note, prepare_streams
from ksmcheck.cli.patches import patches
from ksmcheck.cli.prove import prove
from ksmcheck.cli.record import record
from ksmcheck.cli.replay import replay
from ksmcheck.cli.show import show
from ksmcheck.diagnostics import Diagnostic, UserError

EXIT_USER_ERROR = 2
EXIT_INCONCLUSIVE = 3
EXIT_INTERNAL_ERROR = 70


def version() -> str:
    """The installed version; a checkout that was never installed says so."""
    try:
        return metadata.version("ksmcheck")
    except metadata.PackageNotFoundError:
        return "(not installed)"


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version(), prog_name="ksmcheck")
def app() -> None:
    """Run every interleaving of small kernel code paths, and show how they go wrong.

    Exit codes: 0 every property holds within the stated bound; 1 a property is violated; 2 the
    input is wrong; 3 inconclusive; 4 vacuous; 70 a fault of ksmcheck itself.
    """


app.add_command(check)
app.add_command(explain)
app.add_command(explore)
app.add_command(export)
app.add_command(ladder)
app.add_command(list_models)
app.add_command(patches)
app.add_command(prove)
app.add_command(record)
app.add_command(replay)
app.add_command(show)


def run(arguments: list[str]) -> int:
    """Run one command line and give its exit code; nothing is raised."""
    prepare_streams()
    try:
        code: object = app.main(arguments, prog_name="ksmcheck", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except UserError as error:
        complain(error)
        return EXIT_USER_ERROR
    except click.UsageError as error:
        complain(_usage(error))
        return EXIT_USER_ERROR
    except (click.Abort, KeyboardInterrupt):
        note("interrupted: there is no verdict")
        return EXIT_INCONCLUSIVE
    except BrokenPipeError:
        return 0
    except Exception as error:  # the last door: whatever comes here is our own fault
        confess(error)
        return EXIT_INTERNAL_ERROR


def main() -> None:
    """Run the command line of the process."""
    sys.exit(run(sys.argv[1:]))


def _usage(error: click.UsageError) -> UserError:
    command = error.ctx.command_path if error.ctx else "ksmcheck"
    hint = f"see: {command} --help"
    return UserError([Diagnostic("KSM510", error.format_message().rstrip("."), hint=hint)])
