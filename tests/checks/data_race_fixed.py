# expect: holds; check: data-race
"""The same accesses under a lock; marked ones need none."""

from ksmcheck.lang import *

lock: SpinLock
shared: bool
marked: bool
result: bool


@actor
def reader() -> None:
    global result
    with spin_lock(lock):
        seen = plain(shared)
    result = seen
    result = marked


@actor
def writer() -> None:
    global marked
    with spin_lock(lock):
        plain_store(shared, True)
    marked = True


scenario(
    question="Does the check speak?",
    kernel="",
    properties=[],
    expected=[Expect(verdict="holds")],
)
