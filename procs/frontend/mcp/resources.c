/* resources/list, resources/templates/list, resources/read, and the subscriptions of both eras */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "frontend/mcp/mcp.h"
#include "frontend/mcp/session.h"
#include "frontend/mcp/stream.h"
#include "frontend/mcp/uri.h"
#include "frontend/mcp/watch.h"
#include "ipc/tools.h"

#define LIST_TTL_MS 3600000
#define JSON_TYPE   "application/json"

static int language_of(const struct mcp_call *call)
{
	return strcmp(call->lang, "ko") == 0;
}

/* lists */

/* One element of the answer's arrays: {"code", "name", "description"}. */
static void write_resource(struct json_writer *writer, const struct uri_kind *kind, struct json_object *row)
{
	const char *code = text_member(row, "code"), *name = text_member(row, "name"),
		   *description = text_member(row, "description");
	char part[3 * URI_VALUE_SIZE], uri[URI_MAX];

	if (code == NULL || name == NULL || strlen(code) >= URI_VALUE_SIZE)
		return;
	uri_encode(code, part);
	snprintf(uri, sizeof(uri), "%s%s", kind->scheme, part);
	json_open_object(writer, NULL);
	json_write_text(writer, "uri", uri);
	json_write_text(writer, "name", code);
	json_write_text(writer, "title", name);
	json_write_text(writer, "description", description != NULL ? description : name);
	json_write_text(writer, "mimeType", JSON_TYPE);
	json_close_object(writer);
}

static void write_resources(struct json_writer *writer, const struct uri_kind *kind, struct json_object *list)
{
	for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++)
		write_resource(writer, kind, json_object_array_get_idx(list, i));
}

static void answer_list(struct mcp_call *call, int code, const char *body, size_t size)
{
	size_t offset;
	struct json_object *root;

	if (code != 200) {
		mcp_fail_with(call, RPC_INTERNAL_ERROR, body, size);
		return;
	}
	root = json_parse_strict(body, size, &offset);
	struct json_writer *writer = mcp_open_result(call);
	json_open_array(writer, "resources");
	write_resources(writer, &uri_kinds[0], object_member(root, "standards", json_type_array));
	write_resources(writer, &uri_kinds[1], object_member(root, "regions", json_type_array));
	if (call->mcp->extension != NULL)
		call->mcp->extension->write_resources(writer);
	json_close_array(writer);
	mcp_write_cache(call, LIST_TTL_MS, true);
	json_object_put(root);
	mcp_close_result(call);
}

void mcp_resources_list(struct mcp_call *call)
{
	if (!mcp_refuse_cursor(call))
		mcp_ask(call, "catalogue", "{}", answer_list);
}

void mcp_resources_templates(struct mcp_call *call)
{
	int language = language_of(call);

	if (mcp_refuse_cursor(call))
		return;
	struct json_writer *writer = mcp_open_result(call);
	json_open_array(writer, "resourceTemplates");
	for (size_t i = 0; i < uri_kind_count; i++) {
		json_open_object(writer, NULL);
		json_write_text(writer, "uriTemplate", uri_kinds[i].template);
		json_write_text(writer, "name", uri_kinds[i].name);
		json_write_text(writer, "title", uri_kinds[i].title[language]);
		json_write_text(writer, "description", uri_kinds[i].text[language]);
		json_write_text(writer, "mimeType", JSON_TYPE);
		json_close_object(writer);
	}
	if (call->mcp->extension != NULL)
		call->mcp->extension->write_templates(writer);
	json_close_array(writer);
	mcp_write_cache(call, LIST_TTL_MS, true);
	mcp_close_result(call);
}

/* reading */

/* `error`, as the answer has it, may be NULL: its hint and candidates go along. */
static void refuse_unknown(struct mcp_call *call, const char *uri, const char *code, const char *message,
	struct json_object *error)
{
	struct json_writer writer = { 0 };
	CLEANUP(freep) char *data = NULL;
	size_t size;

	json_open_object(&writer, NULL);
	json_write_text(&writer, "uri", uri);
	json_write_text(&writer, "code", code);
	if (text_member(error, "hint") != NULL)
		json_write_text(&writer, "hint", text_member(error, "hint"));
	struct json_object *candidates = object_member(error, "candidates", json_type_array);
	if (candidates != NULL) {
		json_open_array(&writer, "candidates");
		for (size_t i = 0; i < json_object_array_length(candidates); i++)
			json_write_text(&writer, NULL,
				json_object_get_string(json_object_array_get_idx(candidates, i)));
		json_close_array(&writer);
	}
	json_close_object(&writer);
	if (json_take(&writer, &data, &size) < 0)
		data = NULL;
	mcp_fail(call, 200, revision_is_modern(call->revision) ? RPC_INVALID_PARAMS : MCP_RESOURCE_NOT_FOUND,
		message, data);
}

