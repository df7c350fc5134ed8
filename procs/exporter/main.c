#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/config.h"
#include "base/log.h"
#include "base/ready.h"
#include "base/sandbox.h"
#include "base/web.h"
#include "exporter/exposition.h"
#include "exporter/tls.h"
#include "ipc/link.h"

#define LISTENER_NAME "metrics-listener"
#define ACK_AFTER_NS                                                                                         \
	(300 * NS_PER_SECOND) /* ended series stay visible for any scraper: max(3 intervals, this) */
#define ACK_SLOTS 512

/* Power frames received, so that the ack can follow them by ACK_AFTER_NS. */
struct received {
	uint64_t seq, mono_ns;
};

struct exporter {
	struct config config;
	struct web *web;
	struct book book;
	struct stage_stats stats;
	struct exposition exposition;
	struct link *estimator, *acks, *of_stage[STAGE_COUNT];
	enum stage stages[STAGE_COUNT]; /* context of each stats link: &stages[i] */
	struct received received[ACK_SLOTS];
	uint64_t received_count, next_slot_ns;
	uint64_t run, own_stats_ns;
	struct stats own;
	char pin[TLS_PIN_SIZE];
};

static struct exporter exporter;

static void send_ack(uint64_t now_ns)
{
	uint64_t keep_ns = 3 * (uint64_t)exporter.config.interval_ms * NS_PER_MILLISECOND;
	struct frame_head head = { .kind = FRAME_ack,
		.epoch = exporter.book.epoch,
		.energy_epoch = exporter.book.energy_epoch,
		.seq = exporter.book.seq };
	struct ack_once ack = { 0 };

	keep_ns = keep_ns > ACK_AFTER_NS ? keep_ns : ACK_AFTER_NS;
	for (uint64_t i = 0; i < exporter.received_count && i < ACK_SLOTS; i++) {
		const struct received *slot = &exporter.received[i];
		if (now_ns - slot->mono_ns >= keep_ns && slot->seq > ack.committed_seq)
			ack.committed_seq = slot->seq;
	}
	if (ack.committed_seq > 0)
		link_send(exporter.acks, &head, &ack, NULL, 0);
	book_expire(&exporter.book, now_ns, keep_ns);
}

/* One slot a second or more: ACK_SLOTS of them span longer than ACK_AFTER_NS. */
static void note_received(uint64_t now_ns)
{
	if (now_ns < exporter.next_slot_ns)
		return;
	exporter.next_slot_ns = now_ns + NS_PER_SECOND;
	exporter.received[exporter.received_count++ % ACK_SLOTS] =
		(struct received) { exporter.book.seq, now_ns };
	send_ack(now_ns);
}

static int on_estimator(void *context, const struct frame *frame)
{
	uint64_t now_ns = clock_mono_ns(), epoch_before = exporter.book.energy_epoch;

	(void)context;
	if (frame->head.kind == FRAME_stats)
		return stage_stats_take(&exporter.stats, STAGE_ESTIMATOR, frame, now_ns);
	if (frame->head.kind == FRAME_workload) {
		book_workloads(&exporter.book, frame);
		return 0;
	}
	book_power(&exporter.book, frame, now_ns);
	if (epoch_before != exporter.book.energy_epoch)
		exporter.received_count = 0; /* its sequence numbers mean nothing any more */
	if (frame->is_last)
		note_received(now_ns);
	return 0;
}

static int on_stats(void *context, const struct frame *frame)
{
	return stage_stats_take(&exporter.stats, *(const enum stage *)context, frame, clock_mono_ns());
}

