"""Where each variable is in a packed state, and packing and unpacking.

A cell takes one byte when its type has at most 256 values, otherwise the next power of two that
suffices, little-endian. What is stored is the value minus ``bias``; the bias is 0 whenever the
values themselves fit, because then generated code need not subtract.
"""

from __future__ import annotations

from attrs import frozen

from ksmcheck.diagnostics import InternalError
from ksmcheck.ir.program import Program, Variable
from ksmcheck.ir.types import BoolType


@frozen
class Place:
    """Where one variable is.

    ``base`` is its first byte, ``width`` the bytes of one cell, ``strides`` the bytes from one
    index to the next in each dimension. ``boolean`` says that every value is 0 or 1.
    """

    base: int
    width: int
    bias: int
    strides: tuple[int, ...]
    boolean: bool


@frozen
class Layout:
    """``places[v]`` belongs to variable v; a state takes ``size`` bytes."""

    places: tuple[Place, ...]
    cells: tuple[int, ...]
    size: int

    def pack(self, state: tuple[int, ...]) -> bytes:
        """The packed form of a flat state. InternalError when a value does not fit its cell."""
        result, position = bytearray(), 0
        try:
            for place, count in zip(self.places, self.cells, strict=True):
                for value in state[position : position + count]:
                    result += (value - place.bias).to_bytes(place.width, "little")
                position += count
        except OverflowError as error:
            raise InternalError(f"a value does not fit into its cell: {error}") from error
        return bytes(result)

    def unpack(self, packed: bytes) -> tuple[int, ...]:
        """The flat state that ``packed`` stands for."""
        result: list[int] = []
        for place, count in zip(self.places, self.cells, strict=True):
            end = place.base + count * place.width
            for byte in range(place.base, end, place.width):
                stored = int.from_bytes(packed[byte : byte + place.width], "little")
                result.append(stored + place.bias)
        return tuple(result)


def lay_out(program: Program) -> Layout:
    """The variables one after the other, in program order."""
    places: list[Place] = []
    size = 0
    for variable in program.variables:
        place = _place(variable, size)
        places.append(place)
        size += variable.cells * place.width
    return Layout(tuple(places), tuple(item.cells for item in program.variables), size)


def _place(variable: Variable, base: int) -> Place:
    lo, hi = variable.type.lo, variable.type.hi
    bias = 0 if lo >= 0 and hi <= 255 else lo
    width = 1
    while hi - bias >= 1 << 8 * width:
        width *= 2
    strides: list[int] = []
    stride = width
    for size in reversed(variable.dims):
        strides.insert(0, stride)
        stride *= size
    return Place(base, width, bias, tuple(strides), isinstance(variable.type, BoolType))
