#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/config.h"
#include "base/log.h"
#include "base/ready.h"
#include "base/sandbox.h"
#include "models/host.h"
#include "estimator/publish.h"
#include "estimator/roster.h"
#include "estimator/turn.h"
#include "ipc/handover.h"
#include "ipc/link.h"

#define FINALS_ROOM 8192 /* ended rows that wait for acknowledgements, beside the living */
#define CHECK_NS    (250 * NS_PER_MILLISECOND) /* a lost doorbell costs at most this */

struct consumer {
	enum stage stage;
	bool is_waited_for;
	struct link *out, *acks;
	uint64_t committed_seq;
	struct estimator *estimator;
};

struct estimator {
	struct config config;
	struct loop *loop;
	struct host host;
	struct model model;
	struct state state;
	struct roster roster;
	struct turn turn;
	struct ring_reader *ring;
	char ring_path[CONFIG_TEXT_MAX + 32];
	struct link *topology, *names, *collector;
	struct consumer consumers[2]; /* exporter, analyst */
	struct workload_row *workload_rows;
	struct power_row *power_rows;
	struct timer check;
	uint64_t run, stats_sent_ns;
	struct stats stats;
	double *turns, *duplicates, *new_energy_epochs;
};

static struct frame_head head_of(const struct estimator *estimator, enum frame_kind kind)
{
	return (struct frame_head) { .kind = (uint8_t)kind,
		.epoch = estimator->state.head.epoch,
		.energy_epoch = estimator->state.head.energy_epoch,
		.seq = estimator->state.head.committed_seq };
}

static void send_workloads(struct estimator *estimator, struct link *link)
{
	struct frame_head head = head_of(estimator, FRAME_workload);
	const struct workload_once once = { .full = 1 };

	roster_rows(&estimator->roster, estimator->workload_rows);
	link_send(link, &head, &once, estimator->workload_rows, estimator->roster.count);
}

static void send_power(struct estimator *estimator, struct link *link)
{
	struct frame_head head = head_of(estimator, FRAME_power);
	struct power_once once;

	if (estimator->state.head.committed_seq == 0)
		return;
	publish_power(&estimator->state, &estimator->turn, &once, estimator->power_rows);
	link_send(link, &head, &once, estimator->power_rows, estimator->state.head.row_count);
}

static void on_consumer_connected(void *context)
{
	struct consumer *consumer = context;

	send_workloads(consumer->estimator, consumer->out);
	send_power(consumer->estimator, consumer->out);
}

static void send_all(struct estimator *estimator)
{
	struct frame_head head = head_of(estimator, FRAME_ack);
	const struct ack_once ack = { .committed_seq = estimator->state.head.committed_seq };
	bool has_changed = estimator->roster.has_changed;

	for (size_t i = 0; i < ARRAY_SIZE(estimator->consumers); i++) {
		struct consumer *consumer = &estimator->consumers[i];
		if (link_owes_full(consumer->out) || has_changed)
			send_workloads(estimator, consumer->out);
		send_power(estimator, consumer->out);
	}
	link_send(estimator->collector, &head, &ack, NULL, 0);
}

/* Ended rows that every consumer has committed, and that the collector shows no more, are forgotten. */
static void forget_acknowledged(struct estimator *estimator)
{
	struct state *state = &estimator->state;
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < ARRAY_SIZE(estimator->consumers); i++)
		if (estimator->consumers[i].is_waited_for && estimator->consumers[i].committed_seq < least)
			least = estimator->consumers[i].committed_seq;
	struct idmap shown = { 0 };
	for (uint32_t i = 0; i < estimator->turn.row_count; i++)
		if (estimator->turn.rows[i].kind == ROW_CGROUP &&
			idmap_put(&shown, estimator->turn.rows[i].id, 0) < 0)
			least = 0; /* out of memory: forget nothing now */
	for (uint32_t i = 0; i < state->head.row_count;) {
		uint32_t found;
		uint64_t id = state->rows[i].id;
		if (state->rows[i].final_seq == 0 || state->rows[i].final_seq > least ||
			idmap_find(&shown, id, &found)) {
			i++;
			continue;
		}
		state_remove(state, i);
		roster_forget(&estimator->roster, id);
	}
	idmap_done(&shown);
}

