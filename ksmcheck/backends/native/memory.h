/*
 * Memory straight from the system: reserved as address space, committed piece by piece, in huge
 * pages where the system has them (random access to a big table is otherwise paid twice, once for
 * the page table).
 */
#ifndef KSM_MEMORY_H
#define KSM_MEMORY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

#define KSM_HUGE ((uint64_t)2 << 20)

/* An array that never moves: `size` bytes of address space, the first `committed` usable. */
typedef struct {
    uint8_t *base;
    uint64_t size;
    uint64_t committed;
    void *mapping;
    uint64_t mapped;
} ksm_area;

static inline uint64_t ksm_round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

/* Reserve address space; nothing is usable yet. */
static inline bool ksm_reserve(ksm_area *area, uint64_t size)
{
    size = ksm_round_up(size, KSM_HUGE);
    uint64_t mapped = size + KSM_HUGE;
    void *where = mmap(NULL, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (where == MAP_FAILED)
        return false;
    area->mapping = where;
    area->mapped = mapped;
    area->base = (uint8_t *)ksm_round_up((uint64_t)(uintptr_t)where, KSM_HUGE);
    area->size = size;
    area->committed = 0;
#ifdef MADV_HUGEPAGE
    madvise(area->base, size, MADV_HUGEPAGE);
#endif
    return true;
}

/* Make the first `upto` bytes usable; false when the system refuses. */
static inline bool ksm_commit(ksm_area *area, uint64_t upto)
{
    upto = ksm_round_up(upto, KSM_HUGE);
    if (upto <= area->committed)
        return true;
    if (upto > area->size)
        return false;
    if (mprotect(area->base + area->committed, upto - area->committed, PROT_READ | PROT_WRITE))
        return false;
    area->committed = upto;
    return true;
}

/* Give the pages of [from, to) back; their contents are lost. */
static inline void ksm_discard(ksm_area *area, uint64_t from, uint64_t to)
{
    from = ksm_round_up(from, KSM_HUGE);
    to = to / KSM_HUGE * KSM_HUGE;
    if (from < to)
        madvise(area->base + from, to - from, MADV_DONTNEED);
}

static inline void ksm_release(ksm_area *area)
{
    if (area->mapping)
        munmap(area->mapping, area->mapped);
    area->mapping = NULL;
    area->base = NULL;
    area->size = area->committed = 0;
}

#endif
