/*
 * The MCP server of this process, for both eras. What is asked goes through mcp_dispatch(); how it comes in is the
 * business of the transports: endpoint.h, http_sse.h, stdio.h.
 */
#pragma once

#include "base/config.h"
#include "base/stats.h"
#include "frontend/mcp/call.h"
#include "frontend/mcp/extension.h"
#include "frontend/mcp/repeat.h"

#define MCP_CALLS_MAX 512 /* in flight, listeners among them */

/* How questions reach the analyst (asks.h); tests put their own here. */
struct mcp_questions {
	void *context;
	int64_t (*submit)(void *context, const char *namespaces, const char *tool, const char *arguments,
		size_t size, const char *lang,
		void (*done)(void *call, int code, const char *body, size_t size), void *call);
	void (*cancel)(void *context, int64_t id);
	bool (*is_reachable)(void *context); /* is the analyst there? */
	/* asks_recall() and asks_keep(); NULL = nothing is remembered */
	bool (*recall)(
		void *context, const struct answers_question *question, struct answers_body **ret_message);
	void (*keep)(
		void *context, const struct answers_question *question, const char *message, size_t size);
};

struct mcp {
	const struct config *config;
	struct mcp_questions questions;
	const struct mcp_extension *extension; /* NULL in what is shipped */
	struct sessions *sessions;
	struct streams *streams;
	struct stream_limits stream_limits; /* the dashboard's streams count, too */
	struct http_sse *http_sse;          /* clients of /sse */
	struct watch *watch;
	struct mcp_call *calls;
	size_t call_count;
	bool is_reachable;
	double *requests, *refused, *cancelled;
};

/* config, questions and extension are set. Before the sandbox. *ret_is_kept false: sessions will not outlive this process,
 * the state directory cannot be written. 0 or -errno. */
int mcp_open(struct mcp *mcp, struct stats *stats, bool *ret_is_kept);
void mcp_close(struct mcp *mcp);
/* Is there a call, a stream or a subscription? Then mcp_turn() is due several times a second. */
bool mcp_is_busy(const struct mcp *mcp);
void mcp_turn(struct mcp *mcp, uint64_t now_ns);

/* What the transport knows of a message besides its bytes. */
struct mcp_headers {
	const char *version, *method,
		*name; /* MCP-Protocol-Version, Mcp-Method, Mcp-Name; NULL = not there */
	size_t version_size, method_size, name_size;
};

extern const char mcp_unknown_version[]; /* what a version header that names none of ours is told */
struct mcp_refusal {
	int http_status, code;
	char why[160], data[192]; /* data "" = none */
};
/* The revision a request is meant in, if its headers and envelope are in order; false: *ret_refusal says why they are not.
 * `fallback` is that of the session, or REVISION_ASSUMED. */
bool mcp_check(const struct message *message, const struct mcp_headers *headers, enum revision fallback,
	bool is_lenient, enum revision *ret_revision, struct mcp_refusal *ret_refusal);

/* The revision that initialize is answered with. One we do not know gets our newest of that era, never an error: clients
 * hang on errors here. */
enum revision mcp_negotiate(const struct message *message);
/* Answers the call, now or later. */
void mcp_dispatch(struct mcp_call *call);
/* What is not answered: notifications/cancelled and the like, and responses; unknown ones are ignored. */
void mcp_notified(struct mcp *mcp, struct session *session, const struct message *message);

/* Says a message outside of any request: on the session's stream or line. False: nobody hears it. */
bool mcp_tell(const struct session *session, const char *message, size_t size);
bool mcp_is_heard(const struct session *session);

/* True: the request for a list named a cursor, and was refused. */
bool mcp_refuse_cursor(struct mcp_call *call);

typedef void mcp_handler_fn(struct mcp_call *call);
mcp_handler_fn mcp_initialize, mcp_discover, mcp_ping, mcp_set_level;
mcp_handler_fn mcp_tools_list, mcp_tools_call;
mcp_handler_fn mcp_resources_list, mcp_resources_templates, mcp_resources_read;
mcp_handler_fn mcp_subscribe, mcp_unsubscribe, mcp_listen;
mcp_handler_fn mcp_prompts_list, mcp_prompts_get, mcp_complete;
