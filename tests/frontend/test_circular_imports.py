"""Files that import each other: what may come from a file that imports this one, and what not."""

from __future__ import annotations

from pathlib import Path

import pytest

from ksmcheck.diagnostics import UserError
from tests.oracle.evaluator_search import search
from tests.oracle.models import HEADER, compile_file, final_values

PAGES = (
    HEADER
    + """
from counters import Counter, count
{more}

@struct(permanent=True)
class Page:
    counter: Counter
    next: Page | None


page1 = instance(Page)


@routine
def touch(page: Page) -> None:
    count(page.counter)


@routine
def last(page: Page) -> bool:
    return page.next is None
"""
)
COUNTERS = (
    HEADER
    + """
from pages import Page, last, page1


@struct(permanent=True)
class Counter:
    page: Page | None
    value: Annotated[int, Range(0, 3)]


counter1 = instance(Counter)


@routine
def count(counter: Counter) -> None:
    page = counter.page
    if page is not None and last(page):
        counter.value = counter.value + 1
"""
)
MAIN = (
    HEADER
    + """
{imports}


@setup
def prepare() -> None:
    page1.counter = counter1
    counter1.page = page1


@actor
def A() -> None:
    touch(page1)


scenario(question="?", pools={{Page: 1, Counter: 1}}, properties=[])
"""
)
ONE_BY_ONE = "from counters import counter1, Counter\nfrom pages import page1, touch, Page"
STARS = "from counters import *\nfrom pages import *"


def written(folder: Path, imports: str = ONE_BY_ONE, more: str = "") -> Path:
    (folder / "pages.py").write_text(PAGES.format(more=more), encoding="utf-8")
    (folder / "counters.py").write_text(COUNTERS, encoding="utf-8")
    path = folder / "model.py"
    path.write_text(MAIN.format(imports=imports), encoding="utf-8")
    return path


def codes(path: Path) -> list[str]:
    with pytest.raises(UserError) as caught:
        compile_file(path)
    return [item.code for item in caught.value.diagnostics]


@pytest.mark.parametrize("imports", [ONE_BY_ONE, STARS, ONE_BY_ONE.replace("\n", "; ")])
def test_two_files_that_need_each_other(imports: str, tmp_path: Path) -> None:
    space = search(compile_file(written(tmp_path, imports)))
    assert set(space.bad) == set()
    assert final_values(space, "Counter.value") == {("1",)}


def test_whichever_comes_first(tmp_path: Path) -> None:
    first, second = ONE_BY_ONE.split("\n")
    there = compile_file(written(tmp_path, f"{first}\n{second}"))
    back = compile_file(written(tmp_path, f"{second}\n{first}"))
    assert final_values(search(there), "Counter.value") == final_values(
        search(back), "Counter.value"
    )


def test_a_name_that_goes_round_by_a_third_file(tmp_path: Path) -> None:
    path = written(tmp_path, "from third import Counter, counter1, Page, page1, touch")
    (tmp_path / "third.py").write_text(
        "from counters import Counter, counter1\nfrom pages import Page, page1, touch\n",
        encoding="utf-8",
    )
    assert final_values(search(compile_file(path)), "Counter.value") == {("1",)}


@pytest.mark.parametrize(
    ("declaration", "hint"),
    [
        ("LAST = LIMIT - 1", "LIMIT"),
        ("LAST: Final = LIMIT", "LIMIT"),
        ("spare = instance(Extra)", "Extra"),
        ("class Shape(Form):\n    x: bool", "Form"),
        ("@actor(count=LIMIT)\ndef many(me: Annotated[int, Range(0, 3)]) -> None: ...", "LIMIT"),
    ],
)
def test_what_a_file_needs_to_be_declared_cannot_come_from_a_circle(
    declaration: str, hint: str, tmp_path: Path
) -> None:
    path = written(tmp_path, more=f"from extra import {hint}\n{declaration}\n")
    (tmp_path / "extra.py").write_text(
        HEADER
        + "from pages import Page\nLIMIT = 2\n\n\n@struct\nclass Extra:\n    page: Page\n\n\n"
        "class Form(Word): ...\n\n\nclass Round(Form): ...\n",
        encoding="utf-8",
    )
    (tmp_path / "model.py").write_text(
        MAIN.format(imports="from extra import Extra\n" + ONE_BY_ONE), encoding="utf-8"
    )
    with pytest.raises(UserError) as caught:
        compile_file(path)
    (circular,) = [item for item in caught.value.diagnostics if item.code == "KSM014"]
    assert f"'{hint}'" in circular.message
    assert circular.span is not None
    assert circular.span.file.endswith("pages.py")


def test_a_name_that_nobody_declares(tmp_path: Path) -> None:
    path = written(tmp_path, more="from counters import Countre\n")
    assert codes(path) == ["KSM301"]
