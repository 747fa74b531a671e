/*
 * Symbols. A state field holds the number of a condition, which says what is known of the symbols;
 * a question leads from a condition, by each of its answers, to another one. Answers are kept. At
 * a question without one a worker sets the state aside and goes on with others; when enough are
 * set aside, or the level has no others, all workers stop at the barrier, everything that was asked
 * is answered at once by the engine's interface outside, and the states are taken again.
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

/* The place of a question, or the free place where it would be; there is room. */
static ksm_answers *place_of(const ksm_questions *m, const ksm_answers *like)
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
static bool grow(ksm_questions *m)
{
    uint64_t size = m->known ? m->mask + 1 : 0;
    if (m->known && 2 * (m->count + 1) < size)
        return true;
    ksm_questions bigger = {.mask = (size ? 2 * size : 1024) - 1, .count = m->count};
    bigger.known = malloc((bigger.mask + 1) * sizeof *bigger.known);
    if (!bigger.known)
        return false;
    for (uint64_t i = 0; i <= bigger.mask; i++)
        bigger.known[i].question = KSM_NONE;
    for (uint64_t i = 0; i < size; i++)
        if (m->known[i].question != KSM_NONE)
            *place_of(&bigger, m->known + i) = m->known[i];
    free(m->known);
    *m = bigger;
    return true;
}

/* Put a question where it is not yet; false when there is no memory. */
static bool keep(ksm_questions *m, const ksm_answers *question)
{
    if (!grow(m))
        return false;
    ksm_answers *place = place_of(m, question);
    m->count += place->question == KSM_NONE;
    *place = *question;
    return true;
}

/* The answers to a question; none when they are not known, and then the way is lost. */
static const ksm_answers *answers(ksm_thread *w, uint32_t question, uint64_t operands)
{
    ksm_search *s = w->search;
    ksm_dialogue *d = w->face.now;
    if (d->lost)
        return &unanswered;
    ksm_answers asked = {.condition = d->condition, .question = question, .operands = operands};
    if (s->answers.known) {
        const ksm_answers *place = place_of(&s->answers, &asked);
        if (place->question != KSM_NONE)
            return place;
    }
    if (!keep(&w->asked, &asked))
        ksm_stop(s, KSM_NO_MEMORY);
    d->lost = w->face.missed = true;
    return &unanswered;
}

/* Ask the oracle what one worker met. A search that is to stop does not wait for the rest. */
static void answer_worker(ksm_search *s, const ksm_questions *asked)
{
    for (uint64_t i = 0; asked->count && i <= asked->mask && !s->stop; i++) {
        ksm_answers question = asked->known[i];
        if (question.question == KSM_NONE ||
            (s->answers.known && place_of(&s->answers, &question)->question != KSM_NONE))
            continue;
        if (!s->options.oracle || s->options.oracle(&question))
            ksm_stop(s, KSM_UNANSWERED);
        else if (!keep(&s->answers, &question))
            ksm_stop(s, KSM_NO_MEMORY);
    }
}

void ksm_forget_asked(ksm_search *s)
{
    for (uint32_t i = 0; i < s->workers; i++) {
        ksm_questions *asked = &s->threads[i].asked;
        for (uint64_t k = 0; asked->count && k <= asked->mask; k++)
            asked->known[k].question = KSM_NONE;
        asked->count = 0;
    }
}

/* Answer everything that was asked, and forget that it was; no worker runs meanwhile. */
void ksm_answer_all(ksm_search *s)
{
    for (uint32_t i = 0; i < s->workers; i++)
        answer_worker(s, &s->threads[i].asked);
    ksm_forget_asked(s);
}

bool ksm_tasks_add(ksm_tasks *tasks, uint32_t state, uint32_t check)
{
    if (tasks->count == tasks->room) {
        uint64_t room = tasks->room ? 2 * tasks->room : 64;
        ksm_task *items = realloc(tasks->items, room * sizeof *items);
        if (!items)
            return false;
        tasks->items = items;
        tasks->room = room;
    }
    tasks->items[tasks->count++] = (ksm_task){state, check};
    return true;
}

bool ksm_checks_left(const ksm_search *s)
{
    for (uint32_t i = 0; i < s->workers; i++)
        if (s->threads[i].checks.count)
            return true;
    return false;
}

/* Is anything of the level waiting for answers, or taken up again and not done? */
bool ksm_tasks_left(const ksm_search *s)
{
    for (uint32_t i = 0; i < s->workers; i++) {
        const ksm_thread *w = s->threads + i;
        if (w->parked.count || w->retaken < w->again.count)
            return true;
    }
    return ksm_checks_left(s);
}

/* Check the states that could not be checked; those that still cannot be stay. */
void ksm_check_again(ksm_thread *w)
{
    uint64_t left = 0;
    for (uint64_t i = 0; i < w->checks.count; i++) {
        const ksm_task task = w->checks.items[i];
        uint64_t word[KSM_WORDS];
        ksm_load(w->search, task.state, word);
        w->checked = task.state;
        w->face.missed = false;
        ksm_check(task.check, word, &w->face);
        if (w->face.missed)
            w->checks.items[left++] = task;
    }
    w->checks.count = left;
}

uint32_t ksm_choose(ksm_worker *face, uint32_t ways)
{
    ksm_dialogue *d = face->now;
    if (d->lost)
        return 0;
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

bool ksm_less(ksm_worker *face, uint32_t one, uint32_t other)
{
    ksm_dialogue own, *const outer = face->now;
    ksm_begin(face, &own, one);
    const ksm_answers *found = answers((ksm_thread *)face, KSM_LESS, other);
    face->now = outer;
    return found->count && found->answer[0];
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
