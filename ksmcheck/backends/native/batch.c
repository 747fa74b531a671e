/*
 * New states: their numbers, the memory for them, and the batch of successors that is looked up in the
 * visited set. A part of runtime.c.
 */

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
