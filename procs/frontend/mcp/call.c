#include "frontend/mcp/call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "frontend/asks.h"
#include "frontend/mcp/mcp.h"
#include "frontend/mcp/watch.h"
#include "ipc/tools.h"

#define PROGRESS_NS NS_PER_SECOND /* between two notices, and before the first */

static const char out_of_memory[] =
	"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32603,\"message\":\"out of memory\"}}";

struct mcp_call *mcp_call_new(struct mcp *mcp, struct mcp_sink *sink, struct message *message)
{
	struct mcp_call *call = mcp->call_count < MCP_CALLS_MAX ? calloc(1, sizeof(*call)) : NULL;

	++*mcp->requests;
	if (call == NULL) {
		++*mcp->refused;
		return NULL;
	}
	call->mcp = mcp;
	call->sink = sink;
	call->message = *message;
	*message = (struct message) { .method = "" };
	call->lang = "en";
	call->principal = &principal_anyone;
	principal_hold(call->principal);
	call->begun_ns = clock_mono_ns();
	call->progress_ns = call->begun_ns + PROGRESS_NS;
	call->next = mcp->calls;
	call->link = &mcp->calls;
	if (call->next != NULL)
		call->next->link = &call->next;
	mcp->calls = call;
	mcp->call_count++;
	return call;
}

void mcp_call_of(struct mcp_call *call, struct principal *principal)
{
	principal_hold(principal);
	principal_release(call->principal);
	call->principal = principal;
}

static void release(struct mcp_call *call)
{
	if (call->mcp->extension != NULL)
		call->mcp->extension->forget(call);
	watcher_free(call->watcher);
	if (call->ask > 0)
		call->mcp->questions.cancel(call->mcp->questions.context, call->ask);
	*call->link = call->next;
	if (call->next != NULL)
		call->next->link = call->link;
	call->mcp->call_count--;
	json_done(&call->writer);
	message_done(&call->message);
	principal_release(call->principal);
	free(call);
}

void mcp_call_drop(struct mcp_call *call)
{
	++*call->mcp->cancelled;
	call->sink->drop(call->sink);
	release(call);
}

void mcp_calls_drop(struct mcp *mcp, const struct session *session)
{
	for (struct mcp_call *call = mcp->calls, *next; call != NULL; call = next) {
		next = call->next;
		if (call->session == session)
			mcp_call_drop(call);
	}
}

/* Texts are equal by what they say: "\ud55c" is "한". Numbers are as they stand there, as json-c cuts those that are too long. */
static bool has_id(const struct message *message, struct json_object *id)
{
	struct json_object *own = object_member(message->root, "id", json_type_string);

	if (own != NULL && json_object_is_type(id, json_type_string))
		return json_object_equal(own, id) != 0;
	return strcmp(message->id, json_object_to_json_string_ext(id, JSON_C_TO_STRING_PLAIN)) == 0;
}

struct mcp_call *mcp_call_find(struct mcp *mcp, const struct session *session, struct json_object *id)
{
	for (struct mcp_call *call = mcp->calls; call != NULL; call = call->next)
		if (session != NULL && call->session == session && has_id(&call->message, id))
			return call;
	return NULL;
}

/* answering */

static void finish(struct mcp_call *call, int http_status)
{
	CLEANUP(freep) char *text = NULL;
	size_t size = 0;

	json_close_object(&call->writer);
	bool is_whole = json_take(&call->writer, &text, &size) == 0;
	if (is_whole && call->repeat != NULL && call->is_of_kept)
		repeat_keep(call, text, size);
	if (is_whole)
		call->sink->finish(call->sink, http_status, text, size);
	else
		call->sink->finish(call->sink, http_status, out_of_memory, sizeof(out_of_memory) - 1);
	release(call);
}

static void open_message(struct mcp_call *call)
{
	json_open_object(&call->writer, NULL);
	json_write_text(&call->writer, "jsonrpc", "2.0");
	json_write_raw(&call->writer, "id", call->message.id, strlen(call->message.id));
}

static void write_server(struct json_writer *writer, const char *key)
{
	json_open_object(writer, key);
	json_write_text(writer, "name", "tanso");
	json_write_text(writer, "title", "tanso (탄소)");
	json_write_text(writer, "version", TANSO_VERSION);
	json_close_object(writer);
}

struct json_writer *mcp_open_result_as(struct mcp_call *call, const char *type)
{
	struct json_writer *writer = &call->writer;

	open_message(call);
	json_open_object(writer, "result");
	if (!revision_is_modern(call->revision)) {
		if (strcmp(call->message.method, "initialize") == 0)
			write_server(writer, "serverInfo");
		return writer;
	}
	json_write_text(writer, "resultType", type);
	json_open_object(writer, "_meta");
	write_server(writer, META_SERVER);
	if (strcmp(call->message.method, "subscriptions/listen") == 0)
		json_write_raw(writer, META_SUBSCRIPTION, call->message.id, strlen(call->message.id));
	json_close_object(writer);
	return writer;
}

struct json_writer *mcp_open_result(struct mcp_call *call)
{
	return mcp_open_result_as(call, "complete");
}

void mcp_close_result(struct mcp_call *call)
{
	json_close_object(&call->writer);
	finish(call, 200);
}

