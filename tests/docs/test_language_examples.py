"""Every example of the documentation is compiled and explored, and gives what it says.

A ```python block of docs/*.md begins with a comment: ``# model: VERDICT`` is a whole file,
``# declarations`` and ``# body`` are completed by the page's ``# prelude``. After the colon stands
``holds``, or the code or property that comes first; without one, compiling and exploring is enough.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

from ksmcheck.cli.main import run
from ksmcheck.diagnostics import UserError
from tests.oracle.evaluator_search import search
from tests.oracle.models import compile_file

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGES = ("language.md", "writing-a-scenario.md", "symbolic.md")
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
HEADER = re.compile(r"# (model|declarations|body|prelude)(?:: (\S+))?(?: in (\S+))?")
SHARED = "x, y, flag, answer, head, entry, shadow"
LONGEST_SCENARIO = 50


@dataclass(frozen=True)
class Example:
    """One block: where it is, what it is, what it gives."""

    page: str
    number: int
    kind: str
    expected: str
    text: str

    @property
    def name(self) -> str:
        return f"{self.page.removesuffix('.md')}-{self.number}-{self.kind}"


def examples_of(page: str) -> list[Example]:
    """The blocks of a page in order."""
    found = []
    text = (DOCS / page).read_text(encoding="utf-8")
    for number, match in enumerate(BLOCK.finditer(text), 1):
        header, _, body = match[1].partition("\n")
        fields = HEADER.fullmatch(header)
        assert fields is not None, f"{page}, block {number}: its first line says what it is"
        found.append(Example(page, number, fields[1], fields[2] or "", body))
    return found


ALL = [example for page in PAGES for example in examples_of(page)]
PRELUDE = next(example.text for example in ALL if example.kind == "prelude")
EXECUTED = [example for example in ALL if example.kind != "prelude"]


def completed(example: Example) -> str:
    """The block as a whole model file."""
    if example.kind == "model":
        return example.text
    properties = re.findall(r"@(?:invariant|\w+_property)\(.*\)\ndef (\w+)", example.text)
    if example.kind == "declarations":
        rest = example.text
        if "@actor" not in rest:
            rest += "\n\n@actor\ndef A() -> None:\n    global x\n    x = 1\n"
    else:
        body = textwrap.indent(f"global {SHARED}\n{example.text}", "    ")
        rest = f"@actor\ndef A() -> None:\n{body}"
    scenario = f'scenario(question="?", pools={{Node: 1}}, properties=[{", ".join(properties)}])'
    return f"{PRELUDE}\n\n{rest}\n\n{scenario}\n"


def outcome(text: str, folder: Path) -> str:
    """``holds``, or the first code or property."""
    path = folder / "model.py"
    path.write_text(text, encoding="utf-8")
    try:
        program = compile_file(path)
    except UserError as error:
        return error.diagnostics[0].code
    space = search(program)
    return space.shortest.name if space.shortest else "holds"


@pytest.mark.parametrize("example", EXECUTED, ids=lambda example: example.name)
def test_an_example_gives_what_it_says(example: Example, tmp_path: Path) -> None:
    assert outcome(completed(example), tmp_path) == (example.expected or "holds")


def test_the_worked_scenario_is_not_vacuous(tmp_path: Path) -> None:
    example = next(item for item in examples_of("writing-a-scenario.md") if item.kind == "model")
    path = tmp_path / "first_touch.py"
    path.write_text(example.text, encoding="utf-8")
    assert run(["explore", "--model", str(path), "--engine", "python", "--quiet"]) == 0
    broken = example.text.replace("if is_live(page)) == 1", "if is_live(page)) == 2")
    path.write_text(broken, encoding="utf-8")
    assert run(["explore", "--model", str(path), "--engine", "python", "--quiet"]) == 1


def test_the_scenario_with_ksm_pages_loses_its_guards(tmp_path: Path) -> None:
    example = [item for item in examples_of("writing-a-scenario.md") if item.kind == "model"][-1]
    path = tmp_path / "ksm_store.py"
    path.write_text(example.text, encoding="utf-8")
    options = ["explore", "--model", str(path), "--engine", "python", "--quiet"]
    assert run(options) == 0
    assert run([*options, "--without", "wp-copies-ksm", "--without", "reuse-refuses-ksm"]) == 1


def test_the_worked_scenario_is_short() -> None:
    models = [item for item in examples_of("writing-a-scenario.md") if item.kind == "model"]
    assert models
    for example in models:
        assert len(example.text.splitlines()) < LONGEST_SCENARIO


def test_free_instead_of_free_rcu_is_found(tmp_path: Path) -> None:
    text = next(example.text for example in ALL if "free_rcu(stale)" in example.text)
    assert outcome(text.replace("free_rcu(stale)", "free(stale)"), tmp_path) == "KSM801"
