#include "fetcher/server.h"

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"

void server_count_in(struct server *server, struct stats *stats, const char *name, const char *label)
{
	char labels[64];

	snprintf(labels, sizeof(labels), "%s,result=\"ok\"", label);
	server->answers = stats_entry(stats, STAT_COUNTER, name, labels);
	snprintf(labels, sizeof(labels), "%s,result=\"failed\"", label);
	server->failures = stats_entry(stats, STAT_COUNTER, name, labels);
}

int server_open(struct server *server, struct loop *loop, const char *key, const char *url, const char *path,
	bool may_be_plain, fetch_done_fn *done, void *context)
{
	const char *reason;
	int r = address_find(url, path, may_be_plain, &server->address, &reason);

	if (r == -EHOSTUNREACH) {
		log_warning("%s = %s: %s; the name is looked up again in minutes", key, url, reason);
		server->address = (struct address) { 0 };
		snprintf(server->address.url, sizeof(server->address.url), "%s", url);
		server->unreached_ns = clock_mono_ns();
	} else if (r < 0) {
		log_error("%s = %s: no %shttps:// URL", key, url, may_be_plain ? "http:// or " : "");
		return r;
	}
	return fetch_new(loop, done, context, &server->fetch);
}

void server_note(struct server *server, const struct fetch_answer *answer, uint64_t mono_ns)
{
	if (answer->status != 0)
		server->unreached_ns = 0;
	else if (server->unreached_ns == 0)
		server->unreached_ns = mono_ns;
}

bool server_is_lost(const struct server *server, uint64_t mono_ns, uint64_t after_ns)
{
	bool has_name = server->address.resolve[0] != '\0' || server->address.port == 0;

	return has_name && server->unreached_ns != 0 && mono_ns - server->unreached_ns > after_ns;
}
