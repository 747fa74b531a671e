/*
 * What a generated model and the search runtime know of each other.
 *
 * A state is KSM_WORDS 64-bit words while it is worked on and KSM_BYTES bytes (a multiple of 4) in
 * the store. Both are given on the compiler's command line and are the same for model and runtime.
 */
#ifndef KSM_RUNTIME_H
#define KSM_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef KSM_WORDS
#define KSM_WORDS 1
#endif
#ifndef KSM_BYTES
#define KSM_BYTES (8 * KSM_WORDS)
#endif

/* The value of ksm_finding.depth that says "not found", and of a parent link "initial state". */
#define KSM_NONE UINT32_MAX

/* Which properties a step may have changed: 0 none, 1 all, others as the model numbers them. */
#define KSM_CHECK_NONE 0
#define KSM_CHECK_ALL 1

/* A successor on its way to the hash table. The model fills in word and check. */
typedef struct {
    uint64_t word[KSM_WORDS];
    uint64_t hash;
    uint32_t parent;
    uint16_t check;
    uint16_t ordinal; /* which of its parent's successors it is */
} ksm_successor;

typedef struct ksm_worker ksm_worker;

/* What the runtime needs to know of the model before it starts. */
typedef struct {
    uint32_t words;
    uint32_t bytes;
    uint32_t fanout;     /* no state has more outcomes than this */
    uint32_t initials;   /* nor the setup more than this */
    uint32_t faults;
    uint32_t properties;
    uint32_t witnesses;
    uint32_t flags;
    uint32_t steps;      /* steps of all actors together, for "fired" */
    uint32_t local_states; /* of all actors together, with stubborn sets */
    uint32_t deadlock;   /* 1 when a deadlock is a violation */
    const uint32_t *before; /* flag f: a lock of class after[f] was taken under before[f] */
    const uint32_t *after;
    uint32_t lock_classes;
    /*
     * Make of a state the one that is stored for it; NULL when every state is stored as it is. It
     * may ask questions about symbols, and then the state counts only when none was missed.
     */
    void (*canonical)(uint64_t *s, ksm_worker *w);
} ksm_model_facts;

typedef struct ksm_stubborn_table ksm_stubborn_table; /* see stubborn.h */

/* ---- given by the model -------------------------------------------------------------------- */

extern const ksm_model_facts ksm_model;

/* Append every successor of state s to out; faults and flags go to the functions below. */
ksm_successor *ksm_expand(const uint64_t *s, ksm_successor *out, ksm_worker *w);
/* Append the initial states. */
ksm_successor *ksm_initial(ksm_successor *out, ksm_worker *w);
/* Look at the properties of class `check` in the new state s. */
void ksm_check(uint32_t check, const uint64_t *s, ksm_worker *w);
/* Is every finite actor done? */
bool ksm_over(const uint64_t *s);

/* ---- called by the model ------------------------------------------------------------------- */

/* This outcome of the state being expanded is fault `fault`. */
void ksm_fault(ksm_worker *w, uint32_t fault);
/* Instance `instance` of property `property` is false in the state being checked. */
void ksm_violation(ksm_worker *w, uint32_t property, uint32_t instance);
/* The same for a step property, over the step to `next`. */
void ksm_step_violation(ksm_worker *w, uint32_t property, uint32_t instance, const uint64_t *next);
/* The flags first + i with bit i in `bits` were observed on the completed step to `next`. */
void ksm_flags(ksm_worker *w, uint32_t first, uint64_t bits, const uint64_t *next);

/* ---- symbols: see automaton.c --------------------------------------------------------------- */

#define KSM_SYMBOLS 16         /* symbols of a domain have four bits */
#define KSM_SCRIPT 256         /* no way through a step makes more choices than this */
#define KSM_SETTLE 0x40000000u /* + a domain: the question that ends a step */
#define KSM_LESS 0x60000000u   /* does a condition say less than another one, as data? */

