"""An actor as C functions that switch on what its step is and append successors.

The switch is over the different steps only, NOTE(shared-steps): a table gives for each location the
step and the place of its numbers. Steps that are different, but begin alike, share their beginning.
The steps of a big actor are in several functions, which are compiled side by side.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import define, field

from ksmcheck.backends.native.layout import Layout
from ksmcheck.backends.native.properties import Questions, quoted
from ksmcheck.backends.native.steps import StepCode, StepWriter, arrived
from ksmcheck.ir.source import Span
from ksmcheck.ir.step import Step

TEMPS = re.compile(r"\bt\d+\b")


# A function with more lines of steps than this is closed, and another one begun.
LINES_PER_FUNCTION = 2000

Chunks = tuple[str, ...]


def prototype(number: int) -> str:
    """The C declaration of the function of actor ``number``."""
    return f"ksm_successor *actor_{number}(const uint64_t *s, ksm_successor *o, ksm_worker *w)"


def _steps_prototype(number: int, function: int) -> str:
    return (
        f"ksm_successor *steps_{number}_{function}(const uint64_t *s, ksm_successor *o,"
        " ksm_worker *w, unsigned step, const uint16_t *k, uint8_t *fired)"
    )


@define
class _Beginning:
    """Steps that begin with the same chunks of C: how they go on, or the one that ends here."""

    next: dict[str, _Beginning] = field(factory=dict)
    step: Step | None = None


@define
class _Cases:
    """The different steps of an actor as trees of common beginnings, one for each function."""

    functions: list[_Beginning] = field(factory=lambda: [_Beginning()])
    homes: dict[Chunks, int] = field(factory=dict)
    codes: list[tuple[Step, Chunks, tuple[int, ...]]] = field(factory=list)
    lines: int = 0

    def add(self, step: Step, code: StepCode) -> None:
        chunks = _chunks(code.lines)
        self.codes.append((step, chunks, code.numbers))
        if chunks in self.homes:
            return
        self.homes[chunks] = len(self.functions) - 1
        node = self.functions[-1]
        for chunk in chunks:
            if chunk not in node.next:
                self.lines += 1 + chunk.count("\n")
            node = node.next.setdefault(chunk, _Beginning())
        node.step = step

    def close(self) -> None:
        """Begin another function."""
        self.functions.append(_Beginning())
        self.lines = 0

    def tables(self) -> tuple[list[str], list[int]]:
        """For each location its function, case and place of its numbers; the numbers.

        Before the numbers, backwards, is how the step goes on where beginnings part.
        """
        locations, numbers = list[str](), list[int]()
        for step, chunks, own in self.codes:
            home = self.homes[chunks]
            case, *turns = self._way(self.functions[home], chunks)
            numbers += reversed(turns)
            locations.append(f"[{step.location}] = {{{home}, {case + 1}, {len(numbers)}}}")
            numbers += own
        return locations, numbers

    def _way(self, root: _Beginning, chunks: Chunks) -> Iterator[int]:
        node = root
        for chunk in chunks:
            if len(node.next) > 1 or node is root:
                yield list(node.next).index(chunk)
            node = node.next[chunk]

    def bodies(self) -> list[str]:
        """The cases of the last function."""
        lines: list[str] = []
        for number, (chunk, node) in enumerate(self.functions[-1].next.items()):
            lines += [f"case {number + 1}: {{", *_indented(_rest(chunk, node, 1)), "}"]
        return lines


def _rest(chunk: str, node: _Beginning, turns: int) -> list[str]:
    """C of the steps that go on with ``chunk`` and are then at ``node``, after ``turns`` turns."""
    lines: list[str] = []
    while len(node.next) == 1:
        lines.append(chunk)
        ((chunk, node),) = node.next.items()
    lines.append(chunk)
    if node.step is not None:
        return [*_about(node.step), *lines]
    lines.append(f"switch (k[-{turns}]) {{")
    for number, (following, below) in enumerate(node.next.items()):
        lines += [f"case {number}: {{", *_indented(_rest(following, below, turns + 1)), "}"]
    return [*lines, "}", "__builtin_unreachable();"]


def _about(step: Step) -> list[str]:
    """Which step this is, the first of those that share it, and its line of the model."""
    return [f"/* {quoted(step.text)}; at {step.location} */", line_directive(step.span)]


def _chunks(lines: tuple[str, ...]) -> Chunks:
    """The statements of a step: lines that are not indented, with what is below them."""
    chunks: list[str] = []
    for line in lines:
        if line.startswith((" ", "}")):
            chunks[-1] += f"\n{line}"
        else:
            chunks.append(line)
    return tuple(chunks)


def _indented(lines: list[str]) -> list[str]:
    return [line if line.startswith("#") else f"    {line}" for line in lines]


def actor_functions(layout: Layout, questions: Questions, number: int) -> Iterator[list[str]]:
    """The C of actor ``number``: functions with its steps; its tables and the way to the steps."""
    declared = layout.program.actors[number]
    if not layout.places[declared.location].fields:
        yield [prototype(number), "{", "    return o;", "}", ""]
        return
    writer, cases = StepWriter(layout, questions, number), _Cases()
    for step in declared.steps:
        code = writer.step(step.location)
        if code is not None:
            cases.add(step, code)
        if cases.lines >= LINES_PER_FUNCTION:
            yield _function(layout, number, cases, writer.flag_words)
            cases.close()
    last = _function(layout, number, cases, writer.flag_words)
    yield [*last, *_dispatch(layout, number, cases)]


def _function(layout: Layout, number: int, cases: _Cases, flag_words: int) -> list[str]:
    """The function with the steps found last."""
    bodies = cases.bodies()
    temps = sorted({name for line in bodies for name in TEMPS.findall(line)})
    actor = layout.program.actors[number]
    home = layout.places[actor.location].fields[0]
    words = [f"n{i}" for i in range(layout.words)]
    flags = [f"seen{i}" for i in range(flag_words)]
    return [
        f"/* Steps of {quoted(actor.name)}. */",
        _steps_prototype(number, len(cases.functions) - 1),
        "{",
        f"    uint64_t {', '.join(f'{word} = s[{i}]' for i, word in enumerate(words))};",
        *(f"    uint64_t {flag} = 0;" for flag in flags),
        *(f"    int64_t {temp} = 0;" for temp in temps),
        "    switch (step) {",
        *_indented(bodies),
        "    default:",
        "        return o;",
        "    }",
        "done:",
        f"    {words[home.word]} = {arrived(words[home.word], home, 0)};",
        f"    return finish({', '.join(['o, s, w, fired, k', *flags, *words])});",
        "faulted:",
        "    FIRED;",
        "    ksm_fault(w, k[0]);",
        "    return o;",
        "}",
        "",
    ]


def _dispatch(layout: Layout, number: int, cases: _Cases) -> list[str]:
    """The tables, and the function that leads from the location to the step."""
    program = layout.program
    actor = program.actors[number]
    home = layout.places[actor.location].fields[0]
    first = sum(len(item.steps) for item in program.actors[:number])
    locations, numbers = cases.tables()
    entry = "struct { uint16_t function, step; uint32_t numbers; }"
    functions = range(len(cases.functions))
    symbolic = bool(layout.symbols.cells)
    one_way = prototype(number).replace("actor_", "one_way_")
    return [
        f"/* The ways of {quoted(actor.name)}. */",
        f"static const {entry} locations_{number}[{len(actor.steps) + 1}] = {{",
        *_wrapped(locations),
        "};",
        f"static const uint16_t numbers_{number}[] = {{",
        *_wrapped([str(item) for item in numbers] or ["0"]),
        "};",
        *(f"{_steps_prototype(number, function)};" for function in functions),
        f"static {one_way}" if symbolic else prototype(number),
        "{",
        f"    const unsigned at = s[{home.word}] >> {home.shift} & {home.mask}u;",
        f"    const unsigned step = locations_{number}[at].step;",
        f"    const uint16_t *k = numbers_{number} + locations_{number}[at].numbers;",
        f"    uint8_t *const fired = w->fired + {first} + at;",
        f"    switch (locations_{number}[at].function) {{",
        *(
            f"    case {function}: return steps_{number}_{function}(s, o, w, step, k, fired);"
            for function in functions
        ),
        "    }",
        "    __builtin_unreachable();",
        "}",
        "",
        *(every_way(prototype(number), f"one_way_{number}(s, o, w)", "s") if symbolic else []),
    ]


def every_way(signature: str, call: str, state: str) -> list[str]:
    """C of a function that appends the outcomes of every way through a step."""
    return [
        signature,
        "{",
        "    ksm_dialogue dialogue;",
        f"    ksm_begin(w, &dialogue, {f'condition_of({state})' if state else '0'});",
        "    do",
        f"        o = {call};",
        "    while (ksm_advance(&dialogue));",
        "    w->now = NULL;",
        "    return o;",
        "}",
        "",
    ]


def _wrapped(items: list[str]) -> list[str]:
    return [f"    {', '.join(items[i : i + 12])}," for i in range(0, len(items), 12)]


def line_directive(span: Span) -> str:
    """Say that what follows is the model's own line."""
    return f'#line {max(1, span.line)} "{quoted(span.file)}"'
