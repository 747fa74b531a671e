"""Locks: spinlock, mutex, rw_semaphore, page bit lock.

Taking a lock is one step that is not enabled until the lock is free; a trylock is one step with
two outcomes; releasing is one step. Every lock call that takes may be used as a statement or as
``with spin_lock(l):``, which releases on every way out of the block, ``return`` included.

Checked in every model: releasing what one does not hold (KSM821), taking twice (KSM822), finishing
while holding (KSM823), sleeping under a spinlock (KSM831) or inside RCU (KSM832), a cycle in the
order of locks (KSM841), deadlock (KSM842). Not modelled: fairness, priority, interrupts (the _irq
and _bh forms are the plain ones), and reordering of accesses around the lock (the memory model is
sequential consistency).
"""

from __future__ import annotations

from types import TracebackType

from ksmcheck.lang.markers import never_executed


class SpinLock:
    """spinlock_t. Holding one forbids sleeping."""


class Mutex:
    """struct mutex. Taking it may sleep; only the taker may release it."""


class RwSem:
    """struct rw_semaphore: many readers or one writer. Taking it may sleep."""


class BitLock:
    """PG_locked and its kind: a lock in a flag bit. Taking it may sleep."""


class Held:
    """What a taking lock call gives to ``with``."""

    def __enter__(self) -> None:
        raise never_executed("with")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        raise never_executed("with")


def spin_lock(lock: SpinLock) -> Held:
    """spin_lock(): one step, enabled when the lock is free."""
    raise never_executed("spin_lock()")


def spin_lock_nested(lock: SpinLock, subclass: int) -> Held:
    """spin_lock_nested(): taken while another lock of the same class is held, in a fixed order.

    The lock-order check counts ``subclass`` (a constant) as a class of its own.
    """
    raise never_executed("spin_lock_nested()")


def spin_trylock(lock: SpinLock) -> bool:
    """spin_trylock(): one step; True when this call took the lock."""
    raise never_executed("spin_trylock()")


def spin_unlock(lock: SpinLock) -> None:
    """spin_unlock(): one step."""
    raise never_executed("spin_unlock()")


def mutex_lock(lock: Mutex) -> Held:
    """mutex_lock(): one step, enabled when the mutex is free; may sleep."""
    raise never_executed("mutex_lock()")


def mutex_lock_nested(lock: Mutex, subclass: int) -> Held:
    """mutex_lock_nested(): as spin_lock_nested, for a mutex."""
    raise never_executed("mutex_lock_nested()")


def mutex_trylock(lock: Mutex) -> bool:
    """mutex_trylock(): one step; True when this call took the mutex; does not sleep."""
    raise never_executed("mutex_trylock()")


def mutex_unlock(lock: Mutex) -> None:
    """mutex_unlock(): one step; only by the actor that took it."""
    raise never_executed("mutex_unlock()")


def down_read(lock: RwSem) -> Held:
    """down_read(): one step, enabled while nobody holds it for writing; may sleep.

    A waiting writer does not hold readers off, as the kernel's fair semaphore does: a deadlock
    that needs that queueing is not seen. No step at all when no actor of the model ever takes the
    semaphore for writing.
    """
    raise never_executed("down_read()")


def down_read_trylock(lock: RwSem) -> bool:
    """down_read_trylock(): one step; True when taken."""
    raise never_executed("down_read_trylock()")


def up_read(lock: RwSem) -> None:
    """up_read(): one step."""
    raise never_executed("up_read()")


def down_write(lock: RwSem) -> Held:
    """down_write(): one step, enabled when nobody holds it; may sleep."""
    raise never_executed("down_write()")


def down_write_nested(lock: RwSem, subclass: int) -> Held:
    """down_write_nested(): two semaphores of one class, e.g. both mmap_sems of a fork."""
    raise never_executed("down_write_nested()")


def down_write_trylock(lock: RwSem) -> bool:
    """down_write_trylock(): one step; True when taken."""
    raise never_executed("down_write_trylock()")


def up_write(lock: RwSem) -> None:
    """up_write(): one step."""
    raise never_executed("up_write()")


def downgrade_write(lock: RwSem) -> None:
    """downgrade_write(): one step from writer to reader, never free in between."""
    raise never_executed("downgrade_write()")


def bit_lock(lock: BitLock) -> Held:
    """lock_page(), bit_spin_lock() on a sleeping bit: one step, enabled when the bit is clear."""
    raise never_executed("bit_lock()")


def bit_trylock(lock: BitLock) -> bool:
    """trylock_page(): one step; True when this call set the bit."""
    raise never_executed("bit_trylock()")


def bit_unlock(lock: BitLock) -> None:
    """unlock_page(): one step. Refused (KSM821) unless this actor took the bit.

    The kernel lets somebody else release a page lock (the end of a read does); a model that needs
    that waits inside the routine that took it instead.
    """
    raise never_executed("bit_unlock()")


def held(lock: SpinLock | Mutex | RwSem | BitLock) -> bool:
    """lockdep_assert_held(), VM_BUG_ON(!PageLocked(page)): whether this actor holds the lock.

    For ``assert`` and ghosts in routines; it is no access and no step. True in setup, which has
    the world to itself.
    """
    raise never_executed("held()")


__all__ = [
    "BitLock",
    "Mutex",
    "RwSem",
    "SpinLock",
    "bit_lock",
    "bit_trylock",
    "bit_unlock",
    "down_read",
    "down_read_trylock",
    "down_write",
    "down_write_nested",
    "down_write_trylock",
    "downgrade_write",
    "held",
    "mutex_lock",
    "mutex_lock_nested",
    "mutex_trylock",
    "mutex_unlock",
    "spin_lock",
    "spin_lock_nested",
    "spin_trylock",
    "spin_unlock",
    "up_read",
    "up_write",
]
