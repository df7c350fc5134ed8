/* One server that is asked, one request at a time: where it is, whether it is reached, how often it answered. */
#pragma once

#include "base/address.h"
#include "base/fetch.h"
#include "base/stats.h"

struct server {
	struct address address; /* port 0: its name could not be looked up */
	struct fetch *fetch;
	uint64_t unreached_ns; /* CLOCK_MONOTONIC since when no connection succeeds, 0 = the last one did */
	double *answers, *failures;
};

/* Counts in NAME{LABEL,result="ok"|"failed"}. */
void server_count_in(struct server *server, struct stats *stats, const char *name, const char *label);
/* Before the sandbox; `key` of the configuration has the url, which gets `path` if it has none. A name that cannot be
 * looked up now is warned of: asking fails, and when it is lost the restart looks again. 0 or -errno, after saying why. */
int server_open(struct server *server, struct loop *loop, const char *key, const char *url, const char *path,
	bool may_be_plain, fetch_done_fn *done, void *context);
/* Of every answer: was there a connection? */
void server_note(struct server *server, const struct fetch_answer *answer, uint64_t mono_ns);
/* Its name may mean another address by now: all attempts to connect have failed for that long. */
bool server_is_lost(const struct server *server, uint64_t mono_ns, uint64_t after_ns);
