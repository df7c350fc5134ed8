#include "analyst/workloads/inventory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fnv.h"
#include "base/large.h"

#define ROWS_FIRST 256
/* Of the first block of texts, header included; each is twice the one before, up to the most. */
#define TEXTS_BYTES     ((size_t)1 << 16)
#define TEXTS_BYTES_MAX ((size_t)1 << 21)

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

static struct inventory_texts *add_texts(struct inventory *inventory, size_t least)
{
	struct inventory_texts *before = inventory->texts, *texts;
	size_t size = before == NULL ? TEXTS_BYTES : 2 * (sizeof(*before) + before->room);

	if (size > TEXTS_BYTES_MAX)
		size = TEXTS_BYTES_MAX;
	if (size < sizeof(*texts) + least)
		size = sizeof(*texts) + least;
	texts = large_grow(NULL, 0, size);
	if (texts == NULL)
		return NULL;
	*texts = (struct inventory_texts) { .next = before, .room = size - sizeof(*texts) };
	inventory->texts = texts;
	return texts;
}

const char *inventory_text(struct inventory *inventory, const char *text)
{
	size_t size = strlen(text) + 1;
	struct inventory_texts *texts = inventory->texts;
	char *copy;

	if (size == 1)
		return "";
	if (texts == NULL || texts->room - texts->used < size)
		texts = add_texts(inventory, size);
	if (texts == NULL)
		return NULL;
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

/* Two of one name stay two rows; the first is the one to be found. */
static int index_rows(struct inventory *inventory)
{
	int r = idmap_reserve(&inventory->by_name, inventory->count);

	for (; r == 0 && inventory->indexed < inventory->count; inventory->indexed++) {
		const struct inventory_row *row = &inventory->rows[inventory->indexed];
		uint64_t key;
		uint32_t index;
		if (!find(inventory, row->namespace, row->kind, row->name, &key, &index))
			r = idmap_put(&inventory->by_name, key, (uint32_t)inventory->indexed);
	}
	return r;
}

int inventory_has(struct inventory *inventory, const char *namespace, const char *kind, const char *name)
{
	uint64_t key;
	uint32_t index;
	int r = index_rows(inventory);

	return r < 0 ? r : find(inventory, namespace, kind, name, &key, &index);
}

static int make_room(struct inventory *inventory)
{
	if (inventory->count == INVENTORY_ROWS_MAX) {
		inventory->is_cut = true;
		return -E2BIG;
	}
	if (inventory->count < inventory->room)
		return 0;
	return inventory_reserve(inventory, inventory->room == 0 ? ROWS_FIRST : inventory->room * 2);
}

int inventory_reserve(struct inventory *inventory, size_t count)
{
	size_t room = count < INVENTORY_ROWS_MAX ? count : INVENTORY_ROWS_MAX;
	struct inventory_row *rows;

	if (room <= inventory->room)
		return 0;
	rows = large_grow(inventory->rows, inventory->count * sizeof(*rows), room * sizeof(*rows));
	if (rows == NULL)
		return -ENOMEM;
	inventory->rows = rows;
	inventory->room = room;
	return 0;
}

int inventory_add(struct inventory *inventory, const char *namespace, const char *kind, const char *name,
	struct inventory_row **ret_row)
{
	struct inventory_row row = { .kind = kind, .owner = "", .owner_kind = "" };
	int r = make_room(inventory);

	if (r < 0)
		return r;
	row.namespace = inventory_text(inventory, namespace);
	row.name = inventory_text(inventory, name);
	if (row.namespace == NULL || row.name == NULL)
		return -ENOMEM;
	*ret_row = &inventory->rows[inventory->count++];
	**ret_row = row;
	return 0;
}

static void merge(struct inventory_row *to, const struct inventory_row *from)
{
	to->is_present |= from->is_present;
	to->has_watts |= from->has_watts;
	to->watts += from->watts;
	to->reasons |= from->reasons;
	if (to->usage == NULL)
		to->usage = from->usage;
	else if (from->usage != NULL)
		usage_add(to->usage, from->usage);
}

/* In place: rows only move towards the front. */
int inventory_group_by_owner(struct inventory *inventory)
{
	size_t kept = 0;
	int r = idmap_reserve(&inventory->by_name, inventory->count);

	if (r < 0)
		return r;
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
	inventory->count = inventory->indexed = kept;
	return 0;
}

struct inventory_totals inventory_total(const struct inventory *inventory)
{
	struct inventory_totals totals = { 0 };

	for (size_t i = 0; i < inventory->count; i++) {
		const struct inventory_row *row = &inventory->rows[i];
		if (row->status < STATUS_NOT_ASSESSED)
			totals.by_status[row->status]++;
		totals.ended += !row->is_present;
		totals.has_inferred |= inventory_is_inferred(row);
		if (!row->is_usable)
			continue;
		totals.usable++;
		totals.active += row->energy_uj > 0;
		totals.watts += row->watts;
		totals.energy_uj += row->energy_uj;
		totals.weighted += row->weighted;
		totals.kwh_month += row->kwh_month;
		totals.kg_month += row->kg_month;
	}
	totals.idle = totals.usable - totals.active;
	return totals;
}
