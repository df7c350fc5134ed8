/*
 * The loop of `tanso mcp`: takes lines from standard input, has up to 64 requests under way at a time, asks again what
 * reached nobody, and writes what comes back, one message a line.
 */
#pragma once

#include "base/lines.h"
#include "cli/mcp_exchange.h"
#include "cli/mcp_line.h"

/* client, multi and out are opened by the caller and owned by the bridge from then on; the rest begins zeroed. */
struct bridge {
	struct client *client;
	CURLM *multi;
	int out; /* where messages go: the real standard output */
	bool is_korean, has_version, is_listening, is_over;
	int failure; /* -errno of standard output */
	struct lines lines;
	char held[65536]; /* lines for `out`, until the end of the turn */
	size_t held_size;
	struct exchange *exchanges;
	size_t count;
};

/* Until the input ends and its requests are answered. 0, or -errno: the output is closed, or there is no memory. */
int bridge_run(struct bridge *bridge);
/* out = -1 and NULLs are fine: of a bridge that was opened in part. */
void bridge_done(struct bridge *bridge);
