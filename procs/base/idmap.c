#include "base/idmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/large.h"

#define FIRST_SLOTS 64

/* Finalizer of MurmurHash3: kernfs ids are small and sequential, their low bits must spread. */
static uint64_t mix(uint64_t key)
{
	key ^= key >> 33;
	key *= UINT64_C(0xff51afd7ed558ccd);
	key ^= key >> 33;
	key *= UINT64_C(0xc4ceb9fe1a85ec53);
	return key ^ key >> 33;
}

static size_t slot_of(const struct idmap *map, uint64_t key)
{
	size_t slot = mix(key) & (map->slots - 1);

	while (map->values[slot] != IDMAP_EMPTY && map->keys[slot] != key)
		slot = (slot + 1) & (map->slots - 1);
	return slot;
}

void idmap_done(struct idmap *map)
{
	free(map->keys);
	free(map->values);
	*map = (struct idmap) { 0 };
}

void idmap_clear(struct idmap *map)
{
	if (map->slots > 0)
		memset(map->values, 0xff, map->slots * sizeof(*map->values));
	map->used = 0;
}

bool idmap_find(const struct idmap *map, uint64_t key, uint32_t *ret_value)
{
	if (map->used == 0)
		return false;
	size_t slot = slot_of(map, key);
	if (map->values[slot] == IDMAP_EMPTY)
		return false;
	*ret_value = map->values[slot];
	return true;
}

static int grow(struct idmap *map, size_t slots)
{
	struct idmap bigger = { .slots = slots, .used = map->used };

	bigger.keys = large_grow(NULL, 0, slots * sizeof(*bigger.keys));
	bigger.values = large_grow(NULL, 0, slots * sizeof(*bigger.values));
	if (bigger.keys == NULL || bigger.values == NULL) {
		idmap_done(&bigger);
		return -ENOMEM;
	}
	memset(bigger.values, 0xff, bigger.slots * sizeof(*bigger.values));
	for (size_t i = 0; i < map->slots; i++) {
		if (map->values[i] == IDMAP_EMPTY)
			continue;
		size_t slot = slot_of(&bigger, map->keys[i]);
		bigger.keys[slot] = map->keys[i];
		bigger.values[slot] = map->values[i];
	}
	idmap_done(map);
	*map = bigger;
	return 0;
}

int idmap_reserve(struct idmap *map, size_t count)
{
	size_t slots = map->slots > 0 ? map->slots : FIRST_SLOTS;

	while (4 * count > 3 * slots)
		slots *= 2;
	return slots > map->slots ? grow(map, slots) : 0;
}

int idmap_put(struct idmap *map, uint64_t key, uint32_t value)
{
	int r = idmap_reserve(map, map->used + 1);

	if (r < 0)
		return r;
	size_t slot = slot_of(map, key);
	map->used += map->values[slot] == IDMAP_EMPTY;
	map->keys[slot] = key;
	map->values[slot] = value;
	return 0;
}

/* Closes the hole by moving later members of the probe chain back (Knuth 6.4, algorithm R). */
void idmap_remove(struct idmap *map, uint64_t key)
{
	if (map->used == 0)
		return;
	size_t hole = slot_of(map, key), mask = map->slots - 1;
	if (map->values[hole] == IDMAP_EMPTY)
		return;
	for (size_t next = (hole + 1) & mask; map->values[next] != IDMAP_EMPTY; next = (next + 1) & mask) {
		size_t home = mix(map->keys[next]) & mask;
		if (((next - home) & mask) >= ((next - hole) & mask)) {
			map->keys[hole] = map->keys[next];
			map->values[hole] = map->values[next];
			hole = next;
		}
	}
	map->values[hole] = IDMAP_EMPTY;
	map->used--;
}
