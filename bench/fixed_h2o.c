/* The limit: libh2o answering fixed bytes, as many as an answer of ours. fixed_h2o PORT|- BYTES; -: on descriptor 3 */
#include <arpa/inet.h>
#include <h2o.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static h2o_globalconf_t config;
static h2o_context_t context;
static h2o_accept_ctx_t accept_context;
static h2o_iovec_t body;

static int on_request(h2o_handler_t *handler, h2o_req_t *req)
{
	static h2o_generator_t generator;

	(void)handler;
	req->res.status = 200;
	req->res.reason = "OK";
	req->res.content_length = body.len;
	h2o_add_header(
		&req->pool, &req->res.headers, H2O_TOKEN_CONTENT_TYPE, NULL, H2O_STRLIT("application/json"));
	h2o_start_response(req, &generator);
	h2o_send(req, &body, 1, H2O_SEND_STATE_FINAL);
	return 0;
}

static void on_accept(h2o_socket_t *listener, const char *error)
{
	h2o_socket_t *socket;

	while (error == NULL && (socket = h2o_evloop_socket_accept(listener)) != NULL)
		h2o_accept(&accept_context, socket);
}

static int listen_on(const char *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10)) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 128) < 0)
		exit(EXIT_FAILURE);
	return fd;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	int fd = strcmp(argv[1], "-") == 0 ? 3 : listen_on(argv[1]);
	body = h2o_iovec_init(calloc(1, strtoul(argv[2], NULL, 10) + 1), strtoul(argv[2], NULL, 10));
	if (body.base == NULL)
		return EXIT_FAILURE;
	memset(body.base, 'x', body.len);
	h2o_config_init(&config);
	h2o_hostconf_t *host =
		h2o_config_register_host(&config, h2o_iovec_init(H2O_STRLIT("default")), 65535);
	h2o_create_handler(h2o_config_register_path(host, "/", 0), sizeof(h2o_handler_t))->on_req =
		on_request;
	h2o_context_init(&context, h2o_evloop_create(), &config);
	accept_context.ctx = &context;
	accept_context.hosts = config.hosts;
	h2o_socket_t *listener = h2o_evloop_socket_create(context.loop, fd, H2O_SOCKET_FLAG_DONT_READ);
	h2o_socket_read_start(listener, on_accept);
	while (h2o_evloop_run(context.loop, INT32_MAX) == 0)
		;
	return EXIT_SUCCESS;
}
