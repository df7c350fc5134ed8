/* Several messages in one array (revision 2025-03-26), answered together by one array. */
#pragma once

#include "frontend/mcp/mcp.h"

#define BATCH_MAX 64 /* messages of one array */

struct batch;

/* Who sent it; principal and session (NULL = none) are borrowed: a batch holds them for itself. */
struct batch_sender {
	struct mcp *mcp;
	const char *lang; /* static */
	struct principal *principal;
	struct session *session;
};

/* The answers, valid during the call; NULL: there was nothing to answer. The batch is gone. */
typedef void batch_done_fn(void *context, const char *answers, size_t size);

/* Takes the text of an array that is valid JSON. `done` is called once, perhaps before this returns, unless batch_drop() comes
 * first. 0; -EINVAL: it has not 1 to BATCH_MAX messages; -ENOMEM. */
int batch_take(const struct batch_sender *sender, const char *bytes, size_t size, batch_done_fn *done,
	void *context, struct batch **ret_batch);
/* Nobody is there any more to hear the answers. */
void batch_drop(struct batch *batch);
