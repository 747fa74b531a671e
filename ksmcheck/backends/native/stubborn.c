#include "stubborn.h"

#include <string.h>

#define KSM_MAX_GOAL_WORDS 16

/* What a state looks like to the functions below. */
typedef struct {
    const ksm_stubborn_table *table;
    const uint32_t *at;
    const uint64_t *aim;
    uint32_t enabled;
} ksm_view;

static bool acts(const ksm_view *v, uint32_t actor)
{
    return v->at[actor] < v->table->actor[actor].steps;
}

static const uint64_t *row(const ksm_view *v, uint32_t actor)
{
    const ksm_actor_table *t = v->table->actor + actor;
    return t->rows + (uint64_t)t->row[v->at[actor]] * v->table->row_words;
}

/* The vector of goals number `which` of an actor's row: heals, breaks, may break, may spoil, .. */
static const uint64_t *goals(const ksm_view *v, uint32_t actor, uint32_t which)
{
    return row(v, actor) + v->table->class_words + which * v->table->goal_words;
}

/*
 * `chosen` with the actors that may yet do what does not commute with a chosen one's step; at once
 * when there is one of `enough` among them.
 */
static uint32_t with_dependent(const ksm_view *v, uint32_t chosen, uint32_t enough)
{
    const uint32_t actors = v->table->actors;
    uint32_t done = 0;
    while (chosen != done) {
        uint32_t fresh = chosen & ~done;
        done = chosen;
        for (; fresh; fresh &= fresh - 1) {
            const uint32_t actor = (uint32_t)__builtin_ctz(fresh);
            if (!acts(v, actor))
                continue;
            const uint32_t number = v->table->actor[actor].number[v->at[actor]];
            for (uint32_t other = 0; other < actors; other++)
                if (!(chosen >> other & 1) && acts(v, other) &&
                    (row(v, other)[number / 64] >> number % 64 & 1)) {
                    chosen |= 1u << other;
                    if (enough >> other & 1)
                        return chosen;
                }
        }
    }
    return chosen;
}

/* Actors without which a goal could be missed. */
static uint32_t needed(const ksm_view *v, uint32_t chosen)
{
    const uint32_t actors = v->table->actors, words = v->table->goal_words;
    uint64_t healed[KSM_MAX_GOAL_WORDS], broken[KSM_MAX_GOAL_WORDS] = {0}, ends = 0;
    uint32_t holding[KSM_MOST_ACTORS], holders = 0;
    bool finite = false;
    memcpy(healed, v->aim, words * sizeof *healed);
    for (uint32_t actor = 0; actor < actors; actor++) {
        if (!(chosen >> actor & 1) || !acts(v, actor))
            continue;
        finite |= !v->table->actor[actor].daemon;
        holding[holders++] = v->table->actor[actor].holds[v->at[actor]];
        if (!(v->enabled >> actor & 1))
            continue;
        for (uint32_t i = 0; i < words; i++) {
            healed[i] &= goals(v, actor, 0)[i];
            broken[i] |= goals(v, actor, 1)[i];
        }
    }
    for (uint32_t i = 0; i < words; i++) {
        broken[i] &= v->aim[i] & v->table->over_steps[i];
        if (finite)
            healed[i] &= ~v->table->at_end[i];
        ends |= healed[i] & v->table->at_end[i];
    }
    uint32_t found = 0;
    for (uint32_t actor = 0; actor < actors; actor++) {
        if ((chosen >> actor & 1) || !acts(v, actor))
            continue;
        uint64_t missed = v->table->actor[actor].daemon ? 0 : ends;
        for (uint32_t i = 0; i < words; i++) {
            uint64_t breaks = healed[i], spoils = broken[i];
            for (uint32_t h = 0; h < holders && (breaks | spoils); h++) {
                breaks &= goals(v, actor, 2 + 2 * holding[h])[i];
                spoils &= goals(v, actor, 3 + 2 * holding[h])[i];
            }
            missed |= breaks | spoils;
        }
        if (missed)
            found |= 1u << actor;
    }
    return found;
}

/* `chosen` with all that must move when it does. */
static uint32_t closed(const ksm_view *v, uint32_t chosen)
{
    for (;;) {
        chosen = with_dependent(v, chosen, 0);
        if ((chosen & v->enabled) == v->enabled)
            return chosen;
        uint32_t more = needed(v, chosen);
        if (!more)
            return chosen;
        chosen |= more;
    }
}

static bool leads_back(const ksm_view *v, uint32_t moving)
{
    for (; moving; moving &= moving - 1) {
        uint32_t actor = (uint32_t)__builtin_ctz(moving);
        if (v->table->actor[actor].kind[v->at[actor]] & KSM_STICKY)
            return true;
    }
    return false;
}

