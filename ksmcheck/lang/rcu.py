"""RCU: read sections, grace periods, deferred free.

Checked in every model: a read section left open (KSM862 for the unmatched unlock), sleeping inside
one (KSM832), and memory used again while a reader that saw it is still inside (KSM861). Not
modelled: rcu_dereference's address dependency (sequential consistency gives it), SRCU, callbacks
that run out of order, and preemptible readers' priority boosting.
"""

from __future__ import annotations

from ksmcheck.lang.locks import Held
from ksmcheck.lang.markers import never_executed


def rcu_read_lock() -> Held:
    """rcu_read_lock(), also as ``with rcu_read_lock():``. Sections nest."""
    raise never_executed("rcu_read_lock()")


def rcu_read_unlock() -> None:
    """rcu_read_unlock()."""
    raise never_executed("rcu_read_unlock()")


def synchronize_rcu() -> None:
    """synchronize_rcu(): waits until every reader that was inside when it began is out. Sleeps."""
    raise never_executed("synchronize_rcu()")


def free_rcu(obj: object) -> None:
    """kfree_rcu() / call_rcu() with a freeing callback.

    The object is freed after a grace period by the implicit daemon actor ``rcu``; one step to hand
    it over, one step to free it.
    """
    raise never_executed("free_rcu()")


__all__ = ["free_rcu", "rcu_read_lock", "rcu_read_unlock", "synchronize_rcu"]
