"""Lowers statements and calls: a checked function becomes one actor's control-flow graph."""

from __future__ import annotations

from typing import assert_never

from attrs import define

from ksmcheck.frontend import tree
from ksmcheck.frontend.builder import CallScope, HeldScope, LoopScope
from ksmcheck.frontend.cfg import Exit, Node
from ksmcheck.frontend.lower_memory import MemoryLowering
from ksmcheck.frontend.pure import covers, match_case
from ksmcheck.frontend.tree import Function, Statement
from ksmcheck.ir.expr import FALSE, TRUE, Const, Expr, Read
from ksmcheck.ir.fold import binary
from ksmcheck.ir.program import BuiltinCheck
from ksmcheck.ir.source import Frame, Span
from ksmcheck.ir.step import Access, AccessKind, Assign
from ksmcheck.ir.types import ValueType


@define
class Lowering(MemoryLowering):
    """Lowers one actor's function, calls inlined."""

    def actor(self, function: Function, arguments: dict[str, Expr]) -> None:
        """Build the whole graph of an actor."""
        symbol = function.symbol
        self.frames = (Frame(symbol.name, symbol.source),)
        self.here = self.node(symbol.span)
        after = self.node(symbol.span)
        self._enter(function, arguments)
        self.scopes.append(CallScope(after, None, function))
        self.block(function.body)
        self.scopes.pop()
        self.place_here(after)
        after.end = Exit()
        self.here = None

    def block(self, statements: tuple[Statement, ...]) -> None:
        """Lower statements until control leaves."""
        for statement in statements:
            if self.here is None:
                return
            self.statement(statement)

    def statement(self, node: Statement) -> None:
        """Lower one statement."""
        match node:
            case tree.AssignLocal():
                self._assign_local(node)
            case tree.Store(place=place, value=value, span=span):
                self._store(place, self.value(value), value.type, span)
            case tree.Update():
                self._update_place(node)
            case tree.Evaluate(value=value):
                self.value(value)
            case tree.If(condition=condition, then=then, orelse=orelse):
                self._if(condition, then, orelse, node.span)
            case tree.While():
                self._while(node)
            case tree.For():
                self._for(node)
            case tree.Match():
                self._match(node)
            case tree.Return(value=value):
                self._return(value, node.span)
            case tree.Break(span=span) | tree.Continue(span=span):
                self._leave_loop(isinstance(node, tree.Break), span)
            case tree.With():
                self._with(node)
            case tree.Atomic():
                self._atomic(node)
            case tree.Assert(condition=condition, message=message, span=span):
                self._assert(condition, message, span)
            case _:
                assert_never(node)

    def _assign_local(self, node: tree.AssignLocal) -> None:
        value = self.value(node.value)
        source = node.value
        kind = dict(self._function().locals)[node.name]
        self.in_range(value, source.type, kind, node.span, f"'{node.name}'")
        self._set(node.name, value)
        if isinstance(source, tree.Load) and source.plain and self.here is not None:
            target, access = self.environment[node.name], self.here.access
            if isinstance(target, Read) and access is not None and access.variable is not None:
                self.windows[target.variable] = Read(access.variable, access.index)

    def _function(self) -> Function:
        """The function whose body is being lowered."""
        return [scope for scope in self.scopes if isinstance(scope, CallScope)][-1].function

    def _set(self, name: str, value: Expr) -> None:
        target = self.environment.get(name)
        assert isinstance(target, Read)
        self.set_local(target.variable, value)

    def _store(self, place: tree.Place, value: Expr, source: ValueType | None, span: Span) -> None:
        target = f"'{place.key}'"
        if place.storage.ghost or self.setup:
            self._store_silently(place, value, source, span, target)
            return
        settled = (
            value
            if isinstance(value, (Const, Read))
            else self.temporary(value, source or place.storage.type, span)
        )
        variable, index, parts = self.resolve(place)
        self.begin(Access(AccessKind.STORE, variable, index), span, self.text(span))
        self.guard(place, parts)
        self.in_range(settled, source, place.storage.type, span, target)
        self.emit(Assign(variable, index, settled))

    def _store_silently(
        self, place: tree.Place, value: Expr, source: ValueType | None, span: Span, what: str
    ) -> None:
        """A ghost store, or a store of setup: no access that anybody could see."""
        if place.storage.ghost and not self.setup:
            variable, index, parts = self.ghost_place(place)
        else:
            variable, index, parts = self.resolve(place)
        self.guard(place, parts)
        self.in_range(value, source, place.storage.type, span, what)
        self.emit(Assign(variable, index, value))

    def _update_place(self, node: tree.Update) -> None:
        place = node.place
        if place.storage.ghost and not self.setup:
            variable, index, parts = self.ghost_place(place)
            value = self.pure(node.value)
        else:
            variable, index, parts = self.resolve(place)
            access = Access(AccessKind.LOAD, variable, index)
            self.begin(access, node.span, f"load {self.text(place.span)}")
            self.guard(place, parts)
            before = self.temporary(Read(variable, index), place.storage.type, node.span)
            value = self.value(node.value)
            value = self.temporary(binary(node.op, before, value), node.type, node.span)
            self.begin(Access(AccessKind.STORE, variable, index), node.span, self.text(node.span))
        self.guard(place, parts)
        if place.storage.ghost and not self.setup:
            value = binary(node.op, Read(variable, index), value)
        self.in_range(value, node.type, place.storage.type, node.span, f"'{place.key}'")
        self.emit(Assign(variable, index, value))

    def _if(
        self,
        condition: tree.Typed,
        then: tuple[Statement, ...],
        orelse: tuple[Statement, ...],
        span: Span,
    ) -> None:
        yes, no, after = self.node(span), self.node(span), self.node(span)
        self.branch(condition, yes, no)
        before = dict(self.windows)
        ends = [self._arm(yes, then, after, before), self._arm(no, orelse, after, before)]
        self.join_windows(ends)
        self._resume(after)

    def _arm(
        self,
        start: Node,
        body: tuple[Statement, ...],
        after: Node,
        windows: dict[int, Read],
    ) -> dict[int, Read] | None:
        """Lower one side of a branch; its open plain loads at the end, None if it does not end."""
        if not self._entered(start):
            return None
        self.windows = dict(windows)
        self.here = start
        self.block(body)
        ends = self.here is not None
        self.jump(after)
        return self.windows if ends else None

    def _entered(self, node: Node) -> bool:
        return node.number in self.entered

    def _resume(self, after: Node) -> None:
        self.here = after if self._entered(after) else None

    def _while(self, node: tree.While) -> None:
        head, body, after = (self.node(node.span) for _ in range(3))
        self.forget_windows()
        self.place_here(head)
        self.branch(node.condition, body, after)
        if self._entered(body):
            self.scopes.append(LoopScope(after, head))
            self.here = body
            self.block(node.body)
            self.jump(head)
            self.scopes.pop()
        self.forget_windows()
        self._resume(after)

    def _for(self, node: tree.For) -> None:
        after = self.node(node.span)
        if node.name in self._function().assigned:
            self.errors.add(
                "KSM117",
                f"the loop variable '{node.name}' is also assigned elsewhere",
                node.span,
                "the loop is unrolled and its variable is a constant: use another name",
            )
        for number in node.values:
            if self.here is None:
                break
            following = self.node(node.span)
            self.environment[node.name] = Const(number)
            self.scopes.append(LoopScope(after, following))
            self.block(node.body)
            self.scopes.pop()
            self.jump(following)
            self._resume(following)
        gone = self.local(node.name, node.type, node.span, loop=True)
        self.environment[node.name] = Read(gone)
        self.place_here(after)
        after.undefines = (gone,)
        self._resume(after)

    def _match(self, node: tree.Match) -> None:
        subject = self.settled(node.subject)
        after = self.node(node.span)
        last = len(node.cases) - 1
        exhaustive = covers(node)
        before = dict(self.windows)
        ends: list[dict[int, Read] | None] = []
        for number, case in enumerate(node.cases):
            self.windows = dict(before)
            condition, bindings = match_case(case.pattern, subject, node.subject.type)
            if number == last and exhaustive:
                condition = TRUE
            body, otherwise = self.node(node.span), self.node(node.span)
            self.fork(condition, body, otherwise)
            if self._entered(body):
                self.here = body
                for name, value in bindings.items():
                    self._set(name, value)
                if case.guard is not None:
                    inside = self.node(node.span)
                    self.branch(case.guard, inside, otherwise)
                    self.here = inside
                self.block(case.body)
                ends.append(self.windows if self.here is not None else None)
                self.jump(after)
            self._resume(otherwise)
            if self.here is None:
                break
        ends.append(before if self.here is not None else None)
        self.join_windows(ends)
        self.place_here(after)
        self._resume(after)

    def _return(self, value: tree.Typed | None, span: Span) -> None:
        result = self.value(value) if value is not None else None
        position = max(i for i, s in enumerate(self.scopes) if isinstance(s, CallScope))
        scope = self.scopes[position]
        assert isinstance(scope, CallScope)
        if scope.result is not None and result is not None:
            returns = scope.function.returns
            if returns is not None and value is not None:
                self.in_range(result, value.type, returns, span, "the returned value")
            self.set_local(scope.result, result)
        self._release_to(position)
        self.jump(scope.on_return)

    def _leave_loop(self, is_break: bool, span: Span) -> None:
        positions = [i for i, s in enumerate(self.scopes) if isinstance(s, (LoopScope, CallScope))]
        scope = self.scopes[positions[-1]] if positions else None
        if not isinstance(scope, LoopScope):
            word = "break" if is_break else "continue"
            self.errors.add("KSM123", f"'{word}' outside a loop", span)
            return
        self._release_to(positions[-1])
        self.jump(scope.on_break if is_break else scope.on_continue)

    def _release_to(self, position: int) -> None:
        for scope in reversed(self.scopes[position + 1 :]):
            if isinstance(scope, HeldScope):
                self.primitive(scope.release)

    def _with(self, node: tree.With) -> None:
        self.primitive(node.acquire)
        self.scopes.append(HeldScope(node.release))
        self.block(node.body)
        self.scopes.pop()
        if self.here is not None:
            self.primitive(node.release)

    def _atomic(self, node: tree.Atomic) -> None:
        if self.region is not None or self.setup:
            self.block(node.body)
            return
        after = self.node(node.span)
        doing = [item for item in node.body if not isinstance(item, tree.Assert)] or node.body
        first = self.text(doing[0].span).split(": ")[0] if doing else ""
        more = " ..." if len(doing) > 1 else ""
        self.begin(Access(AccessKind.ATOMIC), node.span, f"atomically {first}{more}")
        self.regions += 1
        self.region = self.regions
        if self.here is not None:
            self.here.region = self.region
        self.block(node.body)
        self.region = None
        self.forget_windows()
        self.jump(after)
        self._resume(after)

    def _assert(self, condition: tree.Typed, message: str, span: Span) -> None:
        if isinstance(condition, tree.Literal) and not condition.value:
            value: Expr = FALSE
        else:
            value = self.value(condition)
        self.check(value, BuiltinCheck.ASSERTION, "KSM881", f"assertion failed: {message}", span)
        if value == FALSE:
            self.here = None

    def call(self, call: tree.Call) -> Expr:
        """Inline a call."""
        function = self.functions[id(call.function)]
        kinds = dict(function.parameters)
        arguments: dict[str, Expr] = {}
        for name, typed in call.arguments:
            arguments[name] = self._settled_argument(typed)
            self.in_range(arguments[name], typed.type, kinds[name], typed.span, f"'{name}'")
        for name, value in function.defaults:
            arguments.setdefault(name, self.value(value))
        active = [s.function.symbol for s in self.scopes if isinstance(s, CallScope)]
        if call.function in active:
            self.errors.add(
                "KSM122",
                f"'{call.function.name}' calls itself",
                call.span,
                "calls are inlined: write a loop",
            )
            self.here = None
            return Const(0)
        return self._inline(function, arguments, call)

    def _settled_argument(self, value: tree.Typed) -> Expr:
        return self.settled(value) if not value.ghost else self.pure(value)

    def _inline(self, function: Function, arguments: dict[str, Expr], call: tree.Call) -> Expr:
        saved = (self.environment, self.frames)
        after = self.node(call.span)
        result = None
        if function.returns is not None:
            result = self.local(
                f"{function.symbol.name}()", function.returns, call.span, temporary=True
            )
        self.forget_windows()
        self.frames = (*self.frames, Frame(function.symbol.name, function.symbol.source, call.span))
        self._enter(function, arguments)
        self.scopes.append(CallScope(after, result, function))
        self.block(function.body)
        self.scopes.pop()
        if self.here is not None and result is not None:
            self.errors.add(
                "KSM312",
                f"'{function.symbol.name}' can end without returning a value",
                function.symbol.span,
                "return on every path, or `assert False`",
            )
        self.environment, self.frames = saved
        self.jump(after)
        self.forget_windows()
        self._resume(after)
        return Read(result) if result is not None else Const(0)

    def _enter(self, function: Function, arguments: dict[str, Expr]) -> None:
        """Bind the parameters and locals of a call that begins."""
        environment: dict[str, Expr] = {}
        fresh: list[int] = []
        reads = dict(function.first_reads)
        for name, kind in function.locals:
            given = arguments.get(name)
            if given is not None and name not in function.assigned:
                environment[name] = given
                continue
            number = self.local(name, kind, reads.get(name, function.symbol.span))
            environment[name] = Read(number)
            fresh.append(number)
        self.environment = environment
        if self.here is not None:
            start = self.node(function.symbol.span)
            start.undefines = tuple(fresh)
            self.place_here(start)
        for name, given in arguments.items():
            target = environment.get(name)
            if isinstance(target, Read) and target.variable in fresh:
                self.set_local(target.variable, given)
