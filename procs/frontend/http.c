#include "frontend/http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "frontend/guards.h"
#include "frontend/mcp.h"
#include "ipc/json_write.h"
#include "ipc/tools.h"

#define JSON "application/json"

/* A request that waits for the analyst; lives in the request's pool, so that a client who leaves takes it along. */
struct waiting {
	struct http *http;
	h2o_req_t *req;
	int64_t ask; /* 0 = answered */
	bool is_mcp;
	struct mcp_action action;
};

static void reply_error(struct http *http, h2o_req_t *req, const struct error_object *error)
{
	const char *lang = guard_language(req);
	size_t size;
	CLEANUP(freep) char *body = error_json(error, lang[0] != '\0' ? lang : http->config->lang, &size);

	++*http->errors;
	if (error->retry_after_s > 0)
		h2o_add_header_by_str(
			&req->pool, &req->res.headers, H2O_STRLIT("retry-after"), 0, NULL, H2O_STRLIT("1"));
	if (error->code == ERROR_METHOD_NOT_ALLOWED)
		h2o_add_header_by_str(
			&req->pool, &req->res.headers, H2O_STRLIT("allow"), 0, NULL, H2O_STRLIT("POST"));
	web_reply(req, error_status(error->code), JSON, body != NULL ? body : "{}", body != NULL ? size : 2);
}

static void reply_code(struct http *http, h2o_req_t *req, enum error_code code)
{
	const struct error_object error = { .code = code };

	reply_error(http, req, &error);
}

/* waiting for the analyst */

static void on_gone(void *object)
{
	struct waiting *waiting = object;

	if (waiting->ask > 0)
		asks_cancel(waiting->http->asks, waiting->ask);
	mcp_action_done(&waiting->action);
}

static void on_answer(void *context, int code, const char *body, size_t size)
{
	struct waiting *waiting = context;

	waiting->ask = 0;
	if (!waiting->is_mcp) {
		if (code == 503)
			h2o_add_header_by_str(&waiting->req->pool, &waiting->req->res.headers,
				H2O_STRLIT("retry-after"), 0, NULL, H2O_STRLIT("1"));
		web_reply(waiting->req, code, JSON, body, size);
		return;
	}
	mcp_finish_call(&waiting->action, code, body, size);
	web_reply(waiting->req, 200, JSON, waiting->action.body, waiting->action.size);
}

/* Answers at once where the analyst cannot be asked. */
static void answer_refusal(struct waiting *waiting, int64_t reason)
{
	const struct error_object error = { .code = reason == -ENOTCONN ? ERROR_NOT_READY
						    : reason == -E2BIG  ? ERROR_BODY_TOO_LARGE
									: ERROR_BUSY,
		.retry_after_s = reason == -E2BIG ? 0 : 1,
		.hint = "The analyst stage is not connected; tanso up or systemctl status 'tanso-*' shows "
			"the stages." };
	struct error_object plain = error;
	size_t size;

	if (reason != -ENOTCONN)
		plain.hint[0] = '\0';
	CLEANUP(freep) char *body = error_json(&plain, waiting->http->config->lang, &size);
	on_answer(waiting, error_status(error.code), body != NULL ? body : "{}", body != NULL ? size : 2);
}

static struct waiting *new_waiting(struct http *http, h2o_req_t *req)
{
	struct waiting *waiting = h2o_mem_alloc_shared(&req->pool, sizeof(*waiting), on_gone);

	*waiting = (struct waiting) { .http = http, .req = req };
	return waiting;
}

static void ask(struct waiting *waiting, const char *tool, const char *arguments, size_t size)
{
	int64_t id = asks_submit(
		waiting->http->asks, tool, arguments, size, guard_language(waiting->req), on_answer, waiting);

	if (id > 0)
		waiting->ask = id;
	else
		answer_refusal(waiting, id);
}

/* POST /tools/<name> */

static void reply_unknown_tool(struct http *http, h2o_req_t *req, const char *name, size_t size)
{
	struct error_object error = { .code = ERROR_UNKNOWN_TOOL };
	char wanted[65];
	const char *names[32];
	size_t count = 0;

	snprintf(wanted, sizeof(wanted), "%.*s", (int)(size < 64 ? size : 64), name);
	for (; count < tool_count && count < ARRAY_SIZE(names); count++)
		names[count] = tools[count].name;
	int nearest = nearest_name(wanted, names, count);
	if (nearest >= 0)
		snprintf(error.candidates[error.candidate_count++], sizeof(error.candidates[0]), "%s",
			names[nearest]);
	snprintf(error.hint, sizeof(error.hint), "GET /tools lists those there are.");
	reply_error(http, req, &error);
}

static void reply_tool(struct http *http, h2o_req_t *req, const char *name, size_t name_size)
{
	const struct tool *tool = tool_find(name, name_size);
	const char *body = req->entity.len > 0 ? req->entity.base : "{}";
	size_t size = req->entity.len > 0 ? req->entity.len : 2, offset = 0;

	if (tool == NULL) {
		reply_unknown_tool(http, req, name, name_size);
		return;
	}
	/* Any content type, or none: `curl -d` calls a JSON body a form. */
	struct json_object *value = json_parse_strict(body, size, &offset);
	struct error_object error = { .code = value == NULL ? ERROR_INVALID_JSON : ERROR_INVALID_ARGUMENT };
	bool is_object = value != NULL && json_object_is_type(value, json_type_object);
	json_object_put(value);
	if (is_object) {
		ask(new_waiting(http, req), tool->name, body, size);
		return;
	}
	snprintf(error.hint, sizeof(error.hint),
		error.code == ERROR_INVALID_JSON ? "Stopped at byte %zu of the body."
						 : "The body must be a JSON object.",
		offset);
	reply_error(http, req, &error);
}

