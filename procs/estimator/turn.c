#include "estimator/turn.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "estimator/gpus.h"

#define COUNTED_ENOUGH_NS (200 * NS_PER_MILLISECOND) /* before that, no watt is shown */
#define LAP_MARGIN        64                         /* ticks that may be overwritten while we read */

int turn_init(struct turn *turn, const struct turn_config *config, uint32_t ring_rows)
{
	*turn = (struct turn) { .config = *config };
	int r = rows_init(&turn->rows, ring_rows);
	return r < 0 ? r : processes_init(&turn->processes, ring_rows, config->process_rows);
}

void turn_done(struct turn *turn)
{
	rows_done(&turn->rows);
	processes_done(&turn->processes);
}

/* The first tick of a counter epoch is where the node's energy begins; rows begin at zero with their counters, or, if we
 * come more than RING_TICKS late, where they stand now. */
static int begin_epoch(
	struct turn *turn, struct state *state, const struct ring_reader *ring, uint64_t head_seq)
{
	struct ring_tick tick;
	bool is_late = ring_read_tick(ring, 1, &tick) == -ESTALE;
	int r = is_late ? ring_read_tick(ring, head_seq, &tick) : 0;

	if (r < 0 || (is_late && (r = rows_read(&turn->rows, ring, head_seq)) < 0))
		return r;
	for (uint32_t i = 0; i < state->head.row_count; i++) {
		state->rows[i].seen = (struct use) { 0 };
		memset(state->rows[i].network, 0, sizeof(state->rows[i].network));
		state->rows[i].final_seq = 0; /* ended ones get a number of this epoch */
	}
	if (state->head.has_passed)
		memset(state->passed, 0, state->head.row_count * sizeof(*state->passed));
	processes_end_all(state);
	gpus_begin(state);
	node_begin(&state->head, ring_reader_epoch(ring), &tick);
	if (is_late) {
		const struct use_masks uses = { use_mask(tick.counters_valid), 0 };
		const struct node_gain nothing = { 0 };
		rows_match(&turn->rows, state, uses);
		processes_match(&turn->processes, state, &turn->rows, uses, &state->head);
		gpus_split(&turn->rows, state, &nothing, false);
	}
	return 0;
}

/* Joules of a pretended meter and real ones never stand in one counter: whoever adds up could not tell them apart. */
static void part_fake_from_real(struct turn *turn, struct state *state, bool is_fake)
{
	struct state_head *head = &state->head;

	if (head->counted_ns > 0) {
		state_restart_energy(state, head->real_ns, head->boot_ns);
		turn->energy_epochs++;
	}
	head->is_fake = is_fake;
}

/* The number of the next tick to try after one that was overwritten or is nonsense: the tick after the gap carries the
 * difference, at its mean load. */
static uint64_t skip_ticks(struct turn *turn, const struct ring_reader *ring, uint64_t seq, bool is_lapped)
{
	uint64_t head_seq = ring_reader_head(ring), next = seq + 1;

	if (is_lapped && head_seq > seq + RING_TICKS - LAP_MARGIN)
		next = head_seq - (RING_TICKS - LAP_MARGIN);
	turn->skipped_ticks += next - seq;
	return next;
}

/* Counts ticks until the newest, or until one whose energy is of the other kind. */
static void integrate(struct turn *turn, struct state *state, const struct ring_reader *ring,
	uint64_t head_seq, struct node_gain *gain)
{
	struct ring_tick tick;

	for (uint64_t seq = state->head.committed_seq + 1; seq <= head_seq;) {
		int r = ring_read_tick(ring, seq, &tick);
		if (r < 0) {
			turn->coarse_turns += !(gain->flags & TICK_FLAG_COARSE);
			gain->flags |= TICK_FLAG_COARSE;
			seq = skip_ticks(turn, ring, seq, r == -ESTALE);
			continue;
		}
		bool is_fake = node_is_fake(&turn->config.node, &state->head, &tick);
		if (is_fake != (bool)state->head.is_fake) {
			if (gain->ticks > 0)
				return;
			part_fake_from_real(turn, state, is_fake);
		}
		node_count_tick(&turn->config.node, &state->head, &tick, gain, &turn->doubts);
		seq++;
	}
}

static void split(struct turn *turn, struct state *state, const struct state_head *before,
	uint32_t newest_valid, struct node_gain *gain)
{
	uint32_t uses = use_mask(gain->counters_valid);
	/* The GPUs' energy comes when their meter answers again: so does the account of who used them. */
	bool are_gpus_held = gain->awaited >> ZONE_GPU & 1 && gain->total_uj[ZONE_GPU] == 0;
	const struct use_masks masks = { use_mask(newest_valid), are_gpus_held ? 1U << USE_GPU : 0 };
	const struct use_rule rule = { .has_cycles = uses >> USE_CYCLES & 1,
		.has_misses = uses >> USE_MISSES & 1,
		.is_dram_by_bytes = gain->is_dram_by_bytes };

	rows_match(&turn->rows, state, masks);
	processes_match(&turn->processes, state, &turn->rows, masks, before);
	rows_split(&turn->rows, state, &rule, turn->config.node.model, gain);
	gpus_split(&turn->rows, state, gain, are_gpus_held);
	processes_split(&turn->processes, state, &turn->rows, &rule);
	rows_share_idle(&turn->rows, state, gain, turn->config.share_idle, turn->config.request_of,
		turn->config.context);
	processes_list(&turn->processes, state);
	for (int zone = 0; zone < ZONE_COUNT; zone++) {
		state->head.total_uj[zone] += gain->total_uj[zone];
		state->head.idle_uj[zone] += gain->idle_uj[zone];
	}
}

static void describe(struct turn *turn, const struct state_head *before, const struct state_head *now,
	const struct node_gain *gain)
{
	turn->has_run = true;
	turn->from_seq = before->committed_seq;
	turn->from_boot_ns = before->boot_ns;
	turn->from_real_ns = before->real_ns;
	turn->flags = gain->flags;
	turn->zone_mask = gain->zone_mask;
	turn->error_ppm = gain->error_ppm;
	turn->state = now->counted_ns < COUNTED_ENOUGH_NS ? POWER_INITIALIZING : gain->state;
	memcpy(turn->source, gain->source, sizeof(turn->source));
}

int turn_run(struct turn *turn, struct state *state, const struct ring_reader *ring)
{
	uint64_t head_seq = ring_reader_head(ring);
	struct node_gain gain;
	int r;

	if (head_seq == 0)
		return 0;
	if (!epoch_equal(&state->head.epoch, ring_reader_epoch(ring)) &&
		(r = begin_epoch(turn, state, ring, head_seq)) < 0)
		return r;
	if (head_seq <= state->head.committed_seq)
		return 0;
	/* The rows first: if the ring laps them while we look, nothing has been touched yet. */
	if ((r = rows_read(&turn->rows, ring, head_seq)) < 0)
		return r;
	const struct state_head before = state->head;
	node_gain_init(&gain, &before);
	integrate(turn, state, ring, head_seq, &gain);
	if (gain.ticks == 0)
		return 0;
	split(turn, state, &before, state->head.counters_valid, &gain);
	describe(turn, &before, &state->head, &gain);
	return 1;
}
