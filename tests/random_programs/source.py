"""Reads the declarations of a model's source for the direct interpreter. No code of the tool."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

CHANGING = frozenset(
    {"fetch_add", "add_return", "xchg", "cmpxchg", "test_and_set", "test_and_clear"}
)


@dataclass(frozen=True)
class Range:
    """The integers that a place may hold; everything, unless it was declared with a range."""

    lo: int = -(10**9)
    hi: int = 10**9

    def holds(self, value: Any) -> bool:
        """Whether ``value`` may be stored; only integers can be out of range."""
        return not isinstance(value, int) or self.lo <= value <= self.hi


@dataclass(frozen=True)
class Declared:
    """A shared place: its range, how many cells it has, and what they hold at first."""

    range: Range
    size: int
    initial: Any


@dataclass
class Source:
    """The declarations of one model file.

    ``places`` are keyed as the tool names its variables: ``x`` and ``Node.value``. ``objects`` maps
    a static object to its struct and number. ``variants`` maps a variant to its field names.
    ``stored`` are the places that some thread may change; a load of another one is no access.
    """

    places: dict[str, Declared] = field(default_factory=dict)
    objects: dict[str, tuple[str, int]] = field(default_factory=dict)
    variants: dict[str, list[str]] = field(default_factory=dict)
    routines: dict[str, ast.FunctionDef] = field(default_factory=dict)
    threads: dict[str, ast.FunctionDef] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    structs: dict[str, ast.ClassDef] = field(default_factory=dict)
    stored: set[str] = field(default_factory=set)

    def range_of(self, annotation: ast.expr) -> Range:
        """The range in ``Annotated[int, Range(lo, hi)]``; no limit for any other type."""
        match annotation:
            case ast.Subscript(
                slice=ast.Tuple(elts=[ast.Name(id="int"), ast.Call(args=[low, high])])
            ):
                return Range(ast.literal_eval(low), ast.literal_eval(high))
            case _:
                return Range()

    def declared(self, annotation: ast.expr, initial: ast.expr | None, size: int = 1) -> Declared:
        """What an annotation says of a place."""
        match annotation:
            case ast.Subscript(
                slice=ast.Tuple(
                    elts=[
                        ast.Subscript(value=ast.Name(id="Array"), slice=element),
                        ast.Call(args=[length]),
                    ]
                )
            ):
                return self.declared(element, initial, ast.literal_eval(length))
            case ast.Name(id="bool"):
                value: Any = False
            case ast.Name(id=name) if name in self.words:
                value = (self.words[name],)
            case ast.Subscript():
                value = self.range_of(annotation).lo
            case _:
                value = None
        if initial is not None:
            value = ast.literal_eval(initial)
        return Declared(self.range_of(annotation), size, value)


def read_source(text: str) -> Source:
    """Read a model file."""
    source = Source()
    for node in ast.parse(text).body:
        match node:
            case ast.ClassDef(bases=[ast.Name(id="Word")]):
                source.words[node.name] = ""
            case ast.ClassDef(bases=[ast.Name(id=word)]):
                _variant(source, node, word)
            case ast.ClassDef():
                source.structs[node.name] = node
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Call(func=ast.Name(id="instance"), args=[ast.Name(id=struct)]),
            ):
                earlier = sum(owner == struct for owner, _ in source.objects.values())
                source.objects[name] = (struct, earlier)
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                source.places[name] = source.declared(annotation, value)
            case ast.FunctionDef(decorator_list=[ast.Name(id=mark)]):
                functions = source.threads if mark == "actor" else source.routines
                functions[node.name] = node
    for name, declaration in source.structs.items():
        count = sum(struct == name for struct, _ in source.objects.values())
        for item in declaration.body:
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
                key = f"{name}.{item.target.id}"
                source.places[key] = source.declared(item.annotation, None, count)
    source.stored = {name for thread in source.threads.values() for name in _stores(source, thread)}
    return source


def _stores(source: Source, function: ast.FunctionDef) -> set[str]:
    """The places that a function changes, by what is written there; calls included."""
    changed: list[ast.expr] = []
    found: set[str] = set()
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=targets):
                changed += targets
            case ast.AugAssign(target=target):
                changed.append(target)
            case ast.Call(func=ast.Name(id=name)) if name in source.routines:
                found |= _stores(source, source.routines[name])
            case ast.Call(func=ast.Name(id=name), args=[place, *_]) if name in CHANGING:
                changed.append(place)
    for changed_place in changed:
        match changed_place:
            case ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name)):
                found.add(name)
            case ast.Attribute(attr=attribute):
                found |= {key for key in source.places if key.endswith(f".{attribute}")}
    return found & set(source.places)


def _variant(source: Source, node: ast.ClassDef, word: str) -> None:
    source.words[word] = source.words[word] or node.name
    source.variants[node.name] = [
        item.target.id
        for item in node.body
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
    ]
