#include "frontend/http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "frontend/catalog.h"
#include "frontend/guards.h"
#include "frontend/mcp.h"
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

/* "en" or "ko" */
static const char *language(struct http *http, h2o_req_t *req)
{
	const char *lang = guard_language(req);

	return lang[0] != '\0' ? lang : http->config->lang;
}

static void reply_error(struct http *http, h2o_req_t *req, const struct error_object *error)
{
	size_t size;
	CLEANUP(freep) char *body = error_json(error, language(http, req), &size);

	++*http->errors;
	if (error->retry_after_s > 0)
		h2o_add_header_by_str(
			&req->pool, &req->res.headers, H2O_STRLIT("retry-after"), 0, NULL, H2O_STRLIT("1"));
	web_reply(req, error_status(error->code), JSON, body != NULL ? body : "{}", body != NULL ? size : 2);
}

static void reply_wrong_method(struct http *http, h2o_req_t *req, const char *allowed)
{
	struct error_object error = { .code = ERROR_METHOD_NOT_ALLOWED };

	h2o_add_header_by_str(
		&req->pool, &req->res.headers, H2O_STRLIT("allow"), 0, NULL, allowed, strlen(allowed));
	snprintf(error.hint, sizeof(error.hint), "Allow: %s", allowed);
	reply_error(http, req, &error);
}

static void reply_code(struct http *http, h2o_req_t *req, enum error_code code)
{
	const struct error_object error = { .code = code };

	reply_error(http, req, &error);
}

