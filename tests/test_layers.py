"""The rules of the house, read from the source: who may import whom, how long things may be.

cli -> report -> explore/backends/symbolic/trace -> analysis -> ir <- frontend -> lang. The rules
are checked on the syntax trees, so a wrong import fails here before it becomes a cycle.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "ksmcheck"
FILES = sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)

# room -> the rooms it may import; every room but ir and lang may also import ksmcheck.diagnostics.
MAY_IMPORT = {
    "lang": set(),
    "ir": set(),
    "codes": set(),
    "frontend": {"lang", "ir"},
    "analysis": {"ir"},
    "backends": {"ir", "analysis"},
    "symbolic": {"ir", "analysis"},
    "explore": {"ir", "analysis", "backends", "symbolic"},
    "trace": {"ir", "analysis", "backends", "symbolic", "explore"},
    "report": {"ir", "analysis", "backends", "symbolic", "explore", "trace"},
    "cli": {
        "ir", "analysis", "backends", "symbolic", "explore", "trace", "report", "frontend",
        "codes"
    },
}  # fmt: skip
# diagnostics.py names the place of an error by ir's Span
DIAGNOSTICS_MAY_IMPORT = {"ir"}
# cli/main.py is the door; nothing else stands at the top of the package
TOP_FILES = {"__init__", "__main__", "diagnostics"}
FORBIDDEN_NAMES = ("utils", "util", "helpers", "helper", "common", "manager", "misc")
# z3 takes longer to load than most models to explore, so it is loaded where symbols are met
LOADS_Z3 = {
    "ksmcheck/explore/oracles.py",
    "ksmcheck/report/proving.py",
    "ksmcheck/trace/confirm.py",
}
FILE_LIMIT = 400
FUNCTION_LIMIT = 40
DISPATCH_LIMIT = 60
MUTABLE_CALLS = {"list", "dict", "set", "defaultdict", "deque", "Counter", "OrderedDict"}


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def dotted(path: Path) -> list[str]:
    """``ksmcheck/ir/expr.py`` as ["ksmcheck", "ir", "expr"]."""
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    return parts[:-1] if parts[-1] == "__init__" else parts


def imports(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Every import in a file as (line, dotted target), relative ones resolved."""
    package = list(path.relative_to(ROOT).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name.split(".")
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            target = base + (node.module.split(".") if node.module else [])
            for alias in node.names:
                yield node.lineno, [*target, alias.name]


def room_of(parts: list[str]) -> str:
    return parts[1] if len(parts) > 1 else ""


def allowed(source: list[str], target: list[str]) -> bool:
    """May the module ``source`` import ``target``, both dotted names in this package?"""
    here, there = room_of(source), room_of(target)
    if here == there:
        return not (here == "backends" and engine_of(source) != engine_of(target))
    if here == "diagnostics":
        return there in DIAGNOSTICS_MAY_IMPORT
    if here in ("", "__main__"):
        return here == "__main__" and there == "cli"
    if there == "diagnostics":
        return here not in ("ir", "lang")
    return there in MAY_IMPORT[here]


def imported(node: ast.AST) -> list[str]:
    """What a statement imports from, as a dotted name; [] when it imports nothing."""
    return (node.module or "").split(".") if isinstance(node, ast.ImportFrom) else []


def engine_of(parts: list[str]) -> str:
    """Which backend a module belongs to: the evaluator, python, native, ..."""
    return parts[2] if len(parts) > 2 else ""


@pytest.mark.parametrize("path", FILES, ids=shown)
def test_imports_run_one_way(path: Path) -> None:
    source = dotted(path)
    for line, target in imports(path):
        if target[0] == "ksmcheck":
            assert allowed(source, target), f"{shown(path)}:{line} imports {'.'.join(target)}"
        assert target[0] not in ("models", "properties", "tests"), f"{shown(path)}:{line}"


@pytest.mark.parametrize("path", FILES, ids=shown)
def test_z3_stays_in_its_room(path: Path) -> None:
    if room_of(dotted(path)) != "symbolic":
        assert "z3" not in {target[0] for _, target in imports(path)}


@pytest.mark.parametrize("path", FILES, ids=shown)
def test_rooms_and_names_are_known(path: Path) -> None:
    parts = path.relative_to(PACKAGE).parts
    if len(parts) == 1:
        assert path.stem in TOP_FILES
    else:
        assert parts[0] in MAY_IMPORT
    for part in (*parts[:-1], path.stem):
        assert part not in FORBIDDEN_NAMES
        assert not part.startswith("new_")


@pytest.mark.parametrize("path", FILES, ids=shown)
def test_no_import_is_local(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for function in functions(tree):
        for node in ast.walk(function):
            if shown(path) in LOADS_Z3 and imported(node)[1:2] == ["symbolic"]:
                continue
            assert not isinstance(node, ast.Import | ast.ImportFrom), (
                f"{shown(path)}:{node.lineno} imports inside {function.name}"
            )
    assert "TYPE_CHECKING" not in path.read_text(encoding="utf-8"), "an import cycle in disguise"


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", FILES, ids=shown)
def test_sizes(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= FILE_LIMIT
    for function in functions(ast.parse(text)):
        assert function.end_lineno is not None
        first = function.body[0]
        documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        doc = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
        length = function.end_lineno - function.lineno + 1 - doc
        # One match over the kinds of a node reads like a table; it may be as long as the kinds are.
        limit = DISPATCH_LIMIT if isinstance(function.body[-1], ast.Match) else FUNCTION_LIMIT
        assert length <= limit, f"{function.name} has {length} lines"


@pytest.mark.parametrize("path", FILES, ids=shown)
def test_no_mutable_module_level_names(path: Path) -> None:
    """Module level holds constants: a list, a set or a dict there is written IN_CAPITALS only."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                name = ast.unparse(target)
                constant = name.isupper() or name == "__all__"
                assert constant or not mutable(node.value), f"{shown(path)}:{node.lineno} {name}"
                assert not empty_container(node.value), f"{shown(path)}:{node.lineno} {name}"
        assert not isinstance(node, ast.AugAssign | ast.For | ast.While), shown(path)
    for inner in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not isinstance(inner, ast.Global), f"{shown(path)}:{inner.lineno} global"


def mutable(value: ast.expr) -> bool:
    if isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp):
        return True
    return isinstance(value, ast.Call) and ast.unparse(value.func) in MUTABLE_CALLS


def empty_container(value: ast.expr) -> bool:
    """An empty list, set or dict at module level waits to be filled: it is a global."""
    match value:
        case ast.List(elts=[]) | ast.Dict(keys=[]):
            return True
        case ast.Call(args=[], keywords=[], func=ast.Name(id=name)):
            return name in MUTABLE_CALLS
        case _:
            return False


@pytest.mark.parametrize("path", FILES, ids=shown)
def test_every_file_says_what_it_is(path: Path) -> None:
    doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert doc is not None
    assert len(doc) > 20, "the docstring says what the file is for"


def test_the_rules_can_fail() -> None:
    assert not allowed(["ksmcheck", "ir", "expr"], ["ksmcheck", "frontend"])
    assert not allowed(["ksmcheck", "ir", "expr"], ["ksmcheck", "diagnostics"])
    assert not allowed(["ksmcheck", "frontend", "tree"], ["ksmcheck", "explore"])
    assert not allowed(["ksmcheck", "lang", "types"], ["ksmcheck", "ir", "types"])
    assert not allowed(
        ["ksmcheck", "backends", "python", "emit"], ["ksmcheck", "backends", "evaluator"]
    )
    assert allowed(["ksmcheck", "backends", "python", "emit"], ["ksmcheck", "backends", "python"])
    assert allowed(["ksmcheck", "cli", "main"], ["ksmcheck", "report", "text"])
