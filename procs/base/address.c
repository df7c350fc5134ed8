#include "base/address.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct parts {
	char *host, *port, *url;
	bool is_plain;
};

static void parts_done(struct parts *parts)
{
	curl_free(parts->host);
	curl_free(parts->port);
	curl_free(parts->url);
}

static int take_apart(const char *url, const char *path, bool may_be_plain, struct parts *parts)
{
	CURLU *handle = curl_url();
	char *scheme = NULL, *user = NULL, *own = NULL;
	bool is_fine =
		handle != NULL && curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK &&
		curl_url_get(handle, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		(strcmp(scheme, "https") == 0 || (may_be_plain && strcmp(scheme, "http") == 0)) &&
		curl_url_get(handle, CURLUPART_USER, &user, 0) == CURLUE_NO_USER &&
		curl_url_get(handle, CURLUPART_PATH, &own, 0) == CURLUE_OK &&
		(strcmp(own, "/") != 0 || curl_url_set(handle, CURLUPART_PATH, path, 0) == CURLUE_OK) &&
		curl_url_get(handle, CURLUPART_HOST, &parts->host, 0) == CURLUE_OK &&
		curl_url_get(handle, CURLUPART_PORT, &parts->port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
		curl_url_get(handle, CURLUPART_URL, &parts->url, 0) == CURLUE_OK;

	parts->is_plain = is_fine && strcmp(scheme, "http") == 0;
	curl_free(scheme);
	curl_free(user);
	curl_free(own);
	curl_url_cleanup(handle);
	return is_fine ? 0 : -EINVAL;
}

static bool is_numeric(const char *host)
{
	struct in_addr v4;

	return host[0] == '[' || inet_pton(AF_INET, host, &v4) == 1;
}

static bool is_loopback(const char *number)
{
	return strncmp(number, "127.", 4) == 0 || strcmp(number, "::1") == 0 || strcmp(number, "[::1]") == 0;
}

static int look_up(const struct parts *parts, struct address *address, const char **ret_reason)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
	char number[NI_MAXHOST];
	int r = getaddrinfo(parts->host, parts->port, &hints, &found);

	if (r == 0)
		r = getnameinfo(
			found->ai_addr, found->ai_addrlen, number, sizeof(number), NULL, 0, NI_NUMERICHOST);
	if (found != NULL)
		freeaddrinfo(found);
	if (r != 0) {
		*ret_reason = gai_strerror(r);
		return -EHOSTUNREACH;
	}
	bool is_v6 = strchr(number, ':') != NULL;
	address->is_loopback = is_loopback(number);
	snprintf(address->resolve, sizeof(address->resolve), "%s:%s:%s%.60s%s", parts->host, parts->port,
		is_v6 ? "[" : "", number, is_v6 ? "]" : "");
	return 0;
}

int address_find(const char *url, const char *path, bool may_be_plain, struct address *ret_address,
	const char **ret_reason)
{
	CLEANUP(parts_done) struct parts parts = { 0 };
	int r = take_apart(url, path, may_be_plain, &parts);

	*ret_address = (struct address) { 0 };
	*ret_reason = "";
	if (r < 0 || strlen(parts.url) >= sizeof(ret_address->url) || strlen(parts.host) > NI_MAXHOST / 4)
		return -EINVAL;
	memcpy(ret_address->url, parts.url, strlen(parts.url) + 1);
	ret_address->port = (uint16_t)strtoul(parts.port, NULL, 10);
	ret_address->is_plain = parts.is_plain;
	ret_address->is_loopback = is_loopback(parts.host);
	return is_numeric(parts.host) ? 0 : look_up(&parts, ret_address, ret_reason);
}
