#include "ipc/link_join.h"

#include <string.h>

static bool belongs(const struct joiner *joiner, const struct frame_head *head)
{
	return joiner->present > 0 && joiner->head.kind == head->kind && joiner->head.seq == head->seq &&
	       joiner->head.energy_epoch == head->energy_epoch && joiner->parts == head->parts &&
	       epoch_equal(&joiner->head.epoch, &head->epoch);
}

bool joiner_add(struct joiner *joiner, const struct frame_head *head, nng_msg *message)
{
	if (!belongs(joiner, head)) {
		joiner_clear(joiner);
		joiner->head = *head;
		joiner->parts = head->parts;
	}
	if (joiner->messages[head->part] != NULL)
		nng_msg_free(joiner->messages[head->part]);
	else
		joiner->present++;
	joiner->messages[head->part] = message;
	return joiner->present == joiner->parts;
}

void joiner_clear(struct joiner *joiner)
{
	for (uint32_t i = 0; i < FRAME_PARTS_MAX; i++)
		if (joiner->messages[i] != NULL)
			nng_msg_free(joiner->messages[i]);
	memset(joiner, 0, sizeof(*joiner));
}
