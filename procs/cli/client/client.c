#include "cli/client/client.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "cli/client/token.h"
#include "cli/place.h"

#define CONNECT_TIMEOUT_MS 2000L
#define ANSWER_TIMEOUT_MS  15000L /* the frontend's own deadline is 5 s */
#define HEADERS_MAX        8

struct client {
	struct config config;
	CURL *curl;
	char url[CONFIG_TEXT_MAX]; /* given by the user, "" = none */
	char runtime_dir[CONFIG_TEXT_MAX];
	bool has_place;
	char base[CONFIG_TEXT_MAX + 16];   /* "http://…" */
	char socket[CONFIG_TEXT_MAX + 64]; /* "" = TCP */
	char address[2 * CONFIG_TEXT_MAX];
	char *headers[HEADERS_MAX]; /* NULL = free */
	const char *token_file;     /* of the arguments */
	char token[CLIENT_TOKEN_MAX + 1];
	CURLcode outcome; /* of the last request */
	char *body;
	size_t size;
	bool is_too_large;
};

static size_t on_data(char *data, size_t unit, size_t count, void *context)
{
	struct client *client = context;
	size_t more = unit * count;

	if (client->size + more > CLIENT_ANSWER_MAX) {
		client->is_too_large = true;
		return 0;
	}
	char *grown = realloc(client->body, client->size + more + 1);
	if (grown == NULL)
		return 0;
	memcpy(grown + client->size, data, more);
	client->body = grown;
	client->size += more;
	client->body[client->size] = '\0';
	return more;
}

static int set_options(struct client *client)
{
	CURL *curl = client->curl;

	if (curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) != CURLE_OK ||
		curl_easy_setopt(curl, CURLOPT_PROXY, "") != CURLE_OK ||
		curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") != CURLE_OK ||
		curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS) != CURLE_OK ||
		curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, ANSWER_TIMEOUT_MS) != CURLE_OK ||
		curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data) != CURLE_OK ||
		curl_easy_setopt(curl, CURLOPT_WRITEDATA, client) != CURLE_OK)
		return -EIO;
	return 0;
}

static int refuse(struct config_error *error, const char *subject, const char *why)
{
	snprintf(error->text, sizeof(error->text), "%.900s%s", subject, why);
	return -EINVAL;
}

static int use_token(struct client *client, struct config_error *error, bool *ret_is_other)
{
	char token[CLIENT_TOKEN_MAX + 1], value[CLIENT_TOKEN_MAX + 16];
	int r = client_token_read(client->token_file, token, error);

	*ret_is_other = r == 0 && strcmp(token, client->token) != 0;
	if (!*ret_is_other)
		return r;
	if (!client_token_is_safe(client->url[0] != '\0' ? client->url : NULL))
		return refuse(error, "a token is sent over https:// alone, or to this machine", "");
	snprintf(value, sizeof(value), "Bearer %s", token);
	memcpy(client->token, token, sizeof(token));
	return client_set_header(client, "Authorization", token[0] != '\0' ? value : NULL);
}

static int use_credentials(
	struct client *client, const struct client_place *place, struct config_error *error)
{
	const char *scheme_end = place->url != NULL ? strstr(place->url, "://") : NULL;
	bool is_other;
	int r;

	if (place->ca != NULL && curl_easy_setopt(client->curl, CURLOPT_CAINFO, place->ca) != CURLE_OK)
		return -EIO;
	client->token_file = place->token_file;
	if ((r = use_token(client, error, &is_other)) < 0)
		return r;
	if (scheme_end != NULL && strncasecmp(place->url, "http://", 7) != 0 &&
		strncasecmp(place->url, "https://", 8) != 0)
		return refuse(error, place->url, ": an address begins with http:// or https://");
	return 0;
}

bool client_reread_token(struct client *client)
{
	struct config_error error;
	bool is_other;

	return client->token_file != NULL && use_token(client, &error, &is_other) == 0 && is_other;
}

int client_new(struct client **ret_client, const struct client_place *place, struct config_error *error)
{
	char clone[CONFIG_TEXT_MAX];
	struct client *client = calloc(1, sizeof(*client));
	int r;

	if (client == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(client);
		return -ENOMEM;
	}
	place_clone_config(clone, sizeof(clone));
	const char *path = place->config_path != NULL ? place->config_path : clone[0] != '\0' ? clone : NULL;
	client->curl = curl_easy_init();
	r = config_load(&client->config, path, error);
	if (r == 0)
		r = client->curl != NULL ? set_options(client) : -ENOMEM;
	if (r < 0) {
		client_free(client);
		return r;
	}
	snprintf(client->url, sizeof(client->url), "%s", place->url != NULL ? place->url : "");
	snprintf(client->runtime_dir, sizeof(client->runtime_dir), "%s",
		place->runtime_dir != NULL ? place->runtime_dir : "");
	r = use_credentials(client, place, error);
	if (r < 0) {
		client_free(client);
		return r;
	}
	*ret_client = client;
	return 0;
}

