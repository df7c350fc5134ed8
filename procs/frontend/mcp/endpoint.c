#include "frontend/mcp/endpoint.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/web/web.h"
#include "frontend/guards.h"
#include "frontend/mcp/http_sse.h"
#include "frontend/mcp/post.h"
#include "frontend/mcp/watch.h"

/* A request with what its headers say. */
struct arrival {
	struct post_context context;
	struct mcp_headers headers;
	h2o_iovec_t session_id, accept;
	int session_result; /* 0, or why there is no session: -ENOENT, -EBUSY; 1 = none was named */
};

static uint64_t now_s(void)
{
	return clock_now().real_ns / NS_PER_SECOND;
}

static h2o_iovec_t header(h2o_req_t *req, const char *name)
{
	h2o_iovec_t value = guard_header(req, name);

	while (value.len > 0 && strchr(" \t", value.base[0]) != NULL)
		value.base++, value.len--;
	while (value.len > 0 && strchr(" \t", value.base[value.len - 1]) != NULL)
		value.len--;
	return value;
}

/* Types have no case (RFC 9110 §8.3.1). */
static bool names(h2o_iovec_t accept, const char *type)
{
	const size_t size = strlen(type);

	for (size_t i = 0; i + size <= accept.len; i++)
		if (strncasecmp(accept.base + i, type, size) == 0)
			return true;
	return false;
}

static void read_headers(struct mcp *mcp, h2o_req_t *req, const char *lang, struct principal *principal,
	struct arrival *ret_arrival)
{
	h2o_iovec_t version = header(req, "mcp-protocol-version"), method = header(req, "mcp-method"),
		    name = header(req, "mcp-name"), accept = header(req, "accept");
	bool has_events = names(accept, "text/event-stream");
	bool has_json =
		names(accept, "application/json") || names(accept, "application/*") || names(accept, "*/*");

	*ret_arrival = (struct arrival) {
		.context = { .mcp = mcp,
			.req = req,
			.lang = lang,
			.principal = principal,
			.accepts_stream = has_events,
			.needs_stream = has_events && !has_json },
		.headers = { version.base, method.base, name.base, version.len, method.len, name.len },
		.session_id = header(req, "mcp-session-id"),
		.accept = accept,
		.session_result = 1,
	};
}

static void find_session(struct arrival *arrival)
{
	h2o_iovec_t id = arrival->session_id;

	if (id.base != NULL)
		arrival->session_result = sessions_find(arrival->context.mcp->sessions, id.base, id.len,
			arrival->context.principal, now_s(), &arrival->context.session);
	if (arrival->context.session != NULL && arrival->context.session->is_http_sse) {
		session_release(TAKE(arrival->context.session));
		arrival->session_result = -ENOENT;
	}
}

static enum revision fallback_of(const struct arrival *arrival)
{
	return arrival->context.session != NULL ? arrival->context.session->revision : REVISION_ASSUMED;
}

/* True: there is no such session, and that was answered. */
static bool refuse_session(struct arrival *arrival, const char *id)
{
	h2o_req_t *req = arrival->context.req;

	if (arrival->session_result == -ENOENT)
		post_refuse(req, 404, MCP_SESSION_NOT_FOUND, "no such session: initialize again", id, "");
	else if (arrival->session_result < 0)
		post_refuse(req, 503, RPC_INTERNAL_ERROR, "too many sessions at a time", id, "");
	return arrival->session_result < 0;
}

/* POST */

static void issue_session(struct arrival *arrival, const struct message *message)
{
	struct post_context *context = &arrival->context;
	char id[SESSION_ID_SIZE];

	sessions_issue(context->mcp->sessions, mcp_negotiate(message), context->principal, now_s(), id);
	h2o_iovec_t copy = h2o_strdup(&context->req->pool, id, SESSION_ID_SIZE - 1);
	h2o_add_header_by_str(&context->req->pool, &context->req->res.headers, H2O_STRLIT("mcp-session-id"),
		0, NULL, copy.base, copy.len);
}

static void take_message(struct arrival *arrival, struct message *message)
{
	struct post_context *context = &arrival->context;
	struct mcp_refusal refusal;
	bool is_initialize = strcmp(message->method, "initialize") == 0;

	if (!mcp_check(message, &arrival->headers, fallback_of(arrival),
		    context->mcp->config->mcp_lenient_headers, &context->revision, &refusal)) {
		post_refuse(context->req, refusal.http_status, refusal.code, refusal.why, message->id,
			refusal.data);
		return;
	}
	bool is_modern = revision_is_modern(context->revision);
	if (!is_modern && !is_initialize && refuse_session(arrival, message->id))
		return;
	if (message->kind != MESSAGE_REQUEST) {
		mcp_notified(context->mcp, context->session, message);
		web_reply(context->req, 202, "application/json", "", 0);
		return;
	}
	if (is_modern || is_initialize) {
		session_release(context->session);
		context->session = NULL;
	}
	if (is_initialize && !is_modern)
		issue_session(arrival, message);
	post_call(context, message);
}

/* Arrays are part of one revision alone; header or session must say so, or say nothing. */
static bool may_batch(const struct arrival *arrival)
{
	int revision = arrival->headers.version != NULL
			       ? revision_find(arrival->headers.version, arrival->headers.version_size)
			       : (int)fallback_of(arrival);

	return revision >= 0 && revision_has_batches((enum revision)revision);
}

