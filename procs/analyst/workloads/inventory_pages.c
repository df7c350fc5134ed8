/* Orders and pages of an inventory. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyst/workloads/inventory.h"
#include "base/large.h"

#define SELECT_ROUNDS 64 /* then the rest is sorted: names are foreign, and may be chosen to spoil a pivot */
#define SELECT_LEAST  32

static uint64_t rank_of(enum status status)
{
	return status == STATUS_NON_COMPLIANT ? 0 : status == STATUS_UNKNOWN ? 1 : 2;
}

/* The bits of doubles >= 0 rise with their value. */
static uint64_t descending(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return ~bits;
}

/* The first eight bytes, as strcmp() compares them. */
static uint64_t beginning(const char *name)
{
	uint64_t key = 0;

	for (int i = 0; i < 8; i++) {
		key = key << 8 | (unsigned char)*name;
		name += *name != '\0';
	}
	return key;
}

static uint64_t key_of(const struct inventory_row *row, enum inventory_order order)
{
	switch (order) {
	case ORDER_STATUS: return rank_of(row->status) << 62 | descending(row->kg_month) >> 2;
	case ORDER_EMISSIONS: return descending(row->kg_month);
	case ORDER_POWER: return descending(row->is_usable ? row->watts : 0);
	case ORDER_NAME: break;
	}
	return beginning(row->name);
}

static int compare(const void *left, const void *right, void *context)
{
	const struct inventory_item *a = left, *b = right;
	const enum inventory_order *order = context;
	double more;
	int r;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	more = b->row->kg_month - a->row->kg_month;
	if (*order != ORDER_NAME && (more < 0 || more > 0))
		return more < 0 ? -1 : 1;
	if ((r = strcmp(a->row->name, b->row->name)) != 0 ||
		(r = strcmp(a->row->namespace, b->row->namespace)) != 0 ||
		(r = strcmp(a->row->kind, b->row->kind)) != 0)
		return r;
	return (a->row > b->row) - (a->row < b->row);
}

static bool is_wanted(const struct inventory_row *row, const struct inventory_filter *filter)
{
	if (filter->status >= 0 && row->status != (enum status)filter->status)
		return false;
	return (!filter->is_live || (row->has_watts && row->watts >= filter->least_watts)) &&
	       (!filter->needs_usable || row->is_usable);
}

int inventory_view_new(const struct inventory *inventory, const struct inventory_filter *filter,
	enum inventory_order order, struct inventory_view *ret_view)
{
	struct inventory_view view = { .order = order };

	view.items = large_grow(NULL, 0, (inventory->count + 1) * sizeof(*view.items));
	if (view.items == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < inventory->count; i++) {
		const struct inventory_row *row = &inventory->rows[i];
		if (is_wanted(row, filter))
			view.items[view.count++] =
				(struct inventory_item) { .key = key_of(row, order), .row = row };
	}
	*ret_view = view;
	return 0;
}

void inventory_view_done(struct inventory_view *view)
{
	free(view->items);
	*view = (struct inventory_view) { 0 };
}

static bool is_before(
	struct inventory_view *view, const struct inventory_item *a, const struct inventory_item *b)
{
	return compare(a, b, &view->order) < 0;
}

static void swap(struct inventory_item *a, struct inventory_item *b)
{
	struct inventory_item saved = *a;

	*a = *b;
	*b = saved;
}

static void order_pair(struct inventory_view *view, size_t a, size_t b)
{
	if (is_before(view, &view->items[b], &view->items[a]))
		swap(&view->items[a], &view->items[b]);
}

/* Hoare's partition of [from, to) about the median of three: ranks up to the one returned are not after the others. */
static size_t split(struct inventory_view *view, size_t from, size_t to)
{
	size_t middle = from + (to - 1 - from) / 2, i = from, j = to - 1;
	struct inventory_item pivot;

	order_pair(view, from, middle);
	order_pair(view, middle, to - 1);
	order_pair(view, from, middle);
	pivot = view->items[middle];
	for (;;) {
		while (is_before(view, &view->items[i], &pivot))
			i++;
		while (is_before(view, &pivot, &view->items[j]))
			j--;
		if (i >= j)
			return j;
		swap(&view->items[i++], &view->items[j--]);
	}
}

static void sort(struct inventory_view *view, size_t from, size_t to)
{
	qsort_r(view->items + from, to - from, sizeof(*view->items), compare, &view->order);
}

/* Nothing in [from, rank) is after anything in [rank, to) any more. */
static void select_rank(struct inventory_view *view, size_t from, size_t to, size_t rank)
{
	for (int round = 0; to - from > SELECT_LEAST && round < SELECT_ROUNDS; round++) {
		size_t last = split(view, from, to);
		if (rank <= last)
			to = last + 1;
		else
			from = last + 1;
	}
	sort(view, from, to);
}

void inventory_view_page(struct inventory_view *view, size_t from, size_t to)
{
	if (from >= to)
		return;
	if (from > 0)
		select_rank(view, 0, view->count, from);
	if (to < view->count)
		select_rank(view, from, view->count, to);
	sort(view, from, to);
}
