# expect: KSM841; check: lock-order; depth: 2
"""Two locks of one class: nothing says which comes first."""

from ksmcheck.lang import *


@struct
class Vma:
    lock: SpinLock


vma1 = instance(Vma)
vma2 = instance(Vma)


@actor
def both() -> None:
    with spin_lock(vma1.lock):
        with spin_lock(vma2.lock):
            pass


scenario(
    question="Does the check speak?",
    kernel="",
    pools={Vma: 2},
    properties=[],
    expected=[Expect(verdict="violated", property="lock-order")],
)
