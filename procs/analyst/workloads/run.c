#include "analyst/workloads/run.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/kst.h"

#define PIECES_FIRST  336              /* a day and more of slots */
#define PIECES_MAX    (400 * 24 + 400) /* of one workload: 400 days of hours, a day and more of slots */
#define LOOK_BACK_MIN (DAY_SECONDS + 2 * HOUR_SECONDS)
/* A window that begins within a slot shows a day of presence as up to two slots less. */
#define CONTINUOUS_SECONDS (DAY_SECONDS - 2 * LEDGER_SLOT_SECONDS)

struct stretch {
	int64_t start, end, seconds;
};

struct walk {
	struct ledger_piece *pieces;
	size_t count, room;
};

static int keep(void *context, const struct ledger_piece *piece)
{
	struct walk *walk = context;

	/* a day does not tell when in it */
	if (piece->present_ns == 0 || piece->seconds > HOUR_SECONDS || walk->count == PIECES_MAX)
		return 0;
	if (walk->count == walk->room) {
		size_t room = walk->room == 0 ? PIECES_FIRST : walk->room * 2;
		struct ledger_piece *pieces = reallocarray(walk->pieces, room, sizeof(*pieces));
		if (pieces == NULL)
			return -ENOMEM;
		walk->pieces = pieces;
		walk->room = room;
	}
	walk->pieces[walk->count++] = *piece;
	return 0;
}

static int by_start(const void *left, const void *right)
{
	int64_t a = ((const struct ledger_piece *)left)->start,
		b = ((const struct ledger_piece *)right)->start;

	return (a > b) - (a < b);
}

/* Pieces with at most one empty slot between them are one stretch. */
static void note_stretches(const struct walk *walk, struct run_history *history)
{
	struct stretch now = { 0 };

	for (size_t i = 0; i < walk->count; i++) {
		const struct ledger_piece *piece = &walk->pieces[i];
		int64_t present = (int64_t)(piece->present_ns / NS_PER_SECOND);
		bool is_same_slot = i > 0 && piece->start == walk->pieces[i - 1].start;
		if (i == 0 || piece->start > now.end + LEDGER_SLOT_SECONDS)
			now = (struct stretch) { .start = piece->start };
		now.end = piece->start + piece->seconds;
		now.seconds += is_same_slot ? 0 : present < piece->seconds ? present : piece->seconds;
		if (now.seconds > history->length) {
			history->start = now.start;
			history->length = now.seconds;
		}
	}
}

static void note_hours(const struct walk *walk, double hours[static 24])
{
	for (size_t i = 0; i < walk->count; i++)
		hours[kst_of(walk->pieces[i].start).hour] += ledger_piece_uj(&walk->pieces[i]);
}

static void make_shares(double hours[static 24])
{
	double total = 0;

	for (int hour = 0; hour < 24; hour++)
		total += hours[hour];
	for (int hour = 0; hour < 24 && total > 0; hour++)
		hours[hour] /= total;
}

int run_history_gather(
	const struct question *question, const struct subject *subject, struct run_history *ret_history)
{
	const struct knowledge *k = question->knowledge;
	int64_t since = question_now(question) - LOOK_BACK_MIN;
	const struct usage_window window = { .since = question->since < since ? question->since : since,
		.allow_fake = question->allow_fake,
		.zone_mask = k->book->last.zone_mask };
	struct walk walk = { 0 };
	int r = 0;

	*ret_history = (struct run_history) { 0 };
	for (size_t i = 0; i < subject->count && r == 0; i++) {
		walk.count = 0;
		r = ledger_walk(k->ledger, subject->workloads[i], &window, keep, &walk);
		if (walk.count > 0)
			qsort(walk.pieces, walk.count, sizeof(*walk.pieces), by_start);
		note_stretches(&walk, ret_history);
		note_hours(&walk, ret_history->energy_by_hour);
	}
	free(walk.pieces);
	make_shares(ret_history->energy_by_hour);
	ret_history->is_known = ret_history->length > 0;
	ret_history->is_continuous = ret_history->length >= CONTINUOUS_SECONDS;
	return r;
}