static void post_anew(struct arrival *arrival, const char *bytes, const struct repeat *repeat)
{
	h2o_req_t *req = arrival->context.req;
	struct message message;
	char why[96];
	int code = message_parse(bytes, req->entity.len, &message, why);

	if (code == 0 && repeat != NULL)
		arrival->context.repeat = repeat_of(&message, repeat);
	if (code == 0)
		take_message(arrival, &message);
	else if (code == RPC_PARSE_ERROR || !message_is_batch(bytes, req->entity.len) || !may_batch(arrival))
		post_refuse(req, 400, code, why, message.id, "");
	else if (!refuse_session(arrival, ""))
		post_batch(&arrival->context, bytes, req->entity.len);
	message_done(&message);
}

/* A session that is not there is refused, or ignored, the whole way; streams have a form of their own. */
static void post(struct arrival *arrival)
{
	const struct post_context *context = &arrival->context;
	const char *bytes = context->req->entity.len > 0 ? context->req->entity.base : "";
	struct repeat repeat;

	find_session(arrival);
	bool may_repeat = arrival->session_result >= 0 && !context->needs_stream &&
			  repeat_read(&repeat, bytes, context->req->entity.len, &arrival->headers,
				  fallback_of(arrival));
	if (!may_repeat || !post_again(context, &repeat))
		post_anew(arrival, bytes, may_repeat ? &repeat : NULL);
	session_release(context->session);
}

/* GET and DELETE: of a legacy session */

/* True: the header's revision knows no such methods, or is none of ours, and that was answered. */
static bool refuse_version(struct arrival *arrival)
{
	int revision = arrival->headers.version == NULL
			       ? (int)REVISION_ASSUMED
			       : revision_find(arrival->headers.version, arrival->headers.version_size);

	if (revision < 0)
		post_refuse(arrival->context.req, 400, RPC_INVALID_REQUEST, mcp_unknown_version, "", "");
	else if (revision_is_modern((enum revision)revision))
		post_refuse_method(arrival->context.req, "POST");
	return revision < 0 || revision_is_modern((enum revision)revision);
}

static void open_listening(struct arrival *arrival)
{
	struct post_context *context = &arrival->context;
	struct session *session = context->session;
	h2o_iovec_t last = header(context->req, "last-event-id");
	uint64_t after = 0;
	struct stream *stream =
		last.base != NULL ? stream_find(context->mcp->streams, session, last.base, last.len, &after)
				  : NULL;
	int r;

	if (stream != NULL && !stream_is_attached(stream) &&
		(r = streams_lack(context->mcp->streams, context->principal)) < 0) {
		post_refuse_stream(context->req, r, "");
		return;
	}
	if (stream == NULL) {
		r = stream_new(context->mcp->streams, context->principal, session, NULL, NULL, &stream);
		if (r < 0) {
			post_refuse_stream(context->req, r, "");
			return;
		}
		if (session->stream != NULL)
			stream_free(session->stream); /* one of each session: never the same message on two */
		session->stream = stream;
	}
	watcher_resume(context->mcp->watch, context->principal, session);
	stream_attach(stream, context->req, after);
}

static void get(struct arrival *arrival)
{
	h2o_req_t *req = arrival->context.req;

	if (refuse_version(arrival))
		return;
	find_session(arrival);
	if (!arrival->context.accepts_stream)
		post_refuse_method(req, "POST");
	else if (arrival->session_result > 0)
		post_refuse(req, 400, RPC_INVALID_REQUEST,
			"a stream needs the Mcp-Session-Id that initialize returned", "", "");
	else if (!refuse_session(arrival, ""))
		open_listening(arrival);
	session_release(arrival->context.session);
}

static void delete (struct arrival *arrival)
{
	h2o_req_t *req = arrival->context.req;
	struct mcp *mcp = arrival->context.mcp;

	if (refuse_version(arrival))
		return;
	find_session(arrival);
	struct session *session = arrival->context.session;
	if (arrival->session_result > 0)
		post_refuse(
			req, 400, RPC_INVALID_REQUEST, "DELETE ends the session of Mcp-Session-Id", "", "");
	else if (!refuse_session(arrival, "")) {
		session_delete(session, now_s());
		mcp_calls_drop(mcp, session);
		watcher_free(watcher_of_session(mcp->watch, session));
		streams_end(mcp->streams, session);
		web_reply(req, 204, "application/json", "", 0);
	}
	session_release(session);
}

void endpoint_answer(struct mcp *mcp, h2o_req_t *req, const char *lang, struct principal *principal)
{
	struct arrival arrival;

	read_headers(mcp, req, lang, principal, &arrival);
	if (h2o_memis(req->method.base, req->method.len, H2O_STRLIT("POST")))
		post(&arrival);
	else if (h2o_memis(req->method.base, req->method.len, H2O_STRLIT("GET")))
		get(&arrival);
	else if (h2o_memis(req->method.base, req->method.len, H2O_STRLIT("DELETE")))
		delete (&arrival);
	else
		post_refuse_method(req, "GET, POST, DELETE");
}

void endpoint_end(struct mcp *mcp)
{
	for (struct mcp_call *call = mcp->calls, *next; call != NULL; call = next) {
		next = call->next;
		if (call->watcher == NULL)
			continue;
		mcp_open_result(call);
		mcp_close_result(call);
	}
	streams_end(mcp->streams, NULL);
	http_sse_end(mcp);
}
