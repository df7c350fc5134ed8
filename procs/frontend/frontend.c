#include "frontend/frontend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/config.h"
#include "base/landlock.h"
#include "base/language.h"
#include "base/log.h"
#include "base/ready.h"
#include "base/sandbox.h"
#include "base/web/web.h"
#include "frontend/auth/certificates.h"
#include "frontend/http.h"
#include "frontend/auth/issuer.h"
#include "frontend/auth/keys.h"
#include "frontend/listen.h"
#include "frontend/mcp/endpoint.h"
#include "frontend/mcp/stdio.h"
#include "frontend/auth/tokens.h"
#include "ipc/peer.h"

#define LINK_NS   (1 * NS_PER_MILLISECOND) /* nobody tells when the link to the analyst has room again */
#define CLOCK_NS  (100 * NS_PER_MILLISECOND)
#define LISTEN_NS (500 * NS_PER_MILLISECOND)
#define NEVER_NS  (UINT64_C(1) << 60)

struct frontend {
	struct config config;
	struct web *web;
	struct http http;
	struct stdio *stdio;
	struct keys keys;
	struct tokens tokens;
	struct issuer issuer;
	struct landlock_place places[1 + KEYS_PLACES_MAX + 2 * LANDLOCK_FILE_PLACES];
	size_t place_count;
	uint64_t next_look_ns;
	struct link *exporter;
	struct stats stats;
	struct timer clock; /* granularity of deadlines and repeats, while a question waits, and of events */
	uint64_t clock_ns;
	double *turns, *stalled;
	uint64_t run;
};

static struct frontend frontend;

static int on_clock(struct timer *timer)
{
	(void)timer; /* the turn that follows does the work */
	return 0;
}

/* Only while a question waits or somebody listens: an idle frontend sleeps. */
static int keep_clock(void)
{
	uint64_t wanted_ns = asks_are_held(frontend.http.asks)      ? LINK_NS
			     : asks_pending(frontend.http.asks) > 0 ? CLOCK_NS
			     : live_count(frontend.http.live) > 0 || mcp_is_busy(&frontend.http.mcp)
				     ? LISTEN_NS
				     : 0;

	if (wanted_ns == frontend.clock_ns)
		return 0;
	frontend.clock_ns = wanted_ns;
	return timer_set(&frontend.clock, wanted_ns > 0 ? wanted_ns : NEVER_NS, wanted_ns);
}

static bool is_let_in(void *context, const struct principal *principal)
{
	return tokens_name(context, principal);
}

/* Tokens that are gone end what was opened with them; which key signed a JWT is not kept, so new keys end what all of them
 * opened, and whoever still has a good one comes back. */
static void watch_credentials(uint64_t now_ns)
{
	struct principals *principals = frontend.http.admission.principals;

	if (tokens_watch(&frontend.tokens, now_ns))
		principals_review(principals, PRINCIPAL_TOKEN, is_let_in, &frontend.tokens);
	if (issuer_watch(&frontend.issuer, now_ns))
		principals_review(principals, PRINCIPAL_JWT, NULL, NULL);
}

static bool have_folders_moved(uint64_t now_ns)
{
	if (now_ns < frontend.next_look_ns)
		return false;
	frontend.next_look_ns = now_ns + TLS_WATCH_S * NS_PER_SECOND;
	const struct landlock_place *moved = landlock_find_moved(frontend.places, frontend.place_count);
	if (moved != NULL)
		log_info("%s is another folder now: restarting to reach it", moved->path);
	return moved != NULL;
}

static int on_turn(void *context)
{
	uint64_t now_ns = clock_mono_ns();

	(void)context;
	keys_watch(&frontend.keys, frontend.web, now_ns);
	watch_credentials(now_ns);
	if (have_folders_moved(now_ns))
		return -ESTALE;
	if (web_is_stopping(frontend.web)) {
		live_end(frontend.http.live);
		endpoint_end(&frontend.http.mcp);
	}
	live_turn(frontend.http.live);
	mcp_turn(&frontend.http.mcp, now_ns);
	stdio_turn(frontend.stdio);
	asks_flush(frontend.http.asks);
	*frontend.turns = (double)web_turns(frontend.web);
	*frontend.stalled = (double)web_stalled(frontend.web);
	link_send_stats(frontend.exporter, STAGE_FRONTEND, frontend.run, &frontend.stats);
	if (link_is_stuck(asks_in(frontend.http.asks), asks_out(frontend.http.asks))) {
		log_error("the analyst's answers do not come through: restarting to listen anew");
		return -ENOTCONN;
	}
	return keep_clock();
}

