#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/config.h"
#include "base/log.h"
#include "base/ready.h"
#include "base/sandbox.h"
#include "base/web.h"
#include "frontend/http.h"

struct frontend {
	struct config config;
	struct web *web;
	struct http http;
	struct link *exporter;
	struct stats stats;
	double *turns;
	uint64_t run, stats_sent_ns;
};

static struct frontend frontend;

static int on_turn(void *context)
{
	uint64_t now_ns = clock_mono_ns();

	(void)context;
	asks_flush(frontend.http.asks);
	if (now_ns - frontend.stats_sent_ns >= NS_PER_SECOND) {
		frontend.stats_sent_ns = now_ns;
		*frontend.turns = (double)web_turns(frontend.web);
		link_send_stats(frontend.exporter, STAGE_FRONTEND, frontend.run, &frontend.stats);
	}
	return 0;
}

static bool is_loopback(const char *address)
{
	return strncmp(address, "127.", 4) == 0 || strncmp(address, "[::1]", 5) == 0 ||
	       strncmp(address, "localhost:", 10) == 0;
}

/* Kept by the supervisor, so that the port never closes over a restart. */
static int open_listener(const char *name, const char *address, const char *key)
{
	char owner[128];
	int fd = ready_take_fd(name), r = 0;

	if (fd < 0 && (r = web_listen(address, &fd)) == 0)
		r = ready_store_fd(name, fd);
	if (r == -EADDRINUSE) {
		web_port_owner(address, owner, sizeof(owner));
		log_error("%s = %s is in use by %s; set another address in tanso.conf or with --set "
			  "%s=ADDRESS:PORT",
			key, address, owner, key);
	} else if (r < 0) {
		log_error("%s = %s: %s", key, address, strerror(-r));
	}
	return r < 0 ? r : web_add_listener(frontend.web, fd, NULL);
}

static int open_listeners(void)
{
	char path[CONFIG_TEXT_MAX + 32];
	int r;

	if (!is_loopback(frontend.config.http_listen) && !frontend.config.allow_plaintext) {
		log_error("http_listen = %s is not on loopback and would be plain text without a credential; "
			  "use 127.0.0.1, "
			  "or write allow_plaintext = yes if the network around it is trusted",
			frontend.config.http_listen);
		return -EPERM;
	}
	r = open_listener("http-listener", frontend.config.http_listen, "http_listen");
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "%s/frontend/http.sock", frontend.config.runtime_dir);
	return open_listener("http-unix", path, "runtime_dir");
}

static int open_links(void)
{
	const char *dir = frontend.config.runtime_dir;
	int r;

	if ((r = asks_new(&frontend.http.asks, dir, frontend.run, &frontend.stats)) < 0 ||
		(r = link_dial(&frontend.exporter, dir, STAGE_EXPORTER, STAGE_FRONTEND, NULL, NULL)) < 0 ||
		(r = web_add_source(frontend.web, link_source(asks_out(frontend.http.asks)))) < 0 ||
		(r = web_add_source(frontend.web, link_source(asks_in(frontend.http.asks)))) < 0)
		return r;
	link_count_in(frontend.exporter, &frontend.stats);
	return web_add_source(frontend.web, link_source(frontend.exporter));
}

int main(int argc, char **argv)
{
	struct web_config web = { .server_name = "tanso" };
	char status[CONFIG_TEXT_MAX + 64];
	int r;

	log_open("frontend");
	config_from_arguments(&frontend.config, "tanso-frontend", argc, argv);
	frontend.run = clock_now().boot_ns;
	web.requests_per_second = (uint64_t)frontend.config.http_requests_per_second;
	web.connections = (uint64_t)frontend.config.http_connections;
	frontend.http.config = &frontend.config;
	frontend.http.requests = stats_entry(&frontend.stats, STAT_COUNTER, "http_requests_total", "");
	frontend.http.errors = stats_entry(&frontend.stats, STAT_COUNTER, "http_errors_total", "");
	frontend.turns = stats_entry(&frontend.stats, STAT_COUNTER, "turns_total", "");
	gethostname(frontend.http.own_name, sizeof(frontend.http.own_name) - 1);
	if ((r = ready_init()) < 0 ||
		(r = web_new(&frontend.web, &web, http_on_request, &frontend.http)) < 0 ||
		(r = open_links()) < 0 || (r = open_listeners()) < 0 ||
		(r = sandbox_enter(STAGE_FRONTEND)) < 0) {
		log_error("cannot start: %s", strerror(-r));
		return EXIT_FAILURE;
	}
	web_on_turn(frontend.web, on_turn, NULL);
	snprintf(status, sizeof(status), "http://%s (tools, MCP at /mcp)", frontend.config.http_listen);
	ready_notify(status);
	r = web_run(frontend.web);
	link_free(frontend.exporter);
	asks_free(frontend.http.asks);
	web_free(frontend.web);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
