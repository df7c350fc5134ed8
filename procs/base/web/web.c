#include "base/web/web.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/ready.h"
#include "base/web/private.h"

#define SHUTDOWN_TIMEOUT_MS 3000
#define HTTP2_STREAMS                                                                                        \
	128 /* above the 100 that h2o lets a client open, so that none ever waits: see configure() */
#define WAKE_MS  1000 /* an idle process still turns, so that its watchdog lives */
#define PORT_ANY 65535

static struct web *web_of(h2o_handler_t *handler)
{
	return *(struct web **)(void *)(handler + 1);
}

/* HTTP/1.1 alone shows it, and may leave it out (RFC 9112 §4), but h2load counts an answer without one as failed. */
static const char *reason_of(int status)
{
	switch (status / 100) {
	case 2: return status == 202 ? "Accepted" : status == 204 ? "No Content" : "OK";
	case 4: return status == 404 ? "Not Found" : "Refused";
	case 5: return status == 503 ? "Service Unavailable" : "Internal Server Error";
	default: return "-";
	}
}

void web_reply_parts(h2o_req_t *req, int status, const char *content_type, h2o_iovec_t *parts, size_t count)
{
	static h2o_generator_t generator;
	bool is_head = h2o_memis(req->input.method.base, req->input.method.len, H2O_STRLIT("HEAD"));

	req->res.status = status;
	req->res.reason = reason_of(status);
	if (status == 204) { /* neither content nor its length (RFC 9110 §8.6) */
		req->res.content_length = SIZE_MAX;
	} else {
		req->res.content_length = 0;
		for (size_t i = 0; i < count; i++)
			req->res.content_length += parts[i].len;
		h2o_add_header(&req->pool, &req->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL, content_type,
			strlen(content_type));
	}
	h2o_start_response(req, &generator);
	h2o_send(req, parts, is_head ? 0 : count, H2O_SEND_STATE_FINAL);
}

void web_reply(h2o_req_t *req, int status, const char *content_type, const char *body, size_t size)
{
	h2o_iovec_t copy = h2o_strdup(&req->pool, body, size);

	web_reply_parts(req, status, content_type, &copy, size > 0 ? 1 : 0);
}

/* CVE-2023-44487 (rapid reset) has no fix in h2o 2.2.5: a connection that asks too fast is cut. */
static void cut(h2o_req_t *req)
{
	h2o_socket_t *socket = req->conn->callbacks->get_socket(req->conn);

	if (socket != NULL)
		shutdown(h2o_socket_get_fd(socket), SHUT_RDWR);
	h2o_send_error_503(req, "Too Many Requests", "too many requests on this connection", 0);
}

/* libh2o keeps Host apart from the other fields. */
static bool is_head_too_long(const h2o_req_t *req, uint64_t limit)
{
	uint64_t bytes = req->input.path.len + req->input.authority.len;

	for (size_t i = 0; i < req->headers.size; i++)
		bytes += req->headers.entries[i].name->len + req->headers.entries[i].value.len;
	return bytes > limit;
}

static int on_request(h2o_handler_t *handler, h2o_req_t *req)
{
	struct web *web = web_of(handler);

	if (!web_has_one_end(req)) {
		req->http1_is_persistent = 0;
		h2o_send_error_400(req, "Bad Request", "the length of the body is told twice", 0);
		return 0;
	}
	switch (web_pace_of(web, req)) {
	case WEB_PACE_FINE:
		if (is_head_too_long(req, web->config.header_bytes))
			h2o_send_error_generic(req, 431, "Request Header Fields Too Large",
				"address and header fields are longer than http_header_bytes", 0);
		else
			web->handler(web->context, req);
		break;
	case WEB_PACE_REFUSE: web->config.too_fast(web->context, req); break;
	case WEB_PACE_CUT: cut(req); break;
	}
	return 0;
}

