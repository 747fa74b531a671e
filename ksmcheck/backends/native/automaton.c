/*
 * Symbols. A state field holds the number of a condition, which says what is known of the symbols;
 * a question leads from a condition, by each of its answers, to another one. Workers keep every
 * answer that they have seen; at a question that is new to them they ask the oracle, which is the
 * engine's interface outside, one at a time.
 *
 * A step that asks has several ways. It is run once for each: the dialogue repeats the answers given
 * so far and changes the last one that can still be changed. The same as in analysis/symbols.py.
 */
#include <stdlib.h>
#include <string.h>

#include "search.h"

static const ksm_answers unanswered;

static uint64_t home_of(uint64_t mask, uint32_t condition, uint32_t question, uint64_t operands)
{
    return ksm_fold(condition ^ 0xe7037ed1a0b428dbu, (operands + 0x9e3779b97f4a7c15u) ^
                    (uint64_t)question << 32) & mask;
}

/* The place of a question in the memory of a worker, or the free place where it would be. */
static ksm_answers *find_answers(ksm_memory_of_answers *m, const ksm_answers *like)
{
    uint64_t at = home_of(m->mask, like->condition, like->question, like->operands);
    for (;; at = (at + 1) & m->mask) {
        ksm_answers *place = m->known + at;
        if (place->question == KSM_NONE ||
            (place->condition == like->condition && place->question == like->question &&
             place->operands == like->operands))
            return place;
    }
}

/* Keep half of the places free. */
static bool grow_answers(ksm_memory_of_answers *m)
{
    uint64_t size = m->known ? m->mask + 1 : 0;
    if (m->known && 2 * (m->count + 1) < size)
        return true;
    ksm_memory_of_answers bigger = {.mask = (size ? 2 * size : 1024) - 1, .count = m->count};
    bigger.known = malloc((bigger.mask + 1) * sizeof *bigger.known);
    if (!bigger.known)
        return false;
    for (uint64_t i = 0; i <= bigger.mask; i++)
        bigger.known[i].question = KSM_NONE;
    for (uint64_t i = 0; i < size; i++)
        if (m->known[i].question != KSM_NONE)
            *find_answers(&bigger, m->known + i) = m->known[i];
    free(m->known);
    *m = bigger;
    return true;
}

/* The answers to a question; none when there is no memory, or the oracle has no answer. */
static const ksm_answers *answers(ksm_thread *w, uint32_t question, uint64_t operands)
{
    ksm_search *s = w->search;
    ksm_answers asked = {
        .condition = w->face.now->condition, .question = question, .operands = operands};
    if (!grow_answers(&w->answers)) {
        ksm_stop(s, KSM_NO_MEMORY);
        return &unanswered;
    }
    ksm_answers *place = find_answers(&w->answers, &asked);
    if (place->question != KSM_NONE)
        return place;
    pthread_mutex_lock(&s->asking);
    bool failed = s->silent || !s->options.oracle || s->options.oracle(&asked);
    s->silent |= failed;
    pthread_mutex_unlock(&s->asking);
    if (failed) {
        ksm_stop(s, KSM_UNANSWERED);
        return &unanswered;
    }
    w->answers.count++;
    *place = asked;
    return place;
}

uint32_t ksm_choose(ksm_worker *face, uint32_t ways)
{
    ksm_dialogue *d = face->now;
    if (d->taken == d->length) {
        if (d->length == KSM_SCRIPT) {
            ksm_stop(((ksm_thread *)face)->search, KSM_UNANSWERED);
            return 0;
        }
        d->script[d->length] = 0;
        d->last[d->length++] = (uint8_t)(ways - 1);
    }
    return d->script[d->taken++];
}

int64_t ksm_ask(ksm_worker *face, uint32_t question, uint64_t operands)
{
    const ksm_answers *found = answers((ksm_thread *)face, question, operands);
    if (!found->count)
        return 0;
    uint32_t way = found->count > 1 ? ksm_choose(face, found->count) : 0;
    face->now->condition = found->next[way];
    return found->answer[way];
}

void ksm_settle(ksm_worker *face, uint64_t *word, const ksm_cell *cells, uint32_t count,
                uint32_t domain)
{
    uint8_t place[KSM_SYMBOLS] = {0};
    uint64_t order = 0;
    uint32_t living = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t symbol = word[cells[i].word] >> cells[i].shift & (KSM_SYMBOLS - 1);
        if (symbol && !place[symbol]) {
            order |= symbol << 4 * living;
            place[symbol] = (uint8_t)++living;
        }
    }
    const ksm_answers *found = answers((ksm_thread *)face, KSM_SETTLE + domain, order);
    if (!found->count)
        return;
    face->now->condition = found->next[0];
    for (uint32_t i = 0; i < count; i++) {
        uint64_t *at = word + cells[i].word, symbol = *at >> cells[i].shift & (KSM_SYMBOLS - 1);
        if (!symbol)
            continue;
        uint64_t number = found->numbers >> 4 * (place[symbol] - 1) & (KSM_SYMBOLS - 1);
        *at ^= (symbol ^ number) << cells[i].shift;
    }
}
