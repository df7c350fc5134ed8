#include "analyst/book/spread.h"

#include "base/clock.h"
#include "base/wide.h"

#define SLOT_NS (LEDGER_SLOT_SECONDS * NS_PER_SECOND)

static void add_piece(struct spread *spread, int64_t slot, uint64_t until_ns, int64_t closed_until)
{
	if (slot < closed_until) {
		slot = closed_until;
		spread->is_late = true;
	}
	/* Pieces of one slot are one piece. */
	if (spread->count > 0 && spread->slot[spread->count - 1] == slot)
		spread->count--;
	spread->slot[spread->count] = slot;
	spread->until_ns[spread->count++] = until_ns;
}

void spread_make(struct spread *spread, uint64_t end_real_ns, uint64_t length_ns, int64_t closed_until)
{
	uint64_t begin_ns = end_real_ns > length_ns ? end_real_ns - length_ns : 0;
	/* The instant `end` belongs to the slot that ends there, so that [09:00, 09:05] has no empty second piece. */
	uint64_t first = begin_ns / SLOT_NS,
		 last = end_real_ns > begin_ns ? (end_real_ns - 1) / SLOT_NS : first;
	uint64_t stride = (last - first) / (SPREAD_PIECES_MAX - 1) + 1;

	spread->count = 0;
	spread->is_late = false;
	spread->total_ns = length_ns;
	for (uint64_t slot = first; slot <= last; slot += stride) {
		uint64_t end_ns = (slot + stride) * SLOT_NS;
		uint64_t until_ns = slot + stride > last ? length_ns : end_ns - begin_ns;
		add_piece(spread, (int64_t)slot * LEDGER_SLOT_SECONDS, until_ns, closed_until);
	}
}

uint64_t spread_share(const struct spread *spread, uint32_t piece, uint64_t amount)
{
	uint64_t before = 0, until = amount;

	/* Differences of one rounded running sum: whatever the rounding, they add up. */
	if (piece > 0)
		before = mul_div_u64(amount, spread->until_ns[piece - 1], spread->total_ns);
	if (piece + 1 < spread->count)
		until = mul_div_u64(amount, spread->until_ns[piece], spread->total_ns);
	return until - before;
}