void mcp_write_cache(struct mcp_call *call, int64_t ttl_ms, bool is_public)
{
	if (!revision_is_modern(call->revision))
		return;
	json_write_integer(&call->writer, "ttlMs", ttl_ms);
	json_write_text(&call->writer, "cacheScope", is_public ? "public" : "private");
}

void mcp_fail(struct mcp_call *call, int http_status, int code, const char *message, const char *data)
{
	struct json_writer *writer = &call->writer;

	json_done(writer); /* a result that was begun */
	open_message(call);
	json_open_object(writer, "error");
	json_write_integer(writer, "code", code);
	json_write_text(writer, "message", message);
	if (data != NULL && data[0] != '\0')
		json_write_raw(writer, "data", data, strlen(data));
	json_close_object(writer);
	finish(call, http_status);
}

void mcp_fail_with(struct mcp_call *call, int code, const char *error_body, size_t size)
{
	size_t offset;
	struct json_object *root = json_parse_strict(error_body, size, &offset);
	struct json_object *error = object_member(root, "error", json_type_object);
	const char *message = text_member(error, "message"), *hint = text_member(error, "hint");
	char text[1100];

	snprintf(text, sizeof(text), "%s%s%s", message != NULL ? message : "no answer",
		hint != NULL && hint[0] != '\0' ? " " : "", hint != NULL ? hint : "");
	mcp_fail(call, 200, code, text,
		error != NULL ? json_object_to_json_string_ext(
					error, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
			      : NULL);
	json_object_put(root);
}

/* before the answer */

bool mcp_say(struct mcp_call *call, const char *method, const char *params)
{
	struct json_writer writer = { 0 };
	CLEANUP(freep) char *text = NULL;
	size_t size = 0;

	json_open_object(&writer, NULL);
	json_write_text(&writer, "jsonrpc", "2.0");
	json_write_text(&writer, "method", method);
	json_open_object(&writer, "params");
	json_write_members(&writer, params, strlen(params));
	if (strcmp(call->message.method, "subscriptions/listen") == 0) {
		json_open_object(&writer, "_meta");
		json_write_raw(&writer, META_SUBSCRIPTION, call->message.id, strlen(call->message.id));
		json_close_object(&writer);
	}
	json_close_object(&writer);
	json_close_object(&writer);
	return json_take(&writer, &text, &size) == 0 && call->sink->say(call->sink, text, size);
}

static void on_answer(void *context, int code, const char *body, size_t size)
{
	struct mcp_call *call = context;

	call->is_of_kept = call->ask == 0;
	call->ask = 0;
	call->answered(call, code, body, size);
}

static void answer_refusal(struct mcp_call *call, int64_t reason)
{
	struct error_object error = { .code = ERROR_BUSY, .retry_after_s = 1 };
	size_t size = 0;

	if (reason == -ENOTCONN)
		error = asks_absent_error(call->lang);
	CLEANUP(freep) char *body = error_json(&error, call->lang, &size);
	call->answered(call, error_status(error.code), body != NULL ? body : "{}", body != NULL ? size : 2);
}

void mcp_ask(struct mcp_call *call, const char *view, const char *arguments, mcp_answered_fn *answered)
{
	struct mcp_questions *questions = &call->mcp->questions;

	call->answered = answered;
	int64_t id = questions->submit(questions->context, call->principal->namespaces, view, arguments,
		strlen(arguments), call->lang, on_answer, call);
	if (id > 0) {
		call->ask = id;
		call->repeat = NULL;
	} else if (id < 0) { /* at 0 the call is answered, and gone */
		answer_refusal(call, id);
	}
}

/* progress */

static struct json_object *progress_token(const struct mcp_call *call)
{
	struct json_object *token;

	return call->message.meta != NULL &&
			       json_object_object_get_ex(call->message.meta, "progressToken", &token) &&
			       (json_object_is_type(token, json_type_string) ||
				       json_object_is_type(token, json_type_int))
		       ? token
		       : NULL;
}

/* How far the analyst is cannot be known; how long it has been asked can. */
static void say_progress(struct mcp_call *call, uint64_t now_ns)
{
	struct json_object *token = progress_token(call);
	char params[1024];

	call->progress_ns = now_ns + PROGRESS_NS;
	if (token == NULL || call->watcher != NULL) /* what listens begins with its acknowledgement */
		return;
	const char *text = json_object_to_json_string_ext(
		token, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	int size = snprintf(params, sizeof(params),
		"{\"progressToken\":%s,\"progress\":%.1f,\"message\":\"%s\"}", text,
		(double)(now_ns - call->begun_ns) / 1e9,
		strcmp(call->lang, "ko") == 0 ? "초째 분석 단계(tanso-analyst)의 답을 기다립니다"
					      : "seconds waiting for the analyst");
	if (size > 0 && (size_t)size < sizeof(params))
		mcp_say(call, "notifications/progress", params);
}

void mcp_calls_turn(struct mcp *mcp, uint64_t now_ns)
{
	for (struct mcp_call *call = mcp->calls, *next; call != NULL; call = next) {
		next = call->next;
		if (call->ask > 0 && now_ns >= call->progress_ns)
			say_progress(call, now_ns);
	}
}
