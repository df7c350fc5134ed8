#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/config.h"
#include "base/landlock.h"
#include "base/log.h"
#include "base/ready.h"
#include "base/sandbox.h"
#include "exporter/acks.h"
#include "exporter/http.h"
#include "exporter/kept.h"
#include "exporter/listen.h"
#include "exporter/secrets.h"
#include "ipc/link.h"
#include "ipc/peer.h"

struct exporter {
	struct config config;
	struct http http;
	struct secrets secrets;
	struct acks acks;
	struct kept kept;
	double *left_out;
	struct landlock_place places[1 + SECRETS_PLACES_MAX];
	size_t place_count;
	uint64_t next_look_ns;
	struct link *estimator, *to_estimator, *of_stage[STAGE_COUNT];
	enum stage stages[STAGE_COUNT]; /* context of each stats link: &stages[i] */
};

static struct exporter exporter;

static void send_ack(uint64_t now_ns)
{
	const struct book *book = &exporter.http.book;
	struct frame_head head = {
		.kind = FRAME_ack, .epoch = book->epoch, .energy_epoch = book->energy_epoch, .seq = book->seq
	};
	struct ack_once ack = { .committed_seq = acks_committed(&exporter.acks, now_ns) };

	if (ack.committed_seq > 0)
		link_send(exporter.to_estimator, &head, &ack, NULL, 0);
}

/* Sequence numbers of another energy epoch mean nothing any more. */
static void notice_epoch(const struct frame *frame)
{
	if (frame->head.kind != FRAME_stats && frame->head.energy_epoch != exporter.http.book.energy_epoch)
		acks_forget(&exporter.acks);
}

/* What an ack lets the estimator forget has been kept before. */
static void keep(void)
{
	kept_save(&exporter.kept, &exporter.http.book);
	*exporter.left_out = (double)exporter.kept.left_out;
}

static int on_estimator(void *context, const struct frame *frame)
{
	uint64_t now_ns = clock_mono_ns();

	(void)context;
	notice_epoch(frame);
	switch (frame->head.kind) {
	case FRAME_stats: return stage_stats_take(&exporter.http.stage_stats, STAGE_ESTIMATOR, frame, now_ns);
	case FRAME_workload: book_workloads(&exporter.http.book, frame); break;
	case FRAME_gpus: book_gpus(&exporter.http.book, frame); break;
	case FRAME_counters: book_counters(&exporter.http.book, frame); break;
	case FRAME_process: book_processes(&exporter.http.book, frame, now_ns); break;
	default: book_power(&exporter.http.book, frame, now_ns); break;
	}
	if (!frame->is_last)
		return 0;
	book_expire(&exporter.http.book, now_ns, exporter.acks.keep_ns);
	keep();
	if (frame->head.kind == FRAME_power && exporter.http.book.has_power &&
		acks_note(&exporter.acks, exporter.http.book.seq, now_ns))
		send_ack(now_ns);
	return 0;
}

static int on_stats(void *context, const struct frame *frame)
{
	return stage_stats_take(
		&exporter.http.stage_stats, *(const enum stage *)context, frame, clock_mono_ns());
}

static bool have_folders_moved(uint64_t now_ns)
{
	if (now_ns < exporter.next_look_ns)
		return false;
	exporter.next_look_ns = now_ns + TLS_WATCH_S * NS_PER_SECOND;
	const struct landlock_place *moved = landlock_find_moved(exporter.places, exporter.place_count);
	if (moved != NULL)
		log_info("%s is another folder now: restarting to reach it", moved->path);
	return moved != NULL;
}

static bool is_cut_off(void)
{
	for (int stage = 0; stage < STAGE_COUNT; stage++)
		if (exporter.of_stage[stage] != NULL && link_is_cut_off(exporter.of_stage[stage]))
			return true;
	return false;
}

static int on_turn(void *context)
{
	uint64_t now_ns = clock_mono_ns();

	(void)context;
	secrets_watch(&exporter.secrets, exporter.http.web, now_ns);
	exporter.http.scrapes.exposition.certificate_end_s = exporter.secrets.tls.facts.end_s;
	scrapes_watch(&exporter.http.scrapes, now_ns);
	if (have_folders_moved(now_ns))
		return -ESTALE;
	if (!link_is_stuck(exporter.estimator, exporter.to_estimator) && !is_cut_off())
		return 0;
	log_error("a peer's frames do not come through: restarting to listen anew");
	return -ENOTCONN;
}

/* start */

static int add_link(struct link *link)
{
	link_count_in(link, &exporter.http.own);
	return web_add_source(exporter.http.web, link_source(link));
}

