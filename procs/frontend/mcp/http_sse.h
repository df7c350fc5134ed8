/*
 * MCP over HTTP as revision 2024-11-05 has it ("HTTP with SSE"): GET /sse opens a stream whose first event, `endpoint`, names
 * the address that takes the messages, POST /messages?sessionId=...; every answer comes on the stream. The session lives as
 * long as its stream, which cannot be resumed. Whoever calls has let the request in already (guards.h, credentials).
 */
#pragma once

#include <h2o.h>

#include "frontend/mcp/mcp.h"

#define HTTP_SSE_PATH      "/sse"
#define HTTP_SSE_MESSAGES  "/messages"
#define HTTP_SSE_CALLS_MAX 64 /* of one client, in flight: as many as a batch of /mcp has */

/* principal lives as long as the request. */
void http_sse_open(struct mcp *mcp, h2o_req_t *req, struct principal *principal);
/* lang is static. */
void http_sse_take(struct mcp *mcp, h2o_req_t *req, const char *lang, struct principal *principal);
/* The process is about to end: every stream ends. */
void http_sse_end(struct mcp *mcp);
