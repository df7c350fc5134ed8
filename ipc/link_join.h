/* Keeps the parts of one frame until all are there; a part of another frame begins anew. Private to link*.c. */
#pragma once

#include <nng/nng.h>
#include <stdbool.h>

#include "ipc/frame.h"

struct joiner {
	struct frame_head head; /* of the frame being gathered */
	uint32_t parts, present;
	nng_msg *messages[FRAME_PARTS_MAX]; /* owned */
};

/* Takes the message over. True when this was the last missing part. */
bool joiner_add(struct joiner *joiner, const struct frame_head *head, nng_msg *message);
/* Frees what is held. */
void joiner_clear(struct joiner *joiner);
