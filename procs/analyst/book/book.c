#include "analyst/book/book.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyst/book/names.h"
#include "analyst/book/room.h"
#include "analyst/book/rows.h"
#include "base/clock.h"
#include "base/kst.h"

#define GAP_MIN_NS    (15 * NS_PER_SECOND)
#define CLOSE_DELAY_S LEDGER_SLOT_SECONDS /* an hour closes when the last slot after it is over */
#define SILENT_S      DAY_SECONDS         /* or when its source was silent that long */
#define FORGET_FINAL_NS                                                                                      \
	(600 * NS_PER_SECOND) /* a resend of a row acknowledged long ago must still find its baseline */

static int load_baseline(
	void *context, const struct ledger_baseline *baseline, const struct ledger_identity *identity)
{
	struct book *book = context;
	struct book_row *row;
	uint32_t index;
	int r;

	if (baseline->id == 0) {
		book->node_seen = book->node_committed = baseline->energy;
		return 0;
	}
	if (identity->name[0] == '\0')
		r = book_resolve(book, baseline->id, &index);
	else
		r = book_workload_of(book, identity, &index);
	if (r < 0)
		return r;
	row = book_row_add(book, baseline->id, index);
	if (row == NULL)
		return -ENOMEM;
	row->seen = row->committed = baseline->energy;
	row->is_final = row->was_final = baseline->is_final;
	row->is_stored = true;
	return 0;
}

int book_open(struct book *book, struct ledger *ledger, uint64_t interval_ms)
{
	int r;

	*book = (struct book) { .ledger = ledger };
	book->gap_ns = 3 * interval_ms * NS_PER_MILLISECOND;
	if (book->gap_ns < GAP_MIN_NS)
		book->gap_ns = GAP_MIN_NS;
	if ((r = ledger_load_state(ledger, &book->committed)) < 0 ||
		(r = ledger_load_baselines(ledger, load_baseline, book)) < 0)
		return r;
	book->state = book->committed;
	room_open(&book->room, &book->state);
	book->origin_ns = (int64_t)(book->state.last_real_ns - book->state.last_boot_ns);
	return 0;
}

void book_done(struct book *book)
{
	directory_done(&book->directory);
	free(book->rows);
	free(book->workloads);
	free(book->merges);
	idmap_done(&book->row_by_id);
	idmap_done(&book->workload_by_hash);
	idmap_done(&book->workload_by_number);
}

static void put_baselines(struct book *book)
{
	const struct ledger_baseline node = { .energy = book->node_seen };

	ledger_put_baseline(book->ledger, &node);
	for (size_t i = 0; i < book->row_count; i++) {
		const struct book_row *row = &book->rows[i];
		const struct ledger_baseline baseline = { .id = row->id,
			.workload = book->workloads[row->workload].number,
			.is_final = row->is_final,
			.energy = row->seen };
		if (row->is_dirty || !row->is_stored)
			ledger_put_baseline(book->ledger, &baseline);
	}
}

int64_t book_time(const struct book *book, int64_t now)
{
	int64_t believed = (book->origin_ns + (int64_t)book->state.last_boot_ns) / (int64_t)NS_PER_SECOND;

	return book->doubt_boot_ns != 0 && believed < now ? believed : now;
}

static int64_t passed_until(const struct book *book)
{
	int64_t now = book_time(book, (int64_t)(book->state.last_real_ns / NS_PER_SECOND)) - CLOSE_DELAY_S;

	return now / LEDGER_HOUR_SECONDS * LEDGER_HOUR_SECONDS;
}

bool book_closes_hour(const struct book *book)
{
	return passed_until(book) > book->state.closed_until;
}

/* A clock that was ahead and came back opens the hours again that it closed, as far as they are not sealed. */
static void close_hours(struct book *book)
{
	int64_t closed = passed_until(book), sealed;

	if (book->state.closed_until > closed + LEDGER_HOUR_SECONDS &&
		ledger_sealed_until(book->ledger, &sealed) == 0)
		book->state.closed_until = sealed;
	if (closed > book->state.closed_until)
		book->state.closed_until = closed;
}

static void accept(struct book *book)
{
	book->committed = book->state;
	book->node_committed = book->node_seen;
	for (size_t i = 0; i < book->row_count; i++) {
		struct book_row *row = &book->rows[i];
		row->committed = row->seen;
		row->was_final = row->is_final;
		row->is_dirty = false;
		row->is_stored = true;
	}
	book->merge_count = 0;
	book->must_retell = false;
	book->finals_waiting = 0;
	room_commit(&book->room);
	book->counts.commits++;
}

int book_commit(struct book *book)
{
	int r;

	if (book->is_applying || !book->has_frame ||
		memcmp(&book->state, &book->committed, sizeof(book->state)) == 0)
		return -EAGAIN;
	close_hours(book);
	if (book->must_retell)
		book_retell(book);
	put_baselines(book);
	r = ledger_commit(book->ledger, &book->state);
	if (r == 0)
		accept(book);
	else {
		book_revert(book);
		book->counts.commits_failed++;
	}
	return r;
}

int book_close_silent(struct book *book, int64_t now)
{
	int64_t last = (int64_t)(book->state.last_real_ns / NS_PER_SECOND);
	int64_t until = (last / LEDGER_HOUR_SECONDS + 1) * LEDGER_HOUR_SECONDS;
	int r;

	if (book->is_applying || memcmp(&book->state, &book->committed, sizeof(book->state)) != 0)
		return -EAGAIN;
	if (last == 0 || now < until + SILENT_S || until <= book->state.closed_until)
		return 0;
	book->state.closed_until = until;
	r = ledger_commit(book->ledger, &book->state);
	if (r == 0)
		book->committed = book->state;
	else
		book_revert(book);
	return r;
}

void book_sweep(struct book *book)
{
	for (size_t i = book->row_count; i-- > 0;) {
		const struct book_row *row = &book->rows[i];
		if (!row->is_final || row->is_dirty || row->gone_boot_ns == 0 ||
			book->last.boot_ns < row->gone_boot_ns + FORGET_FINAL_NS)
			continue;
		ledger_forget_baseline(book->ledger, row->id);
		book_row_remove(book, (uint32_t)i);
	}
	book_free_workloads(book);
}

const struct book_workload *book_find(const struct book *book, int64_t number)
{
	uint32_t index;

	return idmap_find(&book->workload_by_number, (uint64_t)number, &index) ? &book->workloads[index]
									       : NULL;
}

bool book_is_present(const struct book *book, const struct book_workload *workload)
{
	return book->has_frame && book->last.mono_ns <= workload->present_ns + WINDOW_SPAN_NS;
}

bool book_is_implausible(const struct book *book, const struct book_workload *workload)
{
	return workload->implausible_ns != 0 &&
	       book->last.mono_ns <= workload->implausible_ns + WINDOW_SPAN_NS;
}

bool book_watts_span(const struct book *book, uint64_t *ret_span_ns)
{
	uint64_t growth_uj;

	return window_growth(&book->node.windows[PART_CPU], &growth_uj, ret_span_ns);
}

bool book_watts(
	const struct book *book, const struct book_workload *workload, double ret_watts[static PART_COUNT])
{
	bool is_known = false;

	if (!book_is_present(book, workload))
		return false;
	for (int part = 0; part < PART_COUNT; part++) {
		uint64_t growth_uj, span_ns;
		ret_watts[part] = 0;
		if (!window_growth(&workload->windows[part], &growth_uj, &span_ns))
			continue;
		ret_watts[part] = (double)growth_uj * 1e3 / (double)span_ns; /* µJ/ns = kW */
		is_known = true;
	}
	return is_known;
}
