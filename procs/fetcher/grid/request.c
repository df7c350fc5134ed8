#include "fetcher/grid/private.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/kst.h"

#define ANSWER_MAX (4U << 20)
#define TIMEOUT_MS 15000
#define URL_MAX    2048

/* Of the file, which is read anew each time, for it may rotate; else what the environment said at the start. */
static bool read_key(struct asked *asked)
{
	const struct credentials_files files = { .token = grid_provider_setting(asked->asker->config,
							 asked->provider->key_file_at) };
	struct credentials *read = &asked->asker->credentials;
	const char *path;

	if (asked->provider->key == KEY_NONE)
		return true;
	if (files.token[0] != '\0') {
		if (credentials_read(&files, read, &path) < 0 || strlen(read->token) >= sizeof(asked->key))
			return false;
		memcpy(asked->key, read->token, strlen(read->token) + 1);
	}
	return asked->key[0] != '\0';
}

/* data.go.kr gives a key twice: as it is, and percent-encoded. It must be sent encoded exactly once. */
static void put_key(const struct asked *asked, char *text, size_t size)
{
	char *escaped = strchr(asked->key, '%') == NULL ? curl_easy_escape(NULL, asked->key, 0) : NULL;

	snprintf(text, size, "%s", escaped != NULL ? escaped : asked->key);
	curl_free(escaped);
}

static void fill(const struct asked *asked, const char *name, size_t length, char *text, size_t size)
{
	const struct config *config = asked->asker->config;
	struct kst today = kst_of(grid_real_s(asked));

	text[0] = '\0';
	if (strncmp(name, "key", length) == 0)
		put_key(asked, text, size);
	else if (strncmp(name, "date", length) == 0)
		snprintf(text, size, "%04d%02d%02d", today.year, today.month, today.day);
	else if (strncmp(name, "factor", length) == 0)
		snprintf(text, size, "%s", config->grid_factor);
	else if (strncmp(name, "location", length) == 0)
		snprintf(text, size, "%s", config->casdk_location);
}

static void make_url(const struct asked *asked, const char *path, char *url, size_t size)
{
	size_t used = (size_t)snprintf(url, size, "%s", asked->server.address.url);

	while (used > 0 && url[used - 1] == '/')
		used--;
	for (; *path != '\0' && used + 1 < size; path++) {
		const char *end = *path == '{' ? strchr(path, '}') : NULL;
		if (end == NULL) {
			url[used++] = *path;
			continue;
		}
		fill(asked, path + 1, (size_t)(end - path - 1), url + used, size - used);
		used += strlen(url + used);
		path = end;
	}
	url[used] = '\0';
}

int grid_request(struct asked *asked)
{
	const struct grid_provider *provider = asked->provider;
	const struct config *config = asked->asker->config;
	const struct address *address = &asked->server.address;
	struct credentials *credentials = &asked->asker->credentials;
	const struct credentials_files files = { .authorities =
							 address->is_plain ? "" : config->grid_ca_file };
	char url[URL_MAX], header[GRID_KEY_MAX + 32] = "";
	const char *path;
	int r = !read_key(asked) ? -ENOKEY : credentials_read(&files, credentials, &path);

	if (r < 0)
		return r;
	asked->is_login = provider->key == KEY_LOGIN && grid_boot_s(asked) >= asked->token_until_s;
	make_url(asked, asked->is_login ? provider->login : provider->queries[asked->query].path, url,
		sizeof(url));
	if (provider->key == KEY_IN_HEADER)
		snprintf(header, sizeof(header), "auth-token: %s", asked->key);
	const struct fetch_request request = { .url = url,
		.address = address->resolve,
		.token = provider->key == KEY_LOGIN && !asked->is_login ? asked->token : "",
		.user = asked->is_login ? asked->key : "",
		.header = header,
		.authorities = credentials->authorities,
		.certificate = "",
		.key = "",
		.may_be_plain = address->is_plain,
		.timeout_ms = TIMEOUT_MS,
		.size_max = ANSWER_MAX };
	return fetch_start(asked->server.fetch, &request);
}
