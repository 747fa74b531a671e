"""Types in words, for `show`: ``0..3``, ``Page or None``, ``Pte = NoPte | Present(page)``."""

from __future__ import annotations

from typing import assert_never

from ksmcheck.ir.types import (
    BoolType,
    ConditionType,
    EnumType,
    IntType,
    LockType,
    RefType,
    SetType,
    SymbolType,
    ValueType,
    WordType,
)


def type_text(kind: ValueType) -> str:
    """The type as the model's author would say it."""
    match kind:
        case BoolType():
            return "bool"
        case IntType(lo=lo, hi=hi):
            return f"{lo}..{hi}"
        case EnumType(name=name, members=members):
            return f"{name} = {' | '.join(members)}"
        case RefType(struct=struct, nullable=nullable):
            return f"{struct} or None" if nullable else struct
        case WordType(name=name, variants=variants):
            shapes = []
            for variant in variants:
                fields = ", ".join(field for field, _ in variant.fields)
                shapes.append(f"{variant.name}({fields})" if fields else variant.name)
            return f"{name} = {' | '.join(shapes)}"
        case SetType(struct=struct):
            return f"set of {struct}"
        case LockType(kind=lock):
            return lock.value
        case SymbolType(domain=domain):
            return f"{domain.name}, at most {domain.most} alive"
        case ConditionType():
            return "what is known of the symbols"
        case _:
            assert_never(kind)
