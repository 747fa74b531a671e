"""Finds model files, parses them and follows their imports. Nothing is executed.

Takes a model's name or path; gives the parsed modules, each with the path a reader should see.
"""

from __future__ import annotations

import ast
import warnings
from pathlib import Path

from attrs import define, field, frozen

from ksmcheck.diagnostics import did_you_mean
from ksmcheck.frontend.errors import Errors, span_of
from ksmcheck.ir.source import Span

IGNORED_IMPORTS = frozenset({"__future__", "typing", "enum", "collections.abc"})
SYNTAX = "a model file is Python: an editor or `python -m py_compile` shows the place, too"
DOTTED = 0.75  # dotted names share their folders, so more must agree
VOCABULARY_MODULES = frozenset({"ksmcheck.lang"})


@frozen
class Module:
    """One parsed file: ``name`` is dotted, ``file`` is the displayed path."""

    name: str
    file: str
    tree: ast.Module
    doc: str

    def span(self, node: ast.AST) -> Span:
        """The place of ``node`` in this file."""
        return span_of(self.file, node)


def shipped_root() -> Path:
    """The folder that holds models/ and properties/: inside an installed wheel, or the checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "shipped"
    return installed if installed.is_dir() else package.parent


def shipped_models() -> dict[str, Path]:
    """The names of the shipped scenarios and their files."""
    folder = shipped_root() / "models"
    return {path.stem: path for path in sorted(folder.glob("*.py")) if path.stem != "__init__"}


@define
class Loader:
    """Loads a model and everything that it imports, each module once."""

    errors: Errors
    modules: dict[str, Module] = field(factory=dict)
    imported_first: list[Module] = field(factory=list)
    roots: tuple[Path, ...] = ()

    def load_model(self, model: str) -> Module | None:
        """The scenario ``model``: a shipped name, or a path that ends in ``.py``."""
        path = self._model_path(model)
        if path is None:
            return None
        self.roots = (path.parent, shipped_root())
        shown = self._shown(path, model)
        return self._load(path, path.stem, shown, None)

    def _model_path(self, model: str) -> Path | None:
        if model.endswith(".py") or "/" in model:
            path = Path(model)
            try:
                what = "a folder" if path.is_dir() else "missing"
                if path.is_file():
                    return path.resolve()
            except OSError as fault:
                what = f"no file: {fault.strerror}"
            self.errors.add(
                "KSM001",
                f"model file '{model}' is {what}",
                None,
                "give the path of a .py file, or a name that `ksmcheck list` shows",
            )
            return None
        known = shipped_models()
        if model not in known:
            self.errors.add(
                "KSM002",
                f"no model is called '{model}'",
                None,
                did_you_mean(model, known) or "a model of your own is given as PATH.py",
            )
            return None
        return known[model]

    def _shown(self, path: Path, given: str) -> str:
        root = shipped_root()
        if path.is_relative_to(root):
            return str(path.relative_to(root))
        return given if given.endswith(".py") else path.name

    def _load(self, path: Path, name: str, shown: str, importer: Span | None) -> Module | None:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as fault:
            reason = getattr(fault, "strerror", None) or "it is not UTF-8 text"
            self.errors.add("KSM003", f"cannot read {shown}: {reason}", importer)
            return None
        self.errors.sources[shown] = text
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # doubtful literals; the checker has its own say
                tree = ast.parse(text)
        except (SyntaxError, ValueError) as fault:
            self._syntax_error(shown, fault)
            return None
        except (RecursionError, MemoryError):
            self.too_deep(shown)
            return None
        module = Module(name, shown, tree, ast.get_docstring(tree) or "")
        self.modules[name] = module
        self._follow_imports(module)
        self.imported_first.append(module)
        return module

    def too_deep(self, shown: str) -> None:
        """Report an expression or block that is nested beyond reason."""
        self.errors.add(
            "KSM013",
            f"something in {shown} is nested too deeply",
            Span(shown, 1, 0, 1, 1),
            "split the expression, or move a part into a routine",
        )

    def _syntax_error(self, shown: str, fault: SyntaxError | ValueError) -> None:
        if isinstance(fault, SyntaxError):
            line, column = fault.lineno or 1, max(0, (fault.offset or 1) - 1)
            end = max(column + 1, (fault.end_offset or 1) - 1)
            span = Span(shown, line, column, max(line, fault.end_lineno or line), end)
            self.errors.add("KSM011", f"Python syntax: {fault.msg}", span, SYNTAX)
        else:
            place = Span(shown, 1, 0, 1, 1)
            self.errors.add("KSM011", f"Python syntax: {fault}", place, SYNTAX)

    def _follow_imports(self, module: Module) -> None:
        for node in module.tree.body:
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
                self.errors.add(
                    "KSM101",
                    f"'import {names[0]}' is not part of the language",
                    module.span(node),
                    f"write `from {names[0]} import NAME`",
                )
            if isinstance(node, ast.ImportFrom):
                self._import(module, node)

    def _import(self, module: Module, node: ast.ImportFrom) -> None:
        target = self.resolve(module, node)
        if target in IGNORED_IMPORTS or target in VOCABULARY_MODULES:
            return
        if target in self.modules:
            return
        for root in self.roots if target else ():
            path = root.joinpath(*target.split(".")).with_suffix(".py")
            if path.is_file():
                self._load(path, target, self._shown(path, path.name), module.span(node))
                return
        self.errors.add(
            "KSM012",
            f"no module '{target}' beside the model or among the shipped ones",
            module.span(node),
            did_you_mean(target, self._importable(), DOTTED)
            or "a model imports ksmcheck.lang, models.*, properties.* and files beside it; "
            "nothing is executed, so Python's libraries are of no use to it",
        )

    def resolve(self, module: Module, node: ast.ImportFrom) -> str:
        """The dotted name that an import statement means, relative imports included."""
        name = node.module or ""
        if not node.level:
            return name
        parts = module.name.split(".")[: -node.level]
        return ".".join([*parts, name]) if name else ".".join(parts)

    def _importable(self) -> list[str]:
        root = shipped_root()
        found = ["ksmcheck.lang"]
        for folder in ("models", "properties"):
            for path in (root / folder).rglob("*.py"):
                found.append(".".join(path.relative_to(root).with_suffix("").parts))
        return found
