/*
 * `tanso mcp` to the local pipeline: copies lines from standard input to the frontend's mcp.sock and its lines to standard output,
 * many by one write. It reads of a message no more than its id. The end of input is passed on; the frontend answers what is
 * under way and closes, which ends the pipe. A frontend that goes away is looked for during PIPE_PATIENCE_MS, then asked
 * again what it did not answer; longer, and requests are answered with the remedy until it is there.
 *
 * Bounded by LINE_BYTES_MAX for a line, PIPE_WAITING_MAX for what the frontend has not taken (then standard input waits),
 * PIPE_ANSWER_MAX for a line of the frontend's, and pipe_asked.h.
 */
#pragma once

#include <stdbool.h>

#include "base/config.h"

#define PIPE_PATIENCE_MS 3000 /* a restart takes 0.2 to 0.4 s */
#define PIPE_WAITING_MAX ((size_t)256 << 10)
#define PIPE_ANSWER_MAX  ((size_t)64 << 20)

/* Where the frontend is; runtime_dir "" = nowhere. */
struct pipe_place {
	char runtime_dir[CONFIG_TEXT_MAX];
	bool is_korean;
};

/* server: a connection to mcp.sock; consumed. Standard output is the client's alone afterwards. Until the input has ended and its
 * requests are answered. 0, or -errno: standard output is closed, or there is no memory. */
int pipe_run(const struct pipe_place *place, int server);
