#include "frontend/http.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "frontend/catalog.h"
#include "frontend/cors.h"
#include "frontend/folders.h"
#include "frontend/guards.h"
#include "frontend/listen.h"
#include "frontend/mcp/endpoint.h"
#include "frontend/mcp/http_sse.h"
#include "frontend/openapi.h"
#include "frontend/pages.h"
#include "frontend/reply.h"

/* What is there to be read, made from the tables. */
static const struct {
	const char *path, *type;
	const char *(*make)(const char *lang, size_t *ret_size);
} documents[] = { { "/tools", REPLY_JSON, catalog_tools }, { "/openapi.json", REPLY_JSON, openapi_document },
	{ "/reasons", REPLY_JSON, openapi_reasons },
	{ "/llms.txt", "text/plain; charset=utf-8", openapi_llms } };

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

static bool is_for_http_sse(h2o_req_t *req)
{
	return request_is_for(req, HTTP_SSE_PATH) || request_is_for(req, HTTP_SSE_MESSAGES);
}

static void reply_no_such_page(struct http *http, h2o_req_t *req)
{
	struct error_object error = { .code = ERROR_NOT_FOUND };

	snprintf(error.hint, sizeof(error.hint), "%s%s",
		is_for_http_sse(req) && !http->config->mcp_http_sse
			? "The MCP transport of 2024-11-05 is served where tanso.conf says mcp_http_sse = "
			  "yes. "
			: "",
		"GET /, /docs, /tools, /openapi.json, /reasons, /llms.txt, /events, /healthz, /readyz; "
		"POST /tools/<name>, /views/<name>, /mcp");
	reply_error(http, req, &error);
}

static bool answer_document(struct http *http, h2o_req_t *req)
{
	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		size_t size;
		if (!request_is_for(req, documents[i].path))
			continue;
		const char *text =
			request_is_get(req) ? documents[i].make(reply_language(http, req), &size) : NULL;
		if (text != NULL)
			reply_in_language(req, 200, documents[i].type, text, size);
		else if (request_is_get(req))
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
	if (request_is_get(req))
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
	else if (request_is_get(req))
		web_reply(req, 200, REPLY_JSON, resource->document, strlen(resource->document));
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
	if (request_is_for(req, "/mcp"))
		endpoint_answer(&http->mcp, req, reply_language(http, req), principal);
	else if (http->config->mcp_http_sse && request_is_for(req, HTTP_SSE_PATH))
		http_sse_open(&http->mcp, req, principal);
	else if (http->config->mcp_http_sse && request_is_for(req, HTTP_SSE_MESSAGES))
		http_sse_take(&http->mcp, req, reply_language(http, req), principal);
	else if (request_is_for(req, "/events"))
		reply_events(http, req, principal);
	else if (!folders_answer(http, req, principal))
		reply_no_such_page(http, req);
}

static bool is_too_fast(struct http *http, struct principal *principal)
{
	return !principal_may_ask(
		principal, (uint64_t)http->config->principal_requests_per_second, clock_mono_ns());
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
	       (request_is_get(req) &&
		       page_find(req->path_normalized.base, req->path_normalized.len) != NULL);
}

/* Probes of load balancers and kubelets ask by any name. */
static bool answer_probe(struct http *http, h2o_req_t *req)
{
	bool is_health = request_is_for(req, "/healthz"), is_readiness = request_is_for(req, "/readyz");

	if (!is_health && !is_readiness)
		return false;
	if (!request_is_get(req))
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

/* "/mcp/" is "/mcp": addresses are often written so. */
static void drop_last_slash(h2o_req_t *req)
{
	h2o_iovec_t *path = &req->path_normalized;

	if (path->len > 1 && path->base[path->len - 1] == '/')
		path->len--;
}

void http_on_request(void *context, h2o_req_t *req)
{
	struct http *http = context;

	++*http->requests;
	drop_last_slash(req);
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