static const char *uri_of(const struct mcp_call *call)
{
	const char *uri = text_member(call->message.params, "uri");

	return uri != NULL ? uri : "";
}

static void answer_failure(struct mcp_call *call, int code, const char *body, size_t size)
{
	size_t offset;
	struct json_object *root;

	if (code >= 500) {
		mcp_fail_with(call, RPC_INTERNAL_ERROR, body, size);
		return;
	}
	root = json_parse_strict(body, size, &offset);
	struct json_object *error = object_member(root, "error", json_type_object);
	const char *message = text_member(error, "message"), *name = text_member(error, "code");
	refuse_unknown(call, uri_of(call), name != NULL ? name : "INTERNAL",
		message != NULL ? message : "no such resource", error);
	json_object_put(root);
}

static void answer_read(struct mcp_call *call, int code, const char *body, size_t size)
{
	const char *text = uri_of(call);
	struct uri uri;

	if (code != 200 || uri_parse(text, &uri) < 0) {
		answer_failure(call, code, body, size);
		return;
	}
	struct json_writer *writer = mcp_open_result(call);
	json_open_array(writer, "contents");
	json_open_object(writer, NULL);
	json_write_text(writer, "uri", text);
	json_write_text(writer, "mimeType", JSON_TYPE);
	json_write_bytes(writer, "text", body, size);
	json_close_object(writer);
	json_close_array(writer);
	mcp_write_cache(call, uri.kind->ttl_ms, uri.kind->is_public);
	mcp_close_result(call);
}

/* Asks for what the call's URI names, or refuses. */
static void ask_resource(struct mcp_call *call, mcp_answered_fn *answer)
{
	const char *text = uri_of(call);
	CLEANUP(freep) char *arguments = NULL;
	struct uri uri;

	if (text[0] == '\0')
		mcp_fail(call, 200, RPC_INVALID_PARAMS, "params.uri must be the URI of a resource", NULL);
	else if (strlen(text) > URI_MAX || uri_parse(text, &uri) < 0)
		refuse_unknown(call, text, "UNKNOWN_RESOURCE", "Resource not found", NULL);
	else if ((arguments = uri_arguments(&uri)) == NULL)
		mcp_fail(call, 200, RPC_INTERNAL_ERROR, "out of memory", NULL);
	else
		mcp_ask(call, uri.kind->view, arguments, answer);
}

void mcp_resources_read(struct mcp_call *call)
{
	ask_resource(call, answer_read);
}

/* subscriptions */

static void answer_empty(struct mcp_call *call)
{
	mcp_open_result(call);
	mcp_close_result(call);
}

/* What cannot be read cannot be subscribed to; what nobody can tell now may be. */
static void answer_subscribe(struct mcp_call *call, int code, const char *body, size_t size)
{
	const char *uri = uri_of(call);

	if (code >= 400 && code < 500) {
		answer_failure(call, code, body, size);
		return;
	}
	watcher_resume(call->mcp->watch, call->principal, call->session);
	struct watcher *watcher = watcher_of_session(call->mcp->watch, call->session);
	if (watcher == NULL)
		watcher = watcher_new(call->mcp->watch, call->principal, call->session, NULL);
	if (watcher == NULL || watcher_add(watcher, uri) < 0)
		mcp_fail(call, 200, RPC_INTERNAL_ERROR, "too many subscriptions", NULL);
	else
		answer_empty(call);
}

void mcp_subscribe(struct mcp_call *call)
{
	if (call->session == NULL)
		mcp_fail(call, 200, RPC_INVALID_REQUEST,
			"a subscription needs the Mcp-Session-Id that initialize returned", NULL);
	else
		ask_resource(call, answer_subscribe);
}

void mcp_unsubscribe(struct mcp_call *call)
{
	if (call->session != NULL)
		watcher_resume(call->mcp->watch, call->principal, call->session);
	struct watcher *watcher = watcher_of_session(call->mcp->watch, call->session);

	if (watcher != NULL) {
		watcher_remove(watcher, uri_of(call));
		if (watcher_count(watcher) == 0)
			watcher_free(watcher);
	}
	answer_empty(call);
}

