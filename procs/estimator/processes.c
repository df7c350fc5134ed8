#include "estimator/processes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/wide.h"

#define START_GRAIN_NS (10 * NS_PER_MILLISECOND) /* starttime of /proc/<pid>/stat counts clock ticks */
#define FADE_SHIFT     3 /* recent_uj loses an eighth a turn: the last eight turns count */
#define NOBODY         UINT32_MAX
#define KEEP_TIMES     2 /* who is listed gives way to one that used so many times as much */
#define MACHINE_FIRST  (UINT64_C(1) << 63) /* in a score: more than any process has µJ */

struct candidate {
	uint64_t score, key;
	uint32_t index;
};

int processes_init(struct processes *processes, uint32_t ring_rows, uint32_t limit)
{
	size_t rows = (size_t)ring_rows + FINALS_MAX + 1;

	*processes = (struct processes) { .capacity = ring_rows,
		.limit = limit,
		.shown = calloc(ring_rows, sizeof(*processes->shown)),
		.position = calloc(ring_rows, sizeof(*processes->position)),
		.growth = calloc(ring_rows, sizeof(*processes->growth)),
		.owner_at = calloc(ring_rows, sizeof(*processes->owner_at)),
		.owner = calloc(ring_rows, sizeof(*processes->owner)),
		.gained_uj = calloc(ring_rows, sizeof(*processes->gained_uj)),
		.first = calloc(rows + 1, sizeof(*processes->first)),
		.members = calloc(ring_rows, sizeof(*processes->members)),
		.takers = calloc(ring_rows, sizeof(*processes->takers)),
		.candidates = calloc(ring_rows, sizeof(*processes->candidates)) };
	return processes->shown == NULL || processes->position == NULL || processes->growth == NULL ||
			       processes->owner_at == NULL || processes->owner == NULL ||
			       processes->gained_uj == NULL || processes->first == NULL ||
			       processes->members == NULL || processes->takers == NULL ||
			       processes->candidates == NULL
		       ? -ENOMEM
		       : 0;
}

void processes_done(struct processes *processes)
{
	free(processes->shown);
	free(processes->position);
	free(processes->growth);
	free(processes->owner_at);
	free(processes->owner);
	free(processes->gained_uj);
	free(processes->first);
	free(processes->members);
	free(processes->takers);
	free(processes->candidates);
	*processes = (struct processes) { 0 };
}

uint32_t processes_listed_most(uint32_t limit, uint32_t machines)
{
	uint32_t told = machines < MACHINES_MAX ? machines : MACHINES_MAX;

	return told > limit ? told : limit;
}

/* who is there */

/* Its numbers leave the frame, or come back as they were: what a reader saw of it never goes down. */
static void set_listed(struct state *state, struct state_process *process, bool is_listed)
{
	if (process->is_listed == is_listed)
		return;
	for (int zone = 0; zone < STATE_ZONES; zone++)
		state->head.ended_uj[zone] +=
			is_listed ? -process->listed_uj[zone] : process->listed_uj[zone];
	process->is_listed = is_listed;
}

/* Its energy stays with the row it was used in. */
static void leave_row(struct state *state, struct state_process *process)
{
	uint32_t index;

	if (!idmap_find(&state->by_id, process->id, &index))
		return; /* rows do not go before their processes: not reached */
	for (int zone = 0; zone < STATE_ZONES; zone++)
		state->rows[index].rest_uj[zone] += process->active_uj[zone];
}

/* The row whose energy the process shares: its cgroup's, or (other) where that found no room in the ring. */
static uint32_t owner_of(const struct state *state, const struct rows *rows, uint64_t id)
{
	uint32_t index;

	if (idmap_find(&state->by_id, id, &index) && rows->shown[index] != 0)
		return index + 1;
	if (idmap_find(&state->by_id, ROW_ID_OTHER, &index) && rows->shown[index] != 0)
		return index + 1;
	return 0;
}

static void end(struct state *state, uint32_t index)
{
	set_listed(state, &state->processes[index], false);
	leave_row(state, &state->processes[index]);
	state_process_remove(state, index);
}

/* Most stand in the bank where they stood in the last turn, at `place`. */
static bool find_process(
	const struct state *state, const struct ring_row *row, uint32_t place, uint32_t *ret_index)
{
	if (place > 0 && place <= state->head.process_count &&
		state->processes[place - 1].tgid == row->tgid &&
		state->processes[place - 1].start_ns == row->start_ns) {
		*ret_index = place - 1;
		return true;
	}
	return idmap_find(&state->by_process, state_process_key(row->tgid, row->start_ns), ret_index);
}

static void find_known(struct processes *processes, const struct state *state, const struct rows *rows)
{
	uint32_t index;

	memset(processes->shown, 0, state->head.process_count * sizeof(*processes->shown));
	for (uint32_t i = 0; i < rows->count; i++) {
		const struct ring_row *row = &rows->bank[i];
		uint32_t place = processes->position[i];
		processes->position[i] = 0;
		processes->owner_at[i] = row->kind == ROW_PROCESS ? owner_of(state, rows, row->id) : 0;
		if (processes->owner_at[i] == 0 || !find_process(state, row, place, &index))
			continue;
		processes->position[i] = index + 1;
		processes->shown[index] = i + 1;
	}
}

