"""The functions of generated code that have to do with symbols."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter

from ksmcheck.analysis.symbols import Dialogue, Oracle, Symbols
from ksmcheck.backends.python.layout import Layout
from ksmcheck.ir.program import Program
from ksmcheck.ir.types import ConditionType, SymbolType

Once = Callable[[bytes], tuple[bytes | int, ...]]


class SymbolicCalls:
    """What a symbolic step or predicate calls; ``namespace`` are its functions by name."""

    def __init__(
        self, program: Program, layout: Layout, symbols: Symbols, oracle: Oracle | None
    ) -> None:
        self._oracle = oracle
        self._dialogue = Dialogue(oracle)
        self._cells: list[int] = []
        self._condition = slice(0, 0)
        for place, variable in zip(layout.places, program.variables, strict=True):
            if isinstance(variable.type, SymbolType):
                assert place.width == 1
                self._cells += range(place.base, place.base + variable.cells)
            elif isinstance(variable.type, ConditionType):
                self._condition = slice(place.base, place.base + place.width)
        # two cells are read at least, so that itemgetter gives a tuple
        self._read = itemgetter(*self._cells, 0, 0)
        assert len(self._cells) == len(symbols.cells)

    @property
    def namespace(self) -> dict[str, object]:
        """The names that generated code uses."""
        return {
            "ask": self._dialogue.ask,
            "choose": self._dialogue.choose,
            "outcomes": self.outcomes,
            "settled": self.settled,
            "every": self.every,
            "some": self.some,
        }

    def outcomes(self, state: bytes, once: Once) -> tuple[bytes | int, ...]:
        """The outcomes of a step, ``once`` for each way through it."""
        dialogue = self._dialogue
        dialogue.begin(int.from_bytes(state[self._condition], "little"))
        found = once(state)
        while dialogue.advance():
            dialogue.repeat()
            found += once(state)
        return found

    def settled(self, state: bytearray) -> bytes:
        """The state with its condition and its symbols in canonical form."""
        assert self._oracle is not None
        symbols = tuple(self._read(state)[:-2])
        condition, numbers = self._oracle.settle(self._dialogue.condition, symbols)
        if numbers != symbols:
            for position, number in zip(self._cells, numbers, strict=True):
                state[position] = number
        width = self._condition.stop - self._condition.start
        state[self._condition] = condition.to_bytes(width, "little")
        return bytes(state)

    def every(self, state: bytes, test: Callable[[], object]) -> bool:
        """True when ``test`` is true in every way."""
        return not self.some(state, lambda: not test())

    def some(self, state: bytes, test: Callable[[], object]) -> bool:
        """True when ``test`` is true in some way."""
        dialogue = self._dialogue
        dialogue.begin(int.from_bytes(state[self._condition], "little"))
        found = bool(test())
        while not found and dialogue.advance():
            dialogue.repeat()
            found = bool(test())
        return found
