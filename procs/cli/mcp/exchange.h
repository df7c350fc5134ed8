/*
 * One request of the stdio bridge to /mcp and what comes back: one JSON body, or a stream of events, message by message.
 * Many run at a time under one curl multi handle.
 */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/client/client.h"

#define EXCHANGE_ID_MAX 256

struct exchange {
	struct exchange *next;
	CURL *easy;
	struct curl_slist *headers;
	char *line; /* the message sent; NULL = a GET that listens */
	size_t line_size;
	char id[EXCHANGE_ID_MAX]; /* of its request as canonical JSON, "" = none */
	bool is_initialize, is_answered;
	bool is_modern;  /* of the revision that has no sessions */
	bool is_renewal; /* initialize said again by the bridge: the client has its answer */
	bool is_again;   /* asked again in a session begun anew: what comes now is the answer */
	unsigned session_turn, token_turn; /* the bridge's, when it was put under way */
	int attempts;
	uint64_t retry_ns; /* when to try again; 0 = it runs */
	/* the response */
	long status;
	bool is_events;
	char session[128], last_event[128];
	char *body; /* JSON, or the event that has not ended yet */
	size_t size;
	/* A message from the server; bytes valid during the call. */
	void (*on_message)(struct exchange *exchange, const char *bytes, size_t size);
	void *context;
};

/* line is copied; method and name fill the headers of the newest revision, NULL = another. 0 or -ENOMEM. */
int exchange_new(struct exchange **ret_exchange, const char *line, size_t size);
/* Puts it under way (again). `version`, `method` and `name` are headers, NULL = none. 0 or -ENOMEM. */
int exchange_start(struct exchange *exchange, CURLM *multi, struct client *client, const char *version,
	const char *method, const char *name);
/* Takes it off the wire: for a retry, or before freeing. */
void exchange_stop(struct exchange *exchange, CURLM *multi);
void exchange_free(struct exchange *exchange, CURLM *multi);
