#include "frontend/sse.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct sse {
	h2o_generator_t generator; /* first: h2o hands it back */
	h2o_req_t *req;
	sse_gone_fn *gone;
	void *context;
	bool is_sending, is_ending;
	char *sent, *waiting;
	size_t waiting_size, waiting_room;
};

static void on_gone(void *object)
{
	struct sse *sse = object;

	free(sse->sent);
	free(sse->waiting);
	if (sse->gone != NULL)
		sse->gone(sse->context);
}

/* What waits goes out as one piece; nothing waits: the response rests until more is given. */
static void send_waiting(struct sse *sse)
{
	h2o_iovec_t bytes = h2o_iovec_init(sse->waiting, sse->waiting_size);
	bool is_last = sse->is_ending;

	free(sse->sent);
	sse->sent = TAKE(sse->waiting);
	sse->waiting_size = sse->waiting_room = 0;
	sse->is_sending = bytes.len > 0 || is_last;
	if (sse->is_sending)
		h2o_send(sse->req, &bytes, bytes.len > 0,
			is_last ? H2O_SEND_STATE_FINAL : H2O_SEND_STATE_IN_PROGRESS);
}

static void on_proceed(h2o_generator_t *generator, h2o_req_t *req)
{
	(void)req;
	send_waiting((struct sse *)generator);
}

struct sse *sse_open(h2o_req_t *req, sse_gone_fn *gone, void *context)
{
	struct sse *sse = h2o_mem_alloc_shared(&req->pool, sizeof(*sse), on_gone);

	*sse = (struct sse) {
		.generator = { .proceed = on_proceed }, .req = req, .gone = gone, .context = context
	};
	req->res.status = 200;
	req->res.reason = "OK";
	h2o_add_header(
		&req->pool, &req->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL, H2O_STRLIT("text/event-stream"));
	h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_CACHE_CONTROL, NULL, H2O_STRLIT("no-store"));
	/* a proxy must not hold events back */
	h2o_add_header_by_str(
		&req->pool, &req->res.headers, H2O_STRLIT("x-accel-buffering"), 0, NULL, H2O_STRLIT("no"));
	h2o_start_response(req, &sse->generator);
	return sse;
}

size_t sse_waiting(const struct sse *sse)
{
	return sse->waiting_size;
}

int sse_give(struct sse *sse, const char *bytes, size_t size)
{
	size_t needed = sse->waiting_size + size;

	if (sse->is_ending)
		return 0;
	if (needed > sse->waiting_room) {
		size_t room = needed + needed / 2;
		char *grown = realloc(sse->waiting, room);
		if (grown == NULL)
			return -ENOMEM;
		sse->waiting = grown;
		sse->waiting_room = room;
	}
	memcpy(sse->waiting + sse->waiting_size, bytes, size);
	sse->waiting_size = needed;
	if (!sse->is_sending)
		send_waiting(sse);
	return 0;
}

void sse_end(struct sse *sse)
{
	if (sse->is_ending)
		return;
	sse->is_ending = true;
	if (!sse->is_sending)
		send_waiting(sse);
}

void sse_forget(struct sse *sse)
{
	sse->gone = NULL;
}