static bool wants(struct json_object *filter, const char *key)
{
	struct json_object *flag = object_member(filter, key, json_type_boolean);

	return flag != NULL && json_object_get_boolean(flag);
}

static struct json_object *listened_uris(const struct mcp_call *call)
{
	struct json_object *filter = object_member(call->message.params, "notifications", json_type_object);

	return object_member(filter, "resourceSubscriptions", json_type_array);
}

static size_t listened_count(const struct mcp_call *call)
{
	struct json_object *uris = listened_uris(call);
	size_t count = uris != NULL ? json_object_array_length(uris) : 0;

	return count < WATCH_URIS_MAX ? count : WATCH_URIS_MAX;
}

static const char *listened_uri(const struct mcp_call *call, size_t i)
{
	struct json_object *item = json_object_array_get_idx(listened_uris(call), i);

	return json_object_is_type(item, json_type_string) ? json_object_get_string(item) : "";
}

/* What of the filter is honoured: resources that are watched, and list changes where lists can change. */
static void write_honoured(struct json_writer *writer, struct mcp_call *call)
{
	struct json_object *filter = object_member(call->message.params, "notifications", json_type_object);
	bool has_uris = listened_uris(call) != NULL;

	json_open_object(writer, "notifications");
	if (call->mcp->extension != NULL && wants(filter, "toolsListChanged"))
		json_write_boolean(writer, "toolsListChanged", true);
	if (call->mcp->extension != NULL && wants(filter, "promptsListChanged"))
		json_write_boolean(writer, "promptsListChanged", true);
	if (has_uris)
		json_open_array(writer, "resourceSubscriptions");
	for (size_t i = 0; i < listened_count(call); i++)
		if (watcher_has(call->watcher, listened_uri(call, i)))
			json_write_text(writer, NULL, listened_uri(call, i));
	if (has_uris)
		json_close_array(writer);
	json_close_object(writer);
}

static void refuse_listener(struct mcp_call *call)
{
	int lack = streams_lack(call->mcp->streams, call->principal);

	if (lack == 0)
		mcp_fail(call, 406, RPC_INVALID_REQUEST, "listening needs Accept: text/event-stream", NULL);
	else
		mcp_fail(call, lack == -EDQUOT ? 429 : 503, RPC_INTERNAL_ERROR, "no stream is free", NULL);
}

static void acknowledge(struct mcp_call *call)
{
	struct json_writer writer = { 0 };
	CLEANUP(freep) char *params = NULL;
	size_t size;

	json_open_object(&writer, NULL);
	write_honoured(&writer, call);
	json_close_object(&writer);
	if (json_take(&writer, &params, &size) < 0)
		mcp_fail(call, 200, RPC_INTERNAL_ERROR, "out of memory", NULL);
	else if (!mcp_say(call, "notifications/subscriptions/acknowledged", params))
		refuse_listener(call);
	json_done(&writer);
}

static void look_at_next(struct mcp_call *call);

/* As with resources/subscribe: what cannot be read is not watched, what nobody can tell now is. */
static void answer_looked_at(struct mcp_call *call, int code, const char *body, size_t size)
{
	(void)body;
	(void)size;
	if (code < 400 || code >= 500)
		(void)watcher_add(call->watcher, listened_uri(call, call->listen_at));
	call->listen_at++;
	look_at_next(call);
}

/* One after the other; then the client hears which of them it will be told of. */
static void look_at_next(struct mcp_call *call)
{
	CLEANUP(freep) char *arguments = NULL;
	struct uri uri;

	for (; call->listen_at < listened_count(call); call->listen_at++) {
		const char *text = listened_uri(call, call->listen_at);
		if (strlen(text) > URI_MAX || uri_parse(text, &uri) < 0 ||
			(arguments = uri_arguments(&uri)) == NULL)
			continue;
		mcp_ask(call, uri.kind->view, arguments, answer_looked_at);
		return;
	}
	acknowledge(call);
}

/* The call stays open until its client leaves or the process ends. */
void mcp_listen(struct mcp_call *call)
{
	if (object_member(call->message.params, "notifications", json_type_object) == NULL) {
		mcp_fail(call, 200, RPC_INVALID_PARAMS, "params.notifications must say what to listen for",
			NULL);
		return;
	}
	call->watcher = watcher_new(call->mcp->watch, call->principal, NULL, call);
	if (call->watcher == NULL)
		mcp_fail(call, 200, RPC_INTERNAL_ERROR, "out of memory", NULL);
	else
		look_at_next(call);
}
