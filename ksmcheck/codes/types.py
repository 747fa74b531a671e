"""Codes 32x to 34x: types, ranges, calls."""

from __future__ import annotations

from ksmcheck.codes.record import Code

TYPES = (
    Code(
        "KSM320",
        "something that is not a type",
        "Types are bool, `Annotated[int, Range(a, b)]`, an Enum, a struct (a reference), "
        "`Struct | None`, a word, a lock, `Set[Struct]`, arrays, counters and ghosts of "
        "these. Only references can be None.",
        "y: list[int]",
        "y: Annotated[Array[bool], Size(4)]",
    ),
    Code(
        "KSM321",
        "an array, lock or word where a scalar is needed",
        "Parameters, locals, returned values and fields of words are scalars: one number, "
        "reference or word. Pass the struct that contains the array or lock. A word contains "
        "no other word.",
        "def f(lock: SpinLock) -> None: ...",
        "def f(mm: Mm) -> None:\n    spin_lock(mm.ptl)",
    ),
    Code(
        "KSM322",
        "an int without a range",
        "Every state is finite. Fields and shared variables give their range; a local takes "
        "the range of what is assigned to it, and gives one when it counts.",
        "i = 0\nwhile i < 3:\n    i = i + 1",
        "i: Annotated[int, Range(0, 3)] = 0\nwhile i < 3:\n    i = i + 1",
    ),
    Code(
        "KSM323",
        "a range that is empty or too large",
        "Both bounds belong to the range, the lower comes first, and a place has at most "
        "65536 values. Every value is explored, so two or three are usually enough to show a "
        "race.",
        "Annotated[int, Range(3, 0)]",
        "Annotated[int, Range(0, 3)]",
    ),
    Code(
        "KSM324",
        "a word without variants",
        "A word is one of several shapes; the first one is what it starts as.",
        "class Pte(Word): ...",
        "class Pte(Word): ...\nclass NoPte(Pte): ...",
    ),
    Code(
        "KSM325",
        "an impossible size of a pool",
        "A pool has 1 to 255 objects and at least as many as the struct has `instance(...)` "
        "objects.",
        "pools={Page: 0}",
        "pools={Page: 2}",
    ),
    Code(
        "KSM326",
        "a struct without objects",
        "The model uses a struct that has neither a pool nor an instance, so no reference to "
        "one can ever be anything but None.",
        'scenario(question="?", pools={})',
        'scenario(question="?", pools={Page: 2})',
    ),
    Code(
        "KSM330",
        "a value of the wrong type",
        "What is stored, passed, returned or compared has another type than its place. Types "
        "are not converted: a comparison gives a bool, `1 if b else 0` an int.",
        "x = page1",
        "x = page1.mapcount",
    ),
    Code(
        "KSM331",
        "a value outside the range",
        "No value that this expression can have fits the place. When only some fit, the check "
        "is made while exploring (KSM804).",
        "x: Annotated[int, Range(0, 3)] = 4",
        "x: Annotated[int, Range(0, 4)] = 4",
    ),
    Code(
        "KSM332",
        "a wrong initial value",
        "A shared variable starts with a constant of its type: a number in its range, True or "
        "False, a member of its Enum, None, or an instance. Anything else is stored in setup.",
        "y: bool = 3",
        "y: bool = True",
    ),
    Code(
        "KSM333",
        "a condition that is no bool",
        "A condition is a bool, or a reference (is it not None). Numbers, enums and words are "
        "compared.",
        "if x: ...",
        "if x != 0: ...",
    ),
    Code(
        "KSM334",
        "not a variant of this word",
        "`match`, `isinstance` and constructors name variants of the word at hand.",
        "isinstance(pte, Anon)",
        "isinstance(pte, Present)",
    ),
    Code(
        "KSM335",
        "an array as a whole",
        "One access reads or writes one cell, so arrays are indexed. Copying one is a loop, "
        "in which others may run.",
        "cells = other",
        "for i in range(4):\n    cells[i] = other[i]",
    ),
    Code(
        "KSM336",
        "not a place in memory",
        "Stores, locks and read-modify-write primitives need a place: `object.field`, "
        "`array[i]` or a shared variable. A local is nobody else's business, a word is stored "
        "as a whole.",
        "xchg(local, 1)",
        "xchg(page.flag, 1)",
    ),
    Code(
        "KSM337",
        "a field of something that has none",
        "Only references to structs have fields, and words have the fields of their variants.",
        "x = count.value",
        "x = count",
    ),
    Code(
        "KSM338",
        "a division that may fail",
        "`//` and `%` are allowed when the types say that the dividend is at least 0 and the "
        "divisor at least 1.",
        "x // y  (y from 0 to 3)",
        "x // y  (y from 1 to 3)",
    ),
    Code(
        "KSM339",
        "a comparison that cannot mean anything",
        "The two sides have different types, or a type without an order is compared with `<`, "
        "or `is` is used on numbers.",
        "page1 == 3",
        "page1.mapcount == 3",
    ),
    Code(
        "KSM340",
        "an assignment to a shared variable without `global`",
        "As in Python, assigning a name makes it a local unless the function says `global`. A "
        "model where that is forgotten would never store anything.",
        "def A() -> None:\n    x = 1",
        "def A() -> None:\n    global x\n    x = 1",
    ),
    Code(
        "KSM341",
        "wrong arguments",
        "A call gives one value for each parameter, by position or by name. Primitives take "
        "their arguments by position.",
        "bump(bye=1)",
        "bump(by=1)",
    ),
    Code(
        "KSM342",
        "a primitive on the wrong kind of place",
        "Each primitive works on one kind of place: spin_lock on SpinLock, mutex_lock on "
        "Mutex, inc_not_zero on Refcount, test_and_set on bool, fetch_add on int, add and "
        "discard on Set.",
        "spin_lock(mutex)",
        "mutex_lock(mutex)",
    ),
    Code(
        "KSM343",
        "a lock used as a value",
        "A lock is taken and released by its functions. Real code cannot look at it without "
        "taking it; a property asks `locked(l)`.",
        "lock = True",
        "with spin_lock(lock): ...",
    ),
    Code(
        "KSM344",
        "plain() or old() of something else",
        "`plain(x.f)` and `old(x.f)` mark a load from memory. plain() says what a compiler may do "
        "with it, so it belongs in a routine. old() needs a step to look back over, so it "
        "belongs in a step property, its witness or a predicate.",
        '@invariant(source="...")\n... old(x) <= x',
        '@step_property(source="...")\n... old(x) <= x',
    ),
    Code(
        "KSM345",
        "a call of a function of another kind",
        "Real code calls routines, properties call predicates. Actors, setup and properties "
        "are called by nobody.",
        "(in a property) return get_page(p)",
        "(in a property) return is_mapped(p)",
    ),
    Code(
        "KSM346",
        "a wrong quantifier",
        "`all`, `any` and `sum` take one expression `for` a name `in pool(X)` or `range(n)`, "
        "with several `for` and `if` if need be.",
        "all([a, b])",
        "all(p.mapcount == 0 for p in pool(Page))",
    ),
    Code(
        "KSM347",
        "a Refcount or an Atomic that is assigned",
        "The kernel changes a counter with atomic operations, and the checks (below zero, "
        "past the maximum, increment from zero) belong to them. Only setup assigns one.",
        "page.refcount = 2",
        "refcount_set(page.refcount, 2)",
    ),
    Code(
        "KSM348",
        "a returned value that is not declared",
        "A routine says what it returns after its parameters; an actor or setup returns "
        "nothing, because nobody receives it.",
        "def f(p: Page): return p.dirty",
        "def f(p: Page) -> bool: return p.dirty",
    ),
    Code(
        "KSM349",
        "a parameter without a type",
        "The type of a parameter decides what it can be called with and how many values it has.",
        "def f(p) -> None: ...",
        "def f(p: Page) -> None: ...",
    ),
)
