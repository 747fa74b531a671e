/*
 * The canonical form of a state: see NOTE(canonical-form) in ksmcheck/analysis/symmetry.
 *
 * Included by a generated model that has interchangeable objects. Before the include it defines
 * KSM_OBJECTS, KSM_NODES (these and the symbols after them) and KSM_LINKS, and after it, if there are
 * objects, the functions declared here and `ksm_class_end`: the objects of a class have successive
 * numbers, up to, not including, that. KSM_CONDITION, defined for a model with symbols: the word of
 * the state that has the condition's bits, which are in ksm_condition_bits; `settled` and
 * `condition_of` are then there.
 */
#ifndef KSM_CANONICAL_H
#define KSM_CANONICAL_H

#include <string.h>

#include "runtime.h"

/* One object names another: `salt` says where and how. */
typedef struct {
    uint32_t one;
    uint32_t other;
    uint64_t salt;
} ksm_link;

/* The least state so far; `worker` may be asked about symbols. */
typedef struct {
    uint64_t word[KSM_WORDS];
    bool found;
    ksm_worker *worker;
} ksm_least;

#if KSM_OBJECTS
/* First signatures, added to `sign`; the links between objects. How many links there are. */
static uint32_t ksm_sign(const uint64_t *s, uint64_t *sign, ksm_link *links);
/* The state with every object renamed to its image. */
static void ksm_rename(const uint64_t *s, const uint8_t *image, uint64_t *out);

static const uint8_t ksm_class_end[];
#endif

#ifdef KSM_CONDITION
/* Number the symbols of a renamed state as they come; false when an answer is missing. */
static bool ksm_settle_form(uint64_t *word, ksm_worker *w)
{
    ksm_dialogue own;
    ksm_begin(w, &own, condition_of(word));
    settled(word, w);
    w->now = NULL;
    return !own.lost;
}

/* The same words but for their conditions: is that of `one` smaller? */
static bool ksm_says_less(const uint64_t *one, const uint64_t *other, ksm_worker *w)
{
    const uint32_t mine = condition_of(one), kept = condition_of(other);
    return mine != kept && ksm_less(w, mine, kept);
}

static inline uint64_t ksm_compared(const uint64_t *word, int i)
{
    return i == KSM_CONDITION ? word[i] & ~ksm_condition_bits : word[i];
}
#else
static bool ksm_settle_form(uint64_t *word, ksm_worker *w)
{
    (void)word;
    (void)w;
    return true;
}

static bool ksm_says_less(const uint64_t *one, const uint64_t *other, ksm_worker *w)
{
    (void)one;
    (void)other;
    (void)w;
    return false;
}

static inline uint64_t ksm_compared(const uint64_t *word, int i)
{
    return word[i];
}
#endif

/* Keep `out`, settled, if nothing smaller is kept. */
static inline void ksm_keep_least(uint64_t *out, ksm_least *least)
{
    int i = 0;
    if (!ksm_settle_form(out, least->worker))
        return;
    while (least->found && i < KSM_WORDS && ksm_compared(out, i) == ksm_compared(least->word, i))
        i++;
    if (least->found && (i == KSM_WORDS ? !ksm_says_less(out, least->word, least->worker)
                                        : ksm_compared(out, i) > ksm_compared(least->word, i)))
        return;
    memcpy(least->word, out, sizeof least->word);
    least->found = true;
}

/* Add `s` as it is to the candidates for the least. */
static void ksm_keep(const uint64_t *s, ksm_least *least)
{
    uint64_t out[KSM_WORDS];
    memcpy(out, s, sizeof out);
    ksm_keep_least(out, least);
}

#if KSM_OBJECTS

static inline uint64_t ksm_mixed(uint64_t v)
{
    v = (v ^ v >> 31) * 0xbf58476d1ce4e5b9u;
    return (v ^ v >> 29) * 0x94d049bb133111ebu;
}

