/* Foreign descriptors in h2o's loop: listeners, and the sources that the rest of a stage is made of. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/web/private.h"

static void on_ready(h2o_socket_t *socket, const char *error)
{
	struct web_source *slot = socket->data;

	if (error != NULL || slot->source == NULL)
		return;
	int r = slot->source->ready(slot->source);
	if (r < 0)
		slot->web->failure = r;
}

/* h2o closes what it is given: it gets a duplicate, the source's owner keeps its own descriptor. */
int web_add_source(struct web *web, struct source *source)
{
	for (size_t i = 0; i < WEB_SOURCES_MAX; i++) {
		struct web_source *slot = &web->sources[i];
		if (slot->socket != NULL)
			continue;
		int fd = fcntl(source->fd, F_DUPFD_CLOEXEC, 3);
		if (fd < 0)
			return -errno;
		slot->web = web;
		slot->source = source;
		slot->socket = h2o_evloop_socket_create(web->h2o_context.loop, fd, H2O_SOCKET_FLAG_DONT_READ);
		slot->socket->data = slot;
		h2o_socket_read_start(slot->socket, on_ready);
		return 0;
	}
	return -ENOSPC;
}

/* connections */

static void on_connection_closed(void *data)
{
	struct web_connection *connection = data;

	if (connection->previous != NULL)
		connection->previous->next = connection->next;
	else
		connection->web->first = connection->next;
	if (connection->next != NULL)
		connection->next->previous = connection->previous;
	connection->web->connections--;
	free(connection);
}

static bool track(struct web *web, h2o_socket_t *socket)
{
	struct web_connection *connection =
		web->connections < web->config.connections ? calloc(1, sizeof(*connection)) : NULL;

	if (connection == NULL)
		return false;
	*connection = (struct web_connection) { .web = web, .socket = socket, .next = web->first };
	if (web->first != NULL)
		web->first->previous = connection;
	web->first = connection;
	web->connections++;
	socket->on_close.cb = on_connection_closed;
	socket->on_close.data = connection;
	return true;
}

/* h2o 2.2.5 hands out no SSL of a socket, but its BIO carries the socket; believed only where the socket is one of ours. */
static void on_handshake(const SSL *tls, int where, int result)
{
	struct web *web = SSL_CTX_get_app_data(SSL_get_SSL_CTX(tls));
	const void *socket = BIO_get_data(SSL_get_rbio(tls));

	(void)result;
	if ((where & SSL_CB_HANDSHAKE_DONE) == 0)
		return;
	for (struct web_connection *at = web->first; at != NULL; at = at->next)
		if (at->socket == socket)
			at->tls = tls;
}

struct web_connection *web_connection_by(const h2o_socket_t *socket)
{
	return socket != NULL && socket->on_close.cb == on_connection_closed ? socket->on_close.data : NULL;
}

struct web_connection *web_connection_of(h2o_req_t *req)
{
	return web_connection_by(req->conn->callbacks->get_socket(req->conn));
}

const SSL *web_tls_of(h2o_req_t *req)
{
	const struct web_connection *connection = web_connection_of(req);

	return connection != NULL ? connection->tls : NULL;
}

static void prepare_tls(struct web *web, SSL_CTX *tls)
{
	h2o_ssl_register_alpn_protocols(tls, h2o_http2_alpn_protocols);
	if (SSL_CTX_get_verify_mode(tls) == SSL_VERIFY_NONE)
		return;
	SSL_CTX_set_app_data(tls, web);
	SSL_CTX_set_info_callback(tls, on_handshake);
}

static void on_accept(h2o_socket_t *listener_socket, const char *error)
{
	struct web_listener *listener = listener_socket->data;
	struct web *web = listener->web;
	h2o_socket_t *socket;

	if (error != NULL)
		return;
	while ((socket = h2o_evloop_socket_accept(listener_socket)) != NULL) {
		bool is_refused =
			listener->accept.ssl_ctx != NULL && web_plain_refuse(h2o_socket_get_fd(socket));
		if (!is_refused && track(web, socket))
			h2o_accept(&listener->accept, socket);
		else
			h2o_socket_close(socket);
	}
}

int web_add_listener(struct web *web, int fd, SSL_CTX *tls)
{
	if (web->listener_count == WEB_LISTENERS_MAX)
		return -ENOSPC;
	struct web_listener *listener = &web->listeners[web->listener_count++];
	listener->web = web;
	listener->accept =
		(h2o_accept_ctx_t) { .ctx = &web->h2o_context, .hosts = web->h2o.hosts, .ssl_ctx = tls };
	if (tls != NULL) {
		prepare_tls(web, tls);
		web_plain_expect(fd);
	}
	listener->socket = h2o_evloop_socket_create(web->h2o_context.loop, fd, H2O_SOCKET_FLAG_DONT_READ);
	listener->socket->data = listener;
	h2o_socket_read_start(listener->socket, on_accept);
	return 0;
}

void web_set_tls(struct web *web, SSL_CTX *tls)
{
	prepare_tls(web, tls);
	for (size_t i = 0; i < web->listener_count; i++)
		if (web->listeners[i].accept.ssl_ctx != NULL)
			web->listeners[i].accept.ssl_ctx = tls;
}

void web_close_listeners(struct web *web)
{
	for (size_t i = 0; i < web->listener_count; i++)
		h2o_socket_close(web->listeners[i].socket);
	web->listener_count = 0;
}
