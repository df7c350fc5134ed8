#include "estimator/turn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/wide.h"

#define COUNTED_ENOUGH_NS  (200 * NS_PER_MILLISECOND) /* before that, no watt is shown */
#define MEASURED_ERROR_PPM 50000                      /* engineering default for RAPL, docs/methodology.md */
#define PJ_PER_UJ          1000000                    /* mW x ns = pJ */

/* Energy of one turn, by zone. */
struct gained {
	uint64_t total_uj[ZONE_MAX], idle_uj[ZONE_MAX];
	bool is_measured, is_fake;
	uint32_t zone_mask;
};

int turn_init(struct turn *turn, uint32_t ring_capacity, uint32_t state_capacity)
{
	*turn = (struct turn) { .capacity = ring_capacity };
	turn->rows = calloc(ring_capacity, sizeof(*turn->rows));
	turn->shares = calloc((size_t)state_capacity + 1, sizeof(*turn->shares));
	turn->scratch = calloc((size_t)state_capacity + 1, sizeof(*turn->scratch));
	return turn->rows == NULL || turn->shares == NULL || turn->scratch == NULL ? -ENOMEM : 0;
}

void turn_done(struct turn *turn)
{
	free(turn->rows);
	free(turn->shares);
	free(turn->scratch);
}

static uint64_t energy_uj(uint64_t milliwatts, uint64_t ns)
{
	return mul_div_u64(milliwatts, ns, PJ_PER_UJ);
}

static uint64_t grown(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* A metered zone: the difference of the meter's counter. A slot that failed keeps its last reading, so that what it
 * missed comes with the next good one. */
static void gain_metered(const struct turn *turn, struct state_head *head, const struct ring_meter *slot,
	uint64_t dt_ns, struct gained *gained)
{
	uint64_t bit = UINT64_C(1) << slot->zone;
	uint64_t idle_mw =
		slot->state == METER_FAKE ? turn->config.fake_idle_mw : turn->config.measured_idle_mw;

	gained->zone_mask |= (uint32_t)bit;
	gained->is_fake |= slot->state == METER_FAKE;
	gained->is_measured |= slot->state == METER_OK;
	if (slot->state == METER_FAILED)
		return;
	uint64_t uj = head->meter_known & bit ? grown(slot->uj, head->meter_uj[slot->zone]) : 0;
	head->meter_uj[slot->zone] = slot->uj;
	head->meter_known |= bit;
	gained->total_uj[slot->zone] += uj;
	if (slot->zone == ZONE_PACKAGE)
		gained->idle_uj[slot->zone] += smaller(uj, energy_uj(idle_mw, dt_ns));
	else if (slot->zone != ZONE_DRAM) /* the other zones are not split */
		gained->idle_uj[slot->zone] += uj;
}

static void gain_modelled(const struct turn *turn, const struct state_head *head,
	const struct ring_tick *tick, uint64_t dt_ns, struct gained *gained)
{
	const struct model_input input = { .dt_ns = dt_ns,
		.busy_ns = grown(tick->busy_ns, head->busy_ns),
		.capacity_ns = grown(tick->capacity_ns, head->capacity_ns) };
	struct model_output output;

	model_evaluate(turn->config.model, &input, &output);
	if (!(gained->zone_mask & 1U << ZONE_PACKAGE)) {
		uint64_t uj = energy_uj(output.package_mw, dt_ns);
		gained->total_uj[ZONE_PACKAGE] += uj;
		gained->idle_uj[ZONE_PACKAGE] += smaller(uj, energy_uj(output.package_idle_mw, dt_ns));
	}
	/* Beside the fake meter, whose truth is the package alone, no modelled zone is shown. */
	if (!(gained->zone_mask & 1U << ZONE_DRAM) && !gained->is_fake)
		gained->total_uj[ZONE_DRAM] += energy_uj(output.dram_mw, dt_ns);
}

static void remember_tick(struct state_head *head, const struct ring_tick *tick)
{
	head->committed_seq = tick->seq;
	head->mono_ns = tick->mono_ns;
	head->boot_ns = tick->boot_ns;
	head->real_ns = tick->real_ns;
	head->capacity_ns = tick->capacity_ns;
	head->busy_ns = tick->busy_ns;
	head->cpus = tick->cpus;
}

static void count_tick(
	struct turn *turn, struct state_head *head, const struct ring_tick *tick, struct gained *gained)
{
	uint64_t dt_ns = grown(tick->mono_ns, head->mono_ns);

	gained->zone_mask = 0;
	for (uint32_t i = 0; i < RING_METER_MAX; i++)
		if (tick->meter[i].state != METER_ABSENT && tick->meter[i].zone < ZONE_COUNT)
			gain_metered(turn, head, &tick->meter[i], dt_ns, gained);
	gain_modelled(turn, head, tick, dt_ns, gained);
	turn->zone_mask = gained->zone_mask | 1U << ZONE_PACKAGE | (gained->is_fake ? 0 : 1U << ZONE_DRAM);
	turn->flags |= tick->flags;
	snprintf(turn->source, sizeof(turn->source), "%s",
		gained->is_fake || gained->is_measured ? tick->meter_name : turn->config.model->name);
	head->counted_ns += dt_ns;
	remember_tick(head, tick);
}

/* The first tick of a counter epoch is where the node's energy begins; rows begin at zero with their counters. */
static int begin_epoch(
	struct turn *turn, struct state *state, const struct ring_reader *ring, uint64_t head_seq)
{
	struct state_head *head = &state->head;
	struct ring_tick tick;
	struct gained ignored = { 0 };
	int r = ring_read_tick(ring, 1, &tick);

	if (r == -ESTALE) /* we come more than RING_TICKS late: from here on */
		r = ring_read_tick(ring, head_seq, &tick);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < state->head.row_count; i++) {
		state->rows[i].cpu_ns = state->rows[i].mem_byte_seconds = 0;
		if (state->rows[i].final_seq ==
			0) /* of the old epoch: its energy stays, it does not grow again */
			state->rows[i].final_seq = tick.seq;
	}
	head->epoch = *ring_reader_epoch(ring);
	head->meter_known = 0;
	head->first_boot_ns = head->first_boot_ns != 0 ? head->first_boot_ns : tick.boot_ns;
	head->mono_ns = tick.mono_ns;
	for (uint32_t i = 0; i < RING_METER_MAX; i++)
		if (tick.meter[i].state != METER_ABSENT && tick.meter[i].zone < ZONE_COUNT)
			gain_metered(turn, head, &tick.meter[i], 0, &ignored);
	remember_tick(head, &tick);
	return 0;
}

