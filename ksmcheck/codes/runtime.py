"""Codes 8xx: what the built-in checks find while exploring."""

from __future__ import annotations

from ksmcheck.codes.record import Code

RUNTIME = (
    Code(
        "KSM801",
        "use after free",
        "An actor touches an object of a slab struct that is not allocated: the kernel's "
        "KASAN. Reads of `typesafe_by_rcu` objects inside RCU, and any access to `permanent` "
        "structs, are allowed.",
        "node = head\nvalue = node.key  (freed in between)",
        "take a reference, or RCU, before looking",
    ),
    Code(
        "KSM802",
        "double free",
        "An object is freed that is free already, or was handed to free_rcu before.",
        "free(page)\nfree(page)",
        "if dec_and_test(page.refcount):\n    free(page)",
    ),
    Code(
        "KSM803",
        "null dereference",
        "A field of None is accessed, or None is stored where a reference cannot be None, or "
        "looked up in a Set.",
        "page = slot.page\nx = page.mapcount",
        "page = slot.page\nif page is not None:\n    x = page.mapcount",
    ),
    Code(
        "KSM804",
        "a store outside the range",
        "The value does not fit the place that it is stored in. Values never wrap: either the "
        "model's range is too small, or the kernel's counter really leaves it.",
        "mapcount += 1  (at its maximum)",
        "widen the range, or find who counts twice",
    ),
    Code(
        "KSM805",
        "a field of a word of another shape",
        "The word is of a variant without this field, e.g. `pte.page` of a swap entry.",
        "page = pte.page",
        "match pte:\n    case Present(page, _): ...",
    ),
    Code(
        "KSM811",
        "a count falls below zero",
        "A reference was dropped that nobody held: underflow, in refcount_t's words.",
        "refcount_dec(r)  (at 0)",
        "drop only what was taken",
    ),
    Code(
        "KSM812",
        "a count passes its maximum",
        "More references exist than the model's Max allows: a leak of references, or too "
        "small a maximum.",
        "refcount_inc(r)  (at Max)",
        "raise Max(n), or find who never drops",
    ),
    Code(
        "KSM813",
        "an increment from zero",
        "A count of zero means that the object is being freed. Who does not hold a reference "
        "asks with inc_not_zero.",
        "refcount_inc(page.refcount)",
        "if inc_not_zero(page.refcount): ...",
    ),
    Code(
        "KSM814",
        "unfreeze of a count that is not frozen",
        "unfreeze() gives back what freeze() took; the count must still be zero.",
        "unfreeze(r, 2)",
        "if freeze(r, 2):\n    unfreeze(r, 2)",
    ),
    Code(
        "KSM821",
        "a lock is released that is not held",
        "This actor does not hold the lock, or holds it in another mode. The kernel's lockdep "
        'says "bad unlock balance".',
        "spin_unlock(lock)",
        "with spin_lock(lock): ...",
    ),
    Code(
        "KSM822",
        "a lock is taken twice",
        "The actor holds the lock already, so it would wait for itself; lockdep says "
        '"recursive locking".',
        "spin_lock(l)\nspin_lock(l)",
        "spin_lock(l)",
    ),
    Code(
        "KSM823",
        "an actor is done and still holds a lock",
        "Some way out of the code forgets to release. `with` releases on every way out.",
        "spin_lock(l)\nif error:\n    return",
        "with spin_lock(l):\n    if error:\n        return",
    ),
    Code(
        "KSM824",
        "an object is freed while its lock is held",
        "The lock lives in memory that is given back; who waits for it waits for ever. "
        "The lock of a `typesafe_by_rcu` object may be held by another actor inside RCU.",
        "with spin_lock(node.lock):\n    free(node)",
        "spin_unlock(node.lock)\nfree(node)",
    ),
    Code(
        "KSM831",
        "sleeping while a spinlock is held",
        "Mutexes, semaphores, page locks, synchronize_rcu, might_sleep and "
        "alloc(may_sleep=True) may sleep. Under a spinlock that hangs the processor.",
        "with spin_lock(l):\n    mutex_lock(m)",
        "with mutex_lock(m):\n    spin_lock(l)",
    ),
    Code(
        "KSM832",
        "sleeping inside an RCU section",
        "A reader that sleeps holds up the grace period; classic RCU forbids it.",
        "with rcu_read_lock():\n    synchronize_rcu()",
        "with rcu_read_lock(): ...\nsynchronize_rcu()",
    ),
    Code(
        "KSM841",
        "locks are taken in a circle",
        "Over all explored states some lock class was taken while another was held, and "
        "elsewhere the other way round. That no run has deadlocked yet is luck; lockdep "
        "reports the same.",
        "A: a then b      B: b then a",
        "A: a then b      B: a then b",
    ),
    Code(
        "KSM842",
        "deadlock",
        "Nobody can move and a finite actor is not done: each waits for a lock, a condition "
        "or a grace period that never comes.",
        "A: holds a, waits for b      B: holds b, waits for a",
        "one order of locks for all",
    ),
    Code(
        "KSM851",
        "a data race",
        "Two actors are about to access one place, at least one of them writes, and at least "
        "one access is plain (not marked): KCSAN reports the same. The compiler may tear, "
        "repeat or drop a plain access.",
        "seen = plain(page.flags)  (while another stores)",
        "seen = page.flags, or take the lock",
    ),
    Code(
        "KSM861",
        "RCU-protected memory is used again too early",
        "An object is allocated again while a reader that saw it is still inside its read "
        "section, so the reader looks at somebody else's object.",
        "free(node)",
        "free_rcu(node)",
    ),
    Code(
        "KSM862",
        "rcu_read_unlock() without rcu_read_lock()",
        "The actor is not inside a read-side section, so there is nothing to leave.",
        "rcu_read_unlock()",
        "with rcu_read_lock(): ...",
    ),
    Code(
        "KSM871",
        "a leak",
        "When all finite actors are done, an object is allocated and nothing refers to it: no "
        "field, shared variable or local. kmemleak looks for the same.",
        "page = alloc(Page)\nreturn",
        "page = alloc(Page)\nfree(page)",
    ),
    Code(
        "KSM881",
        "an assertion failed",
        "An `assert` of a routine (BUG_ON, VM_BUG_ON) is false in a reachable state.",
        "assert page.mapcount == 0",
        "the trace says who made it nonzero",
    ),
    Code(
        "KSM891",
        "an array index is out of bounds",
        "The index is not one of the array's cells, as UBSAN would say of the kernel's array.",
        "cells[i]  (i from 0 to 3, 2 cells)",
        "if i < 2:\n    cells[i] = True",
    ),
)
