/*
 * Who asks and does not take what is answered: h2o 2.2.5 waits for as long as the client likes, be it that it does not read, be it
 * that it leaves an HTTP/2 stream no window. Such a connection is cut after http_idle_ms; a stream of events with nothing to tell
 * waits for nobody.
 */
#include <h2o.h>
#include <h2o/http2.h>
#include <h2o/http2_internal.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/web/private.h"

#define LOOK_MS     100
#define STREAM_BITS 40 /* of a mark, below the stream's number */

/* What the peer's kernel took; 0 where it does not tell: then a whole write is what counts. */
static uint64_t taken(const h2o_socket_t *socket)
{
	struct tcp_info info = { 0 };
	socklen_t size = sizeof(info);

	return getsockopt(h2o_socket_get_fd((h2o_socket_t *)socket), IPPROTO_TCP, TCP_INFO, &info, &size) == 0
		       ? info.tcpi_bytes_acked
		       : 0;
}

static bool is_waiting(const h2o_http2_stream_t *stream)
{
	return stream->_data.size > 0;
}

/* Its number, and the bytes of its answer that went out. */
static uint64_t mark_of(const h2o_http2_stream_t *stream)
{
	uint64_t bytes = stream->req.bytes_sent;

	for (size_t i = 0; i < stream->_data.size; i++)
		bytes -= stream->_data.entries[i].len;
	return ((uint64_t)stream->stream_id << STREAM_BITS) + bytes;
}

/* Of the streams with something to send; NULL: there is none. That it moves on is enough: the others come after it. */
static const h2o_http2_stream_t *oldest_of(const h2o_http2_conn_t *connection)
{
	const khash_t(h2o_http2_stream_t) *streams = connection->streams;
	const h2o_http2_stream_t *oldest = NULL;

	for (uint32_t i = 0; i < kh_end(streams); i++) {
		if ((streams->flags[i / 16] >> (i % 16 * 2) & 3) != 0)
			continue;
		const h2o_http2_stream_t *stream = kh_val(streams, i);
		if (is_waiting(stream) && (oldest == NULL || stream->stream_id < oldest->stream_id))
			oldest = stream;
	}
	return oldest;
}

static void note(struct web_wait *wait, bool is_there, uint64_t mark, uint64_t now_ms)
{
	if (is_there && wait->since_ms != 0 && wait->mark == mark)
		return;
	*wait = (struct web_wait) { .since_ms = is_there ? now_ms : 0, .mark = mark };
}

static bool is_over(const struct web_wait *wait, uint64_t limit_ms, uint64_t now_ms)
{
	return wait->since_ms != 0 && now_ms - wait->since_ms >= limit_ms;
}

static void look_at_streams(struct web *web, uint64_t now_ms)
{
	h2o_linklist_t *all = &web->h2o_context.http2._conns;

	for (h2o_linklist_t *at = all->next; at != all; at = at->next) {
		const h2o_http2_conn_t *connection = H2O_STRUCT_FROM_MEMBER(h2o_http2_conn_t, _conns, at);
		struct web_connection *ours = web_connection_by(connection->sock);
		const h2o_http2_stream_t *oldest = oldest_of(connection);
		if (ours != NULL)
			note(&ours->answer, oldest != NULL, oldest != NULL ? mark_of(oldest) : 0, now_ms);
	}
}

void web_cut_stalled(struct web *web)
{
	uint64_t now_ms = h2o_now(web->h2o_context.loop), limit_ms = web->config.idle_ms;

	if (now_ms - web->stalled_looked_ms < LOOK_MS)
		return;
	web->stalled_looked_ms = now_ms;
	look_at_streams(web, now_ms);
	for (struct web_connection *at = web->first; at != NULL; at = at->next) {
		bool is_writing = h2o_socket_is_writing(at->socket);
		note(&at->write, is_writing, is_writing ? at->socket->bytes_written + taken(at->socket) : 0,
			now_ms);
		if (at->is_stalled ||
			(!is_over(&at->write, limit_ms, now_ms) && !is_over(&at->answer, limit_ms, now_ms)))
			continue;
		at->is_stalled = true;
		web->stalled++;
		shutdown(h2o_socket_get_fd(at->socket), SHUT_RDWR);
	}
}

uint64_t web_stalled(const struct web *web)
{
	return web->stalled;
}
