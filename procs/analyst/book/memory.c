#include "analyst/book/memory.h"

#include "base/clock.h"

#define BYTES_MAX  (UINT64_C(1) << 50) /* nothing holds more: what says so would only spoil sums */
#define WRITTEN_NS (300 * NS_PER_SECOND)

/* A kill before the first sight is none of ours: kills count from there, as CPU time does. */
static uint64_t take_kills(struct book_row *row, uint64_t kills)
{
	uint64_t grown = row->has_memory && kills > row->oom_kills ? kills - row->oom_kills : 0;

	row->has_memory = true;
	row->oom_kills = kills;
	return grown;
}

/* Requests stand on a pod's containers, what it holds on the pod itself. */
void memory_count(struct book_workload *workload, struct book_row *row, const struct entry *entry,
	const struct power_row *sent)
{
	if (entry != NULL) {
		workload->memory.request_bytes += entry->memory_request_bytes;
		workload->memory.limit_bytes += entry->memory_limit_bytes;
	}
	if (sent->memory_bytes == 0 || sent->memory_bytes > BYTES_MAX)
		return;
	workload->memory.bytes += sent->memory_bytes;
	workload->memory.oom_kills += take_kills(row, sent->oom_kills);
}

static void write_slot(struct book *book, struct book_workload *workload)
{
	struct ledger_memory *slot = &workload->memory.slot;

	ledger_add_memory(book->ledger, workload->number, slot);
	slot->counted_ns = slot->oom_kills = 0;
}

static void begin_slot(struct book *book, struct book_workload *workload)
{
	int64_t now = (int64_t)(book->last.real_ns / NS_PER_SECOND);
	int64_t start = now / LEDGER_MEMORY_SECONDS * LEDGER_MEMORY_SECONDS;
	struct ledger_memory *slot = &workload->memory.slot;

	if (slot->start == start)
		return;
	if (slot->counted_ns > 0 || slot->oom_kills > 0)
		write_slot(book, workload);
	*slot = (struct ledger_memory) { .start = start };
}

/* Does the frame say more than that time has passed? */
static bool is_news(const struct book_workload *workload)
{
	const struct ledger_memory *slot = &workload->memory.slot;

	return workload->memory.oom_kills > 0 || workload->memory.bytes > slot->peak_bytes ||
	       workload->memory.request_bytes != slot->request_bytes ||
	       workload->memory.limit_bytes != slot->limit_bytes;
}

void memory_settle(struct book *book, struct book_workload *workload)
{
	struct ledger_memory *slot = &workload->memory.slot;
	bool is_written;

	if (workload->memory.bytes > 0) {
		begin_slot(book, workload);
		is_written = is_news(workload);
		if (workload->memory.bytes > slot->peak_bytes)
			slot->peak_bytes = workload->memory.bytes;
		slot->request_bytes = workload->memory.request_bytes;
		slot->limit_bytes = workload->memory.limit_bytes;
		slot->oom_kills += workload->memory.oom_kills;
		if ((book->slot_flags & SLOT_SPREAD) == 0) /* what was held in a gap nobody saw */
			slot->counted_ns += book->spread.total_ns;
		if (is_written || slot->counted_ns >= WRITTEN_NS)
			write_slot(book, workload);
	}
	memory_abandon(workload);
}

void memory_abandon(struct book_workload *workload)
{
	workload->memory.bytes = workload->memory.oom_kills = 0;
	workload->memory.request_bytes = workload->memory.limit_bytes = 0;
}
