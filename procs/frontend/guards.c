#include "frontend/guards.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME_SIZE 256

static bool is_same(h2o_iovec_t a, h2o_iovec_t b)
{
	return h2o_memis(a.base, a.len, b.base, b.len);
}

/* Several lines of a name are one list (RFC 9110 §5.3): whoever reads another line than we do must not read another value. */
h2o_iovec_t guard_header(h2o_req_t *req, const char *name)
{
	const size_t size = strlen(name);
	ssize_t index = h2o_find_header_by_str(&req->headers, name, size, -1);

	if (index < 0)
		return h2o_iovec_init(NULL, 0);
	const h2o_iovec_t first = req->headers.entries[index].value;
	h2o_iovec_t all = first;
	while ((index = h2o_find_header_by_str(&req->headers, name, size, index)) >= 0)
		if (!is_same(req->headers.entries[index].value, first)) /* a proxy may write a line twice */
			all = h2o_concat(&req->pool, all, h2o_iovec_init(H2O_STRLIT(", ")),
				req->headers.entries[index].value);
	return all;
}

h2o_iovec_t guard_origin(h2o_req_t *req)
{
	ssize_t first = h2o_find_header_by_str(&req->headers, H2O_STRLIT("origin"), -1);

	if (first < 0 || h2o_find_header_by_str(&req->headers, H2O_STRLIT("origin"), first) < 0)
		return guard_header(req, "origin");
	return h2o_iovec_init(H2O_STRLIT("null"));
}

/* Nothing, or ":" and a number: "[::1].evil.example" and "localhost:evil" are no hosts. */
static bool is_port(const char *text, size_t size)
{
	if (size == 0)
		return true;
	if (text[0] != ':' || size > 6)
		return false;
	for (size_t i = 1; i < size; i++)
		if (!isdigit((unsigned char)text[i]))
			return false;
	return true;
}

/* "host:port", "[::1]:port", "host" -> host, lower case. False when it does not fit, is empty or more. */
static bool host_of(const char *text, size_t size, char name[static NAME_SIZE])
{
	bool has_bracket = size > 0 && text[0] == '[';
	const char *end = has_bracket ? memchr(text, ']', size) : memchr(text, ':', size);
	size_t start = has_bracket ? 1 : 0, length = (end != NULL ? (size_t)(end - text) : size) - start;

	if (size == 0 || length == 0 || length >= NAME_SIZE || (has_bracket && end == NULL))
		return false;
	const char *rest = end == NULL ? text + size : end + (has_bracket ? 1 : 0);
	if (!is_port(rest, size - (size_t)(rest - text)))
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
bool guard_is_host_ours(h2o_iovec_t authority, const char *allowed_hosts, const char *own_name)
{
	char name[NAME_SIZE];

	return host_of(authority.base, authority.len, name) &&
	       (is_address(name) || strcmp(name, "localhost") == 0 || strcasecmp(name, own_name) == 0 ||
		       is_listed(allowed_hosts, name));
}

bool guard_is_origin_local(h2o_iovec_t origin, h2o_iovec_t authority, const char *allowed_hosts)
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
	       (strcmp(name, "localhost") == 0 || strcmp(name, "127.0.0.1") == 0 ||
		       strcmp(name, "::1") == 0 || is_listed(allowed_hosts, name));
}

int guard_request(h2o_req_t *req, const char *allowed_hosts, const char *own_name)
{
	h2o_iovec_t origin = guard_origin(req), site = guard_header(req, "sec-fetch-site");

	/* h2o puts the name of its host configuration where the client named none: no browser leaves it out. */
	bool has_host = req->authority.base != req->hostconf->authority.hostport.base;
	if (has_host && !guard_is_host_ours(req->authority, allowed_hosts, own_name))
		return ERROR_UNKNOWN_HOST;
	if (origin.base != NULL && !guard_is_origin_local(origin, req->authority, allowed_hosts))
		return ERROR_FORBIDDEN_ORIGIN;
	if (h2o_memis(site.base, site.len, H2O_STRLIT("cross-site")) ||
		h2o_memis(site.base, site.len, H2O_STRLIT("same-site"))) /* another host of the same domain */
		return ERROR_FORBIDDEN_ORIGIN;
	return GUARD_PASS;
}

/* The weight of one item "ko-KR;q=0.8" in thousandths; 1000 without q. */
static int weight_of(const char *item, size_t size)
{
	const char *q = memmem(item, size, "q=", 2);
	char digits[8];

	if (q == NULL)
		return 1000;
	snprintf(digits, sizeof(digits), "%.*s", (int)(size - (size_t)(q + 2 - item)), q + 2);
	double weight = strtod(digits, NULL);
	return weight >= 0 && weight <= 1 ? (int)(weight * 1000) : 0;
}

static bool is_language(const char *item, size_t size, const char *tag)
{
	return size >= 2 && strncasecmp(item, tag, 2) == 0 &&
	       (size == 2 || memchr("-; ", item[2], 3) != NULL);
}

const char *guard_preferred_language(const char *header, size_t size)
{
	int korean = 0, english = 0;

	for (size_t at = 0; at < size;) {
		const char *item = header + at, *comma = memchr(item, ',', size - at);
		size_t length = comma != NULL ? (size_t)(comma - item) : size - at;
		at += length + 1;
		for (; length > 0 && (*item == ' ' || *item == '\t'); length--)
			item++;
		int weight = weight_of(item, length);
		if (is_language(item, length, "ko") && weight > korean)
			korean = weight;
		if (is_language(item, length, "en") && weight > english)
			english = weight;
	}
	if (korean == english)
		return "";
	return korean > english ? "ko" : "en";
}

const char *guard_language(h2o_req_t *req)
{
	h2o_iovec_t value = guard_header(req, "accept-language");

	return guard_preferred_language(value.base, value.len);
}
