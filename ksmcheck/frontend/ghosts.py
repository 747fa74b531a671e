"""Where a ghost comes from: the part of an expression that the kernel cannot see."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from ksmcheck.frontend import tree_expressions
from ksmcheck.frontend.tree_expressions import IsHeld, IsLive, IsLocked, Load, Local, Typed


def parts(value: object) -> Iterator[object]:
    """An expression and everything below it."""
    cls = type(value)
    if isinstance(value, tuple):
        for item in value:
            yield from parts(item)
    elif attrs.has(cls) and cls.__module__ == tree_expressions.__name__:
        yield value
        for attribute in attrs.fields(cls):
            yield from parts(getattr(value, attribute.name))


def ghost_source(typed: Typed) -> Typed:
    """The smallest part of ``typed`` that makes it a ghost; itself when none is found."""
    for part in parts(typed):
        match part:
            case Load(place=place) if place.storage.ghost:
                return part
            case Local(ghost=True) | IsLive() | IsLocked() | IsHeld():
                return part
    return typed


def ghost_words(typed: Typed) -> str:
    """How a message calls a ghost, as the subject of a sentence."""
    match ghost_source(typed):
        case Load(place=place):
            return f"the ghost '{place.key}'"
        case Local(name=name):
            return f"'{name}', which holds a ghost,"
        case IsLive():
            return "is_live()"
        case IsLocked():
            return "locked()"
        case IsHeld():
            return "held()"
        case _:
            return "a ghost"


def ghost_note(typed: Typed) -> str:
    """Why the kernel cannot use it."""
    match ghost_source(typed):
        case IsLive():
            return "the kernel cannot ask whether an object is allocated"
        case IsLocked() | IsHeld():
            return "the kernel cannot ask who holds a lock"
        case _:
            return "ghost state exists for properties; the kernel cannot see it"