static int integrate(struct turn *turn, struct state *state, const struct ring_reader *ring,
	uint64_t head_seq, struct gained *gained)
{
	struct ring_tick tick;

	for (uint64_t seq = state->head.committed_seq + 1; seq <= head_seq; seq++) {
		int r = ring_read_tick(ring, seq, &tick);
		if (r ==
			-ESTALE) { /* lapped: the next tick we have carries the difference, at its mean load */
			turn->flags |= TICK_FLAG_COARSE;
			turn->coarse_turns += seq == state->head.committed_seq + 1;
			uint64_t oldest = ring_reader_head(ring) - (RING_TICKS - 64);
			turn->skipped_ticks += oldest > seq ? oldest - seq : 1;
			seq = oldest > seq ? oldest - 1 : seq;
			continue;
		}
		if (r < 0)
			return r;
		count_tick(turn, &state->head, &tick, gained);
	}
	return 0;
}

/* Splits `uj` of a zone by `weight`; what nobody can take is idle. */
static void split(
	struct turn *turn, struct state *state, int zone, uint64_t uj, size_t count, struct gained *gained)
{
	if (apportion(uj, turn->shares, count, turn->scratch) == 0) {
		gained->idle_uj[zone] += uj;
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (turn->shares[i].uj > 0)
			state_row(state, turn->shares[i].id)->active_uj[zone] += turn->shares[i].uj;
}

/* How the rows' counters grew; moves their baselines. The weights of package are CPU time, of dram byte-seconds. */
static size_t take_growth(struct turn *turn, struct state *state, enum counter counter)
{
	size_t count = 0;

	for (uint32_t i = 0; i < turn->row_count; i++) {
		const struct ring_row *row = &turn->rows[i];
		struct state_row *known = row->kind == ROW_CGROUP ? state_row(state, row->id) : NULL;
		if (known == NULL)
			continue;
		uint64_t *baseline = counter == COUNTER_cpu_ns ? &known->cpu_ns : &known->mem_byte_seconds;
		turn->shares[count++] =
			(struct share) { .id = row->id, .weight = grown(row->counter[counter], *baseline) };
		if (row->counter[counter] > *baseline)
			*baseline = row->counter[counter];
	}
	return count;
}

static void split_package(struct turn *turn, struct state *state, struct gained *gained)
{
	size_t count = take_growth(turn, state, COUNTER_cpu_ns);
	uint64_t active_uj = gained->total_uj[ZONE_PACKAGE] - gained->idle_uj[ZONE_PACKAGE];

	split(turn, state, ZONE_PACKAGE, active_uj, count, gained);
}

/* Metered dram goes by memory held. Modelled dram: what is held costs its bytes, the rest of the memory is idle. */
static void split_dram(struct turn *turn, struct state *state, struct gained *gained)
{
	size_t count = take_growth(turn, state, COUNTER_mem_byte_seconds);
	uint64_t total_uj = gained->total_uj[ZONE_DRAM], active_uj = total_uj;

	if (!(gained->zone_mask & 1U << ZONE_DRAM)) {
		uint64_t held = 0;
		for (size_t i = 0; i < count; i++)
			held += turn->shares[i].weight;
		active_uj = smaller(total_uj, model_memory_uj(turn->config.model, held));
	}
	gained->idle_uj[ZONE_DRAM] += total_uj - active_uj;
	split(turn, state, ZONE_DRAM, active_uj, count, gained);
}

/* One more share, id 0, stands for the part of the machine nobody requested. */
static size_t idle_weights(struct turn *turn, const struct state *state)
{
	uint64_t allocatable = (uint64_t)state->head.cpus * 1000, requested = 0;
	size_t count = 0;

	for (uint32_t i = 0; i < state->head.row_count; i++) {
		const struct state_row *row = &state->rows[i];
		uint64_t weight = turn->config.share_idle == IDLE_EQUAL
					  ? row->cpu_ns > 0
					  : turn->config.request_of(turn->config.context, row->id);
		if (row->final_seq != 0 || weight == 0)
			continue;
		turn->shares[count++] = (struct share) { .id = row->id, .weight = weight };
		requested += weight;
	}
	if (turn->config.share_idle == IDLE_REQUEST && requested < allocatable)
		turn->shares[count++] = (struct share) { .id = 0, .weight = allocatable - requested };
	return count;
}

static void share_idle(struct turn *turn, struct state *state, struct gained *gained)
{
	if (turn->config.share_idle == IDLE_NONE)
		return;
	for (int zone = 0; zone < STATE_ZONES; zone++) {
		size_t count = idle_weights(turn, state);
		uint64_t kept_uj = gained->idle_uj[zone];
		if (apportion(kept_uj, turn->shares, count, turn->scratch) == 0)
			continue;
		for (size_t i = 0; i < count; i++) {
			if (turn->shares[i].id == 0 || turn->shares[i].uj == 0)
				continue;
			state_row(state, turn->shares[i].id)->idle_uj[zone] += turn->shares[i].uj;
			kept_uj -= turn->shares[i].uj;
		}
		gained->idle_uj[zone] = kept_uj;
	}
}

/* A row that is flagged final, or is gone from the bank, does not grow any more. */
static void mark_finals(struct turn *turn, struct state *state)
{
	uint64_t seq = state->head.committed_seq;

	for (uint32_t i = 0; i < state->head.row_count; i++)
		state->rows[i].flags |= ROW_FINAL; /* until the bank says otherwise */
	for (uint32_t i = 0; i < turn->row_count; i++) {
		uint32_t index;
		if (turn->rows[i].kind != ROW_CGROUP || !idmap_find(&state->by_id, turn->rows[i].id, &index))
			continue;
		state->rows[index].flags = turn->rows[i].flags;
	}
	for (uint32_t i = 0; i < state->head.row_count; i++) {
		struct state_row *row = &state->rows[i];
		if (!(row->flags & ROW_FINAL))
			row->final_seq = 0;
		else if (row->final_seq == 0)
			row->final_seq = seq;
	}
}

static void describe(struct turn *turn, const struct state *state, const struct gained *gained)
{
	turn->error_ppm = turn->config.model->error_ppm;
	if (gained->is_measured)
		turn->error_ppm = MEASURED_ERROR_PPM;
	if (gained->is_fake)
		turn->error_ppm = 0; /* no error can be stated of what is not real */
	if (state->head.counted_ns < COUNTED_ENOUGH_NS)
		turn->state = POWER_INITIALIZING;
	else if (gained->is_fake)
		turn->state = POWER_FAKE;
	else
		turn->state = gained->is_measured ? POWER_MEASURED : POWER_MODEL;
}

int turn_run(struct turn *turn, struct state *state, const struct ring_reader *ring)
{
	uint64_t head_seq = ring_reader_head(ring);
	struct gained gained = { 0 };
	int r;

	if (head_seq == 0)
		return 0;
	if (!epoch_equal(&state->head.epoch, ring_reader_epoch(ring)) &&
		(r = begin_epoch(turn, state, ring, head_seq)) < 0)
		return r;
	if (head_seq <= state->head.committed_seq)
		return 0;
	/* The rows first: if the ring laps them while we look, nothing has been touched yet. */
	if ((r = ring_read_rows(ring, head_seq, turn->rows, &turn->row_count)) < 0)
		return r;
	turn->from_seq = state->head.committed_seq;
	turn->from_boot_ns = state->head.boot_ns;
	turn->from_real_ns = state->head.real_ns;
	turn->flags = 0;
	const struct state_head before = state->head;
	if ((r = integrate(turn, state, ring, head_seq, &gained)) < 0) {
		state->head = before; /* half a turn never happened */
		return r;
	}
	split_package(turn, state, &gained);
	split_dram(turn, state, &gained);
	share_idle(turn, state, &gained);
	for (int zone = 0; zone < ZONE_COUNT; zone++) {
		state->head.total_uj[zone] += gained.total_uj[zone];
		state->head.idle_uj[zone] += gained.idle_uj[zone];
	}
	mark_finals(turn, state);
	describe(turn, state, &gained);
	return 1;
}
