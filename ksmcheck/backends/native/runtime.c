/*
 * The search: breadth-first, level by level, with one or more workers.
 *
 * A worker takes a block of the level, expands its states into a batch of successors, and looks
 * the batch up in the visited set. All workers meet at a barrier when the level is done, when the
 * table must grow, when questions about symbols want answers, and when the search must stop; the
 * last to arrive decides how to go on.
 */
#include "search.h"

#include <stdlib.h>
#include <string.h>

#include "visited.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "states are stored as the low bytes of little-endian words"
#endif

/* ---- small parts --------------------------------------------------------------------------- */

bool ksm_spans_add(ksm_spans *spans, uint32_t begin, uint32_t end)
{
    if (begin >= end)
        return true;
    if (spans->count == spans->room) {
        uint64_t room = spans->room ? 2 * spans->room : 64;
        ksm_span *items = realloc(spans->items, room * sizeof *items);
        if (!items)
            return false;
        spans->items = items;
        spans->room = room;
    }
    spans->items[spans->count++] = (ksm_span){begin, end};
    return true;
}

/* Ask every worker to come to the barrier and end the search; the first reason counts. */
void ksm_stop(ksm_search *s, uint32_t reason)
{
    uint32_t none = 0;
    __atomic_compare_exchange_n(&s->stop, &none, reason + 1, false, __ATOMIC_ACQ_REL,
                                __ATOMIC_ACQUIRE);
    __atomic_store_n(&s->pause, 1, __ATOMIC_RELEASE);
}

/* Bytes in use: what is committed, not what is reserved. */
uint64_t ksm_memory(const ksm_search *s)
{
    return s->store.committed + s->parents.committed + s->ordinals.committed + s->table.committed -
           s->freed / KSM_HUGE * KSM_HUGE;
}

static bool paused(const ksm_search *s)
{
    return __atomic_load_n(&s->pause, __ATOMIC_ACQUIRE);
}

static void must_add(ksm_search *s, ksm_spans *spans, uint32_t begin, uint32_t end)
{
    if (!ksm_spans_add(spans, begin, end))
        ksm_stop(s, KSM_NO_MEMORY);
}

#include "findings.c"

#include "batch.c"

#include "expanding.c"

/* ---- the work of a level ------------------------------------------------------------------- */

/* Take the next states of the level: a piece of one span. False when there are none left. */
static bool take_block(ksm_thread *w)
{
    ksm_search *s = w->search;
    uint64_t from = __atomic_fetch_add(&s->cursor, s->grain, __ATOMIC_RELAXED);
    if (from >= s->total)
        return false;
    uint64_t low = 0, high = s->level.count;
    while (high - low > 1) {
        uint64_t middle = (low + high) / 2;
        *(s->starts[middle] <= from ? &low : &high) = middle;
    }
    /* Pieces never cross spans: ksm_cut_level begins each span at a multiple of the grain. */
    const ksm_span span = s->level.items[low];
    uint32_t begin = span.begin + (uint32_t)(from - s->starts[low]);
    w->block = (ksm_span){begin, span.end - begin < s->grain ? span.end
                                                             : begin + (uint32_t)s->grain};
    w->restart = begin;
    return true;
}

/* Take up what was waiting for answers. False when the search has to pause first. */
static bool expand_parked(ksm_thread *w)
{
    if (w->retaken == w->again.count) {
        const ksm_tasks empty = w->again;
        w->again = w->parked;
        w->parked = empty;
        w->parked.count = w->parked_before = w->retaken = w->retaken_before = 0;
    }
    ksm_check_again(w);
    while (w->retaken < w->again.count) {
        if (paused(w->search))
            return false;
        expand(w, w->again.items[w->retaken++].state);
        if ((w->batched >= KSM_BATCH || w->retaken == w->again.count) && !ksm_flush(w))
            return false;
    }
    return true;
}

