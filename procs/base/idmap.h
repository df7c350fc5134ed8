/* A hash table from u64 ids to u32 indexes (rows of somebody's array). Grows; keys 0 … UINT64_MAX are all allowed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct idmap {
	uint64_t *keys;
	uint32_t *values; /* IDMAP_EMPTY marks a free slot */
	size_t slots, used;
};

#define IDMAP_EMPTY UINT32_MAX

/* A zeroed struct is an empty map. */
void idmap_done(struct idmap *map);
void idmap_clear(struct idmap *map);
bool idmap_find(const struct idmap *map, uint64_t key, uint32_t *ret_value);
/* Room for that many without growing step by step. 0 or -ENOMEM. */
int idmap_reserve(struct idmap *map, size_t count);
/* Adds or replaces. 0 or -ENOMEM. value < IDMAP_EMPTY. */
int idmap_put(struct idmap *map, uint64_t key, uint32_t value);
void idmap_remove(struct idmap *map, uint64_t key);
