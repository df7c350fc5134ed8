/* What one workload, the node or every workload used in a window. */
#include <errno.h>
#include <stdlib.h>

#include "analyst/ledger/query.h"
#include "analyst/ledger/sql.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/large.h"

#define USAGES_FIRST 256
#define ROWS_A_LOOK  1024 /* at the clock */

static void add_piece(
	struct usage *usage, const struct usage_window *window, const struct ledger_piece *piece)
{
	double energy_uj = ledger_piece_uj(piece), idle_uj = (double)piece->idle_uj,
	       present_ns = (double)piece->present_ns;
	struct grid_stretch grid;

	usage->states |= 1u << piece->state;
	if (piece->state == POWER_FAKE && !window->allow_fake)
		return;
	grid = grid_look(window->grid, piece->start, piece->seconds);
	usage->present_ns += piece->present_ns;
	usage->implausible_ns += piece->is_implausible ? piece->present_ns : 0;
	usage->idle_uj += idle_uj;
	usage->energy_uj += energy_uj;
	usage->weighted += energy_uj * grid.mean;
	usage->idle_weighted += idle_uj * grid.mean;
	usage->covered_uj += energy_uj * grid.covered;
	usage->unsure_uj += energy_uj * (grid.forecast + grid.estimated);
	usage->time_weighted += present_ns * grid.mean;
	usage->covered_ns += present_ns * grid.covered;
	usage->unsure_ns += present_ns * (grid.forecast + grid.estimated);
}

void usage_add(struct usage *to, const struct usage *from)
{
	to->present_ns += from->present_ns;
	to->implausible_ns += from->implausible_ns;
	to->is_implausible_now |= from->is_implausible_now;
	to->idle_uj += from->idle_uj;
	to->energy_uj += from->energy_uj;
	to->weighted += from->weighted;
	to->idle_weighted += from->idle_weighted;
	to->covered_uj += from->covered_uj;
	to->unsure_uj += from->unsure_uj;
	to->time_weighted += from->time_weighted;
	to->covered_ns += from->covered_ns;
	to->unsure_ns += from->unsure_ns;
	to->states |= from->states;
}

static int compare_slots(const void *a, const void *b)
{
	int64_t x = ((const struct presence_slot *)a)->start, y = ((const struct presence_slot *)b)->start;

	return (x > y) - (x < y);
}

static int add_observed(struct presence *presence, int64_t start, uint64_t observed_ns)
{
	if (presence->count > 0 && presence->slots[presence->count - 1].start == start) {
		presence->slots[presence->count - 1].observed_ns +=
			observed_ns; /* another state, same slot */
		return 0;
	}
	if (!array_grow(&presence->slots, presence->count, &presence->room, sizeof(*presence->slots)))
		return -ENOMEM;
	presence->slots[presence->count++] =
		(struct presence_slot) { .start = start, .observed_ns = observed_ns };
	return 0;
}

static void add_present(struct presence *presence, int64_t start, uint64_t present_ns)
{
	struct presence_slot key = { .start = start }, *slot = NULL;

	if (presence->count > 0)
		slot = bsearch(&key, presence->slots, presence->count, sizeof(key), compare_slots);
	if (slot != NULL)
		slot->present_ns += present_ns;
}

uint64_t presence_ns(const struct presence *presence)
{
	uint64_t total_ns = 0;

	for (size_t i = 0; i < presence->count; i++) {
		const struct presence_slot *slot = &presence->slots[i];
		total_ns += slot->present_ns < slot->observed_ns ? slot->present_ns : slot->observed_ns;
	}
	return total_ns;
}

void presence_done(struct presence *presence)
{
	free(presence->slots);
	*presence = (struct presence) { 0 };
}

struct summing {
	const struct usage_window *window;
	struct usage *usage;
	struct presence *presence;
	bool is_node;
};

static int sum_piece(void *context, const struct ledger_piece *piece)
{
	const struct summing *summing = context;
	uint64_t before_ns = summing->usage->present_ns, present_ns;

	add_piece(summing->usage, summing->window, piece);
	present_ns = summing->usage->present_ns - before_ns;
	if (summing->presence == NULL)
		return 0;
	if (summing->is_node)
		return add_observed(summing->presence, piece->start, present_ns);
	add_present(summing->presence, piece->start, present_ns);
	return 0;
}

