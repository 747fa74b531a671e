/*
 * The data of a running search. Read this before runtime.c.
 *
 * States are stored once, in the order in which they were found; that array is the breadth-first
 * queue, and a state's number is its place in it. Numbers are handed to workers in chunks, so a
 * level of the search is a list of spans. The visited set holds numbers, not states.
 */
#ifndef KSM_SEARCH_H
#define KSM_SEARCH_H

#include <pthread.h>

#include "memory.h"
#include "runtime.h"

#define KSM_BATCH 256   /* successors that are looked up together */
#define KSM_AHEAD 32    /* states between the call for a slot and its use, in rehashing */
#define KSM_CHUNK 4096  /* state numbers given to a worker at once, at least */
#define KSM_LONGEST_RUN 250 /* states that are run through in a row: LONGEST in merging.py */
#define KSM_MOST_ONWARD 250 /* outcomes that are followed after right movers: MOST_ONWARD there */
#define KSM_MAX_BITS 32 /* the hash table's entries hold this many bits */
#define KSM_ENOUGH 256  /* states set aside for questions before a worker wants answers */

/* State numbers from begin up to, not including, end. */
typedef struct {
    uint32_t begin;
    uint32_t end;
} ksm_span;

typedef struct {
    ksm_span *items;
    uint64_t count;
    uint64_t room;
} ksm_spans;

/* Questions, with their answers or without: open addressing; question == KSM_NONE: a free place. */
typedef struct {
    ksm_answers *known;
    uint64_t mask;
    uint64_t count;
} ksm_questions;

/* A state that has something left to do, and what: the check, or KSM_CHECK_NONE to expand it. */
typedef struct {
    uint32_t state;
    uint32_t check;
} ksm_task;

typedef struct {
    ksm_task *items;
    uint64_t count;
    uint64_t room;
} ksm_tasks;

/* A successor that may be gone on from, and where its actor stood before. */
typedef struct {
    ksm_successor state;
    uint32_t stood;
} ksm_onward;

typedef struct {
    ksm_worker face; /* first: the model sees only this */
    ksm_search *search;
    pthread_t thread;
    uint64_t states;
    uint64_t transitions;
    uint64_t expanded;
    uint64_t pending; /* outcomes that were faults since the last flush */
    uint64_t quota;   /* states that it may still add before asking again */
    uint32_t current; /* the state being expanded */
    uint32_t checked; /* the state being checked */
    ksm_span free;    /* numbers for new states */
    ksm_span spare;   /* and the next ones */
    uint32_t logged;  /* new states below this number are in the next level's spans */
    ksm_span block;   /* states still to expand */
    uint32_t restart; /* where the block stood at the last flush */
    bool quiet;       /* only looking: nothing is recorded */
    bool noticed;     /* there would have been something to record */
    uint64_t passed;  /* states run through and not stored */
    ksm_successor *scratch; /* where a state that may be run through is expanded */
    ksm_onward *waiting;    /* right movers of one actor that are still to be followed */
    int64_t room;           /* how many more there may be */
    ksm_questions asked;    /* what had no answer since the last pause */
    ksm_tasks parked;       /* states to expand when it has one */
    uint64_t parked_before; /* so many of these were there at the last flush */
    ksm_tasks again;        /* those that were parked in the last pause */
    uint64_t retaken;       /* so many of these are expanded */
    uint64_t retaken_before;
    ksm_tasks checks; /* states to check when there are answers */
    uint32_t batched;
    ksm_successor *batch;
    uint8_t *own_fired;
} ksm_thread;

enum ksm_phase { KSM_EXPAND, KSM_REHASH, KSM_FINISHED };

struct ksm_search {
    ksm_options options;
    ksm_thread *threads;
    uint32_t workers;
    uint32_t chunk;

    ksm_area store;    /* KSM_BYTES for each state */
    ksm_area parents;  /* uint32_t for each state */
    ksm_area ordinals; /* uint16_t for each state, when the visited set is not exact */
    uint64_t allocated; /* state numbers handed out */
    ksm_spans holes;    /* numbers handed out that will never be used */

    ksm_area table;
    uint32_t *slots;
    uint32_t bits;      /* the table has 1 << bits slots */
    uint64_t fill_limit; /* numbers that fit before it must grow */
    bool overfull;      /* growing was refused; a last reserve is in use */

    ksm_spans level;   /* the states being expanded */
    ksm_spans next;    /* the states found meanwhile */
    uint64_t *starts;  /* level.items[i] begins at this place of the level */
    uint64_t total;    /* states in the level */
    uint64_t cursor;   /* places of the level taken by workers */
    uint64_t grain;    /* states taken at once */
    uint64_t depth;    /* of the states being expanded */
    uint64_t deepest;
    uint64_t freed;    /* states below this were given back (not exact only) */

