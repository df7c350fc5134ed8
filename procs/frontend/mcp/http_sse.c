#include "frontend/mcp/http_sse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/web/web.h"
#include "frontend/mcp/post.h"
#include "frontend/mcp/stream.h"
#include "frontend/mcp/watch.h"

#define PARAMETER "sessionId="

struct http_sse {
	struct mcp_sink sink; /* first; of all calls of this client */
	struct http_sse *next, **link;
	struct mcp *mcp;
	struct session *session; /* held; session->stream is the stream */
	size_t calls;            /* in flight */
};

static uint64_t now_s(void)
{
	return clock_now().real_ns / NS_PER_SECOND;
}

static void release(struct http_sse *client)
{
	struct mcp *mcp = client->mcp;
	struct session *session = client->session;

	mcp_calls_drop(mcp, session);
	watcher_free(watcher_of_session(mcp->watch, session));
	session->stream = NULL;
	session_release(session);
	*client->link = client->next;
	if (client->next != NULL)
		client->next->link = client->link;
	free(client);
}

static void on_left(void *context)
{
	release(context);
}

/* calls */

static bool say(struct mcp_sink *sink, const char *message, size_t size)
{
	stream_send(((struct http_sse *)sink)->session->stream, message, size, false);
	return true;
}

static void finish(struct mcp_sink *sink, int http_status, const char *message, size_t size)
{
	struct http_sse *client = (struct http_sse *)sink;

	(void)http_status; /* that of the POST was 202 */
	client->calls--;
	stream_send(client->session->stream, message, size, true);
}

static void drop(struct mcp_sink *sink)
{
	((struct http_sse *)sink)->calls--;
}

/* GET /sse */

static void greet(struct stream *stream, const char *id)
{
	char address[sizeof(HTTP_SSE_MESSAGES "?" PARAMETER) + SESSION_ID_SIZE];

	snprintf(address, sizeof(address), "%s?%s%s", HTTP_SSE_MESSAGES, PARAMETER, id);
	stream_tell(stream, "endpoint", address);
}

static struct http_sse *client_new(struct mcp *mcp, struct session *session)
{
	struct http_sse *client = calloc(1, sizeof(*client));

	if (client == NULL)
		return NULL;
	*client = (struct http_sse) { .sink = { say, finish, drop, NULL },
		.next = mcp->http_sse,
		.link = &mcp->http_sse,
		.mcp = mcp,
		.session = session };
	if (client->next != NULL)
		client->next->link = &client->next;
	mcp->http_sse = client;
	session->is_http_sse = true;
	return client;
}

void http_sse_open(struct mcp *mcp, h2o_req_t *req, struct principal *principal)
{
	char id[SESSION_ID_SIZE];
	struct session *session;

	if (!h2o_memis(req->method.base, req->method.len, H2O_STRLIT("GET"))) {
		post_refuse_method(req, "GET");
		return;
	}
	sessions_issue(mcp->sessions, REVISION_2024_11_05, principal, now_s(), id);
	if (sessions_find(mcp->sessions, id, SESSION_ID_SIZE - 1, principal, now_s(), &session) < 0) {
		post_refuse(req, 503, RPC_INTERNAL_ERROR, "too many sessions at a time", "", "");
		return;
	}
	struct http_sse *client = client_new(mcp, session);
	if (client == NULL) {
		session_release(session);
		post_refuse(req, 503, RPC_INTERNAL_ERROR, "out of memory", "", "");
		return;
	}
	int r = stream_new(mcp->streams, principal, NULL, on_left, client, &session->stream);
	if (r < 0) {
		release(client);
		post_refuse_stream(req, r, "");
		return;
	}
	stream_attach(session->stream, req, 0);
	greet(session->stream, id);
}

/* POST /messages */

static struct http_sse *find(struct mcp *mcp, h2o_req_t *req, struct principal *principal)
{
	const char *query = req->query_at != SIZE_MAX ? req->path.base + req->query_at + 1 : "";
	size_t size = req->query_at != SIZE_MAX ? req->path.len - req->query_at - 1 : 0;
	const size_t prefix = sizeof(PARAMETER) - 1;
	struct session *session;

	if (size < prefix || memcmp(query, PARAMETER, prefix) != 0 ||
		sessions_find(mcp->sessions, query + prefix, size - prefix, principal, now_s(), &session) < 0)
		return NULL;
	struct http_sse *client = mcp->http_sse;
	while (client != NULL && client->session != session)
		client = client->next;
	session_release(session); /* the client holds it too */
	return client;
}

static void accept_message(h2o_req_t *req)
{
	web_reply(req, 202, "application/json", "", 0);
}

static void begin_call(struct http_sse *client, h2o_req_t *req, const char *lang, struct principal *principal,
	struct message *message)
{
	char id[MESSAGE_ID_MAX];

	memcpy(id, message->id, sizeof(id));
	if (strcmp(message->method, "initialize") == 0)
		client->session->revision = mcp_negotiate(message);
	struct mcp_call *call =
		client->calls < HTTP_SSE_CALLS_MAX ? mcp_call_new(client->mcp, &client->sink, message) : NULL;
	if (call == NULL) {
		post_refuse(req, 503, RPC_INTERNAL_ERROR, "too many requests at a time", id, "");
		return;
	}
	client->calls++;
	call->revision = client->session->revision;
	call->lang = lang;
	mcp_call_of(call, principal);
	call->session = client->session;
	accept_message(req);
	mcp_dispatch(call);
}

static void take(struct http_sse *client, h2o_req_t *req, const char *lang, struct principal *principal,
	struct message *message)
{
	if (json_object_object_get_ex(message->meta, META_VERSION, NULL)) {
		post_refuse(
			req, 400, RPC_INVALID_REQUEST, "this revision is served at /mcp", message->id, "");
	} else if (message->kind != MESSAGE_REQUEST) {
		mcp_notified(client->mcp, client->session, message);
		accept_message(req);
	} else {
		begin_call(client, req, lang, principal, message);
	}
}

void http_sse_take(struct mcp *mcp, h2o_req_t *req, const char *lang, struct principal *principal)
{
	struct message message;
	char why[96];

	if (!h2o_memis(req->method.base, req->method.len, H2O_STRLIT("POST"))) {
		post_refuse_method(req, "POST");
		return;
	}
	struct http_sse *client = find(mcp, req, principal);
	int code = message_parse(req->entity.len > 0 ? req->entity.base : "", req->entity.len, &message, why);
	if (client == NULL)
		post_refuse(req, 404, MCP_SESSION_NOT_FOUND, "no such session: GET " HTTP_SSE_PATH " again",
			message.id, "");
	else if (code != 0)
		post_refuse(req, 400, code, why, message.id, "");
	else if (stream_waiting(client->session->stream) > STREAM_WAITING_MAX)
		post_refuse(
			req, 503, RPC_INTERNAL_ERROR, "the stream's answers are not read", message.id, "");
	else
		take(client, req, lang, principal, &message);
	message_done(&message);
}

void http_sse_end(struct mcp *mcp)
{
	while (mcp->http_sse != NULL) {
		stream_free(mcp->http_sse->session->stream);
		release(mcp->http_sse);
	}
}
