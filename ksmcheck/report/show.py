"""What the compiler made of a model: its steps, its state vector, its properties, as tables."""

from __future__ import annotations

from typing import assert_never

from ksmcheck.backends.python.layout import lay_out
from ksmcheck.ir.program import Patch, Program
from ksmcheck.ir.step import Block, Branch, Choose, Goto, Step
from ksmcheck.report.grid import grid
from ksmcheck.report.types_text import type_text


def summary_text(program: Program) -> str:
    """What the model is, in a few lines."""
    identity = program.identity
    lines = [f"{identity.model} ({identity.file})"]
    if identity.question:
        lines.append(identity.question)
    pairs = [
        ("kernel", identity.kernel),
        ("patches", ", ".join(identity.patches)),
        ("parameters", ", ".join(f"{name} = {value}" for name, value in identity.parameters)),
        ("pools", ", ".join(f"{count} {name}" for name, count in identity.pools)),
        (
            "actors",
            ", ".join(
                f"{actor.name} ({len(actor.steps)} steps{', daemon' if actor.daemon else ''})"
                for actor in program.actors
            ),
        ),
        ("properties", ", ".join(item.name for item in program.properties)),
        ("state", f"{lay_out(program).size} bytes in {len(program.variables)} variables"),
        ("digest", program.digest),
    ]
    lines += [f"  {label:<12}{value}" for label, value in pairs if value]
    return "\n".join(lines) + "\n"


def steps_text(program: Program) -> str:
    """Every step of every actor: what it does and where the actor can be after it."""
    lines: list[str] = []
    for actor in program.actors:
        lines.append(f"{actor.name}{' (daemon)' if actor.daemon else ''}")
        rows = []
        for step in actor.steps:
            goes = " ".join(
                "done" if target == actor.done else str(target) for target in _targets(step.block)
            )
            rows.append(
                (str(step.location), _routine(step), step.span.short(), goes or "-", step.text)
            )
        lines += grid(("at", "routine", "source", "goes to", "step"), rows, "  ")
        lines.append("")
    return "\n".join(lines)


def state_text(program: Program) -> str:
    """The state vector: every variable with its type and size."""
    layout, rows = lay_out(program), []
    for variable, place in zip(program.variables, layout.places, strict=True):
        owner = "" if variable.actor is None else program.actors[variable.actor].name
        size = place.width * variable.cells
        shape = "".join(f"[{length}]" for length in variable.dims)
        kind = variable.kind.value + (f" of {owner}" if owner else "")
        rows.append((variable.name + shape, kind, str(size), type_text(variable.type)))
    lines = grid(("variable", "kind", "bytes", "type"), rows)
    lines.append(f"{layout.size} bytes for a state in the python engine")
    return "\n".join(lines) + "\n"


def properties_text(program: Program) -> str:
    """The properties: sentence, kind, source, witness."""
    lines: list[str] = []
    for item in program.properties:
        lines.append(f"{item.name} ({item.kind.value}, {item.span.file}:{item.span.line})")
        lines.append(f"  {item.sentence}")
        count = len(item.instances)
        lines.append(f"  {count} instance{'' if count == 1 else 's'}")
        if item.source:
            lines.append(f"  source: {item.source}")
        if item.witness is not None:
            lines.append(f"  witness: {item.witness_text}")
    return "\n".join(lines or ["no properties but the built-in checks"]) + "\n"


def patches_text(program: Program, known: tuple[Patch, ...]) -> str:
    """The patches that the model knows, and which of them are applied."""
    if not known:
        return "the model knows no patches\n"
    lines = []
    for patch in known:
        mark = "applied" if patch.id in program.identity.patches else "not applied"
        lines.append(f"{patch.id} ({mark})")
        lines.append(f"  {patch.commit} {patch.title} ({patch.date}, {patch.release})")
        lines.append(f"  {patch.summary}")
    return "\n".join(lines) + "\n"


def _routine(step: Step) -> str:
    return f"{step.frames[-1].routine}()" if step.frames else ""


def _targets(block: Block) -> list[int]:
    """Where a step can lead, in order and each once."""
    match block.end:
        case Goto(location=location):
            return [location]
        case Branch(then=then, orelse=orelse):
            found = _targets(then) + _targets(orelse)
        case Choose(arms=arms):
            found = [target for arm in arms for target in _targets(arm)]
        case _:
            assert_never(block.end)
    return list(dict.fromkeys(found))
