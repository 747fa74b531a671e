# expect: KSM831; check: sleep-in-atomic
"""might_sleep() speaks although nothing slept."""

from ksmcheck.lang import *

spin: SpinLock


@actor
def sleeper() -> None:
    with spin_lock(spin):
        might_sleep()


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="violated", property="sleep-in-atomic")],
)
