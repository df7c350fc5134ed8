#include "frontend/mcp/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "frontend/mcp/session.h"

struct batch {
	struct batch_sender sender;
	batch_done_fn *done; /* NULL: nobody is there any more */
	void *context;
	struct json_writer answers;
	size_t waiting;
	bool is_complete, has_answers;
};

struct part {
	struct mcp_sink sink; /* first */
	struct batch *batch;
};

static void settle(struct batch *batch)
{
	CLEANUP(freep) char *text = NULL;
	size_t size = 0;

	if (!batch->is_complete || batch->waiting > 0)
		return;
	json_close_array(&batch->answers);
	int r = json_take(&batch->answers, &text, &size);
	bool has_text = batch->has_answers && r == 0;
	if (batch->done != NULL)
		batch->done(batch->context, has_text ? text : NULL, has_text ? size : 0);
	json_done(&batch->answers);
	principal_release(batch->sender.principal);
	session_release(batch->sender.session);
	free(batch);
}

static bool part_say(struct mcp_sink *sink, const char *message, size_t size)
{
	(void)sink, (void)message, (void)size; /* a batch is one JSON body */
	return false;
}

static void part_drop(struct mcp_sink *sink)
{
	struct part *part = (struct part *)sink;
	struct batch *batch = part->batch;

	free(part);
	batch->waiting--;
	settle(batch);
}

static void part_finish(struct mcp_sink *sink, int http_status, const char *message, size_t size)
{
	struct batch *batch = ((struct part *)sink)->batch;

	(void)http_status;
	json_write_raw(&batch->answers, NULL, message, size);
	batch->has_answers = true;
	part_drop(sink);
}

void batch_drop(struct batch *batch)
{
	struct mcp *mcp = batch->sender.mcp;

	batch->done = NULL;
	batch->waiting++; /* it stays until all parts are dropped */
	for (struct mcp_call *call = mcp->calls, *next; call != NULL; call = next) {
		next = call->next;
		if (call->sink->finish == part_finish && ((struct part *)call->sink)->batch == batch)
			mcp_call_drop(call);
	}
	batch->waiting--;
	settle(batch);
}

/* messages */

static void fail(struct batch *batch, int code, const char *why, const char *id)
{
	size_t size = 0;
	CLEANUP(freep) char *text = message_refusal(code, why, id, "", &size);

	if (text == NULL)
		return;
	json_write_raw(&batch->answers, NULL, text, size);
	batch->has_answers = true;
}

static void begin_call(struct batch *batch, struct message *message)
{
	struct part *part = calloc(1, sizeof(*part));
	char id[MESSAGE_ID_MAX];

	memcpy(id, message->id, sizeof(id));
	struct mcp_call *call = part != NULL ? mcp_call_new(batch->sender.mcp, &part->sink, message) : NULL;
	if (call == NULL) {
		free(part);
		fail(batch, RPC_INTERNAL_ERROR, "too many requests at a time", id);
		return;
	}
	*part = (struct part) { { part_say, part_finish, part_drop, NULL }, batch };
	batch->waiting++;
	call->revision = REVISION_2025_03_26;
	call->lang = batch->sender.lang;
	mcp_call_of(call, batch->sender.principal);
	call->session = batch->sender.session;
	mcp_dispatch(call);
}

static void take_element(struct batch *batch, const char *bytes, size_t size)
{
	struct message message;
	char why[96];
	int code = message_parse(bytes, size, &message, why);

	if (code != 0)
		fail(batch, code, why, message.id);
	else if (message.kind != MESSAGE_REQUEST)
		mcp_notified(batch->sender.mcp, batch->sender.session, &message);
	else if (strcmp(message.method, "initialize") == 0)
		fail(batch, RPC_INVALID_REQUEST, "initialize cannot be part of a batch", message.id);
	else
		begin_call(batch, &message);
	message_done(&message);
}

static size_t count_elements(const char *bytes, size_t size)
{
	size_t at = 0, count = 0, element_size;
	const char *element;

	while (message_next(bytes, size, &at, &element, &element_size))
		count++;
	return count;
}

int batch_take(const struct batch_sender *sender, const char *bytes, size_t size, batch_done_fn *done,
	void *context, struct batch **ret_batch)
{
	size_t at = 0, element_size, count = count_elements(bytes, size);
	const char *element;
	struct batch *batch;

	if (count == 0 || count > BATCH_MAX)
		return -EINVAL;
	batch = calloc(1, sizeof(*batch));
	if (batch == NULL)
		return -ENOMEM;
	*batch = (struct batch) { .sender = *sender, .done = done, .context = context };
	principal_hold(sender->principal);
	if (sender->session != NULL)
		session_hold(sender->session);
	json_open_array(&batch->answers, NULL);
	while (message_next(bytes, size, &at, &element, &element_size))
		take_element(batch, element, element_size);
	batch->is_complete = true;
	*ret_batch = batch->waiting > 0 ? batch : NULL;
	settle(batch);
	return 0;
}
