/* A search from outside: open, run, watch, read the results, close. */
#include <stdlib.h>
#include <string.h>

#include "search.h"

/* Successors of one state, with those that are followed after right movers. */
static uint32_t most_successors(void)
{
    return KSM_MOST_ONWARD + 2 * ksm_model.fanout;
}

/* Room that a batch needs: it is looked up when full, and the last state may overfill it. */
static uint32_t batch_room(void)
{
    uint32_t room = KSM_BATCH + most_successors();
    return room > ksm_model.initials ? room : ksm_model.initials;
}

static bool open_threads(ksm_search *s)
{
    s->threads = calloc(s->workers, sizeof *s->threads);
    if (!s->threads)
        return false;
    for (uint32_t i = 0; i < s->workers; i++) {
        ksm_thread *w = s->threads + i;
        w->search = s;
        w->batch = aligned_alloc(64, ksm_round_up(batch_room() * sizeof *w->batch, 64));
        w->face.fired = calloc(ksm_model.steps + 1, 1);
        w->face.arms = calloc(ksm_model.local_states + 1, sizeof *w->face.arms);
        w->face.tables = s->options.tables;
        w->face.seen = s->seen;
        w->face.aim = s->options.aim;
        w->face.unrenamed = s->options.unrenamed;
        w->face.pending = s->pending;
        w->scratch = malloc((ksm_model.fanout + 1) * sizeof *w->scratch);
        w->waiting = malloc(most_successors() * sizeof *w->waiting);
        w->face.mover = KSM_NONE;
        if (!w->batch || !w->face.fired || !w->face.arms || !w->scratch || !w->waiting)
            return false;
    }
    return true;
}

/* Address space for as many states as the limits and 32-bit numbers allow. */
static bool open_store(ksm_search *s)
{
    uint64_t each = KSM_BYTES + sizeof(uint32_t), most = s->options.memory_limit / each + s->chunk;
    most = most < KSM_NONE - 1 ? most : KSM_NONE - 1;
    most = most / s->chunk * s->chunk;
    bool lossy = s->options.visited != KSM_EXACT;
    for (; most >= s->chunk; most = most / 2 / s->chunk * s->chunk) {
        if (ksm_reserve(&s->store, most * KSM_BYTES) &&
            ksm_reserve(&s->parents, most * sizeof(uint32_t)) &&
            (!lossy || ksm_reserve(&s->ordinals, most * sizeof(uint16_t))))
            return true;
        ksm_release(&s->store);
        ksm_release(&s->parents);
        ksm_release(&s->ordinals);
    }
    return false;
}

/* An exact table starts small and grows; a lossy one takes half of the memory at once. */
static bool open_table(ksm_search *s)
{
    uint32_t bits = 18;
    if (s->options.visited != KSM_EXACT) {
        uint64_t half = s->options.memory_limit / 2 / sizeof(uint32_t);
        for (bits = 10; bits < 36 && ((uint64_t)2 << bits) <= half; bits++)
            ;
    } else {
        while (((uint64_t)1 << bits) < (uint64_t)s->workers * 8 * s->chunk)
            bits++;
    }
    if (!ksm_new_table(s, bits))
        return false;
    if (s->options.visited != KSM_EXACT)
        s->fill_limit = KSM_NONE - 1;
    return true;
}

ksm_search *ksm_open(const ksm_options *options)
{
    ksm_search *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->options = *options;
    s->workers = options->workers ? options->workers : 1;
    s->chunk = KSM_CHUNK;
    while (s->chunk < batch_room())
        s->chunk *= 2;
    s->budget = options->max_states;
    s->setup_fault = KSM_NONE;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->arrived, NULL);
    s->found = calloc(ksm_finding_slots(), sizeof *s->found);
    s->seen = calloc(ksm_model.witnesses + 1, 1);
    s->pending = malloc((ksm_model.flags / 64 + 1) * sizeof *s->pending);
    if (!s->found || !s->seen || !s->pending || !open_threads(s) || !open_store(s) ||
        !open_table(s)) {
        ksm_close(s);
        return NULL;
    }
    for (uint32_t i = 0; i < ksm_finding_slots(); i++)
        s->found[i].depth = KSM_NONE;
    memset(s->pending, 0xff, (ksm_model.flags / 64 + 1) * sizeof *s->pending);
    return s;
}

/* What is stored for the outcomes of the setup; again until nothing asked is without an answer. */
static uint32_t run_setup(ksm_thread *w)
{
    for (;;) {
        w->face.missed = false;
        uint32_t count = (uint32_t)(ksm_initial(w->batch, &w->face) - w->batch);
        if (!w->face.missed)
            ksm_canonise(w, 0, count);
        if (!w->face.missed)
            return count;
        ksm_answer_all(w->search);
        if (w->search->stop)
            return 0;
    }
}

