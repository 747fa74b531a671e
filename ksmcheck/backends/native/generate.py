"""A program as one C file that the runtime can search: the inverse of reading it.

Takes the layout of a program; gives the text, which depends on that program alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from ksmcheck.analysis.preemptions import bound_of
from ksmcheck.backends.native.actors import (
    LINES_PER_FUNCTION,
    actor_functions,
    every_way,
    prototype,
)
from ksmcheck.backends.native.blocks import FLAGS
from ksmcheck.backends.native.bounding import bounded_expand
from ksmcheck.backends.native.canonical import canonical_function
from ksmcheck.backends.native.cells import outcomes
from ksmcheck.backends.native.choosing import expand
from ksmcheck.backends.native.layout import Layout
from ksmcheck.backends.native.properties import STEP_SIGNATURE, Questions, quoted
from ksmcheck.backends.native.steps import SetupWriter
from ksmcheck.ir.program import BuiltinCheck, LockOrderEdge, Program

# A part with fewer lines than this is not worth a compiler process of its own.
LINES_PER_PART = LINES_PER_FUNCTION // 2


def definitions(layout: Layout) -> tuple[str, ...]:
    """What the compiler's command line must define, for the model and the runtime alike."""
    return (f"-DKSM_WORDS={layout.words}", f"-DKSM_BYTES={layout.size}")


def generate(layout: Layout) -> str:
    """The C file of the program that ``layout`` was made for."""
    questions = Questions.of(layout)
    pieces = [_head(layout, questions), *_pieces(layout, questions)]
    return "".join(_text(piece) for piece in pieces)


def generate_parts(layout: Layout) -> Iterator[str]:
    """The same in files to be compiled side by side, each as soon as it is there."""
    questions = Questions.of(layout)
    head, part = _head(layout, questions), list[str]()
    for piece in _pieces(layout, questions):
        if len(part) >= LINES_PER_PART:
            yield _text(head + part)
            part = []
        part += piece
    yield _text(head + part)