static void send_stats(struct estimator *estimator)
{
	uint64_t now_ns = clock_mono_ns();

	if (now_ns - estimator->stats_sent_ns < NS_PER_SECOND)
		return;
	estimator->stats_sent_ns = now_ns;
	*estimator->turns = (double)loop_turns(estimator->loop);
	*stats_entry(&estimator->stats, STAT_GAUGE, "rows", "") = estimator->state.head.row_count;
	*stats_entry(&estimator->stats, STAT_COUNTER, "rows_dropped_total", "") =
		(double)(estimator->state.dropped + estimator->roster.dropped);
	*stats_entry(&estimator->stats, STAT_COUNTER, "coarse_turns_total", "") =
		(double)estimator->turn.coarse_turns;
	*stats_entry(&estimator->stats, STAT_COUNTER, "ticks_skipped_total", "") =
		(double)estimator->turn.skipped_ticks;
	*stats_entry(&estimator->stats, STAT_GAUGE, "committed_seq", "") =
		(double)estimator->state.head.committed_seq;
	*stats_entry(&estimator->stats, STAT_GAUGE, "tick_age_seconds", "") =
		estimator->state.head.mono_ns > 0 ? (double)(now_ns - estimator->state.head.mono_ns) / 1e9
						  : -1;
	link_send_stats(estimator->consumers[0].out, STAGE_ESTIMATOR, estimator->run, &estimator->stats);
}

/* The ring is fetched from the collector, whenever we have none or it began a new one. */
static int fetch_ring(struct estimator *estimator)
{
	int fd;
	int r = handover_fetch(estimator->ring_path, &fd);

	if (r < 0)
		return r;
	struct ring_reader *ring = NULL;
	r = ring_reader_open(fd, &ring);
	close(fd); /* the mapping stays */
	if (r < 0) {
		log_warning("the collector's ring is not usable: %s", strerror(-r));
		return r;
	}
	if (ring_reader_capacity(ring) > estimator->turn.capacity) {
		log_warning("the collector's ring has %u rows, ring_rows here is %u: start both with one "
			    "tanso.conf",
			ring_reader_capacity(ring), estimator->turn.capacity);
		ring_reader_free(ring);
		return -EMSGSIZE;
	}
	ring_reader_free(estimator->ring);
	estimator->ring = ring;
	return 0;
}

static int take_turn(struct estimator *estimator)
{
	if (estimator->ring == NULL && fetch_ring(estimator) < 0)
		return 0; /* the collector is away: asked again at the next check */
	int r = turn_run(&estimator->turn, &estimator->state, estimator->ring);
	if (r < 0 && r != -ESTALE)
		log_warning("turn failed: %s", strerror(-r));
	if (r <= 0) {
		*estimator->duplicates += r == 0;
		return 0;
	}
	forget_acknowledged(estimator);
	state_commit(&estimator->state);
	send_all(estimator);
	send_stats(estimator);
	return 0;
}

static bool is_deaf(struct estimator *estimator)
{
	bool is_deaf = link_is_deaf(estimator->topology, estimator->collector);

	for (size_t i = 0; i < ARRAY_SIZE(estimator->consumers); i++)
		is_deaf |= link_is_deaf(estimator->consumers[i].acks, estimator->consumers[i].out);
	return is_deaf;
}

static int on_check(struct timer *timer)
{
	struct estimator *estimator = container_of(timer, struct estimator, check);

	if (!is_deaf(estimator))
		return take_turn(estimator);
	log_error("a peer's frames do not come through: restarting to listen anew");
	return -ENOTCONN;
}

