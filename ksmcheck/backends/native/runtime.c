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

/* ---- findings ------------------------------------------------------------------------------ */

/* Order among findings of one depth that does not depend on who found what first. */
static bool smaller(const ksm_search *s, const ksm_finding *a, const ksm_finding *b)
{
    uint64_t first[KSM_WORDS], second[KSM_WORDS];
    ksm_load(s, a->state, first);
    ksm_load(s, b->state, second);
    for (int i = 0; i < KSM_WORDS; i++)
        if (first[i] != second[i])
            return first[i] < second[i];
    for (int i = 0; i < KSM_WORDS; i++)
        if (a->next[i] != b->next[i])
            return a->next[i] < b->next[i];
    return false;
}

/* Keep the finding when nothing shorter, or smaller of the same length, is in its slot. */
static void record(ksm_thread *w, uint32_t slot, uint64_t depth, uint32_t state, uint32_t instance,
                   const uint64_t *next)
{
    ksm_search *s = w->search;
    ksm_finding *place = s->found + slot, mine = {(uint32_t)depth, state, instance, 0, {0}};
    if (__atomic_load_n(&place->depth, __ATOMIC_RELAXED) < depth)
        return;
    if (next)
        memcpy(mine.next, next, sizeof mine.next);
    pthread_mutex_lock(&s->lock);
    if (mine.depth < place->depth || (mine.depth == place->depth && smaller(s, &mine, place))) {
        memcpy((char *)place + sizeof place->depth, (char *)&mine + sizeof mine.depth,
               sizeof mine - sizeof mine.depth);
        __atomic_store_n(&place->depth, mine.depth, __ATOMIC_RELAXED);
    }
    pthread_mutex_unlock(&s->lock);
}

/*
 * While a worker only looks, what there would be to record is noticed and nothing else; nor is
 * anything recorded of what will be run once more.
 */
static bool only_looking(ksm_thread *w)
{
    w->noticed |= w->quiet;
    return w->quiet || w->face.missed;
}

void ksm_fault(ksm_worker *face, uint32_t fault)
{
    ksm_thread *w = (ksm_thread *)face;
    if (only_looking(w))
        return;
    if (w->search->starting) {
        if (w->search->setup_fault == KSM_NONE)
            w->search->setup_fault = fault;
        return;
    }
    w->pending++;
    face->faults++;
    record(w, ksm_fault_slot(fault), w->search->depth + 1, w->current, 0, NULL);
}

void ksm_violation(ksm_worker *face, uint32_t property, uint32_t instance)
{
    ksm_thread *w = (ksm_thread *)face;
    if (only_looking(w))
        return;
    uint64_t depth = *ksm_parent(w->search, w->checked) == KSM_NONE ? 0 : w->search->depth + 1;
    record(w, ksm_property_slot(property), depth, w->checked, instance, NULL);
}

void ksm_step_violation(ksm_worker *face, uint32_t property, uint32_t instance,
                        const uint64_t *next)
{
    ksm_thread *w = (ksm_thread *)face;
    if (!only_looking(w) && !w->search->starting)
        record(w, ksm_property_slot(property), w->search->depth + 1, w->current, instance, next);
}

void ksm_flags(ksm_worker *face, uint32_t first, uint64_t bits, const uint64_t *next)
{
    ksm_thread *w = (ksm_thread *)face;
    if (only_looking(w))
        return;
    for (; bits && !w->search->starting; bits &= bits - 1) {
        uint32_t flag = first + (uint32_t)__builtin_ctzll(bits);
        record(w, ksm_flag_slot(flag), w->search->depth + 1, w->current, 0, next);
    }
}

/* The flags found by now need not be looked for any more. */
void ksm_settle_flags(ksm_search *s)
{
    for (uint32_t f = 0; f < ksm_model.flags; f++)
        if (s->found[ksm_flag_slot(f)].depth != KSM_NONE)
            s->pending[f / 64] &= ~((uint64_t)1 << f % 64);
}

