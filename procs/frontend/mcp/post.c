#include "frontend/mcp/post.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/web/web.h"
#include "frontend/mcp/batch.h"

#define JSON "application/json"

void post_refuse(h2o_req_t *req, int http_status, int code, const char *why, const char *id, const char *data)
{
	size_t size = 0;
	CLEANUP(freep) char *text = message_refusal(code, why, id, data, &size);

	if (http_status == 429 || http_status == 503)
		h2o_add_header_by_str(
			&req->pool, &req->res.headers, H2O_STRLIT("retry-after"), 0, NULL, H2O_STRLIT("1"));
	web_reply(req, http_status, JSON, text != NULL ? text : "{}", text != NULL ? size : 2);
}

void post_refuse_method(h2o_req_t *req, const char *allowed)
{
	h2o_add_header_by_str(
		&req->pool, &req->res.headers, H2O_STRLIT("allow"), 0, NULL, allowed, strlen(allowed));
	post_refuse(req, 405, RPC_INVALID_REQUEST, "this method is not served here", "", "");
}

void post_refuse_stream(h2o_req_t *req, int reason, const char *id)
{
	if (reason == -EDQUOT)
		post_refuse(req, 429, RPC_INTERNAL_ERROR, "you have as many streams open as you may", id, "");
	else
		post_refuse(req, 503, RPC_INTERNAL_ERROR, "too many streams at a time", id, "");
}

/* a request's pool tells when its client has left */

struct tether {
	void (*left)(void *whose);
	void *whose; /* NULL = cut */
};

static void on_disposed(void *object)
{
	struct tether *tether = object;

	if (tether->whose != NULL)
		tether->left(tether->whose);
}

static struct tether *tie(h2o_req_t *req, void (*left)(void *whose), void *whose)
{
	struct tether *tether = h2o_mem_alloc_shared(&req->pool, sizeof(*tether), on_disposed);

	*tether = (struct tether) { left, whose };
	return tether;
}

/* one response */

struct post {
	struct mcp_sink sink; /* first */
	struct mcp *mcp;
	struct mcp_call *call;
	h2o_req_t *req; /* NULL: it belongs to the stream, or its client has left */
	struct tether *tether;
	struct stream *stream;
	struct session *session; /* held */
	bool accepts_stream, needs_stream, is_resumable;
};

static void post_free(struct post *post)
{
	session_release(post->session);
	free(post);
}

/* Nothing was said yet, and there is nobody to say it to: modern, this is the cancellation; legacy, the answer could not
 * be heard. */
static void on_client_left(void *whose)
{
	struct post *post = whose;

	post->req = NULL;
	mcp_call_drop(post->call);
}

static void on_stream_left(void *whose)
{
	struct post *post = whose;

	post->stream = NULL;
	mcp_call_drop(post->call);
}

static bool open_stream(struct post *post)
{
	if (post->stream != NULL)
		return true;
	if (!post->accepts_stream || post->req == NULL)
		return false;
	if (stream_new(post->mcp->streams, post->call->principal, post->is_resumable ? post->session : NULL,
		    on_stream_left, post, &post->stream) < 0)
		return false;
	h2o_req_t *req = TAKE(post->req);
	post->tether->whose = NULL;
	stream_attach(post->stream, req, 0);
	return true;
}

static bool say(struct mcp_sink *sink, const char *message, size_t size)
{
	struct post *post = (struct post *)sink;

	if (!open_stream(post))
		return false;
	stream_send(post->stream, message, size, false);
	return true;
}

static void finish(struct mcp_sink *sink, int http_status, const char *message, size_t size)
{
	struct post *post = (struct post *)sink;

	if (post->needs_stream)
		open_stream(post);
	if (post->stream != NULL) {
		stream_send(post->stream, message, size, true);
		stream_end(post->stream);
	} else if (post->req != NULL) {
		post->tether->whose = NULL;
		web_reply(post->req, http_status, JSON, message, size);
	}
	post_free(post);
}

static void drop(struct mcp_sink *sink)
{
	struct post *post = (struct post *)sink;

	if (post->stream != NULL) {
		stream_end(post->stream);
	} else if (post->req != NULL) {
		post->tether->whose = NULL;
		web_reply(post->req, 202, JSON, "", 0);
	}
	post_free(post);
}

