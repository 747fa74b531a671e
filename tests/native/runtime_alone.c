/*
 * The runtime without any generator: a hand-written model of two counters, 0..SIDE-1 each, that
 * count up and stop; and the parts of the runtime one by one. Prints what fails; 0 when nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "search.h"

#include "visited.h"

#define SIDE 300

static int failures;

#define EXPECT(condition)                                                          \
    do {                                                                           \
        if (!(condition)) {                                                        \
            printf("line %d: %s\n", __LINE__, #condition);                         \
            failures++;                                                            \
        }                                                                          \
    } while (0)

/* ---- the model ------------------------------------------------------------------------------ */

static const uint32_t no_edges[] = {0};

const ksm_model_facts ksm_model = {
    .words = KSM_WORDS, .bytes = KSM_BYTES, .fanout = 2, .initials = 1, .faults = 1,
    .properties = 1, .witnesses = 1, .flags = 0, .steps = 2, .deadlock = 1,
    .before = no_edges, .after = no_edges,
};

static bool ask_conditions, ask_checks;

static ksm_successor *append(ksm_successor *o, uint64_t a, uint64_t b)
{
    for (int i = 0; i < KSM_WORDS; i++)
        o->word[i] = 0;
    o->word[0] = a | b << 32;
    o->check = KSM_CHECK_ALL;
    return o + 1;
}

ksm_successor *ksm_expand(const uint64_t *s, ksm_successor *o, ksm_worker *w)
{
    uint64_t a = s[0] & UINT32_MAX, b = s[0] >> 32;
    if (ask_conditions) {
        ksm_dialogue dialogue;
        ksm_begin(w, &dialogue, (uint32_t)a);
        int64_t sum = 0;
        do
            sum += ksm_ask(w, 7, 1) + 10 * ksm_ask(w, 8, 2);
        while (ksm_advance(&dialogue));
        /* the three ways: 1 and 2; 1 and 3; 4, under which the second question has one answer */
        if (sum != 1 + 20 + 1 + 30 + 4 + 50)
            ksm_fault(w, 0);
    }
    if (a + 1 < SIDE) {
        o = append(o, a + 1, b);
        w->fired[0] = 1;
    }
    if (b + 1 < SIDE) {
        o = append(o, a, b + 1);
        w->fired[1] = 1;
    }
    if (a == 100 && b == 100)
        ksm_fault(w, 0);
    return o;
}

ksm_successor *ksm_initial(ksm_successor *o, ksm_worker *w)
{
    (void)w;
    return append(o, 0, 0);
}

void ksm_check(uint32_t check, const uint64_t *s, ksm_worker *w)
{
    uint64_t a = s[0] & UINT32_MAX, b = s[0] >> 32;
    (void)check;
    if (ask_checks) {
        ksm_dialogue dialogue;
        ksm_begin(w, &dialogue, (uint32_t)(a + b));
        ksm_ask(w, 7, 1);
        w->now = NULL;
        if (dialogue.lost)
            return;
    }
    if (a + b == 250)
        ksm_violation(w, 0, (uint32_t)(a & 1));
    if (a == 5)
        __atomic_store_n(w->seen, 1, __ATOMIC_RELAXED);
}

bool ksm_over(const uint64_t *s)
{
    return (s[0] & UINT32_MAX) == SIDE - 1 && s[0] >> 32 == SIDE - 1;
}

/* ---- tests ---------------------------------------------------------------------------------- */

static ksm_options options(uint32_t workers, uint32_t all)
{
    return (ksm_options){.max_states = UINT64_MAX, .max_depth = UINT64_MAX,
                         .memory_limit = (uint64_t)512 << 20, .workers = workers, .all = all};
}

static void whole_space(uint32_t workers, uint32_t visited)
{
    ksm_options wanted = options(workers, 1);
    wanted.visited = visited;
    ksm_search *s = ksm_open(&wanted);
    ksm_counters now;
    uint8_t fired[2];
    EXPECT(ksm_run(s) == KSM_EXHAUSTED);
    ksm_read_counters(s, &now);
    EXPECT(now.states == SIDE * SIDE || visited != KSM_EXACT);
    EXPECT(now.transitions == 2 * SIDE * (SIDE - 1) + 1 || visited != KSM_EXACT);
    EXPECT(now.depth == 2 * (SIDE - 1) && now.frontier == 0);
    const ksm_finding *found = ksm_findings(s);
    EXPECT(found[0].depth == KSM_NONE); /* the last state is over, so it is no deadlock */
    EXPECT(found[1].depth == 201);
    EXPECT(found[2].depth == 250);
    EXPECT(ksm_witnessed(s)[0]);
    ksm_read_fired(s, fired);
    EXPECT(fired[0] && fired[1]);
    ksm_close(s);
}