void client_free(struct client *client)
{
	if (client == NULL)
		return;
	curl_easy_cleanup(client->curl);
	for (size_t i = 0; i < HEADERS_MAX; i++)
		free(client->headers[i]);
	free(client->body);
	free(client);
}

const struct config *client_config(const struct client *client)
{
	return &client->config;
}

const char *client_address(const struct client *client)
{
	return client->address;
}

int client_set_header(struct client *client, const char *name, const char *value)
{
	size_t size = strlen(name);
	char **place = NULL, *line = NULL;

	for (size_t i = 0; i < HEADERS_MAX; i++) {
		char **at = &client->headers[i];
		bool is_it = *at != NULL && strncmp(*at, name, size) == 0 && (*at)[size] == ':';
		if (is_it || (*at == NULL && place == NULL))
			place = at;
		if (is_it)
			break;
	}
	if (place == NULL || (value != NULL && asprintf(&line, "%s: %s", name, value) < 0))
		return -ENOMEM;
	free(*place);
	*place = line;
	return 0;
}

bool client_is_local(const struct client *client)
{
	return client->socket[0] != '\0' || client_url_is_local(client->base);
}

/* where to ask */

static bool use_socket_in(struct client *client, const char *runtime_dir)
{
	CLEANUP(closep) int fd = place_connect(runtime_dir, PLACE_HTTP);

	client->socket[0] = '\0';
	if (fd < 0)
		return false;
	snprintf(client->socket, sizeof(client->socket), "%s/frontend/" PLACE_HTTP, runtime_dir);
	snprintf(client->base, sizeof(client->base), "http://localhost");
	snprintf(client->address, sizeof(client->address), "%s", client->socket);
	return true;
}

static bool use_user_socket(struct client *client)
{
	char folder[CONFIG_TEXT_MAX];

	for (size_t i = 0; place_user_folder(PLACE_RUNTIME, i, folder, sizeof(folder)); i++)
		if (use_socket_in(client, folder))
			return true;
	return false;
}

static void use_url(struct client *client, const char *url)
{
	snprintf(
		client->base, sizeof(client->base), "%s%s", strstr(url, "://") != NULL ? "" : "http://", url);
	size_t size = strlen(client->base);
	if (size > 4 && strcmp(client->base + size - 4, "/mcp") == 0)
		client->base[size -= 4] = '\0';
	if (size > 0 && client->base[size - 1] == '/')
		client->base[size - 1] = '\0';
	client->socket[0] = '\0';
	snprintf(client->address, sizeof(client->address), "%s", client->base);
}

static void use_http_listen(struct client *client)
{
	const char *all = client->config.http_listen;
	const char *scheme = client->config.http_tls_key[0] != '\0' ? "https" : "http";
	char url[CONFIG_TEXT_MAX], listen[128];

	snprintf(listen, sizeof(listen), "%.*s", (int)strcspn(all, ", "), all);
	/* "every address" is a place to listen, not to connect */
	if (strncmp(listen, "0.0.0.0:", 8) == 0)
		snprintf(url, sizeof(url), "%s://127.0.0.1:%.64s", scheme, listen + 8);
	else if (strncmp(listen, "[::]:", 5) == 0)
		snprintf(url, sizeof(url), "%s://[::1]:%.64s", scheme, listen + 5);
	else
		snprintf(url, sizeof(url), "%s://%s", scheme, listen);
	use_url(client, url);
}

static void choose_place(struct client *client)
{
	bool is_named = client->runtime_dir[0] != '\0';

	client->has_place = true;
	if (is_named && use_socket_in(client, client->runtime_dir))
		return;
	if (client->url[0] != '\0')
		use_url(client, client->url);
	else if (is_named || (!use_socket_in(client, client->config.runtime_dir) && !use_user_socket(client)))
		use_http_listen(client);
}

/* asking */

static int from_curl(const struct client *client, CURLcode code)
{
	switch (code) {
	case CURLE_OK: return 0;
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST: return -ECONNREFUSED;
	case CURLE_OPERATION_TIMEDOUT: return -ETIMEDOUT;
	case CURLE_WRITE_ERROR: return client->is_too_large ? -E2BIG : -ENOMEM;
	default: return -EIO;
	}
}

const char *client_trouble(const struct client *client, bool is_korean)
{
	return client_trouble_of((int)client->outcome, is_korean);
}

