"""Unknown names: what the writer may have meant, by the part that the name plays in the sentence.

A value is suggested where a value stands, a type where a type stands. A name that Python knows and
models do not is refused as such; a name of ksmcheck.lang that was not imported is offered; for a
name of the kernel's that the language spells otherwise its spelling is given.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable

from ksmcheck.diagnostics import did_you_mean
from ksmcheck.frontend.symbols import (
    AliasSymbol,
    Constant,
    EnumSymbol,
    FunctionKind,
    FunctionSymbol,
    GlobalSymbol,
    InstanceSymbol,
    Parameter,
    StructSymbol,
    Symbol,
    VariantSymbol,
    Vocabulary,
    WordSymbol,
)
from ksmcheck.frontend.vocabulary import CALLABLE_NAMES, NAMES, TYPE_NAMES

PYTHON = frozenset(name for name in dir(builtins) if not name.startswith("_"))
INSTEAD = {
    "print": "nothing is printed while states are explored: a trace shows every step",
    "min": "write `a if a < b else b`",
    "max": "write `a if a > b else b`",
    "abs": "write `a if a >= 0 else -a`",
    "list": "declare an array: `Annotated[Array[T], Size(N)]`",
    "tuple": "assign one name at a time",
    "dict": "declare an array, or a field of a struct",
    "set": "declare a `Set[Struct]`",
    "frozenset": "declare a `Set[Struct]`",
    "str": "the state has no strings: declare an Enum",
    "bytes": "the state has no strings: declare an Enum",
    "float": "write `Annotated[int, Range(a, b)]`",
    "object": "name the struct",
    "enumerate": "write `for i in range(n)`",
    "reversed": "write `for i in range(n)` and use `n - 1 - i`",
}
KERNEL = {
    name: hint
    for names, hint in (
        ("call_rcu kfree_rcu", "write `free_rcu(x)`: it is freed after a grace period"),
        ("kfree kmem_cache_free vfree", "write `free(x)`"),
        ("kmalloc kzalloc kmem_cache_alloc kmem_cache_zalloc", "write `alloc(Struct)`"),
        (
            "READ_ONCE WRITE_ONCE ACCESS_ONCE rcu_dereference rcu_assign_pointer smp_load_acquire "
            "smp_store_release",
            "leave it out: a load or store is marked unless it says `plain(...)`",
        ),
        (
            "smp_mb smp_rmb smp_wmb smp_mb__before_atomic smp_mb__after_atomic",
            "leave it out: the memory model is sequential consistency",
        ),
        ("BUG_ON VM_BUG_ON WARN_ON VM_WARN_ON", "write `assert` and what must be true"),
        ("lockdep_assert_held", "write `assert held(lock)`"),
        (
            "spin_lock_irq spin_lock_irqsave spin_lock_bh raw_spin_lock",
            "write `spin_lock(lock)`: there are no interrupts",
        ),
        (
            "spin_unlock_irq spin_unlock_irqrestore spin_unlock_bh raw_spin_unlock",
            "write `spin_unlock(lock)`: there are no interrupts",
        ),
        ("mutex_lock_interruptible mutex_lock_killable", "write `mutex_lock(lock)`"),
        ("wait_event wait_event_interruptible", "write `wait_until(condition)`"),
        (
            "schedule cond_resched cpu_relax msleep udelay",
            "leave it out: others may run between any two accesses",
        ),
        ("likely unlikely", "write the condition alone"),
    )
    for name in names.split()
}
IMPORTABLE = NAMES - {"Annotated", "Final"}

VALUES = (Constant, Parameter, InstanceSymbol, GlobalSymbol, EnumSymbol)
TYPES = (StructSymbol, EnumSymbol, WordSymbol, VariantSymbol, AliasSymbol)


def unknown_value(name: str, scope: dict[str, Symbol], locals_: Iterable[str]) -> tuple[str, str]:
    """(message, hint) for a name that stands where a value is needed."""
    known = [key for key, symbol in scope.items() if isinstance(symbol, VALUES)]
    return _unknown(
        name,
        [*known, *locals_],
        f"nothing is called '{name}'",
        "assign it first, declare it at the top of the file, or import it from another model file",
    )


def unknown_function(name: str, scope: dict[str, Symbol]) -> tuple[str, str]:
    """(message, hint) for a name that is called."""
    kinds = (FunctionKind.ROUTINE, FunctionKind.PREDICATE)
    known = [
        key
        for key, symbol in scope.items()
        if (isinstance(symbol, FunctionSymbol) and symbol.kind in kinds)
        or isinstance(symbol, VariantSymbol)
        or (isinstance(symbol, Vocabulary) and symbol.name in CALLABLE_NAMES)
    ]
    return _unknown(
        name,
        known,
        f"no function is called '{name}'",
        "define it as a @routine, or import it from ksmcheck.lang or another model file",
    )


def unknown_type(name: str, scope: dict[str, Symbol]) -> tuple[str, str]:
    """(message, hint) for a name that stands where a type is needed."""
    known = [key for key, symbol in scope.items() if isinstance(symbol, TYPES)]
    known += [
        key
        for key, symbol in scope.items()
        if isinstance(symbol, Vocabulary) and symbol.name in TYPE_NAMES
    ]
    return _unknown(
        name,
        [*known, "bool"],
        f"no type is called '{name}'",
        "declare it, or import it from ksmcheck.lang or another model file",
    )


def unknown_struct(name: str, scope: dict[str, Symbol]) -> tuple[str, str]:
    """(message, hint) for a name that stands where a struct is needed."""
    known = [key for key, symbol in scope.items() if isinstance(symbol, StructSymbol)]
    fallback = "declare it with @struct, or import it from another model file"
    return f"no struct is called '{name}'", did_you_mean(name, known) or fallback


def _unknown(name: str, known: list[str], message: str, fallback: str) -> tuple[str, str]:
    if name in IMPORTABLE:
        return message, f"import it: `from ksmcheck.lang import {name}`"
    if name in PYTHON:
        hint = INSTEAD.get(name, "see docs/language.md for what does")
        return f"Python's `{name}` does not exist in a model", hint
    if name in KERNEL and name not in known:
        return message, KERNEL[name]
    suggestion = did_you_mean(name, known)
    return message, suggestion if suggestion.startswith("did you") else fallback
