#include "analyst/book/life.h"

#include <string.h>

#include "analyst/book/rows.h"

bool life_is_other(const struct book *book, const struct frame_head *head)
{
	return book->state.energy_epoch != head->energy_epoch ||
	       memcmp(book->state.boot_id, head->epoch.boot_id, sizeof(book->state.boot_id)) != 0;
}

/* The last minute is that of one source: a fake meter's joules do not become a real one's watts. */
static void forget_minute(struct book_workload *workload)
{
	memset(workload->windows, 0, sizeof(workload->windows));
	workload->implausible_ns = 0;
}

/* Only the sums of the same source begin anew: from where it was, it goes on. */
static bool goes_on(const struct book *book, const struct frame_head *head, const struct power_once *once)
{
	return book->has_frame && once->state == book->last.state &&
	       once->first_boot_ns == book->state.last_boot_ns &&
	       head->epoch.birth_ns == book->state.birth_ns && once->source.size == strlen(book->source) &&
	       memcmp(once->source.data, book->source, once->source.size) == 0;
}

void life_begin(struct book *book, const struct frame_head *head, const struct power_once *once)
{
	bool is_same_minute = goes_on(book, head, once);

	for (size_t i = 0; i < book->workload_count && !is_same_minute; i++)
		forget_minute(&book->workloads[i]);
	if (!is_same_minute)
		forget_minute(&book->node);
	book_rows_clear(book);
	ledger_forget_all_baselines(book->ledger);
	book->node_seen = book->node_committed = (struct energy) { 0 };
	book->state.energy_epoch = head->energy_epoch;
	memcpy(book->state.boot_id, head->epoch.boot_id, sizeof(book->state.boot_id));
	book->state.first_boot_ns = book->state.last_boot_ns = once->first_boot_ns;
	book->state.committed_seq = 0;
}
