#include "frontend/cors.h"

#include <string.h>

#include "base/web/web.h"
#include "frontend/guards.h"

#define EXPOSED "Mcp-Session-Id, MCP-Protocol-Version, Retry-After, WWW-Authenticate"
#define METHODS "GET, HEAD, POST, DELETE, OPTIONS"
/* Mcp-Method and Mcp-Name: revision 2026-07-28 */
#define HEADERS                                                                                              \
	"Content-Type, Accept, Accept-Language, Authorization, Mcp-Session-Id, MCP-Protocol-Version, "       \
	"Mcp-Method, Mcp-Name, Last-Event-ID"

static void add_header(h2o_req_t *req, const char *name, const char *value, size_t size)
{
	h2o_add_header_by_str(&req->pool, &req->res.headers, name, strlen(name), 0, NULL, value, size);
}

/* Whole and case-sensitive: an origin has one spelling (RFC 6454 §6.2). */
bool cors_is_listed(const char *origins, const char *origin, size_t size)
{
	for (const char *at = origins; *at != '\0';) {
		size_t item = strcspn(at, ", ");
		if (item > 0 && item == size && memcmp(at, origin, size) == 0)
			return true;
		at += item;
		at += strspn(at, ", ");
	}
	return false;
}

bool cors_allow(h2o_req_t *req, const char *origins)
{
	h2o_iovec_t origin = guard_origin(req);

	if (origins[0] == '\0')
		return false;
	add_header(req, "vary", H2O_STRLIT("Origin"));
	if (origin.base == NULL || !cors_is_listed(origins, origin.base, origin.len))
		return false;
	add_header(req, "access-control-allow-origin", origin.base, origin.len);
	add_header(req, "access-control-expose-headers", H2O_STRLIT(EXPOSED));
	return true;
}

bool cors_is_preflight(h2o_req_t *req)
{
	return h2o_memis(req->method.base, req->method.len, H2O_STRLIT("OPTIONS")) &&
	       guard_header(req, "access-control-request-method").base != NULL;
}

void cors_answer_preflight(h2o_req_t *req)
{
	add_header(req, "access-control-allow-methods", H2O_STRLIT(METHODS));
	add_header(req, "access-control-allow-headers", H2O_STRLIT(HEADERS));
	add_header(req, "access-control-max-age", H2O_STRLIT("7200"));
	web_reply(req, 204, "text/plain; charset=utf-8", "", 0);
}
