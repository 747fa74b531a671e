/*
 * The visited set: an open-addressing table of 32-bit slots, and its two lossy relatives.
 *
 * A slot of a table of 2^b slots holds a state's number + 1 in its low b bits and 32 - b bits of
 * the state's hash (the tag) above, so most mismatches are seen without touching the state. Probing
 * stays in the home cache line first. Nothing is ever deleted, so a slot that was passed over once
 * can be skipped for good: that is what lets a batch be looked up in two passes, the first of which
 * only brings the cache lines in.
 *
 * Every function takes `shared`, a constant: true when other workers insert at the same time.
 */
#ifndef KSM_VISITED_H
#define KSM_VISITED_H

#include "search.h"

#define KSM_LINE 16 /* slots in a cache line */

#define KSM_INLINE static inline __attribute__((always_inline))

/* Where probing for a hash starts, and how it goes on: around the line, then the next line. */
KSM_INLINE uint64_t ksm_home(uint64_t hash, uint32_t bits)
{
    return hash >> (64 - bits);
}

KSM_INLINE uint64_t ksm_step_slot(uint64_t slot, uint64_t home, uint64_t mask)
{
    uint64_t turned = (slot & ~(uint64_t)(KSM_LINE - 1)) | ((slot + 1) & (KSM_LINE - 1));
    if ((turned & (KSM_LINE - 1)) != (home & (KSM_LINE - 1)))
        return turned;
    return (turned + KSM_LINE) & mask;
}

/* The hash's tag, in the place where a slot keeps it. */
KSM_INLINE uint32_t ksm_tag(uint64_t hash, uint32_t bits)
{
    return bits >= KSM_MAX_BITS ? 0 : (uint32_t)hash << bits;
}

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

/* First pass: walk to a free slot or a matching tag, and call for the state that it names. */
KSM_INLINE void ksm_peek(ksm_search *s, ksm_successor *e, const bool shared)
{
    const uint32_t bits = s->bits;
    const uint64_t mask = ((uint64_t)1 << bits) - 1, home = ksm_home(e->hash, bits);
    const uint32_t numbers = (uint32_t)mask, tag = ksm_tag(e->hash, bits);
    uint64_t slot = home;
    for (;;) {
        uint32_t value = ksm_read_slot(s->slots, slot, shared);
        if (!value)
            break;
        if ((value & ~numbers) == tag) {
            __builtin_prefetch(s->store.base + (uint64_t)((value & numbers) - 1) * KSM_BYTES);
            break;
        }
        slot = ksm_step_slot(slot, home, mask);
    }
    e->slot = slot;
}

/*
 * Second pass: find the state of `e`, or make it state `number` (its words are stored already).
 * True when it is new.
 */
KSM_INLINE bool ksm_insert(ksm_search *s, ksm_successor *e, uint32_t number, const bool shared)
{
    const uint32_t bits = s->bits;
    const uint64_t mask = ((uint64_t)1 << bits) - 1, home = ksm_home(e->hash, bits);
    const uint32_t numbers = (uint32_t)mask, tag = ksm_tag(e->hash, bits);
    uint64_t slot = e->slot, known[KSM_WORDS];
    for (;;) {
        uint32_t value = ksm_read_slot(s->slots, slot, shared);
        if (!value) {
            if (shared)
                ksm_keep(s, number, e->word); /* others may look as soon as the slot is taken */
            if (ksm_take_slot(s->slots, slot, tag | (number + 1), shared)) {
                if (!shared)
                    ksm_keep(s, number, e->word);
                return true;
            }
            continue;
        }
        if ((value & ~numbers) == tag) {
            ksm_load(s, (value & numbers) - 1, known);
            if (ksm_same(known, e->word))
                return false;
        }
        slot = ksm_step_slot(slot, home, mask);
    }
}

/* Is the state of `e` there? Nothing is inserted. */
KSM_INLINE bool ksm_known(ksm_search *s, const ksm_successor *e, const bool shared)
{
    const uint64_t mask = ((uint64_t)1 << s->bits) - 1, home = ksm_home(e->hash, s->bits);
    uint64_t slot = home, known[KSM_WORDS];
    for (uint32_t value; (value = ksm_read_slot(s->slots, slot, shared));) {
        ksm_load(s, (value & (uint32_t)mask) - 1, known);
        if (ksm_same(known, e->word))
            return true;
        slot = ksm_step_slot(slot, home, mask);
    }
    return false;
}

/* Insert a state that is known to be in no slot: for refilling a table that has grown. */
KSM_INLINE void ksm_refill(ksm_search *s, uint64_t hash, uint32_t number, const bool shared)
{
    const uint64_t mask = ((uint64_t)1 << s->bits) - 1, home = ksm_home(hash, s->bits);
    const uint32_t value = ksm_tag(hash, s->bits) | (number + 1);
    uint64_t slot = home;
    for (;;) {
        if (!ksm_read_slot(s->slots, slot, shared) && ksm_take_slot(s->slots, slot, value, shared))
            return;
        slot = ksm_step_slot(slot, home, mask);
    }
}

/* ---- lossy sets: a state may be taken for a known one, never the other way round ------------ */

/* Hash compaction: the slot holds 32 bits of the hash and nothing else. A full table forgets. */
KSM_INLINE bool ksm_insert_compact(ksm_search *s, ksm_successor *e, const bool shared)
{
    const uint64_t mask = ((uint64_t)1 << s->bits) - 1, home = ksm_home(e->hash, s->bits);
    const uint32_t print = (uint32_t)e->hash ? (uint32_t)e->hash : 1;
    uint64_t slot = home;
    for (int probes = 0; probes < 16 * KSM_LINE; probes++) {
        uint32_t value = ksm_read_slot(s->slots, slot, shared);
        if (!value) {
            if (ksm_take_slot(s->slots, slot, print, shared))
                return true;
            continue;
        }
        if (value == print)
            return false;
        slot = ksm_step_slot(slot, home, mask);
    }
    return false;
}

/* Bitstate hashing: three bits for each state, in one cache line. */
KSM_INLINE bool ksm_insert_bits(ksm_search *s, ksm_successor *e, const bool shared)
{
    const uint64_t line = ksm_home(e->hash, s->bits) & ~(uint64_t)(KSM_LINE - 1);
    const uint64_t mix = ksm_fold(e->hash, 0x9fb21c651e98df25u);
    bool fresh = false;
    for (int i = 0; i < 3; i++) {
        uint32_t bit = (uint32_t)(mix >> (9 * i)) & 511;
        uint32_t *word = s->slots + line + (bit >> 5), mask = (uint32_t)1 << (bit & 31);
        uint32_t before = *word;
        if (shared)
            before = __atomic_fetch_or(word, mask, __ATOMIC_ACQ_REL);
        else
            *word |= mask;
        fresh |= !(before & mask);
    }
    return fresh;
}

#endif
