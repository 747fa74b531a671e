"""Appends nodes to an actor's graph: the low end of lowering, which knows no statements."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, field, frozen

from ksmcheck.frontend.cfg import (
    LOCAL_BASE,
    Arms,
    Fork,
    Graph,
    LocalVariable,
    Next,
    Node,
)
from ksmcheck.frontend.errors import Errors
from ksmcheck.frontend.schema import Schema
from ksmcheck.frontend.tree import Function, Primitive
from ksmcheck.ir.expr import FALSE, Const, Expr, Read
from ksmcheck.ir.program import BuiltinCheck
from ksmcheck.ir.source import Frame, Span
from ksmcheck.ir.step import Access, Assign, Check, Operation
from ksmcheck.ir.types import IntType, RefType, ValueType, forgotten

ESSENTIAL = frozenset(
    {"KSM803", "KSM804", "KSM805", "KSM811", "KSM812", "KSM814", "KSM821", "KSM862", "KSM891"}
)


def storable(kind: ValueType) -> ValueType:
    """The type that a local needs so that 0, a forgotten value, is in range."""
    match kind:
        case IntType(lo=lo, hi=hi):
            return IntType(min(lo, 0), max(hi, 0))
        case RefType(struct=struct, names=names):
            return RefType(struct, names, nullable=True)
        case _:
            return kind


@frozen
class HeldScope:
    """A `with`: what leaving it releases."""

    release: Primitive


@frozen
class LoopScope:
    """A loop: where break and continue go."""

    on_break: Node
    on_continue: Node


@frozen
class CallScope:
    """An inlined call: where return goes, and the local that takes the value."""

    on_return: Node
    result: int | None
    function: Function


Scope = HeldScope | LoopScope | CallScope


@define
class Builder:
    """What lowering one actor (or setup) keeps track of. ``here`` is the open node, if any."""

    schema: Schema
    errors: Errors
    functions: Mapping[int, Function]
    graph: Graph
    setup: bool = False
    here: Node | None = None
    frames: tuple[Frame, ...] = ()
    region: int | None = None
    regions: int = 0
    scopes: list[Scope] = field(factory=list)
    environment: dict[str, Expr] = field(factory=dict)
    windows: dict[int, Read] = field(factory=dict)
    entered: set[int] = field(factory=set)
    texts: dict[Span, str] = field(factory=dict)

    @property
    def me(self) -> int:
        return self.graph.actor

    def node(self, span: Span) -> Node:
        """A new node, linked to nothing yet."""
        node = Node(len(self.graph.nodes), span, self.frames, region=self.region)
        self.graph.nodes.append(node)
        return node

    def jump(self, target: Node) -> None:
        """Close the open node towards ``target``."""
        if self.here is not None:
            self.here.end = Next(target.number)
            self.entered.add(target.number)
        self.here = None

    def place_here(self, node: Node) -> None:
        """Go on at ``node``, also from the open node."""
        self.jump(node)
        self.here = node

    def fork(self, condition: Expr, then: Node, orelse: Node) -> None:
        """Close the open node with a branch."""
        if self.here is not None:
            if isinstance(condition, Const):
                self.jump(then if condition.value else orelse)
            else:
                self.here.end = Fork(condition, then.number, orelse.number)
                self.entered.update((then.number, orelse.number))
        self.here = None

    def arms(self, labels: tuple[str, ...], nodes: tuple[Node, ...]) -> None:
        """Close the open node with a nondeterministic choice."""
        if self.here is not None:
            self.here.end = Arms(labels, tuple(node.number for node in nodes))
            self.entered.update(node.number for node in nodes)
        self.here = None

    def begin(self, access: Access, span: Span, text: str) -> None:
        """Start a step that makes ``access``, unless an atomic region already did."""
        if self.here is None:
            return
        node = self.node(span)
        node.begins = self.region is None
        node.access = access
        node.text = text
        self.place_here(node)

    def emit(self, operation: Operation) -> None:
        """Append an operation to the open node."""
        if self.here is not None:
            self.here.operations.append(operation)

    def local(
        self, name: str, kind: ValueType, span: Span, temporary: bool = False, loop: bool = False
    ) -> int:
        """A new local variable; it holds nothing yet."""
        number = LOCAL_BASE + len(self.graph.locals)
        self.graph.locals.append(LocalVariable(name, storable(kind), span, temporary, loop))
        return number

    def set_local(self, number: int, value: Expr) -> None:
        """Assign a local."""
        self.emit(Assign(number, (), value))
        self.windows.pop(number, None)

    def temporary(self, value: Expr, kind: ValueType, span: Span) -> Expr:
        """``value`` in a new local, so that it is evaluated once and now."""
        if isinstance(value, Const):
            return value
        number = self.local("(value)", kind, span, temporary=True)
        self.set_local(number, value)
        return Read(number)

    def check(
        self, condition: Expr, check: BuiltinCheck, code: str, message: str, span: Span
    ) -> None:
        """Fault unless ``condition``.

        Some checks stay when they are switched off, because the state would not be well formed
        without them: their outcome still ends the run there, and the search does not report it.
        """
        if isinstance(condition, Const) and condition.value:
            return
        if check not in self.schema.disabled or code in ESSENTIAL or condition == FALSE:
            self.emit(Check(condition, self.schema.fault(check, code, message, span)))

    def text(self, span: Span) -> str:
        """The source text of a span, on one line; a statement is met at every call inlined."""
        known = self.texts.get(span)
        if known is None:
            known = self.texts[span] = self._text(span)
        return known

    def _text(self, span: Span) -> str:
        lines = self.errors.lines(span.file)[span.line - 1 : span.end_line]
        if not lines:
            return ""
        if len(lines) == 1:
            return lines[0].encode()[span.column : span.end_column].decode(errors="replace")
        lines[0] = lines[0][span.column :]
        lines[-1] = lines[-1][: span.end_column]
        return " ".join(line.strip() for line in lines)

    def join_windows(self, ends: list[dict[int, Read] | None]) -> None:
        """Only a plain load that is open on every way to here may be repeated from here on."""
        reaching = [end for end in ends if end is not None]
        first = reaching[0] if reaching else {}
        self.windows = {
            local: place
            for local, place in first.items()
            if all(end.get(local) == place for end in reaching)
        }

    def forget_windows(self) -> None:
        """A barrier: plain loads before it are not repeated after it."""
        self.windows.clear()


def zero_of(kind: ValueType) -> int:
    """The value that a field of None reads as: 0, or the lowest of a range without it.

    A word is one that names no object, so that no object is told apart by what None reads as.
    """
    return max(kind.lo, 0) if isinstance(kind, IntType) else forgotten(kind)
