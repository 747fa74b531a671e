"""A program as one C file that the runtime can search: the inverse of reading it.

Takes the layout of a program; gives the text, which depends on that program alone.
"""

from __future__ import annotations

from attrs import frozen

from ksmcheck.analysis.stubborn import stubborn
from ksmcheck.backends.native.cells import outcomes
from ksmcheck.backends.native.layout import Layout
from ksmcheck.backends.native.properties import Questions, quoted
from ksmcheck.backends.native.steps import SetupWriter, StepWriter
from ksmcheck.backends.native.stubborn import expand, tables
from ksmcheck.ir.program import BuiltinCheck, LockOrderEdge, Program
from ksmcheck.ir.source import Span

# A part with fewer lines than this is not worth a compiler process of its own.
LINES_PER_PART = 2500


@frozen
class Generated:
    """The C of a program.

    It is one file, but big ones are compiled in ``parts`` side by side: with KSM_PART defined as a
    number only that part is seen.
    """

    text: str
    parts: int


def definitions(layout: Layout) -> tuple[str, ...]:
    """What the compiler's command line must define, for the model and the runtime alike."""
    return (f"-DKSM_WORDS={layout.words}", f"-DKSM_BYTES={layout.size}")


def generate(layout: Layout) -> Generated:
    """The C file of the program that ``layout`` was made for."""
    program = layout.program
    questions = Questions.of(layout)
    actors = [_actor(program, layout, questions, n) for n in range(len(program.actors))]
    parts = min(len(actors), 1 + sum(map(len, actors)) // LINES_PER_PART)
    lines = [
        f"/* {quoted(program.identity.model)}: {quoted(program.identity.question)} */",
        '#include "runtime.h"',
        "",
        *_macros(layout),
        *questions.declarations(),
        *(f"{_prototype(number)};" for number in range(len(actors))),
        "",
        *_in_parts(actors, parts),
        "#if KSM_IN(0)",
        *_facts(program, layout),
        *_over(program, layout),
        *questions.definitions(),
        *questions.check_function(),
        *_setup(layout),
        *(_expand(program) if not layout.reduced else _selecting(layout)),
        "#endif",
    ]
    return Generated("\n".join(lines) + "\n", parts)


def _in_parts(actors: list[list[str]], parts: int) -> list[str]:
    """The actors' functions, the biggest ones each in the part that is smallest so far."""
    sizes, lines = [0] * parts, list[str]()
    for body in sorted(actors, key=lambda body: -len(body)):
        part = sizes.index(min(sizes))
        sizes[part] += len(body)
        lines += [f"#if KSM_IN({part})", *body, "#endif"]
    return lines


def _prototype(actor: int) -> str:
    return f"ksm_successor *actor_{actor}(const uint64_t *s, ksm_successor *o, ksm_worker *w)"


def _macros(layout: Layout) -> list[str]:
    words = [f"w{i}" for i in range(layout.words)]
    stores = " ".join(f"o->word[{i}] = {word};" for i, word in enumerate(words))
    return [
        "/* Is this part of the file to be compiled? */",
        "#ifdef KSM_PART",
        "#define KSM_IN(part) (KSM_PART == (part))",
        "#else",
        "#define KSM_IN(part) 1",
        "#endif",
        "#define KSM_SEEN(w, n) __atomic_store_n((w)->seen + (n), 1, __ATOMIC_RELAXED)",
        "/* This step has had an outcome. */",
        "#define FIRED (*fired = 1)",
        "/* Append a successor. */",
        f"#define EMIT(c, {', '.join(words)}) \\",
        f"    do {{ {stores} o->check = c; o++; FIRED; }} while (0)",
        "",
    ]


def line_directive(span: Span) -> str:
    """Say that what follows is the model's own line."""
    return f'#line {max(1, span.line)} "{quoted(span.file)}"'


def _actor(program: Program, layout: Layout, questions: Questions, number: int) -> list[str]:
    actor = program.actors[number]
    place = layout.places[actor.location]
    if not place.fields:
        return [_prototype(number), "{", "    return o;", "}", ""]
    home, words = place.fields[0], range(layout.words)
    lines = [
        f"/* The steps of {quoted(actor.name)}. */",
        _prototype(number),
        "{",
        f"    uint64_t {', '.join(f'n{i} = s[{i}]' for i in words)};",
        f"    const unsigned at = n{home.word} >> {home.shift} & {home.mask}u;",
        f"    uint8_t *const fired = w->fired + {_first_step(program, number)} + at;",
        "    unsigned check = 0, fault = 0;",
        "    switch (at) {",
    ]
    writer = StepWriter(layout, questions, number)
    for step in actor.steps:
        body = writer.step(step.location)
        if body:
            lines += [f"    case {step.location - place.lo}: {{ /* {quoted(step.text)} */"]
            lines += [line_directive(step.span)]
            lines += [f"        {line}" for line in body]
            lines += ["    }"]
    return [
        *lines,
        "    default:",
        "        return o;",
        "    }",
        "done:",
        f"    EMIT(check, {', '.join(f'n{i}' for i in words)});",
        "    return o;",
        "faulted:",
        "    FIRED;",
        "    ksm_fault(w, fault);",
        "    return o;",
        "}",
        "",
    ]


def _first_step(program: Program, number: int) -> int:
    """The number, among all steps, of an actor's step at location 0."""
    return sum(len(item.steps) for item in program.actors[:number])


def _expand(program: Program) -> list[str]:
    lines = [
        "ksm_successor *ksm_expand(const uint64_t *s, ksm_successor *o, ksm_worker *w)",
        "{",
    ]
    lines += [
        f"    o = actor_{number}(s, o, w);"
        for number, actor in enumerate(program.actors)
        if actor.steps
    ]
    return [*lines, "    return o;", "}", ""]


def _selecting(layout: Layout) -> list[str]:
    return [*tables(stubborn(layout.program)), *expand(layout)]


def _setup(layout: Layout) -> list[str]:
    return [
        "ksm_successor *ksm_initial(ksm_successor *o, ksm_worker *w)",
        "{",
        "    uint8_t ignored, *const fired = &ignored;",
        "    (void)w;",
        *(f"    {line}" for line in SetupWriter(layout).write()),
        "}",
        "",
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


def _fanout(program: Program) -> int:
    return sum(
        max((outcomes(step.block) for step in actor.steps), default=0) for actor in program.actors
    )


def _facts(program: Program, layout: Layout) -> list[str]:
    classes = _lock_classes(program.edges)
    before = ", ".join(str(classes.index(edge.before)) for edge in program.edges)
    after = ", ".join(str(classes.index(edge.after)) for edge in program.edges)
    deadlock = BuiltinCheck.DEADLOCK not in program.disabled
    numbers = {
        "words": layout.words,
        "bytes": layout.size,
        "fanout": _fanout(program),
        "initials": outcomes(program.setup),
        "faults": len(program.faults),
        "properties": len(program.properties),
        "witnesses": len(program.properties),
        "flags": len(program.edges),
        "steps": sum(len(actor.steps) for actor in program.actors),
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
        "};",
        "",
    ]


def _lock_classes(edges: tuple[LockOrderEdge, ...]) -> list[str]:
    return sorted({name for edge in edges for name in (edge.before, edge.after)})
