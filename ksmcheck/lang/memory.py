"""Memory: allocation, reference counters, atomic read-modify-writes, plain accesses.

Each of these is one access, hence one step. The first argument of a counter or of an atomic
operation names a *place* (``page.refcount``, ``mm.table[address]``), which the compiler does not
load first. Loads and stores written without any of these words are marked accesses
(READ_ONCE / WRITE_ONCE) and sequentially consistent.
"""

from __future__ import annotations

from typing import TypeVar

from ksmcheck.lang.locks import SpinLock
from ksmcheck.lang.markers import never_executed
from ksmcheck.lang.types import Atomic, Refcount

T = TypeVar("T")


def alloc(kind: type[T], *, may_sleep: bool = False, **fields: object) -> T | None:
    """alloc_page(), kmem_cache_alloc(): takes any free object of the pool, fields set in one step.

    Every free object is tried; in setup the lowest one alone, because there it is only a name
    which of the equal free objects plays which part. None only when the pool is empty, so
    out-of-memory paths are explored by giving a small pool. Fields not named start at their
    defaults. ``may_sleep=True`` (GFP_KERNEL) is refused under a spinlock or inside RCU. Not
    modelled: an allocation that fails while memory is left (write ``choose``), or that reclaims
    by itself.
    """
    raise never_executed("alloc()")


def free(obj: object) -> None:
    """kfree(), __free_page(): back to the pool. Twice is KSM802; later use is KSM801."""
    raise never_executed("free()")


def refcount_inc(count: Refcount) -> None:
    """atomic_inc(), get_page(): for callers that hold a reference already; from zero is KSM813."""
    raise never_executed("refcount_inc()")


def refcount_dec(count: Refcount) -> None:
    """atomic_dec() by a caller that knows that it is not the last; below zero is KSM811."""
    raise never_executed("refcount_dec()")


def refcount_set(count: Refcount, value: int) -> None:
    """atomic_set(), set_page_count(): a plain store to the counter."""
    raise never_executed("refcount_set()")


def inc_not_zero(count: Refcount) -> bool:
    """atomic_inc_not_zero(), get_page_unless_zero(): True when it took a reference."""
    raise never_executed("inc_not_zero()")


def dec_and_test(count: Refcount) -> bool:
    """atomic_dec_and_test(), put_page_testzero(): True for the caller that reached zero."""
    raise never_executed("dec_and_test()")


def dec_and_lock(count: Refcount, lock: SpinLock) -> bool:
    """atomic_dec_and_lock(): reaches zero only with the lock taken; True then, lock held."""
    raise never_executed("dec_and_lock()")


def freeze(count: Refcount, expected: int) -> bool:
    """page_freeze_refs(): from exactly ``expected`` to zero in one step, else False."""
    raise never_executed("freeze()")


def unfreeze(count: Refcount, value: int) -> None:
    """page_unfreeze_refs(): from zero back to ``value``."""
    raise never_executed("unfreeze()")


def atomic_set(count: Atomic, value: int) -> None:
    """atomic_set(): a store to the counter."""
    raise never_executed("atomic_set()")


def atomic_inc(count: Atomic) -> None:
    """atomic_inc(): from zero, too."""
    raise never_executed("atomic_inc()")


def atomic_dec(count: Atomic) -> None:
    """atomic_dec()."""
    raise never_executed("atomic_dec()")


def atomic_inc_and_test(count: Atomic) -> bool:
    """atomic_inc_and_test(): True when the count is zero now, as the first mapping of a page is."""
    raise never_executed("atomic_inc_and_test()")


def atomic_dec_and_test(count: Atomic) -> bool:
    """atomic_dec_and_test(): True for the caller that reached zero."""
    raise never_executed("atomic_dec_and_test()")


def atomic_add_negative(count: Atomic, delta: int) -> bool:
    """atomic_add_negative(): adds, True when the count is below zero now."""
    raise never_executed("atomic_add_negative()")


def atomic_inc_not_zero(count: Atomic) -> bool:
    """atomic_inc_not_zero(): True when it counted."""
    raise never_executed("atomic_inc_not_zero()")


def atomic_dec_and_lock(count: Atomic, lock: SpinLock) -> bool:
    """atomic_dec_and_lock(): reaches zero only with the lock taken; True then, lock held."""
    raise never_executed("atomic_dec_and_lock()")


def xchg(place: T, value: T) -> T:
    """xchg(): stores ``value`` and gives the old value."""
    raise never_executed("xchg()")


def cmpxchg(place: T, old: T, new: T) -> T:
    """cmpxchg(): stores ``new`` if the place holds ``old``; gives what it held."""
    raise never_executed("cmpxchg()")


def fetch_add(place: int, delta: int) -> int:
    """atomic_fetch_add(): gives the value before."""
    raise never_executed("fetch_add()")


def add_return(place: int, delta: int) -> int:
    """atomic_add_return(): gives the value after."""
    raise never_executed("add_return()")


def test_and_set(place: bool) -> bool:
    """test_and_set_bit(): sets the flag, gives its value before."""
    raise never_executed("test_and_set()")


def test_and_clear(place: bool) -> bool:
    """test_and_clear_bit(), TestClearPageDirty(): clears the flag, gives its value before."""
    raise never_executed("test_and_clear()")


def plain(place: T) -> T:
    """A load without READ_ONCE.

    The compiler is assumed free to load again at each use of the local that the value is assigned
    to, up to the next barrier, lock operation or call. Two conflicting plain accesses that are
    enabled in one state are a data race (KSM851). Not modelled: torn halves of one word, and
    invented stores.
    """
    raise never_executed("plain()")


def plain_store(place: T, value: T) -> None:
    """A store without WRITE_ONCE: one step, counted as plain for the data race check."""
    raise never_executed("plain_store()")


def barrier() -> None:
    """barrier(): the compiler may not repeat a plain load across it. No step."""
    raise never_executed("barrier()")


__all__ = [
    "add_return",
    "alloc",
    "atomic_add_negative",
    "atomic_dec",
    "atomic_dec_and_lock",
    "atomic_dec_and_test",
    "atomic_inc",
    "atomic_inc_and_test",
    "atomic_inc_not_zero",
    "atomic_set",
    "barrier",
    "cmpxchg",
    "dec_and_lock",
    "dec_and_test",
    "fetch_add",
    "free",
    "freeze",
    "inc_not_zero",
    "plain",
    "plain_store",
    "refcount_dec",
    "refcount_inc",
    "refcount_set",
    "test_and_clear",
    "test_and_set",
    "unfreeze",
    "xchg",
]
