/*
 * Keeps the parts of one frame until all are there. One connection keeps the order, so part n + 1 follows part n of the
 * same frame on the same pipe, and part 0 always begins anew. Private to link*.c.
 */
#pragma once

#include <nng/nng.h>
#include <stdbool.h>

#include "ipc/frame.h"

struct joiner {
	int pipe;               /* where the frame comes from, 0 = nowhere yet */
	struct frame_head head; /* of part 0 */
	uint32_t present;
	nng_msg *messages[FRAME_PARTS_MAX]; /* owned */
};

/* Does this part continue the frame that is being gathered? */
bool joiner_fits(const struct joiner *joiner, const struct frame_head *head);
/* Takes the message of a part that fits over. True when it was the last one. */
bool joiner_add(struct joiner *joiner, const struct frame_head *head, nng_msg *message);
/* Frees what is held; the pipe stays. */
void joiner_clear(struct joiner *joiner);
