#include "exporter/acks.h"

void acks_init(struct acks *acks, uint64_t interval_ns)
{
	*acks = (struct acks) { .keep_ns = 3 * interval_ns > ACK_AFTER_NS ? 3 * interval_ns : ACK_AFTER_NS };
}

void acks_forget(struct acks *acks)
{
	acks->count = 0;
}

bool acks_note(struct acks *acks, uint64_t seq, uint64_t now_ns)
{
	if (now_ns < acks->next_ns)
		return false;
	acks->next_ns = now_ns + ACK_EVERY_NS;
	acks->received[acks->count % ACK_SLOTS].seq = seq;
	acks->received[acks->count++ % ACK_SLOTS].mono_ns = now_ns;
	return true;
}

uint64_t acks_committed(const struct acks *acks, uint64_t now_ns)
{
	uint64_t committed = 0;

	for (uint64_t i = 0; i < acks->count && i < ACK_SLOTS; i++)
		if (now_ns - acks->received[i].mono_ns >= acks->keep_ns && acks->received[i].seq > committed)
			committed = acks->received[i].seq;
	return committed;
}
