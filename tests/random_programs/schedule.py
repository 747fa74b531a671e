"""Runs the threads of a model's source in every order, on the direct interpreter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.random_programs.direct import Frame, Request, Returned, Walk
from tests.random_programs.source import Source, read_source

Memory = tuple[tuple[Any, ...], ...]
History = tuple[Any, ...]
State = tuple[Memory, tuple[History, ...]]

DONE = Request("done")


class TooLarge(Exception):  # noqa: N818 - a limit, no error
    """The program has more states than a test should take."""


@dataclass
class Reached:
    """What a program can do: memories, memories at the end, deadlock, and faults by code."""

    memories: set[Memory] = field(default_factory=set)
    finals: set[Memory] = field(default_factory=set)
    deadlock: bool = False
    faults: set[str] = field(default_factory=set)


class Scheduler:
    """All interleavings of the threads of one source text."""

    def __init__(self, text: str) -> None:
        self.source: Source = read_source(text)
        self.names = tuple(self.source.places)
        self._pending: dict[tuple[str, History], Request] = {}

    def explore(self, limit: int) -> Reached:
        """Visit every state; TooLarge when there are more than ``limit``."""
        threads = tuple(self.source.threads)
        memory = tuple((d.initial,) * d.size for d in self.source.places.values())
        start: State = (memory, ((),) * len(threads))
        known, stack, reached = {start}, [start], Reached()
        while stack:
            state = stack.pop()
            reached.memories.add(state[0])
            moved = False
            for number, thread in enumerate(threads):
                for new in self._outcomes(thread, state[0], state[1][number]):
                    moved = True
                    if isinstance(new, str):
                        reached.faults.add(new)
                        continue
                    histories = (*state[1][:number], new[1], *state[1][number + 1 :])
                    following: State = (new[0], histories)
                    if following not in known:
                        known.add(following)
                        stack.append(following)
            if len(known) > limit:
                raise TooLarge
            if all(self._next(t, h) is DONE for t, h in zip(threads, state[1], strict=True)):
                reached.finals.add(state[0])
            elif not moved:
                reached.deadlock = True
        return reached

    def _next(self, thread: str, history: History) -> Request:
        """What ``thread`` asks for once it has been given all the answers in ``history``."""
        key = (thread, history)
        if key not in self._pending:
            self._pending[key] = self._replay(thread, history)
        return self._pending[key]

    def _replay(self, thread: str, history: History) -> Request:
        walk: Walk = Frame(self.source, thread, {}, {}).block(self.source.threads[thread].body)
        try:
            request: Request = next(walk)
            for answer in history:
                request = walk.send(answer)
        except (StopIteration, Returned):
            return DONE
        return request

    def _outcomes(
        self, thread: str, memory: Memory, history: History
    ) -> Iterator[tuple[Memory, History] | str]:
        if self._next(thread, history) is not DONE:
            yield from self._go_on(thread, memory, history, accessed=False, depth=0)

    def _go_on(
        self, thread: str, memory: Memory, history: History, *, accessed: bool, depth: int
    ) -> Iterator[tuple[Memory, History] | str]:
        """Run to the end of the step: up to the second access, the end, or a fault.

        ``depth`` counts the atomic blocks that are open: inside them an access ends nothing.
        """
        request = self._next(thread, history)
        resting = accessed and not depth
        if request.kind == "done" or (request.kind in ("access", "begin") and resting):
            yield memory, history
        elif request.kind == "fault":
            yield request.fault
        elif request.kind == "choose":
            # A choice before the first access is a step, so that it is not made by what is enabled.
            for answer in range(request.count):
                yield from self._go_on(
                    thread, memory, (*history, answer), accessed=True, depth=depth
                )
        elif request.kind == "require" and not request.holds:
            return
        elif request.kind in ("require", "begin", "end"):
            change = {"begin": 1, "end": -1, "require": 0}[request.kind]
            yield from self._go_on(
                thread, memory, (*history, None), accessed=True, depth=depth + change
            )
        else:
            yield from self._access(thread, memory, history, request, depth)

    def _access(
        self, thread: str, memory: Memory, history: History, request: Request, depth: int
    ) -> Iterator[tuple[Memory, History] | str]:
        if request.place is None or request.change is None:
            yield request.fault
            return
        name, cell = request.place
        variable = self.names.index(name)
        result = request.change(memory[variable][cell])
        if result is None:
            return
        value, answer = result
        if not self.source.places[name].range.holds(value):
            yield "KSM804"
            return
        cells = memory[variable]
        cells = (*cells[:cell], value, *cells[cell + 1 :])
        memory = (*memory[:variable], cells, *memory[variable + 1 :])
        yield from self._go_on(thread, memory, (*history, answer), accessed=True, depth=depth)


def shown(value: Any) -> str:
    """A value as the tool prints it, except for locks: those by their holder's name."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        parts = [
            ("write" if each else "not write") if isinstance(each, bool) else shown(each)
            for each in value[1:]
        ]
        return f"{value[0]}({', '.join(parts)})" if parts else str(value[0])
    return str(value)
