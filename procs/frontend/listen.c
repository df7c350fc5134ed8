#include "frontend/listen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

#define TCP_NAME  "http-listener"
#define UNIX_NAME "http-unix"

static void explain(const char *address, int error)
{
	char owner[128];

	if (error == -EADDRINUSE) {
		web_port_owner(address, owner, sizeof(owner));
		log_error("http_listen = %s is in use by %s; set another address in tanso.conf or with "
			  "--set http_listen=ADDRESS:PORT",
			address, owner);
	} else if (error == -EINVAL) {
		log_error("http_listen = %s is not ADDRESS:PORT; allowed: an IP address and a port, e.g. "
			  "127.0.0.1:30800 or [::1]:30800",
			address);
	} else {
		log_error("http_listen = %s: %s", address, strerror(-error));
	}
}

static int open_listener(struct web *web, const char *name, const char *address)
{
	int fd, r = web_take_listener(name, address, &fd);

	if (r < 0) {
		explain(address, r);
		return r;
	}
	return web_add_listener(web, fd, NULL);
}

int listen_open(struct web *web, const struct config *config)
{
	char path[CONFIG_TEXT_MAX + 32];
	int r;

	if (!web_is_loopback(config->http_listen) && !config->allow_plaintext) {
		log_error("http_listen = %s can be reached from other machines, without TLS and credential; "
			  "use 127.0.0.1:30800 behind a proxy, or write allow_plaintext = yes",
			config->http_listen);
		return -EPERM;
	}
	r = open_listener(web, TCP_NAME, config->http_listen);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "%s/frontend/http.sock", config->runtime_dir);
	return open_listener(web, UNIX_NAME, path);
}
