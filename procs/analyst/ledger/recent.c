#include "analyst/ledger/recent.h"

#include <stdlib.h>
#include <string.h>

#include "base/large.h"

#define ROOM_FIRST 8

struct recent_workload {
	int64_t number, since; /* every piece that starts at `since` or later is here */
	struct ledger_piece *pieces;
	size_t count, room;
};

static size_t bytes_of(size_t pieces)
{
	return sizeof(struct recent_workload) + pieces * sizeof(struct ledger_piece);
}

void recent_clear(struct recent *recent)
{
	for (size_t i = 0; i < recent->count; i++)
		free(recent->workloads[i].pieces);
	recent->count = 0;
	recent->bytes = 0;
	recent->whole_until = 0;
	recent->unread_count = 0;
	recent->is_too_much = false;
	idmap_clear(&recent->by_number);
}

void recent_done(struct recent *recent)
{
	recent_clear(recent);
	free(recent->workloads);
	idmap_done(&recent->by_number);
	*recent = (struct recent) { 0 };
}

static struct recent_workload *find(const struct recent *recent, int64_t number)
{
	uint32_t index;

	return idmap_find(&recent->by_number, (uint64_t)number, &index) ? &recent->workloads[index] : NULL;
}

static void drop(struct recent *recent, struct recent_workload *workload)
{
	struct recent_workload *last = &recent->workloads[--recent->count];

	recent->bytes -= bytes_of(workload->room);
	idmap_remove(&recent->by_number, (uint64_t)workload->number);
	free(workload->pieces);
	if (workload == last)
		return;
	*workload = *last;
	/* it is in the map: nothing grows, nothing fails */
	idmap_put(&recent->by_number, (uint64_t)last->number, (uint32_t)(workload - recent->workloads));
}

/* It is in the file and not here. */
static void lose(struct recent *recent, struct recent_workload *workload)
{
	drop(recent, workload);
	recent->is_too_much |= recent->whole_until > 0;
	recent->whole_until = 0;
	recent->unread_count = 0;
}

/* At random (Knuth's MMIX generator), so that who asks for all in turn still finds some. */
static void lose_any(struct recent *recent)
{
	recent->dice = recent->dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	lose(recent, &recent->workloads[(recent->dice >> 33) % recent->count]);
}

bool recent_forget(struct recent *recent, int64_t number)
{
	struct recent_workload *workload = find(recent, number);

	if (workload != NULL)
		drop(recent, workload);
	return workload != NULL;
}

void recent_add_unread(struct recent *recent, int64_t number)
{
	if (recent->whole_until == 0)
		return;
	if (recent->unread_count == RECENT_UNREAD_MAX) {
		recent->whole_until = 0; /* sooner read anew as a whole */
		recent->unread_count = 0;
		return;
	}
	recent->unread[recent->unread_count++] = number;
}

static bool is_unread(const struct recent *recent, int64_t number)
{
	for (size_t i = 0; i < recent->unread_count; i++)
		if (recent->unread[i] == number)
			return true;
	return false;
}

void recent_forget_before(struct recent *recent, int64_t start)
{
	/* From the end: who is dropped gives his place to one that was looked at. */
	for (size_t i = recent->count; i-- > 0;) {
		struct recent_workload *workload = &recent->workloads[i];
		size_t kept = 0;
		for (size_t j = 0; j < workload->count; j++)
			if (workload->pieces[j].start >= start)
				workload->pieces[kept++] = workload->pieces[j];
		workload->count = kept;
		if (workload->since < start)
			workload->since = start;
		if (kept == 0)
			drop(recent, workload);
	}
	if (recent->whole_since >= start)
		return;
	recent->whole_since = start;
	recent->is_too_much = false; /* something has gone */
}

bool recent_is_whole(const struct recent *recent, const struct usage_window *window)
{
	return recent->whole_until == RECENT_ALL && window->since >= recent->whole_since &&
	       recent->zone_mask == window->zone_mask;
}

int64_t recent_at(
	const struct recent *recent, size_t place, const struct ledger_piece **ret_pieces, size_t *ret_count)
{
	*ret_pieces = recent->workloads[place].pieces;
	*ret_count = recent->workloads[place].count;
	return recent->workloads[place].number;
}

static struct recent_workload *add(struct recent *recent, int64_t number)
{
	if (recent->count == recent->room) {
		size_t room = recent->room == 0 ? 64 : recent->room * 2;
		struct recent_workload *workloads = large_grow(
			recent->workloads, recent->count * sizeof(*workloads), room * sizeof(*workloads));
		if (workloads == NULL)
			return NULL;
		recent->workloads = workloads;
		recent->room = room;
	}
	if (idmap_put(&recent->by_number, (uint64_t)number, (uint32_t)recent->count) < 0)
		return NULL;
	recent->workloads[recent->count] = (struct recent_workload) { .number = number };
	recent->bytes += bytes_of(0);
	return &recent->workloads[recent->count++];
}

static int by_key(const void *left, const void *right)
{
	const struct ledger_piece *a = left, *b = right;

	if (a->seconds != b->seconds)
		return (a->seconds > b->seconds) - (a->seconds < b->seconds);
	if (a->start != b->start)
		return (a->start > b->start) - (a->start < b->start);
	return (a->state > b->state) - (a->state < b->state);
}

