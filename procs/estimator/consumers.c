#include "estimator/consumers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/origin.h"
#include "estimator/publish.h"

static struct frame_head head_of(const struct consumers *consumers, enum frame_kind kind)
{
	const struct state_head *head = &consumers->state->head;

	return (struct frame_head) { .kind = (uint8_t)kind,
		.epoch = head->epoch,
		.energy_epoch = head->energy_epoch,
		.seq = head->committed_seq };
}

static void send_workloads(struct consumer *consumer)
{
	struct consumers *consumers = consumer->consumers;
	struct frame_head head = head_of(consumers, FRAME_workload);
	const struct workload_once once = { .full = 1 };

	roster_rows(consumers->roster, consumers->workload_rows);
	link_send(consumer->out, &head, &once, consumers->workload_rows, consumers->roster->count);
}

static void send_power(struct consumer *consumer)
{
	struct consumers *consumers = consumer->consumers;
	struct frame_head head = head_of(consumers, FRAME_power);
	struct power_once once;

	publish_power(consumers->state, consumers->turn, &once, consumers->power_rows);
	link_send(consumer->out, &head, &once, consumers->power_rows, consumers->state->head.row_count);
}

static void send_processes(struct consumer *consumer)
{
	struct consumers *consumers = consumer->consumers;
	struct frame_head head = head_of(consumers, FRAME_process);
	struct process_once once;
	size_t count = publish_processes(
		consumers->state, consumers->turn, consumers->machines, &once, consumers->process_rows);

	link_send(consumer->out, &head, &once, consumers->process_rows, count);
}

/* Before the power frame, which says that they are whole. */
static void send_gpus(struct consumer *consumer)
{
	struct consumers *consumers = consumer->consumers;
	struct frame_head head = head_of(consumers, FRAME_gpus);
	const struct gpus_once once = { 0 };
	struct gpus_row rows[NODE_GPUS_MAX];
	size_t count = publish_gpus(consumers->state, consumers->turn, rows);

	if (count > 0)
		link_send(consumer->out, &head, &once, rows, count);
}

static void send_counters(struct consumer *consumer)
{
	struct consumers *consumers = consumer->consumers;
	struct frame_head head = head_of(consumers, FRAME_counters);
	struct counters_once once;

	if (consumers->counters_rows == NULL)
		return;
	publish_counters(consumers->state, &once, consumers->counters_rows);
	link_send(consumer->out, &head, &once, consumers->counters_rows, consumers->state->head.row_count);
}

static void send_energy(struct consumer *consumer)
{
	if (!consumer->consumers->turn->has_run)
		return; /* the state's energy without a turn has no source: the first turn sends it */
	if (consumer->stage == STAGE_EXPORTER) {
		send_gpus(consumer);
		send_counters(consumer);
	}
	send_power(consumer);
	if (consumer->stage == STAGE_EXPORTER)
		send_processes(consumer);
}

/* Names first: what came before them would be nobody's. With a new energy epoch a consumer forgets who its rows were. */
static void send_all(struct consumer *consumer, bool has_changed)
{
	uint64_t energy_epoch = consumer->consumers->state->head.energy_epoch;

	if (has_changed || consumer->told_energy_epoch != energy_epoch)
		send_workloads(consumer);
	send_energy(consumer);
	if (consumer->consumers->turn->has_run)
		consumer->told_energy_epoch = energy_epoch;
}

static void on_connected(void *context)
{
	send_all(context, true);
}

void consumers_send(struct consumers *consumers)
{
	bool has_changed = consumers->roster->has_changed;

	for (int i = 0; i < CONSUMER_COUNT; i++) {
		struct consumer *consumer = &consumers->each[i];
		send_all(consumer, link_owes_full(consumer->out) || has_changed);
	}
}

bool consumers_stats_are_due(const struct consumers *consumers)
{
	return link_stats_are_due(consumers->each[CONSUMER_EXPORTER].out);
}

