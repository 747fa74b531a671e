"""The names of ksmcheck.lang that the front end gives a meaning to, by the part they play."""

from __future__ import annotations

from enum import Enum

from ksmcheck.ir.symbols import DomainKind
from ksmcheck.ir.types import LockKind


class Prim(Enum):
    """A primitive: a call in a routine that is one access (or none) with a fixed meaning."""

    SPIN_LOCK = "spin_lock"
    SPIN_LOCK_NESTED = "spin_lock_nested"
    SPIN_TRYLOCK = "spin_trylock"
    SPIN_UNLOCK = "spin_unlock"
    MUTEX_LOCK = "mutex_lock"
    MUTEX_LOCK_NESTED = "mutex_lock_nested"
    MUTEX_TRYLOCK = "mutex_trylock"
    MUTEX_UNLOCK = "mutex_unlock"
    BIT_LOCK = "bit_lock"
    BIT_TRYLOCK = "bit_trylock"
    BIT_UNLOCK = "bit_unlock"
    DOWN_READ = "down_read"
    DOWN_READ_TRYLOCK = "down_read_trylock"
    UP_READ = "up_read"
    DOWN_WRITE = "down_write"
    DOWN_WRITE_NESTED = "down_write_nested"
    DOWN_WRITE_TRYLOCK = "down_write_trylock"
    UP_WRITE = "up_write"
    DOWNGRADE_WRITE = "downgrade_write"
    REFCOUNT_INC = "refcount_inc"
    REFCOUNT_DEC = "refcount_dec"
    INC_NOT_ZERO = "inc_not_zero"
    DEC_AND_TEST = "dec_and_test"
    DEC_AND_LOCK = "dec_and_lock"
    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    REFCOUNT_SET = "refcount_set"
    ATOMIC_SET = "atomic_set"
    ATOMIC_INC = "atomic_inc"
    ATOMIC_DEC = "atomic_dec"
    ATOMIC_INC_AND_TEST = "atomic_inc_and_test"
    ATOMIC_DEC_AND_TEST = "atomic_dec_and_test"
    ATOMIC_ADD_NEGATIVE = "atomic_add_negative"
    ATOMIC_INC_NOT_ZERO = "atomic_inc_not_zero"
    ATOMIC_DEC_AND_LOCK = "atomic_dec_and_lock"
    XCHG = "xchg"
    CMPXCHG = "cmpxchg"
    FETCH_ADD = "fetch_add"
    ADD_RETURN = "add_return"
    TEST_AND_SET = "test_and_set"
    TEST_AND_CLEAR = "test_and_clear"
    SET_ADD = "add"
    SET_DISCARD = "discard"
    ALLOC = "alloc"
    FREE = "free"
    FREE_RCU = "free_rcu"
    RCU_READ_LOCK = "rcu_read_lock"
    RCU_READ_UNLOCK = "rcu_read_unlock"
    SYNCHRONIZE_RCU = "synchronize_rcu"
    WAIT_UNTIL = "wait_until"
    ASSUME = "assume"
    MIGHT_SLEEP = "might_sleep"
    BARRIER = "barrier"
    PLAIN_STORE = "plain_store"


class LockMode(Enum):
    """How a lock primitive takes or gives back a lock."""

    EXCLUSIVE = "exclusive"
    SHARED = "shared"


LOCK_TYPES = {
    "SpinLock": LockKind.SPIN,
    "Mutex": LockKind.MUTEX,
    "RwSem": LockKind.RWSEM,
    "BitLock": LockKind.BIT,
}