/* One piece more at its place; NULL: it had no room, and the workload is not kept any longer. */
static struct ledger_piece *insert(
	struct recent *recent, struct recent_workload *workload, size_t at, const struct ledger_piece *piece)
{
	struct ledger_piece *pieces = workload->pieces;

	if (workload->count == workload->room) {
		size_t room = workload->room + workload->room / 4 + ROOM_FIRST;
		pieces = room <= RECENT_EACH_MAX ? reallocarray(pieces, room, sizeof(*pieces)) : NULL;
		if (pieces == NULL) {
			lose(recent, workload);
			return NULL;
		}
		recent->bytes += bytes_of(room) - bytes_of(workload->room);
		workload->pieces = pieces;
		workload->room = room;
	}
	memmove(&pieces[at + 1], &pieces[at], (workload->count - at) * sizeof(*pieces));
	pieces[at] = *piece;
	workload->count++;
	return &pieces[at];
}

/* Who is not here, where all are that have a piece, has none yet. */
static struct recent_workload *find_or_begin(struct recent *recent, int64_t number, int64_t start)
{
	struct recent_workload *workload = find(recent, number);

	if (workload != NULL || number == 0 || number > recent->whole_until || start < recent->whole_since ||
		is_unread(recent, number))
		return workload;
	workload = add(recent, number);
	if (workload == NULL)
		recent->whole_until = 0;
	else
		workload->since = recent->whole_since;
	return workload;
}

void recent_book(struct recent *recent, int64_t number, const struct ledger_slot *slot)
{
	struct recent_workload *workload = find_or_begin(recent, number, slot->start);
	struct ledger_piece key = {
		.start = slot->start, .seconds = LEDGER_SLOT_SECONDS, .state = slot->state
	};
	struct ledger_piece *piece;
	size_t at;

	recent->newest = slot->start;
	if (workload == NULL || slot->start < workload->since)
		return;
	for (at = workload->count; at > 0 && by_key(&workload->pieces[at - 1], &key) >= 0;)
		at--;
	if (at < workload->count && by_key(&workload->pieces[at], &key) == 0)
		piece = &workload->pieces[at];
	else
		piece = insert(recent, workload, at, &key);
	if (piece == NULL)
		return;
	piece->present_ns += slot->present_ns;
	piece->is_implausible |= (slot->flags & SLOT_IMPLAUSIBLE) != 0;
	for (int zone = 0; zone < ZONE_COUNT; zone++)
		if (zone_is_counted((enum zone)zone, recent->zone_mask)) {
			piece->active_uj += slot->energy.active[zone];
			piece->idle_uj += slot->energy.idle[zone];
		}
	if (recent->bytes > RECENT_BYTES_MAX)
		lose_any(recent);
}

bool recent_find(const struct recent *recent, int64_t number, const struct usage_window *window,
	const struct ledger_piece **ret_pieces, size_t *ret_count)
{
	const struct recent_workload *workload = find(recent, number);

	if (workload == NULL || workload->since > window->since || recent->zone_mask != window->zone_mask)
		return false;
	*ret_pieces = workload->pieces;
	*ret_count = workload->count;
	return true;
}

bool recent_newest(const struct recent *recent, int64_t number, int64_t since, int64_t *ret_start)
{
	const struct recent_workload *workload = find(recent, number);

	if (workload == NULL || workload->since > since)
		return false;
	*ret_start = 0;
	for (size_t i = 0; i < workload->count; i++)
		if (workload->pieces[i].start > *ret_start)
			*ret_start = workload->pieces[i].start;
	return true;
}

int64_t recent_since(const struct recent *recent, const struct usage_window *window)
{
	int64_t since = recent->newest - RECENT_SECONDS;

	return recent->newest != 0 && window->since >= since ? since : INT64_MAX;
}

/* Takes the pieces over. */
static void put(struct recent *recent, struct recent_workload *workload, int64_t since,
	struct ledger_piece *pieces, size_t count)
{
	struct ledger_piece *fitted = count > 0 ? reallocarray(pieces, count, sizeof(*pieces)) : NULL;

	if (count == 0)
		free(pieces);
	else if (fitted == NULL)
		fitted = pieces; /* a little too large */
	if (count > 1)
		qsort(fitted, count, sizeof(*fitted), by_key);
	workload->since = since;
	workload->pieces = fitted;
	workload->count = workload->room = count;
	recent->bytes += bytes_of(count) - bytes_of(0);
}

void recent_keep(struct recent *recent, int64_t number, int64_t since, uint32_t zone_mask,
	struct ledger_piece *pieces, size_t count)
{
	struct recent_workload *workload = find(recent, number);

	if (workload != NULL)
		drop(recent, workload);
	if (recent->zone_mask != zone_mask)
		recent_clear(recent);
	recent->zone_mask = zone_mask;
	while (recent->count > 0 && recent->bytes + bytes_of(count) > RECENT_BYTES_MAX)
		lose_any(recent);
	workload = count <= RECENT_EACH_MAX ? add(recent, number) : NULL;
	if (workload == NULL) {
		recent->whole_until = 0;
		free(pieces);
		return;
	}
	put(recent, workload, since, pieces, count);
}
