"""Configuration options, and what an expectation says of a configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from ksmcheck.frontend import summarise
from ksmcheck.ir.program import BuiltinCheck
from tests.oracle.evaluator_search import search
from tests.oracle.models import HEADER, compile_file, final_values

MODEL = (
    HEADER
    + """
OPTIONS = [
    ConfigOption(id="CONFIG_KSM", summary="Pages with equal contents are merged."),
    ConfigOption(id="CONFIG_SWAP", summary="There is swap."),
]
x: Annotated[int, Range(0, 7)]


@routine
def count() -> None:
    global x
    if configured("CONFIG_KSM"):
        x = x + 1
    if not configured("CONFIG_SWAP"):
        x = x + 2


@actor
def A() -> None:
    global x
    count()
    x = x + 4


scenario(question="?", {config}properties=[])
"""
)


@pytest.mark.parametrize(
    ("config", "x"),
    [
        ("", "6"),
        ("config=[], ", "6"),
        ('config=["CONFIG_KSM"], ', "7"),
        ('config=("CONFIG_SWAP",), ', "4"),
        ('config=["CONFIG_KSM", "CONFIG_SWAP"], ', "5"),
    ],
)
def test_configured_is_what_the_scenario_says(config: str, x: str, tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text(MODEL.format(config=config), encoding="utf-8")
    assert final_values(search(compile_file(path)), "x") == {(x,)}


def test_the_other_branch_is_not_compiled(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text(MODEL.format(config='config=["CONFIG_SWAP"], '), encoding="utf-8")
    assert sum(len(actor.steps) for actor in compile_file(path).actors) == 2


def test_an_expectation_names_a_set_of_parameters_and_switches_checks_off(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    text = MODEL.format(
        config='expected=[Expect(verdict="holds", set=SMALL, '
        'disable_checks=["leak", "deadlock"])], '
    )
    declared = 'limit = parameter(2, "how many", at_least=1, at_most=3)\nSMALL = {"limit": 1}\n'
    path.write_text(text.replace("x: Annotated", declared + "x: Annotated"), encoding="utf-8")
    (expected,) = summarise(str(path)).expected
    assert expected.parameters == (("limit", 1),)
    assert expected.disabled == (BuiltinCheck.LEAK, BuiltinCheck.DEADLOCK)