# primitive -> (kind of lock, mode): the acquiring ones, their trylocks, and the releasing ones
ACQUIRE = {
    Prim.SPIN_LOCK: (LockKind.SPIN, LockMode.EXCLUSIVE),
    Prim.SPIN_LOCK_NESTED: (LockKind.SPIN, LockMode.EXCLUSIVE),
    Prim.MUTEX_LOCK: (LockKind.MUTEX, LockMode.EXCLUSIVE),
    Prim.MUTEX_LOCK_NESTED: (LockKind.MUTEX, LockMode.EXCLUSIVE),
    Prim.BIT_LOCK: (LockKind.BIT, LockMode.EXCLUSIVE),
    Prim.DOWN_READ: (LockKind.RWSEM, LockMode.SHARED),
    Prim.DOWN_WRITE: (LockKind.RWSEM, LockMode.EXCLUSIVE),
    Prim.DOWN_WRITE_NESTED: (LockKind.RWSEM, LockMode.EXCLUSIVE),
}
TRYLOCK = {
    Prim.SPIN_TRYLOCK: (LockKind.SPIN, LockMode.EXCLUSIVE),
    Prim.MUTEX_TRYLOCK: (LockKind.MUTEX, LockMode.EXCLUSIVE),
    Prim.BIT_TRYLOCK: (LockKind.BIT, LockMode.EXCLUSIVE),
    Prim.DOWN_READ_TRYLOCK: (LockKind.RWSEM, LockMode.SHARED),
    Prim.DOWN_WRITE_TRYLOCK: (LockKind.RWSEM, LockMode.EXCLUSIVE),
}
RELEASE = {
    Prim.SPIN_UNLOCK: (LockKind.SPIN, LockMode.EXCLUSIVE),
    Prim.MUTEX_UNLOCK: (LockKind.MUTEX, LockMode.EXCLUSIVE),
    Prim.BIT_UNLOCK: (LockKind.BIT, LockMode.EXCLUSIVE),
    Prim.UP_READ: (LockKind.RWSEM, LockMode.SHARED),
    Prim.UP_WRITE: (LockKind.RWSEM, LockMode.EXCLUSIVE),
}
RELEASED_BY = {
    Prim.SPIN_LOCK: Prim.SPIN_UNLOCK,
    Prim.SPIN_LOCK_NESTED: Prim.SPIN_UNLOCK,
    Prim.MUTEX_LOCK: Prim.MUTEX_UNLOCK,
    Prim.MUTEX_LOCK_NESTED: Prim.MUTEX_UNLOCK,
    Prim.BIT_LOCK: Prim.BIT_UNLOCK,
    Prim.DOWN_READ: Prim.UP_READ,
    Prim.DOWN_WRITE: Prim.UP_WRITE,
    Prim.DOWN_WRITE_NESTED: Prim.UP_WRITE,
    Prim.RCU_READ_LOCK: Prim.RCU_READ_UNLOCK,
}
NESTED = frozenset({Prim.SPIN_LOCK_NESTED, Prim.MUTEX_LOCK_NESTED, Prim.DOWN_WRITE_NESTED})

DOMAINS = {
    "Symbol": DomainKind.EQUALITY,
    "OrderedSymbol": DomainKind.ORDER,
    "SymbolicInt": DomainKind.INTEGER,
    "SymbolicBool": DomainKind.BOOLEAN,
}
SYMBOL_CALLS = frozenset({"fresh", "constant", "memcmp", "symbolic"})

TYPE_NAMES = frozenset(
    {
        "Annotated",
        "Final",
        "Range",
        "Max",
        "Size",
        "Ghost",
        "Array",
        "Set",
        "Refcount",
        "Atomic",
        "Word",
    }
    | set(DOMAINS)
    | set(LOCK_TYPES)
)
DECORATORS = frozenset(
    {
        "struct",
        "routine",
        "actor",
        "setup",
        "invariant",
        "step_property",
        "end_property",
        "witness",
        "predicate",
        "uninterpreted",
    }
)
EXPRESSION_CALLS = frozenset(
    {
        "choose",
        "isinstance",
        "len",
        "is_live",
        "locked",
        "held",
        "old",
        "plain",
        "pool",
        "patched",
        "configured",
        "all",
        "any",
        "sum",
        "range",
        "atomic",
    }
    | SYMBOL_CALLS
)
DECLARATION_CALLS = frozenset(
    {"parameter", "instance", "scenario", "Expect", "Patch", "ConfigOption"}
)
CALLABLE_NAMES = EXPRESSION_CALLS | {
    prim.value for prim in Prim if prim not in (Prim.SET_ADD, Prim.SET_DISCARD)
}
PYTHON_NAMES = frozenset({"bool", "int", "range", "len", "isinstance", "all", "any", "sum", "None"})

NAMES = (
    TYPE_NAMES
    | DECORATORS
    | EXPRESSION_CALLS
    | DECLARATION_CALLS
    | {prim.value for prim in Prim if prim not in (Prim.SET_ADD, Prim.SET_DISCARD)}
    | {"Enum"}
)
