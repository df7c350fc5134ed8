/*
 * Streams of JSON-RPC messages over server-sent events. A resumable one (legacy, in a session) gives every event an id and
 * keeps the newest, so that a client whose connection broke goes on where it was (Last-Event-ID); it outlives its
 * connection by STREAM_DETACHED_S, unless as many as may be open wait for their clients. Another one ends with its connection.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/stats.h"
#include "frontend/mcp/session.h"
#include "frontend/sse.h"

#define STREAM_EVENTS_MAX  64                    /* kept of each resumable one */
#define STREAM_KEPT_MAX    (UINT32_C(256) << 10) /* their bytes, unless one event alone is larger */
#define STREAM_WAITING_MAX (UINT32_C(256) << 10) /* a client that does not read misses what comes on top */
#define STREAM_DETACHED_S  60
#define STREAM_COMMENT_S   15 /* a comment, so that proxies see life (and we a client that left) */
#define STREAM_RETRY_MS    1000

struct streams;
struct stream;

/* limits: shared with other kinds of streams; outlives them. */
int streams_new(struct streams **ret_streams, struct stats *stats, struct stream_limits *limits);
void streams_free(struct streams *streams);
size_t streams_count(const struct streams *streams);
/* Comments where they are due; forgets streams that nobody came back for. */
void streams_turn(struct streams *streams, uint64_t now_ns);

/* session NULL: not resumable. `left` is called when a stream that has not ended is lost, as one that is not resumable loses
 * its connection, or nobody came back for another: the stream is gone then; it may be NULL. When their credential is over, the
 * stream loses its connection and its client.
 * 0, or -EDQUOT, -EBUSY (streams_lack()), -ENOMEM. */
int stream_new(struct streams *streams, struct principal *principal, struct session *session,
	void (*left)(void *context), void *context, struct stream **ret_stream);
/* Why no stream of theirs can be opened now: -EDQUOT (they have all they may have), -EBUSY (all together have); 0 = one
 * can. */
int streams_lack(const struct streams *streams, const struct principal *principal);
/* Makes `req` the connection; a former one is ended. Events after `after` are sent (again). */
void stream_attach(struct stream *stream, h2o_req_t *req, uint64_t after);
bool stream_is_attached(const struct stream *stream);
/* One message, copied; `is_answer`: it is not left out for a client that reads slowly. */
void stream_send(struct stream *stream, const char *message, size_t size, bool is_answer);
/* An event of another name than `message`, which is no message and not kept; only while the stream is attached. */
void stream_tell(struct stream *stream, const char *event, const char *data);
/* Bytes given that the connection has not taken yet. */
size_t stream_waiting(const struct stream *stream);
/* The last message was sent: the connection ends after it; a resumable stream stays until it was heard. */
void stream_end(struct stream *stream);
/* Ends the connection, not the stream: the client is to come back. */
void stream_cut(struct stream *stream);
/* Ends the streams of a session, for good; NULL: all of them that have no call of their own. */
void streams_end(struct streams *streams, const struct session *session);
/* At once, without a word. `left` is not called. */
void stream_free(struct stream *stream);
/* "<number>-<event>" of a Last-Event-ID: the session's stream of that number, and the event; or NULL. */
struct stream *stream_find(struct streams *streams, const struct session *session, const char *event_id,
	size_t size, uint64_t *ret_after);
