#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyst/desk.h"
#include "analyst/grid/tariff.h"
#include "analyst/loading.h"
#include "analyst/pace.h"
#include "analyst/places.h"
#include "analyst/reload.h"
#include "analyst/upkeep.h"
#include "analyst/workloads/shelf.h"
#include "base/cleanup.h"
#include "base/language.h"
#include "base/log.h"
#include "base/origin.h"
#include "base/ready.h"
#include "base/sandbox.h"
#include "ipc/peer.h"
#include "models/host.h"

#define AHEAD_S 3600
/* What is kept for us has ended, and a message costs its reader's threads some 0.1 ms. */
#define ACK_SPACING_NS (5 * NS_PER_SECOND)
#define RESUME_NS      (3 * NS_PER_SECOND)

struct analyst {
	struct config config;
	struct loop *loop;
	struct reload reload;
	struct places places;
	struct ledger *ledger;
	struct book book;
	struct knowledge knowledge;
	struct live live;
	struct facility facility;
	char source_failure[641];
	struct shelf shelf;
	struct tariff_kept tariff;
	struct desk *desk;
	struct link *power, *asks, *acks, *answers, *exporter;
	struct link *outside; /* the fetcher tells of the grid; NULL where power comes on the same link */
	struct timer timer;
	struct loading loading;
	struct pace pace;
	struct upkeep upkeep;
	uint64_t resumed_ns; /* CLOCK_MONOTONIC; 0 = the ledger is a new one, and of the first energy epoch */
	uint64_t run, acked_ns, acked_seq, generation_seen;
	struct stats stats;
	bool is_cloud_guest;
};

/* Whose machines are rented: the electricity bill is theirs. DMI's sys_vendor. */
static bool is_cloud_guest(const struct config *config)
{
	static const char *const vendors[] = { "Amazon EC2", "Google", "Microsoft Corporation",
		"Alibaba Cloud", "OpenStack Foundation", "DigitalOcean", "Hetzner", "NHN Corporation",
		"NAVER" };
	struct host host;

	if (host_read(config, &host) < 0 || !host.is_guest)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(vendors); i++)
		if (strcmp(host.sys_vendor, vendors[i]) == 0)
			return true;
	return false;
}

static int open_ledger(struct analyst *analyst)
{
	char folder[CONFIG_TEXT_MAX + 16];
	bool is_aside;
	int r;

	snprintf(folder, sizeof(folder), "%s/analyst", analyst->config.state_dir);
	r = ledger_open(&analyst->ledger, folder, &is_aside);
	if (r == -EPROTONOSUPPORT)
		log_error("%s/ledger.db was written by a newer tanso; remedy: upgrade, or move the file away",
			folder);
	else if (r == -EALREADY)
		log_error("another tanso-analyst books in %s, and two would count each joule twice; remedy: "
			  "stop "
			  "it, or set state_dir",
			folder);
	else if (r < 0)
		log_error("cannot open %s/ledger.db: %s; remedy: check the folder's owner and free space, or "
			  "set state_dir",
			folder, strerror(-r));
	if (r < 0)
		return r;
	if (is_aside)
		log_error("%s/ledger.db is corrupt: set aside as ledger.db.corrupt-*, a new ledger begins; "
			  "what the estimator still holds is booked again",
			folder);
	r = book_open(&analyst->book, analyst->ledger, origin_interval_ms(&analyst->config));
	analyst->resumed_ns = analyst->book.committed.committed_seq > 0 ? clock_mono_ns() : 0;
	return r;
}

static void refresh(struct analyst *analyst)
{
	struct instant now = clock_now();
	uint64_t read_ns = analyst->book.last.mono_ns;

	analyst->knowledge.now_real_ns = now.real_ns;
	analyst->knowledge.age_ns = now.mono_ns > read_ns ? now.mono_ns - read_ns : 0;
}

/* Only what is committed is acknowledged: the sender then may forget it. */
static void acknowledge(struct analyst *analyst, uint64_t now_ns)
{
	const struct ledger_state *state = &analyst->book.committed;
	struct frame_head head = {
		.kind = FRAME_ack, .energy_epoch = state->energy_epoch, .seq = state->committed_seq
	};
	const struct ack_once once = { .committed_seq = state->committed_seq };

	head.epoch.birth_ns = state->birth_ns;
	memcpy(head.epoch.boot_id, state->boot_id, sizeof(head.epoch.boot_id));
	if (state->energy_epoch == 0 || link_send(analyst->acks, &head, &once, NULL, 0) < 0)
		return;
	analyst->acked_ns = now_ns;
	analyst->acked_seq = state->committed_seq;
}