/* A question, its answers, and the condition that follows from each. */
typedef struct {
    uint32_t condition;
    uint32_t question;
    uint64_t operands; /* symbols, four bits each, the first one lowest */
    uint64_t numbers;  /* of KSM_SETTLE: the symbols' new numbers, in the same way */
    uint32_t count;    /* of answers */
    int32_t answer[3];
    uint32_t next[3];
} ksm_answers;

/* Fills in the answers; not 0 when there are none to be had. */
typedef int (*ksm_oracle)(ksm_answers *asked);

/* One way after the other through a step. */
typedef struct {
    uint32_t condition;
    uint32_t start;
    uint32_t taken;
    uint32_t length;
    bool lost; /* this way has met a question without an answer; it only has to end */
    uint8_t script[KSM_SCRIPT];
    uint8_t last[KSM_SCRIPT];
} ksm_dialogue;

typedef struct {
    uint16_t word;
    uint16_t shift;
} ksm_cell;

/* The answer to a question on this way. Without one the way is lost, and the worker has missed. */
int64_t ksm_ask(ksm_worker *w, uint32_t question, uint64_t operands);
/* Which of so many arms this way takes. */
uint32_t ksm_choose(ksm_worker *w, uint32_t ways);
/* Bring the symbols of a domain, which are in `cells`, into canonical form. */
void ksm_settle(ksm_worker *w, uint64_t *word, const ksm_cell *cells, uint32_t count,
                uint32_t domain);
/* Is the first of two conditions the smaller one? Their numbers do not tell: they are chance. */
bool ksm_less(ksm_worker *w, uint32_t one, uint32_t other);

#define KSM_MOST_ACTORS 32 /* that stubborn sets are for: sets of actors are bits */

/* The part of a worker that the model touches. */
struct ksm_worker {
    uint64_t left_out; /* steps that stubborn sets left out */
    uint32_t aim;      /* which goals they must not miss */
    bool unrenamed;    /* ksm_canonical renames nothing */
    bool through;      /* expand only where one actor's step may be all that is to be taken */
    bool alone;        /* one step that leads on is all that is taken */
    bool whole;        /* no step is left out; the next two then say of each actor */
    uint32_t outcomes[KSM_MOST_ACTORS]; /* how many of the successors are its */
    uint32_t stood[KSM_MOST_ACTORS];    /* at which point it stood before its last step */
    uint32_t mover;    /* only this actor's step is taken, or KSM_NONE: as the tables choose */
    const ksm_stubborn_table *tables;
    uint64_t *arms;    /* [local_states]: arms entered, see ksmcheck/analysis/arms.py */
    uint64_t *mark;    /* where the step that is being run notes its arms */
    uint8_t *fired;    /* [steps]: this step has had an outcome */
    uint8_t *seen;     /* [witnesses], shared by all workers: this witness has been true */
    uint64_t faults;   /* outcomes that were faults, counted on and on */
    uint64_t *pending; /* [flags / 64], shared by all workers: flags that nobody knows yet */
    ksm_dialogue *now; /* of the step or predicate that is being run; NULL between them */
    bool missed;       /* an answer was missing: what is being run will be run once more */
};

/* Begin a dialogue; it is the one that questions belong to, until the model says otherwise. */
static inline void ksm_begin(ksm_worker *w, ksm_dialogue *d, uint32_t condition)
{
    d->condition = d->start = condition;
    d->taken = d->length = 0;
    d->lost = false;
    w->now = d;
}

/* Go over to the next way, from the start; false when there is none. */
static inline bool ksm_advance(ksm_dialogue *d)
{
    while (d->length && d->script[d->length - 1] == d->last[d->length - 1])
        d->length--;
    if (!d->length)
        return false;
    d->script[d->length - 1]++;
    d->condition = d->start;
    d->taken = 0;
    d->lost = false;
    return true;
}

/* Floor division and modulus, as in Python; the divisor is not 0. */
static inline int64_t ksm_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return q - ((a % b != 0) && ((a < 0) != (b < 0)));
}

