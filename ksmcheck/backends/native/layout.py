"""Where each variable is in a packed state: bit fields that straddle no 64-bit word.

A cell takes the bits that its range needs, and holds the value minus the lowest one. An array lies
in one word when it fits (its cells one after the other, so that an index becomes a shift), else in
as many words as it needs, each word filled from the bottom. Locals that are never needed at the
same time share a field: NOTE(shared-bits) in constants.py.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from attrs import define, field, frozen

from ksmcheck.analysis.local_states import LocalStates
from ksmcheck.analysis.symbols import Symbols, symbols_of
from ksmcheck.analysis.symmetry.canonical import Canonical
from ksmcheck.backends.native.cells import block_writes
from ksmcheck.backends.native.constants import Private, private_locals
from ksmcheck.backends.native.patterns import Patterns, patterns_of
from ksmcheck.ir.program import Program
from ksmcheck.ir.types import ConditionType

WORD = 64


@frozen
class Field:
    """``bits`` bits from bit ``shift`` of word ``word`` on."""

    word: int
    shift: int
    bits: int

    @property
    def mask(self) -> int:
        """The field's bits, shifted to the bottom."""
        return (1 << self.bits) - 1


@frozen
class Place:
    """Where a variable is: ``cells_each`` cells in each field of ``fields``, from the bottom.

    ``lo`` is what a stored 0 means. A variable without fields always has the value ``lo``.
    """

    lo: int
    width: int
    cells_each: int
    fields: tuple[Field, ...]

    def cell(self, number: int) -> Field:
        """The field of one cell."""
        home = self.fields[number // self.cells_each]
        return Field(home.word, home.shift + number % self.cells_each * self.width, self.width)


@frozen
class Layout:
    """``places[v]`` belongs to variable v; ``size`` is the bytes of a stored state.

    ``local_states``: the code that is generated takes only what stubborn sets leave, with tables
    for these.
    ``canonical`` says which state is stored for a state, when that is not the state itself.
    """

    program: Program
    places: tuple[Place, ...]
    private: tuple[Private, ...]
    patterns: Patterns
    words: int
    size: int
    offsets: tuple[int, ...]
    symbols: Symbols
    local_states: LocalStates | None = None
    canonical: Canonical | None = None

    @property
    def symbolic(self) -> bool:
        """Are there symbols of which something is known?"""
        return self.symbols.condition >= 0

    def unpack(self, words: Sequence[int]) -> tuple[int, ...]:
        """The flat state that ``words`` stands for."""
        flat: list[int] = []
        for variable, place in zip(self.program.variables, self.places, strict=True):
            if not place.fields:
                flat += [place.lo] * variable.cells
                continue
            for number in range(variable.cells):
                part = place.cell(number)
                flat.append((words[part.word] >> part.shift & part.mask) + place.lo)
        for actor, private in zip(self.program.actors, self.private, strict=True):
            known = private.known[flat[self.offsets[actor.location]]] or {}
            for variable_number, value in known.items():
                flat[self.offsets[variable_number]] = value
        return tuple(flat)

    def lowest(self, cell: int) -> int:
        """What a stored 0 means in a cell of the flat state."""
        return self.places[self._variable(cell)].lo

    def _variable(self, cell: int) -> int:
        variable = bisect_right(self.offsets, cell) - 1
        while not self.program.variables[variable].cells:
            variable -= 1
        return variable

    def home(self, cell: int) -> Field | None:
        """Where a cell of the flat state is; None when nothing is ever stored in it."""
        variable = self._variable(cell)
        place = self.places[variable]
        return place.cell(cell - self.offsets[variable]) if place.fields else None

    def pack(self, state: Sequence[int]) -> tuple[int, ...]:
        """The words of a flat state."""
        words = [0] * self.words
        for number, place in enumerate(self.places):
            if place.fields and not self._hidden(number, state):
                for cell in range(self.program.variables[number].cells):
                    part = place.cell(cell)
                    value = state[self.offsets[number] + cell] - place.lo
                    words[part.word] |= value << part.shift
        return tuple(words)

    def _hidden(self, variable: int, state: Sequence[int]) -> bool:
        for actor, private in zip(self.program.actors, self.private, strict=True):
            if variable in private.variables:
                location = state[self.offsets[actor.location]]
                return variable not in private.unknown(location)
        return False


@define
class _Item:
    """Fields to be placed in one word: (variable, bits) laid one after the other.

    ``parts`` are the variables of each field: several when they share it.
    """

    parts: list[tuple[list[int], int]]

    @property
    def bits(self) -> int:
        return sum(bits for _, bits in self.parts)


@define
class _Bins:
    """Words that are being filled; first fit, biggest first."""

    used: list[int] = field(factory=list)
    fields: dict[int, list[Field]] = field(factory=dict)

    def place(self, items: Iterable[_Item]) -> None:
        for item in sorted(items, key=lambda item: -item.bits):
            word = next((w for w, used in enumerate(self.used) if used + item.bits <= WORD), None)
            if word is None:
                word = len(self.used)
                self.used.append(0)
            for variables, bits in item.parts:
                for variable in variables:
                    self.fields.setdefault(variable, []).append(Field(word, self.used[word], bits))
                self.used[word] += bits

    def emptiest_last(self) -> None:
        """Exchange words so that the last one has the fewest bits: it may be stored in half."""
        if not self.used:
            return
        least, last = min(range(len(self.used)), key=lambda w: self.used[w]), len(self.used) - 1
        swap = {least: last, last: least}
        self.used[least], self.used[last] = self.used[last], self.used[least]
        self.fields = {
            variable: [Field(swap.get(f.word, f.word), f.shift, f.bits) for f in fields]
            for variable, fields in self.fields.items()
        }

    @property
    def size(self) -> int:
        """Bytes of a stored state, in units of four."""
        if not self.used:
            return 4
        return 8 * (len(self.used) - 1) + (4 if self.used[-1] <= WORD // 2 else 8)


def lay_out(program: Program, canonical: Canonical | None = None) -> Layout:
    """A layout of few bytes, with what belongs to one actor together if that costs nothing."""
    patterns = patterns_of(program)
    private = private_locals(program, patterns)
    groups = _actor_groups(program, private)
    elsewhere = {actor.location for actor in program.actors}.union(*(p.variables for p in private))
    assigned = _assigned(program, patterns) - elsewhere
    rest = [
        _Item([([number], bits)])
        for number in sorted(assigned)
        for bits in _array_fields(program, number)
    ]
    best: _Bins | None = None
    for choice in (groups, [_Item([part]) for item in groups for part in item.parts]):
        if any(item.bits > WORD for item in choice):
            continue
        bins = _Bins()
        bins.place([*choice, *rest])
        bins.emptiest_last()
        if best is None or bins.size < best.size:
            best = bins
    assert best is not None
    places = tuple(
        _place(program, number, best.fields.get(number, []))
        for number in range(len(program.variables))
    )
    words = max(1, len(best.used))
    offsets, symbols = program.offsets(), symbols_of(program)
    return Layout(
        program, places, private, patterns, words, best.size, offsets, symbols, canonical=canonical
    )


def _width(program: Program, variable: int) -> int:
    kind = program.variables[variable].type
    return (kind.hi - kind.lo).bit_length()


def _array_fields(program: Program, variable: int) -> list[int]:
    """The sizes of the fields of a variable: one, or several when an array fills several words."""
    width, cells = _width(program, variable), program.variables[variable].cells
    if not width or not cells:
        return []
    each = min(cells, WORD // width)
    whole, rest = divmod(cells, each)
    return [each * width] * whole + ([rest * width] if rest else [])


def _assigned(program: Program, patterns: Patterns) -> frozenset[int]:
    """The variables that anything stores to; the others need no bits."""
    conditions = {
        number
        for number, variable in enumerate(program.variables)
        if isinstance(variable.type, ConditionType)
    }
    shapes = {pattern.shape for steps in patterns for pattern in steps}
    return block_writes(program.setup).union(conditions, *(shape.writes for shape in shapes))


def _place(program: Program, variable: int, fields: list[Field]) -> Place:
    declared = program.variables[variable]
    width = _width(program, variable)
    if not fields:
        return Place(declared.initial, width, 1, ())
    each = 1 if not declared.dims else min(declared.cells, WORD // width)
    return Place(declared.type.lo, width, each, tuple(fields))


def _actor_groups(program: Program, private: Sequence[Private]) -> list[_Item]:
    """For each actor its location and its private locals, sharing bits where they can."""
    groups: list[_Item] = []
    for actor, own in zip(program.actors, private, strict=True):
        parts = [([actor.location], _width(program, actor.location))]
        parts += _shared_fields(program, own)
        groups.append(_Item([part for part in parts if part[1]]))
    return [item for item in groups if item.parts]


def _shared_fields(program: Program, own: Private) -> list[tuple[list[int], int]]:
    """Colour the graph of locals that are unknown at the same location, widest first."""
    together: dict[int, set[int]] = {}
    for location in range(len(own.known)):
        unknown = own.unknown(location)
        for variable in unknown:
            together.setdefault(variable, set()).update(unknown - {variable})
    colours: list[tuple[list[int], int]] = []
    for variable in sorted(together, key=lambda v: (-_width(program, v), v)):
        home = next((c for c, _ in colours if not together[variable] & set(c)), None)
        if home is None:
            colours.append(([variable], _width(program, variable)))
        else:
            home.append(variable)
    return colours
