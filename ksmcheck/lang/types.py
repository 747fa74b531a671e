"""Types of a model: structs, words, arrays, sets, references, bounded integers, ghosts.

All types are finite. Storing a value outside the range of its place is a fault (KSM804), never a
wrap. ``SomeStruct`` as a type is a reference into that struct's pool that cannot be None;
``SomeStruct | None`` can.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Annotated, Any, Generic, TypeVar, dataclass_transform, overload

from ksmcheck.lang.markers import never_executed

T = TypeVar("T")
ClassT = TypeVar("ClassT", bound=type[Any])


class Range:
    """``Annotated[int, Range(lo, hi)]``: an integer from lo to hi, both included."""

    def __init__(self, lo: int, hi: int) -> None:
        self.lo = lo
        self.hi = hi


class Max:
    """``Annotated[Refcount, Max(n)]``: the largest count; one more is a fault (KSM812, KSM804)."""

    def __init__(self, hi: int) -> None:
        self.hi = hi


class Size:
    """``Annotated[Array[T], Size(n)]``: an array with the indices 0 to n - 1."""

    def __init__(self, length: int) -> None:
        self.length = length


class GhostMarker:
    """Marks a place that only properties may look at; written through ``Ghost[T]``."""


Ghost = Annotated[T, GhostMarker()]
"""State that the property needs and the kernel does not have, e.g. what an mm last wrote.

A ghost store is no access: it belongs to the step of the access before it. A ghost can never
decide a branch, an index or a stored value of real code; the compiler refuses that (KSM2xx).
"""


class Array(Generic[T]):
    """A fixed array of scalars, words or locks; each cell is a place of its own.

    One access reads or writes one cell. An index outside the array is a fault (KSM891). Not
    modelled: reading neighbouring cells in one access.
    """

    def __getitem__(self, index: int) -> T:
        raise never_executed("Array")

    def __setitem__(self, index: int, value: T) -> None:
        raise never_executed("Array")

    def __len__(self) -> int:
        raise never_executed("Array")


class Set(Generic[T]):
    """A set over the pool of a struct: the model's form of a list whose order does not matter.

    ``add``, ``discard``, ``in``, ``len`` and ``==`` are one access each. Not modelled: the order of
    a list_head, and a walk that sees an entry move (write that walk cell by cell over an Array).
    """

    def add(self, member: T) -> None:
        """list_add: put ``member`` in the set; nothing happens if it is there."""
        raise never_executed("Set.add")

    def discard(self, member: T) -> None:
        """list_del: take ``member`` out of the set; nothing happens if it is not there."""
        raise never_executed("Set.discard")

    def __contains__(self, member: object) -> bool:
        raise never_executed("Set")

    def __len__(self) -> int:
        raise never_executed("Set")


class Refcount(int):
    """atomic_t / refcount_t / page->_count: changed only through the counter primitives.

    Reading ``obj.refcount`` is a load. Checked: below zero (KSM811), past its maximum (KSM812),
    increment from zero (KSM813). Give the maximum with ``Annotated[Refcount, Max(n)]``.
    """


class Atomic(int):
    """atomic_t, where counting from zero is no fault: page->_mapcount, mm_users of a new mm.

    Changed only through the ``atomic_`` primitives, ``xchg``, ``cmpxchg``, ``fetch_add`` and
    ``add_return``; reading ``obj.count`` is atomic_read(), a load. ``Annotated[Atomic, Max(n)]``
    counts from 0 to n, ``Annotated[Atomic, Range(-1, n)]`` from -1; outside is KSM804. For a count
    of references, which must never come back from zero, there is ``Refcount``.
    """


@dataclass_transform(eq_default=True, frozen_default=True)
class Word:
    """A tagged union that is loaded and stored in ONE access, like a pte or page->mapping.

    A direct subclass is the word; its subclasses are the variants, in file order. The first
    variant with its fields at their lowest is the initial value. ``match`` takes a word apart;
    ``word.field`` is a fault (KSM805) when the word is of a variant without that field.
    """

    def __init_subclass__(cls) -> None:
        raise never_executed(f"class {cls.__name__}")


@overload
def struct(declared: ClassT, /) -> ClassT: ...
@overload
def struct(
    *, permanent: bool = False, typesafe_by_rcu: bool = False
) -> Callable[[ClassT], ClassT]: ...
@dataclass_transform(kw_only_default=True)
def struct(
    declared: ClassT | None = None,
    /,
    *,
    permanent: bool = False,
    typesafe_by_rcu: bool = False,
) -> ClassT | Callable[[ClassT], ClassT]:
    """A kernel object with a pool of instances.

    Plain: a slab object; touching it after ``free`` is a use after free (KSM801). ``permanent``:
    like struct page in the memmap, always readable, free or not. ``typesafe_by_rcu``: a slab with
    SLAB_TYPESAFE_BY_RCU, so reads of a freed object are allowed inside an RCU section.
    """
    raise never_executed("@struct")


def instance(kind: type[T]) -> T:
    """A static object of a pool, e.g. ``mm1 = instance(Mm)``: always live, printed by its name."""
    raise never_executed("instance()")


__all__ = [
    "Array",
    "Atomic",
    "Enum",
    "Ghost",
    "Max",
    "Range",
    "Refcount",
    "Set",
    "Size",
    "Word",
    "instance",
    "struct",
]
