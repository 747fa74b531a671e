/*
 * A search on disk, and back. The file: a header, then findings, seen and fired bytes, spans,
 * states that are not checked yet, states and parent links, what the engine outside wants to keep
 * (what it knows of symbols), and at the end a checksum of all that. The hash table is not
 * written: it is refilled from the states. Only an exact search can be saved.
 *
 * Results: 0, a positive error number of the system, or one of the refusals below.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "search.h"

enum { DAMAGED = -1, OTHER_MODEL = -2, NOT_EXACT = -3, TOO_BIG = -4 };

#define MAGIC "ksmcheck checkpoint 3\n"

typedef struct {
    char magic[24];
    uint8_t digest[32];
    uint32_t words, bytes;
    uint32_t slots, witnesses, steps, started;
    uint64_t allocated, depth, deepest;
    uint64_t states, transitions, expanded;
    uint64_t holes, level, next, checks, extra;
} header;

/* A file that is written or read through, with the checksum of what passed. */
typedef struct {
    FILE *file;
    uint64_t sum;
    int error;
} stream;

/* Fold bytes into the checksum, eight at a time. */
static void digest_bytes(stream *f, const void *data, uint64_t size)
{
    const uint8_t *at = data;
    for (; size >= 8; size -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        f->sum = ksm_fold(f->sum ^ word, 0x9e3779b97f4a7c15u);
    }
    for (; size; size--, at++)
        f->sum = ksm_fold(f->sum ^ *at, 0xe7037ed1a0b428dbu);
}

static void put(stream *f, const void *data, uint64_t size)
{
    if (f->error || !size)
        return;
    digest_bytes(f, data, size);
    if (fwrite(data, 1, size, f->file) != size)
        f->error = errno ? errno : EIO;
}

static void get(stream *f, void *data, uint64_t size)
{
    if (f->error || !size)
        return;
    if (fread(data, 1, size, f->file) != size)
        f->error = DAMAGED;
    else
        digest_bytes(f, data, size);
}

/* Numbers given to workers and not used are holes for whoever goes on. */
static bool collect_holes(const ksm_search *s, ksm_spans *holes)
{
    bool complete = true;
    for (uint64_t i = 0; i < s->holes.count; i++)
        complete &= ksm_spans_add(holes, s->holes.items[i].begin, s->holes.items[i].end);
    for (uint32_t i = 0; i < s->workers; i++) {
        complete &= ksm_spans_add(holes, s->threads[i].free.begin, s->threads[i].free.end);
        complete &= ksm_spans_add(holes, s->threads[i].spare.begin, s->threads[i].spare.end);
    }
    return complete;
}

/* The spans of the next level, with those that the workers have not handed in. */
static bool collect_next(const ksm_search *s, ksm_spans *next)
{
    bool complete = true;
    for (uint64_t i = 0; i < s->next.count; i++)
        complete &= ksm_spans_add(next, s->next.items[i].begin, s->next.items[i].end);
    for (uint32_t i = 0; i < s->workers; i++)
        complete &= ksm_spans_add(next, s->threads[i].logged, s->threads[i].free.begin);
    return complete;
}

/* The states that the workers could not check yet. */
static bool collect_checks(const ksm_search *s, ksm_tasks *checks)
{
    bool complete = true;
    for (uint32_t i = 0; i < s->workers; i++)
        for (uint64_t k = 0; k < s->threads[i].checks.count; k++) {
            const ksm_task task = s->threads[i].checks.items[k];
            complete &= ksm_tasks_add(checks, task.state, task.check);
        }
    return complete;
}