/* The objects of each class in the order of their signatures; the first tie is [*from, *to). */
static void ksm_sort(const uint64_t *sign, uint8_t *order, uint32_t *from, uint32_t *to)
{
    *from = *to = 0;
    for (uint32_t begin = 0, class = 0; begin < KSM_OBJECTS; begin = ksm_class_end[class++]) {
        const uint32_t end = ksm_class_end[class];
        for (uint32_t i = begin; i < end; i++) {
            uint32_t place = i;
            for (; place > begin && sign[order[place - 1]] > sign[i]; place--)
                order[place] = order[place - 1];
            order[place] = (uint8_t)i;
        }
        for (uint32_t i = begin + 1; i < end && !*to; i++) {
            if (sign[order[i]] != sign[order[i - 1]])
                continue;
            *from = i - 1;
            for (*to = i + 1; *to < end && sign[order[*to]] == sign[order[i]];)
                ++*to;
        }
    }
}

static uint32_t ksm_distinct(const uint64_t *sign)
{
    uint32_t distinct = 0;
    for (uint32_t i = 0; i < KSM_NODES; i++) {
        uint32_t k = 0;
        while (k < i && sign[k] != sign[i])
            k++;
        distinct += k == i;
    }
    return distinct;
}

/* Take the signatures of neighbours in, until that tells no more objects apart. */
static void ksm_refine(uint64_t *sign, const ksm_link *links, uint32_t count)
{
    for (uint32_t before = ksm_distinct(sign), now;; before = now) {
        uint64_t more[KSM_NODES];
        memcpy(more, sign, sizeof more);
        for (uint32_t i = 0; i < count; i++) {
            const ksm_link *l = links + i;
            more[l->one] += ksm_mixed(sign[l->other] + l->salt);
            more[l->other] += ksm_mixed(sign[l->one] * 0x9e3779b97f4a7c15u + l->salt);
        }
        for (uint32_t i = 0; i < KSM_NODES; i++)
            sign[i] = ksm_mixed(more[i]);
        now = ksm_distinct(sign);
        if (now <= before)
            return;
    }
}

/* Does it change nothing to exchange these two? */
static bool ksm_same_role(const uint64_t *s, uint8_t one, uint8_t other)
{
    uint64_t out[KSM_WORDS];
    uint8_t image[KSM_OBJECTS];
    for (uint32_t i = 0; i < KSM_OBJECTS; i++)
        image[i] = (uint8_t)i;
    image[one] = other;
    image[other] = one;
    ksm_rename(s, image, out);
    return !memcmp(s, out, sizeof out);
}

/* The least state over all orders that the signatures allow. */
static void ksm_least_of(const uint64_t *s, uint64_t *sign, const ksm_link *links, uint32_t count,
                       ksm_least *least)
{
    uint8_t order[KSM_OBJECTS];
    uint32_t from, to;
    ksm_sort(sign, order, &from, &to);
    if (to && count) {
        ksm_refine(sign, links, count);
        ksm_sort(sign, order, &from, &to);
    }
    if (!to) {
        uint64_t out[KSM_WORDS];
        uint8_t image[KSM_OBJECTS];
        for (uint32_t i = 0; i < KSM_OBJECTS; i++)
            image[order[i]] = (uint8_t)i;
        ksm_rename(s, image, out);
        ksm_keep_least(out, least);
        return;
    }
    uint8_t kept[KSM_OBJECTS];
    uint32_t keeps = 0;
    for (uint32_t i = from; i < to; i++) {
        uint32_t k = 0;
        while (k < keeps && !ksm_same_role(s, kept[k], order[i]))
            k++;
        if (k == keeps)
            kept[keeps++] = order[i];
    }
    for (uint32_t i = 0; i < keeps; i++) {
        uint64_t mine[KSM_NODES];
        memcpy(mine, sign, sizeof mine);
        mine[kept[i]] = ksm_mixed(mine[kept[i]] + 0x9e3779b97f4a7c15u);
        ksm_least_of(s, mine, links, count, least);
    }
}

/* Add the canonical form of `s` under renamings of objects to the candidates for the least. */
static void ksm_renumber(const uint64_t *s, ksm_least *least)
{
    uint64_t sign[KSM_NODES] = {0};
    ksm_link links[KSM_LINKS + 1];
    const uint32_t count = ksm_sign(s, sign, links);
    ksm_least_of(s, sign, links, count, least);
}
#else
static void ksm_renumber(const uint64_t *s, ksm_least *least)
{
    ksm_keep(s, least);
}
#endif

#endif
