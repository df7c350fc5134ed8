/* Inside of the web layer; private to web*.c. */
#pragma once

#include <stdbool.h>

#include "base/signals.h"
#include "base/web.h"

#define WEB_METERS        1024
#define WEB_LISTENERS_MAX 8
#define WEB_SOURCES_MAX   64
#define WEB_ADDRESS_MAX   256

struct web_meter {
	uint64_t connection, second, requests;
};

struct web_listener {
	struct web *web;
	h2o_socket_t *socket;
	h2o_accept_ctx_t accept;
};

/* One connection, from its acceptance to its end. */
struct web_connection {
	struct web *web;
	h2o_socket_t *socket;
	const SSL *tls; /* from the end of the handshake, where clients show certificates */
	struct web_connection *previous, *next;
};

struct web_source {
	struct web *web;
	struct source *source;
	h2o_socket_t *socket;
};

struct web {
	struct web_config config;
	web_handler_fn *handler;
	void *context;
	h2o_globalconf_t h2o;
	h2o_context_t h2o_context;
	struct web_listener listeners[WEB_LISTENERS_MAX];
	size_t listener_count;
	struct web_source sources[WEB_SOURCES_MAX];
	size_t connections;
	struct web_connection *first;
	struct signals signals;
	int failure; /* -errno of a source, ends the loop */
	uint64_t turns;
	int (*turn)(void *context);
	void *turn_context;
	struct web_meter meters[WEB_METERS];
};

void web_close_listeners(struct web *web);
/* "127.0.0.1:30800" or "[::1]:30800"; host and port hold WEB_ADDRESS_MAX. 0 or -EINVAL. */
int web_split_address(const char *text, char *host, char *port);
