"""The verdict page: what was decided, within which scope, and what it cost. Never a bare OK."""

from __future__ import annotations

import textwrap
from typing import assert_never

from ksmcheck.explore.options import StopReason
from ksmcheck.ir.program import BuiltinCheck
from ksmcheck.report.coverage import silent_count, silent_routines, step_count
from ksmcheck.report.verdict import PropertyVerdict, Report, Verdict
from ksmcheck.trace.render import render

_WIDTH = 100
_LABEL = 16


def text_report(report: Report, width: int | None = None) -> str:
    """The counterexamples, then the page; ``width`` is that of the counterexamples."""
    parts = [render(item.trace, width) for item in report.counterexamples]
    parts.append(
        "\n".join(
            [
                *_headline(report),
                "",
                *_properties(report),
                "",
                *_scope(report),
                "",
                *_cost(report),
                "",
                *_silent(report),
            ]
        )
        + "\n"
    )
    return "\n".join(parts)


def why_stopped(reason: StopReason) -> str:
    """Why the search ended, as a sentence without its end."""
    match reason:
        case StopReason.EXHAUSTED:
            return "every reachable state was explored"
        case StopReason.VIOLATION:
            return "at the first violation; --all goes on"
        case StopReason.STATE_LIMIT:
            return "the limit on states (--max-states) was reached"
        case StopReason.DEPTH_LIMIT:
            return "the limit on depth (--max-depth) was reached"
        case StopReason.TIME_LIMIT:
            return "the time limit (--time-limit) was reached"
        case StopReason.MEMORY_LIMIT:
            return "the memory limit (--memory-limit) was reached"
        case StopReason.INTERRUPTED:
            return "the search was interrupted"
        case StopReason.UNDECIDED:
            return "z3 did not decide a question about symbols"
        case _:
            assert_never(reason)


def _headline(report: Report) -> list[str]:
    model = report.program.identity.model
    states = f"{report.result.states:,} states"
    match report.verdict:
        case Verdict.VIOLATED:
            lines = [f"{model}: VIOLATED"]
            for item in report.counterexamples:
                count = len(item.trace.steps)
                steps = f"{count} step{'' if count == 1 else 's'}"
                stored = f", written to {item.file}" if item.file else ""
                lines.append(f"  {item.trace.violation.name} after {steps}{stored}")
            return [*lines, *_perhaps_longer(report)]
        case Verdict.INCONCLUSIVE:
            return [
                f"{model}: INCONCLUSIVE, {why_stopped(report.result.stop_reason)}",
                *_unconfirmed(report),
                *_undecided(report),
                f"  no violation in the {states} explored so far; others were never looked at",
            ]
        case Verdict.VACUOUS:
            lines = [
                f"{model}: VACUOUS, {states} explored and a property was never put to the test"
            ]
            for row in report.properties:
                if row.verdict is Verdict.VACUOUS:
                    lines += _entry(
                        f"  {row.property.name}: its witness is never true: "
                        f"{row.property.witness_text}",
                        4,
                    )
            return lines
        case Verdict.HOLDS:
            runs = "" if report.preemptions is None else f" of the {_runs(report.preemptions)}"
            return [f"{model}: HOLDS in all {states}{runs}, within the scope below"]
        case _:
            assert_never(report.verdict)


def _perhaps_longer(report: Report) -> list[str]:
    """A search that leaves runs out may leave out the shortest way to a violation."""
    if report.shortest:
        return []
    return ["  with partial order reduction: there may be a shorter way, --reduce none finds it"]


def _runs(preemptions: int) -> str:
    return f"runs with at most {preemptions} preemption{'' if preemptions == 1 else 's'}"


def _bound(report: Report) -> str:
    """Which runs were looked at; empty when that is all of them."""
    if report.preemptions is None:
        return ""
    return f"{_runs(report.preemptions)}; what happens in others is not known"


def _unconfirmed(report: Report) -> list[str]:
    """The findings that no values of the symbols are known to lead to."""
    return [
        f"  {item.depth} steps lead to a violation ({item.kind.value}) for which z3 finds no values"
        for item in report.unconfirmed
    ]


def _undecided(report: Report) -> list[str]:
    return [f"  the query is in {report.query_file}"] if report.query_file else []


def _properties(report: Report) -> list[str]:
    rows = report.properties
    name_width = max((len(row.property.name) for row in rows), default=0)
    decided = [_decided(row, report.result.stop_reason) for row in rows]
    decided_width = max(map(len, decided), default=0)
    lines = ["Properties"]
    for row, words in zip(rows, decided, strict=True):
        head = f"  {row.property.name:<{name_width}}  {words:<{decided_width}}  "
        lines += _entry(head + row.property.sentence, len(head))
    if not rows:
        lines.append("  none but the built-in checks")
    on = [check.value for check in BuiltinCheck if check not in report.program.disabled]
    off = [check.value for check in report.program.disabled]
    lines += _entry("  built-in checks: " + (", ".join(on) or "none"), 4)
    if off:
        lines += _entry("  switched off: " + ", ".join(off), 4)
    return lines


