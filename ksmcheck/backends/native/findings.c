/*
 * What is found: the shortest way to each violation, fault and flag. A part of runtime.c.
 */

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