static void commit(struct analyst *analyst)
{
	int r = book_commit(&analyst->book);
	uint64_t now_ns = clock_mono_ns();

	pace_note(&analyst->pace, r, ledger_pages_written(analyst->ledger), now_ns);
	if (r < 0 && r != -EAGAIN)
		log_error("ledger: cannot write (%s: %s); nothing is lost, the estimator keeps it until it "
			  "is booked; remedy: %s %s/analyst",
			strerror(-r), ledger_message(analyst->ledger),
			r == -ENOSPC ? "free space in" : "see what holds or ails the files in",
			analyst->config.state_dir);
	else if ((r == -EAGAIN && analyst->acked_seq != analyst->book.committed.committed_seq) ||
		 now_ns - analyst->acked_ns >= ACK_SPACING_NS)
		acknowledge(analyst, now_ns); /* now and then, and when nothing new comes */
}

/* A frame of a time that has not come closes hours for good that are yet to be: a compromised stage must not do that. Ours is the
 * same machine's clock, which may have been set back since. */
static bool is_of_future(const struct frame *frame)
{
	return frame->head.kind == FRAME_power &&
	       ((const struct power_once *)frame->once)->real_ns / NS_PER_SECOND >
		       clock_now().real_ns / NS_PER_SECOND + AHEAD_S;
}

static int on_frame(void *context, const struct frame *frame)
{
	struct analyst *analyst = context;
	uint64_t energy_epoch = analyst->book.state.energy_epoch;
	int r;

	if (is_of_future(frame))
		return -EBADMSG;
	if (frame->head.kind == FRAME_intensity)
		return live_take(&analyst->live, frame);
	if (frame->head.kind == FRAME_facility)
		return facility_take(&analyst->facility, frame);
	if (frame->head.kind == FRAME_source) {
		text_copy(analyst->source_failure, sizeof(analyst->source_failure),
			((const struct source_once *)frame->once)->failure);
		return 0;
	}
	if (frame->head.kind == FRAME_workload)
		return book_apply_workload(&analyst->book, frame);
	if (energy_epoch != 0 && energy_epoch != frame->head.energy_epoch)
		commit(analyst); /* nobody tells again what these sums grew by */
	r = book_apply_power(&analyst->book, frame);
	if (energy_epoch != 0 && energy_epoch != analyst->book.state.energy_epoch)
		analyst->resumed_ns = clock_mono_ns();
	if (!frame->is_last)
		return r;
	if (pace_is_due(&analyst->pace, &analyst->book, clock_mono_ns()))
		commit(analyst);
	refresh(analyst);
	return r;
}

/* Power on this link is not what the configuration wants booked. */
static int on_outside(void *context, const struct frame *frame)
{
	return frame->head.kind == FRAME_power || frame->head.kind == FRAME_workload
		       ? 0
		       : on_frame(context, frame);
}

static int on_ask(void *context, const struct frame *frame)
{
	struct analyst *analyst = context;

	return desk_take(analyst->desk, frame, clock_mono_ns());
}

static void on_reload(void *context)
{
	struct analyst *analyst = context;

	analyst->reload.is_asked = true;
}

/* Answers rest on the new files from now on: what was cached is of an older generation. */
static void watch_data(struct analyst *analyst, uint64_t now_ns)
{
	if (!reload_watch(&analyst->reload, now_ns))
		return;
	analyst->knowledge.data = analyst->reload.data;
	analyst->knowledge.grid_file = analyst->reload.grid_file;
	analyst->knowledge.loaded_real_ns = clock_now().real_ns;
	analyst->tariff = (struct tariff_kept) { 0 };
	analyst->book.generation++;
}

/* A successor, or a new energy epoch, has no watts before the second frame: until then questions wait, or nothing seems to draw power. */
static bool is_resuming(const struct analyst *analyst)
{
	double watts[PART_COUNT];

	return analyst->resumed_ns != 0 && clock_mono_ns() - analyst->resumed_ns < RESUME_NS &&
	       !book_watts(&analyst->book, &analyst->book.node, watts);
}