/* Expand states until the level has no more or a pause is wanted. */
static void expand_level(ksm_thread *w)
{
    if (!ksm_flush(w) || !expand_parked(w))
        return;
    for (;;) {
        while (w->block.begin < w->block.end) {
            if (paused(w->search))
                return;
            expand(w, w->block.begin++);
            if ((w->batched >= KSM_BATCH || w->block.begin == w->block.end) && !ksm_flush(w))
                return;
            if (w->parked.count + w->checks.count >= KSM_ENOUGH) {
                __atomic_store_n(&w->search->pause, 1, __ATOMIC_RELEASE);
                return;
            }
        }
        if (paused(w->search) || !take_block(w))
            return;
    }
}

/* Insert the states of [begin, end), calling for each slot some states ahead of its use. */
static void rehash_range(ksm_search *s, uint64_t begin, uint64_t end)
{
    uint64_t hash[KSM_AHEAD], word[KSM_WORDS];
    for (uint64_t at = begin; at < end + KSM_AHEAD; at++) {
        uint64_t *ahead = hash + at % KSM_AHEAD;
        if (at >= begin + KSM_AHEAD)
            ksm_refill(s, *ahead, (uint32_t)(at - KSM_AHEAD), true);
        if (at < end) {
            ksm_load(s, (uint32_t)at, word);
            *ahead = ksm_hash(word);
            __builtin_prefetch(s->slots + ksm_home_line(*ahead, s->bits), 1);
        }
    }
}

/* Refill the new table with the states of one chunk after another. */
static void rehash(ksm_thread *w)
{
    ksm_search *s = w->search;
    for (;;) {
        uint64_t begin = __atomic_fetch_add(&s->rehashed, s->chunk, __ATOMIC_RELAXED);
        uint64_t end = begin + s->chunk;
        if (begin >= s->allocated)
            return;
        for (uint32_t i = 0; i < s->workers; i++) {
            ksm_span unused[2] = {s->threads[i].free, s->threads[i].spare};
            for (int k = 0; k < 2; k++)
                if (unused[k].begin < unused[k].end && unused[k].begin < end &&
                    unused[k].end > begin)
                    end = unused[k].begin > begin ? unused[k].begin : begin;
        }
        for (uint64_t i = 0; i < s->holes.count; i++)
            if (s->holes.items[i].begin < end && s->holes.items[i].end > begin)
                end = s->holes.items[i].begin > begin ? s->holes.items[i].begin : begin;
        rehash_range(s, begin, end);
    }
}

/* Refill an empty table, alone. */
void ksm_rehash_all(ksm_search *s)
{
    s->rehashed = 0;
    rehash(s->threads);
}

/* ---- between phases: one worker decides while the others wait ------------------------------ */

/* Replace the table by an empty one of 1 << bits slots. */
bool ksm_new_table(ksm_search *s, uint32_t bits)
{
    uint64_t size = ((uint64_t)1 << bits) * sizeof(uint32_t);
    ksm_release(&s->table);
    if (!ksm_reserve(&s->table, size) || !ksm_commit(&s->table, size))
        return false;
    s->slots = (uint32_t *)(void *)s->table.base;
    s->bits = bits;
    uint64_t slots = (uint64_t)1 << bits;
    s->fill_limit = slots / 16 * 13;
    s->overfull = false;
    return true;
}

/* The table is full: a bigger one, or the last reserve of this one, or the end. */
static void grow_table(ksm_search *s)
{
    s->grow = 0;
    uint32_t bits = s->bits + (s->bits < 24 ? 2 : 1);
    uint64_t size = ((uint64_t)1 << bits) * sizeof(uint32_t);
    uint64_t rest = ksm_memory(s) - s->table.committed;
    if (bits <= KSM_MAX_BITS && rest + size <= s->options.memory_limit) {
        if (!ksm_new_table(s, bits)) {
            ksm_stop(s, KSM_NO_MEMORY);
            return;
        }
        s->rehashed = 0;
        s->phase = KSM_REHASH;
        return;
    }
    if (s->overfull) {
        ksm_stop(s, KSM_MEMORY_LIMIT);
        return;
    }
    uint64_t slots = (uint64_t)1 << s->bits;
    s->fill_limit = slots - slots / 16;
    s->overfull = true;
}

