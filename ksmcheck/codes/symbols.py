"""Codes 6xx: symbolic values."""

from __future__ import annotations

from ksmcheck.codes.record import Code

SYMBOLS = (
    Code(
        "KSM601",
        "an operation that a domain of symbols does not have",
        "A Symbol has == and !=, an OrderedSymbol an order besides, a SymbolicInt + and - as "
        "well, and a SymbolicBool only its truth. Nothing else can be computed from an unknown.",
        "class Checksum(Symbol): ...\n\nif a.checksum < b.checksum: ...",
        "if a.checksum == b.checksum: ...",
    ),
    Code(
        "KSM602",
        "a symbol inside a word",
        "A word is one number that is loaded and compared whole, and a symbol is no number: "
        "whether two of them are equal is a question. Fields, arrays, locals and parameters "
        "hold symbols.",
        "class Mapped(Pte):\n    content: Content",
        "@struct\nclass Page:\n    content: Content",
    ),
    Code(
        "KSM603",
        "a symbol of the state before a step",
        "Each state numbers its symbols anew, so a symbol of the old state cannot be compared "
        "with one of the new state. A ghost carries the old value over.",
        "return old(page.content) == page.content",
        "return page.was == page.content",
    ),
    Code(
        "KSM604",
        "a domain or an uninterpreted function that is declared wrongly",
        "A scenario allows 1 to 12 symbols of a domain in one state. An uninterpreted function "
        "takes one Symbol or OrderedSymbol and gives one, each with its annotation.",
        "@uninterpreted\ndef checksum(a: Content, b: Content) -> int: ...",
        "@uninterpreted\ndef checksum(content: Content) -> Checksum: ...",
    ),
    Code(
        "KSM605",
        "fresh(), constant(), symbolic() or memcmp() used wrongly",
        "`fresh(D)` makes an unknown of the domain D; `constant(D, 0)` is its fixed element, "
        "and of a SymbolicInt or SymbolicBool there are the other constants as well; "
        "`symbolic(D)` asks whether the scenario has symbols of "
        "it, and `memcmp(a, b)` compares two values of one ordered domain.",
        "page.content = fresh(4)",
        "page.content = fresh(Content)",
    ),
    Code(
        "KSM606",
        "a wait that a symbol decides",
        "A state with unknowns stands for many states of the kernel. If some of them wait and "
        "others do not, a deadlock of the former would be missed. Branch on the symbol first, "
        "and wait for real state.",
        "wait_until(page.content == wanted)",
        "while page.content != wanted:\n    wait_until(page.written)",
    ),
    Code(
        "KSM611",
        "more live symbols than the scenario allows",
        "A symbol lives while a field or local holds it. The number of ways in which symbols "
        "can relate grows fast with their number, so the scenario says how many may live: "
        "`scenario(symbols={Content: 4})`. Storing `constant(Content, 0)` forgets one.",
        "scenario(..., symbols={Content: 1})",
        "scenario(..., symbols={Content: 3})",
    ),
    Code(
        "KSM612",
        "more conditions than can be numbered",
        "What is known of the symbols of a state is kept as a number, and this model needs more "
        "than a million of them.",
        "scenario(..., symbols={Content: 12})",
        "scenario(..., symbols={Content: 5})",
    ),
    Code(
        "KSM615",
        "an export of a model with symbols",
        "Promela has nothing that corresponds to an unknown and to what is known of it.",
        "ksmcheck export --model hash_collision",
        "ksmcheck export --model swapin_race",
    ),
)
