"""Codes 2xx: steps, atomic blocks, ghosts."""

from __future__ import annotations

from ksmcheck.codes.record import Code

STEPS = (
    Code(
        "KSM201",
        "an atomic block without a reason",
        '`with atomic("reason"):` makes a block one step and so removes interleavings that '
        "the kernel may have. The reason says why nobody can tell the difference; a reader "
        "will ask for it.",
        "with atomic():",
        'with atomic("the page is not visible to anybody yet"):',
    ),
    Code(
        "KSM202",
        "a wait that looks at two places",
        "A step makes one access, and a wait sees its condition hold in the step that ends "
        "it. A condition over two places would read both at once, which no processor does.",
        "wait_until(a == 1 and b == 1)",
        "wait_until(a == 1)\nwait_until(b == 1)",
    ),
    Code(
        "KSM203",
        "a loop inside an atomic block",
        "An atomic block is one step, so it must be finite when the model is compiled. Loops "
        "over a pool or a range are unrolled; `while` is not.",
        'with atomic("..."):\n    while x < 3: ...',
        'with atomic("..."):\n    for i in range(3): ...',
    ),
    Code(
        "KSM204",
        "alloc with a load",
        "Allocation is one access. A field's value that is loaded from memory is another one, "
        "before it: write it so.",
        "page = alloc(Page, content=slot.disk)",
        "content = slot.disk\npage = alloc(Page, content=content)",
    ),
    Code(
        "KSM205",
        "a lock, or RCU, in setup",
        "Setup is a single step before anybody runs: nobody is there to be kept out, and no "
        "grace period to wait for.",
        "@setup\ndef prepare() -> None:\n    spin_lock(lock)",
        "@actor\ndef A() -> None:\n    spin_lock(lock)",
    ),
    Code(
        "KSM206",
        "too many branches in one step",
        "The tree of outcomes of one step has thousands of branches: an atomic block with "
        "many ifs on shared state, or local work with many choices. Every engine runs the "
        "tree as it stands.",
        'with atomic("..."):  (thirty ifs)',
        "use several steps, or fewer choices",
    ),
    Code(
        "KSM207",
        "a loop that never ends and never looks",
        "`while True:` without an access, a call, a break or a return spins for ever on the "
        "actor's own locals, and nobody can tell. To stop an actor write `return`, to wait "
        "write `wait_until`.",
        "while True:\n    pass",
        "wait_until(done)",
    ),
    Code(
        "KSM208",
        "assume() outside setup",
        "In setup `assume(condition)` drops initial states. In an actor it would drop runs, and "
        "a race among them with it. What an actor waits for is `wait_until`, what must be true "
        "there is `assert`. A routine that setup calls may assume; no actor may call it.",
        "@actor\ndef A() -> None:\n    assume(x < 2)",
        "@setup\ndef prepare() -> None:\n    assume(x < 2)",
    ),
    Code(
        "KSM221",
        "a ghost decides real code",
        "Ghost state is what the property needs and the kernel does not have, such as what a "
        "thread last wrote. If it could decide a branch, an index, a stored value or when "
        "somebody goes on, the model would do what no kernel does. The caret is on the ghost; "
        "the note says what it decides. The same holds for `is_live` and `locked`.",
        "if shadow == 1:\n    page.dirty = True",
        "if page.content == 1:\n    page.dirty = True",
    ),
)
