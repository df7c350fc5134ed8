/*
 * Bounds check on raw msgpack before it is unpacked: five bytes can make msgpack_unpack map 8 GiB. Iterative, no
 * allocation. Accepts exactly one object whose nesting is <= depth, whose containers and strings fit the bytes there
 * are, and whose items number <= items.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* 0, or -EBADMSG. */
int guard_check(const void *bytes, size_t size, uint32_t depth, uint32_t items);