static int on_collector(void *context, const struct frame *frame)
{
	struct estimator *estimator = context;
	bool is_other_ring = estimator->ring == NULL ||
			     !epoch_equal(&frame->head.epoch, ring_reader_epoch(estimator->ring));

	if (frame->head.kind == FRAME_topology)
		roster_topology(&estimator->roster, frame);
	if (is_other_ring)
		fetch_ring(estimator);
	return frame->head.kind == FRAME_tick ? take_turn(estimator) : 0;
}

static int on_names(void *context, const struct frame *frame)
{
	struct estimator *estimator = context;

	roster_names(&estimator->roster, frame);
	return 0;
}

static int on_ack(void *context, const struct frame *frame)
{
	struct consumer *consumer = context;
	const struct ack_once *ack = frame->once;
	const struct state_head *head = &consumer->estimator->state.head;

	if (frame->head.energy_epoch == head->energy_epoch && epoch_equal(&frame->head.epoch, &head->epoch))
		consumer->committed_seq = ack->committed_seq;
	return 0;
}

static uint64_t request_of(void *context, uint64_t id)
{
	return roster_cpu_request(context, id);
}

static void configure_turn(struct estimator *estimator)
{
	const struct config *config = &estimator->config;

	estimator->turn.config = (struct turn_config) {
		.model = &estimator->model,
		.share_idle = strcmp(config->share_idle, "equal") == 0     ? IDLE_EQUAL
			      : strcmp(config->share_idle, "request") == 0 ? IDLE_REQUEST
									   : IDLE_NONE,
		.measured_idle_mw = estimator->model.idle_mw,
		.fake_idle_mw = (uint64_t)(config->fake_watts * 500 + 0.5),
		.request_of = request_of,
		.context = &estimator->roster,
	};
}

/* A state of another model, or none: a new energy epoch begins, and everybody is told by its number. */
static int open_state(struct estimator *estimator, uint32_t capacity)
{
	bool is_new;
	int r = state_open(&estimator->state, capacity, &is_new);

	if (r < 0)
		return r;
	bool is_same = !is_new && memcmp(estimator->state.head.model_hash, estimator->model.hash, 32) == 0;
	if (!is_same) {
		if (!is_new)
			log_warning("the power model or the host changed: a new energy epoch begins");
		state_reset(&estimator->state, clock_now().real_ns, estimator->model.hash);
	}
	estimator->new_energy_epochs =
		stats_entry(&estimator->stats, STAT_COUNTER, "energy_epochs_begun_total", "");
	*estimator->new_energy_epochs = !is_same;
	return 0;
}

static int open_books(struct estimator *estimator)
{
	uint32_t ring_rows = (uint32_t)estimator->config.ring_rows, capacity = ring_rows + FINALS_ROOM;
	int r = host_read(&estimator->config, &estimator->host);

	if (r == -EINVAL)
		log_error(
			"host_cpu_generation = %s: no such generation; see docs/methodology.md for the list",
			estimator->config.host_cpu_generation);
	if (r < 0 || (r = model_make(&estimator->config, &estimator->host, &estimator->model)) < 0 ||
		(r = open_state(estimator, capacity)) < 0 ||
		(r = roster_init(&estimator->roster, capacity)) < 0 ||
		(r = turn_init(&estimator->turn, ring_rows, capacity)) < 0)
		return r;
	estimator->workload_rows = calloc(capacity, sizeof(*estimator->workload_rows));
	estimator->power_rows = calloc(capacity, sizeof(*estimator->power_rows));
	if (estimator->workload_rows == NULL || estimator->power_rows == NULL)
		return -ENOMEM;
	configure_turn(estimator);
	snprintf(estimator->ring_path, sizeof(estimator->ring_path), "%s/collector/ring.sock",
		estimator->config.runtime_dir);
	return 0;
}

static int add_link(struct estimator *estimator, struct link *link)
{
	link_count_in(link, &estimator->stats);
	return loop_add(estimator->loop, link_source(link));
}

