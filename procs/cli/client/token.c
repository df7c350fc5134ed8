#include "cli/client/token.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

/* By its whole name, not by how it begins: 127.0.0.1.example.com is another machine. */
static bool is_this_machine(const char *host)
{
	struct in_addr address;

	if (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
		return true;
	return inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET;
}

static void read_url(const char *url, bool *ret_is_https, bool *ret_is_local)
{
	char *scheme = NULL, *host = NULL;
	CURLU *parts = curl_url();

	*ret_is_https = *ret_is_local = false;
	if (parts != NULL && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
		curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
		*ret_is_https = strcmp(scheme, "https") == 0;
		*ret_is_local = (*ret_is_https || strcmp(scheme, "http") == 0) && is_this_machine(host);
	}
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(parts);
}

bool client_token_is_safe(const char *url)
{
	bool is_https = false, is_local = true;

	if (url != NULL)
		read_url(url, &is_https, &is_local);
	return is_https || is_local;
}

bool client_url_is_local(const char *url)
{
	bool is_https, is_local;

	read_url(url, &is_https, &is_local);
	return is_local;
}

static int refuse(struct config_error *error, const char *subject, const char *why)
{
	snprintf(error->text, sizeof(error->text), "%.900s%s", subject, why);
	return -EINVAL;
}

int client_token_read(const char *path, char token[static CLIENT_TOKEN_MAX + 1], struct config_error *error)
{
	static const char too_long[] = ": a token may have 4096 bytes";
	char text[CLIENT_TOKEN_MAX + 4]; /* and its line end */
	const char *given = path == NULL ? getenv("TANSO_TOKEN") : text;
	int r = path != NULL ? file_read_text(AT_FDCWD, path, text, sizeof(text)) : 1;

	token[0] = '\0';
	if (r <= 0)
		return refuse(error, path,
			r == 0        ? ": is empty"
			: r == -E2BIG ? too_long
				      : ": cannot be read");
	if (given == NULL)
		return 0;
	size_t size = strcspn(given, "\r\n");
	if (size > CLIENT_TOKEN_MAX)
		return refuse(error, path != NULL ? path : "TANSO_TOKEN", too_long);
	if (path == NULL && given[size] != '\0')
		return refuse(error, "TANSO_TOKEN", ": has a line end");
	memcpy(token, given, size);
	token[size] = '\0';
	return 0;
}
