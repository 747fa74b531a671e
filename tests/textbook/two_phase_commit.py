"""Two-phase commit after Gray and Lamport's TwoPhase.tla, each action of it one atomic step.

Question: do all resource managers decide alike? Messages are never taken off the network, so an
action whose effect is already there is a step to the same state, as in TLA+.
"""

from ksmcheck.lang import *

managers = parameter(3, "resource managers", at_least=1, at_most=6)


class Decision(Enum):
    WORKING = 0
    PREPARED = 1
    COMMITTED = 2
    ABORTED = 3


@struct(permanent=True)
class Manager:
    """A resource manager."""

    state: Decision


coordinator: Decision
prepared: Set[Manager]
prepared_messages: Set[Manager]
commit_message: bool
abort_message: bool


@actor(daemon=True)
def transaction_manager() -> None:
    global coordinator, commit_message, abort_message
    while True:
        with atomic("an action of TwoPhase.tla is one step"):
            wait_until(coordinator == Decision.WORKING)
            action = choose(range(3))
            if action == 0:
                wait_until(len(prepared) == managers)
                coordinator = Decision.COMMITTED
                commit_message = True
            elif action == 1:
                coordinator = Decision.ABORTED
                abort_message = True
            else:
                manager = choose(pool(Manager))
                wait_until(manager in prepared_messages)
                prepared.add(manager)


@actor(daemon=True)
def resource_managers() -> None:
    while True:
        with atomic("an action of TwoPhase.tla is one step"):
            manager = choose(pool(Manager))
            action = choose(range(4))
            if action == 0:
                wait_until(manager.state == Decision.WORKING)
                manager.state = Decision.PREPARED
                prepared_messages.add(manager)
            elif action == 1:
                wait_until(manager.state == Decision.WORKING)
                manager.state = Decision.ABORTED
            elif action == 2:
                wait_until(commit_message)
                manager.state = Decision.COMMITTED
            else:
                wait_until(abort_message)
                manager.state = Decision.ABORTED


@invariant(source="Gray and Lamport 2006, Consensus on transaction commit")
def consistent(one: Manager, other: Manager) -> bool:
    """No two resource managers decide differently."""
    return not (one.state == Decision.COMMITTED and other.state == Decision.ABORTED)


@witness(consistent)
def one_has_committed(one: Manager, other: Manager) -> bool:
    return one.state == Decision.COMMITTED


scenario(
    question="Can one resource manager commit while another aborts?",
    kernel="",
    pools={Manager: managers},
    properties=[consistent],
    expected=[Expect(verdict="holds")],
)
