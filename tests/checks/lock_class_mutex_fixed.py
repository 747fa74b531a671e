# expect: holds; check: lock-order
"""Two locks of one class, the order declared by a subclass."""

from ksmcheck.lang import *


@struct
class Vma:
    lock: Mutex


vma1 = instance(Vma)
vma2 = instance(Vma)


@actor
def both() -> None:
    with mutex_lock(vma1.lock):
        with mutex_lock_nested(vma2.lock, 1):
            pass


scenario(
    question="Does the check speak?",
    kernel="",
    pools={Vma: 2},
    properties=[],
    expected=[Expect(verdict="holds")],
)