static int on_turn(void *context)
{
	struct analyst *analyst = context;

	watch_data(analyst, clock_mono_ns());
	desk_announce(analyst->desk, analyst->book.generation);
	if (desk_has_asks(analyst->desk) && !is_resuming(analyst))
		desk_answer(analyst->desk, &analyst->knowledge, analyst->book.generation);
	if (!link_is_stuck(analyst->power, analyst->acks) &&
		!link_is_stuck(analyst->asks, analyst->answers) &&
		(analyst->outside == NULL || !link_is_cut_off(analyst->outside)))
		return 0;
	log_error("a peer's frames do not come through: restarting to listen anew");
	return -ENOTCONN;
}

static void gauge(struct analyst *analyst, const char *name, double value)
{
	*stats_entry(&analyst->stats, STAT_GAUGE, name, "") = value;
}

static void count(struct analyst *analyst, const char *name, uint64_t value)
{
	*stats_entry(&analyst->stats, STAT_COUNTER, name, "") = (double)value;
}

static void send_stats(struct analyst *analyst)
{
	const struct book_counts *counts = &analyst->book.counts;

	if (!link_stats_are_due(analyst->exporter))
		return;
	count(analyst, "turns_total", loop_turns(analyst->loop));
	count(analyst, "ledger_commits_total", counts->commits);
	count(analyst, "ledger_commits_failed_total", counts->commits_failed);
	count(analyst, "ledger_gaps_total", counts->gaps);
	count(analyst, "ledger_merges_total", counts->merges);
	count(analyst, "power_frames_applied_total", counts->frames);
	count(analyst, "power_frames_repeated_total", counts->repeated);
	count(analyst, "power_frames_unbalanced_total", counts->unbalanced);
	count(analyst, "counters_backwards_total", counts->backwards);
	count(analyst, "rows_dropped_total", counts->rows_dropped + analyst->book.directory.dropped);
	count(analyst, "workloads_dropped_total", counts->workloads_dropped);
	gauge(analyst, "workload_rows", (double)analyst->book.row_count);
	gauge(analyst, "metrics_age_seconds", (double)analyst->knowledge.age_ns / 1e9);
	link_send_stats(analyst->exporter, STAGE_ANALYST, analyst->run, &analyst->stats);
}

/* Without frames the answers still change: what they rest on grows older. */
static int on_second(struct timer *timer)
{
	struct analyst *analyst = container_of(timer, struct analyst, timer);

	if (ledger_has_moved(analyst->ledger)) {
		log_error("%s/analyst/ledger.db was moved or removed, or its -wal or -shm was: restarting "
			  "with the file that is there "
			  "now, or a new ledger; what the estimator still holds is booked again",
			analyst->config.state_dir);
		return -ESTALE;
	}
	if (pace_is_due(
		    &analyst->pace, &analyst->book, clock_mono_ns() + NS_PER_SECOND) || /* until the next */
		upkeep_has_work(&analyst->upkeep, &analyst->book, &analyst->knowledge))
		commit(analyst);
	refresh(analyst);
	if (analyst->book.generation == analyst->generation_seen)
		analyst->book.generation++;
	analyst->generation_seen = analyst->book.generation;
	upkeep_second(&analyst->upkeep, &analyst->book, &analyst->knowledge);
	send_stats(analyst);
	loading_wake(&analyst->loading);
	return places_have_moved(&analyst->places) ? -ESTALE : 0;
}

static int open_links(struct analyst *analyst)
{
	const char *dir = analyst->config.runtime_dir;
	bool is_local = origin_of(&analyst->config) == ORIGIN_PIPELINE;
	enum stage teller = is_local ? STAGE_ESTIMATOR : STAGE_FETCHER;
	int r;

	if ((r = link_dial(&analyst->acks, dir, teller, STAGE_ANALYST, NULL, NULL)) < 0 ||
		(r = link_dial(&analyst->answers, dir, STAGE_FRONTEND, STAGE_ANALYST, NULL, NULL)) < 0 ||
		(r = link_dial(&analyst->exporter, dir, STAGE_EXPORTER, STAGE_ANALYST, NULL, NULL)) < 0 ||
		(r = desk_new(&analyst->desk, analyst->answers, analyst->config.lang, &analyst->stats)) < 0 ||
		(r = link_listen(&analyst->power, dir, STAGE_ANALYST, teller, on_frame, analyst)) < 0 ||
		(r = link_listen(&analyst->asks, dir, STAGE_ANALYST, STAGE_FRONTEND, on_ask, analyst)) < 0 ||
		(is_local && (r = link_listen(&analyst->outside, dir, STAGE_ANALYST, STAGE_FETCHER,
				      on_outside, analyst)) < 0))
		log_error("cannot open the sockets in %s: %s", dir, strerror(-r));
	return r;
}

