"""Runs a step symbolically, path by path, from any state.

Each of the actor's own variables has a name for its value at the start, whatever is loaded gets a
new name. So an index is known as "what local 5 held before the step", which is what ties an access
to the lock that protects it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from ksmcheck.analysis.accesses import WHOLE, WRITER, Effect, Exit, Hold, Place, Sharing, perhaps
from ksmcheck.analysis.arms import LAST, arms_in, arms_of
from ksmcheck.analysis.footprint import subexpressions
from ksmcheck.analysis.lock_stores import meaning, proper_test, reader_test
from ksmcheck.analysis.path import Path
from ksmcheck.ir.expr import FALSE, Binary, Const, Expr, Ite, Not, Op, Read, Temp
from ksmcheck.ir.fold import children, negate, rewrite
from ksmcheck.ir.program import Program
from ksmcheck.ir.step import (
    Assign,
    Block,
    Branch,
    Check,
    Choose,
    Goto,
    Observe,
    Operation,
    Require,
    SetTemp,
    When,
)
from ksmcheck.ir.types import LockKind, LockType


class Run:
    """Runs one step of ``actor`` symbolically, through the arms in ``entered`` (see arms.py).

    ``known`` are own variables with the values that they have before the step.
    """

    def __init__(
        self,
        program: Program,
        sharing: Sharing,
        actor: int,
        entered: int,
        known: Mapping[int, int] | None = None,
    ) -> None:
        self._program = program
        self._known = {variable: Const(value) for variable, value in (known or {}).items()}
        self._entered = entered
        self._private = sharing.private
        self._ruly = sharing.ruly
        self._me = actor
        self._names: dict[Expr, Expr] = {}
        self._named = 0
        self.reads: set[Place] = set()
        self.rises: set[Place] = set()
        self.falls: set[Place] = set()
        self.own: set[Place] = set()
        self.exits: list[Exit] = []
        self.needs: list[tuple[Hold, frozenset[Place]]] = []
        self.unruly: set[int] = set()
        self.blocks = False

    def step(self, block: Block) -> Effect:
        """Run the whole of a step."""
        self._block(block, Path(dict(self._known)), root=True)
        return Effect(
            frozenset((variable, value.value) for variable, value in self._known.items()),
            frozenset(self.reads),
            frozenset(self.rises),
            frozenset(self.falls),
            frozenset(self.rises | self.falls),
            frozenset(self.own),
            tuple(self.exits),
            tuple(self.needs),
            self.blocks,
        )

    def _block(self, block: Block, path: Path, first: int = 1, root: bool = False) -> None:
        """Run ``block`` and everything below it; ``first`` is the number of its first arm."""
        for operation in block.operations:
            if root and isinstance(operation, Require):
                self._need(operation.condition, path)
            self._operation(operation, path, first)
            first += arms_in((operation,))
            if path.ended:
                return
        match block.end:
            case Goto(location):
                stored = tuple(sorted(path.values.items() - self._known.items()))
                facts = path.facts()
                stores, results = path.resolved_stores(), path.results(stored)
                way = Exit(location, path.locks, stored, stores, facts=facts, results=results)
                self.exits.append(way)
            case Branch(condition, then, orelse):
                named = self._see(condition, path)
                other = first + 1 + arms_of(then)
                yes, no = path.fork(), path
                self._learn(named, yes)
                self._learn(negate(named), no)
                if self._enters(first) and named != FALSE:
                    self._block(then, yes, first + 1)
                if self._enters(other) and not _surely(named):
                    self._block(orelse, no, other + 1)
            case Choose(_, arms):
                self.blocks = self.blocks or not arms
                for arm in arms:
                    self._block(arm, path.fork(), first)
                    first += arms_of(arm)
            case _:
                assert_never(block.end)

    def _enters(self, arm: int) -> bool:
        return arm > LAST or bool(self._entered >> arm & 1)

    def _operation(self, operation: Operation, path: Path, first: int) -> None:
        match operation:
            case Assign(variable, index, value):
                self._assign(variable, index, value, path)
            case SetTemp(number, value):
                path.temps[number] = self._see(value, path)
            case Check(condition) | Require(condition):
                self.blocks = self.blocks or isinstance(operation, Require)
                path.known |= {self._raw(condition, path)}
                named = self._see(condition, path)
                self._learn(named, path)
                path.ended = named == FALSE
            case Observe(_, condition):
                self._see(condition, path)
            case When(condition, then, orelse):
                self._when(self._see(condition, path), then, orelse, path, first)
            case _:
                assert_never(operation)

    def _when(
        self,
        condition: Expr,
        then: tuple[Operation, ...],
        orelse: tuple[Operation, ...],
        path: Path,
        first: int,
    ) -> None:
        other = first + 1 + arms_in(then)
        some = self._enters(first) and condition != FALSE
        rest = self._enters(other) and not _surely(condition)
        if not some or not rest:
            self._learn(condition if some else negate(condition), path)
            if some or rest:
                self._all(then if some else orelse, path, (first if some else other) + 1)
            return
        yes, no = path.fork(), path.fork()
        self._learn(condition, yes)
        self._learn(negate(condition), no)
        self._all(then, yes, first + 1)
        self._all(orelse, no, other + 1)
        if yes.ended or no.ended:
            path.become(no if yes.ended else yes)
            return
        for mine, one, two in (
            (path.values, yes.values, no.values),
            (path.temps, yes.temps, no.temps),
        ):
            mine.clear()
            for name in {*one, *two}:
                start = Read(name) if mine is path.values else Temp(name)
                pair = one.get(name, start), two.get(name, start)
                mine[name] = pair[0] if pair[0] == pair[1] else self._name(Ite(condition, *pair))
        # What was taken on one side only is not certain, what was given back is certainly gone.
        path.locks += tuple(
            change for change in yes.locks[len(path.locks) :] if not change[0]
        ) + tuple(change for change in no.locks[len(path.locks) :] if not change[0])
        path.known = yes.known & no.known
        first = len(path.stores)
        path.stores += perhaps(condition, yes.stores[first:], no.stores[first:])

    def _all(self, operations: tuple[Operation, ...], path: Path, first: int) -> None:
        for operation in operations:
            if path.ended:
                return
            self._operation(operation, path, first)
            first += arms_in((operation,))

    def _assign(self, variable: int, index: tuple[Expr, ...], value: Expr, path: Path) -> None:
        where = tuple(self._see(item, path) for item in index)
        if variable in self._private:
            named = self._see(value, path)
            if index:
                self.own.add(Place(variable, where))
                path.stores += ((Place(variable, where), named),)
                self._rename(variable)
            else:
                path.values[variable] = named
            return
        kind = self._program.variables[variable].type
        if isinstance(kind, LockType) and variable in self._ruly:
            self._store_lock(kind, Read(variable, where), value, path)
            return
        if isinstance(kind, LockType):
            self.unruly.add(variable)
        self._see(value, path)
        raw = self._raw(value, path)
        self._moves(Place(variable, where), raw)
        path.stores += ((Place(variable, where), raw),)
        self._rename(variable)

    def _moves(self, place: Place, value: Expr) -> None:
        """Note in which direction a store of ``value`` may move what is there."""
        before = Read(place.variable, place.index)
        names = (before, self._names.get(before))
        kind = self._program.variables[place.variable].type
        match value:
            case Const(number) if number == kind.lo:
                self.falls.add(place)
            case Const(number) if number == kind.hi:
                self.rises.add(place)
            case Binary(Op.ADD, was, Const(number)) if was in names:
                (self.rises if number >= 0 else self.falls).add(place)
            case Binary(Op.SUB, was, Const(number)) if was in names:
                (self.falls if number >= 0 else self.rises).add(place)
            case _:
                self.rises.add(place)
                self.falls.add(place)

    def _rename(self, variable: int) -> None:
        """What is read of ``variable`` from here on is another value than before."""
        for raw in [r for r in self._names if variable in _read_in(r)]:
            del self._names[raw]

    def _store_lock(self, kind: LockType, lock: Read, value: Expr, path: Path) -> None:
        """Take or give back ``lock``; ``value`` says which."""
        condition: Expr | None = None
        raw = self._raw(value, path)
        if isinstance(raw, Ite) and raw.orelse == lock:
            condition, raw = raw.condition, raw.then
        taken, given, parts = meaning(kind, self._me, lock, raw)
        proper = proper_test(kind, self._me, lock, taken, given)
        tests = {proper}
        if condition is not None:
            tests = {proper, Binary(Op.OR, negate(condition), proper)}
        if not parts or not (proper == condition or tests & path.known):
            self.unruly.add(lock.variable)
        for part in parts:
            place = Place(lock.variable, lock.index, part)
            if taken is not None:
                self.rises.add(place)
            if given is not None:
                self.falls.add(place)
        path.known = frozenset(c for c in path.known if lock.variable not in _read_in(c))
        self._rename(lock.variable)
        if given is not None:
            path.tried = {
                c: hold for c, hold in path.tried.items() if hold.variable != given.variable
            }
        if condition is not None and taken is not None:
            path.tried[condition] = taken
            return
        changes = [(False, given)] if given is not None else []
        path.locks += (*changes, *([(True, taken)] if taken is not None else []))

    def _need(self, condition: Expr, path: Path) -> None:
        """Note a lock that must be free for the step to go on."""
        before = frozenset(self.reads)
        match self._raw(condition, path):
            case Binary(Op.EQ, Read(variable, index), Const(0)) if variable in self._ruly:
                self.needs.append((Hold(variable, index), before))
            case Binary(Op.LT, Read(variable, index), Const(number)) if variable in self._ruly:
                kind = self._program.variables[variable].type
                assert isinstance(kind, LockType)
                if number == 1 << len(kind.actors):
                    self.needs.append((Hold(variable, index, shared=True), before))

    def _learn(self, condition: Expr, path: Path) -> None:
        """``condition`` is true from here on."""
        path.known |= {condition}
        taken = path.tried.pop(condition, None)
        if taken is not None:
            path.locks += ((True, taken),)

    def _see(self, expr: Expr, path: Path) -> Expr:
        """Note what ``expr`` reads; its value in terms of the start."""
        raw = self._raw(expr, path)
        self._note(raw)
        if self._is_test(raw):
            return raw
        named = self._name(raw)
        if isinstance(named, Temp) and named != raw and not self._changed(raw, path):
            path.origins[named.number] = path.in_state_before(raw)
        return named

    def _changed(self, raw: Expr, path: Path) -> bool:
        """May ``raw`` read what the path has stored to?"""
        stored = {place.variable for place, _ in path.stores} | {p.variable for p in self.own}
        return not (stored | self._ruly).isdisjoint(_read_in(raw))

    def _is_test(self, raw: Expr) -> bool:
        """True for what _learn wants to see as it is: a test of one ruly lock."""
        match raw:
            case Not(operand):
                return self._is_test(operand)
            case Binary(Op.EQ | Op.NE | Op.LT, Read(variable), Const()):
                return variable in self._ruly
            case Binary(Op.AND, Binary(Op.LT, Read(variable), Const()), Binary(Op.NE, _, Const())):
                return variable in self._ruly
            case _:
                return False

    def _raw(self, expr: Expr, path: Path) -> Expr:
        """``expr`` with own variables and temps replaced by their values."""

        def leaf(item: Read | Temp) -> Expr:
            if isinstance(item, Temp):
                return path.temps.get(item.number, item)
            if item.variable in self._private and not item.index:
                return path.values.get(item.variable, item)
            return item

        return rewrite(expr, leaf)

    def _name(self, raw: Expr) -> Expr:
        """A constant, an own variable's first value, or a name for anything else."""
        match raw:
            case Const() | Temp():
                return raw
            case Read(variable, ()) if variable in self._private:
                return raw
            case Binary(Op.ADD | Op.SUB, Read(variable, ()), Const()) if variable in self._private:
                return raw
            case Binary(Op.ADD | Op.SUB, Temp(), Const()):
                return raw
        if raw not in self._names:
            self._named += 1
            self._names[raw] = Temp(-self._named)
        return self._names[raw]

    def _note(self, raw: Expr) -> None:
        """Note the shared places that ``raw`` reads."""
        if self._own_test(raw):
            return
        match raw:
            case Binary(Op.LT, Read(variable, index), Const(number)) if variable in self._ruly:
                kind = self._program.variables[variable].type
                assert isinstance(kind, LockType)
                below = kind.kind is LockKind.RWSEM and number == 1 << len(kind.actors)
                self._read(variable, index, WRITER if below else WHOLE)
            case Read(variable, index):
                if variable in self._private:
                    for item in index:
                        self._note(item)
                else:
                    self._read(variable, index, WHOLE)
            case _:
                for item in children(raw):
                    self._note(item)

    def _read(self, variable: int, index: tuple[Expr, ...], part: int) -> None:
        for item in index:
            self._note(item)
        self.reads.add(Place(variable, tuple(map(self._name, index)), part))

    def _own_test(self, raw: Expr) -> bool:
        """Is this a test whether the actor itself holds a lock?"""
        match raw:
            case Binary(Op.EQ | Op.NE, Read(variable, index) as lock, Const(number)):
                pass
            case Binary(Op.AND, Binary(Op.LT, Read(variable, index) as lock, _), _):
                number = -1
            case _:
                return False
        if variable not in self._ruly:
            return False
        for item in index:
            self._note(item)
        kind = self._program.variables[variable].type
        assert isinstance(kind, LockType)
        if kind.kind is not LockKind.RWSEM:
            return number == self._me + 1
        test = reader_test(kind, self._me, lock)
        return number == (1 << len(kind.actors)) + self._me or raw == test


def _surely(condition: Expr) -> bool:
    """Is it true whatever the rest is?"""
    return isinstance(condition, Const) and condition.value != 0


def _read_in(expr: Expr) -> set[int]:
    return {item.variable for item in subexpressions(expr) if isinstance(item, Read)}
