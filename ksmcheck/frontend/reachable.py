"""Which functions an actor can reach, and what they do that shapes the state: allocation, RCU."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from ksmcheck.frontend import tree, tree_expressions
from ksmcheck.frontend.schema import Schema
from ksmcheck.frontend.symbols import FunctionSymbol
from ksmcheck.frontend.tree import Function
from ksmcheck.frontend.vocabulary import Prim

TREES = (tree.__name__, tree_expressions.__name__)


def _nodes(value: object) -> Iterator[object]:
    """Every typed node below ``value``; symbols are not entered."""
    cls = type(value)
    if isinstance(value, tuple):
        for item in value:
            yield from _nodes(item)
    elif attrs.has(cls) and cls.__module__ in TREES:
        yield value
        for attribute in attrs.fields(cls):
            yield from _nodes(getattr(value, attribute.name))


def survey(schema: Schema, functions: Mapping[int, Function], roots: list[FunctionSymbol]) -> None:
    """Note in the schema which pools are allocated from and whether RCU is waited for."""
    seen: set[int] = set()
    work = list(roots)
    while work:
        symbol = work.pop()
        if id(symbol) in seen:
            continue
        seen.add(id(symbol))
        for node in _nodes(functions[id(symbol)].body):
            match node:
                case tree.Call(function=called):
                    work.append(called)
                case tree.Primitive(prim=prim, struct=struct):
                    if struct is not None:
                        schema.allocated.add(struct.name)
                    if prim is Prim.FREE_RCU and struct is not None:
                        schema.freed_by_rcu.add(struct.name)
                        schema.uses_grace_periods = True
                    if prim is Prim.SYNCHRONIZE_RCU:
                        schema.uses_grace_periods = True
                    if prim is Prim.RCU_READ_LOCK:
                        schema.uses_rcu = True