/* Do the lock-order edges seen so far have a cycle? Drop classes that nothing leads to. */
static bool lock_order_cycle(const ksm_search *s)
{
    uint32_t classes = ksm_model.lock_classes, left = classes;
    if (!classes)
        return false;
    uint8_t dropped[classes];
    memset(dropped, 0, classes);
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t c = 0; c < classes; c++) {
            bool reached = false;
            for (uint32_t f = 0; f < ksm_model.flags && !reached; f++)
                reached = s->found[ksm_flag_slot(f)].depth != KSM_NONE &&
                          ksm_model.after[f] == c && !dropped[ksm_model.before[f]];
            if (!dropped[c] && !reached) {
                dropped[c] = 1;
                left--;
                changed = true;
            }
        }
    }
    return left > 0;
}

/* Has anything been found that ends a search? */
bool ksm_violated(const ksm_search *s)
{
    for (uint32_t slot = 0; slot < ksm_flag_slot(0); slot++)
        if (s->found[slot].depth != KSM_NONE)
            return true;
    return lock_order_cycle(s);
}

/* ---- state numbers and memory -------------------------------------------------------------- */

/* Commit memory for state numbers below `upto`; false at the limit, or when refused. */
static bool make_room(ksm_search *s, uint64_t upto)
{
    uint64_t bytes[3] = {upto * KSM_BYTES, upto * sizeof(uint32_t), 0};
    ksm_area *areas[3] = {&s->store, &s->parents, &s->ordinals};
    if (s->options.visited != KSM_EXACT)
        bytes[2] = upto * sizeof(uint16_t);
    for (int i = 0; i < 3; i++) {
        uint64_t needed = ksm_round_up(bytes[i], KSM_HUGE), have = areas[i]->committed;
        if (needed <= have)
            continue;
        if (ksm_memory(s) + needed - have > s->options.memory_limit)
            return false;
        if (!ksm_commit(areas[i], needed))
            return false;
    }
    return true;
}

/* Give the worker another chunk of numbers. False when the search has to pause first. */
static bool take_chunk(ksm_thread *w)
{
    ksm_search *s = w->search;
    bool taken = false;
    pthread_mutex_lock(&s->lock);
    if (s->allocated + s->chunk > s->fill_limit) {
        s->grow = 1;
        __atomic_store_n(&s->pause, 1, __ATOMIC_RELEASE);
    } else if (!make_room(s, s->allocated + s->chunk)) {
        ksm_stop(s, KSM_MEMORY_LIMIT);
    } else {
        w->spare = (ksm_span){(uint32_t)s->allocated, (uint32_t)(s->allocated + s->chunk)};
        s->allocated += s->chunk;
        taken = true;
    }
    pthread_mutex_unlock(&s->lock);
    return taken;
}

/* Write down the new states that the next level does not list yet. */
static void log_new_states(ksm_thread *w)
{
    ksm_search *s = w->search;
    pthread_mutex_lock(&s->lock);
    must_add(s, &s->next, w->logged, w->free.begin);
    pthread_mutex_unlock(&s->lock);
    w->logged = w->free.begin;
}

/* Go on with the spare chunk; ensured to be there before a batch is looked up. */
static void use_spare(ksm_thread *w)
{
    if (w->spare.begin == w->free.end) {
        w->free.end = w->spare.end; /* contiguous: one span */
    } else {
        log_new_states(w);
        w->free = w->spare;
        w->logged = w->free.begin;
    }
    w->spare.begin = w->spare.end = 0;
}

/* Make sure that `count` new states can be stored without asking anybody. */
static bool ensure_numbers(ksm_thread *w, uint32_t count)
{
    if (w->free.end - w->free.begin >= count || w->spare.begin != w->spare.end)
        return true;
    return take_chunk(w);
}

/* How many states of the state limit the worker may add; 0 at the limit. */
static uint64_t take_quota(ksm_thread *w)
{
    ksm_search *s = w->search;
    pthread_mutex_lock(&s->lock);
    uint64_t share = s->budget / (s->workers > 1 ? 2 * s->workers : 1);
    share = share ? share : s->budget ? 1 : 0;
    s->budget -= share;
    pthread_mutex_unlock(&s->lock);
    return share;
}

/* ---- the batch ----------------------------------------------------------------------------- */