def _text(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"


def _head(layout: Layout, questions: Questions) -> list[str]:
    """What all parts need."""
    identity = layout.program.identity
    return [
        f"/* {quoted(identity.model)}: {quoted(identity.question)} */",
        '#include "runtime.h"',
        "",
        *_macros(layout),
        f"{STEP_SIGNATURE};",
        *_settling(layout),
        *_finish(layout, questions),
    ]


def _pieces(layout: Layout, questions: Questions) -> Iterator[list[str]]:
    """The setup and the properties; the actors' functions, the biggest actor first because it takes

    longest; the rest, which needs to know what all steps have asked for.
    """
    yield [*_setup(layout), *questions.definitions()]
    program = layout.program
    numbers = range(len(program.actors))
    for number in sorted(numbers, key=lambda number: -len(program.actors[number].steps)):
        yield from actor_functions(layout, questions, number)
    yield [
        *canonical_function(layout),
        *_facts(program, layout),
        *_over(program, layout),
        *questions.check_functions(),
        *(f"{prototype(number)};" for number in numbers),
        *_expand(layout),
    ]


def _macros(layout: Layout) -> list[str]:
    words = [f"w{i}" for i in range(layout.words)]
    stores = " ".join(f"o->word[{i}] = {word};" for i, word in enumerate(words))
    return [
        "#define KSM_SEEN(w, n) __atomic_store_n((w)->seen + (n), 1, __ATOMIC_RELAXED)",
        "/* This step has had an outcome. */",
        # what a way without an answer leads to says nothing: automaton.c
        f"#define FIRED (*fired {'|= !w->missed' if layout.symbols.cells else '= 1'})",
        "/* This step has entered an arm. */",
        "#define ARM(n) (*w->mark |= "
        f"{'(uint64_t)!w->missed' if layout.symbols.cells else '1ul'} << (n))",
        "/* Append a successor. */",
        f"#define EMIT(c, {', '.join(words)}) \\",
        f"    do {{ {stores} o->check = c; o++; FIRED; }} while (0)",
        "",
    ]


def _settling(layout: Layout) -> list[str]:
    """C that brings the condition and the symbols of a successor into canonical form."""
    symbols = layout.symbols
    if not symbols.cells:
        return []
    lines, calls = list[str](), list[str]()
    for number, domain in enumerate(symbols.known):
        homes = [
            layout.home(cell)
            for cell, owner in zip(symbols.cells, symbols.domains, strict=True)
            if owner == domain
        ]
        cells = [f"{{{home.word}, {home.shift}}}" for home in homes if home is not None]
        listed = ", ".join(cells) or "{0, 0}"
        lines.append(f"static const ksm_cell cells_{number}[] = {{{listed}}};")
        calls.append(f"    ksm_settle(w, word, cells_{number}, {len(cells)}, {number});")
    home = layout.home(symbols.condition)
    assert home is not None
    here = f"word[{home.word}]"
    return [
        *lines,
        "static inline uint32_t condition_of(const uint64_t *word)",
        "{",
        f"    return {here} >> {home.shift} & {home.mask:#x}u;",
        "}",
        "static inline void settled(uint64_t *word, ksm_worker *w)",
        "{",
        *calls,
        f"    {here} = ({here} & ~{home.mask << home.shift:#x}ul)"
        f" | (uint64_t)w->now->condition << {home.shift};",
        "}",
        "",
    ]


def _finish(layout: Layout, questions: Questions) -> list[str]:
    """C that appends a successor and asks what is to be asked of the step to it."""
    flags = range(-(-len(layout.program.edges) // FLAGS))
    words = [f"n{i}" for i in range(layout.words)]
    parameters = [*(f"uint64_t seen{i}" for i in flags), *(f"uint64_t {word}" for word in words)]
    lines = [
        "/* k: the new location, the questions for the new state, those for the step. */",
        "static inline ksm_successor *finish(",
        "    ksm_successor *o, const uint64_t *s, ksm_worker *w, uint8_t *fired,",
        f"    const uint16_t *k, {', '.join(parameters)})",
        "{",
        f"    EMIT(k[1], {', '.join(words)});",
        *(["    settled(o[-1].word, w);"] if layout.symbols.cells else []),
    ]
    for i in flags:
        lines += [
            f"    if (seen{i} & w->pending[{i}])",
            f"        ksm_flags(w, {i * FLAGS}, seen{i} & w->pending[{i}], o[-1].word);",
        ]
    if questions.any_of_steps:
        lines += [
            *(["    if (w->now->lost) return o;"] if layout.symbols.cells else []),
            f"    if (k[2] | w->seen[{questions.stutter}])",
            "        ask_steps(k[2], s, o[-1].word, w);",
        ]
    return [*lines, "    return o;", "}", ""]


def _expand(layout: Layout) -> list[str]:
    if layout.local_states is not None:
        return expand(layout, layout.local_states)
    program, bound = layout.program, bound_of(layout.program)
    if bound is not None:
        return bounded_expand(layout, bound)
    acting = [number for number, actor in enumerate(program.actors) if actor.steps]
    return [
        "ksm_successor *ksm_expand(const uint64_t *s, ksm_successor *o, ksm_worker *w)",
        "{",
        *(f"    o = actor_{number}(s, o, w);" for number in acting),
        "    return o;",
        "}",
        "",
    ]


def _setup(layout: Layout) -> list[str]:
    signature = "ksm_successor *ksm_initial(ksm_successor *o, ksm_worker *w)"
    one_way, symbolic = signature.replace("ksm_initial", "one_initial"), layout.symbols.cells
    return [
        f"static {one_way}" if symbolic else signature,
        "{",
        "    uint8_t ignored = 0, *const fired = &ignored;",
        "    (void)w;",
        *(f"    {line}" for line in SetupWriter(layout).write()),
        "}",
        "",
        *(every_way(signature, "one_initial(o, w)", "") if symbolic else []),
    ]


def _over(program: Program, layout: Layout) -> list[str]:
    tests: list[str] = []
    for actor in program.actors:
        place = layout.places[actor.location]
        if not actor.daemon and actor.steps and place.fields:
            home = place.fields[0]
            tests.append(
                f"(n[{home.word}] >> {home.shift} & {home.mask}u) == {actor.done - place.lo}"
            )
    return [
        "bool ksm_over(const uint64_t *n)",
        "{",
        "    (void)n;",
        f"    return {' && '.join(tests) or 'true'};",
        "}",
        "",
    ]


def _fanout(layout: Layout) -> int:
    """The most outcomes of each actor's steps, added up."""
    total = 0
    for patterns in layout.patterns:
        shapes = {pattern.shape for pattern in patterns}
        total += max((outcomes(s.block, symbolic=layout.symbolic) for s in shapes), default=0)
    return total


def _facts(program: Program, layout: Layout) -> list[str]:
    classes = _lock_classes(program.edges)
    before = ", ".join(str(classes.index(edge.before)) for edge in program.edges)
    after = ", ".join(str(classes.index(edge.after)) for edge in program.edges)
    deadlock = BuiltinCheck.DEADLOCK not in program.disabled
    numbers = {
        "words": layout.words,
        "bytes": layout.size,
        "fanout": _fanout(layout),
        "initials": outcomes(program.setup, symbolic=layout.symbolic),
        "faults": len(program.faults),
        "properties": len(program.properties),
        "witnesses": len(program.properties) + 1,  # and whether every step is to be asked
        "flags": len(program.edges),
        "steps": sum(len(actor.steps) for actor in program.actors),
        "local_states": _local_states(layout),
        "deadlock": int(deadlock),
        "lock_classes": len(classes) if BuiltinCheck.LOCK_ORDER not in program.disabled else 0,
    }
    return [
        f"static const uint32_t before[] = {{{before or '0'}}};",
        f"static const uint32_t after[] = {{{after or '0'}}};",
        "",
        "const ksm_model_facts ksm_model = {",
        *(f"    .{name} = {value}," for name, value in numbers.items()),
        "    .before = before,",
        "    .after = after,",
        f"    .canonical = {'NULL' if layout.canonical is None else 'ksm_canonical'},",
        "};",
        "",
    ]


def _local_states(layout: Layout) -> int:
    states = layout.local_states
    return 0 if states is None else sum(map(states.total, range(len(states.first))))


def _lock_classes(edges: tuple[LockOrderEdge, ...]) -> list[str]:
    return sorted({name for edge in edges for name in (edge.before, edge.after)})
