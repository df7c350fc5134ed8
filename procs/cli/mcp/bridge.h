/*
 * The loop of `tanso mcp`: takes lines from standard input, has up to 64 requests under way at a time, asks again what
 * reached nobody, and writes what comes back, one message a line.
 */
#pragma once

#include "base/lines.h"
#include "cli/mcp/exchange.h"
#include "cli/mcp/line.h"

/* client, multi and out are opened by the caller and owned by the bridge from then on; the rest begins zeroed. */
struct bridge {
	struct client *client;
	CURLM *multi;
	int out; /* where messages go: the real standard output */
	bool is_korean, is_listening, is_over;
	/* the session of the revisions that have them */
	char version[MCP_LINE_VERSION_MAX]; /* that its initialize agreed on; "" = none yet */
	char *greeting;                     /* the initialize it began with; NULL = none */
	size_t greeting_size;
	bool is_renewing;
	unsigned session_turn, token_turn; /* counted up by a session begun, a token read */
	int failure;                       /* -errno of standard output */
	struct lines lines;
	char held[65536]; /* lines for `out`, until the end of the turn */
	size_t held_size;
	struct exchange *exchanges;
	size_t count;
};

/* of bridge.c, for bridge_end.c and the other way round */

/* A new exchange, not under way yet; line NULL listens. NULL: bridge->failure. */
struct exchange *bridge_add(struct bridge *bridge, const char *line, size_t size);
void bridge_start(struct bridge *bridge, struct exchange *exchange);
void bridge_drop(struct bridge *bridge, struct exchange *exchange);
/* What the server says outside of requests comes on a stream of its own. */
void bridge_listen(struct bridge *bridge);
/* A message for the client, malloc'ed and consumed; NULL = nothing to say. */
void bridge_say(struct bridge *bridge, char *message, size_t size);
/* A message came in an exchange. */
void bridge_hear(struct bridge *bridge, struct exchange *exchange, const char *bytes, size_t size);
/* The connection of an exchange is over: it was answered, or is asked again, or its client hears why not. */
void bridge_end(struct bridge *bridge, struct exchange *exchange, CURLcode code);

/* Until the input ends and its requests are answered. 0, or -errno: the output is closed, or there is no memory. */
int bridge_run(struct bridge *bridge);
/* out = -1 and NULLs are fine: of a bridge that was opened in part. */
void bridge_done(struct bridge *bridge);