static void cut(struct mcp_sink *sink)
{
	struct post *post = (struct post *)sink;

	if (post->stream != NULL && post->is_resumable)
		stream_cut(post->stream);
}

static void fill_call(struct mcp_call *call, const struct post_context *context)
{
	call->revision = context->revision;
	call->lang = context->lang;
	mcp_call_of(call, context->principal);
	call->session = context->session;
	call->repeat = context->repeat;
}

/* Lives as long as the response. */
struct again {
	struct answers_body *kept;
	char begin[REPEAT_BEGIN_SIZE + REPEAT_ID_MAX];
};

static void on_again_done(void *object)
{
	answers_release(((struct again *)object)->kept);
}

bool post_again(const struct post_context *context, const struct repeat *repeat)
{
	struct answers_body *kept = repeat_find(context->mcp, context->principal, context->lang, repeat);

	if (kept == NULL)
		return false;
	struct again *again = h2o_mem_alloc_shared(&context->req->pool, sizeof(*again), on_again_done);
	again->kept = kept;
	memcpy(again->begin, repeat_begin, REPEAT_BEGIN_SIZE);
	memcpy(again->begin + REPEAT_BEGIN_SIZE, repeat->line + repeat->id_at, repeat->id_size);
	h2o_iovec_t parts[] = { h2o_iovec_init(again->begin, REPEAT_BEGIN_SIZE + repeat->id_size),
		h2o_iovec_init(kept->data, kept->size) };
	web_reply_parts(context->req, 200, JSON, parts, ARRAY_SIZE(parts));
	return true;
}

void post_call(const struct post_context *context, struct message *message)
{
	struct post *post = calloc(1, sizeof(*post));
	char id[MESSAGE_ID_MAX];

	memcpy(id, message->id, sizeof(id));
	struct mcp_call *call = post != NULL ? mcp_call_new(context->mcp, &post->sink, message) : NULL;
	if (call == NULL) {
		free(post);
		post_refuse(context->req, 503, RPC_INTERNAL_ERROR, "too many requests at a time", id, "");
		return;
	}
	*post = (struct post) { .sink = { say, finish, drop, cut },
		.mcp = context->mcp,
		.call = call,
		.req = context->req,
		.session = context->session,
		.accepts_stream = context->accepts_stream,
		.needs_stream = context->needs_stream,
		.is_resumable = !revision_is_modern(context->revision) && context->session != NULL };
	post->tether = tie(context->req, on_client_left, post);
	if (post->session != NULL)
		session_hold(post->session);
	fill_call(call, context);
	mcp_dispatch(call);
}

/* several */

struct several {
	h2o_req_t *req;
	struct tether *tether;
	struct batch *batch; /* NULL = not begun, or over */
};

static void on_batch_left(void *whose)
{
	struct several *several = whose;

	batch_drop(several->batch);
	free(several);
}

static void on_batch_done(void *context, const char *answers, size_t size)
{
	struct several *several = context;

	several->tether->whose = NULL;
	web_reply(several->req, answers != NULL ? 200 : 202, JSON, answers != NULL ? answers : "", size);
	free(several);
}

void post_batch(const struct post_context *context, const char *bytes, size_t size)
{
	const struct batch_sender sender = { context->mcp, context->lang, context->principal,
		context->session };
	struct several *several = calloc(1, sizeof(*several));
	struct batch *batch = NULL;
	int r = -ENOMEM;

	if (several != NULL) {
		*several = (struct several) { .req = context->req };
		several->tether = tie(context->req, on_batch_left, several);
		r = batch_take(&sender, bytes, size, on_batch_done, several, &batch);
	}
	if (r == 0 && batch != NULL)
		several->batch = batch;
	if (r == 0)
		return;
	if (several != NULL)
		several->tether->whose = NULL;
	free(several);
	if (r == -EINVAL)
		post_refuse(context->req, 400, RPC_INVALID_REQUEST, "a batch has 1 to 64 messages", "", "");
	else
		post_refuse(context->req, 503, RPC_INTERNAL_ERROR, "out of memory", "", "");
}
