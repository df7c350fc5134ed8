/*
 * What the two HTTP stages share: an h2o server (HTTP/1.1, HTTP/2 by prior knowledge or ALPN) on given listeners, with
 * our limits, whose loop also serves `struct source`s and timers. Linked as tanso_web (libh2o-evloop, OpenSSL).
 * Limits: those of struct web_config; a longer body is the handler's to refuse (413). A connection that makes more than
 * requests_per_second requests is closed (CVE-2023-44487 has no fix in h2o 2.2.5); behind a trusted proxy each client
 * counts for itself, and its request alone is refused.
 */
#pragma once

#include <h2o.h>
#include <openssl/ssl.h>
#include <stdbool.h>

#include "base/forwarded.h"
#include "base/loop.h"

struct web;

/* One request, whole. Answer with web_reply() before returning, or keep `req` and answer later in the loop
 * (then watch for its end with h2o_mem_alloc_shared(&req->pool, n, dispose)). */
typedef void web_handler_fn(void *context, h2o_req_t *req);

struct web_config {
	const char *server_name;      /* Server: header */
	uint64_t requests_per_second; /* per connection, or client of a trusted proxy */
	uint64_t connections;         /* at a time */
	uint64_t header_bytes;        /* address and header fields of a request; beyond them 431 */
	uint64_t body_bytes; /* the handler answers 413 beyond them; of four times as many it hears nothing */
	uint64_t request_ms; /* for a request to be there */
	uint64_t
		idle_ms; /* of an HTTP/2 connection without one; of any whose client does not take what it is answered */
	struct forwarded_networks trusted_proxies;
	web_handler_fn *
		too_fast; /* answers the requests that a client of a trusted proxy may not make; NULL without them */
};

int web_new(struct web **ret_web, const struct web_config *config, web_handler_fn *handler, void *context);
void web_free(struct web *web);

/* The listener kept by the supervisor under `name`, if it still listens on `address` (an ADDRESS:PORT, or the path of a unix
 * socket), else a new one, kept from now on. -EADDRINUSE etc.; the descriptor is the caller's. */
int web_take_listener(const char *name, const char *address, int *ret_fd);
/* True for 127.0.0.0/8, ::1 and unix sockets: "127.0.0.1:30800", "[::1]:30800", "/path". */
bool web_is_loopback(const char *address);

/* Serves fd (consumed on success); tls NULL = plain. */
int web_add_listener(struct web *web, int fd, SSL_CTX *tls);
/* New connections of all listeners with TLS use this one from now on; the caller keeps owning both. */
void web_set_tls(struct web *web, SSL_CTX *tls);
/* The TLS session of the request's connection, where the context asks clients for a certificate; else NULL. */
const SSL *web_tls_of(h2o_req_t *req);
int web_add_source(struct web *web, struct source *source);
h2o_loop_t *web_loop(struct web *web);

/* Called once at the end of every loop turn. */
void web_on_turn(struct web *web, int (*turn)(void *context), void *context);

/* Runs until SIGTERM/SIGINT, then closes listeners, lets open requests finish (<= 3 s). 0 or -errno. */
int web_run(struct web *web);
/* SIGTERM or SIGINT came: end what would last. */
bool web_is_stopping(const struct web *web);
uint64_t web_turns(const struct web *web);
/* Connections cut because their clients did not take what they were answered. */
uint64_t web_stalled(const struct web *web);

/* Sends a whole answer; body is copied. content_type static. */
void web_reply(h2o_req_t *req, int status, const char *content_type, const char *body, size_t size);
/* The same, not copied: the parts' bytes live as long as the request, and none is empty. */
void web_reply_parts(h2o_req_t *req, int status, const char *content_type, h2o_iovec_t *parts, size_t count);