static void end_unshown(struct processes *processes, struct state *state)
{
	for (uint32_t i = 0; i < state->head.process_count;) {
		if (processes->shown[i] != 0) {
			i++;
			continue;
		}
		end(state, i);
		uint32_t last = state->head.process_count;
		processes->shown[i] = processes->shown[last];
		if (i < last && processes->shown[i] != 0)
			processes->position[processes->shown[i] - 1] = i + 1;
	}
}

void processes_end_all(struct state *state)
{
	while (state->head.process_count > 0)
		end(state, state->head.process_count - 1);
}

/* It went to another cgroup: there it begins with nothing; what is listed of it goes on. */
static void enter_row(struct state *state, struct state_process *process, uint64_t id)
{
	if (process->id == id)
		return;
	if (process->id != 0)
		leave_row(state, process);
	memset(process->active_uj, 0, sizeof(process->active_uj));
	process->id = id;
}

/* Bytes x seconds since the last turn: what it holds now is taken as held since then, or since its birth. */
static uint64_t held_since(
	const struct ring_row *shown, const struct state_head *now, const struct state_head *before)
{
	uint64_t held_ns = now->mono_ns - before->mono_ns;
	uint64_t age_ns = now->boot_ns > shown->start_ns ? now->boot_ns - shown->start_ns : 0;

	return mul_div_u64(shown->resident_bytes, age_ns < held_ns ? age_ns : held_ns, NS_PER_SECOND);
}

static void take(struct processes *processes, struct state *state, const struct rows *rows, uint32_t at,
	struct use_masks uses, const struct state_head *before)
{
	const struct ring_row *shown = &rows->bank[at];
	bool is_new = processes->position[at] == 0;
	struct state_process *process = is_new ? state_process_add(state, shown->tgid, shown->start_ns)
					       : &state->processes[processes->position[at] - 1];

	if (process == NULL)
		return;
	uint32_t index = (uint32_t)(process - state->processes);
	uint32_t owner = processes->owner_at[at] - 1;
	struct use growth = use_take_growth(&process->seen, shown, uses);
	if (uses.counted >> USE_MEMORY & 1)
		growth.by[USE_MEMORY] += held_since(shown, &state->head, before);
	bool has_grown =
		!use_is_zero(&growth) && !(is_new && shown->start_ns + START_GRAIN_NS < before->boot_ns);
	processes->shown[index] = at + 1;
	processes->owner[index] = has_grown ? owner : NOBODY;
	if (has_grown)
		processes->growth[index] = growth;
	enter_row(state, process, state->rows[owner].id);
}

void processes_match(struct processes *processes, struct state *state, const struct rows *rows,
	struct use_masks uses, const struct state_head *before)
{
	find_known(processes, state, rows);
	end_unshown(processes, state);
	for (uint32_t i = 0; i < rows->count; i++)
		if (processes->owner_at[i] != 0)
			take(processes, state, rows, i, uses, before);
}

/* what each gets */

/* Lays the processes of each row that used anything side by side (counting sort): the others, most as a rule, get nothing. */
static void group(struct processes *processes, const struct state *state)
{
	uint32_t rows = state->head.row_count;

	memset(processes->first, 0, (rows + 2) * sizeof(*processes->first));
	for (uint32_t i = 0; i < state->head.process_count; i++)
		if (processes->owner[i] != NOBODY)
			processes->first[processes->owner[i] + 2]++;
	for (uint32_t row = 1; row <= rows; row++)
		processes->first[row + 1] += processes->first[row];
	for (uint32_t i = 0; i < state->head.process_count; i++)
		if (processes->owner[i] != NOBODY)
			processes->members[processes->first[processes->owner[i] + 1]++] = i;
}

/* Fills the shares of those of the row's processes that take part in the zone, most do in dram alone; their sum. */
static uint64_t fill_shares(struct processes *processes, const struct state *state, struct rows *rows,
	uint32_t row, enum zone zone, const struct use_rule *rule, uint32_t *ret_count)
{
	uint64_t sum = 0;
	uint32_t count = 0;

	for (uint32_t i = processes->first[row]; i < processes->first[row + 1]; i++) {
		uint32_t member = processes->members[i];
		const struct state_process *process = &state->processes[member];
		uint64_t weight = use_weight(&processes->growth[member], zone, rule);
		if (weight == 0)
			continue;
		processes->takers[count] = member;
		rows->shares[count++] =
			(struct share) { .id = state_process_key(process->tgid, process->start_ns),
				.weight = weight };
		if (__builtin_add_overflow(sum, weight, &sum))
			sum = UINT64_MAX;
	}
	*ret_count = count;
	return sum;
}

/* Splits what row gained in a zone over its processes and its rest: what it used beyond theirs. */
static void split_row(struct processes *processes, struct state *state, struct rows *rows, uint32_t row,
	enum zone zone, const struct use_rule *rule)
{
	uint32_t count;
	uint64_t used = use_weight(&rows->growth[row], zone, rule),
		 by_living = fill_shares(processes, state, rows, row, zone, rule, &count);