    bool starting;        /* the setup is running */
    bool started;         /* it has run */
    uint32_t setup_fault; /* the first fault of the setup, or KSM_NONE */
    enum ksm_phase phase;
    uint32_t pause;   /* somebody wants all workers at the barrier */
    uint32_t grow;    /* because the table is full */
    uint32_t stop;    /* or because the search must end, for this reason + 1 */
    uint64_t budget;  /* states that may still be handed out as quota */
    uint64_t rehashed; /* chunks taken while the table is refilled */

    pthread_mutex_t lock;
    pthread_cond_t arrived;
    uint32_t waiting;
    uint64_t round;

    ksm_finding *found;
    uint8_t *seen;
    uint64_t *pending;
    ksm_questions answers; /* grows only while no worker runs */
    uint8_t *extra;        /* of the checkpoint that the search goes on from */
    uint64_t extra_size;
};

/* Slots of the findings, in the order that ksm_findings promises. */
static inline uint32_t ksm_fault_slot(uint32_t fault)
{
    return 1 + fault;
}

static inline uint32_t ksm_property_slot(uint32_t property)
{
    return 1 + ksm_model.faults + property;
}

static inline uint32_t ksm_flag_slot(uint32_t flag)
{
    return 1 + ksm_model.faults + ksm_model.properties + flag;
}

static inline uint32_t ksm_finding_slots(void)
{
    return 1 + ksm_model.faults + ksm_model.properties + ksm_model.flags;
}

/* ---- states in the store ------------------------------------------------------------------- */

static inline void ksm_load(const ksm_search *s, uint32_t number, uint64_t *word)
{
    word[KSM_WORDS - 1] = 0;
    __builtin_memcpy(word, s->store.base + (uint64_t)number * KSM_BYTES, KSM_BYTES);
}

static inline void ksm_keep(ksm_search *s, uint32_t number, const uint64_t *word)
{
    __builtin_memcpy(s->store.base + (uint64_t)number * KSM_BYTES, word, KSM_BYTES);
}

static inline bool ksm_same(const uint64_t *a, const uint64_t *b)
{
    uint64_t difference = 0;
    for (int i = 0; i < KSM_WORDS; i++)
        difference |= a[i] ^ b[i];
    return difference == 0;
}

static inline uint32_t *ksm_parent(ksm_search *s, uint32_t number)
{
    return (uint32_t *)(void *)s->parents.base + number;
}

static inline uint16_t *ksm_ordinal(ksm_search *s, uint32_t number)
{
    return (uint16_t *)(void *)s->ordinals.base + number;
}

/* Multiply to 128 bits and fold: every input bit reaches every output bit. */
static inline uint64_t ksm_fold(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The top bits choose the slot, the low ones are the tag; both must be good. */
static inline uint64_t ksm_hash(const uint64_t *word)
{
    uint64_t h = 0x9e3779b97f4a7c15u;
    for (int i = 0; i + 1 < KSM_WORDS; i += 2)
        h = ksm_fold(word[i] ^ h, word[i + 1] ^ 0xe7037ed1a0b428dbu);
    if (KSM_WORDS & 1)
        h = ksm_fold(word[KSM_WORDS - 1] ^ h, 0xa0761d6478bd642fu);
    return ksm_fold(h ^ 0x8ebc6af09c88c6e3u, 0x589965cc75374cc3u);
}

/* ---- spans --------------------------------------------------------------------------------- */

bool ksm_spans_add(ksm_spans *spans, uint32_t begin, uint32_t end);

/* ---- between the files of the runtime ------------------------------------------------------ */

void ksm_stop(ksm_search *s, uint32_t reason);
uint64_t ksm_memory(const ksm_search *s);
bool ksm_tasks_add(ksm_tasks *tasks, uint32_t state, uint32_t check);
void ksm_answer_all(ksm_search *s);
void ksm_forget_asked(ksm_search *s);
bool ksm_checks_left(const ksm_search *s);
bool ksm_tasks_left(const ksm_search *s);
void ksm_check_again(ksm_thread *w);
bool ksm_new_table(ksm_search *s, uint32_t bits);
bool ksm_cut_level(ksm_search *s, const ksm_spans *from);
void ksm_settle_flags(ksm_search *s);
bool ksm_violated(const ksm_search *s);
void ksm_canonise(ksm_thread *w, uint32_t from, uint32_t upto);
void ksm_announce(ksm_thread *w, uint32_t from, uint32_t upto);
bool ksm_flush(ksm_thread *w);
void *ksm_work(void *thread);
void ksm_rehash_all(ksm_search *s);

#endif