static int open_consumer(struct estimator *estimator, struct consumer *consumer, enum stage stage)
{
	const char *dir = estimator->config.runtime_dir;
	int r;

	*consumer = (struct consumer) { .stage = stage,
		.estimator = estimator,
		.is_waited_for = strstr(estimator->config.consumers, stage_name(stage)) != NULL };
	if ((r = link_dial(&consumer->out, dir, stage, STAGE_ESTIMATOR, on_consumer_connected, consumer)) <
			0 ||
		(r = link_listen(&consumer->acks, dir, STAGE_ESTIMATOR, stage, on_ack, consumer)) < 0 ||
		(r = add_link(estimator, consumer->out)) < 0)
		return r;
	return add_link(estimator, consumer->acks);
}

static int open_links(struct estimator *estimator)
{
	const char *dir = estimator->config.runtime_dir;
	int r;

	if ((r = link_listen(&estimator->topology, dir, STAGE_ESTIMATOR, STAGE_COLLECTOR, on_collector,
		     estimator)) < 0 ||
		(r = link_listen(
			 &estimator->names, dir, STAGE_ESTIMATOR, STAGE_RESOLVER, on_names, estimator)) < 0 ||
		(r = link_dial(&estimator->collector, dir, STAGE_COLLECTOR, STAGE_ESTIMATOR, NULL, NULL)) <
			0 ||
		(r = add_link(estimator, estimator->topology)) < 0 ||
		(r = add_link(estimator, estimator->names)) < 0 ||
		(r = add_link(estimator, estimator->collector)) < 0 ||
		(r = open_consumer(estimator, &estimator->consumers[0], STAGE_EXPORTER)) < 0 ||
		(r = open_consumer(estimator, &estimator->consumers[1], STAGE_ANALYST)) < 0)
		return r;
	estimator->turns = stats_entry(&estimator->stats, STAT_COUNTER, "turns_total", "");
	estimator->duplicates = stats_entry(&estimator->stats, STAT_COUNTER, "turns_empty_total", "");
	return 0;
}

static int start_timer(struct estimator *estimator)
{
	int r;

	if ((r = timer_open(&estimator->check, on_check)) < 0 ||
		(r = loop_add(estimator->loop, &estimator->check.source)) < 0)
		return r;
	return timer_set(&estimator->check, CHECK_NS, CHECK_NS);
}

static void close_all(struct estimator *estimator)
{
	link_free(estimator->topology);
	link_free(estimator->names);
	link_free(estimator->collector);
	for (size_t i = 0; i < ARRAY_SIZE(estimator->consumers); i++) {
		link_free(estimator->consumers[i].out);
		link_free(estimator->consumers[i].acks);
	}
	ring_reader_free(estimator->ring);
	state_done(&estimator->state);
	roster_done(&estimator->roster);
	turn_done(&estimator->turn);
	free(estimator->workload_rows);
	free(estimator->power_rows);
	timer_close(&estimator->check);
	loop_free(estimator->loop);
}

int main(int argc, char **argv)
{
	static struct estimator estimator;
	char status[256];
	int r;

	log_open("estimator");
	config_from_arguments(&estimator.config, "tanso-estimator", argc, argv);
	estimator.run = clock_now().boot_ns;
	if ((r = ready_init()) < 0 || (r = loop_new(&estimator.loop)) < 0 ||
		(r = open_books(&estimator)) < 0 || (r = open_links(&estimator)) < 0 ||
		(r = start_timer(&estimator)) < 0 || (r = sandbox_enter(STAGE_ESTIMATOR)) < 0) {
		log_error("cannot start: %s", strerror(-r));
		return EXIT_FAILURE;
	}
	snprintf(status, sizeof(status), "%s, %u threads, model %s %.0f-%.0f W ±%u %%",
		estimator.host.generation, estimator.host.cpus, estimator.model.name,
		(double)estimator.model.idle_mw / 1000, (double)estimator.model.full_mw / 1000,
		estimator.model.error_ppm / 10000);
	ready_notify(status);
	r = loop_run(estimator.loop);
	close_all(&estimator);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