void consumers_send_stats(struct consumers *consumers, uint64_t run, const struct stats *stats)
{
	link_send_stats(consumers->each[CONSUMER_EXPORTER].out, STAGE_ESTIMATOR, run, stats);
}

static int on_ack(void *context, const struct frame *frame)
{
	struct consumer *consumer = context;
	const struct ack_once *ack = frame->once;

	consumer->epoch = frame->head.epoch;
	consumer->energy_epoch = frame->head.energy_epoch;
	consumer->committed_seq = ack->committed_seq;
	return 0;
}

uint64_t consumers_committed(const struct consumers *consumers)
{
	const struct state_head *head = &consumers->state->head;
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < CONSUMER_COUNT; i++) {
		const struct consumer *consumer = &consumers->each[i];
		/* A number of another epoch says nothing about this one's ticks. */
		bool is_ours = consumer->energy_epoch == head->energy_epoch &&
			       epoch_equal(&consumer->epoch, &head->epoch);
		uint64_t committed_seq = is_ours ? consumer->committed_seq : 0;
		if (consumer->is_waited_for && committed_seq < least)
			least = committed_seq;
	}
	return least;
}

bool consumers_are_stuck(const struct consumers *consumers)
{
	bool is_stuck = false;

	for (int i = 0; i < CONSUMER_COUNT; i++)
		is_stuck |= link_is_stuck(consumers->each[i].acks, consumers->each[i].out);
	return is_stuck;
}

static int add_link(struct loop *loop, struct link *link, struct stats *stats)
{
	link_count_in(link, stats);
	return loop_add(loop, link_source(link));
}

static int open_one(
	struct consumer *consumer, const struct config *config, struct loop *loop, struct stats *stats)
{
	const char *dir = config->runtime_dir;
	int r;

	/* an analyst that reads its power elsewhere takes nothing here */
	consumer->is_waited_for = strstr(config->consumers, stage_name(consumer->stage)) != NULL &&
				  (consumer->stage != STAGE_ANALYST || origin_of(config) == ORIGIN_PIPELINE);
	if ((r = link_dial(&consumer->out, dir, consumer->stage, STAGE_ESTIMATOR, on_connected, consumer)) <
			0 ||
		(r = link_listen(&consumer->acks, dir, STAGE_ESTIMATOR, consumer->stage, on_ack, consumer)) <
			0 ||
		(r = add_link(loop, consumer->out, stats)) < 0)
		return r;
	return add_link(loop, consumer->acks, stats);
}

int consumers_open(
	struct consumers *consumers, const struct config *config, struct loop *loop, struct stats *stats)
{
	static const enum stage stages[CONSUMER_COUNT] = { STAGE_EXPORTER, STAGE_ANALYST };
	size_t listed =
		processes_listed_most((uint32_t)config->process_rows, MACHINES_MAX) + PUBLISH_REST_ROWS;
	int r = 0;

	consumers->workload_rows = calloc(consumers->roster->capacity, sizeof(*consumers->workload_rows));
	consumers->power_rows = calloc(consumers->state->capacity, sizeof(*consumers->power_rows));
	consumers->process_rows = calloc(listed, sizeof(*consumers->process_rows));
	if (consumers->workload_rows == NULL || consumers->power_rows == NULL ||
		consumers->process_rows == NULL)
		return -ENOMEM;
	if (config->metrics_counters) {
		consumers->counters_rows =
			calloc(consumers->state->capacity, sizeof(*consumers->counters_rows));
		if (consumers->counters_rows == NULL)
			return -ENOMEM;
	}
	for (int i = 0; r == 0 && i < CONSUMER_COUNT; i++) {
		consumers->each[i] = (struct consumer) { .stage = stages[i], .consumers = consumers };
		r = open_one(&consumers->each[i], config, loop, stats);
	}
	return r;
}

void consumers_close(struct consumers *consumers)
{
	free(consumers->workload_rows);
	free(consumers->power_rows);
	free(consumers->process_rows);
	free(consumers->counters_rows);
}
