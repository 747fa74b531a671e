/*
 * The visited set: an open-addressing table of 32-bit slots, and its two lossy relatives.
 *
 * A slot of a table of 2^b slots holds a state's number + 1 in its low b bits and 32 - b bits of
 * the state's hash (the tag) above, so most mismatches are seen without touching the state. The
 * slots of a cache line are looked at together; only a full line leads on to the next. Nothing is
 * ever deleted. A batch is looked up in two passes, the first of which only brings the cache lines
 * of the states in.
 *
 * `shared` is a constant: true when other workers insert at the same time.
 */
#ifndef KSM_VISITED_H
#define KSM_VISITED_H

#include "search.h"

#define KSM_LINE 16 /* slots in a cache line */

#define KSM_INLINE static inline __attribute__((always_inline))

/* The slot that a hash falls on; its cache line is where probing starts. */
KSM_INLINE uint64_t ksm_home(uint64_t hash, uint32_t bits)
{
    return hash >> (64 - bits);
}

KSM_INLINE uint64_t ksm_home_line(uint64_t hash, uint32_t bits)
{
    return ksm_home(hash, bits) & ~(uint64_t)(KSM_LINE - 1);
}

KSM_INLINE uint64_t ksm_next_line(uint64_t line, uint32_t bits)
{
    return (line + KSM_LINE) & (((uint64_t)1 << bits) - 1);
}

/* The hash's tag, in the place where a slot keeps it. */
KSM_INLINE uint32_t ksm_tag(uint64_t hash, uint32_t bits)
{
    return bits >= KSM_MAX_BITS ? 0 : (uint32_t)hash << bits;
}

/* Which slots of a line have this tag, and which are free: one bit for each slot. */
typedef struct {
    uint32_t tagged;
    uint32_t free;
} ksm_line;

#if defined(__SSE2__)
#include <emmintrin.h>

/*
 * All slots at once. Other workers may be writing: a slot is seen as it was or as it is, which is
 * all that is asked of it, because a slot changes once, from 0, and is then read again.
 */
KSM_INLINE ksm_line ksm_look(const uint32_t *slots, uint32_t tag, uint32_t numbers)
{
    const __m128i *quarter = (const __m128i *)(const void *)slots;
    const __m128i ignored = _mm_set1_epi32((int)numbers), zero = _mm_setzero_si128();
    const __m128i wanted = _mm_set1_epi32((int)tag);
    const __m128i a = _mm_load_si128(quarter), b = _mm_load_si128(quarter + 1);
    const __m128i c = _mm_load_si128(quarter + 2), d = _mm_load_si128(quarter + 3);
#define KSM_PACK(w, x, y, z) \
    (uint32_t)_mm_movemask_epi8(_mm_packs_epi16(_mm_packs_epi32(w, x), _mm_packs_epi32(y, z)))
#define KSM_SAME(x) _mm_cmpeq_epi32(_mm_andnot_si128(ignored, x), wanted)
#define KSM_FREE(x) _mm_cmpeq_epi32(x, zero)
    uint32_t tagged = KSM_PACK(KSM_SAME(a), KSM_SAME(b), KSM_SAME(c), KSM_SAME(d));
    uint32_t free = KSM_PACK(KSM_FREE(a), KSM_FREE(b), KSM_FREE(c), KSM_FREE(d));
    return (ksm_line){tagged & ~free, free};
}
#else
KSM_INLINE ksm_line ksm_look(const uint32_t *slots, uint32_t tag, uint32_t numbers)
{
    ksm_line line = {0, 0};
    for (int i = 0; i < KSM_LINE; i++) {
        uint32_t value = __atomic_load_n(slots + i, __ATOMIC_ACQUIRE);
        line.free |= (uint32_t)(value == 0) << i;
        line.tagged |= (uint32_t)(value != 0 && (value & ~numbers) == tag) << i;
    }
    return line;
}
#endif

KSM_INLINE uint32_t ksm_read_slot(const uint32_t *slots, uint64_t slot, const bool shared)
{
    return shared ? __atomic_load_n(slots + slot, __ATOMIC_ACQUIRE) : slots[slot];
}

/* Put `value` in a free slot; false when another worker was first. */
KSM_INLINE bool ksm_take_slot(uint32_t *slots, uint64_t slot, uint32_t value, const bool shared)
{
    uint32_t nothing = 0;
    if (shared)
        return __atomic_compare_exchange_n(slots + slot, &nothing, value, false, __ATOMIC_ACQ_REL,
                                           __ATOMIC_ACQUIRE);
    slots[slot] = value;
    return true;
}

/* First pass: call for the first state that may be the one of `e`. */
KSM_INLINE void ksm_peek(ksm_search *s, const ksm_successor *e)
{
    const uint32_t numbers = (uint32_t)(((uint64_t)1 << s->bits) - 1);
    const uint64_t line = ksm_home_line(e->hash, s->bits);
    const ksm_line seen = ksm_look(s->slots + line, ksm_tag(e->hash, s->bits), numbers);
    if (seen.tagged) {
        uint32_t value = s->slots[line + (uint64_t)__builtin_ctz(seen.tagged)];
        __builtin_prefetch(s->store.base + (uint64_t)((value & numbers) - 1) * KSM_BYTES);
    }
}

