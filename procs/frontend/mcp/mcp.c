#include "frontend/mcp/mcp.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "frontend/mcp/session.h"
#include "frontend/mcp/stream.h"
#include "frontend/mcp/watch.h"
#include "frontend/mcp/watch_kept.h"

int mcp_open(struct mcp *mcp, struct stats *stats, bool *ret_is_kept)
{
	int r;

	mcp->requests = stats_entry(stats, STAT_COUNTER, "mcp_requests_total", "");
	mcp->refused = stats_entry(stats, STAT_COUNTER, "mcp_requests_refused_total", "");
	mcp->cancelled = stats_entry(stats, STAT_COUNTER, "mcp_requests_cancelled_total", "");
	mcp->is_reachable = true;
	mcp->stream_limits = (struct stream_limits) { .all = (uint32_t)mcp->config->http_streams,
		.each = (uint32_t)mcp->config->principal_streams };
	if ((r = sessions_open(&mcp->sessions, mcp->config->state_dir, ret_is_kept)) < 0 ||
		(r = streams_new(&mcp->streams, stats, &mcp->stream_limits)) < 0)
		return r;
	return watch_new(&mcp->watch, mcp, watch_kept_open(mcp->config->state_dir));
}

void mcp_close(struct mcp *mcp)
{
	while (mcp->calls != NULL)
		mcp_call_drop(mcp->calls);
	watch_free(mcp->watch);
	streams_free(mcp->streams);
	sessions_free(mcp->sessions);
}

bool mcp_is_busy(const struct mcp *mcp)
{
	return mcp->call_count > 0 || streams_count(mcp->streams) > 0 || watch_is_busy(mcp->watch);
}

bool mcp_is_heard(const struct session *session)
{
	return session->line != NULL || session->stream != NULL;
}

bool mcp_tell(const struct session *session, const char *message, size_t size)
{
	if (session->line != NULL)
		return session->line->say(session->line, message, size);
	if (session->stream != NULL)
		stream_send(session->stream, message, size, false);
	return session->stream != NULL;
}

/* Every session that listens hears it, unless it asked for graver things only. */
static void log_to_sessions(struct mcp *mcp, const char *level, const char *text)
{
	CLEANUP(freep) char *message = NULL;

	if (asprintf(&message,
		    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"%s\","
		    "\"logger\":\"tanso\",\"data\":\"%s\"}}",
		    level, text) < 0)
		return;
	for (struct session *session = sessions_first(mcp->sessions), *next; session != NULL;
		session = next) {
		next = session->next;
		if (log_level_find(level) >= session->log_level)
			mcp_tell(session, message, strlen(message));
	}
}

static void note_analyst(struct mcp *mcp)
{
	bool is_reachable = mcp->questions.is_reachable(mcp->questions.context);

	if (is_reachable == mcp->is_reachable)
		return;
	mcp->is_reachable = is_reachable;
	if (is_reachable)
		log_to_sessions(mcp, "notice", "the analyst is connected: questions are answered");
	else
		log_to_sessions(mcp, "warning", "the analyst is away: answers wait for its return");
}

void mcp_turn(struct mcp *mcp, uint64_t now_ns)
{
	note_analyst(mcp);
	mcp_calls_turn(mcp, now_ns);
	watch_turn(mcp->watch, now_ns);
	streams_turn(mcp->streams, now_ns);
}