	rows->shares[count] =
		(struct share) { .id = UINT64_MAX, .weight = used > by_living ? used - by_living : 0 };
	if (apportion(rows->gained_uj[row][zone], rows->shares, count + 1, rows->scratch) == 0)
		rows->shares[count].uj = rows->gained_uj[row][zone];
	for (uint32_t i = 0; i < count; i++) {
		state->processes[processes->takers[i]].active_uj[zone] += rows->shares[i].uj;
		processes->gained_uj[processes->takers[i]][zone] = rows->shares[i].uj;
	}
	state->rows[row].rest_uj[zone] += rows->shares[count].uj;
}

void processes_split(
	struct processes *processes, struct state *state, struct rows *rows, const struct use_rule *rule)
{
	memset(processes->gained_uj, 0, state->head.process_count * sizeof(*processes->gained_uj));
	group(processes, state);
	for (uint32_t row = 0; row < state->head.row_count; row++)
		for (enum zone zone = 0; zone < STATE_ZONES; zone++)
			if (rows->gained_uj[row][zone] > 0)
				split_row(processes, state, rows, row, zone, rule);
}

/* who is listed */

static bool is_before(const struct candidate *left, const struct candidate *right)
{
	return left->score != right->score ? left->score > right->score : left->key < right->key;
}

static void swap(struct candidate *left, struct candidate *right)
{
	struct candidate kept = *left;

	*left = *right;
	*right = kept;
}

/* Restores the heap, whose top is the last of its members, below `at`. */
static void sift_down(struct candidate *heap, uint32_t count, uint32_t at)
{
	for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
		if (child + 1 < count && is_before(&heap[child], &heap[child + 1]))
			child++;
		if (!is_before(&heap[at], &heap[child]))
			return;
		swap(&heap[at], &heap[child]);
	}
}

/* Brings the first `wanted` of `count` to the front, in no order: most of the others only meet the heap's top. */
static void select_first(struct candidate *all, uint32_t count, uint32_t wanted)
{
	for (uint32_t at = wanted / 2; at-- > 0;)
		sift_down(all, wanted, at);
	for (uint32_t i = wanted; i < count; i++)
		if (is_before(&all[i], &all[0])) {
			swap(&all[i], &all[0]);
			sift_down(all, wanted, 0);
		}
}

/* One that runs a machine is listed before all others, and beyond the limit: the machine's energy is that of its process,
 * and would be counted again when it came back to the list. It stays one while
 * the topology does not tell so (the collector's restart, or ours): readers would count what they saw of it twice. */
static uint64_t score_of(const struct processes *processes, struct state_process *process, uint64_t key)
{
	uint64_t score = process->recent_uj * (process->is_listed ? KEEP_TIMES : 1);

	if (!process->is_machine && processes->machines != NULL)
		process->is_machine = machines_find(processes->machines, key) != NULL;
	return process->is_machine ? score | MACHINE_FIRST : score;
}

/* Fills the candidates and how many of them to list; false when the list may stay as it is. */
static bool rank(struct processes *processes, struct state *state, uint32_t *ret_wanted)
{
	uint32_t machines = 0;
	uint64_t least_listed = UINT64_MAX, most_unlisted = 0;
	uint32_t listed = 0, count = state->head.process_count;

	for (uint32_t i = 0; i < count; i++) {
		struct state_process *process = &state->processes[i];
		uint64_t key = state_process_key(process->tgid, process->start_ns);
		process->recent_uj -= process->recent_uj >> FADE_SHIFT;
		for (int zone = 0; zone < STATE_ZONES; zone++)
			process->recent_uj += processes->gained_uj[i][zone];
		uint64_t score = score_of(processes, process, key);
		processes->candidates[i] = (struct candidate) { score, key, i };
		listed += process->is_listed;
		machines += process->is_machine;
		if (process->is_listed && score < least_listed)
			least_listed = score;
		if (!process->is_listed && score > most_unlisted)
			most_unlisted = score;
	}
	*ret_wanted = processes_listed_most(processes->limit, machines);
	return listed > *ret_wanted || (listed < *ret_wanted && listed < count) ||
	       most_unlisted > least_listed;
}

static void choose(struct processes *processes, struct state *state, uint32_t wanted)
{
	uint32_t count = state->head.process_count;

	if (wanted > 0 && wanted < count)
		select_first(processes->candidates, count, wanted);
	for (uint32_t i = 0; i < count; i++)
		set_listed(state, &state->processes[processes->candidates[i].index], i < wanted);
}

void processes_list(struct processes *processes, struct state *state)
{
	uint32_t wanted;

	if (rank(processes, state, &wanted))
		choose(processes, state, wanted);
	for (uint32_t i = 0; i < state->head.process_count; i++)
		for (int zone = 0; zone < STATE_ZONES && state->processes[i].is_listed; zone++)
			state->processes[i].listed_uj[zone] += processes->gained_uj[i][zone];
}