static header describe(ksm_search *s, const uint8_t *digest)
{
    header h;
    memset(&h, 0, sizeof h);
    memcpy(h.magic, MAGIC, sizeof MAGIC);
    memcpy(h.digest, digest, sizeof h.digest);
    h.words = KSM_WORDS;
    h.bytes = KSM_BYTES;
    h.slots = ksm_finding_slots();
    h.witnesses = ksm_model.witnesses;
    h.steps = ksm_model.steps;
    h.started = s->started;
    h.allocated = s->allocated;
    h.depth = s->depth;
    h.deepest = s->deepest;
    for (uint32_t i = 0; i < s->workers; i++) {
        h.states += s->threads[i].states;
        h.transitions += s->threads[i].transitions;
        h.expanded += s->threads[i].expanded;
    }
    h.level = s->level.count;
    return h;
}

static void put_all(stream *f, ksm_search *s, const header *h, const ksm_spans *holes,
                    const ksm_spans *next, const ksm_tasks *checks, const uint8_t *extra)
{
    uint8_t *fired = calloc(h->steps + 1, 1);
    if (!fired) {
        f->error = ENOMEM;
        return;
    }
    ksm_read_fired(s, fired);
    put(f, h, sizeof *h);
    put(f, s->found, h->slots * sizeof *s->found);
    put(f, s->seen, h->witnesses);
    put(f, fired, h->steps);
    put(f, holes->items, h->holes * sizeof(ksm_span));
    put(f, s->level.items, h->level * sizeof(ksm_span));
    put(f, next->items, h->next * sizeof(ksm_span));
    put(f, checks->items, h->checks * sizeof(ksm_task));
    put(f, s->store.base, h->allocated * KSM_BYTES);
    put(f, s->parents.base, h->allocated * sizeof(uint32_t));
    put(f, extra, h->extra);
    uint64_t sum = f->sum;
    put(f, &sum, sizeof sum);
    free(fired);
}

int ksm_save(ksm_search *s, const char *path, const uint8_t *digest, const uint8_t *extra,
             uint64_t size)
{
    if (s->options.visited != KSM_EXACT)
        return NOT_EXACT;
    ksm_spans holes = {0}, next = {0};
    ksm_tasks checks = {0};
    stream f = {fopen(path, "wb"), 0, 0};
    if (!f.file)
        return errno;
    header h = describe(s, digest);
    if (!collect_holes(s, &holes) || !collect_next(s, &next) || !collect_checks(s, &checks))
        f.error = ENOMEM;
    h.holes = holes.count;
    h.next = next.count;
    h.checks = checks.count;
    h.extra = size;
    put_all(&f, s, &h, &holes, &next, &checks, extra);
    if (fflush(f.file) && !f.error)
        f.error = errno;
    if (fclose(f.file) && !f.error)
        f.error = errno;
    free(holes.items);
    free(next.items);
    free(checks.items);
    return f.error;
}

static void get_spans(stream *f, ksm_spans *spans, uint64_t count, uint64_t allocated)
{
    spans->count = 0;
    for (uint64_t i = 0; i < count && !f->error; i++) {
        ksm_span span = {0, 0};
        get(f, &span, sizeof span);
        if (span.begin > span.end || span.end > allocated)
            f->error = DAMAGED;
        else if (!ksm_spans_add(spans, span.begin, span.end))
            f->error = ENOMEM;
    }
}

static void get_checks(stream *f, ksm_tasks *checks, uint64_t count, uint64_t allocated)
{
    for (uint64_t i = 0; i < count && !f->error; i++) {
        ksm_task task = {0, 0};
        get(f, &task, sizeof task);
        if (task.state >= allocated || task.check == KSM_CHECK_NONE)
            f->error = DAMAGED;
        else if (!ksm_tasks_add(checks, task.state, task.check))
            f->error = ENOMEM;
    }
}

/* Piece by piece, so that a size that is damaged ends with the file and not with the memory. */
static void get_extra(stream *f, ksm_search *s, uint64_t size)
{
    for (uint64_t room = 0; s->extra_size < size && !f->error;) {
        if (s->extra_size == room) {
            room = room ? 2 * room : 1 << 16;
            room = room < size ? room : size;
            uint8_t *extra = realloc(s->extra, room);
            if (!extra) {
                f->error = ENOMEM;
                return;
            }
            s->extra = extra;
        }
        get(f, s->extra + s->extra_size, room - s->extra_size);
        s->extra_size = room;
    }
}