static inline int64_t ksm_mod(int64_t a, int64_t b)
{
    int64_t r = a % b;
    return r + ((r != 0 && ((r < 0) != (b < 0))) ? b : 0);
}

/* The bits set in a value; of a negative one, as in Python, in its absolute value. */
static inline int64_t ksm_bits(int64_t a)
{
    return __builtin_popcountll((uint64_t)(a < 0 ? -a : a));
}

/* ---- called by the engine ------------------------------------------------------------------ */

#pragma GCC visibility push(default)

enum ksm_visited { KSM_EXACT, KSM_COMPACT, KSM_BITSTATE };

enum ksm_stop_reason {
    KSM_EXHAUSTED,
    KSM_VIOLATED,
    KSM_STATE_LIMIT,
    KSM_DEPTH_LIMIT,
    KSM_MEMORY_LIMIT,
    KSM_INTERRUPTED,
    KSM_UNANSWERED, /* the oracle has no answer to a question about symbols */
    KSM_NO_MEMORY,  /* the machine refused memory before the limit */
    KSM_NO_START    /* the setup faulted or has no outcome: see ksm_setup_fault */
};

typedef struct {
    uint64_t max_states;   /* 0: no limit */
    uint64_t max_depth;    /* UINT64_MAX: no limit */
    uint64_t memory_limit; /* bytes, for everything that the search keeps */
    uint32_t workers;
    uint32_t all;          /* 1: go on after a violation */
    uint32_t visited;      /* enum ksm_visited */
    uint32_t aim;          /* with stubborn sets: 0 violations, 1 witnesses */
    uint32_t merge;        /* with stubborn sets: do not store what can be run through */
    uint32_t unrenamed;    /* store states without the renamings that the model has */
    ksm_oracle oracle;     /* asked about symbols while no worker runs; NULL without symbols */
    const ksm_stubborn_table *tables; /* NULL: every step is taken */
} ksm_options;

typedef struct {
    uint64_t states;
    uint64_t transitions;
    uint64_t depth;
    uint64_t frontier;
    uint64_t memory;
    uint64_t table_bytes;
    uint64_t left_out; /* steps that stubborn sets left out */
    uint64_t passed;   /* states that were run through and not stored */
} ksm_counters;

/* The shortest way to one violation: a path to `state`, then (for steps and flags) to `next`. */
typedef struct {
    uint32_t depth;
    uint32_t state;
    uint32_t instance;
    uint32_t reserved;
    uint64_t next[KSM_WORDS];
} ksm_finding;

typedef struct ksm_search ksm_search;

ksm_search *ksm_open(const ksm_options *options);
uint32_t ksm_run(ksm_search *search);
void ksm_interrupt(ksm_search *search);
void ksm_read_counters(ksm_search *search, ksm_counters *out);
/* Findings in the order: deadlock, faults, properties, flags. */
const ksm_finding *ksm_findings(ksm_search *search);
uint32_t ksm_setup_fault(ksm_search *search);
const uint8_t *ksm_witnessed(ksm_search *search);
void ksm_read_fired(ksm_search *search, uint8_t *out);
/* How many local states somebody stood in; with room for them, their numbers and their arms. */
uint64_t ksm_read_arms(ksm_search *search, uint32_t *state, uint64_t *arms, uint64_t room);
/*
 * How many states the path from an initial one to `state` has. When `out` has room for them, their
 * words are written there.
 */
uint64_t ksm_path(ksm_search *search, uint32_t state, uint64_t *out, uint64_t room);
/* `extra` is kept with the search; ksm_extra has it after ksm_restore. */
int ksm_save(ksm_search *search, const char *path, const uint8_t *digest, const uint8_t *extra,
             uint64_t size);
int ksm_restore(ksm_search *search, const char *path, const uint8_t *digest);
const uint8_t *ksm_extra(const ksm_search *search, uint64_t *size);
void ksm_close(ksm_search *search);

#pragma GCC visibility pop

#endif
