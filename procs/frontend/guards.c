#include "frontend/guards.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define NAME_SIZE 256

h2o_iovec_t guard_header(h2o_req_t *req, const char *name)
{
	ssize_t index = h2o_find_header_by_str(&req->headers, name, strlen(name), -1);

	return index < 0 ? h2o_iovec_init(NULL, 0) : req->headers.entries[index].value;
}

/* "host:port", "[::1]:port", "host" -> host, lower case. False when it does not fit or is empty. */
static bool host_of(const char *text, size_t size, char name[static NAME_SIZE])
{
	bool has_bracket = size > 0 && text[0] == '[';
	const char *end = has_bracket ? memchr(text, ']', size) : memchr(text, ':', size);
	size_t start = has_bracket ? 1 : 0, length = (end != NULL ? (size_t)(end - text) : size) - start;

	if (size == 0 || length == 0 || length >= NAME_SIZE || (has_bracket && end == NULL))
		return false;
	for (size_t i = 0; i < length; i++)
		name[i] = (char)tolower((unsigned char)text[start + i]);
	name[length] = '\0';
	return true;
}

static bool is_address(const char *name)
{
	unsigned char buffer[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, name, buffer) == 1 || inet_pton(AF_INET6, name, buffer) == 1;
}

static bool is_listed(const char *list, const char *name)
{
	size_t size = strlen(name);

	for (const char *at = list; *at != '\0';) {
		size_t item = strcspn(at, ", ");
		if (item == size && strncasecmp(at, name, size) == 0)
			return true;
		at += item;
		at += strspn(at, ", ");
	}
	return false;
}

/* A name that only an attacker's DNS gives this address must not be served (DNS rebinding); an address cannot rebind. */
static bool is_our_host(h2o_req_t *req, const char *allowed_hosts, const char *own_name)
{
	char name[NAME_SIZE];

	if (!host_of(req->input.authority.base, req->input.authority.len, name))
		return true; /* HTTP/1.0 and unix sockets */
	return is_address(name) || strcmp(name, "localhost") == 0 || strcasecmp(name, own_name) == 0 ||
	       is_listed(allowed_hosts, name);
}

static bool is_local_origin(h2o_iovec_t origin, h2o_iovec_t authority)
{
	const char *scheme_end = origin.len > 3 ? memmem(origin.base, origin.len, "://", 3) : NULL;
	char name[NAME_SIZE];

	if (scheme_end == NULL)
		return false; /* "null" too: sandboxed frames and files */
	const char *host = scheme_end + 3;
	size_t size = origin.len - (size_t)(host - origin.base);
	if (size == authority.len && strncasecmp(host, authority.base, size) == 0)
		return true;
	return host_of(host, size, name) &&
	       (strcmp(name, "localhost") == 0 || strcmp(name, "127.0.0.1") == 0 || strcmp(name, "::1") == 0);
}

int guard_request(h2o_req_t *req, const char *allowed_hosts, const char *own_name)
{
	h2o_iovec_t origin = guard_header(req, "origin"), site = guard_header(req, "sec-fetch-site");

	if (!is_our_host(req, allowed_hosts, own_name))
		return ERROR_UNKNOWN_HOST;
	if (origin.base != NULL && !is_local_origin(origin, req->input.authority))
		return ERROR_FORBIDDEN_ORIGIN;
	if (h2o_memis(site.base, site.len, H2O_STRLIT("cross-site")))
		return ERROR_FORBIDDEN_ORIGIN;
	return GUARD_PASS;
}

const char *guard_language(h2o_req_t *req)
{
	h2o_iovec_t value = guard_header(req, "accept-language");

	if (value.len >= 2 && strncasecmp(value.base, "ko", 2) == 0)
		return "ko";
	return value.len >= 2 && strncasecmp(value.base, "en", 2) == 0 ? "en" : "";
}
