#include "base/large.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE_BYTES ((size_t)2 << 20)

void *large_grow(void *old, size_t used, size_t size)
{
	size_t whole;
	void *memory;

	if (size < HUGE_PAGE_BYTES)
		return realloc(old, size);
	whole = (size + HUGE_PAGE_BYTES - 1) & ~(HUGE_PAGE_BYTES - 1);
	memory = whole >= size ? aligned_alloc(HUGE_PAGE_BYTES, whole) : NULL;
	if (memory == NULL)
		return NULL;
	madvise(memory, whole, MADV_HUGEPAGE); /* a wish: refused, the pages are small ones */
	if (used > 0)
		memcpy(memory, old, used);
	free(old);
	return memory;
}
