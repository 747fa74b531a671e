"""An actor as a C function that switches on the actor's location and appends successors.

The switch is over the different steps only, NOTE(shared-steps): a table gives for each location the
step and the place of its numbers. Steps that are different, but begin alike, share their beginning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import define, field

from ksmcheck.backends.native.layout import Field, Layout
from ksmcheck.backends.native.properties import Questions, quoted
from ksmcheck.backends.native.steps import StepCode, StepWriter, arrived
from ksmcheck.ir.source import Span
from ksmcheck.ir.step import Step

TEMPS = re.compile(r"\bt\d+\b")


def prototype(number: int) -> str:
    """The C declaration of the function of actor ``number``."""
    return f"ksm_successor *actor_{number}(const uint64_t *s, ksm_successor *o, ksm_worker *w)"


@define
class _Beginning:
    """Steps that begin with the same chunks of C: how they go on, and which ones end here."""

    next: dict[str, _Beginning] = field(factory=dict)
    steps: list[Step] = field(factory=list)


@define
class _Cases:
    """The different steps of an actor as a tree of common beginnings, and the tables to it."""

    root: _Beginning = field(factory=_Beginning)
    codes: list[tuple[Step, list[str], tuple[int, ...]]] = field(factory=list)

    def add(self, step: Step, code: StepCode) -> None:
        chunks = _chunks(code.lines)
        node = self.root
        for chunk in chunks:
            node = node.next.setdefault(chunk, _Beginning())
        node.steps.append(step)
        self.codes.append((step, chunks, code.numbers))

    def tables(self) -> tuple[list[str], list[int]]:
        """For each location its case and the place of its numbers; the numbers.

        Before the numbers, backwards, is how the step goes on where beginnings part.
        """
        locations, numbers = list[str](), list[int]()
        for step, chunks, own in self.codes:
            case, *turns = self._way(chunks)
            numbers += reversed(turns)
            locations.append(f"[{step.location}] = {{{case + 1}, {len(numbers)}}}")
            numbers += own
        return locations, numbers

    def _way(self, chunks: list[str]) -> Iterator[int]:
        node = self.root
        for chunk in chunks:
            if len(node.next) > 1 or node is self.root:
                yield list(node.next).index(chunk)
            node = node.next[chunk]

    def bodies(self) -> list[str]:
        """The cases."""
        lines: list[str] = []
        for number, (chunk, node) in enumerate(self.root.next.items()):
            lines += [f"case {number + 1}: {{", *_indented(_rest(chunk, node, 1)), "}"]
        return lines


def _rest(chunk: str, node: _Beginning, turns: int) -> list[str]:
    """C of the steps that go on with ``chunk`` and are then at ``node``, after ``turns`` turns."""
    lines: list[str] = []
    while len(node.next) == 1:
        lines.append(chunk)
        ((chunk, node),) = node.next.items()
    lines.append(chunk)
    if node.steps:
        return [*_about(node.steps), *lines]
    lines.append(f"switch (k[-{turns}]) {{")
    for number, (following, below) in enumerate(node.next.items()):
        lines += [f"case {number}: {{", *_indented(_rest(following, below, turns + 1)), "}"]
    return [*lines, "}", "__builtin_unreachable();"]


def _about(steps: list[Step]) -> list[str]:
    """Which steps these are, and the line of the model."""
    places = ", ".join(str(step.location) for step in steps)
    return [f"/* {quoted(steps[0].text)}; at {places} */", line_directive(steps[0].span)]


def _chunks(lines: tuple[str, ...]) -> list[str]:
    """The statements of a step: lines that are not indented, with what is below them."""
    chunks: list[str] = []
    for line in lines:
        if line.startswith((" ", "}")):
            chunks[-1] += f"\n{line}"
        else:
            chunks.append(line)
    return chunks


def _indented(lines: list[str]) -> list[str]:
    return [line if line.startswith("#") else f"    {line}" for line in lines]


def actor_function(layout: Layout, questions: Questions, number: int) -> list[str]:
    """The C of actor ``number``: its tables and its function."""
    declared = layout.program.actors[number]
    place = layout.places[declared.location]
    if not place.fields:
        return [prototype(number), "{", "    return o;", "}", ""]
    symbolic = bool(layout.symbols.cells)
    one_way = prototype(number).replace("actor_", "one_way_")
    writer, cases = StepWriter(layout, questions, number), _Cases()
    for step in declared.steps:
        code = writer.step(step.location)
        if code is not None:
            cases.add(step, code)
    return [
        f"/* The steps of {quoted(declared.name)}. */",
        *_tables(number, cases, len(declared.steps) + 1),
        f"static {one_way}" if symbolic else prototype(number),
        "{",
        *_beginning(layout, number, cases, writer.flag_words),
        f"    switch (locations_{number}[at].step) {{",
        *_indented(cases.bodies()),
        "    default:",
        "        return o;",
        "    }",
        *_endings(layout, place.fields[0], writer.flag_words),
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
        "    return o;",
        "}",
        "",
    ]


def _beginning(layout: Layout, number: int, cases: _Cases, flag_words: int) -> list[str]:
    """Declare what the steps use."""
    program = layout.program
    home = layout.places[program.actors[number].location].fields[0]
    first = sum(len(item.steps) for item in program.actors[:number])
    temps = sorted({name for line in cases.bodies() for name in TEMPS.findall(line)})
    return [
        f"    uint64_t {', '.join(f'n{i} = s[{i}]' for i in range(layout.words))};",
        f"    const unsigned at = n{home.word} >> {home.shift} & {home.mask}u;",
        f"    const uint16_t *k = numbers_{number} + locations_{number}[at].numbers;",
        f"    uint8_t *const fired = w->fired + {first} + at;",
        *(f"    uint64_t seen{i} = 0;" for i in range(flag_words)),
        *(f"    int64_t {temp} = 0;" for temp in temps),
    ]


def _endings(layout: Layout, home: Field, flag_words: int) -> list[str]:
    """The two ways in which a step with one outcome ends, with ``k`` at what it left there."""
    words = [f"n{i}" for i in range(layout.words)]
    flags = [f"seen{i}" for i in range(flag_words)]
    return [
        "done:",
        f"    {words[home.word]} = {arrived(words[home.word], home, 0)};",
        f"    return finish({', '.join(['o, s, w, fired, k', *flags, *words])});",
        "faulted:",
        "    FIRED;",
        "    ksm_fault(w, k[0]);",
        "    return o;",
    ]


def _tables(number: int, cases: _Cases, size: int) -> list[str]:
    locations, numbers = cases.tables()
    entry = "struct { uint16_t step; uint32_t numbers; }"
    return [
        f"static const {entry} locations_{number}[{size}] = {{",
        *_wrapped(locations),
        "};",
        f"static const uint16_t numbers_{number}[] = {{",
        *_wrapped([str(item) for item in numbers] or ["0"]),
        "};",
    ]


def _wrapped(items: list[str]) -> list[str]:
    return [f"    {', '.join(items[i : i + 12])}," for i in range(0, len(items), 12)]


def line_directive(span: Span) -> str:
    """Say that what follows is the model's own line."""
    return f'#line {max(1, span.line)} "{quoted(span.file)}"'