static void configure(struct web *web)
{
	h2o_globalconf_t *config = &web->h2o;

	h2o_config_init(config);
	config->server_name = h2o_iovec_init(web->config.server_name, strlen(web->config.server_name));
	/* Above our own limit, so that the handler answers 413: h2o itself would reset an HTTP/2 stream. */
	config->max_request_entity_size = 4 * web->config.body_bytes;
	config->http1.req_timeout = web->config.request_ms;
	config->http2.idle_timeout = web->config.idle_ms;
	config->http2.graceful_shutdown_timeout = SHUTDOWN_TIMEOUT_MS;
	/* Requests that wait are begun while h2o 2.2.5 puts a write together, and ask for a write themselves; if the first one
	 * fails, close_connection_now() aborts the process (lib/http2/connection.c). */
	config->http2.max_concurrent_requests_per_connection = HTTP2_STREAMS;
	h2o_hostconf_t *host =
		h2o_config_register_host(config, h2o_iovec_init(H2O_STRLIT("default")), PORT_ANY);
	h2o_pathconf_t *path = h2o_config_register_path(host, "/", 0);
	h2o_handler_t *handler = h2o_create_handler(path, sizeof(*handler) + sizeof(web));
	handler->on_req = on_request;
	*(struct web **)(void *)(handler + 1) = web;
}

int web_new(struct web **ret_web, const struct web_config *config, web_handler_fn *handler, void *context)
{
	struct web *web = calloc(1, sizeof(*web));
	int r;

	if (web == NULL)
		return -ENOMEM;
	web->config = *config;
	web->handler = handler;
	web->context = context;
	web->signals.source.fd = -1;
	if (config->trusted_proxies.count > 0 &&
		(web->clients = calloc(WEB_CLIENTS, sizeof(*web->clients))) == NULL) {
		free(web);
		return -ENOMEM;
	}
	configure(web);
	log_take_stderr();
	h2o_context_init(&web->h2o_context, h2o_evloop_create(), &web->h2o);
	tzset(); /* h2o formats dates: the zone file is read now, not under the sandbox */
	h2o_get_timestamp(&web->h2o_context, NULL, NULL);
	r = signals_open(&web->signals);
	if (r == 0)
		r = web_add_source(web, &web->signals.source);
	if (r < 0) {
		web_free(web);
		return r;
	}
	*ret_web = web;
	return 0;
}

void web_free(struct web *web)
{
	if (web == NULL)
		return;
	/* h2o's evloop cannot be destroyed in 2.2.5; the process ends after this. */
	free(web->clients);
	free(web);
}

h2o_loop_t *web_loop(struct web *web)
{
	return web->h2o_context.loop;
}

void web_on_turn(struct web *web, int (*turn)(void *context), void *context)
{
	web->turn = turn;
	web->turn_context = context;
}

bool web_is_stopping(const struct web *web)
{
	return web->signals.is_stopping;
}

uint64_t web_turns(const struct web *web)
{
	return web->turns;
}

static int turn_once(struct web *web, int32_t wait_ms)
{
	int r = h2o_evloop_run(web->h2o_context.loop, wait_ms) < 0 && errno != EINTR ? -errno : 0;

	web_bound_bodies(web);
	web_cut_stalled(web);
	if (r == 0 && web->failure < 0)
		r = web->failure;
	if (r == 0 && web->turn != NULL)
		r = web->turn(web->turn_context);
	web->turns++;
	ready_watchdog();
	return r;
}

/* No new connections; those open get to finish, at most SHUTDOWN_TIMEOUT_MS. */
static void drain(struct web *web)
{
	uint64_t deadline_ns = clock_mono_ns() + SHUTDOWN_TIMEOUT_MS * NS_PER_MILLISECOND;

	ready_stopping();
	web_close_listeners(web);
	h2o_context_request_shutdown(&web->h2o_context);
	while (clock_mono_ns() < deadline_ns &&
		(!h2o_linklist_is_empty(&web->h2o_context.http1._conns) ||
			!h2o_linklist_is_empty(&web->h2o_context.http2._conns)))
		if (turn_once(web, 50) < 0)
			return;
}

int web_run(struct web *web)
{
	int r = 0;

	while (!web->signals.is_stopping && r == 0)
		r = turn_once(web, WAKE_MS);
	drain(web);
	return r;
}
