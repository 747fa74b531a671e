/*
 * Partial order reduction: which actors need to move in a state. See ksmcheck/analysis/stubborn.py,
 * which says what the tables mean and has the same algorithm in Python.
 */
#ifndef KSM_STUBBORN_H
#define KSM_STUBBORN_H

#include "runtime.h"

/*
 * One actor at its points: see ksmcheck/analysis/points.py. A row has the words of: classes of
 * others' steps that do not commute with something this actor may do from here on; goals that its
 * step may heal; may break; and for each class of locks (ksmcheck/analysis/meanwhile.py) goals that
 * it may break from here on while others hold these; may spoil.
 */
#define KSM_STICKY 1 /* the step leads back */
#define KSM_BLOCKS 2 /* the step may be without an outcome */

/* A right mover: the point that a step leads to, its class, and a bit for each aim that allows it. */
typedef struct {
    uint32_t number;
    uint16_t target;
    uint16_t aims;
} ksm_edge;

typedef struct {
    uint32_t steps;         /* its points but the last, which is "done" */
    uint32_t daemon;
    const uint16_t *point;  /* [its local states]: which point each is */
    const uint16_t *number; /* [steps]: the class of the step, counted over all actors */
    const uint8_t *kind;    /* [steps]: KSM_STICKY, KSM_BLOCKS or both */
    const uint16_t *holds;  /* [steps]: the class of the locks that it holds */
    const uint16_t *row;    /* [steps]: which of the rows */
    const uint64_t *rows;   /* [.. * row_words] */
    const uint32_t *first;  /* [steps + 1]: where the edges of each point begin */
    const ksm_edge *edges;
    const uint32_t *later;  /* [steps]: which of the rows below */
    const uint64_t *laters; /* [.. * mover_words]: classes of others' right movers that do not
                               commute with something this actor may do from here on */
} ksm_actor_table;

struct ksm_stubborn_table {
    uint32_t actors;
    uint32_t class_words;
    uint32_t goal_words;
    uint32_t row_words;
    uint32_t mover_words; /* 0: without right movers */
    const ksm_actor_table *actor;
    const uint64_t *aims;       /* [2 * goal_words]: violations, witnesses */
    const uint64_t *over_steps; /* [goal_words] */
    const uint64_t *at_end;     /* [goal_words] */
};

/* The points of actors in these local states. */
static inline void ksm_points(const ksm_stubborn_table *t, const uint32_t *states, uint32_t *at)
{
    for (uint32_t actor = 0; actor < t->actors; actor++)
        at[actor] = t->actor[actor].point[states[actor]];
}

/*
 * Actor a is at point at[a], and ends[a] to ends[a + 1] are its successors. Drops what need not
 * be taken, moves the rest together; the new end.
 */
ksm_successor *ksm_select(const uint32_t *at, ksm_successor *const *ends, ksm_worker *w);

/*
 * May one actor's step be all that is to be taken, the one of w->mover if there is one? If not, it
 * is no use to expand the state.
 */
bool ksm_may_pass(const uint32_t *at, const ksm_worker *w);

#endif