/* Number the places of the level, with spans cut so that no block crosses a span. */
bool ksm_cut_level(ksm_search *s, const ksm_spans *from)
{
    uint64_t total = 0;
    for (uint64_t i = 0; i < from->count; i++)
        total += from->items[i].end - from->items[i].begin;
    uint64_t grain = s->workers == 1 ? 4096 : total / (16 * s->workers);
    s->grain = grain < 32 ? 32 : grain > 4096 ? 4096 : grain;
    s->level.count = 0;
    s->total = s->cursor = 0;
    free(s->starts);
    s->starts = malloc((from->count + 1) * sizeof *s->starts);
    if (!s->starts)
        return false;
    for (uint64_t i = 0; i < from->count; i++) {
        s->starts[i] = s->total;
        if (!ksm_spans_add(&s->level, from->items[i].begin, from->items[i].end))
            return false;
        /* Each span starts at a multiple of the grain; the places that this skips are empty. */
        uint64_t length = from->items[i].end - from->items[i].begin;
        s->total += ksm_round_up(length, s->grain);
    }
    return true;
}

/* All states of the level are expanded: is there another one? */
static void end_level(ksm_search *s)
{
    ksm_settle_flags(s);
    for (uint32_t i = 0; i < s->workers; i++) {
        ksm_thread *w = s->threads + i;
        must_add(s, &s->next, w->logged, w->free.begin);
        w->logged = w->free.begin;
    }
    if (s->options.visited != KSM_EXACT && s->level.count) {
        uint32_t oldest = KSM_NONE;
        for (uint64_t i = 0; i < s->next.count; i++)
            oldest = s->next.items[i].begin < oldest ? s->next.items[i].begin : oldest;
        if (oldest != KSM_NONE && (uint64_t)oldest * KSM_BYTES > s->freed) {
            ksm_discard(&s->store, s->freed, (uint64_t)oldest * KSM_BYTES);
            s->freed = (uint64_t)oldest * KSM_BYTES / KSM_HUGE * KSM_HUGE;
        }
    }
    bool more = s->next.count > 0;
    if (more) {
        s->depth++;
        s->deepest = s->depth;
    }
    if (!ksm_cut_level(s, &s->next))
        ksm_stop(s, KSM_NO_MEMORY);
    s->next.count = 0;
    if (!s->options.all && ksm_violated(s))
        ksm_stop(s, KSM_VIOLATED);
    else if (!more)
        ksm_stop(s, KSM_EXHAUSTED);
    else if (s->depth >= s->options.max_depth)
        ksm_stop(s, KSM_DEPTH_LIMIT);
}

/* What comes next, decided by the last worker to arrive. */
static void decide(ksm_search *s)
{
    if (s->stop) {
        s->phase = KSM_FINISHED;
        return;
    }
    s->pause = 0;
    ksm_answer_all(s);
    if (s->phase == KSM_REHASH)
        s->phase = KSM_EXPAND;
    else if (s->grow)
        grow_table(s);
    else if (!ksm_tasks_left(s))
        end_level(s);
    if (s->stop)
        s->phase = KSM_FINISHED;
}

/* Wait for all workers. */
static void barrier(ksm_search *s)
{
    pthread_mutex_lock(&s->lock);
    uint64_t round = s->round;
    if (++s->waiting == s->workers) {
        s->waiting = 0;
        s->round++;
        decide(s);
        pthread_cond_broadcast(&s->arrived);
    } else {
        while (round == s->round)
            pthread_cond_wait(&s->arrived, &s->lock);
    }
    pthread_mutex_unlock(&s->lock);
}

void *ksm_work(void *argument)
{
    ksm_thread *w = argument;
    ksm_search *s = w->search;
    for (;;) {
        switch (s->phase) {
        case KSM_EXPAND:
            expand_level(w);
            break;
        case KSM_REHASH:
            rehash(w);
            break;
        case KSM_FINISHED:
            return NULL;
        }
        barrier(s);
    }
}