static int add_sources(struct analyst *analyst)
{
	struct link *links[] = { analyst->power, analyst->asks, analyst->acks, analyst->answers,
		analyst->exporter, analyst->outside };
	int r = timer_open(&analyst->timer, on_second);

	if (r >= 0)
		r = loading_open(&analyst->loading, analyst->loop, analyst->ledger, &analyst->book);
	for (size_t i = 0; i < ARRAY_SIZE(links) && r >= 0; i++) {
		if (links[i] == NULL)
			continue;
		link_count_in(links[i], &analyst->stats);
		r = loop_add(analyst->loop, link_source(links[i]));
	}
	if (r >= 0)
		r = loop_add(analyst->loop, &analyst->timer.source);
	loop_on_turn(analyst->loop, on_turn, analyst);
	loop_on_reload(analyst->loop, on_reload, analyst);
	return r < 0 ? r : timer_set(&analyst->timer, NS_PER_SECOND, NS_PER_SECOND);
}

static void close_all(struct analyst *analyst)
{
	if (!ledger_has_moved(analyst->ledger))
		commit(analyst);
	desk_free(analyst->desk);
	shelf_done(&analyst->shelf);
	book_done(&analyst->book);
	ledger_close(analyst->ledger);
	live_done(&analyst->live);
	reload_done(&analyst->reload);
	loading_close(&analyst->loading);
	timer_close(&analyst->timer);
	loop_free(analyst->loop);
}

int main(int argc, char **argv)
{
	static struct analyst analyst;
	char status[512];
	int r;

	log_open("analyst");
	config_from_arguments(&analyst.config, "tanso-analyst", argc, argv);
	peer_learn();
	analyst.run = clock_now().boot_ns;
	analyst.is_cloud_guest = is_cloud_guest(&analyst.config);
	if ((r = ready_init()) < 0 || (r = loop_new(&analyst.loop)) < 0 ||
		(r = reload_open(&analyst.reload, &analyst.config, &analyst.stats)) < 0 ||
		(r = config_end_check(&analyst.config)) < 0 || (r = open_ledger(&analyst)) < 0 ||
		(r = places_enter(&analyst.places, &analyst.config, analyst.reload.folder)) < 0 ||
		(r = open_links(&analyst)) < 0 || (r = add_sources(&analyst)) < 0 ||
		(r = sandbox_enter(STAGE_ANALYST)) < 0) {
		log_start_failure(r);
		return EXIT_FAILURE;
	}
	analyst.knowledge = (struct knowledge) { .config = &analyst.config,
		.data = analyst.reload.data,
		.grid_file = analyst.reload.grid_file,
		.live = &analyst.live,
		.facility = analyst.config.pue_facility_query[0] != '\0' ? &analyst.facility : NULL,
		.source_failure = analyst.source_failure,
		.ledger = analyst.ledger,
		.book = &analyst.book,
		.tariff = &analyst.tariff,
		.shelf = &analyst.shelf,
		.loaded_real_ns = clock_now().real_ns,
		.is_cloud_guest = analyst.is_cloud_guest };
	refresh(&analyst);
	snprintf(status, sizeof(status),
		in_language("%zu standards, grid %s, ledger in %.160s/analyst",
			"기준 %zu개, 전력망: %s, 원장: %.160s/analyst"),
		analyst.reload.data->standard_count,
		analyst.reload.grid_file != NULL ? analyst.reload.grid_file->name
						 : in_language("annual", "연간값"),
		analyst.config.state_dir);
	ready_notify(status);
	r = loop_run(analyst.loop);
	close_all(&analyst);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
