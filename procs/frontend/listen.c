#include "frontend/listen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/language.h"
#include "base/log.h"
#include "base/port.h"

#define TCP_NAME   "http-listener"
#define UNIX_NAME  "http-unix"
#define STDIO_NAME "mcp-unix"

static void explain(const char *address, int error)
{
	char owner[128];

	if (error == -EADDRINUSE) {
		port_owner(address, owner, sizeof(owner));
		log_error(
			in_language(
				"http_listen = %s is in use by %s; set another address in tanso.conf or with "
				"--set http_listen=ADDRESS:PORT",
				"http_listen = %s: 이미 사용 중입니다: %s. tanso.conf나 --set "
				"http_listen=ADDRESS:PORT로 "
				"다른 주소를 지정하십시오"),
			address, owner);
	} else if (error == -EINVAL) {
		log_error(
			in_language("http_listen = %s is not ADDRESS:PORT; allowed: IP addresses and ports, "
				    "separated by commas, e.g. 127.0.0.1:30800,[::1]:30800",
				"http_listen = %s: ADDRESS:PORT 형식이 아닙니다. IP 주소와 포트를 쉼표로 "
				"구분해 "
				"적으십시오. 예: 127.0.0.1:30800,[::1]:30800"),
			address);
	} else {
		log_error("http_listen = %s: %s", address, strerror(-error));
	}
}

static int open_listener(struct web *web, const char *name, const char *address, SSL_CTX *tls)
{
	int fd, r = web_take_listener(name, address, &fd);

	if (r == 0)
		r = web_add_listener(web, fd, tls);
	if (r < 0)
		explain(address, r);
	return r;
}

/* Steps through a list of addresses; false at its end. */
static bool next_address(const char **list, char address[static CONFIG_TEXT_MAX])
{
	*list += strspn(*list, ", ");
	size_t size = strcspn(*list, ", ");

	snprintf(address, CONFIG_TEXT_MAX, "%.*s", (int)size, *list);
	*list += size;
	return size > 0;
}

static bool has_credential(const struct config *config)
{
	return config->http_client_ca[0] != '\0' || config->http_tokens[0] != '\0' ||
	       config->http_jwks[0] != '\0';
}

static const char *lack(const struct config *config)
{
	if (config->http_tls_key[0] == '\0')
		return has_credential(config) ? "TLS" : "TLS and a credential";
	return has_credential(config) ? NULL : "a credential";
}

const char *listen_lack(const struct config *config)
{
	char address[CONFIG_TEXT_MAX];

	for (const char *list = config->http_listen; next_address(&list, address);)
		if (!web_is_loopback(address))
			return lack(config);
	return NULL;
}

/* What can be reached from other machines is read by, and answers, whoever finds it. */
int listen_check(const struct config *config)
{
	const char *lacks = listen_lack(config);

	if (lacks == NULL)
		return 0;
	if (config->allow_plaintext) {
		log_warning("http_listen = %s can be reached from other machines without %s "
			    "(allow_plaintext = yes)",
			config->http_listen, lacks);
		return 0;
	}
	log_error(in_language(
			  "http_listen = %s can be reached from other machines without %s: set http_tls_key, "
			  "http_tls_certificate and http_tokens, http_jwks or http_client_ca, use "
			  "127.0.0.1:30800 behind a proxy, or write allow_plaintext = yes",
			  "http_listen = %s: 다른 컴퓨터에서 접속할 수 있는데 빠진 것이 있습니다(%s). "
			  "http_tls_key, "
			  "http_tls_certificate와 http_tokens, http_jwks 또는 http_client_ca를 지정하거나, "
			  "프록시 "
			  "뒤의 127.0.0.1:30800을 쓰거나, allow_plaintext = yes를 적으십시오"),
		config->http_listen, lacks);
	return -EPERM;
}

/* The first one's name is that of a version that had no other. */
static int open_addresses(struct web *web, const struct config *config, SSL_CTX *tls)
{
	char address[CONFIG_TEXT_MAX], name[32];
	int count = 0, r = 0;

	for (const char *list = config->http_listen; r == 0 && next_address(&list, address); count++) {
		snprintf(name, sizeof(name), count == 0 ? TCP_NAME : TCP_NAME "-%d", count);
		r = open_listener(web, name, address, tls);
	}
	if (count == 0)
		explain(config->http_listen, -EINVAL);
	return count == 0 ? -EINVAL : r;
}

int listen_open(struct web *web, const struct config *config, SSL_CTX *tls)
{
	char path[CONFIG_TEXT_MAX + 32];
	int r = open_addresses(web, config, tls);

	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "%s/frontend/http.sock", config->runtime_dir);
	return open_listener(web, UNIX_NAME, path, NULL);
}

int listen_stdio(const struct config *config, int *ret_fd)
{
	char path[CONFIG_TEXT_MAX + 32];

	snprintf(path, sizeof(path), "%s/frontend/mcp.sock", config->runtime_dir);
	int r = web_take_listener(STDIO_NAME, path, ret_fd);
	if (r < 0)
		log_error("%s: %s", path, strerror(-r));
	return r;
}