static int open_links(void)
{
	const char *dir = frontend.config.runtime_dir;
	int r;

	if ((r = asks_new(&frontend.http.asks, dir, frontend.run, (uint64_t)frontend.config.http_question_ms,
		     &frontend.stats)) < 0)
		return r;
	if ((r = live_new(&frontend.http.live, frontend.http.asks, &frontend.stats,
		     &frontend.http.mcp.stream_limits)) < 0 ||
		(r = link_dial(&frontend.exporter, dir, STAGE_EXPORTER, STAGE_FRONTEND, NULL, NULL)) < 0 ||
		(r = web_add_source(frontend.web, link_source(asks_out(frontend.http.asks)))) < 0 ||
		(r = web_add_source(frontend.web, link_source(asks_in(frontend.http.asks)))) < 0)
		return r;
	link_count_in(frontend.exporter, &frontend.stats);
	if ((r = timer_open(&frontend.clock, on_clock)) < 0 ||
		(r = web_add_source(frontend.web, &frontend.clock.source)) < 0)
		return r;
	return web_add_source(frontend.web, link_source(frontend.exporter));
}

static int64_t submit(void *context, const char *namespaces, const char *tool, const char *arguments,
	size_t size, const char *lang, ask_done_fn *done, void *whose)
{
	return asks_submit(
		((struct http *)context)->asks, namespaces, tool, arguments, size, lang, done, whose);
}

static void cancel(void *context, int64_t id)
{
	asks_cancel(((struct http *)context)->asks, id);
}

static bool is_reachable(void *context)
{
	return asks_can_reach_analyst(((const struct http *)context)->asks);
}

static bool recall(void *context, const struct answers_question *question, struct answers_body **ret_message)
{
	*ret_message = asks_recall(((struct http *)context)->asks, question);
	return *ret_message != NULL;
}

static void keep(void *context, const struct answers_question *question, const char *message, size_t size)
{
	asks_keep(((struct http *)context)->asks, question, message, size);
}

static int open_mcp(const struct mcp_extension *extension)
{
	struct mcp *mcp = &frontend.http.mcp;
	bool is_kept = true;
	int r;

	*mcp = (struct mcp) { .config = &frontend.config,
		.questions = { &frontend.http, submit, cancel, is_reachable,
			extension == NULL ? recall : NULL, extension == NULL ? keep : NULL },
		.extension = extension };
	r = mcp_open(mcp, &frontend.stats, &is_kept);
	if (!is_kept)
		log_warning("%s/frontend cannot be written: MCP sessions will not outlive this process",
			frontend.config.state_dir);
	return r;
}

static int open_doors(void)
{
	char folder[CONFIG_TEXT_MAX + 32];
	int r, fd;

	mkdir(frontend.config.runtime_dir, 0755); /* a failure shows when the socket listens */
	snprintf(folder, sizeof(folder), "%s/frontend", frontend.config.runtime_dir);
	mkdir(folder, 0750);
	if ((r = listen_open(frontend.web, &frontend.config, frontend.keys.tls.context)) < 0 ||
		(r = listen_stdio(&frontend.config, &fd)) < 0)
		return r;
	return stdio_open(&frontend.stdio, &frontend.http.mcp, frontend.web, fd, &frontend.stats);
}

/* Before nng starts its threads: it binds those too. The files of the state directory are open, and stay so. */
static int lock_files(void)
{
	struct landlock_place *places = frontend.places;

	places[0].use = LANDLOCK_SOCKETS;
	snprintf(places[0].path, sizeof(places[0].path), "%s", frontend.config.runtime_dir);
	frontend.place_count = 1 + keys_places(&frontend.keys, &places[1]);
	frontend.place_count +=
		landlock_file_places(frontend.config.http_tokens, &places[frontend.place_count]);
	frontend.place_count +=
		landlock_file_places(frontend.config.http_jwks, &places[frontend.place_count]);
	int r = landlock_confine(places, &frontend.place_count, NULL, 0);
	if (r == LANDLOCK_ABSENT)
		log_warning(LANDLOCK_ABSENT_TEXT);
	return r;
}

static int open_tokens(void)
{
	if (frontend.config.http_tokens[0] == '\0')
		return 0;
	admission_add(&frontend.http.admission, tokens_judge, &frontend.tokens);
	return tokens_open(&frontend.tokens, frontend.config.http_tokens);
}

