#include "estimator/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int rows_init(struct rows *rows, uint32_t ring_rows)
{
	size_t all = (size_t)ring_rows + FINALS_MAX + 1;

	*rows = (struct rows) { .capacity = ring_rows,
		.bank = calloc(ring_rows, sizeof(*rows->bank)),
		.shown = calloc(all, sizeof(*rows->shown)),
		.growth = calloc(all, sizeof(*rows->growth)),
		.gained_uj = calloc(all, sizeof(*rows->gained_uj)),
		.shares = calloc(all, sizeof(*rows->shares)),
		.scratch = calloc(all, sizeof(*rows->scratch)) };
	return rows->bank == NULL || rows->shown == NULL || rows->growth == NULL || rows->gained_uj == NULL ||
			       rows->shares == NULL || rows->scratch == NULL
		       ? -ENOMEM
		       : 0;
}

void rows_done(struct rows *rows)
{
	free(rows->bank);
	free(rows->shown);
	free(rows->growth);
	free(rows->gained_uj);
	free(rows->shares);
	free(rows->scratch);
	*rows = (struct rows) { 0 };
}

int rows_read(struct rows *rows, const struct ring_reader *ring, uint64_t seq)
{
	return ring_read_rows(ring, seq, rows->bank, &rows->count);
}

static void forget(struct rows *rows, struct state *state, uint32_t index)
{
	if (rows->forgotten != NULL)
		rows->forgotten(rows->context, state->rows[index].id);
	state_remove(state, index);
	rows->shown[index] = rows->shown[state->head.row_count];
}

/* A row that is gone from the bank does not grow any more. */
static uint32_t mark_unshown(struct rows *rows, struct state *state)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < state->head.row_count; i++) {
		struct state_row *row = &state->rows[i];
		if (rows->shown[i] != 0)
			continue;
		row->flags |= ROW_FINAL;
		if (row->final_seq == 0)
			row->final_seq = state->head.committed_seq;
		count++;
	}
	return count;
}

static int by_value(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

/* When the final_seq of `count` ended rows are sorted, that of the last one to go. 0: out of memory, nobody goes. */
static uint64_t last_to_go(const struct rows *rows, const struct state *state, uint32_t count)
{
	uint64_t *seqs = calloc(count, sizeof(*seqs)), last;
	uint32_t at = 0;

	if (seqs == NULL)
		return 0;
	for (uint32_t i = 0; i < state->head.row_count; i++)
		if (rows->shown[i] == 0)
			seqs[at++] = state->rows[i].final_seq;
	qsort(seqs, count, sizeof(*seqs), by_value);
	last = seqs[count - FINALS_MAX - 1];
	free(seqs);
	return last;
}

/* Too many ended rows wait to be acknowledged: the oldest lose their names. Their energy stays in the node's sum, where a
 * consumer that has not booked it finds it without a workload; whoever has, does not book it twice. */
static void fold_oldest(struct rows *rows, struct state *state, uint32_t count)
{
	if (count <= FINALS_MAX)
		return;
	uint64_t last = last_to_go(rows, state, count);
	for (uint32_t i = 0; i < state->head.row_count && count > FINALS_MAX;) {
		if (rows->shown[i] != 0 || state->rows[i].final_seq > last) {
			i++;
			continue;
		}
		forget(rows, state, i);
		rows->folded++;
		count--;
	}
}

static struct passed passed_of(const struct ring_row *shown)
{
	return (struct passed) { .by = {
#define X(name) [PASSED_##name] = shown->counter[COUNTER_##name],
					 PASSED_COUNTERS(X)
#undef X
				 } };
}

static void show(struct rows *rows, struct state *state, uint32_t at, struct use_masks uses)
{
	const struct ring_row *shown = &rows->bank[at];
	struct state_row *row = state_row(state, shown->id);

	rows->shows_ended |= shown->flags & ROW_FINAL;
	if (row == NULL)
		return;
	uint32_t index = (uint32_t)(row - state->rows);
	rows->shown[index] = at + 1;
	rows->growth[index] = use_take_growth(&row->seen, shown, uses);
	memcpy(row->network, &shown->counter[USE_NETWORK_FIRST], sizeof(row->network));
	if (state->head.has_passed)
		state->passed[index] = passed_of(shown);
	row->flags = shown->flags;
	if (!(row->flags & ROW_FINAL))
		row->final_seq = 0;
	else if (row->final_seq == 0)
		row->final_seq = state->head.committed_seq;
}

void rows_match(struct rows *rows, struct state *state, struct use_masks uses)
{
	uint32_t index, known = state->head.row_count;

	memset(rows->shown, 0, known * sizeof(*rows->shown));
	memset(rows->growth, 0, known * sizeof(*rows->growth));
	for (uint32_t i = 0; i < rows->count && known > 0; i++)
		if (rows->bank[i].kind == ROW_CGROUP && idmap_find(&state->by_id, rows->bank[i].id, &index))
			rows->shown[index] = i + 1;
	/* Room is made first: every row of the bank must find its place. */
	fold_oldest(rows, state, mark_unshown(rows, state));
	rows->shows_ended = false;
	for (uint32_t i = 0; i < rows->count; i++)
		if (rows->bank[i].kind == ROW_CGROUP)
			show(rows, state, i, uses);
}

/* Modelled dram: what is held costs its bytes, the rest of the memory is idle. */
static void cut_dram(
	const struct rows *rows, const struct state *state, const struct model *model, struct node_gain *gain)
{
	uint64_t held = 0, active_uj;

	for (uint32_t i = 0; i < state->head.row_count; i++)
		if (__builtin_add_overflow(held, rows->growth[i].by[USE_MEMORY], &held))
			held = UINT64_MAX;
	active_uj = model_memory_uj(model, held);
	if (active_uj < gain->total_uj[ZONE_DRAM])
		gain->idle_uj[ZONE_DRAM] = gain->total_uj[ZONE_DRAM] - active_uj;
	else
		gain->idle_uj[ZONE_DRAM] = 0;
}

/* Whose each GPU's energy is, the collector has told, who knows them apart: the rest of it is nobody's. */
static void cut_gpu(const struct rows *rows, const struct state *state, struct node_gain *gain)
{
	uint64_t most_uj = gain->total_uj[ZONE_GPU] - gain->idle_uj[ZONE_GPU], used_uj = 0;

	for (uint32_t i = 0; i < state->head.row_count && used_uj < most_uj; i++)
		if (__builtin_add_overflow(used_uj, rows->growth[i].by[USE_GPU], &used_uj))
			used_uj = UINT64_MAX;
	if (used_uj < most_uj)
		gain->idle_uj[ZONE_GPU] += most_uj - used_uj;
}

static void split(struct rows *rows, struct state *state, enum zone zone, const struct use_rule *rule,
	struct node_gain *gain)
{
	uint32_t count = state->head.row_count;
	uint64_t active_uj = gain->total_uj[zone] - gain->idle_uj[zone];

	for (uint32_t i = 0; i < count; i++)
		rows->shares[i] = (struct share) { .id = state->rows[i].id,
			.weight = use_weight(&rows->growth[i], zone, rule) };
	if (apportion(active_uj, rows->shares, count, rows->scratch) == 0)
		gain->idle_uj[zone] += active_uj;
	for (uint32_t i = 0; i < count; i++) {
		state->rows[i].active_uj[zone] += rows->shares[i].uj;
		rows->gained_uj[i][zone] = rows->shares[i].uj;
	}
}

void rows_split(struct rows *rows, struct state *state, const struct use_rule *rule,
	const struct model *model, struct node_gain *gain)
{
	static const enum zone zones[] = { ZONE_PACKAGE, ZONE_DRAM, ZONE_GPU };

	memset(rows->gained_uj, 0, state->head.row_count * sizeof(*rows->gained_uj));
	if (rule->is_dram_by_bytes)
		cut_dram(rows, state, model, gain);
	cut_gpu(rows, state, gain);
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++)
		if (gain->total_uj[zones[i]] > 0)
			split(rows, state, zones[i], rule, gain);
}