static void first_violation(uint32_t workers)
{
    ksm_options wanted = options(workers, 0);
    ksm_search *s = ksm_open(&wanted);
    EXPECT(ksm_run(s) == KSM_VIOLATED);
    const ksm_finding *found = ksm_findings(s) + 1;
    EXPECT(found->depth == 201);
    uint64_t length = ksm_path(s, found->state, NULL, 0);
    EXPECT(length == 201);
    uint64_t *path = malloc(length * KSM_WORDS * sizeof *path);
    EXPECT(ksm_path(s, found->state, path, length) == length);
    for (uint64_t i = 0; i < length; i++) {
        uint64_t word = path[i * KSM_WORDS];
        EXPECT((word & UINT32_MAX) + (word >> 32) == i);
    }
    free(path);
    ksm_close(s);
}

static void stops_and_goes_on(void)
{
    ksm_options wanted = options(2, 1);
    ksm_search *s = ksm_open(&wanted);
    ksm_counters now;
    ksm_interrupt(s); /* before it runs: forgotten, as nobody waits for it */
    EXPECT(ksm_run(s) == KSM_EXHAUSTED);
    ksm_close(s);
    wanted.max_depth = 10;
    s = ksm_open(&wanted);
    EXPECT(ksm_run(s) == KSM_DEPTH_LIMIT);
    ksm_read_counters(s, &now);
    EXPECT(now.states == 66 && now.frontier == 11);
    ksm_close(s);
}

static uint64_t asked_first;

/* The first question has two answers; the second has two under the first of them, else one. */
static int oracle(ksm_answers *asked)
{
    bool split = asked->question == 7 || asked->condition < 1000;
    EXPECT(asked->operands == asked->question - 6);
    asked->count = split ? 2 : 1;
    asked->answer[0] = asked->question == 7 ? 1 : split ? 2 : 5;
    asked->answer[1] = asked->question == 7 ? 4 : 3;
    asked->next[0] = asked->condition;
    asked->next[1] = asked->condition + 1000;
    asked_first += asked->question == 7;
    return 0;
}

static int nobody(ksm_answers *asked)
{
    return asked->condition == 5;
}

/* Every value of `a` is asked once by all workers; the counts are as if nobody had asked. */
static void questions(uint32_t workers, uint32_t visited)
{
    ask_conditions = true;
    asked_first = 0;
    ksm_options wanted = options(workers, 1);
    wanted.oracle = oracle;
    wanted.visited = visited;
    ksm_search *s = ksm_open(&wanted);
    EXPECT(ksm_run(s) == KSM_EXHAUSTED);
    EXPECT(asked_first == SIDE);
    ksm_counters now;
    ksm_read_counters(s, &now);
    EXPECT(now.states == SIDE * SIDE && now.transitions == 2 * SIDE * (SIDE - 1) + 1);
    EXPECT(ksm_findings(s)[1].depth == 201 && ksm_findings(s)[2].depth == 250);
    EXPECT(now.frontier == 0);
    ksm_close(s);
    wanted.oracle = nobody;
    s = ksm_open(&wanted);
    EXPECT(ksm_run(s) == KSM_UNANSWERED);
    ksm_close(s);
    ask_conditions = false;
}

/* Every question is a question of a check, too: states are checked, at whatever limit. */
static void waits_for_a_check(uint32_t workers)
{
    ask_checks = true;
    ksm_options wanted = options(workers, 1);
    wanted.oracle = oracle;
    ksm_search *s = ksm_open(&wanted);
    EXPECT(ksm_run(s) == KSM_EXHAUSTED);
    EXPECT(ksm_findings(s)[2].depth == 250 && ksm_witnessed(s)[0]);
    ksm_close(s);
    wanted.max_states = 251 * 252 / 2; /* which several workers need not use up */
    wanted.workers = 1;
    s = ksm_open(&wanted);
    EXPECT(ksm_run(s) == KSM_STATE_LIMIT);
    EXPECT(ksm_findings(s)[2].depth == 250 && ksm_witnessed(s)[0]);
    ksm_close(s);
    ask_checks = false;
}

