"""Codes 1xx: Python that is not part of the language."""

from __future__ import annotations

from ksmcheck.codes.record import Code

SUBSET = (
    Code(
        "KSM101",
        "a plain import",
        "Names are imported one by one (or with `*`), so that a model reads like the kernel: "
        "`spin_lock(x)`, not `lang.spin_lock(x)`.",
        "import ksmcheck.lang",
        "from ksmcheck.lang import spin_lock",
    ),
    Code(
        "KSM102",
        "a statement that means nothing at the top of a file",
        "The top of a model file declares: imports, constants, types, shared variables, "
        "functions, one scenario. Work is done in routines and actors.",
        "for i in range(3): ...",
        "@setup\ndef prepare() -> None:\n    for i in range(3): ...",
    ),
    Code(
        "KSM103",
        "a class that is no type",
        "A class is a struct, an Enum, a word, or a variant of a word. Structs have no "
        "subclasses and no methods.",
        "class Page:\n    dirty: bool",
        "@struct\nclass Page:\n    dirty: bool",
    ),
    Code(
        "KSM104",
        "an Enum with something else in it",
        "An Enum holds members, `NAME = number`, and a docstring. The order of the members is "
        "what counts; the numbers do not.",
        "class Fault(Enum):\n    def ok(self): ...",
        "class Fault(Enum):\n    DONE = 0\n    RETRY = 1",
    ),
    Code(
        "KSM105",
        "a function without its part",
        "Every function says what it is with exactly one decorator: `@routine` is kernel "
        "code, `@actor` a thread, `@setup` the start, `@invariant`, `@step_property` and "
        "`@end_property` are properties, `@witness` shows that one was exercised, "
        "`@predicate` is what properties call.",
        "def helper() -> None: ...",
        "@routine\ndef helper() -> None: ...",
    ),
    Code(
        "KSM106",
        "a decorator's argument",
        "The decorator has no argument of this name, or takes another kind of value for it. "
        "`@routine` takes source and kernel; `@actor` takes daemon and count; properties take "
        "source.",
        "@actor(deamon=True)",
        "@actor(daemon=True)",
    ),
    Code(
        "KSM107",
        "something in a struct or word that is no field",
        "A struct or a word holds `name: type` lines and a docstring. Initial values are "
        "given in `@setup` or to `alloc`; functions are routines that take the object.",
        "@struct\nclass Page:\n    dirty: bool = True",
        "page = alloc(Page, dirty=True)",
    ),
    Code(
        "KSM108",
        "a call of something that cannot be called",
        "Routines, predicates, variants of words and the vocabulary are called. Objects are "
        "made with `alloc`; there are no methods except `.add` and `.discard` of a Set, and "
        "no function values.",
        "page = Page()",
        "page = alloc(Page)",
    ),
    Code(
        "KSM109",
        "a name of the vocabulary in the wrong place",
        "The name exists, and stands where it has no meaning: a decorator that is called, a "
        "declaration inside a function, a range without a loop.",
        "x = range(3)",
        "x = choose(range(3))",
    ),
    Code(
        "KSM110",
        "a quantifier in real code",
        "`all`, `any` and `sum` over a pool look at the whole state in one instant. A "
        "property may; the kernel looks at one object at a time, and others run in between.",
        "if any(p.dirty for p in pool(Page)): ...",
        "for p in pool(Page):\n    if p.dirty: ...",
    ),
    Code(
        "KSM111",
        "an expression that is not part of the language",
        "Expressions are names, constants, fields, array cells, + - * // %, comparisons, "
        "and/or/not, `a if c else b`, words and calls. Everything else of Python is refused "
        "by name, with what stands for it.",
        "x = y / 2",
        "x = y // 2",
    ),
    Code(
        "KSM112",
        "a chained comparison that loads twice",
        "`a < x < b` loads `x` twice when it is shared, and somebody may store in between. "
        "Load it into a local, so that the model says which load is meant.",
        "if 0 < x < 2: ...",
        "seen = x\nif 0 < seen < 2: ...",
    ),
    Code(
        "KSM113",
        "an assignment with several targets",
        "One assignment stores one place: each store is a step, and their order matters. "
        "Types are written for locals only.",
        "a, b = 1, 2",
        "a = 1\nb = 2",
    ),
    Code(
        "KSM114",
        "a statement that is not part of the language",
        "Statements are assignments, if, while, for over a pool or range, match, return, "
        "break, continue, pass, with, assert and calls. The kernel has no exceptions, "
        "generators or coroutines.",
        "try: ...",
        "if error:\n    return error",
    ),
    Code(
        "KSM115",
        "a line without effect",
        "The value of this line goes nowhere. Often `==` was written for `=`.",
        "x == 2",
        "x = 2",
    ),
    Code(
        "KSM116",
        "a for loop over something else",
        "For loops are unrolled, so what they run over is known when the model is compiled: a "
        "pool, or a range of constants. Loops that depend on the state are `while`.",
        "for i in range(x): ...",
        "i: Annotated[int, Range(0, 3)] = 0\nwhile i < x:\n    i += 1",
    ),
    Code(
        "KSM117",
        "a loop variable that is assigned",
        "A for loop is unrolled and its variable is a constant in each copy of the body. Use "
        "another local for a value that changes.",
        "for i in range(3):\n    i = 0",
        "for i in range(3):\n    j = 0",
    ),
    Code(
        "KSM118",
        "a `with` of something else",
        '`with` takes a lock call, `rcu_read_lock()` or `atomic("reason")`, and releases on '
        "every way out. `as` has nothing to name. Several items are nested.",
        'with open("file") as f: ...',
        "with spin_lock(mm.ptl), spin_lock(page.lock): ...",
    ),
    Code(
        "KSM119",
        "a pattern that does not fit",
        "`match` takes words apart: `case Present(page, write):` binds the fields, a constant "
        "or `_` may stand for a field. A bool, an enum, an int or a reference is matched "
        "against constants.",
        "case [a, b]: ...",
        "case Present(page, _): ...",
    ),
    Code(
        "KSM120",
        "a parameter list with `*`, `**` or `/`",
        "Calls are inlined; each parameter is a plain name with a type, and may have a "
        "constant default.",
        "def f(*pages: Page) -> None: ...",
        "def f(first: Page, second: Page) -> None: ...",
    ),
    Code(
        "KSM121",
        "the parameters of an actor or setup",
        "An actor takes none, or with `count=N` exactly one: its number, from 0 to N - 1. "
        "Setup takes none. What an actor works on is written in its body.",
        "@actor(count=2)\ndef A() -> None: ...",
        "@actor(count=2)\ndef A(me: Annotated[int, Range(0, 1)]) -> None: ...",
    ),
    Code(
        "KSM122",
        "recursion",
        "Calls are inlined, so a routine cannot call itself, not even through another one. "
        "The kernel code of such models walks a list: a loop.",
        "@routine\ndef f() -> None:\n    f()",
        "while True: ...",
    ),
    Code(
        "KSM123",
        "break or continue outside a loop",
        "They leave or repeat the innermost `for` or `while`. `return` leaves a routine.",
        "if done:\n    break",
        "if done:\n    return",
    ),
)