/* Says what the operator can do about it. */
static void reply_refused(struct http *http, h2o_req_t *req, enum error_code code)
{
	struct error_object error = { .code = code };
	bool is_korean = strcmp(language(http, req), "ko") == 0;

	if (code == ERROR_UNKNOWN_HOST)
		snprintf(error.hint, sizeof(error.hint), "%s",
			is_korean ? "IP 주소나 localhost를 쓰거나 tanso.conf의 allowed_hosts에 이름을 "
				    "추가하십시오."
				  : "Use an IP address or localhost, or add the name to allowed_hosts in "
				    "tanso.conf.");
	else
		snprintf(error.hint, sizeof(error.hint), "%s",
			is_korean
				? "프로그램에서 요청하거나 그 페이지의 호스트를 allowed_hosts에 추가하십시오."
				: "Ask from a program, or add the page's host to allowed_hosts in "
				  "tanso.conf.");
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
	const char *lang = language(waiting->http, waiting->req);
	struct error_object error = { .code = ERROR_BUSY, .retry_after_s = 1 };
	size_t size;

	if (reason == -ENOTCONN)
		error = asks_absent_error(lang);
	CLEANUP(freep) char *body = error_json(&error, lang, &size);
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
	int64_t id = asks_submit(waiting->http->asks, tool, arguments, size,
		language(waiting->http, waiting->req), on_answer, waiting);

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
	struct json_object *given = json_parse_strict(body, size, &offset), *checked = NULL;
	struct error_object error = { .code = ERROR_INVALID_JSON };
	if (given == NULL) {
		snprintf(error.hint, sizeof(error.hint), "Stopped at byte %zu of the body.", offset);
		reply_error(http, req, &error);
	} else if (tool_check_arguments(tool, given, language(http, req), &checked, &error) < 0) {
		reply_error(http, req, &error);
	} else {
		const char *text = json_object_to_json_string_ext(
			checked, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
		ask(new_waiting(http, req), tool->name, text, strlen(text));
	}
	json_object_put(given);
	json_object_put(checked);
}

static void reply_tool_list(struct http *http, h2o_req_t *req)
{
	size_t size;
	const char *list = catalog_tools(language(http, req), &size);

	if (list == NULL)
		reply_code(http, req, ERROR_INTERNAL);
	else
		web_reply(req, 200, JSON, list, size);
}

/* POST /mcp */

static void reply_mcp(struct http *http, h2o_req_t *req)
{
	h2o_iovec_t version = guard_header(req, "mcp-protocol-version");

	if (!h2o_memis(req->method.base, req->method.len, H2O_STRLIT("POST"))) {
		reply_wrong_method(http, req, "POST");
		return;
	}
	struct waiting *waiting = new_waiting(http, req);
	waiting->is_mcp = true;
	mcp_take(req->entity.len > 0 ? req->entity.base : "", req->entity.len,
		h2o_strdup(&req->pool, version.base, version.len).base, language(http, req),
		&waiting->action);
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

static bool is_get(const h2o_req_t *req)
{
	return h2o_memis(req->method.base, req->method.len, H2O_STRLIT("GET")) ||
	       h2o_memis(req->method.base, req->method.len, H2O_STRLIT("HEAD"));
}

static void reply_ready(struct http *http, h2o_req_t *req)
{
	bool is_ready = asks_can_reach_analyst(http->asks);
	const char *text = is_ready ? "ready\n" : "not ready: the analyst is not connected\n";

	web_reply(req, is_ready ? 200 : 503, "text/plain; charset=utf-8", text, strlen(text));
}

static void reply_no_such_page(struct http *http, h2o_req_t *req)
{
	struct error_object error = { .code = ERROR_UNKNOWN_TOOL };
	bool is_korean = strcmp(language(http, req), "ko") == 0;

	snprintf(error.message, sizeof(error.message), "%s",
		is_korean ? "이 주소에는 아무것도 없습니다." : "There is nothing at this address.");
	snprintf(error.hint, sizeof(error.hint), "%s",
		"GET /tools, POST /tools/<name>, POST /mcp, GET /healthz, GET /readyz");
	reply_error(http, req, &error);
}

static void route(struct http *http, h2o_req_t *req)
{
	static const char tools_path[] = "/tools/";
	bool is_post = h2o_memis(req->method.base, req->method.len, H2O_STRLIT("POST"));
	size_t prefix = sizeof(tools_path) - 1;

	if (is_path(req, "/mcp"))
		reply_mcp(http, req);
	else if (is_path(req, "/tools"))
		is_get(req) ? reply_tool_list(http, req) : reply_wrong_method(http, req, "GET, HEAD");
	else if (req->path_normalized.len < prefix ||
		 memcmp(req->path_normalized.base, tools_path, prefix) != 0)
		reply_no_such_page(http, req);
	else if (is_post)
		reply_tool(http, req, req->path_normalized.base + prefix, req->path_normalized.len - prefix);
	else
		reply_wrong_method(http, req, "POST");
}

/* Probes of load balancers and kubelets ask by any name. */
static bool answer_probe(struct http *http, h2o_req_t *req)
{
	bool is_health = is_path(req, "/healthz"), is_readiness = is_path(req, "/readyz");

	if (!is_health && !is_readiness)
		return false;
	if (!is_get(req))
		reply_wrong_method(http, req, "GET, HEAD");
	else if (is_health)
		web_reply(req, 200, "text/plain; charset=utf-8", "ok\n", 3);
	else
		reply_ready(http, req);
	return true;
}

/* identity is no encoding (RFC 9110 §8.4.1) */
static bool has_encoding(h2o_req_t *req)
{
	h2o_iovec_t encoding = guard_header(req, "content-encoding");

	return encoding.len > 0 && !h2o_memis(encoding.base, encoding.len, H2O_STRLIT("identity"));
}

void http_on_request(void *context, h2o_req_t *req)
{
	struct http *http = context;

	++*http->requests;
	if (answer_probe(http, req))
		return;
	int refusal = guard_request(req, http->config->allowed_hosts, http->own_name);
	if (refusal != GUARD_PASS)
		reply_refused(http, req, (enum error_code)refusal);
	else if (req->entity.len > WEB_BODY_MAX)
		reply_code(http, req, ERROR_BODY_TOO_LARGE);
	else if (has_encoding(req))
		reply_code(http, req, ERROR_UNSUPPORTED_ENCODING);
	else
		route(http, req);
}
