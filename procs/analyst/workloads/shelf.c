#include "analyst/workloads/shelf.h"

#include <stdlib.h>

void kept_list_done(struct kept_list *list)
{
	inventory_view_done(&list->view);
	inventory_done(&list->inventory);
	free(list->before);
	free(list->after);
	*list = (struct kept_list) { 0 };
}

void shelf_done(struct shelf *shelf)
{
	for (size_t i = 0; i < SHELF_LISTS_MAX; i++)
		kept_list_done(&shelf->lists[i]);
}

struct kept_list *shelf_find(struct shelf *shelf, uint64_t asked, uint64_t snapshot)
{
	for (size_t i = 0; i < SHELF_LISTS_MAX; i++) {
		struct kept_list *list = &shelf->lists[i];
		if (list->used == 0 || list->asked != asked || list->snapshot != snapshot)
			continue;
		list->used = ++shelf->uses;
		return list;
	}
	return NULL;
}

static struct kept_list *longest_unused(struct shelf *shelf)
{
	struct kept_list *oldest = &shelf->lists[0];

	for (size_t i = 1; i < SHELF_LISTS_MAX; i++)
		if (shelf->lists[i].used < oldest->used)
			oldest = &shelf->lists[i];
	return oldest;
}

static size_t row_count(const struct shelf *shelf)
{
	size_t count = 0;

	for (size_t i = 0; i < SHELF_LISTS_MAX; i++)
		count += shelf->lists[i].inventory.count;
	return count;
}

static struct kept_list *oldest_with_rows(struct shelf *shelf)
{
	struct kept_list *oldest = NULL;

	for (size_t i = 0; i < SHELF_LISTS_MAX; i++)
		if (shelf->lists[i].used > 0 && (oldest == NULL || shelf->lists[i].used < oldest->used))
			oldest = &shelf->lists[i];
	return oldest;
}

void shelf_put(struct shelf *shelf, struct kept_list *list)
{
	struct kept_list *place = longest_unused(shelf);

	kept_list_done(place);
	while (row_count(shelf) > 0 && row_count(shelf) + list->inventory.count > SHELF_ROWS_MAX)
		kept_list_done(oldest_with_rows(shelf));
	*place = *list;
	place->used = ++shelf->uses;
	*list = (struct kept_list) { 0 };
}