/* Add `e` under the next number if it is new, and look at its properties. False at the limit. */
KSM_INLINE bool settle(ksm_thread *w, ksm_successor *e, const uint32_t visited, const bool shared)
{
    ksm_search *s = w->search;
    if (w->free.begin == w->free.end)
        use_spare(w);
    const uint32_t number = w->free.begin;
    if (!w->quota && !(w->quota = take_quota(w)))
        return visited == KSM_EXACT && ksm_known(s, e, shared);
    bool fresh;
    if (visited == KSM_EXACT)
        fresh = ksm_insert(s, e, number, shared);
    else if (visited == KSM_COMPACT)
        fresh = ksm_insert_compact(s, e);
    else
        fresh = ksm_insert_bits(s, e);
    if (!fresh)
        return true;
    if (visited != KSM_EXACT) {
        ksm_keep(s, number, e->word);
        *ksm_ordinal(s, number) = e->ordinal;
    }
    *ksm_parent(s, number) = e->parent;
    w->free.begin = number + 1;
    w->quota--;
    w->states++;
    if (e->check) {
        w->checked = number;
        w->face.missed = false;
        ksm_check(e->check, e->word, &w->face);
        if (w->face.missed && !ksm_tasks_add(&w->checks, number, e->check))
            ksm_stop(s, KSM_NO_MEMORY);
    }
    return true;
}

/* Look up the batch. False when the search has to pause first; the batch is then still there. */
KSM_INLINE bool flush_as(ksm_thread *w, const uint32_t visited, const bool shared)
{
    if (!ensure_numbers(w, w->batched))
        return false;
    if (visited == KSM_EXACT)
        for (uint32_t i = 0; i < w->batched; i++)
            ksm_peek(w->search, w->batch + i);
    for (uint32_t i = 0; i < w->batched; i++)
        if (!settle(w, w->batch + i, visited, shared)) {
            ksm_stop(w->search, KSM_STATE_LIMIT);
            return false;
        }
    w->transitions += w->batched + w->pending;
    w->pending = w->batched = 0;
    w->expanded += w->block.begin - w->restart + w->retaken - w->retaken_before -
                   (w->parked.count - w->parked_before);
    w->restart = w->block.begin;
    w->retaken_before = w->retaken;
    w->parked_before = w->parked.count;
    return true;
}

bool ksm_flush(ksm_thread *w)
{
    const bool shared = w->search->workers > 1;
    switch (w->search->options.visited) {
    case KSM_COMPACT:
        return flush_as(w, KSM_COMPACT, true);
    case KSM_BITSTATE:
        return flush_as(w, KSM_BITSTATE, true);
    default:
        return shared ? flush_as(w, KSM_EXACT, true) : flush_as(w, KSM_EXACT, false);
    }
}

/* Make of the successors from `from` on those that are stored for them. */
void ksm_canonise(ksm_thread *w, uint32_t from, uint32_t upto)
{
    for (uint32_t i = from; ksm_model.canonical && i < upto; i++)
        ksm_model.canonical(w->batch[i].word, &w->face);
}

/* Hash the successors from `from` on, and call for their slots. */
void ksm_announce(ksm_thread *w, uint32_t from, uint32_t upto)
{
    const ksm_search *s = w->search;
    for (uint32_t i = from; i < upto; i++) {
        ksm_successor *e = w->batch + i;
        e->hash = ksm_hash(e->word);
        e->parent = w->current;
        e->ordinal = (uint16_t)(i - from);
        __builtin_prefetch(s->slots + ksm_home_line(e->hash, s->bits), 1);
    }
}

/*
 * Go on from a successor as long as one step alone is to be taken and there is nothing to tell: see
 * ksmcheck/explore/merging.py. With tables that are right it cannot go round in circles.
 */
static void run_through(ksm_thread *w, ksm_successor *e)
{
    const uint64_t left_out = w->face.left_out;
    w->quiet = w->face.through = true;
    for (uint32_t passed = 0; passed < KSM_LONGEST_RUN; passed++) {
        w->noticed = w->face.alone = false;
        ksm_successor *end = ksm_expand(e->word, w->scratch, &w->face);
        bool onward = w->face.alone && end == w->scratch + 1 && !w->face.missed;
        if (onward && e->check)
            ksm_check(e->check, e->word, &w->face);
        if (!onward || w->noticed || w->face.missed)
            break;
        *e = *w->scratch;
        w->passed++;
        w->pending++;
    }
    w->quiet = w->face.through = false;
    w->face.left_out = left_out;
}