/* After the step of w->mover: is it a right mover that a search may go on from? */
static bool goes_on(const uint32_t *at, const ksm_worker *w)
{
    const ksm_stubborn_table *table = w->tables;
    const ksm_actor_table *mine = table->actor + w->mover;
    const uint32_t before = w->stood[w->mover];
    const ksm_edge *edge = mine->edges + mine->first[before];
    const ksm_edge *const end = mine->edges + mine->first[before + 1];
    while (edge < end && edge->target != at[w->mover])
        edge++;
    if (edge == end || !(edge->aims >> w->aim & 1))
        return false;
    for (uint32_t other = 0; other < table->actors; other++) {
        const ksm_actor_table *t = table->actor + other;
        if (other == w->mover || at[other] >= t->steps)
            continue;
        const uint64_t *later = t->laters + (uint64_t)t->later[at[other]] * table->mover_words;
        if (later[edge->number / 64] >> edge->number % 64 & 1)
            return false;
    }
    return true;
}

static bool may_be_alone(const uint32_t *at, const ksm_worker *w)
{
    const ksm_stubborn_table *table = w->tables;
    ksm_view v = {table, at, table->aims + w->aim * table->goal_words, 0};
    uint32_t acting = 0, free = 0, sticky = 0;
    for (uint32_t actor = 0; actor < table->actors; actor++) {
        if (!acts(&v, actor))
            continue;
        const uint8_t kind = table->actor[actor].kind[at[actor]];
        acting |= 1u << actor;
        free |= (uint32_t)!(kind & KSM_BLOCKS) << actor;
        sticky |= (uint32_t)(kind & KSM_STICKY) << actor;
    }
    for (uint32_t rest = acting & ~sticky; rest; rest &= rest - 1) {
        const uint32_t one = rest & -rest;
        v.enabled = free | one;
        if (with_dependent(&v, one, free) & free & ~one)
            continue;
        if ((closed(&v, one) & v.enabled) == one)
            return true;
    }
    return false;
}

bool ksm_may_pass(const uint32_t *at, const ksm_worker *w)
{
    return w->mover == KSM_NONE ? may_be_alone(at, w) : goes_on(at, w);
}

/* Only the successors of w->mover. */
static ksm_successor *of_mover(const uint32_t *at, ksm_successor *const *ends, ksm_worker *w)
{
    const size_t count = (size_t)(ends[w->mover + 1] - ends[w->mover]);
    memmove(ends[0], ends[w->mover], count * sizeof **ends);
    w->stood[w->mover] = at[w->mover];
    return ends[0] + count;
}

/* Every step is taken: whose the successors are, and where their actors stood. */
static ksm_successor *everything(const ksm_view *v, ksm_successor *const *ends, ksm_worker *w)
{
    const uint32_t actors = v->table->actors;
    w->whole = v->table->mover_words && actors <= KSM_MOST_ACTORS;
    for (uint32_t actor = 0; w->whole && actor < actors; actor++) {
        w->outcomes[actor] = (uint32_t)(ends[actor + 1] - ends[actor]);
        w->stood[actor] = v->at[actor];
    }
    return ends[actors];
}

ksm_successor *ksm_select(const uint32_t *at, ksm_successor *const *ends, ksm_worker *w)
{
    const ksm_stubborn_table *table = w->tables;
    ksm_view v = {table, at, table->aims + w->aim * table->goal_words, 0};
    if (w->mover != KSM_NONE)
        return of_mover(at, ends, w);
    w->whole = false;
    for (uint32_t actor = 0; actor < table->actors; actor++)
        v.enabled |= (uint32_t)(ends[actor + 1] > ends[actor]) << actor;
    uint32_t best = v.enabled;
    int size = __builtin_popcount(best);
    w->alone = size == 1 && !leads_back(&v, best);
    if (size < 2)
        return everything(&v, ends, w);
    for (uint32_t rest = v.enabled; rest && size > 1; rest &= rest - 1) {
        uint32_t moving = closed(&v, rest & -rest) & v.enabled;
        if (__builtin_popcount(moving) < size && !leads_back(&v, moving)) {
            best = moving;
            size = __builtin_popcount(moving);
        }
    }
    if (best == v.enabled)
        return everything(&v, ends, w);
    w->alone = size == 1; /* what leads back was not chosen */
    w->left_out += (uint32_t)__builtin_popcount(v.enabled & ~best);
    ksm_successor *out = ends[0];
    for (uint32_t rest = best; rest; rest &= rest - 1) {
        uint32_t actor = (uint32_t)__builtin_ctz(rest);
        size_t count = (size_t)(ends[actor + 1] - ends[actor]);
        if (out != ends[actor])
            memmove(out, ends[actor], count * sizeof *out);
        out += count;
    }
    return out;
}
