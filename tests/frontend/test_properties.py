"""Properties: parameters are for all, quantifiers expand, old() is the state before, witnesses."""

from __future__ import annotations

from pathlib import Path

import pytest

from ksmcheck.explore.options import SearchOptions
from ksmcheck.explore.python_engine import PythonEngine
from ksmcheck.ir.program import Program
from tests.oracle.evaluator_search import search
from tests.oracle.models import compile_body

WORLD = '''
class Entry(Word):
    """What a slot holds."""


class Empty(Entry):
    """Nothing."""


class Full(Entry):
    page: Page
    dirty: bool


@struct
class Page:
    count: Annotated[int, Range(0, 3)]
    next: Page | None
    lock: Mutex


page1 = instance(Page)
page2 = instance(Page)
x: Annotated[int, Range(0, 3)]
entry: Entry
members: Set[Page]
table: Annotated[Array[Annotated[int, Range(0, 3)]], Size(2)]


@actor
def running() -> None:
    global x, entry
    x = 2
    x = 1
    page1.count = 2
    page1.next = page2
    entry = Full(page1, True)
    members.add(page2)
    table[1] = 3
    with mutex_lock(page2.lock):
        page2.count = 1
    spare = alloc(Page, count=3)
    if spare is not None:
        free(spare)


@predicate
def total() -> Annotated[int, Range(0, 9)]:
    return sum(page.count for page in pool(Page))


@predicate
def holds(page: Page, dirty: bool) -> bool:
    match entry:
        case Full(held, flag):
            return held == page and flag == dirty
        case _:
            return False
'''
SUBJECT = '''

@{kind}(source="test")
def subject({parameters}) -> bool:
    """What is asked here."""
    {body}


@witness(subject)
def reached() -> bool:
    return {witness}
'''
# The run: x=2, x=1, count=2, next, entry, add, table, lock, count, unlock, alloc, free: 12 steps.
CASES: dict[str, tuple[str, str, str, int | None]] = {
    "a plain comparison": ("invariant", "", "return x < 2", 1),
    "true everywhere": ("invariant", "", "return x < 3", None),
    "for all objects": ("invariant", "page: Page", "return page.count == 0", 3),
    "for all numbers": ("invariant", "i: Annotated[int, Range(0, 1)]", "return table[i] == 0", 7),
    "all": ("invariant", "", "return all(page.count < 2 for page in pool(Page))", 3),
    "any": ("invariant", "", "return not any(page.count == 1 for page in pool(Page))", 9),
    "sum": ("invariant", "", "return sum(table[i] for i in range(2)) == 0", 7),
    "if in a quantifier": (
        "invariant",
        "",
        "return all(page.count == 0 for page in pool(Page) if page in members)",
        9,
    ),
    "two quantifiers": (
        "invariant",
        "",
        "return not any(a.count == 2 and b.count == 1 for a in pool(Page) for b in pool(Page))",
        9,
    ),
    "a predicate that returns a number": ("invariant", "", "return total() < 3", 9),
    "a predicate with arguments": ("invariant", "page: Page", "return not holds(page, True)", 5),
    "match on a word": (
        "invariant",
        "",
        "match entry:\n        case Full(_, True):\n            return False\n"
        "        case _:\n            return True",
        5,
    ),
    "isinstance": ("invariant", "", "return not isinstance(entry, Full)", 5),
    "locals and if": (
        "invariant",
        "",
        "worst = x\n    if page1.count > worst:\n        worst = 3\n    return worst < 3",
        3,
    ),
    "a field of None reads as the lowest": (
        "invariant",
        "",
        "return page1.next.count == 0 or page1.count == 0",
        9,
    ),
    "a lock": ("invariant", "", "return not locked(page2.lock)", 8),
    "liveness": ("invariant", "page: Page", "return page == page1 or not is_live(page)", 0),
    "members of a set": ("invariant", "", "return len(members) == 0", 6),
    "over a step": ("step_property", "", "return x >= old(x)", 2),
    "over a step, for all": (
        "step_property",
        "page: Page",
        "return page.count >= old(page.count)",
        12,
    ),
    "over a step, true": ("step_property", "", "return old(table[1]) <= table[1]", None),
    "at the end": ("end_property", "", "return x == 2", 12),
    "at the end, true": ("end_property", "", "return x == 1 and total() == 3", None),
}


def compiled(folder: Path, kind: str, parameters: str, body: str, witness: str) -> Program:
    text = SUBJECT.format(kind=kind, parameters=parameters, body=body, witness=witness)
    return compile_body(folder, WORLD + text, "Page: 3", "subject")


@pytest.mark.parametrize("name", CASES)
def test_property(name: str, tmp_path: Path) -> None:
    kind, parameters, body, depth = CASES[name]
    program = compiled(tmp_path, kind, parameters, body, "x == 1")
    space = search(program)
    assert {each: bad.depth for each, bad in space.bad.items()} == (
        {} if depth is None else {"subject": depth}
    )
    result = PythonEngine().search(program, SearchOptions())
    assert [finding.depth for finding in result.findings] == ([] if depth is None else [depth])


@pytest.mark.parametrize(("witness", "reached"), [("x == 1", True), ("x == 3", False)])
def test_witness(witness: str, reached: bool, tmp_path: Path) -> None:
    program = compiled(tmp_path, "invariant", "", "return x < 3", witness)
    result = PythonEngine().search(program, SearchOptions())
    (subject,) = [n for n, prop in enumerate(program.properties) if prop.name == "subject"]
    assert (subject in result.witnessed) == reached
