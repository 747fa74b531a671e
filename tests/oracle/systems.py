"""The textbook systems, written by hand for the toy checker, one access to shared memory a step.

Each class is a state; each ``..._step`` function yields the successors that one process makes. A
local is 0 wherever it is dead. ``tests/textbook/<name>.py`` says the same in the tool's language.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeVar

from tests.oracle.toy_checker import System, bind

T = TypeVar("T")
Ints = tuple[int, ...]


def put(cells: tuple[T, ...], index: int, value: T) -> tuple[T, ...]:
    """``cells`` with one cell changed."""
    return (*cells[:index], value, *cells[index + 1 :])


class Peterson(NamedTuple):
    pc: Ints = (0, 0)
    flag: Ints = (0, 0)
    turn: int = 0


def peterson_step(state: Peterson, me: int) -> Iterator[Peterson]:
    """Peterson's algorithm: the two loads of the loop's condition are two steps."""
    other = 1 - me

    def at(pc: int) -> Peterson:
        return state._replace(pc=put(state.pc, me, pc))

    match state.pc[me]:
        case 0:
            yield at(1)._replace(flag=put(state.flag, me, 1))
        case 1:
            yield at(2)._replace(turn=other)
        case 2:
            yield at(3 if state.flag[other] else 4)
        case 3:
            yield at(2 if state.turn == other else 4)
        case 4:
            yield at(0)._replace(flag=put(state.flag, me, 0))


def peterson() -> System[Peterson]:
    return System(Peterson(), bind(peterson_step, 2), lambda s: s.pc.count(4) <= 1, lambda s: False)


class Filter(NamedTuple):
    """``pc`` walks through 2 levels of 6 accesses each, and 12 is the critical section."""

    pc: Ints = (0, 0, 0)
    level: Ints = (0, 0, 0)
    victim: Ints = (0, 0)


def filter_step(state: Filter, me: int) -> Iterator[Filter]:
    """The filter lock: at each level, wait for each of the two others in turn."""
    pc = state.pc[me]

    def at(new: int) -> Filter:
        return state._replace(pc=put(state.pc, me, new))

    if pc == 12:
        yield at(0)._replace(level=put(state.level, me, 0))
        return
    level, part = pc // 6 + 1, pc % 6
    others = [other for other in range(3) if other != me]
    after = 6 * (level - 1) + (4 if part < 4 else 6)
    match part:
        case 0:
            yield at(pc + 1)._replace(level=put(state.level, me, level))
        case 1:
            yield at(pc + 1)._replace(victim=put(state.victim, level - 1, me))
        case 2 | 4:
            ahead = state.level[others[part // 2 - 1]] >= level
            yield at(pc + 1 if ahead else after)
        case 3 | 5:
            yield at(pc - 1 if state.victim[level - 1] == me else after)


def filter_lock() -> System[Filter]:
    return System(Filter(), bind(filter_step, 3), lambda s: s.pc.count(12) <= 1, lambda s: False)


class Ticket(NamedTuple):
    """Two rounds of three accesses: 0 and 3 draw a ticket, 1 and 4 wait, 2 and 5 are inside."""

    pc: Ints = (0, 0, 0)
    ticket: Ints = (0, 0, 0)
    following: int = 0
    serving: int = 0


def ticket_step(state: Ticket, me: int) -> Iterator[Ticket]:
    pc, ticket = state.pc[me], state.ticket[me]
    if pc == 6:
        return
    moved = state._replace(pc=put(state.pc, me, pc + 1))
    match pc % 3:
        case 0:
            yield moved._replace(
                ticket=put(state.ticket, me, state.following), following=state.following + 1
            )
        case 1 if state.serving == ticket:
            yield moved
        case 2:
            yield moved._replace(ticket=put(state.ticket, me, 0), serving=ticket + 1)


def ticket_lock() -> System[Ticket]:
    return System(
        Ticket(),
        bind(ticket_step, 3),
        lambda s: sum(pc in (2, 5) for pc in s.pc) <= 1,
        lambda s: s.pc == (6, 6, 6),
    )


class Table(NamedTuple):
    """``fork`` is 0 when it lies on the table, else the philosopher's number + 1."""

    pc: Ints = (0, 0, 0)
    fork: Ints = (0, 0, 0)


def dine(state: Table, me: int, first: int, second: int, after: int) -> Iterator[Table]:
    """Take two forks, put back the second, then the first, and go on at ``after``."""
    pc = state.pc[me]
    if pc == 4:
        return
    wanted = (first, second, second, first)[pc]
    moved = state._replace(pc=put(state.pc, me, after if pc == 3 else pc + 1))
    if pc < 2 and state.fork[wanted] == 0:
        yield moved._replace(fork=put(state.fork, wanted, me + 1))
    elif pc >= 2:
        yield moved._replace(fork=put(state.fork, wanted, 0))


def greedy_step(state: Table, me: int) -> Iterator[Table]:
    return dine(state, me, me, (me + 1) % 3, after=0)


