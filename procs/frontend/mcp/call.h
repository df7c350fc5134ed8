/*
 * A request in flight: who asks, in which revision, and the one way to answer. A handler gets the call and owns it until
 * it is finished by mcp_close_result(), mcp_fail() or mcp_fail_with(), at once or when the analyst has answered; then
 * the call is gone. A client that leaves ends it too (mcp_call_drop()).
 */
#pragma once

#include "frontend/mcp/message.h"
#include "frontend/mcp/revision.h"
#include "frontend/auth/principal.h"
#include "ipc/json_write.h"
#include "ipc/reasons.h"

/* Codes of revision 2026-07-28 (and -32002 of those before). */
#define MCP_SESSION_NOT_FOUND   (-32001) /* as the official SDKs answer */
#define MCP_RESOURCE_NOT_FOUND  (-32002)
#define MCP_HEADER_MISMATCH     (-32020)
#define MCP_MISSING_CAPABILITY  (-32021)
#define MCP_UNSUPPORTED_VERSION (-32022)

#define META_VERSION      "io.modelcontextprotocol/protocolVersion"
#define META_CAPABILITIES "io.modelcontextprotocol/clientCapabilities"
#define META_SERVER       "io.modelcontextprotocol/serverInfo"
#define META_SUBSCRIPTION "io.modelcontextprotocol/subscriptionId"

struct mcp;
struct mcp_call;
struct repeat;
struct session;
struct watcher;

/* Where a call's messages go: a response in HTTP, a stream, a part of a batch. Messages are complete JSON-RPC texts, copied
 * where they are kept. */
struct mcp_sink {
	/* One before the answer. False: this transport (or what its client accepts) has no room for it. */
	bool (*say)(struct mcp_sink *sink, const char *message, size_t size);
	/* The answer: the sink is not used afterwards. http_status where the transport is HTTP and nothing was said. */
	void (*finish)(struct mcp_sink *sink, int http_status, const char *message, size_t size);
	/* There will be no answer (cancelled): the same. */
	void (*drop)(struct mcp_sink *sink);
	/* Ends the connection and not the call, where the client can come back for the rest; NULL = never. */
	void (*cut)(struct mcp_sink *sink);
};

/* code = HTTP status of the analyst's answer, body its JSON. */
typedef void mcp_answered_fn(struct mcp_call *call, int code, const char *body, size_t size);

struct mcp_call {
	struct mcp *mcp;
	struct mcp_sink *sink;
	struct message message;
	enum revision revision;
	const char *lang;            /* static */
	struct principal *principal; /* held; set by mcp_call_of() */
	struct session *session;     /* NULL = none */
	/* The line of it, to remember the answer by, where it can be given before mcp_dispatch() returns (borrowed); NULL = no */
	const struct repeat *repeat;
	/* inside */
	struct mcp_call *next, **link;
	struct json_writer writer;
	int64_t ask; /* 0 = not waiting for the analyst */
	mcp_answered_fn *answered;
	bool is_of_kept;                /* answered at once, by what was kept */
	uint64_t begun_ns, progress_ns; /* when the next progress is due */
	struct watcher *watcher;        /* of a subscriptions/listen */
	size_t listen_at;               /* which of its URIs is looked at before it is acknowledged */
	void *state;                    /* an extension's */
};

/* Whose call it is from now on; nobody said = principal_anyone. */
void mcp_call_of(struct mcp_call *call, struct principal *principal);
/* Takes the message over. NULL: out of memory, or too many (then the sink hears BUSY). */
struct mcp_call *mcp_call_new(struct mcp *mcp, struct mcp_sink *sink, struct message *message);
void mcp_call_drop(struct mcp_call *call);
/* All calls of a session. */
void mcp_calls_drop(struct mcp *mcp, const struct session *session);
/* The call of a session with that id, or NULL. */
struct mcp_call *mcp_call_find(struct mcp *mcp, const struct session *session, struct json_object *id);

/* answering */

/* Opens {"jsonrpc", "id", "result": {; modern: resultType and _meta.serverInfo are in it. */
struct json_writer *mcp_open_result(struct mcp_call *call);
/* The same with another resultType than complete. */
struct json_writer *mcp_open_result_as(struct mcp_call *call, const char *type);
void mcp_close_result(struct mcp_call *call);
/* A result that may be kept by the client for ttl_ms (revisions that know it); within mcp_open_result(). */
void mcp_write_cache(struct mcp_call *call, int64_t ttl_ms, bool is_public);
/* data: JSON object text or NULL. http_status 200 = in band. */
void mcp_fail(struct mcp_call *call, int http_status, int code, const char *message, const char *data);
/* The same for an error object of ours: its code stands in data. */
void mcp_fail_with(struct mcp_call *call, int code, const char *error_body, size_t size);

/* before the answer */

/* A notification; params: a JSON object. False: it cannot be said here. */
bool mcp_say(struct mcp_call *call, const char *method, const char *params);
/* Puts a question to the analyst; `answered` is called once, unless the call is dropped. Frees nothing. */
void mcp_ask(struct mcp_call *call, const char *view, const char *arguments, mcp_answered_fn *answered);
/* Progress of calls that have waited long and named a token. */
void mcp_calls_turn(struct mcp *mcp, uint64_t now_ns);