/* Check what is stored and could not be checked when it was, while no worker runs. */
static void check_the_rest(ksm_search *s)
{
    for (;;) {
        for (uint32_t i = 0; i < s->workers; i++)
            ksm_check_again(s->threads + i);
        if (!ksm_checks_left(s) || s->stop)
            return;
        ksm_answer_all(s);
    }
}

/* At a limit all that is stored is checked before the search ends. */
static void check_at_limit(ksm_search *s)
{
    const uint32_t reason = s->stop;
    if (reason != KSM_STATE_LIMIT + 1 && reason != KSM_MEMORY_LIMIT + 1)
        return;
    ksm_forget_asked(s);
    s->stop = 0;
    check_the_rest(s);
    s->stop = s->stop ? s->stop : reason;
}

/* Run the setup and make its outcomes the first level. The reason to stop at once, or none. */
static void start(ksm_search *s)
{
    ksm_thread *w = s->threads;
    s->started = s->starting = true;
    w->current = KSM_NONE;
    w->batched = run_setup(w);
    s->starting = false;
    if (s->stop)
        return;
    if (s->setup_fault != KSM_NONE || !w->batched) {
        ksm_stop(s, KSM_NO_START);
        return;
    }
    ksm_announce(w, 0, w->batched);
    if (!ksm_flush(w)) {
        if (!s->stop)
            ksm_stop(s, KSM_NO_MEMORY);
        return;
    }
    check_the_rest(s);
    w->transitions = w->expanded = 0;
    if (!ksm_spans_add(&s->next, 0, w->free.begin) || !ksm_cut_level(s, &s->next))
        ksm_stop(s, KSM_NO_MEMORY);
    s->next.count = 0;
    w->logged = w->free.begin;
    if (!s->options.all && ksm_violated(s))
        ksm_stop(s, KSM_VIOLATED);
    else if (s->options.max_depth == 0)
        ksm_stop(s, KSM_DEPTH_LIMIT);
}

static bool add_tasks(ksm_spans *spans, const ksm_tasks *tasks, uint64_t from)
{
    bool complete = true;
    for (uint64_t i = from; i < tasks->count; i++)
        complete &= ksm_spans_add(spans, tasks->items[i].state, tasks->items[i].state + 1);
    return complete;
}

/* What is left of the level, as its new spans: untaken, and taken but not expanded. */
static bool collect_rest(ksm_search *s)
{
    ksm_spans rest = {0};
    bool complete = true;
    for (uint32_t i = 0; i < s->workers; i++) {
        ksm_thread *w = s->threads + i;
        if (w->batched || w->pending) {
            w->block.begin = w->restart;
            w->retaken = w->retaken_before;
            w->parked.count = w->parked_before;
        }
        w->batched = 0;
        w->pending = 0;
        complete &= ksm_spans_add(&rest, w->block.begin, w->block.end) &
                    add_tasks(&rest, &w->again, w->retaken) & add_tasks(&rest, &w->parked, 0);
        w->block.begin = w->block.end = w->restart = 0;
        w->again.count = w->retaken = w->retaken_before = 0;
        w->parked.count = w->parked_before = 0;
    }
    for (uint64_t i = 0; i < s->level.count; i++) {
        ksm_span span = s->level.items[i];
        uint64_t taken = s->cursor > s->starts[i] ? s->cursor - s->starts[i] : 0;
        if (taken < span.end - span.begin)
            complete &= ksm_spans_add(&rest, span.begin + (uint32_t)taken, span.end);
    }
    complete &= ksm_cut_level(s, &rest);
    free(rest.items);
    return complete;
}

uint32_t ksm_run(ksm_search *s)
{
    s->phase = KSM_EXPAND;
    s->stop = s->pause = s->grow = 0;
    if (!s->started)
        start(s);
    if (s->stop)
        return s->stop - 1;
    uint32_t running = 1;
    for (; running < s->workers; running++)
        if (pthread_create(&s->threads[running].thread, NULL, ksm_work, s->threads + running))
            break;
    if (running < s->workers) {
        /* The machine refuses threads: the ones that run must not wait for the others. */
        pthread_mutex_lock(&s->lock);
        s->workers = running;
        pthread_mutex_unlock(&s->lock);
    }
    ksm_work(s->threads);
    for (uint32_t i = 1; i < running; i++)
        pthread_join(s->threads[i].thread, NULL);
    check_at_limit(s);
    if (!collect_rest(s))
        return KSM_NO_MEMORY;
    return s->stop - 1;
}

