/*
 * One state: its successors, and with merging what they are run through to. A part of runtime.c.
 */

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
