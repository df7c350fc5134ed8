#include "ipc/link_join.h"

bool joiner_fits(const struct joiner *joiner, const struct frame_head *head)
{
	const struct frame_head *begun = &joiner->head;

	if (joiner->present == 0)
		return head->part == 0;
	return head->part == joiner->present && begun->kind == head->kind && begun->seq == head->seq &&
	       begun->energy_epoch == head->energy_epoch && begun->parts == head->parts &&
	       epoch_equal(&begun->epoch, &head->epoch);
}

bool joiner_add(struct joiner *joiner, const struct frame_head *head, nng_msg *message)
{
	if (joiner->present == 0)
		joiner->head = *head;
	joiner->messages[joiner->present++] = message;
	return joiner->present == head->parts;
}

void joiner_clear(struct joiner *joiner)
{
	for (uint32_t i = 0; i < joiner->present; i++)
		nng_msg_free(joiner->messages[i]);
	joiner->present = 0;
}
