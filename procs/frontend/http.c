#include "frontend/http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/nearest.h"
#include "frontend/catalog.h"
#include "frontend/cors.h"
#include "frontend/form.h"
#include "frontend/guards.h"
#include "frontend/listen.h"
#include "frontend/mcp/endpoint.h"
#include "frontend/mcp/http_sse.h"
#include "frontend/openapi.h"
#include "frontend/pages.h"
#include "ipc/tools.h"

#define JSON "application/json"

/* Questions by name, and where they are asked. */
struct folder {
	const char *path;
	const struct tool *tools;
	const size_t *count;
	const struct tool *(*find)(const char *name, size_t size);
};

static const struct folder folders[] = { { "/tools/", tools, &tool_count, tool_find },
	{ "/views/", views, &view_count, view_find } };

/* What is there to be read, made from the tables. */
static const struct {
	const char *path, *type;
	const char *(*make)(const char *lang, size_t *ret_size);
} documents[] = { { "/tools", JSON, catalog_tools }, { "/openapi.json", JSON, openapi_document },
	{ "/reasons", JSON, openapi_reasons }, { "/llms.txt", "text/plain; charset=utf-8", openapi_llms } };

/* A request that waits for the analyst; lives in the request's pool, so that a client who leaves takes it along. */
struct waiting {
	struct http *http;
	h2o_req_t *req;
	const struct principal *principal; /* lives as long as the request */
	int64_t ask;                       /* 0 = answered */
};

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
}