int ledger_sum(struct ledger *ledger, int64_t workload, const struct usage_window *window,
	struct usage *usage, struct presence *presence)
{
	struct summing summing = { window, usage, presence, workload == 0 };
	int r = ledger_each_piece(ledger, workload, window, sum_piece, &summing);

	/* hours come after the newer slots */
	if (r == 0 && presence != NULL && workload == 0 && presence->count > 0)
		qsort(presence->slots, presence->count, sizeof(*presence->slots), compare_slots);
	return r;
}

/* The places of what is kept are those of the usages: no other map is made. */
static int sum_kept(struct ledger *ledger, const struct usage_window *window, struct usages *usages)
{
	const struct recent *recent = &ledger->recent;

	usages->items = large_grow(NULL, 0, (recent->count + 1) * sizeof(*usages->items));
	if (usages->items == NULL)
		return -ENOMEM;
	for (; usages->count < recent->count; usages->count++) {
		struct usage *usage = &usages->items[usages->count];
		const struct ledger_piece *pieces;
		size_t count;
		*usage = (struct usage) { .workload = recent_at(recent, usages->count, &pieces, &count) };
		for (size_t i = 0; i < count; i++)
			if (pieces[i].start >= window->since)
				add_piece(usage, window, &pieces[i]);
	}
	usages->places = &recent->by_number;
	return 0;
}

/* Of the same workload slots, hours and days come one after the other. */
static int add_usage(struct usages *usages, const struct usage *usage)
{
	uint32_t index;

	if (idmap_find(&usages->own, (uint64_t)usage->workload, &index)) {
		usage_add(&usages->items[index], usage);
		return 0;
	}
	if (usages->count == usages->room) {
		size_t room = usages->room == 0 ? USAGES_FIRST : usages->room * 2;
		struct usage *items =
			large_grow(usages->items, usages->count * sizeof(*items), room * sizeof(*items));
		if (items == NULL)
			return -ENOMEM;
		usages->items = items;
		usages->room = room;
	}
	usages->items[usages->count] = *usage;
	return idmap_put(&usages->own, (uint64_t)usage->workload, (uint32_t)usages->count++);
}

static int sum_read(struct ledger *ledger, const struct usage_window *window, struct usages *usages)
{
	sqlite3_stmt *statement = ledger_window(ledger, SQL_SUM_ALL, window, 0);
	struct usage usage = { 0 };
	struct ledger_piece piece;
	uint64_t begin_ns = clock_mono_ns();
	int code = SQLITE_DONE, r = 0;

	for (size_t rows = 0; r == 0 && (code = sqlite3_step(statement)) == SQLITE_ROW; rows++) {
		int64_t workload = sqlite3_column_int64(statement, 0);
		if (usage.workload != workload && usage.workload != 0)
			r = add_usage(usages, &usage);
		if (usage.workload != workload)
			usage = (struct usage) { .workload = workload };
		if (ledger_read_piece(statement, &piece))
			add_piece(&usage, window, &piece);
		if (rows % ROWS_A_LOOK == 0 && window->read_ms > 0 &&
			clock_mono_ns() - begin_ns > (uint64_t)window->read_ms * NS_PER_MILLISECOND)
			r = -ETIME;
	}
	if (r == 0 && code != SQLITE_DONE)
		r = ledger_errno(ledger, code);
	if (r == 0 && usage.workload != 0)
		r = add_usage(usages, &usage);
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement); /* the namespaces are the caller's */
	usages->places = &usages->own;
	return r;
}

int ledger_sum_all(struct ledger *ledger, const struct usage_window *window, struct usages *ret_usages)
{
	*ret_usages = (struct usages) { 0 };
	if (ledger_load_window(ledger, window))
		return sum_kept(ledger, window, ret_usages);
	return sum_read(ledger, window, ret_usages);
}

struct usage *usages_find(struct usages *usages, int64_t workload, size_t *next)
{
	uint32_t index = (uint32_t)*next;

	if ((*next >= usages->count || usages->items[*next].workload != workload) &&
		!idmap_find(usages->places, (uint64_t)workload, &index))
		return NULL;
	*next = (size_t)index + 1;
	return usages->items[index].states != 0 ? &usages->items[index] : NULL;
}

void usages_done(struct usages *usages)
{
	free(usages->items);
	idmap_done(&usages->own);
	*usages = (struct usages) { 0 };
}
