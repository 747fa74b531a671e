"""Prints one of the README's two commands, so that CI runs what a newcomer reads."""

from __future__ import annotations

import re
import sys
from pathlib import Path


def command(name: str) -> str:
    """The shell block below ``<!-- command: NAME -->``. SystemExit when there is none."""
    text = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"<!-- command: {name} -->\s*```sh\n(.*?)```", text, re.DOTALL)
    if found is None:
        raise SystemExit(f"README.md has no command '{name}'")
    return found.group(1)


print(command(sys.argv[1]))
