/*
 * Lists that have further pages, kept as they were: a cursor leads back into the snapshot it came from, so that page by
 * page each row is told once although the watts move on. Bounded; the list longest unused makes room.
 */
#pragma once

#include "analyst/workloads/inventory.h"

#define SHELF_LISTS_MAX 4
#define SHELF_ROWS_MAX  INVENTORY_ROWS_MAX /* of all lists together */

struct kept_list {
	uint64_t asked, snapshot; /* hash of the arguments; which snapshot */
	uint64_t used;            /* rises with every use; 0 = a free place */
	struct inventory inventory;
	struct inventory_view view;
	char *before, *after; /* JSON objects: the members that stand before and after the rows */
	size_t before_size, after_size;
};

struct shelf {
	struct kept_list lists[SHELF_LISTS_MAX];
	uint64_t uses;
};

/* A zeroed struct is an empty shelf. */
void shelf_done(struct shelf *shelf);
/* The list, or NULL: it is not here any more. */
struct kept_list *shelf_find(struct shelf *shelf, uint64_t asked, uint64_t snapshot);
/* Takes the list over; *list is empty afterwards. */
void shelf_put(struct shelf *shelf, struct kept_list *list);
void kept_list_done(struct kept_list *list);