const char *client_trouble_of(int code, bool is_korean)
{
	static const struct {
		CURLcode code;
		const char *en, *ko;
	} troubles[] = {
		{ CURLE_PEER_FAILED_VERIFICATION,
			"its certificate is not one this machine believes; name its authority with --ca FILE",
			"이 기기가 신뢰하지 않는 인증서입니다. --ca FILE로 인증 기관을 지정하십시오" },
		{ CURLE_SSL_CACERT_BADFILE, "the file of --ca is no PEM of certificates",
			"--ca 파일이 PEM 인증서가 아닙니다" },
		{ CURLE_SSL_CONNECT_ERROR, "no TLS there; perhaps it speaks plain http://",
			"TLS 연결이 되지 않습니다. http:// 주소인지 확인하십시오" },
		{ CURLE_GOT_NOTHING, "it hung up without an answer; perhaps it speaks https://",
			"응답 없이 연결이 끊겼습니다. https:// 주소인지 확인하십시오" },
		{ CURLE_RECV_ERROR, "it hung up without an answer; perhaps it speaks https://",
			"응답 없이 연결이 끊겼습니다. https:// 주소인지 확인하십시오" },
		{ CURLE_UNSUPPORTED_PROTOCOL, "no HTTP there; perhaps it speaks https://",
			"HTTP 응답이 아닙니다. https:// 주소인지 확인하십시오" },
		{ CURLE_COULDNT_RESOLVE_HOST, "there is no such host", "호스트를 찾을 수 없습니다" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(troubles); i++)
		if ((int)troubles[i].code == code)
			return is_korean ? troubles[i].ko : troubles[i].en;
	return NULL;
}

static struct curl_slist *header_list(const struct client *client)
{
	struct curl_slist *list = curl_slist_append(NULL, "Content-Type: application/json");

	list = curl_slist_append(list, "Expect:"); /* no round trip before a body of some kilobytes */
	for (size_t i = 0; i < HEADERS_MAX; i++)
		if (client->headers[i] != NULL)
			list = curl_slist_append(list, client->headers[i]);
	return list;
}

static int perform(struct client *client, const char *url, const char *socket, const char *body, size_t size,
	struct client_answer *ret_answer)
{
	struct curl_slist *headers = header_list(client);
	long status = 0;

	free(TAKE(client->body));
	client->size = 0;
	client->is_too_large = false;
	curl_easy_setopt(client->curl, CURLOPT_URL, url);
	curl_easy_setopt(client->curl, CURLOPT_UNIX_SOCKET_PATH, socket);
	curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, headers);
	if (body != NULL) {
		curl_easy_setopt(client->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
		curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, body);
	} else {
		curl_easy_setopt(client->curl, CURLOPT_HTTPGET, 1L);
	}
	client->outcome = curl_easy_perform(client->curl);
	int r = from_curl(client, client->outcome);
	curl_slist_free_all(headers);
	if (r < 0)
		return r;
	curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
	*ret_answer = (struct client_answer) {
		.status = (int)status, .body = client->body != NULL ? client->body : "", .size = client->size
	};
	return 0;
}

int client_ask(struct client *client, const char *path, const char *body, size_t size,
	struct client_answer *ret_answer)
{
	char url[2 * CONFIG_TEXT_MAX];
	int r = -ECONNREFUSED;

	/* Twice: the socket may have come or gone since the last request. */
	for (int attempt = 0; attempt < 2 && r == -ECONNREFUSED; attempt++) {
		if (!client->has_place)
			choose_place(client);
		snprintf(url, sizeof(url), "%s%s", client->base, path);
		r = perform(client, url, client->socket[0] != '\0' ? client->socket : NULL, body, size,
			ret_answer);
		client->has_place = r == 0;
	}
	return r;
}

void *client_handle(struct client *client, const char *path, struct curl_slist **headers)
{
	char url[2 * CONFIG_TEXT_MAX];
	CURL *handle = curl_easy_duphandle(client->curl);

	if (handle == NULL)
		return NULL;
	if (!client->has_place)
		choose_place(client);
	client->has_place = true;
	snprintf(url, sizeof(url), "%s%s", client->base, path);
	curl_easy_setopt(handle, CURLOPT_URL, url);
	curl_easy_setopt(handle, CURLOPT_UNIX_SOCKET_PATH, client->socket[0] != '\0' ? client->socket : NULL);
	*headers = header_list(client);
	return handle;
}

void client_forget_place(struct client *client)
{
	client->has_place = false;
}

int client_probe(struct client *client, const char *url, struct client_answer *ret_answer)
{
	curl_easy_setopt(client->curl, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(client->curl, CURLOPT_SSL_VERIFYHOST, 0L);
	int r = perform(client, url, NULL, NULL, 0, ret_answer);
	curl_easy_setopt(client->curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(client->curl, CURLOPT_SSL_VERIFYHOST, 2L);
	return r;
}