/* The exporter counts itself without a frame. */
static void take_own_stats(uint64_t now_ns)
{
	*stats_entry(&exporter.own, STAT_COUNTER, "turns_total", "") = (double)web_turns(exporter.web);
	*stats_entry(&exporter.own, STAT_GAUGE, "series_accounts", "") = exporter.book.account_count;
	exporter.stats.of[STAGE_EXPORTER].count = exporter.own.count;
	exporter.stats.of[STAGE_EXPORTER].received_ns = now_ns;
	for (size_t i = 0; i < exporter.own.count; i++) {
		struct stage_stat *stat = &exporter.stats.of[STAGE_EXPORTER].all[i];
		snprintf(stat->name, sizeof(stat->name), "%s", exporter.own.entries[i].name);
		snprintf(stat->labels, sizeof(stat->labels), "%s", exporter.own.entries[i].labels);
		stat->type = exporter.own.entries[i].type;
		stat->value = exporter.own.entries[i].value;
	}
}

static int on_turn(void *context)
{
	(void)context;
	if (!link_is_deaf(exporter.estimator, exporter.acks))
		return 0;
	log_error("the estimator's frames do not come through: restarting to listen anew");
	return -ENOTCONN;
}

static bool has_data(void)
{
	return exporter.book.has_power && exporter.book.has_workloads;
}

static void reply_text(h2o_req_t *req, int status, const char *text)
{
	web_reply(req, status, "text/plain; charset=utf-8", text, strlen(text));
}

static void reply_metrics(h2o_req_t *req)
{
	uint64_t now_ns = clock_mono_ns();

	if (!has_data()) {
		reply_text(req, 503, "not ready: the estimator has not sent its state yet\n");
		return;
	}
	take_own_stats(now_ns);
	if (exposition_render(&exporter.exposition, &exporter.book, &exporter.stats, now_ns) < 0)
		reply_text(req, 500, "the exposition is over its size limit\n");
	else
		web_reply(req, 200, "text/plain; version=0.0.4; charset=utf-8", exporter.exposition.text,
			exporter.exposition.size);
}

static void reply_ready(h2o_req_t *req)
{
	if (has_data() && exporter.book.state != POWER_INITIALIZING)
		reply_text(req, 200, "ready\n");
	else
		reply_text(req, 503,
			has_data() ? "initializing: no watt rests on 200 ms yet\n"
				   : "waiting for the estimator\n");
}

static const char landing[] =
	"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>tanso "
	"exporter</title></head><body>"
	"<h1>tanso exporter</h1><p>Power of this node's workloads, Kepler-compatible.</p><ul>"
	"<li><a href=\"/metrics\">/metrics</a></li><li><a href=\"/healthz\">/healthz</a></li>"
	"<li><a href=\"/readyz\">/readyz</a></li></ul></body></html>\n";

static bool is_path(const h2o_req_t *req, const char *path)
{
	return req->path_normalized.len == strlen(path) &&
	       memcmp(req->path_normalized.base, path, strlen(path)) == 0;
}

static void on_request(void *context, h2o_req_t *req)
{
	bool is_get = h2o_memis(req->method.base, req->method.len, H2O_STRLIT("GET")) ||
		      h2o_memis(req->method.base, req->method.len, H2O_STRLIT("HEAD"));

	(void)context;
	if (!is_get)
		reply_text(req, 405, "only GET and HEAD here\n");
	else if (is_path(req, "/metrics"))
		reply_metrics(req);
	else if (is_path(req, "/healthz"))
		reply_text(req, 200, "ok\n");
	else if (is_path(req, "/readyz"))
		reply_ready(req);
	else if (is_path(req, "/"))
		web_reply(req, 200, "text/html; charset=utf-8", landing, sizeof(landing) - 1);
	else
		reply_text(req, 404, "no such page; /metrics is what you look for\n");
}