def ordered_step(state: Table, me: int) -> Iterator[Table]:
    return dine(state, me, min(me, (me + 1) % 3), max(me, (me + 1) % 3), after=4)


def philosophers_deadlock() -> System[Table]:
    """Each takes the left fork first, for ever."""
    return System(Table(), bind(greedy_step, 3), lambda s: True, lambda s: False)


def philosophers_ordered() -> System[Table]:
    """Each takes the lower fork first, for one meal."""
    return System(Table(), bind(ordered_step, 3), lambda s: True, lambda s: s.pc == (4, 4, 4))


class Buffer(NamedTuple):
    """Two producers (processes 0, 1) and a consumer (2); ``lock`` is its holder + 1."""

    pc: Ints = (0, 0, 0)
    position: Ints = (0, 0, 0)
    slots: Ints = (0, 0)
    head: int = 0
    tail: int = 0
    empty: int = 2
    full: int = 0
    lock: int = 0


def producer_step(state: Buffer, me: int) -> Iterator[Buffer]:
    pc, position = state.pc[me], state.position[me]
    moved = state._replace(pc=put(state.pc, me, (pc + 1) % 7))
    match pc:
        case 0 if state.empty > 0:
            yield moved._replace(empty=state.empty - 1)
        case 1 if state.lock == 0:
            yield moved._replace(lock=me + 1)
        case 2:
            yield moved._replace(position=put(state.position, me, state.tail))
        case 3:
            yield moved._replace(slots=put(state.slots, position, me + 1))
        case 4:
            yield moved._replace(tail=(position + 1) % 2, position=put(state.position, me, 0))
        case 5:
            yield moved._replace(lock=0)
        case 6:
            yield moved._replace(full=state.full + 1)


def consumer_step(state: Buffer) -> Iterator[Buffer]:
    me = 2
    pc, position = state.pc[me], state.position[me]
    moved = state._replace(pc=put(state.pc, me, (pc + 1) % 8))
    match pc:
        case 0 if state.full > 0:
            yield moved._replace(full=state.full - 1)
        case 1 if state.lock == 0:
            yield moved._replace(lock=me + 1)
        case 2:
            yield moved._replace(position=put(state.position, me, state.head))
        case 3:
            if state.slots[position] == 0:
                raise AssertionError("the consumer found an empty slot")
            yield moved
        case 4:
            yield moved._replace(slots=put(state.slots, position, 0))
        case 5:
            yield moved._replace(head=(position + 1) % 2, position=put(state.position, me, 0))
        case 6:
            yield moved._replace(lock=0)
        case 7:
            yield moved._replace(empty=state.empty + 1)


def bounded_buffer() -> System[Buffer]:
    return System(
        Buffer(),
        (*bind(producer_step, 2), consumer_step),
        lambda s: s.empty + s.full <= 2,
        lambda s: False,
    )


class Broken(NamedTuple):
    pc: Ints = (0, 0)
    taken: int = 0


def broken_step(state: Broken, me: int) -> Iterator[Broken]:
    """Look first, take afterwards: two can look before either takes."""
    moved = state._replace(pc=put(state.pc, me, state.pc[me] + 1))
    match state.pc[me]:
        case 0 if not state.taken:
            yield moved
        case 1:
            yield moved._replace(taken=1)
        case 2:
            yield moved._replace(taken=0)


def broken_mutex() -> System[Broken]:
    return System(
        Broken(), bind(broken_step, 2), lambda s: s.pc != (2, 2), lambda s: s.pc == (3, 3)
    )


class Commit(NamedTuple):
    """Two-phase commit after Gray and Lamport; messages are never removed."""

    managers: tuple[str, ...]
    coordinator: str = "init"
    prepared: frozenset[int] = frozenset()
    messages: frozenset[str | int] = frozenset()


def coordinator_step(state: Commit) -> Iterator[Commit]:
    if state.coordinator != "init":
        return
    if len(state.prepared) == len(state.managers):
        yield state._replace(coordinator="committed", messages=state.messages | {"commit"})
    yield state._replace(coordinator="aborted", messages=state.messages | {"abort"})
    for manager in range(len(state.managers)):
        if manager in state.messages:
            yield state._replace(prepared=state.prepared | {manager})


def manager_step(state: Commit, me: int) -> Iterator[Commit]:
    def become(what: str) -> Commit:
        return state._replace(managers=put(state.managers, me, what))

    if state.managers[me] == "working":
        yield become("prepared")._replace(messages=state.messages | {me})
        yield become("aborted")
    if "commit" in state.messages:
        yield become("committed")
    if "abort" in state.messages:
        yield become("aborted")


def two_phase_commit(managers: int) -> System[Commit]:
    return System(
        Commit(("working",) * managers),
        (coordinator_step, *bind(manager_step, managers)),
        lambda s: not {"committed", "aborted"} <= set(s.managers),
        lambda s: True,
    )
