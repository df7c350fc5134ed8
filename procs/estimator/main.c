#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/config.h"
#include "base/language.h"
#include "base/log.h"
#include "base/ready.h"
#include "base/sandbox.h"
#include "models/host.h"
#include "estimator/consumers.h"
#include "ipc/handover.h"
#include "ipc/link.h"

#define CHECK_NS  NS_PER_SECOND /* a lost doorbell costs at most this */
#define ACK_TICKS 16            /* at least so often: what ended may have found no room for a row */

struct estimator {
	struct config config;
	struct loop *loop;
	struct host host;
	struct model model;
	struct state state;
	struct roster roster;
	struct machines machines;
	struct turn turn;
	struct ring_reader *ring;
	char ring_path[CONFIG_TEXT_MAX + 32];
	struct link *topology, *names, *collector;
	struct consumers consumers;
	struct timer check;
	uint64_t run, acked_seq, jumps_told;
	struct stats stats;
	double *turns, *duplicates;
	bool began_epoch;
};

/* Only where the collector keeps something for it. */
static void acknowledge(struct estimator *estimator)
{
	const struct state_head *state = &estimator->state.head;

	if (!estimator->turn.rows.shows_ended && state->committed_seq - estimator->acked_seq < ACK_TICKS)
		return;
	estimator->acked_seq = state->committed_seq;
	const struct frame_head head = { .kind = FRAME_ack,
		.epoch = state->epoch,
		.energy_epoch = state->energy_epoch,
		.seq = state->committed_seq };
	const struct ack_once ack = { .committed_seq = state->committed_seq };

	link_send(estimator->collector, &head, &ack, NULL, 0);
}

static void on_forgotten(void *context, uint64_t id)
{
	roster_forget(context, id);
}

static void count(struct estimator *estimator, const char *name, const char *labels, uint64_t value)
{
	*stats_entry(&estimator->stats, STAT_COUNTER, name, labels) = (double)value;
}

static void gauge(struct estimator *estimator, const char *name, double value)
{
	*stats_entry(&estimator->stats, STAT_GAUGE, name, "") = value;
}

static void send_stats(struct estimator *estimator)
{
	const struct state *state = &estimator->state;
	const struct turn *turn = &estimator->turn;
	uint64_t now_ns = clock_mono_ns();

	if (!consumers_stats_are_due(&estimator->consumers))
		return;
	*estimator->turns = (double)loop_turns(estimator->loop);
	gauge(estimator, "rows", state->head.row_count);
	gauge(estimator, "processes", state->head.process_count);
	gauge(estimator, "committed_seq", (double)state->head.committed_seq);
	gauge(estimator, "tick_age_seconds",
		state->head.mono_ns > 0 ? (double)(now_ns - state->head.mono_ns) / 1e9 : -1);
	count(estimator, "rows_dropped_total", "", state->dropped + estimator->roster.dropped);
	count(estimator, "rows_folded_total", "", turn->rows.folded);
	count(estimator, "processes_dropped_total", "", state->processes_dropped);
	count(estimator, "machines_dropped_total", "", estimator->machines.dropped);
	count(estimator, "meter_readings_refused_total", "reason=\"backward\"", turn->doubts.backward);
	count(estimator, "meter_readings_refused_total", "reason=\"beyond\"", turn->doubts.beyond);
	count(estimator, "meter_readings_refused_total", "reason=\"still\"", turn->doubts.still);
	count(estimator, "coarse_turns_total", "", turn->coarse_turns);
	count(estimator, "ticks_skipped_total", "", turn->skipped_ticks);
	count(estimator, "energy_epochs_begun_total", "", turn->energy_epochs + estimator->began_epoch);
	consumers_send_stats(&estimator->consumers, estimator->run, &estimator->stats);
}