/* A state that is stored is not run through any more. */
static bool stored_already(ksm_thread *w, ksm_successor *e)
{
    if (ksm_model.canonical)
        return false; /* its canonical form would be needed first, which costs more */
    e->hash = ksm_hash(e->word);
    return ksm_known(w->search, e, w->search->workers > 1);
}

/*
 * What the next step of `actor` leads to, in `scratch`, if its last one was a right mover and there
 * is nothing to tell; the end of that. None is there otherwise.
 */
static ksm_successor *go_on(ksm_thread *w, const ksm_onward *from, uint32_t actor)
{
    if (w->room <= 0)
        return w->scratch;
    w->quiet = w->face.through = true;
    w->noticed = false;
    w->face.mover = actor;
    w->face.stood[actor] = from->stood;
    ksm_successor *end = ksm_expand(from->state.word, w->scratch, &w->face);
    if (end > w->scratch && !w->noticed && !w->face.missed && from->state.check)
        ksm_check(from->state.check, from->state.word, &w->face);
    w->quiet = w->face.through = false;
    w->face.mover = KSM_NONE;
    return w->noticed || w->face.missed ? w->scratch : end;
}

/*
 * Follow right movers of `actor` from successor `at` on. What it ends in takes the successor's place
 * and, if that is more than one, those from `upto` on; the new end.
 */
static uint32_t follow(ksm_thread *w, uint32_t at, uint32_t upto, uint32_t actor, uint32_t stood)
{
    uint32_t count = 1;
    w->waiting[0] = (ksm_onward){w->batch[at], stood};
    for (bool first = true; count && !w->face.missed;) {
        const ksm_onward from = w->waiting[--count];
        ksm_successor *end = go_on(w, &from, actor);
        if (end == w->scratch) {
            w->batch[first ? at : upto++] = from.state;
            first = false;
            continue;
        }
        w->passed++;
        w->pending++;
        w->room -= end - w->scratch;
        while (end-- > w->scratch)
            w->waiting[count++] = (ksm_onward){*end, w->face.stood[actor]};
    }
    return upto;
}

/* The successors from `from` on, where every step is taken, with right movers gone on from. */
static uint32_t follow_all(ksm_thread *w, uint32_t from, uint32_t upto)
{
    uint32_t outcomes[KSM_MOST_ACTORS], stood[KSM_MOST_ACTORS], at = from;
    const uint32_t first = upto;
    memcpy(outcomes, w->face.outcomes, sizeof outcomes);
    memcpy(stood, w->face.stood, sizeof stood);
    w->room = KSM_MOST_ONWARD;
    for (uint32_t actor = 0; at < first; actor++)
        for (uint32_t i = 0; i < outcomes[actor]; i++)
            upto = follow(w, at++, upto, actor, stood[actor]);
    return upto;
}

/* Append the successors of one state to the batch, or park it when an answer is missing. */
static void expand(ksm_thread *w, uint32_t number)
{
    ksm_search *s = w->search;
    uint64_t word[KSM_WORDS], pending = w->pending;
    const uint64_t left_out = w->face.left_out, passed = w->passed;
    ksm_load(s, number, word);
    w->current = number;
    w->face.missed = false;
    ksm_successor *out = w->batch + w->batched;
    uint32_t upto = (uint32_t)(ksm_expand(word, out, &w->face) - w->batch);
    const bool stuck = upto == w->batched && w->pending == pending;
    if (s->options.merge && w->face.whole && !w->face.missed)
        upto = follow_all(w, w->batched, upto);
    if (s->options.merge)
        for (uint32_t i = w->batched; i < upto; i++)
            if (!w->face.missed && !stored_already(w, w->batch + i))
                run_through(w, w->batch + i);
    if (!w->face.missed)
        ksm_canonise(w, w->batched, upto);
    if (w->face.missed) {
        w->pending = pending;
        w->face.left_out = left_out;
        w->passed = passed;
        if (!ksm_tasks_add(&w->parked, number, KSM_CHECK_NONE))
            ksm_stop(s, KSM_NO_MEMORY);
        return;
    }
    if (stuck && ksm_model.deadlock && !ksm_over(word))
        record(w, 0, s->depth, number, 0, NULL);
    ksm_announce(w, w->batched, upto);
    w->batched = upto;
}

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
