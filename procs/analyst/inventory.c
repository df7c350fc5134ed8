#include "analyst/inventory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fnv.h"

#define TEXTS_BYTES (UINT32_C(1) << 16)

/* Names, packed one after another. */
struct inventory_texts {
	struct inventory_texts *next;
	size_t used, room;
	char bytes[];
};

void inventory_done(struct inventory *inventory)
{
	while (inventory->texts != NULL) {
		struct inventory_texts *next = inventory->texts->next;
		free(inventory->texts);
		inventory->texts = next;
	}
	free(inventory->rows);
	idmap_done(&inventory->by_name);
	*inventory = (struct inventory) { 0 };
}

const char *inventory_text(struct inventory *inventory, const char *text)
{
	size_t size = strlen(text) + 1;
	struct inventory_texts *texts = inventory->texts;
	char *copy;

	if (size == 1)
		return "";
	if (texts == NULL || texts->room - texts->used < size) {
		size_t room = size > TEXTS_BYTES ? size : TEXTS_BYTES;
		texts = malloc(sizeof(*texts) + room);
		if (texts == NULL)
			return NULL;
		*texts = (struct inventory_texts) { .next = inventory->texts, .room = room };
		inventory->texts = texts;
	}
	copy = texts->bytes + texts->used;
	memcpy(copy, text, size);
	texts->used += size;
	return copy;
}

/* The row of that name, or the key under which it would stand: on a collision the next key is tried. */
static bool find(const struct inventory *inventory, const char *namespace, const char *kind, const char *name,
	uint64_t *ret_key, uint32_t *ret_index)
{
	uint64_t key = fnv_text(fnv_text(fnv_text(FNV_BEGIN, namespace), kind), name);

	for (; idmap_find(&inventory->by_name, key, ret_index); key++) {
		const struct inventory_row *row = &inventory->rows[*ret_index];
		if (strcmp(row->name, name) == 0 && strcmp(row->namespace, namespace) == 0 &&
			strcmp(row->kind, kind) == 0)
			return true;
	}
	*ret_key = key;
	return false;
}

bool inventory_has(
	const struct inventory *inventory, const char *namespace, const char *kind, const char *name)
{
	uint64_t key;
	uint32_t index;

	return find(inventory, namespace, kind, name, &key, &index);
}

static int make_room(struct inventory *inventory)
{
	size_t room = inventory->room == 0 ? 256 : inventory->room * 2;
	struct inventory_row *rows;

	if (inventory->count == INVENTORY_ROWS_MAX) {
		inventory->is_cut = true;
		return -E2BIG;
	}
	if (inventory->count < inventory->room)
		return 0;
	rows = reallocarray(inventory->rows, room, sizeof(*rows));
	if (rows == NULL)
		return -ENOMEM;
	inventory->rows = rows;
	inventory->room = room;
	return 0;
}

int inventory_add(struct inventory *inventory, const char *namespace, const char *kind, const char *name,
	struct inventory_row **ret_row)
{
	struct inventory_row row = { .owner = "", .owner_kind = "" };
	uint64_t key = 0;
	uint32_t index;
	int r = make_room(inventory);

	if (r < 0)
		return r;
	row.namespace = inventory_text(inventory, namespace);
	row.kind = inventory_text(inventory, kind);
	row.name = inventory_text(inventory, name);
	if (row.namespace == NULL || row.kind == NULL || row.name == NULL)
		return -ENOMEM;
	/* Two of one name stay two rows; the first is the one to be found. */
	if (!find(inventory, namespace, kind, name, &key, &index) &&
		idmap_put(&inventory->by_name, key, (uint32_t)inventory->count) < 0)
		return -ENOMEM;
	*ret_row = &inventory->rows[inventory->count++];
	**ret_row = row;
	return 0;
}

static void merge(struct inventory_row *to, const struct inventory_row *from)
{
	to->has_watts |= from->has_watts;
	to->watts += from->watts;
	usage_add(&to->usage, &from->usage);
}

/* In place: rows only move towards the front. */
int inventory_group_by_owner(struct inventory *inventory)
{
	size_t kept = 0;

	idmap_clear(&inventory->by_name);
	for (size_t i = 0; i < inventory->count; i++) {
		struct inventory_row row = inventory->rows[i];
		uint64_t key = 0;
		uint32_t index;
		if (row.owner[0] != '\0') {
			row.name = row.owner;
			row.kind = row.owner_kind;
		}
		if (find(inventory, row.namespace, row.kind, row.name, &key, &index) &&
			row.owner[0] != '\0') {
			merge(&inventory->rows[index], &row);
			continue;
		}
		inventory->rows[kept] = row;
		if (key != 0 && idmap_put(&inventory->by_name, key, (uint32_t)kept) < 0)
			return -ENOMEM;
		kept++;
	}
	inventory->count = kept;
	return 0;
}

struct inventory_totals inventory_total(const struct inventory *inventory)
{
	struct inventory_totals totals = { 0 };

	for (size_t i = 0; i < inventory->count; i++) {
		const struct inventory_row *row = &inventory->rows[i];
		if (row->status < STATUS_NOT_ASSESSED)
			totals.by_status[row->status]++;
		if (!row->is_usable)
			continue;
		totals.usable++;
		totals.active += row->usage.energy_uj > 0;
		totals.watts += row->watts;
		totals.energy_uj += row->usage.energy_uj;
		totals.weighted += row->usage.weighted;
		totals.kwh_month += row->kwh_month;
		totals.kg_month += row->kg_month;
	}
	totals.idle = totals.usable - totals.active;
	return totals;
}
