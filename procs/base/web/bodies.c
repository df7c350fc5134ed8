/*
 * What unfinished bodies may hold. h2o 2.2.5 keeps a body until it is whole, whoever sends it: a client without a credential may
 * have 100 of them on one HTTP/2 connection and take all the time there is. When all together hold too much, the connection with
 * most of it is cut.
 */
#include <h2o.h>
#include <h2o/http1.h>
#include <h2o/http2.h>
#include <h2o/http2_internal.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/web/private.h"

#define LOOK_MS      10
#define REQUESTS_MAX 64    /* of the longest, all connections together */
#define HEAD_BYTES   16384 /* more than h2o takes */

struct sum {
	size_t bytes, most;
	h2o_socket_t *of_most;
};

static void add(struct sum *sum, h2o_socket_t *socket, size_t bytes)
{
	sum->bytes += bytes;
	if (bytes <= sum->most)
		return;
	sum->most = bytes;
	sum->of_most = socket;
}

static size_t bytes_of(const h2o_http2_conn_t *connection)
{
	const khash_t(h2o_http2_stream_t) *streams = connection->streams;
	size_t bytes = connection->sock->input->size;

	for (uint32_t i = 0; i < kh_end(streams); i++) {
		if ((streams->flags[i / 16] >> (i % 16 * 2) & 3) != 0)
			continue;
		const h2o_http2_stream_t *stream = kh_val(streams, i);
		bytes += stream->_req_body != NULL ? stream->_req_body->size : 0;
	}
	return bytes;
}

/* An HTTP/1 connection's body stands in its input. */
static struct sum look(struct web *web)
{
	h2o_linklist_t *all = &web->h2o_context.http2._conns;
	struct sum sum = { 0 };

	for (struct web_connection *at = web->first; at != NULL; at = at->next)
		add(&sum, at->socket, at->socket->input->size);
	for (h2o_linklist_t *at = all->next; at != all; at = at->next) {
		h2o_http2_conn_t *connection = H2O_STRUCT_FROM_MEMBER(h2o_http2_conn_t, _conns, at);
		add(&sum, connection->sock, bytes_of(connection));
	}
	return sum;
}

void web_bound_bodies(struct web *web)
{
	uint64_t now_ms = h2o_now(web->h2o_context.loop);

	if (now_ms - web->bodies_looked_ms < LOOK_MS)
		return;
	web->bodies_looked_ms = now_ms;
	struct sum sum = look(web);
	if (sum.bytes <= REQUESTS_MAX * (HEAD_BYTES + web->config.body_bytes))
		return;
	log_warning("unfinished requests hold %zu bytes: the connection with %zu of them is cut", sum.bytes,
		sum.most);
	shutdown(h2o_socket_get_fd(sum.of_most), SHUT_RDWR);
}