def _decided(row: PropertyVerdict, reason: StopReason) -> str:
    match row.verdict:
        case Verdict.VIOLATED:
            return "violated"
        case Verdict.INCONCLUSIVE:
            words = "not decided"
        case Verdict.VACUOUS:
            return "vacuous, never exercised"
        case Verdict.HOLDS:
            words = "holds"
        case _:
            assert_never(row.verdict)
    if row.property.witness is None:
        return words
    if row.exercised:
        return words + ", witness reached"
    return words + (", no witness yet" if reason is not StopReason.EXHAUSTED else "")


def _scope(report: Report) -> list[str]:
    program = report.program
    identity = program.identity
    finite = [actor.name for actor in program.actors if not actor.daemon]
    daemons = [actor.name for actor in program.actors if actor.daemon]
    actors = [f"finite: {', '.join(finite)}"] if finite else []
    actors += [f"daemons: {', '.join(daemons)}"] if daemons else []
    pairs = [
        ("question", identity.question),
        ("kernel", ", ".join(filter(None, (identity.kernel, identity.kernel_note)))),
        ("patches", ", ".join(identity.patches) or ("none" if identity.kernel else "")),
        ("parameters", ", ".join(f"{name} = {value}" for name, value in identity.parameters)),
        ("actors", "; ".join(actors)),
        ("pools", ", ".join(f"{count} {name}" for name, count in identity.pools)),
        ("memory model", "sequential consistency"),
        ("bound", _bound(report)),
        ("reductions", ", ".join(report.reductions) or "none"),
        ("engine", _engine(report)),
        ("model digest", program.digest[:16]),
    ]
    return ["Scope", *_pairs(pairs)]


def _engine(report: Report) -> str:
    exactness = "exact" if report.exact else "NOT exact: states may have been forgotten"
    return f"{report.engine}, {exactness}" + (f" ({report.note})" if report.note else "")


def _cost(report: Report) -> list[str]:
    result = report.result
    pairs = [
        ("states", f"{result.states:,}"),
        ("transitions", f"{result.transitions:,}"),
        ("depth", str(result.depth)),
        (
            "time",
            (
                f"{result.seconds:.2f} s, {report.states_per_second:,.0f} states/s; "
                f"compiled in {report.compile_seconds:.2f} s"
            ),
        ),
        (
            "memory",
            (
                f"{result.bytes_per_state:,.0f} bytes/state, "
                f"peak {result.peak_memory_bytes / 2**20:,.0f} MiB"
            ),
        ),
        *_symbolic(report),
        *((item.reduction.value, item.words) for item in result.savings),
        ("before", _given_up(report)),
        ("stopped", why_stopped(result.stop_reason)),
    ]
    return ["Explored", *_pairs(pairs)]


def _given_up(report: Report) -> str:
    """A search without reductions that came first."""
    return f"{report.given_up:,} states without reductions, not all" if report.given_up else ""


def _symbolic(report: Report) -> list[tuple[str, str]]:
    """What deciding the branches on symbols took."""
    if report.result.oracle is None:
        return []
    effort, seconds = report.result.oracle.effort, report.result.seconds
    share = f" ({effort.seconds / seconds:.0%} of the time)" if seconds else ""
    return [
        ("conditions", f"{effort.conditions:,}, {effort.pruned:,} branches pruned"),
        ("z3", f"{effort.queries:,} queries, {effort.seconds:.2f} s{share}"),
        (
            "imprecision",
            f"{effort.imprecise:,} edges on which something known was dropped"
            if effort.imprecise
            else "none: what is explored is exactly what can happen",
        ),
    ]


def _silent(report: Report) -> list[str]:
    total = step_count(report.program)
    silent = silent_count(report.program, report.result)
    if not silent:
        return [f"All {total} steps fired at least once."]
    if report.result.stop_reason is not StopReason.EXHAUSTED:
        return [f"{silent} of {total} steps have not fired in what was explored."]
    lines = [f"Steps that never fired: {silent} of {total}, every inlined copy counted"]
    routines = silent_routines(report.program, report.result)
    if not routines:
        lines.append("  each of their source lines fired in another copy")
    for routine in routines:
        lines.append(f"  {routine.routine}() {routine.file}")
        for step in routine.steps:
            head = f"    {step.line:>4}  "
            lines += _entry(f"{head}{step.text}  ({', '.join(step.actors)})", len(head))
    return lines


def _pairs(pairs: list[tuple[str, str]]) -> list[str]:
    lines = []
    for label, value in pairs:
        if value:
            lines += _entry(f"  {label:<{_LABEL}}{value}", _LABEL + 2)
    return lines


def _entry(text: str, hang: int) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        subsequent_indent=" " * hang,
        drop_whitespace=True,
        break_long_words=False,
        break_on_hyphens=False,
    )