/* Symbols 9, 3 and 9 again become 1, 2 and 1; 0 stays. */
static int renumber(ksm_answers *asked)
{
    EXPECT(asked->question == KSM_SETTLE + 4 && asked->operands == (9 | 3 << 4));
    asked->count = 1;
    asked->next[0] = 77;
    asked->numbers = 1 | 2 << 4;
    return 0;
}

static void settles(void)
{
    static const ksm_cell cells[] = {{0, 60}, {0, 0}, {0, 4}, {0, 12}};
    ksm_options wanted = options(1, 1);
    wanted.oracle = renumber;
    ksm_search *s = ksm_open(&wanted);
    ksm_dialogue dialogue;
    uint64_t word[KSM_WORDS] = {(uint64_t)9 << 60 | 0x9a03};
    ksm_begin(&s->threads[0].face, &dialogue, 5);
    ksm_settle(&s->threads[0].face, word, cells, 4, 4);
    EXPECT(dialogue.lost && word[0] == ((uint64_t)9 << 60 | 0x9a03));
    ksm_answer_all(s);
    ksm_begin(&s->threads[0].face, &dialogue, 5);
    ksm_settle(&s->threads[0].face, word, cells, 4, 4);
    EXPECT(word[0] == ((uint64_t)1 << 60 | 0x1a02));
    EXPECT(dialogue.condition == 77);
    ksm_close(s);
}

static void checkpoint(const char *path)
{
    uint8_t digest[32] = {1, 2, 3}, other[32] = {3, 2, 1};
    ksm_options wanted = options(2, 1);
    wanted.max_states = 20000;
    ksm_search *s = ksm_open(&wanted);
    EXPECT(ksm_run(s) == KSM_STATE_LIMIT);
    EXPECT(ksm_save(s, path, digest, (const uint8_t *)"what else", 9) == 0);
    ksm_close(s);
    wanted.max_states = UINT64_MAX;
    for (wanted.workers = 1; wanted.workers <= 3; wanted.workers++) {
        s = ksm_open(&wanted);
        EXPECT(ksm_restore(s, path, other) == -2);
        EXPECT(ksm_restore(s, path, digest) == 0);
        uint64_t size;
        const uint8_t *extra = ksm_extra(s, &size);
        EXPECT(size == 9 && !memcmp(extra, "what else", 9));
        EXPECT(ksm_run(s) == KSM_EXHAUSTED);
        ksm_counters now;
        ksm_read_counters(s, &now);
        EXPECT(now.states == SIDE * SIDE && now.transitions == 2 * SIDE * (SIDE - 1) + 1);
        EXPECT(ksm_findings(s)[2].depth == 250);
        ksm_close(s);
    }
    EXPECT(ksm_save(s = ksm_open(&wanted), "/no such folder/file", digest, NULL, 0) > 0);
    ksm_close(s);
}

/* A line that is full sends the next one on, and every state is found again. */
static void full_lines(void)
{
    ksm_options wanted = options(1, 1);
    ksm_search *s = ksm_open(&wanted);
    ksm_commit(&s->store, 4096 * KSM_BYTES);
    ksm_successor e = {0};
    for (uint32_t round = 0; round < 2; round++)
        for (uint32_t i = 0; i < 50; i++) {
            e.word[0] = i;
            e.hash = (uint64_t)i % 3; /* all on the first line, with three tags */
            EXPECT(ksm_known(s, &e, false) == (round == 1));
            EXPECT(ksm_insert(s, &e, i, false) == (round == 0));
        }
    e.word[0] = 50;
    EXPECT(!ksm_known(s, &e, false));
    ksm_close(s);
}

int main(int count, char **arguments)
{
    for (uint32_t workers = 1; workers <= 4; workers++) {
        whole_space(workers, KSM_EXACT);
        first_violation(workers);
        questions(workers, KSM_EXACT);
        questions(workers, KSM_COMPACT);
        waits_for_a_check(workers);
    }
    for (uint32_t visited = KSM_COMPACT; visited <= KSM_BITSTATE; visited++) {
        whole_space(1, visited);
        whole_space(2, visited);
    }
    stops_and_goes_on();
    full_lines();
    settles();
    checkpoint(count > 1 ? arguments[1] : "checkpoint");
    printf("%d failures\n", failures);
    return failures != 0;
}
