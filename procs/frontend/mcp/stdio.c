#include "frontend/mcp/stdio.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "frontend/mcp/stdio_connection.h"

void stdio_turn(struct stdio *stdio)
{
	for (struct connection *connection = stdio->first, *next; connection != NULL; connection = next) {
		next = connection->next;
		connection_go_on(connection);
	}
}

/* The user at the other end; false: they have all the connections that they may have. */
static bool may_connect(const struct stdio *stdio, int fd, uid_t *ret_user)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	size_t count = 0;

	if (stdio->count == STDIO_CONNECTIONS_MAX ||
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return false;
	for (const struct connection *at = stdio->first; at != NULL; at = at->next)
		count += at->user == peer.uid;
	*ret_user = peer.uid;
	return count < STDIO_OF_USER_MAX;
}

static int on_peer(struct source *source)
{
	struct stdio *stdio = container_of(source, struct stdio, listener);
	uid_t user;
	int fd;

	while ((fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
		if (!may_connect(stdio, fd, &user) || connection_new(stdio, fd, user) < 0) {
			++*stdio->refused;
			close(fd);
		}
	return 0;
}

int stdio_open(struct stdio **ret_stdio, struct mcp *mcp, struct web *web, int fd, struct stats *stats)
{
	struct stdio *stdio = calloc(1, sizeof(*stdio));

	if (stdio == NULL)
		return -ENOMEM;
	*stdio = (struct stdio) { .listener = { fd, on_peer }, .mcp = mcp, .web = web };
	stdio->opened = stats_entry(stats, STAT_COUNTER, "mcp_stdio_connections_total", "");
	stdio->refused = stats_entry(stats, STAT_COUNTER, "mcp_stdio_refused_total", "");
	stdio->dropped = stats_entry(stats, STAT_COUNTER, "mcp_stdio_notices_dropped_total", "");
	int r = web_add_source(web, &stdio->listener);
	if (r < 0) {
		free(stdio);
		return r;
	}
	*ret_stdio = stdio;
	return 0;
}

void stdio_close(struct stdio *stdio)
{
	while (stdio != NULL && stdio->first != NULL)
		connection_free(stdio->first);
	free(stdio);
}
