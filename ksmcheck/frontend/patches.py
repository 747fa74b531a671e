"""Kernel versions, patches and configuration options: reads their lists, decides what applies."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping

from ksmcheck.diagnostics import did_you_mean
from ksmcheck.frontend.errors import Errors
from ksmcheck.frontend.loader import Module
from ksmcheck.frontend.symbols import ConfigList, PatchList, Symbol
from ksmcheck.ir.program import Patch

CONFIG_FIELDS = ("id", "summary")
FIELDS = ("id", "commit", "title", "date", "release", "summary")


def read_patches(
    name: str, node: ast.List, module: Module, errors: Errors, scope: Mapping[str, Symbol]
) -> PatchList:
    """Read a list of Patch(...) calls, all of whose arguments are strings.

    ``*OTHER`` stands for the patches of a list of ``scope``.
    """
    patches: list[Patch] = []
    for element in node.elts:
        match element:
            case ast.Starred(value=ast.Name(id=other)) if other in scope:
                listed = scope[other]
                if isinstance(listed, PatchList):
                    patches.extend(listed.patches)
                    continue
        single = ast.List(elts=[element])
        patches.extend(Patch(**item) for item in _records("Patch", FIELDS, single, module, errors))
    return PatchList(name, tuple(patches), module.span(node))


def read_config(name: str, node: ast.List, module: Module, errors: Errors) -> ConfigList:
    """Read a list of ConfigOption(...) calls, all of whose arguments are strings."""
    records = _records("ConfigOption", CONFIG_FIELDS, node, module, errors)
    return ConfigList(name, tuple(item["id"] for item in records), module.span(node))


def _records(
    kind: str, fields: tuple[str, ...], node: ast.List, module: Module, errors: Errors
) -> list[dict[str, str]]:
    """The arguments of each call of ``kind`` in a list; incomplete ones are reported."""
    found = []
    for element in node.elts:
        values: dict[str, str] = {}
        match element:
            case ast.Call(func=ast.Name(id=name), args=[], keywords=keywords) if name == kind:
                for keyword in keywords:
                    match keyword.value:
                        case ast.Constant(value=str() as text):
                            values[keyword.arg or ""] = text
        if set(values) != set(fields):
            errors.add(
                "KSM310",
                f"a {kind} needs exactly " + ", ".join(fields),
                module.span(element),
                f'each is a string: `{kind}(id="...", ...)`',
            )
            continue
        found.append(values)
    return found


def _which(known: set[str]) -> str:
    """The hint for a patch that is like none of ``known``."""
    return "`ksmcheck patches --model NAME` lists them" if known else "this model lists no patches"


def version_key(version: str) -> tuple[int, ...] | None:
    """``v2.6.35`` as (2, 6, 35), for comparing; None when it is no version."""
    if not re.fullmatch(r"v?\d+(\.\d+)*", version):
        return None
    return tuple(int(part) for part in version.lstrip("v").split("."))


def outside(kernel: str, known: Iterable[str]) -> str:
    """What to say of a kernel that is earlier or later than every version in ``known``, or ""."""
    versions = {version: key for version in known if (key := version_key(version))}
    asked = version_key(kernel)
    if not versions or not asked:
        return ""
    earliest = min(versions, key=versions.__getitem__)
    latest = max(versions, key=versions.__getitem__)
    if asked > versions[latest]:
        return f"later than anything that this model knows, which ends at {latest}"
    if asked < versions[earliest]:
        return f"earlier than anything that this model knows, which begins with {earliest}"
    return ""


def applied(
    patches: tuple[Patch, ...],
    kernel: str,
    with_: tuple[str, ...],
    without: tuple[str, ...],
    errors: Errors,
) -> frozenset[str]:
    """The ids in force: released up to ``kernel``, plus ``with_``, less ``without``."""
    known = {patch.id for patch in patches}
    for chosen in (*with_, *without):
        if chosen not in known:
            errors.add(
                "KSM502",
                f"no patch is called '{chosen}'",
                None,
                did_you_mean(chosen, known) or _which(known),
            )
    for both in sorted(set(with_) & set(without)):
        errors.add(
            "KSM505",
            f"patch '{both}' is both added and removed",
            None,
            "give it to --with or to --without",
        )
    release = version_key(kernel) if kernel else ()
    if release is None:
        errors.add("KSM506", f"'{kernel}' is no kernel version", None, "write it as v2.6.35")
        release = ()
    inside = {p.id for p in patches if (version_key(p.release) or (9999,)) <= release}
    return frozenset((inside | (set(with_) & known)) - set(without))
