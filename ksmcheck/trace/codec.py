"""Traces as JSON files: written whole or not at all, checked against the schema when read.

One step is one line of the file, so that a diff of two traces can be read.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import GenericAlias
from typing import TypeAlias, TypeVar, cast, get_args, get_origin

import cattrs
from cattrs.errors import ForbiddenExtraKeysError

from ksmcheck.diagnostics import Diagnostic, UserError
from ksmcheck.ir.source import Span
from ksmcheck.trace.files import write_whole
from ksmcheck.trace.records import SCHEMA_VERSION, Trace

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Scalar = TypeVar("Scalar", int, str, bool)

_SHOWN_FAULTS = 8


def encode(trace: Trace) -> str:
    """The text of a trace file: one key per line, and lists of records one record per line."""
    record: dict[str, Json] = _converter().unstructure(trace)
    lines = [f"{json.dumps(key)}: {_layout(value)}" for key, value in record.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def save(trace: Trace, path: Path) -> None:
    """Write the trace file; a reader sees the old file or the whole new one, never a part."""
    write_whole(path, encode(trace), "the trace")


def load(path: Path) -> Trace:
    """Read and check a trace file; everything wrong with it is one UserError."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(
            [Diagnostic("KSM521", f"cannot read the trace file '{path}': {reason}")]
        ) from error
    except UnicodeDecodeError as error:
        raise UserError(
            [Diagnostic("KSM522", f"'{path}' is not a text file", hint=_ORIGIN)]
        ) from error
    return decode(text, str(path))


def decode(text: str, name: str) -> Trace:
    """The trace in ``text``; ``name`` is how messages call the file."""
    record = _parse(text, name)
    if not isinstance(record, dict) or "schema" not in record:
        raise UserError(
            [Diagnostic("KSM524", f"{name}: this JSON is not a ksmcheck trace", hint=_ORIGIN)]
        )
    if record["schema"] != SCHEMA_VERSION:
        raise UserError([_other_schema(name, text, record["schema"])])
    try:
        return _converter().structure(record, Trace)
    except (cattrs.BaseValidationError, ValueError, TypeError, AttributeError) as error:
        faults = cattrs.transform_error(error, format_exception=_explain)
        raise UserError(_schema_faults(name, faults)) from error


_ORIGIN = "traces are written by: ksmcheck explore --model NAME --trace-out FILE"


def _parse(text: str, name: str) -> Json:
    try:
        parsed: Json = json.loads(text)
        return parsed
    except json.JSONDecodeError as error:
        span = Span(name, error.lineno, error.colno - 1, error.lineno, error.colno)
        cut = not text[error.pos :].strip() or error.msg.startswith("Unterminated")
        if not text.strip():
            fault = Diagnostic("KSM523", f"{name}: the trace file is empty", hint=_ORIGIN)
        elif cut and text.lstrip()[:1] in "{[":
            hint = "the file was not written completely; record the trace again"
            fault = Diagnostic("KSM523", "the trace file ends too early", span, hint)
        else:
            fault = Diagnostic("KSM522", f"this is not JSON: {error.msg}", span, _ORIGIN)
        raise UserError([fault], {name: text}) from error
    except RecursionError as error:
        raise UserError(
            [Diagnostic("KSM522", f"{name}: this JSON is nested too deeply", hint=_ORIGIN)]
        ) from error


def _other_schema(name: str, text: str, found: Json) -> Diagnostic:
    span = None
    for number, line in enumerate(text.splitlines(), 1):
        column = line.find('"schema"')
        if column >= 0:
            span = Span(name, number, column, number, column + len('"schema"'))
            break
    return Diagnostic(
        "KSM524",
        f"the trace has schema {json.dumps(found)}, this ksmcheck reads schema {SCHEMA_VERSION}",
        span,
        "record the trace again with this version of ksmcheck",
    )


def _schema_faults(name: str, faults: list[str]) -> list[Diagnostic]:
    shown = [Diagnostic("KSM525", f"{name}: {_place(fault)}") for fault in faults[:_SHOWN_FAULTS]]
    if len(faults) > _SHOWN_FAULTS:
        more = len(faults) - _SHOWN_FAULTS
        shown.append(Diagnostic("KSM525", f"{name}: {more} more faults like these"))
    shown[-1] = Diagnostic(shown[-1].code, shown[-1].message, hint=_ORIGIN)
    return shown


def _place(fault: str) -> str:
    """``steps[2].line: this must be a whole number``; cattrs puts the place behind an @."""
    message, _, path = fault.rpartition(" @ $")
    return f"{path.lstrip('.')}: {message}" if path else message


def _explain(error: BaseException, kind: type | None) -> str:
    match error:
        case KeyError():
            return "this key is missing"
        case ForbiddenExtraKeysError():
            return "unknown key " + ", ".join(f"'{key}'" for key in sorted(error.extra_fields))
        case AttributeError():
            return "this must be an object"
        case ValueError() if kind is not None and hasattr(kind, "__members__"):
            allowed = ", ".join(member.value for member in kind.__members__.values())
            return f"this must be one of: {allowed}"
        case _:
            return str(error)


def _layout(value: Json) -> str:
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return "[\n " + ",\n ".join(json.dumps(item) for item in value) + "\n]"
    return json.dumps(value)


def _converter() -> cattrs.Converter:
    """A strict converter: no unknown keys, no silent conversions, lists where lists belong."""
    converter = cattrs.Converter(forbid_extra_keys=True)
    converter.register_structure_hook(int, _exactly(int, "a whole number"))
    converter.register_structure_hook(str, _exactly(str, "a string"))
    converter.register_structure_hook(bool, _exactly(bool, "true or false"))

    def structure_list(value: Json, kind: type) -> tuple[object, ...]:
        if not isinstance(value, list):
            raise TypeError("this must be a list")
        items = cast(type[list[object]], GenericAlias(list, get_args(kind)[:1]))
        return tuple(converter.structure(value, items))

    def is_tuple(kind: type) -> bool:
        origin: object = get_origin(kind)
        return origin is tuple

    converter.register_structure_hook_func(is_tuple, structure_list)
    return converter


def _exactly(kind: type[Scalar], words: str) -> Callable[[Json, type], Scalar]:
    def structure(value: Json, _: type) -> Scalar:
        if type(value) is not kind:
            raise TypeError(f"this must be {words}")
        return value

    return structure