static int open_links(void)
{
	const char *dir = exporter.config.runtime_dir;
	int r;

	if ((r = link_listen(&exporter.estimator, dir, STAGE_EXPORTER, STAGE_ESTIMATOR, on_estimator, NULL)) <
			0 ||
		(r = link_dial(&exporter.to_estimator, dir, STAGE_ESTIMATOR, STAGE_EXPORTER, NULL, NULL)) <
			0 ||
		(r = add_link(exporter.estimator)) < 0 || (r = add_link(exporter.to_estimator)) < 0)
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

static int open_exposition(void)
{
	struct exposition *exposition = &exporter.http.scrapes.exposition;
	char host[CONFIG_TEXT_MAX] = "unknown";

	if (exporter.config.node_name[0] != '\0')
		snprintf(host, sizeof(host), "%s", exporter.config.node_name);
	else
		gethostname(host, sizeof(host) - 1);
	const struct exposition_config config = { .node_name = host,
		.levels = exporter.config.metrics_levels,
		.has_older = exporter.config.metrics_kepler_joules,
		.has_counters = exporter.config.metrics_counters };
	int r = exposition_init(exposition, &config);
	if (r == -EINVAL)
		log_error("metrics_levels = %s: allowed are node, process, container, vm, pod and workload, "
			  "separated "
			  "by commas",
			exporter.config.metrics_levels);
	if (r < 0)
		return r;
	r = cpuinfo_read(&exposition->cpus, exporter.config.procfs_root);
	if (r < 0)
		log_warning(
			"%s/cpuinfo: %s; no kepler_node_cpu_info", exporter.config.procfs_root, strerror(-r));
	return 0;
}

static int open_book(void)
{
	const struct book_config config = { .rows = (uint32_t)exporter.config.ring_rows * 2,
		.ended_max = (uint32_t)exporter.config.metrics_terminated,
		.processes = (uint32_t)exporter.config.process_rows,
		.has_older = exporter.config.metrics_kepler_joules,
		.has_counters = exporter.config.metrics_counters,
		.interval_ns = (uint64_t)exporter.config.interval_ms * NS_PER_MILLISECOND };
	bool is_spoiled;
	int r = book_init(&exporter.http.book, &config);

	if (r < 0 || (r = kept_open(&exporter.kept, &exporter.http.book, &is_spoiled)) < 0)
		return r;
	exporter.left_out = stats_entry(&exporter.http.own, STAT_GAUGE, "bases_left_out", "");
	if (is_spoiled)
		log_warning("what was kept over the restart is not usable: counters lose what ended "
			    "containers had used");
	return 0;
}

static int open_web(void)
{
	const struct web_config web = { .server_name = "tanso-exporter",
		.requests_per_second = (uint64_t)exporter.config.http_requests_per_second,
		.connections = (uint64_t)exporter.config.http_connections,
		.header_bytes = (uint64_t)exporter.config.http_header_bytes,
		.body_bytes = (uint64_t)exporter.config.http_body_bytes,
		.request_ms = (uint64_t)exporter.config.http_request_ms,
		.idle_ms = (uint64_t)exporter.config.http_idle_ms };
	int r;

	exporter.http.credentials = &exporter.secrets.credentials;
	acks_init(&exporter.acks, (uint64_t)exporter.config.interval_ms * NS_PER_MILLISECOND);
	if ((r = web_new(&exporter.http.web, &web, http_on_request, &exporter.http)) < 0 ||
		(r = open_book()) < 0 || (r = open_exposition()) < 0 ||
		(r = secrets_open(&exporter.secrets, &exporter.config)) < 0 ||
		(r = listen_check(&exporter.config)) < 0 || (r = config_end_check(&exporter.config)) < 0)
		return r;
	return listen_open(exporter.http.web, &exporter.config, exporter.secrets.tls.context);
}

/* Before nng starts its threads: it binds those too. */
static int lock_files(void)
{
	struct landlock_place *sockets = &exporter.places[0];

	mkdir(exporter.config.runtime_dir, 0755); /* a failure shows when the links listen */
	sockets->use = LANDLOCK_SOCKETS;
	snprintf(sockets->path, sizeof(sockets->path), "%s", exporter.config.runtime_dir);
	exporter.place_count = 1 + secrets_places(&exporter.secrets, &exporter.places[1]);
	int r = landlock_confine(exporter.places, &exporter.place_count, NULL, 0);
	if (r == LANDLOCK_ABSENT)
		log_warning(LANDLOCK_ABSENT_TEXT);
	return r;
}

static void close_all(void)
{
	scrapes_done(&exporter.http.scrapes);
	kept_done(&exporter.kept);
	book_done(&exporter.http.book);
	secrets_done(&exporter.secrets);
	web_free(exporter.http.web);
}

int main(int argc, char **argv)
{
	char status[CONFIG_TEXT_MAX + 128];
	int r;

	log_open("exporter");
	config_from_arguments(&exporter.config, "tanso-exporter", argc, argv);
	peer_learn();
	if ((r = ready_init()) < 0 || (r = open_web()) < 0 || (r = lock_files()) < 0 ||
		(r = open_links()) < 0 || (r = sandbox_enter(STAGE_EXPORTER)) < 0) {
		log_start_failure(r);
		return EXIT_FAILURE;
	}
	snprintf(status, sizeof(status), "%s://%.*s/metrics%s%s", exporter.secrets.has_tls ? "https" : "http",
		(int)strcspn(exporter.config.metrics_listen, ", "), exporter.config.metrics_listen,
		exporter.secrets.has_tls ? " pin sha256//" : "", exporter.secrets.tls.facts.pin);
	ready_notify(status);
	web_on_turn(exporter.http.web, on_turn, NULL);
	r = web_run(exporter.http.web);
	close_all();
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
