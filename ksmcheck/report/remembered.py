"""Which cases passed when they were last run: what `check --changed-only` skips.

The memory is a file in the user's cache directory. It only saves time, so nothing that is wrong
with it stops a check: it is told in one line, and everything is run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

from attrs import define, field

from ksmcheck.backends.native.object_cache import cache_directory
from ksmcheck.diagnostics import UserError
from ksmcheck.report.cases import Case
from ksmcheck.trace.files import write_whole

SCHEMA_VERSION = 1

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


@define
class Remembered:
    """The model digests with which cases passed; ``trouble`` is one line, or empty."""

    file: Path
    passed: dict[str, str] = field(factory=dict)
    trouble: str = ""

    def knows(self, case: Case) -> bool:
        """True when this model with this expectation passed the last time."""
        return self.passed.get(_key(case)) == case.digest

    def update(self, passed: Iterable[Case], failed: Iterable[Case]) -> str:
        """Write down what passed and forget what failed; one line when that cannot be done."""
        # Another check may have ended since this memory was read: its results are kept.
        now = recall(self.file).passed
        for case in failed:
            now.pop(_key(case), None)
        now |= {_key(case): case.digest for case in passed}
        self.passed = now
        record = {"schema": SCHEMA_VERSION, "passed": now}
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self.file, json.dumps(record, indent=1) + "\n", "the check's memory")
        except (OSError, UserError):
            line = f"cannot write {self.file}: the next --changed-only does not know of this run"
            return "" if self.trouble else line  # one line about the memory is enough
        return ""


def memory_file() -> Path:
    """Where the memory is kept."""
    return cache_directory() / "checked.json"


def recall(file: Path) -> Remembered:
    """What ``file`` remembers; nothing, with a line about it, when it cannot be read."""
    try:
        return Remembered(file, _digests(json.loads(file.read_text(encoding="utf-8"))))
    except FileNotFoundError:
        return Remembered(file)
    except (OSError, ValueError, RecursionError):
        trouble = f"cannot read {file}: every configuration counts as changed"
        return Remembered(file, trouble=trouble)


def _digests(record: Json) -> dict[str, str]:
    """The file's content; ValueError when it is not what this version writes."""
    if isinstance(record, dict) and record.get("schema") == SCHEMA_VERSION:
        passed = record.get("passed")
        if isinstance(passed, dict):
            return {name: value for name, value in passed.items() if isinstance(value, str)}
    raise ValueError("another schema")


def _key(case: Case) -> str:
    """A configuration and what is expected of it: a scenario may expect two things of one."""
    expected = f"{case.expected.verdict} {case.expected.property}".rstrip()
    return f"{case.scenario.name} {case.flags}".rstrip() + f": {expected}"
