/* Counters frames: what is passed on of each row. They are told before the power frame of their seq and count with it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exporter/book/rows.h"

#define NONE ACCOUNT_NONE

/* Those that have series of it. */
static const enum row_account counted_slots[] = { ROW_CONTAINER, ROW_WORKLOAD };

int book_open_counters(struct book *book)
{
	if (!book->config.has_counters)
		return 0;
	book->passed = calloc(book->config.rows, sizeof(*book->passed));
	book->accounts.passed = calloc(ACCOUNTS_MAX, sizeof(*book->accounts.passed));
	return book->passed == NULL || book->accounts.passed == NULL ? -ENOMEM : 0;
}

/* As CPU time, they begin anew with the counters; no series shows them before the power frame is there too. */
static void begin_anew(struct book *book, const struct epoch *epoch)
{
	memset(book->passed, 0, book->row_count * sizeof(*book->passed));
	for (uint32_t i = 0; i < book->accounts.count; i++)
		book->accounts.passed[i].base = (struct passed) { 0 };
	book->passed_counted = 0;
	book->passed_epoch = *epoch;
	book->accounts.changes++;
}

/* One that finds no room is counted by the power frame. */
static struct book_row *row_of(struct book *book, uint64_t id)
{
	uint32_t index;

	if (idmap_find(&book->by_id, id, &index))
		return &book->rows[index];
	return book->row_count < book->config.rows ? book_row_of(book, id) : NULL;
}

static void tell(struct book *book, uint64_t id, const struct passed *passed)
{
	struct book_row *row = row_of(book, id);

	if (row == NULL)
		return;
	struct passed *known = &book->passed[row - book->rows];
	book->accounts.changes += row->is_final && memcmp(known, passed, sizeof(*passed)) != 0;
	*known = *passed;
}

void book_counters(struct book *book, const struct frame *frame)
{
	const struct counters_once *once = frame->once;
	const struct counters_row *rows = frame->rows;

	if (book->passed == NULL)
		return;
	if (frame->head.part == 0)
		book_begin_epoch(book, frame->head.energy_epoch);
	if (!book->has_workloads)
		return; /* as of a power frame */
	if (!epoch_equal(&book->passed_epoch, &frame->head.epoch))
		begin_anew(book, &frame->head.epoch);
	for (size_t i = 0; i < frame->row_count; i++) {
		const struct passed passed = { .by = {
#define X(name) [PASSED_##name] = rows[i].name,
						       PASSED_COUNTERS(X)
#undef X
					       } };
		tell(book, rows[i].id, &passed);
	}
	book->passed_told = once->counted;
}

void book_resume_counters(struct book *book, uint64_t id, const struct passed *passed)
{
	uint32_t index;

	if (book->passed != NULL && idmap_find(&book->by_id, id, &index))
		book->passed[index] = *passed;
}

void book_leave_counters(struct book *book, uint32_t index)
{
	if (book->passed == NULL)
		return;
	for (size_t i = 0; i < sizeof(counted_slots) / sizeof(counted_slots[0]); i++) {
		uint32_t account = book->rows[index].accounts[counted_slots[i]];
		if (account != NONE)
			passed_add(&book->accounts.passed[account].base, &book->passed[index]);
	}
	book->passed[index] = book->passed[book->row_count - 1];
}

void book_settle_counters(struct book *book)
{
	if (book->passed == NULL)
		return;
	for (uint32_t i = 0; i < book->accounts.count; i++)
		book->accounts.passed[i].now = (struct passed) { 0 };
	for (uint32_t row = 0; row < book->row_count; row++)
		for (size_t i = 0; i < sizeof(counted_slots) / sizeof(counted_slots[0]); i++) {
			uint32_t account = book->rows[row].accounts[counted_slots[i]];
			if (account != NONE)
				passed_add(&book->accounts.passed[account].now, &book->passed[row]);
		}
	book->passed_counted = book->passed_told;
}