static void on_answer(void *context, int code, const char *body, size_t size)
{
	struct waiting *waiting = context;

	waiting->ask = 0;
	if (code == 503)
		h2o_add_header_by_str(&waiting->req->pool, &waiting->req->res.headers,
			H2O_STRLIT("retry-after"), 0, NULL, H2O_STRLIT("1"));
	web_reply(waiting->req, code, JSON, body, size);
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

static struct waiting *new_waiting(struct http *http, h2o_req_t *req, const struct principal *principal)
{
	struct waiting *waiting = h2o_mem_alloc_shared(&req->pool, sizeof(*waiting), on_gone);

	*waiting = (struct waiting) { .http = http, .req = req, .principal = principal };
	return waiting;
}

static void ask(struct waiting *waiting, const char *tool, const char *arguments, size_t size)
{
	int64_t id = asks_submit(waiting->http->asks, waiting->principal->namespaces, tool, arguments, size,
		language(waiting->http, waiting->req), on_answer, waiting);

	if (id > 0)
		waiting->ask = id;
	else if (id < 0)
		answer_refusal(waiting, id);
}

/* /tools/<name>, /views/<name> */

static void reply_unknown_tool(
	struct http *http, h2o_req_t *req, const struct folder *folder, const char *name, size_t size)
{
	struct error_object error = { .code = ERROR_UNKNOWN_TOOL };
	char wanted[65];
	const char *names[32];
	size_t count = 0;

	snprintf(wanted, sizeof(wanted), "%.*s", (int)(size < 64 ? size : 64), name);
	for (; count < *folder->count && count < ARRAY_SIZE(names); count++)
		names[count] = folder->tools[count].name;
	int nearest = nearest_name(wanted, names, count);
	if (nearest >= 0)
		snprintf(error.candidates[error.candidate_count++], sizeof(error.candidates[0]), "%s",
			names[nearest]);
	snprintf(error.hint, sizeof(error.hint), "GET /tools lists those there are.");
	reply_error(http, req, &error);
}

/* Any content type, or none: `curl -d` calls a JSON body a form. NULL with `error` filled. */
static struct json_object *read_arguments(h2o_req_t *req, const struct tool *tool, struct error_object *error)
{
	h2o_iovec_t type = guard_header(req, "content-type");
	const char *body = req->entity.len > 0 ? req->entity.base : "{}";
	size_t size = req->entity.len > 0 ? req->entity.len : 2, offset = 0;
	bool is_form = form_is_meant(type.base, type.len, body, size);
	struct json_object *given =
		is_form ? form_parse(tool, body, size) : json_parse_strict(body, size, &offset);

	if (given != NULL)
		return given;
	*error = (struct error_object) { .code = ERROR_INVALID_JSON };
	snprintf(error->hint, sizeof(error->hint),
		is_form ? "The body is no form of at most %zu fields in UTF-8."
			: "Stopped at byte %zu of the body.",
		is_form ? (size_t)FORM_FIELDS_MAX : offset);
	return NULL;
}

static void reply_answer(
	struct http *http, h2o_req_t *req, const struct principal *principal, const struct tool *tool)
{
	struct json_object *checked = NULL;
	struct error_object error;
	struct json_object *given = read_arguments(req, tool, &error);

	if (given == NULL) {
		reply_error(http, req, &error);
	} else if (tool_check_arguments(tool, given, language(http, req), &checked, &error) < 0) {
		reply_error(http, req, &error);
	} else {
		const char *text = json_object_to_json_string_ext(
			checked, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
		ask(new_waiting(http, req, principal), tool->name, text, strlen(text));
	}
	json_object_put(given);
	json_object_put(checked);
}

static void reply_description(struct http *http, h2o_req_t *req, const struct tool *tool)
{
	struct json_object *description = tool_describe(tool, language(http, req));
	const char *text = json_object_to_json_string_ext(
		description, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

	web_reply(req, 200, JSON, text, strlen(text));
	json_object_put(description);
}

/* True: the path lies in the folder, and the request was answered. */
static bool answer_folder(
	struct http *http, h2o_req_t *req, const struct principal *principal, const struct folder *folder)
{
	size_t prefix = strlen(folder->path);

	if (req->path_normalized.len < prefix || memcmp(req->path_normalized.base, folder->path, prefix) != 0)
		return false;
	const char *name = req->path_normalized.base + prefix;
	size_t size = req->path_normalized.len - prefix;
	const struct tool *tool = folder->find(name, size);
	if (tool == NULL)
		reply_unknown_tool(http, req, folder, name, size);
	else if (is_get(req))
		reply_description(http, req, tool);
	else if (h2o_memis(req->method.base, req->method.len, H2O_STRLIT("POST")))
		reply_answer(http, req, principal, tool);
	else
		reply_wrong_method(http, req, "GET, HEAD, POST");
	return true;
}

/* /events */

static void reply_events(struct http *http, h2o_req_t *req, struct principal *principal)
{
	int r;

	if (!h2o_memis(req->method.base, req->method.len, H2O_STRLIT("GET")))
		reply_wrong_method(http, req, "GET");
	else if ((r = live_listen(http->live, req, principal)) < 0)
		reply_error(http, req,
			&(struct error_object) {
				.code = r == -EDQUOT ? ERROR_RATE_LIMITED : ERROR_BUSY, .retry_after_s = 1 });
}

/* routes */

static void reply_ready(struct http *http, h2o_req_t *req)
{
	bool is_ready = asks_can_reach_analyst(http->asks);
	const char *lacks = listen_lack(http->config);
	char text[256];

	int size = snprintf(text, sizeof(text), "%s%s%s%s\n",
		is_ready ? "ready" : "not ready: the analyst is not connected",
		lacks != NULL ? "\nwarning: http_listen can be reached from other machines without " : "",
		lacks != NULL ? lacks : "", lacks != NULL ? " (allow_plaintext = yes)" : "");
	web_reply(req, is_ready ? 200 : 503, "text/plain; charset=utf-8", text, (size_t)size);
}

static void reply_no_such_page(struct http *http, h2o_req_t *req)
{
	struct error_object error = { .code = ERROR_UNKNOWN_TOOL };
	bool is_korean = strcmp(language(http, req), "ko") == 0;

	snprintf(error.message, sizeof(error.message), "%s",
		is_korean ? "이 주소에는 아무것도 없습니다." : "There is nothing at this address.");
	snprintf(error.hint, sizeof(error.hint), "%s",
		"GET /, /docs, /tools, /openapi.json, /llms.txt, /healthz, /readyz; POST /tools/<name>, "
		"/mcp");
	reply_error(http, req, &error);
}

static bool answer_document(struct http *http, h2o_req_t *req)
{
	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		size_t size;
		if (!is_path(req, documents[i].path))
			continue;
		const char *text = is_get(req) ? documents[i].make(language(http, req), &size) : NULL;
		if (text != NULL)
			web_reply(req, 200, documents[i].type, text, size);
		else if (is_get(req))
			reply_code(http, req, ERROR_INTERNAL);
		else
			reply_wrong_method(http, req, "GET, HEAD");
		return true;
	}
	return false;
}

static bool answer_page(struct http *http, h2o_req_t *req)
{
	const struct page *page = page_find(req->path_normalized.base, req->path_normalized.len);

	if (page == NULL)
		return false;
	if (is_get(req))
		page_reply(req, page);
	else
		reply_wrong_method(http, req, "GET, HEAD");
	return true;
}

/* Where a client gets a token; a clean 404 where nobody gives one out, not a 401 that would send it here again. */
static bool answer_well_known(struct http *http, h2o_req_t *req)
{
	static const char prefix[] = "/.well-known/";
	const struct resource *resource = &http->resource;
	h2o_iovec_t path = req->path_normalized;

	if (path.len < sizeof(prefix) - 1 || memcmp(path.base, prefix, sizeof(prefix) - 1) != 0)
		return false;
	if (!resource_is_at(resource, path.base, path.len))
		reply_no_such_page(http, req);
	else if (is_get(req))
		web_reply(req, 200, JSON, resource->document, strlen(resource->document));
	else
		reply_wrong_method(http, req, "GET, HEAD");
	return true;
}

/* Pages and descriptions hold no data: the page is what asks for a token. */
static bool answer_public(struct http *http, h2o_req_t *req)
{
	return answer_well_known(http, req) || answer_document(http, req) || answer_page(http, req);
}

static void route(struct http *http, h2o_req_t *req, struct principal *principal)
{
	if (is_path(req, "/mcp"))
		endpoint_answer(&http->mcp, req, language(http, req), principal);
	else if (http->config->mcp_http_sse && is_path(req, HTTP_SSE_PATH))
		http_sse_open(&http->mcp, req, principal);
	else if (http->config->mcp_http_sse && is_path(req, HTTP_SSE_MESSAGES))
		http_sse_take(&http->mcp, req, language(http, req), principal);
	else if (is_path(req, "/events"))
		reply_events(http, req, principal);
	else if (!answer_folder(http, req, principal, &folders[0]) &&
		 !answer_folder(http, req, principal, &folders[1]))
		reply_no_such_page(http, req);
}

/* What to show instead. */
static const char *credential_hint(const struct config *config, bool is_korean)
{
	if (config->http_tokens[0] != '\0')
		return is_korean ? "Authorization: Bearer TOKEN 헤더를 보내십시오. 운영자는 `tanso token "
				   "NAME`으로 토큰을 만들 수 있습니다."
				 : "Send Authorization: Bearer TOKEN; the operator makes one with `tanso "
				   "token NAME`.";
	if (config->http_jwks[0] != '\0')
		return is_korean ? "Authorization: Bearer TOKEN 헤더에 유효한 JSON 웹 토큰을 보내십시오. "
				   "거절한 "
				   "이유는 서버의 로그에 있습니다."
				 : "Send Authorization: Bearer TOKEN with a JSON Web Token that is valid "
				   "here; the server's log says why one was refused.";
	return is_korean ? "이름(CN)이 있고 만료되지 않은 클라이언트 인증서로만 연결하십시오."
			 : "Connect with a client certificate that has a common name and has not ended, "
			   "and send no Authorization header.";
}

static void reply_unauthorized(struct http *http, h2o_req_t *req)
{
	struct error_object error = { .code = ERROR_UNAUTHORIZED };

	admission_challenge(&http->admission, req);
	snprintf(error.hint, sizeof(error.hint), "%s",
		credential_hint(http->config, strcmp(language(http, req), "ko") == 0));
	reply_error(http, req, &error);
}

static bool is_too_fast(struct http *http, struct principal *principal)
{
	return !principal_may_ask(
		principal, (uint64_t)http->config->principal_requests_per_second, clock_mono_ns());
}

static void reply_too_fast(struct http *http, h2o_req_t *req)
{
	reply_error(http, req, &(struct error_object) { .code = ERROR_RATE_LIMITED, .retry_after_s = 1 });
}

void http_on_too_fast(void *context, h2o_req_t *req)
{
	struct http *http = context;

	++*http->requests;
	reply_too_fast(http, req);
}

static void let_in(struct http *http, h2o_req_t *req)
{
	struct principal *principal;
	int refusal = admission_find(&http->admission, req, &principal);

	if (refusal == GUARD_PASS && is_too_fast(http, principal))
		reply_too_fast(http, req);
	else if (refusal == GUARD_PASS)
		route(http, req, principal);
	else if (refusal == ERROR_UNAUTHORIZED)
		reply_unauthorized(http, req);
	else
		reply_error(http, req, &(struct error_object) { .code = ERROR_BUSY, .retry_after_s = 1 });
}

/* Pages hold no data, and one may link to them from anywhere; a listed origin may ask. */
static bool is_let_in(struct http *http, h2o_req_t *req)
{
	return cors_allow(req, http->config->cors_origins) ||
	       (is_get(req) && page_find(req->path_normalized.base, req->path_normalized.len) != NULL);
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
	bool is_listed = is_let_in(http, req);
	if (refusal == ERROR_FORBIDDEN_ORIGIN && is_listed)
		refusal = GUARD_PASS;
	if (refusal != GUARD_PASS)
		reply_refused(http, req, (enum error_code)refusal);
	else if (req->entity.len > (uint64_t)http->config->http_body_bytes)
		reply_code(http, req, ERROR_BODY_TOO_LARGE);
	else if (has_encoding(req))
		reply_code(http, req, ERROR_UNSUPPORTED_ENCODING);
	else if (is_listed && cors_is_preflight(req))
		cors_answer_preflight(req);
	else if (!answer_public(http, req))
		let_in(http, req);
}
