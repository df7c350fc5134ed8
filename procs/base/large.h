/*
 * Tables that may grow to millions of entries: from 2 MiB on in huge pages, where the kernel gives them to who asks. The
 * first touch of every small page is a fault, and where guests have no nested paging it costs 3 to 13 us, as often as
 * the table is moved: then most of what filling a table costs (bench/inventory.c).
 */
#pragma once

#include <stddef.h>

/* `size` bytes that begin with the first `used` ones of `old` (NULL = none), which is given back; the rest is not
 * cleared. free() it. NULL: out of memory, and `old` is as it was. */
void *large_grow(void *old, size_t used, size_t size);
