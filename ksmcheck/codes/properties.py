"""Codes 4xx: properties, their witnesses, and setup."""

from __future__ import annotations

from ksmcheck.codes.record import Code

PROPERTIES = (
    Code(
        "KSM401",
        "an unknown property",
        "`properties=[...]` names functions with @invariant, @step_property or @end_property "
        "that are declared in the file or imported; `Expect(property=...)` names one of those "
        "or a built-in check.",
        "properties=[p3_ksm_invisble]",
        "properties=[p3_ksm_invisible]",
    ),
    Code(
        "KSM402",
        "a property with an effect",
        "Properties, witnesses and predicates look at the state and give a value. They assign "
        "locals, use if, match and return, and nothing else.",
        '@invariant(source="...")\ndef p() -> bool:\n    x = 1  (a shared variable)',
        "y = x + 1\nreturn y < 4",
    ),
    Code(
        "KSM403",
        "a property that returns something else",
        "A property and a witness are either true or false in a state, so both return a bool.",
        "def p() -> int: ...",
        "def p() -> bool: ...",
    ),
    Code(
        "KSM404",
        "a property without its witness",
        '"Holds" is worth nothing if the situation never arose. Each property has a '
        "`@witness(the_property)`: a condition that must become true in some explored state, "
        "otherwise the verdict is `vacuous`.",
        '@invariant(source="...")\ndef p() -> bool: ...',
        "@witness(p)\n"
        "def page_was_shared() -> bool:\n"
        "    return any(q.mapcount > 1 for q in pool(Page))",
    ),
    Code(
        "KSM405",
        "a property without a sentence",
        "The docstring says in one sentence what must be true. It is what the report prints "
        "when it is not.",
        "def p() -> bool:\n    return ...",
        'def p() -> bool:\n    """A free page is mapped nowhere."""\n    return ...',
    ),
    Code(
        "KSM406",
        "a property with too many instances",
        "A parameter of a property ranges over all its values, one instance each. Use structs "
        "of small pools and small ranges.",
        "def p(n: Annotated[int, Range(0, 60000)]) -> bool: ...",
        "def p(page: Page) -> bool: ...",
    ),
    Code(
        "KSM407",
        "a property that does not say where it comes from",
        "Each property names the commit, document or comment that states it, so that a reader "
        "can tell a rule of the kernel from a belief of the modeller.",
        "@invariant()",
        '@invariant(source="Documentation/mm/ksm.rst")',
    ),
    Code(
        "KSM408",
        "a property with two witnesses",
        "The witness of a property is the one condition that must be reached before 'holds' is "
        "said. Two functions leave open which one counts: join them with `and` or `or`.",
        "@witness(p) def first() ... @witness(p) def second() ...",
        "@witness(p) def both() -> bool: return first() and second()",
    ),
    Code(
        "KSM411",
        "setup never finishes",
        "Every way through `@setup` assumes, or waits for, something that is not true, so there "
        "is no state to start from. Nobody else runs before setup is done: `assume` and a wait "
        "there only choose among setup's own choices.",
        "@setup\ndef prepare() -> None:\n    assume(False)",
        "page = choose(pool(Page))\nassume(page.content == 0)",
    ),
)
