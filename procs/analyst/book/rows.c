#include "analyst/book/rows.h"

#include "analyst/book/room.h"
#include "base/array.h"

struct book_row *book_row_find(struct book *book, uint64_t id)
{
	uint32_t index;

	return idmap_find(&book->row_by_id, id, &index) ? &book->rows[index] : NULL;
}

void book_row_remove(struct book *book, uint32_t index)
{
	uint32_t last = (uint32_t)book->row_count - 1;

	book->workloads[book->rows[index].workload].rows--;
	idmap_remove(&book->row_by_id, book->rows[index].id);
	if (index != last) {
		book->rows[index] = book->rows[last];
		idmap_put(&book->row_by_id, book->rows[index].id, index); /* replaces: needs no memory */
	}
	book->row_count--;
}

/* Rows nobody sends any more make room. */
static void evict(struct book *book)
{
	for (size_t i = book->row_count; i-- > 0;)
		if (book->rows[i].gone_boot_ns != 0 && !book->rows[i].is_dirty) {
			ledger_forget_baseline(book->ledger, book->rows[i].id);
			book_row_remove(book, (uint32_t)i);
		}
}

struct book_row *book_row_add(struct book *book, uint64_t id, uint32_t workload)
{
	struct book_row *row;

	if (book->row_count == BOOK_ROWS_MAX)
		evict(book);
	if (book->row_count == BOOK_ROWS_MAX ||
		!array_grow(&book->rows, book->row_count, &book->row_room, sizeof(*book->rows)) ||
		idmap_put(&book->row_by_id, id, (uint32_t)book->row_count) < 0) {
		book->counts.rows_dropped++;
		return NULL;
	}
	row = &book->rows[book->row_count++];
	*row = (struct book_row) { .id = id, .workload = workload };
	book->workloads[workload].rows++;
	return row;
}

void book_rows_clear(struct book *book)
{
	for (size_t i = 0; i < book->row_count; i++)
		book->workloads[book->rows[i].workload].rows--;
	book->row_count = 0;
	idmap_clear(&book->row_by_id);
}

void book_add_parts(uint64_t cumulative_uj[static PART_COUNT], const struct energy *delta, uint32_t zone_mask)
{
	for (int zone = 0; zone < ZONE_COUNT; zone++) {
		enum part part = zone == ZONE_DRAM ? PART_MEMORY : zone == ZONE_GPU ? PART_GPU : PART_CPU;
		if (!zone_is_counted((enum zone)zone, zone_mask))
			continue;
		cumulative_uj[part] += delta->active[zone];
		cumulative_uj[PART_IDLE] += delta->idle[zone];
	}
}

/* a - b, which is never negative: seen grows from committed. */
static struct energy difference(const struct energy *a, const struct energy *b)
{
	struct energy result;

	for (int zone = 0; zone < ZONE_COUNT; zone++) {
		result.active[zone] = a->active[zone] - b->active[zone];
		result.idle[zone] = a->idle[zone] - b->idle[zone];
	}
	return result;
}

static void subtract_parts(
	uint64_t cumulative_uj[static PART_COUNT], const struct energy *delta, uint32_t zone_mask)
{
	uint64_t parts[PART_COUNT] = { 0 };

	book_add_parts(parts, delta, zone_mask);
	for (int part = 0; part < PART_COUNT; part++)
		cumulative_uj[part] -= parts[part];
}

void book_revert(struct book *book)
{
	uint32_t mask = book->last.zone_mask;

	for (size_t i = 0; i < book->row_count; i++) {
		struct book_row *row = &book->rows[i];
		struct energy lost = difference(&row->seen, &row->committed);
		/* It comes again with the next frame and must not count twice in the last minute. */
		subtract_parts(book->workloads[row->workload].cumulative_uj, &lost, mask);
		row->seen = row->committed;
		row->has_cpu = false;
		row->is_final = row->was_final;
	}
	struct energy lost = difference(&book->node_seen, &book->node_committed);
	subtract_parts(book->node.cumulative_uj, &lost, mask);
	book->node_seen = book->node_committed;
	book->state = book->committed;
	room_revert(&book->room);
	book->must_retell = true;
	book->finals_waiting = 0;
	book->is_applying = false;
}