void ksm_interrupt(ksm_search *s)
{
    ksm_stop(s, KSM_INTERRUPTED);
}

void ksm_read_counters(ksm_search *s, ksm_counters *out)
{
    memset(out, 0, sizeof *out);
    uint64_t expanded = 0;
    for (uint32_t i = 0; i < s->workers; i++) {
        expanded += __atomic_load_n(&s->threads[i].expanded, __ATOMIC_RELAXED);
        out->states += __atomic_load_n(&s->threads[i].states, __ATOMIC_RELAXED);
        out->transitions += __atomic_load_n(&s->threads[i].transitions, __ATOMIC_RELAXED);
        out->left_out += __atomic_load_n(&s->threads[i].face.left_out, __ATOMIC_RELAXED);
        out->passed += __atomic_load_n(&s->threads[i].passed, __ATOMIC_RELAXED);
    }
    out->frontier = out->states > expanded ? out->states - expanded : 0;
    out->depth = __atomic_load_n(&s->deepest, __ATOMIC_RELAXED);
    out->memory = ksm_memory(s);
    out->table_bytes = s->table.committed;
}

const ksm_finding *ksm_findings(ksm_search *s)
{
    return s->found;
}

uint32_t ksm_setup_fault(ksm_search *s)
{
    return s->setup_fault;
}

const uint8_t *ksm_witnessed(ksm_search *s)
{
    return s->seen;
}

void ksm_read_fired(ksm_search *s, uint8_t *out)
{
    memset(out, 0, ksm_model.steps);
    for (uint32_t i = 0; i < s->workers; i++)
        for (uint32_t step = 0; step < ksm_model.steps; step++)
            out[step] |= s->threads[i].face.fired[step];
}

uint64_t ksm_read_arms(ksm_search *s, uint32_t *state, uint64_t *arms, uint64_t room)
{
    uint64_t count = 0;
    for (uint32_t number = 0; number < ksm_model.local_states; number++) {
        uint64_t entered = 0;
        for (uint32_t i = 0; i < s->workers; i++)
            entered |= s->threads[i].face.arms[number];
        if (entered && count < room) {
            state[count] = number;
            arms[count] = entered;
        }
        count += entered != 0;
    }
    return count;
}

/* Run the steps again along the parent links, where the states themselves are gone. */
static void retrace(ksm_search *s, uint32_t state, uint64_t *out, uint64_t length)
{
    ksm_thread *w = s->threads;
    uint16_t *choice = malloc(length * sizeof *choice);
    if (!choice) {
        memset(out, 0, length * KSM_WORDS * sizeof *out);
        return;
    }
    for (uint64_t i = length; i-- > 0; state = *ksm_parent(s, state))
        choice[i] = *ksm_ordinal(s, state);
    s->starting = true; /* findings are known already */
    ksm_initial(w->batch, &w->face);
    for (uint64_t i = 0; i < length; i++) {
        memcpy(out + i * KSM_WORDS, w->batch[choice[i]].word, KSM_WORDS * sizeof *out);
        ksm_expand(out + i * KSM_WORDS, w->batch, &w->face);
    }
    s->starting = false;
    free(choice);
}

uint64_t ksm_path(ksm_search *s, uint32_t state, uint64_t *out, uint64_t room)
{
    uint64_t length = 0;
    for (uint32_t at = state; at != KSM_NONE; at = *ksm_parent(s, at))
        length++;
    if (room < length)
        return length;
    if (s->options.visited != KSM_EXACT) {
        retrace(s, state, out, length);
        return length;
    }
    for (uint64_t i = length; i-- > 0; state = *ksm_parent(s, state))
        ksm_load(s, state, out + i * KSM_WORDS);
    return length;
}

void ksm_close(ksm_search *s)
{
    for (uint32_t i = 0; s->threads && i < s->workers; i++) {
        free(s->threads[i].batch);
        free(s->threads[i].scratch);
        free(s->threads[i].waiting);
        free(s->threads[i].face.fired);
        free(s->threads[i].face.arms);
        free(s->threads[i].asked.known);
        free(s->threads[i].parked.items);
        free(s->threads[i].again.items);
        free(s->threads[i].checks.items);
    }
    free(s->threads);
    ksm_release(&s->store);
    ksm_release(&s->parents);
    ksm_release(&s->ordinals);
    ksm_release(&s->table);
    free(s->level.items);
    free(s->next.items);
    free(s->holes.items);
    free(s->starts);
    free(s->found);
    free(s->seen);
    free(s->pending);
    pthread_mutex_destroy(&s->lock);
    free(s->answers.known);
    free(s->extra);
    pthread_cond_destroy(&s->arrived);
    free(s);
}