/* Is this a checkpoint of this model, with a layout that fits? */
static int refuse(const header *h, const uint8_t *digest)
{
    if (memcmp(h->magic, MAGIC, sizeof MAGIC))
        return DAMAGED;
    if (memcmp(h->digest, digest, sizeof h->digest) || h->words != KSM_WORDS ||
        h->bytes != KSM_BYTES || h->slots != ksm_finding_slots() ||
        h->witnesses != ksm_model.witnesses || h->steps != ksm_model.steps)
        return OTHER_MODEL;
    return h->allocated < KSM_NONE ? 0 : DAMAGED;
}

/* Memory for the states of the checkpoint, and a table that they fit into. */
static bool make_place(ksm_search *s, const header *h)
{
    uint32_t bits = s->bits;
    while (((uint64_t)1 << bits) / 16 * 13 < h->allocated + (uint64_t)s->workers * 4 * s->chunk)
        bits++;
    uint64_t table = ((uint64_t)1 << bits) * sizeof(uint32_t);
    uint64_t states = h->allocated * (KSM_BYTES + sizeof(uint32_t));
    return bits <= KSM_MAX_BITS && table + states <= s->options.memory_limit &&
           ksm_commit(&s->store, h->allocated * KSM_BYTES) &&
           ksm_commit(&s->parents, h->allocated * sizeof(uint32_t)) && ksm_new_table(s, bits);
}

static void get_all(stream *f, ksm_search *s, const header *h)
{
    ksm_spans level = {0};
    get(f, s->found, h->slots * sizeof *s->found);
    get(f, s->seen, h->witnesses);
    get(f, s->threads[0].face.fired, h->steps);
    get_spans(f, &s->holes, h->holes, h->allocated);
    get_spans(f, &level, h->level, h->allocated);
    get_spans(f, &s->next, h->next, h->allocated);
    get_checks(f, &s->threads[0].checks, h->checks, h->allocated);
    get(f, s->store.base, h->allocated * KSM_BYTES);
    get(f, s->parents.base, h->allocated * sizeof(uint32_t));
    get_extra(f, s, h->extra);
    uint64_t sum = f->sum, expected = 0;
    get(f, &expected, sizeof expected);
    if (!f->error && (sum != expected || fgetc(f->file) != EOF))
        f->error = DAMAGED;
    if (!f->error && !ksm_cut_level(s, &level))
        f->error = ENOMEM;
    free(level.items);
}

const uint8_t *ksm_extra(const ksm_search *s, uint64_t *size)
{
    *size = s->extra_size;
    return s->extra;
}

int ksm_restore(ksm_search *s, const char *path, const uint8_t *digest)
{
    if (s->options.visited != KSM_EXACT)
        return NOT_EXACT;
    stream f = {fopen(path, "rb"), 0, 0};
    if (!f.file)
        return errno;
    header h;
    get(&f, &h, sizeof h);
    if (!f.error)
        f.error = refuse(&h, digest);
    if (!f.error && !make_place(s, &h))
        f.error = TOO_BIG;
    if (!f.error)
        get_all(&f, s, &h);
    fclose(f.file);
    if (f.error)
        return f.error;
    s->started = h.started;
    s->allocated = h.allocated;
    s->depth = h.depth;
    s->deepest = h.deepest;
    s->threads[0].states = h.states;
    s->threads[0].transitions = h.transitions;
    s->threads[0].expanded = h.expanded;
    s->budget = s->options.max_states > h.states ? s->options.max_states - h.states : 0;
    /* Of a flag first seen in the level that was interrupted, a smaller step may still be found. */
    for (uint32_t f = 0; f < ksm_model.flags; f++)
        if (s->found[ksm_flag_slot(f)].depth <= h.depth)
            s->pending[f / 64] &= ~((uint64_t)1 << f % 64);
    ksm_rehash_all(s);
    return 0;
}
