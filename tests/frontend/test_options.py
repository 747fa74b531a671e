"""What --kernel, --with, --without and --set choose, and the messages when they cannot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ksmcheck.diagnostics import UserError, render
from ksmcheck.frontend import CompileOptions, compile_model
from tests.oracle.evaluator_search import search
from tests.oracle.models import final_values

MODEL = str(Path(__file__).parent / "good" / "options.py")

BAD: dict[str, dict[str, Any]] = {
    "option_unknown_patch": {"with_": ("rechek",)},
    "option_unknown_patch_without": {"without": ("lock-ordr",)},
    "option_unknown_parameter": {"parameters": (("round", 1),)},
    "option_parameter_too_large": {"parameters": (("rounds", 4),)},
    "option_parameter_too_small": {"parameters": (("rounds", 0),)},
    "option_bad_kernel": {"kernel": "six"},
    "option_several": {"with_": ("rechek",), "parameters": (("round", 1), ("rounds", 9))},
}

# options -> the final value of x: rounds times the patched increments
GOOD: dict[str, tuple[dict[str, Any], str]] = {
    "default": ({}, "0"),
    "older kernel": ({"kernel": "v2.6.30"}, "2"),
    "same kernel": ({"kernel": "v2.6.36"}, "2"),
    "newer kernel": ({"kernel": "v3.9"}, "2"),
    "with": ({"with_": ("recheck",)}, "2"),
    "without": ({"without": ("lock-order",)}, "2"),
    "set": ({"with_": ("recheck",), "parameters": (("rounds", 3),)}, "3"),
    "version order is not text order": ({"kernel": "v2.6.4"}, "2"),
}


def options(**chosen: Any) -> CompileOptions:
    """Options with everything at its default but ``chosen``."""
    defaults: dict[str, Any] = {
        "kernel": None,
        "with_": (),
        "without": (),
        "parameters": (),
        "disabled": (),
    }
    return CompileOptions(**{**defaults, **chosen})


@pytest.mark.parametrize("name", BAD)
def test_bad_option(name: str, golden: Callable[[str, str], None]) -> None:
    with pytest.raises(UserError) as caught:
        compile_model(MODEL, options(**BAD[name]))
    error = caught.value
    text = "\n\n".join(render(each, error.sources) for each in error.diagnostics) + "\n"
    golden(f"{name}.txt", text)


@pytest.mark.parametrize("name", GOOD)
def test_good_option(name: str) -> None:
    chosen, x = GOOD[name]
    program = compile_model(MODEL, options(**chosen))
    assert final_values(search(program), "x") == {(x,)}


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("model_missing", "missing_model.py"),
        ("model_unknown", "swapin_rase"),
        ("model_folder", "tests/"),
    ],
)
def test_bad_model(
    name: str, given: str, golden: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parent.parent.parent)
    with pytest.raises(UserError) as caught:
        compile_model(given, options())
    error = caught.value
    golden(
        f"{name}.txt", "\n\n".join(render(each, error.sources) for each in error.diagnostics) + "\n"
    )


def test_not_text(tmp_path: Path) -> None:
    path = tmp_path / "binary.py"
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(UserError) as caught:
        compile_model(str(path), options())
    assert [each.code for each in caught.value.diagnostics] == ["KSM003"]


def test_a_scenario_compiles_below_its_first_patch() -> None:
    """A check that comes with the tool may be the first to ask whether an object is live."""
    program = compile_model("ksm_upgrade_under_write_fault", options(kernel="v2.6.28"))
    assert not program.identity.patches
    assert any(item.name == "rcu-reuse" for item in program.properties)