/* Is the state of `e` in one of the tagged slots of a line? */
KSM_INLINE bool ksm_in_line(ksm_search *s, const ksm_successor *e, uint64_t line, uint32_t tagged,
                            const bool shared)
{
    const uint32_t numbers = (uint32_t)(((uint64_t)1 << s->bits) - 1);
    uint64_t known[KSM_WORDS];
    for (; tagged; tagged &= tagged - 1) {
        uint64_t slot = line + (uint64_t)__builtin_ctz(tagged);
        ksm_load(s, (ksm_read_slot(s->slots, slot, shared) & numbers) - 1, known);
        if (ksm_same(known, e->word))
            return true;
    }
    return false;
}

/* Second pass: find the state of `e`, or make it state `number`. True when it is new. */
KSM_INLINE bool ksm_insert(ksm_search *s, const ksm_successor *e, uint32_t number,
                           const bool shared)
{
    const uint32_t bits = s->bits, numbers = (uint32_t)(((uint64_t)1 << bits) - 1);
    const uint32_t tag = ksm_tag(e->hash, bits);
    uint64_t line = ksm_home_line(e->hash, bits);
    for (;;) {
        const ksm_line seen = ksm_look(s->slots + line, tag, numbers);
        if (seen.tagged && ksm_in_line(s, e, line, seen.tagged, shared))
            return false;
        if (!seen.free) {
            line = ksm_next_line(line, bits);
            continue;
        }
        /* Others may look as soon as the slot is taken, so the state has to be there before. */
        ksm_keep(s, number, e->word);
        uint64_t slot = line + (uint64_t)__builtin_ctz(seen.free);
        if (ksm_take_slot(s->slots, slot, tag | (number + 1), shared))
            return true;
    }
}

/* Is the state of `e` there? Nothing is inserted. */
KSM_INLINE bool ksm_known(ksm_search *s, const ksm_successor *e, const bool shared)
{
    const uint32_t bits = s->bits, numbers = (uint32_t)(((uint64_t)1 << bits) - 1);
    uint64_t line = ksm_home_line(e->hash, bits);
    for (;; line = ksm_next_line(line, bits)) {
        const ksm_line seen = ksm_look(s->slots + line, ksm_tag(e->hash, bits), numbers);
        if (seen.tagged && ksm_in_line(s, e, line, seen.tagged, shared))
            return true;
        if (seen.free)
            return false;
    }
}

/* Insert a state that is known to be in no slot: for refilling a table that has grown. */
KSM_INLINE void ksm_refill(ksm_search *s, uint64_t hash, uint32_t number, const bool shared)
{
    const uint32_t bits = s->bits, value = ksm_tag(hash, bits) | (number + 1);
    uint64_t line = ksm_home_line(hash, bits);
    for (;;) {
        const ksm_line seen = ksm_look(s->slots + line, 0, 0);
        uint64_t slot = line + (uint64_t)(seen.free ? __builtin_ctz(seen.free) : 0);
        if (!seen.free)
            line = ksm_next_line(line, bits);
        else if (ksm_take_slot(s->slots, slot, value, shared))
            return;
    }
}

/* ---- lossy sets: a state may be taken for a known one, never the other way round ------------ */

/* Hash compaction: the slot holds 32 bits of the hash and nothing else. A full table forgets. */
KSM_INLINE bool ksm_insert_compact(ksm_search *s, const ksm_successor *e)
{
    const uint32_t print = (uint32_t)e->hash ? (uint32_t)e->hash : 1;
    uint64_t line = ksm_home_line(e->hash, s->bits);
    for (int lines = 0; lines < 16;) {
        const ksm_line seen = ksm_look(s->slots + line, print, 0);
        if (seen.tagged)
            return false;
        uint64_t slot = line + (uint64_t)(seen.free ? __builtin_ctz(seen.free) : 0);
        if (seen.free && ksm_take_slot(s->slots, slot, print, true))
            return true;
        if (!seen.free) {
            line = ksm_next_line(line, s->bits);
            lines++;
        }
    }
    return false;
}

/* Bitstate hashing: three bits for each state, in one word so that one worker alone finds it new. */
KSM_INLINE bool ksm_insert_bits(ksm_search *s, const ksm_successor *e)
{
    uint64_t *words = (uint64_t *)(void *)s->slots;
    const uint64_t mix = ksm_fold(e->hash, 0x9fb21c651e98df25u), one = 1;
    const uint64_t mask = one << (mix & 63) | one << (mix >> 6 & 63) | one << (mix >> 12 & 63);
    uint64_t *word = words + (ksm_home(e->hash, s->bits) >> 1);
    return (__atomic_fetch_or(word, mask, __ATOMIC_ACQ_REL) & mask) != mask;
}

#endif