static uint64_t idle_weight(const struct state_row *row, enum idle_sharing sharing,
	uint64_t (*request_of)(void *context, uint64_t id), void *context)
{
	if (row->final_seq != 0)
		return 0;
	if (sharing == IDLE_EQUAL)
		return row->seen.by[USE_CPU] > 0;
	return request_of(context, row->id);
}

/* One more share, id 0, stands for the part of the machine nobody requested. */
static uint32_t idle_shares(struct rows *rows, const struct state *state, enum idle_sharing sharing,
	uint64_t (*request_of)(void *context, uint64_t id), void *context)
{
	uint64_t allocatable = (uint64_t)state->head.cpus * 1000, requested = 0;
	uint32_t count = state->head.row_count;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t weight = idle_weight(&state->rows[i], sharing, request_of, context);
		rows->shares[i] = (struct share) { .id = state->rows[i].id, .weight = weight };
		if (__builtin_add_overflow(requested, weight, &requested))
			requested = UINT64_MAX;
	}
	bool is_left = sharing == IDLE_REQUEST && requested < allocatable;
	rows->shares[count] = (struct share) { .weight = is_left ? allocatable - requested : 0 };
	return count + 1;
}

void rows_share_idle(struct rows *rows, struct state *state, struct node_gain *gain,
	enum idle_sharing sharing, uint64_t (*request_of)(void *context, uint64_t id), void *context)
{
	static const enum zone zones[] = { ZONE_PACKAGE, ZONE_DRAM };

	if (sharing == IDLE_NONE)
		return;
	uint32_t count = idle_shares(rows, state, sharing, request_of, context);
	for (size_t z = 0; z < sizeof(zones) / sizeof(zones[0]); z++) {
		enum zone zone = zones[z];
		if (apportion(gain->idle_uj[zone], rows->shares, count, rows->scratch) == 0)
			continue;
		gain->idle_uj[zone] = rows->shares[count - 1].uj;
		for (uint32_t i = 0; i + 1 < count; i++)
			state->rows[i].idle_uj[zone] += rows->shares[i].uj;
	}
}

void rows_forget(struct rows *rows, struct state *state, uint64_t seq)
{
	for (uint32_t i = 0; i < state->head.row_count;) {
		const struct state_row *row = &state->rows[i];
		if (row->final_seq == 0 || row->final_seq > seq || rows->shown[i] != 0)
			i++;
		else
			forget(rows, state, i);
	}
}