static void reply_tool_list(struct http *http, h2o_req_t *req)
{
	const char *lang = guard_language(req);
	struct json_writer writer = { 0 };
	CLEANUP(freep) char *text = NULL;
	size_t size;

	json_open_object(&writer, NULL);
	json_open_array(&writer, "tools");
	for (size_t i = 0; i < tool_count; i++) {
		struct json_object *tool =
			tool_describe(&tools[i], lang[0] != '\0' ? lang : http->config->lang);
		const char *json = json_object_to_json_string_ext(
			tool, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
		json_write_raw(&writer, NULL, json, strlen(json));
		json_object_put(tool);
	}
	json_close_array(&writer);
	json_close_object(&writer);
	if (json_take(&writer, &text, &size) < 0)
		reply_code(http, req, ERROR_INTERNAL);
	else
		web_reply(req, 200, JSON, text, size);
}

/* POST /mcp */

static void reply_mcp_error(h2o_req_t *req, int status, int code, const char *message)
{
	size_t size = 0;
	CLEANUP(freep) char *body = mcp_error(code, message, &size);

	web_reply(req, status, JSON, body != NULL ? body : "", size);
}

/* "2025-11-25", also said twice by proxies that merge headers; false = a version we do not speak. */
static bool read_version(h2o_req_t *req, char version[static MCP_VERSION_MAX])
{
	h2o_iovec_t value = guard_header(req, "mcp-protocol-version");
	size_t size = value.len;
	const char *comma = size > 0 ? memchr(value.base, ',', size) : NULL;

	version[0] = '\0';
	if (size == 0)
		return true;
	if (comma != NULL)
		size = (size_t)(comma - value.base);
	if (size >= MCP_VERSION_MAX)
		return false;
	memcpy(version, value.base, size);
	version[size] = '\0';
	return mcp_is_version(version);
}

static void reply_mcp(struct http *http, h2o_req_t *req)
{
	char version[MCP_VERSION_MAX];

	if (!h2o_memis(req->method.base, req->method.len, H2O_STRLIT("POST"))) {
		reply_code(http, req, ERROR_METHOD_NOT_ALLOWED);
		return;
	}
	if (!read_version(req, version)) {
		reply_mcp_error(req, 400, -32600,
			"MCP-Protocol-Version is none of 2025-11-25, 2025-06-18, 2025-03-26, 2024-11-05");
		return;
	}
	struct waiting *waiting = new_waiting(http, req);
	waiting->is_mcp = true;
	mcp_take(req->entity.base, req->entity.len, version, guard_language(req), &waiting->action);
	if (waiting->action.kind == MCP_CALL)
		ask(waiting, waiting->action.tool, waiting->action.arguments, waiting->action.arguments_size);
	else if (waiting->action.kind == MCP_ACCEPTED)
		web_reply(req, 202, JSON, "", 0);
	else
		web_reply(req, waiting->action.http_status, JSON, waiting->action.body, waiting->action.size);
}

/* routes */

static bool is_path(const h2o_req_t *req, const char *path)
{
	return req->path_normalized.len == strlen(path) &&
	       memcmp(req->path_normalized.base, path, strlen(path)) == 0;
}

static void reply_ready(struct http *http, h2o_req_t *req)
{
	bool is_ready = asks_can_reach_analyst(http->asks);
	const char *text = is_ready ? "ready\n" : "not ready: the analyst is not connected\n";

	web_reply(req, is_ready ? 200 : 503, "text/plain; charset=utf-8", text, strlen(text));
}

static void route(struct http *http, h2o_req_t *req)
{
	static const char tools_path[] = "/tools/";
	bool is_post = h2o_memis(req->method.base, req->method.len, H2O_STRLIT("POST"));
	bool is_get = h2o_memis(req->method.base, req->method.len, H2O_STRLIT("GET")) ||
		      h2o_memis(req->method.base, req->method.len, H2O_STRLIT("HEAD"));
	size_t prefix = sizeof(tools_path) - 1;
	bool is_tool = req->path_normalized.len > prefix &&
		       memcmp(req->path_normalized.base, tools_path, prefix) == 0;

	if (is_path(req, "/mcp"))
		reply_mcp(http, req);
	else if (is_tool && is_post)
		reply_tool(http, req, req->path_normalized.base + prefix, req->path_normalized.len - prefix);
	else if (is_tool ||
		 ((is_path(req, "/tools") || is_path(req, "/healthz") || is_path(req, "/readyz")) && !is_get))
		reply_code(http, req, ERROR_METHOD_NOT_ALLOWED);
	else if (is_path(req, "/tools"))
		reply_tool_list(http, req);
	else if (is_path(req, "/healthz"))
		web_reply(req, 200, "text/plain; charset=utf-8", "ok\n", 3);
	else if (is_path(req, "/readyz"))
		reply_ready(http, req);
	else
		reply_unknown_tool(http, req, req->path_normalized.base, req->path_normalized.len);
}

void http_on_request(void *context, h2o_req_t *req)
{
	struct http *http = context;
	int refusal = guard_request(req, http->config->allowed_hosts, http->own_name);

	++*http->requests;
	if (refusal != GUARD_PASS)
		reply_code(http, req, (enum error_code)refusal);
	else if (req->entity.len > WEB_BODY_MAX)
		reply_code(http, req, ERROR_BODY_TOO_LARGE);
	else if (guard_header(req, "content-encoding").len > 0)
		reply_code(http, req, ERROR_UNSUPPORTED_ENCODING);
	else
		route(http, req);
}
