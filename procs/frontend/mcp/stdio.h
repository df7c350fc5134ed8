/*
 * MCP as its stdio transport has it, one message a line, on the unix socket RUNTIME_DIR/frontend/mcp.sock: what `tanso mcp`
 * joins to a client's standard input and output. A connection is a session of both eras: initialize settles the revision of
 * what has no envelope of its own; subscriptions, progress and logs come between the answers. At the end of its input what
 * is under way is answered, then the connection ends. Who may connect is decided by the file's permissions, and one user
 * has STDIO_OF_USER_MAX connections at most; nobody is asked for a credential, as at http.sock.
 *
 * A client that does not read is not read from: beyond STDIO_CALLS_MAX calls or STDIO_WAITING_MAX bytes its next lines wait,
 * and what is no answer is left out.
 */
#pragma once

#include "base/web/web.h"
#include "frontend/mcp/mcp.h"

#define STDIO_CONNECTIONS_MAX 64
#define STDIO_OF_USER_MAX     32
#define STDIO_CALLS_MAX       64 /* of one connection under way */
#define STDIO_LISTENERS_MAX   8  /* subscriptions/listen of one connection */
#define STDIO_WAITING_MAX     (UINT32_C(256) << 10)
/* The notification by which `tanso mcp` tells its user's language: params.lang is "en" or "ko". */
#define STDIO_LANGUAGE "tanso/language"

struct stdio;

/* Serves `fd`, a listening socket that stays the caller's. 0 or -errno. */
int stdio_open(struct stdio **ret_stdio, struct mcp *mcp, struct web *web, int fd, struct stats *stats);
/* At the end of a turn: lines that had to wait. */
void stdio_turn(struct stdio *stdio);
/* NULL-safe. */
void stdio_close(struct stdio *stdio);
