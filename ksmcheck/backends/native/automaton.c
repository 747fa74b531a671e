/*
 * Room for symbolic path conditions: a state field holds the number of a condition, and a branch
 * on symbols moves along an edge (condition, atom, outcome) -> condition or "infeasible". The edges
 * known so far are in a table that grows while the search runs. At an edge that nobody has answered
 * the expansion of the state is dropped, the state is set aside and the edge becomes a question;
 * when the rest of the level is done the search stops, is given the answers, and goes on.
 */
#include <stdlib.h>
#include <string.h>

#include "search.h"

static uint64_t home_of(const ksm_automaton *a, uint32_t condition, uint32_t atom, uint32_t outcome)
{
    uint64_t key = (uint64_t)condition << 32 | atom;
    return ksm_fold(key ^ 0xe7037ed1a0b428dbu, outcome ^ 0xa0761d6478bd642fu) & a->mask;
}

static bool is_edge(const ksm_edge *e, uint32_t condition, uint32_t atom, uint32_t outcome)
{
    return e->condition == condition && e->atom == atom && e->outcome == outcome;
}

/* The place of an edge in the table, or the free place where it would be. */
static ksm_edge *find_edge(ksm_automaton *a, uint32_t condition, uint32_t atom, uint32_t outcome)
{
    uint64_t at = home_of(a, condition, atom, outcome);
    while (a->edges[at].outcome != KSM_NONE && !is_edge(a->edges + at, condition, atom, outcome))
        at = (at + 1) & a->mask;
    return a->edges + at;
}

/* Note a question, once. */
static void ask(ksm_automaton *a, uint32_t condition, uint32_t atom, uint32_t outcome)
{
    for (uint64_t i = 0; i < a->asked; i++)
        if (is_edge(a->questions + i, condition, atom, outcome))
            return;
    if (a->asked == a->room) {
        uint64_t room = a->room ? 2 * a->room : 64;
        ksm_edge *questions = realloc(a->questions, room * sizeof *questions);
        if (!questions)
            return; /* it is asked again after the answers to the others */
        a->questions = questions;
        a->room = room;
    }
    a->questions[a->asked++] = (ksm_edge){condition, atom, outcome, 0};
}

uint32_t ksm_condition(ksm_worker *face, uint32_t condition, uint32_t atom, uint32_t outcome)
{
    ksm_thread *w = (ksm_thread *)face;
    ksm_automaton *a = &w->search->automaton;
    if (a->edges) {
        /* Answers are only added while no worker runs, so reading needs no lock. */
        ksm_edge *edge = find_edge(a, condition, atom, outcome);
        if (edge->outcome != KSM_NONE)
            return edge->answer;
    }
    w->asked = true;
    pthread_mutex_lock(&w->search->lock);
    ask(a, condition, atom, outcome);
    pthread_mutex_unlock(&w->search->lock);
    return KSM_NONE;
}

/* Make the table so big that `more` further edges leave half of it free. */
static bool grow_automaton(ksm_automaton *a, uint64_t more)
{
    uint64_t size = a->edges ? a->mask + 1 : 0, wanted = size ? size : 1024;
    while (wanted < 2 * (a->count + more))
        wanted *= 2;
    if (wanted == size)
        return true;
    ksm_automaton bigger = {.mask = wanted - 1, .edges = malloc(wanted * sizeof(ksm_edge))};
    if (!bigger.edges)
        return false;
    memset(bigger.edges, 0xff, wanted * sizeof(ksm_edge));
    for (uint64_t i = 0; i < size; i++) {
        const ksm_edge *e = a->edges + i;
        if (e->outcome != KSM_NONE)
            *find_edge(&bigger, e->condition, e->atom, e->outcome) = *e;
    }
    free(a->edges);
    a->edges = bigger.edges;
    a->mask = bigger.mask;
    return true;
}

uint64_t ksm_questions(ksm_search *s, ksm_edge *out, uint64_t room)
{
    for (uint64_t i = 0; out && i < s->automaton.asked && i < room; i++)
        out[i] = s->automaton.questions[i];
    return s->automaton.asked;
}

void ksm_answer(ksm_search *s, const ksm_edge *edges, uint64_t count)
{
    ksm_automaton *a = &s->automaton;
    a->asked = 0;
    if (!grow_automaton(a, count))
        return;
    for (uint64_t i = 0; i < count; i++) {
        ksm_edge *place = find_edge(a, edges[i].condition, edges[i].atom, edges[i].outcome);
        a->count += place->outcome == KSM_NONE;
        *place = edges[i];
    }
}
