"""Tables that a benchmark writes into a page of docs/: what lies between two marks is replaced."""

from __future__ import annotations

import re
from pathlib import Path

import click


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def replace(page: Path, name: str, text: str) -> None:
    """Put ``text`` between the marks of ``name``. ClickException when the page has none."""
    before = page.read_text(encoding="utf-8")
    begin, end = f"<!-- measured: {name} -->", f"<!-- end: {name} -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if pattern.search(before) is None:
        raise click.ClickException(f"{page} has no marks for '{name}': {begin} and {end}")
    after = pattern.sub(lambda _: f"{begin}\n{text}\n{end}", before)
    page.write_text(after, encoding="utf-8")
