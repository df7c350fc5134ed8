/*
 * One HTTP request at a time, on our loop (libcurl's multi interface; no thread, no name is looked up). The peer's
 * certificate and name are verified against the given authorities alone, or its key against a pin; redirects and proxies
 * are not followed, the answer is bounded in size and time. Make it before the sandbox; requests may come after.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"

struct fetch;

struct fetch_request {
	const char *url;
	const char *address;           /* "HOST:PORT:ADDRESS" where the url names a host, else "" */
	const char *token;             /* bearer token, "" = none */
	const char *user;              /* "user:password" for basic auth; NULL or "" = none */
	const char *header;            /* one more "Name: value"; NULL or "" = none */
	const char *accept;            /* NULL = application/json */
	const char *body;              /* POSTed as a form; NULL = GET */
	const char *authorities;       /* PEM */
	const char *pin;               /* curl's "sha256//BASE64" of the peer's key, NULL or "" = none */
	const char *certificate, *key; /* PEM of a client certificate, "" = none */
	bool is_insecure;              /* the peer's certificate is not verified (a pin still is) */
	bool may_be_plain;             /* http:// is let pass */
	bool is_kept;                  /* the connection is kept for the next request */
	uint64_t timeout_ms;
	size_t size_max;
};

struct fetch_answer {
	long status;       /* HTTP status, 0 where there was none */
	const char *error; /* why there is no whole answer, NULL if there is */
	const char *body;  /* NUL-terminated; valid during the call */
	size_t size;
};

typedef void fetch_done_fn(void *context, const struct fetch_answer *answer);

int fetch_new(struct loop *loop, fetch_done_fn *done, void *context, struct fetch **ret_fetch);
void fetch_free(struct fetch *fetch);
/* `done` is called later, once, from the loop. -EBUSY: one is under way; -ENOMEM. Everything is copied. */
int fetch_start(struct fetch *fetch, const struct fetch_request *request);
