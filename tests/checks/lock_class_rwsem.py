# expect: KSM841; check: lock-order; depth: 2
"""Two locks of one class: nothing says which comes first."""

from ksmcheck.lang import *


@struct
class Vma:
    lock: RwSem


vma1 = instance(Vma)
vma2 = instance(Vma)


@actor
def both() -> None:
    with down_write(vma1.lock):
        with down_write(vma2.lock):
            pass


scenario(
    question="Does the check speak?",
    kernel="",
    pools={Vma: 2},
    properties=[],
    expected=[Expect(verdict="violated", property="lock-order")],
)
