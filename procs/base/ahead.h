/*
 * Memory is asked for before it is used. Tables of a node with 10 000 workloads are larger than a CPU's cache: a pass over
 * them waits for memory most of its time, unless what comes next is on its way.
 */
#pragma once

#include <stddef.h>

/* Those bytes, to be read or written soon; they need not exist. */
static inline void ask_for(const void *memory, size_t size)
{
	for (size_t at = 0; at < size; at += 64) /* a cache line */
		__builtin_prefetch((const char *)memory + at, 1);
}