static int open_issuer(void)
{
	struct http *http = &frontend.http;
	int r = issuer_open(&frontend.issuer, &frontend.config);

	if (r < 0 || frontend.config.http_jwks[0] == '\0')
		return r;
	admission_add(&http->admission, issuer_judge, &frontend.issuer);
	if ((r = resource_make(&http->resource, &frontend.config)) == 0)
		admission_tell(&http->admission, http->resource.challenge);
	return r;
}

/* Who is asked for a credential; the files are read before the sandbox, and whenever they change. A certificate alone says
 * who asks only where nothing else does: else who has a token of few namespaces would see more by not showing it. */
static int open_admission(void)
{
	struct admission *admission = &frontend.http.admission;
	double *refused = stats_entry(&frontend.stats, STAT_COUNTER, "http_credentials_refused_total", "");
	int r;

	if ((r = admission_open(admission, refused)) < 0 || (r = open_tokens()) < 0 ||
		(r = open_issuer()) < 0)
		return r;
	if (frontend.config.http_client_ca[0] != '\0' && admission->kind_count == 0)
		admission_add(admission, certificates_judge, NULL);
	return 0;
}

static int open_web(void)
{
	const struct config *config = &frontend.config;
	struct web_config web = { .server_name = "tanso",
		.requests_per_second = (uint64_t)config->http_requests_per_second,
		.connections = (uint64_t)config->http_connections,
		.header_bytes = (uint64_t)config->http_header_bytes,
		.body_bytes = (uint64_t)config->http_body_bytes,
		.request_ms = (uint64_t)config->http_request_ms,
		.idle_ms = (uint64_t)config->http_idle_ms,
		.too_fast = http_on_too_fast };
	int r = forwarded_read_networks(config->trusted_proxies, &web.trusted_proxies);

	if (r < 0) {
		log_error("trusted_proxies = %s: %s", config->trusted_proxies,
			r == -E2BIG ? "more than 32" : "addresses or networks like 10.0.0.0/8 are expected");
		return r;
	}
	return web_new(&frontend.web, &web, http_on_request, &frontend.http);
}

int frontend_main(int argc, char **argv, const struct mcp_extension *extension)
{
	char status[CONFIG_TEXT_MAX + 64];
	int r;

	log_open("frontend");
	config_from_arguments(&frontend.config, "tanso-frontend", argc, argv);
	peer_learn();
	frontend.run = clock_now().boot_ns;
	frontend.http.config = &frontend.config;
	frontend.http.requests = stats_entry(&frontend.stats, STAT_COUNTER, "http_requests_total", "");
	frontend.http.errors = stats_entry(&frontend.stats, STAT_COUNTER, "http_errors_total", "");
	frontend.turns = stats_entry(&frontend.stats, STAT_COUNTER, "turns_total", "");
	frontend.stalled = stats_entry(&frontend.stats, STAT_COUNTER, "http_stalled_total", "");
	gethostname(frontend.http.own_name, sizeof(frontend.http.own_name) - 1);
	if ((r = ready_init()) < 0 || (r = open_web()) < 0 ||
		(r = keys_open(&frontend.keys, &frontend.config)) < 0 || (r = open_admission()) < 0 ||
		(r = listen_check(&frontend.config)) < 0 || (r = config_end_check(&frontend.config)) < 0 ||
		(r = open_mcp(extension)) < 0 || (r = open_doors()) < 0 || (r = lock_files()) < 0 ||
		(r = open_links()) < 0 ||
		(extension != NULL && (r = extension->open(&frontend.http.mcp, frontend.web)) < 0) ||
		(r = sandbox_enter(STAGE_FRONTEND)) < 0) {
		log_start_failure(r);
		return EXIT_FAILURE;
	}
	web_on_turn(frontend.web, on_turn, NULL);
	snprintf(status, sizeof(status),
		in_language("%s://%.*s (dashboard; /docs, tools, MCP at /mcp)",
			"%s://%.*s (대시보드. /docs, 도구, MCP는 /mcp)"),
		frontend.keys.has_tls ? "https" : "http", (int)strcspn(frontend.config.http_listen, ", "),
		frontend.config.http_listen);
	ready_notify(status);
	r = web_run(frontend.web);
	timer_close(&frontend.clock);
	stdio_close(frontend.stdio);
	mcp_close(&frontend.http.mcp);
	live_free(frontend.http.live);
	asks_free(frontend.http.asks);
	keys_done(&frontend.keys);
	issuer_done(&frontend.issuer);
	admission_close(&frontend.http.admission);
	web_free(frontend.web);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