/* Once in a while is enough: a meter that jumps may do so every second. */
static void tell_jumps(struct estimator *estimator)
{
	const struct node_doubts *doubts = &estimator->turn.doubts;

	if (doubts->backward + doubts->beyond <= estimator->jumps_told)
		return;
	estimator->jumps_told = 2 * (doubts->backward + doubts->beyond);
	log_warning("meter readings not believed: %llu stepped back, %llu jumped beyond what is possible "
		    "(the last: %s, %.0f J in %.1f s); the model answers for their time. See meter_max_watts",
		(unsigned long long)doubts->backward, (unsigned long long)doubts->beyond,
		doubts->beyond > 0 ? zone_name(doubts->last_zone) : "none", (double)doubts->last_uj / 1e6,
		(double)doubts->last_ns / 1e9);
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
	if (ring_reader_capacity(ring) > estimator->turn.rows.capacity) {
		log_warning("the collector's ring has %u rows, ring_rows here is %u: start both with one "
			    "tanso.conf",
			ring_reader_capacity(ring), estimator->turn.rows.capacity);
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
	rows_forget(&estimator->turn.rows, &estimator->state, consumers_committed(&estimator->consumers));
	state_commit(&estimator->state);
	consumers_send(&estimator->consumers);
	acknowledge(estimator);
	tell_jumps(estimator);
	send_stats(estimator);
	return 0;
}

static int on_check(struct timer *timer)
{
	struct estimator *estimator = container_of(timer, struct estimator, check);

	if (!link_is_stuck(estimator->topology, estimator->collector) && !link_is_cut_off(estimator->names) &&
		!consumers_are_stuck(&estimator->consumers))
		return take_turn(estimator);
	log_error("a peer's frames do not come through: restarting to listen anew");
	return -ENOTCONN;
}

static int on_collector(void *context, const struct frame *frame)
{
	struct estimator *estimator = context;
	bool is_other_ring = estimator->ring == NULL ||
			     !epoch_equal(&frame->head.epoch, ring_reader_epoch(estimator->ring));

	if (frame->head.kind == FRAME_topology) {
		roster_topology(&estimator->roster, frame);
		machines_topology(&estimator->machines, frame);
	}
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

static uint64_t request_of(void *context, uint64_t id)
{
	return roster_cpu_request(context, id);
}

static uint64_t milliwatts(double watts)
{
	return (uint64_t)(watts * 1000 + 0.5);
}

static int open_turn(struct estimator *estimator, uint32_t ring_rows)
{
	const struct config *config = &estimator->config;
	const struct turn_config turn = {
		.node = { .model = &estimator->model,
			.fake_mw = milliwatts(config->fake_watts),
			.warmup_ns = (uint64_t)config->fake_warmup_seconds * NS_PER_SECOND,
			.meter_max_mw = milliwatts(config->meter_max_watts) },
		.share_idle = strcmp(config->share_idle, "equal") == 0     ? IDLE_EQUAL
			      : strcmp(config->share_idle, "request") == 0 ? IDLE_REQUEST
									   : IDLE_NONE,
		.request_of = request_of,
		.context = &estimator->roster,
		.process_rows = (uint32_t)config->process_rows,
	};

	int r = turn_init(&estimator->turn, &turn, ring_rows);
	estimator->turn.rows.forgotten = on_forgotten;
	estimator->turn.rows.context = &estimator->roster;
	estimator->turn.processes.machines = &estimator->machines;
	return r;
}

/* A state of another model, or none: a new energy epoch begins, and everybody is told by its number. */
static int open_state(struct estimator *estimator, uint32_t ring_rows)
{
	int r = state_open(&estimator->state, ring_rows, &estimator->began_epoch);

	if (r < 0)
		return r;
	if (!estimator->began_epoch &&
		memcmp(estimator->state.head.model_hash, estimator->model.hash, 32) != 0) {
		log_warning("the power model or the host changed: a new energy epoch begins");
		estimator->began_epoch = true;
	}
	if (estimator->began_epoch)
		state_reset(&estimator->state, clock_now().real_ns, estimator->model.hash);
	estimator->state.head.has_passed = estimator->config.metrics_counters;
	return 0;
}

static int open_books(struct estimator *estimator)
{
	uint32_t ring_rows = (uint32_t)estimator->config.ring_rows;
	struct model_error error;
	char generations[512];
	int r = host_read(&estimator->config, &estimator->host);

	if (r == -EINVAL) {
		host_generations(generations, sizeof(generations));
		log_error("host_cpu_generation = %s: no such generation; there are: %s",
			estimator->config.host_cpu_generation, generations);
	} else if (r < 0) {
		log_error("procfs_root = %s: cpuinfo or meminfo cannot be read there: %s",
			estimator->config.procfs_root, strerror(-r));
	}
	if (r < 0)
		return r;
	r = model_make(&estimator->config, &estimator->host, &estimator->model, &error);
	if (r < 0) {
		log_error("model = %s: %s", estimator->config.model,
			error.text[0] != '\0' ? error.text : strerror(-r));
		return r;
	}
	if ((r = open_state(estimator, ring_rows)) < 0 ||
		(r = roster_init(&estimator->roster, estimator->state.capacity)) < 0 ||
		(r = machines_init(&estimator->machines)) < 0 || (r = open_turn(estimator, ring_rows)) < 0)
		return r;
	snprintf(estimator->ring_path, sizeof(estimator->ring_path), "%s/collector/ring.sock",
		estimator->config.runtime_dir);
	return 0;
}

static int add_link(struct estimator *estimator, struct link *link)
{
	link_count_in(link, &estimator->stats);
	return loop_add(estimator->loop, link_source(link));
}

static int open_links(struct estimator *estimator)
{
	const char *dir = estimator->config.runtime_dir;
	int r;

	estimator->consumers = (struct consumers) { .state = &estimator->state,
		.turn = &estimator->turn,
		.roster = &estimator->roster,
		.machines = &estimator->machines };
	if ((r = link_listen(&estimator->topology, dir, STAGE_ESTIMATOR, STAGE_COLLECTOR, on_collector,
		     estimator)) < 0 ||
		(r = link_listen(
			 &estimator->names, dir, STAGE_ESTIMATOR, STAGE_RESOLVER, on_names, estimator)) < 0 ||
		(r = link_dial(&estimator->collector, dir, STAGE_COLLECTOR, STAGE_ESTIMATOR, NULL, NULL)) <
			0 ||
		(r = add_link(estimator, estimator->topology)) < 0 ||
		(r = add_link(estimator, estimator->names)) < 0 ||
		(r = add_link(estimator, estimator->collector)) < 0 ||
		(r = consumers_open(
			 &estimator->consumers, &estimator->config, estimator->loop, &estimator->stats)) < 0)
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
	consumers_close(&estimator->consumers);
	ring_reader_free(estimator->ring);
	state_done(&estimator->state);
	roster_done(&estimator->roster);
	machines_done(&estimator->machines);
	turn_done(&estimator->turn);
	timer_close(&estimator->check);
	loop_free(estimator->loop);
}

/* What the model would say of each part: a meter goes before it. Memory is a rate per GB, or by a formula of the kind of host. */
static void describe_model(const struct estimator *estimator, char *text, size_t size)
{
	const struct model *model = &estimator->model;
	char memory[64];

	if (model->choice[0].has_dram)
		snprintf(memory, sizeof(memory), "%s",
			in_language("memory by its own formula", "메모리는 별도 식"));
	else
		snprintf(memory, sizeof(memory), in_language("memory %.0f W more", "메모리 %.0f W 별도"),
			(double)model->dram_mw / 1000);
	snprintf(text, size,
		in_language("%s, %u threads, model %s: CPU %.0f-%.0f W ±%u %%, %s",
			"%s, 스레드 %u개, 모델 %s: CPU %.0f-%.0f W ±%u %%, %s"),
		estimator->host.generation, estimator->host.cpus, model->name, (double)model->idle_mw / 1000,
		(double)model->full_mw / 1000, model->error_ppm / 10000, memory);
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
		(r = open_books(&estimator)) < 0 || (r = config_end_check(&estimator.config)) < 0 ||
		(r = open_links(&estimator)) < 0 || (r = start_timer(&estimator)) < 0 ||
		(r = sandbox_enter(STAGE_ESTIMATOR)) < 0) {
		log_start_failure(r);
		return EXIT_FAILURE;
	}
	describe_model(&estimator, status, sizeof(status));
	ready_notify(status);
	r = loop_run(estimator.loop);
	close_all(&estimator);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
