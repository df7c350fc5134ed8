/* Inside of the web layer; private to this folder. */
#pragma once

#include <stdbool.h>

#include "base/rate.h"
#include "base/signals.h"
#include "base/web/web.h"

#define WEB_CLIENTS       4096 /* behind trusted proxies whose pace is known */
#define WEB_CLIENT_PLACES 8    /* in which one of them may stand */
#define WEB_LISTENERS_MAX 8
#define WEB_SOURCES_MAX   64

struct web_client {
	uint8_t address[FORWARDED_ADDRESS];
	struct rate rate;
};

struct web_listener {
	struct web *web;
	h2o_socket_t *socket;
	h2o_accept_ctx_t accept;
};

/* For the client. */
struct web_wait {
	uint64_t since_ms, mark; /* 0 = it waits for nothing; what was taken then */
};

/* One connection, from its acceptance to its end. */
struct web_connection {
	struct web *web;
	h2o_socket_t *socket;
	struct rate rate;
	const SSL *tls; /* from the end of the handshake, where clients show certificates */
	struct web_wait write,
		answer; /* what is being written; an HTTP/2 connection's oldest answer that is not out */
	bool is_stalled;
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
	uint64_t turns, bodies_looked_ms, stalled_looked_ms, stalled;
	int (*turn)(void *context);
	void *turn_context;
	struct web_client *clients; /* WEB_CLIENTS, NULL without trusted proxies */
};

void web_close_listeners(struct web *web);
/* Once a turn: cuts a connection where unfinished bodies hold too much. */
void web_bound_bodies(struct web *web);
/* Once a turn: cuts the connections whose clients do not take their answers. */
void web_cut_stalled(struct web *web);
/* Before a listener with TLS is served: its connections come with their first bytes. */
void web_plain_expect(int listener_fd);
/* True where a new connection's first byte is no TLS: it has been answered, close it. */
bool web_plain_refuse(int fd);
/* NULL: it is not one of ours. */
struct web_connection *web_connection_by(const h2o_socket_t *socket);
struct web_connection *web_connection_of(h2o_req_t *req);
enum web_pace {
	WEB_PACE_FINE,
	WEB_PACE_REFUSE, /* this request; the connection is a proxy's, and serves others */
	WEB_PACE_CUT,    /* the connection */
};
/* Counts the request. */
enum web_pace web_pace_of(struct web *web, h2o_req_t *req);
/* The head of an HTTP/1 request: does at most one line say how long its body is? */
bool web_is_framed_once(const char *bytes, size_t size);
bool web_has_one_end(h2o_req_t *req);
