"""A list of patches that begins with those of another file."""

from __future__ import annotations

from pathlib import Path

import pytest

from ksmcheck.diagnostics import UserError
from ksmcheck.frontend import CompileOptions, compile_model
from ksmcheck.frontend.errors import Errors
from ksmcheck.frontend.patches import applied, outside
from ksmcheck.ir.program import Patch
from tests.oracle.evaluator_search import search
from tests.oracle.models import HEADER, compile_file, final_values

PATCH = (
    'Patch(id="{id}", commit="0", title="t", date="2009-12-14", release="{release}", summary="s.")'
)
OLDER = HEADER + "\nOLDER = [" + PATCH.format(id="first", release="v2.6.33") + "]\n"
MODEL = (
    HEADER
    + """
from older import OLDER

PATCHES = [*{older}, {patch}]
x: Annotated[int, Range(0, 3)]


@actor
def A() -> None:
    global x
    if patched("first"):
        x = x + 1
    if patched("second"):
        x = x + 2


scenario(question="?", patches=PATCHES, properties=[])
"""
)


def model_in(folder: Path, older: str) -> Path:
    """A model beside the file whose list it takes in."""
    (folder / "older.py").write_text(OLDER, encoding="utf-8")
    path = folder / "model.py"
    patch = PATCH.format(id="second", release="v2.6.36")
    path.write_text(MODEL.format(older=older, patch=patch), encoding="utf-8")
    return path


@pytest.mark.parametrize(("kernel", "x"), [("v2.6.33", "1"), ("v2.6.36", "3")])
def test_patches_of_both_lists_are_in_force(kernel: str, x: str, tmp_path: Path) -> None:
    options = CompileOptions(kernel=kernel, with_=(), without=(), parameters=())
    program = compile_model(str(model_in(tmp_path, "OLDER")), options)
    assert final_values(search(program), "x") == {(x,)}


def test_an_unknown_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError) as refused:
        compile_file(model_in(tmp_path, "YOUNGER"))
    assert any(error.code == "KSM310" for error in refused.value.diagnostics)


@pytest.mark.parametrize(
    ("kernel", "note"),
    [
        ("v2.6.35", ""),
        ("", ""),
        ("v2.6.32", ""),
        ("v3.9", ""),
        ("v3.10", "later than anything that this model knows, which ends at v3.9"),
        ("2.6.31", "earlier than anything that this model knows, which begins with v2.6.32"),
    ],
)
def test_a_version_of_which_the_model_knows_nothing_is_said(kernel: str, note: str) -> None:
    assert outside(kernel, ["v3.9", "", "v2.6.32", "v2.6.33"]) == note


def test_nothing_is_said_of_a_model_without_versions() -> None:
    assert outside("v3.9", ["", ""]) == ""


def test_a_patch_that_is_like_none_of_a_long_list() -> None:
    many = tuple(Patch(f"patch-{n}", "0", "t", "2009-12-14", "v2.6.33", "s.") for n in range(30))
    for patches, hint in ((many, "`ksmcheck patches --model NAME` lists them"), ((), "no patches")):
        errors = Errors()
        applied(patches, "v2.6.33", ("something-else",), (), errors)
        with pytest.raises(UserError) as refused:
            errors.stop_if_any()
        assert hint in refused.value.diagnostics[0].hint
