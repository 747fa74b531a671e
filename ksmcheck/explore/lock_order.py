"""Cycles in the order in which classes of locks are taken, found edge by edge."""

from __future__ import annotations

from ksmcheck.ir.program import LockOrderEdge


class LockOrder:
    """The edges seen so far; ``edges[i]`` explains flag i."""

    def __init__(self, edges: tuple[LockOrderEdge, ...]) -> None:
        self._edges = edges
        self._flags: dict[str, dict[str, int]] = {}
        self._reported: set[frozenset[str]] = set()
        self.seen: set[int] = set()

    def add(self, flag: int) -> tuple[int, ...]:
        """Note an edge. The flags of a shortest cycle that it closes, itself first, or ().

        A cycle through the same classes is given once, however many places in the source have
        its edges.
        """
        if flag in self.seen:
            return ()
        self.seen.add(flag)
        edge = self._edges[flag]
        self._flags.setdefault(edge.before, {}).setdefault(edge.after, flag)
        back = self._path(edge.after, edge.before)
        if back is None:
            return ()
        cycle = (flag, *back)
        classes = frozenset(self._edges[item].before for item in cycle)
        if classes in self._reported:
            return ()
        self._reported.add(classes)
        return cycle

    def _path(self, start: str, goal: str) -> tuple[int, ...] | None:
        """The flags of a shortest path between two classes; () when they are one class."""
        paths: dict[str, tuple[int, ...]] = {start: ()}
        queue = [start]
        for lock in queue:
            if lock == goal:
                return paths[lock]
            for after, flag in self._flags.get(lock, {}).items():
                if after not in paths:
                    paths[after] = (*paths[lock], flag)
                    queue.append(after)
        return None
