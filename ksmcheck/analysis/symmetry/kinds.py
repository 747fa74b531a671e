"""What is known of a number: which type of the model's it has, and of what sum it is.

The IR has integers only. Whether a number is a reference, a word or a set shows in the variables
it comes from and goes to, and in the shapes that the compiler gives to their arithmetic: an index
is a reference minus one, a field of a word a quotient, a word a sum of fields.
"""

from __future__ import annotations

from attrs import frozen

from ksmcheck.analysis.symmetry.terms import Term
from ksmcheck.ir.types import LockType, RefType, SetType, ValueType, WordType

ACTORS = "(actors)"


class Asymmetric(Exception):  # noqa: N818, a finding, not an error
    """Something distinguishes objects of ``structs``; ACTORS stands for the actors."""

    def __init__(self, structs: frozenset[str], reason: str) -> None:
        super().__init__(reason)
        self.structs = structs
        self.reason = reason


@frozen
class Digit:
    """The type of a word's field as it comes out of the word: counted from its lowest value."""

    field: ValueType


@frozen
class Quotient:
    """The type of a word's upper fields, as a number: (word - base) // stride."""

    word: WordType
    base: int
    stride: int


@frozen
class Choice:
    """The type of an atom that is one of two sums, not yet known of which type."""

    condition: Term
    then: Sum
    orelse: Sum


Kind = RefType | WordType | SetType | LockType | Digit | Quotient | Choice | None


@frozen
class Atom:
    """A value that no arithmetic made. ``kind`` None: a number that names nothing.

    ``lo`` and ``hi`` are the least and the largest that it is counted as, None when not known: a
    reference that is counted is not None.
    """

    kind: Kind
    term: Term
    lo: int | None = None
    hi: int | None = None


@frozen
class Sum:
    """``constant`` plus coefficient times atom for each of ``parts``."""

    constant: int
    parts: tuple[tuple[int, Atom], ...] = ()

    def plus(self, constant: int) -> Sum:
        """The sum with a constant added."""
        return Sum(self.constant + constant, self.parts)

    @property
    def bounds(self) -> tuple[int, int] | None:
        """The least and the largest value, as far as the bounds of the atoms are known."""
        least = most = self.constant
        for coefficient, atom in self.parts:
            if atom.lo is None or atom.hi is None:
                return None
            ends = (coefficient * atom.lo, coefficient * atom.hi)
            least, most = least + min(ends), most + max(ends)
        return least, most

    def divided(self, divisor: int) -> tuple[Sum, Sum] | None:
        """Quotient and remainder, when the atoms belong to the one or to the other."""
        whole = tuple((c // divisor, atom) for c, atom in self.parts if c % divisor == 0)
        rest = tuple((c, atom) for c, atom in self.parts if c % divisor)
        bounds = Sum(0, rest).bounds
        if divisor <= 0 or bounds is None:
            return None
        # The least constant that leaves the rest at 0 or more; it must also stay below the divisor.
        constant = -bounds[0] + (self.constant + bounds[0]) % divisor
        if bounds[1] + constant >= divisor:
            return None
        return Sum((self.constant - constant) // divisor, whole), Sum(constant, rest)

    @property
    def single(self) -> Atom | None:
        """The atom that, plus the constant, is all of the sum."""
        if len(self.parts) == 1 and self.parts[0][0] == 1:
            return self.parts[0][1]
        return None