static int open_listener(void)
{
	char owner[128];
	SSL_CTX *tls = NULL;
	char folder[CONFIG_TEXT_MAX + 32];
	int fd = ready_take_fd(LISTENER_NAME), r = 0;

	if (fd < 0 && (r = web_listen(exporter.config.metrics_listen, &fd)) == 0)
		r = ready_store_fd(LISTENER_NAME, fd);
	if (r == -EADDRINUSE) {
		web_port_owner(exporter.config.metrics_listen, owner, sizeof(owner));
		log_error("metrics_listen = %s is in use by %s; set another address in tanso.conf or with "
			  "--set metrics_listen=ADDRESS:PORT",
			exporter.config.metrics_listen, owner);
	} else if (r < 0) {
		log_error("metrics_listen = %s: %s", exporter.config.metrics_listen, strerror(-r));
	}
	if (r < 0)
		return r;
	if (exporter.config.metrics_tls) {
		mkdir(exporter.config.state_dir, 0755);
		snprintf(folder, sizeof(folder), "%s/exporter", exporter.config.state_dir);
		mkdir(folder, 0750);
		r = tls_open(folder, &tls, exporter.pin);
		if (r < 0)
			log_error("TLS key and certificate in %s: %s; remove tls.key and tls.crt there to "
				  "have new "
				  "ones made",
				folder, r == -EBADMSG ? "not usable" : strerror(-r));
	}
	return r < 0 ? r : web_add_listener(exporter.web, fd, tls);
}

static int add_link(struct link *link)
{
	link_count_in(link, &exporter.own);
	return web_add_source(exporter.web, link_source(link));
}

static int open_links(void)
{
	const char *dir = exporter.config.runtime_dir;
	int r;

	if ((r = link_listen(&exporter.estimator, dir, STAGE_EXPORTER, STAGE_ESTIMATOR, on_estimator, NULL)) <
			0 ||
		(r = link_dial(&exporter.acks, dir, STAGE_ESTIMATOR, STAGE_EXPORTER, NULL, NULL)) < 0 ||
		(r = add_link(exporter.estimator)) < 0 || (r = add_link(exporter.acks)) < 0)
		return r;
	for (int stage = 0; stage < STAGE_COUNT; stage++) {
		exporter.stages[stage] = (enum stage)stage;
		if (stage == STAGE_EXPORTER || stage == STAGE_ESTIMATOR)
			continue;
		if ((r = link_listen(&exporter.of_stage[stage], dir, STAGE_EXPORTER, (enum stage)stage,
			     on_stats, &exporter.stages[stage])) < 0 ||
			(r = add_link(exporter.of_stage[stage])) < 0)
			return r;
	}
	return 0;
}

static void close_all(void)
{
	link_free(exporter.estimator);
	link_free(exporter.acks);
	for (int stage = 0; stage < STAGE_COUNT; stage++)
		link_free(exporter.of_stage[stage]);
	exposition_done(&exporter.exposition);
	book_done(&exporter.book);
	web_free(exporter.web);
}

int main(int argc, char **argv)
{
	struct web_config web = { .server_name = "tanso-exporter" };
	char status[CONFIG_TEXT_MAX + 128];
	int r;

	log_open("exporter");
	config_from_arguments(&exporter.config, "tanso-exporter", argc, argv);
	exporter.run = clock_now().boot_ns;
	web.requests_per_second = (uint64_t)exporter.config.http_requests_per_second;
	web.connections = (uint64_t)exporter.config.http_connections;
	if ((r = ready_init()) < 0 || (r = web_new(&exporter.web, &web, on_request, NULL)) < 0 ||
		(r = book_init(&exporter.book, (uint32_t)exporter.config.ring_rows * 2)) < 0 ||
		(r = exposition_init(&exporter.exposition)) < 0 || (r = open_listener()) < 0 ||
		(r = open_links()) < 0 || (r = sandbox_enter(STAGE_EXPORTER)) < 0) {
		log_error("cannot start: %s", strerror(-r));
		return EXIT_FAILURE;
	}
	snprintf(status, sizeof(status), "%s://%s/metrics%s%s",
		exporter.config.metrics_tls ? "https" : "http", exporter.config.metrics_listen,
		exporter.pin[0] != '\0' ? " pin sha256//" : "", exporter.pin);
	ready_notify(status);
	web_on_turn(exporter.web, on_turn, NULL);
	r = web_run(exporter.web);
	close_all();
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
