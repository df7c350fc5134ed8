/* The sinks of calls that came by POST. */
#pragma once

#include <h2o.h>

#include "frontend/mcp/mcp.h"
#include "frontend/mcp/stream.h"

/* What is known of a POST besides its messages. */
struct post_context {
	struct mcp *mcp;
	h2o_req_t *req;
	const char *lang;
	struct principal *principal; /* borrowed: each call holds it for itself */
	enum revision revision;
	struct session *session;           /* borrowed: each call holds it for itself */
	bool accepts_stream, needs_stream; /* Accept names text/event-stream; and nothing else we have */
	const struct repeat *repeat; /* what the message's answer may be remembered by; NULL = nothing */
};

/* True: it was answered as it was before. */
bool post_again(const struct post_context *context, const struct repeat *repeat);

/* Answers one request; takes the message. */
void post_call(const struct post_context *context, struct message *message);

/* Answers an array that is valid JSON. */
void post_batch(const struct post_context *context, const char *bytes, size_t size);

/* An error before there is a call; id "" = null, data "" = none. */
void post_refuse(
	h2o_req_t *req, int http_status, int code, const char *why, const char *id, const char *data);
/* 405. */
void post_refuse_method(h2o_req_t *req, const char *allowed);
/* 429 or 503: what stream_new() returned. */
void post_refuse_stream(h2o_req_t *req, int reason, const char *id);
