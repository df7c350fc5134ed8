/*
 * MCP over HTTP: POST, GET and DELETE of one path, "Streamable HTTP" of the legacy revisions and of 2026-07-28. An answer is
 * one JSON body, or a stream of events when something must be said before it and the client accepts one. Whoever calls has
 * let the request in already (guards.h, credentials).
 */
#pragma once

#include <h2o.h>

#include "frontend/mcp/mcp.h"

/* lang is static; principal lives as long as the request. */
void endpoint_answer(struct mcp *mcp, h2o_req_t *req, const char *lang, struct principal *principal);
/* The process is about to end: every stream ends in order, listeners hear their result. */
void endpoint_end(struct mcp *mcp);
