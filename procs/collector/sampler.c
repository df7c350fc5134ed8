#include "collector/sampler.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/wide.h"
#include "collector/memory.h"
#include "collector/reading.h"

#define SPECIAL_ROWS       3                           /* (other), its note, the node's note */
#define FINAL_DELAY_NS     (1500 * NS_PER_MILLISECOND) /* a freed thread is folded ~0.1 s after its end (RCU) */
#define MEMORY_INTERVAL_NS (5 * NS_PER_SECOND)         /* one file a cgroup: not each second */

int sampler_init(struct sampler *sampler, const struct config *config, const struct hierarchy *hierarchy,
	struct usage_reader *usage, struct meters *meters)
{
	*sampler = (struct sampler) { .config = config,
		.hierarchy = hierarchy,
		.usage = usage,
		.meters = meters,
		.capacity = (uint32_t)config->ring_rows,
		.has_memory = hierarchy->memory_file != NULL,
		.wants_walk = true };
	sampler->rows = calloc(sampler->capacity, sizeof(*sampler->rows));
	if (sampler->rows == NULL)
		return -ENOMEM;
	int r = processes_init(&sampler->processes, sampler->capacity);
	uint32_t special = SPECIAL_ROWS + (meters != NULL && meters_know_gpus(meters) ? NODE_GPUS_MAX : 0);
	return r < 0 ? r : cgroups_init(&sampler->cgroups, hierarchy->root, sampler->capacity - special);
}

void sampler_done(struct sampler *sampler)
{
	cgroups_done(&sampler->cgroups);
	processes_done(&sampler->processes);
	free(sampler->rows);
}

/* going on after a restart */

static void resume_note(struct sampler *sampler, const struct ring_row *note)
{
	if (note->id == ROW_ID_OTHER) {
		memcpy(sampler->other_last, note->counter, sizeof(sampler->other_last));
		sampler->cgroups.is_crowded = note->flags & ROW_OTHER;
		return;
	}
	struct cgroup *cgroup = cgroups_find(&sampler->cgroups, note->id);
	if (cgroup != NULL)
		cgroups_set_base(&sampler->cgroups, cgroup, note->counter);
}

/* One that had ended does not live again until that is noticed again: that was told, and is acknowledged as it was. */
static void resume_cgroup(struct sampler *sampler, const struct ring_row *row, uint64_t seq)
{
	if (row->id == ROW_ID_OTHER) {
		memcpy(sampler->other, row->counter, sizeof(sampler->other));
		return;
	}
	struct cgroup *cgroup = cgroups_add(&sampler->cgroups, row->id, 0, "", row->start_ns);
	if (cgroup == NULL)
		return;
	memcpy(cgroup->counter, row->counter, sizeof(cgroup->counter));
	cgroup->working_bytes = row->resident_bytes;
	cgroup->oom_kills = row->oom_kills;
	cgroup->final_seq = row->flags & ROW_FINAL ? seq : 0;
}

static void take_memory(struct sampler *sampler, struct instant now)
{
	bool had_memory = sampler->has_memory;

	sampler->has_memory =
		memory_read(&sampler->cgroups, sampler->hierarchy, sampler->config->procfs_root);
	sampler->memory_read_ns = now.mono_ns;
	if (had_memory && !sampler->has_memory)
		log_warning("no cgroup says how much memory it holds (is the kernel booted with "
			    "cgroup_disable=memory?): whose memory it is nobody knows");
}

void sampler_resume(struct sampler *sampler, const struct ring_tick *tick, const struct ring_row *rows,
	uint32_t count, struct instant now)
{
	const struct ring_row *node_note = NULL;

	/* Who had a row keeps it, notes stand behind. What the walk does not find then has ended: its last numbers
	 * are still owed. */
	for (uint32_t i = 0; i < count; i++) {
		if (rows[i].kind == ROW_CGROUP)
			resume_cgroup(sampler, &rows[i], tick->seq);
		else if (rows[i].kind == ROW_PROCESS)
			processes_resume(&sampler->processes, &rows[i]);
		else if (rows[i].kind == ROW_GPU)
			gpus_resume(&sampler->gpus, &rows[i]);
		else if (rows[i].kind == ROW_NOTE && rows[i].id == ROW_ID_NODE)
			node_note = &rows[i];
		else if (rows[i].kind == ROW_NOTE)
			resume_note(sampler, &rows[i]);
	}
	reading_walk(sampler, now);
	memcpy(sampler->total, tick->total, sizeof(sampler->total));
	node_resume(&sampler->node, tick, node_note);
	sampler->capacity_ns = tick->capacity_ns;
	sampler->last_mono_ns = tick->mono_ns;
	if (sampler->hierarchy->memory_file == NULL)
		return;
	/* What is held now is taken as held while we were away. */
	take_memory(sampler, now);
}

/* from sums to what is published */

static void settle_cgroup(
	struct sampler *sampler, struct cgroup *cgroup, struct instant now, uint64_t next_seq)
{
	uint64_t sum[COUNTER_COUNT] = { 0 };

	for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
		sum[c] = cgroup->ended[c] + cgroup->live[c];
	if (cgroup->is_promoted) /* what it used without a row of its own stands in (other) */
		cgroups_set_base(&sampler->cgroups, cgroup, sum);
	for (int c = 0; c < USAGE_COUNTER_COUNT; c++) {
		uint64_t counter = sum[c] > cgroup->base[c] ? sum[c] - cgroup->base[c] : 0;
		if (counter > cgroup->counter[c]) {
			sampler->total[c] += counter - cgroup->counter[c];
			cgroup->counter[c] = counter;
		}
	}
	/* Live threads: it is there, only not in the tree we see (a cgroup namespace). */
	if (cgroup->removed_ns != 0 && cgroup->final_seq == 0 && cgroup->threads == 0 &&
		now.mono_ns - cgroup->removed_ns >= FINAL_DELAY_NS)
		cgroup->final_seq = next_seq;
}

/* Shrinks when a row is promoted: what is published never goes down. */
static void settle_other(struct sampler *sampler)
{
	for (int c = 0; c < USAGE_COUNTER_COUNT; c++) {
		uint64_t sum = sampler->other_ended[c] + sampler->other_live[c];
		if (sum > sampler->other_last[c]) {
			sampler->other[c] += sum - sampler->other_last[c];
			sampler->total[c] += sum - sampler->other_last[c];
		}
		sampler->other_last[c] = sum;
	}
}

/* laying out the tick */

static struct ring_row *put_row(struct sampler *sampler, uint64_t id, uint8_t kind, const uint64_t *counter)
{
	struct ring_row *row = &sampler->rows[sampler->row_count++];

	*row = (struct ring_row) { .id = id, .kind = kind };
	memcpy(row->counter, counter, sizeof(row->counter));
	return row;
}

static bool has_any(const uint64_t counter[COUNTER_COUNT])
{
	uint64_t any = 0;

	for (int c = 0; c < COUNTER_COUNT; c++)
		any |= counter[c];
	return any != 0;
}

static void put_cgroups(struct sampler *sampler)
{
	for (uint32_t i = 0; i < sampler->cgroups.count; i++) {
		const struct cgroup *cgroup = &sampler->cgroups.all[i];
		struct ring_row *row = put_row(sampler, cgroup->id, ROW_CGROUP, cgroup->counter);
		row->flags = cgroup->final_seq != 0 ? ROW_FINAL : 0;
		row->start_ns = cgroup->start_ns;
		row->resident_bytes = cgroup->working_bytes;
		row->oom_kills = cgroup->oom_kills;
	}
	if (has_any(sampler->other))
		put_row(sampler, ROW_ID_OTHER, ROW_CGROUP, sampler->other)->flags = ROW_OTHER;
}

/* What a restart needs and readers do not: how much of a cgroup's use was counted in (other), and what (other) was. */
static void put_notes(struct sampler *sampler)
{
	for (uint32_t i = 0; i < sampler->cgroups.count; i++)
		if (sampler->cgroups.all[i].has_base)
			put_row(sampler, sampler->cgroups.all[i].id, ROW_NOTE, sampler->cgroups.all[i].base);
	if (has_any(sampler->other_last) || sampler->cgroups.is_crowded)
		put_row(sampler, ROW_ID_OTHER, ROW_NOTE, sampler->other_last)->flags =
			sampler->cgroups.is_crowded ? ROW_OTHER : 0;
	node_note(&sampler->node, &sampler->rows[sampler->row_count++]);
}

static void put_gpus(struct sampler *sampler)
{
	for (uint32_t i = 0; i < sampler->gpus.count && sampler->row_count < sampler->capacity; i++)
		memcpy(&sampler->rows[sampler->row_count++], &sampler->gpus.all[i],
			sizeof(sampler->gpus.all[i]));
}

/* Processes go behind all others and give way to them. Most have not changed since the last layout: their rows stand. */
static void put_processes(struct sampler *sampler)
{
	uint32_t room = sampler->capacity - sampler->row_count;
	uint32_t count = sampler->processes.count < room ? sampler->processes.count : room;
	bool have_moved = sampler->first_process != sampler->row_count;

	sampler->rows_dropped += sampler->processes.count - count;
	sampler->first_process = sampler->row_count;
	for (uint32_t i = 0; i < count; i++) {
		struct process *process = &sampler->processes.all[i];
		if (have_moved || process->is_stale)
			process_row(process, &sampler->rows[sampler->row_count + i]);
		process->is_stale = false;
	}
	sampler->row_count += count;
}

static void lay_out(struct sampler *sampler, struct instant now, uint64_t next_seq)
{
	for (uint32_t i = 0; i < sampler->cgroups.count; i++)
		settle_cgroup(sampler, &sampler->cgroups.all[i], now, next_seq);
	settle_other(sampler);
	sampler->row_count = 0;
	put_cgroups(sampler);
	put_notes(sampler);
	put_gpus(sampler);
	put_processes(sampler);
}

static void read_memory(struct sampler *sampler, struct instant now)
{
	uint64_t since_ns = now.mono_ns - sampler->memory_read_ns;

	if (sampler->hierarchy->memory_file == NULL)
		return;
	/* What was held at the last reading is taken as held since. */
	for (uint32_t i = 0; i < sampler->cgroups.count; i++) {
		struct cgroup *cgroup = &sampler->cgroups.all[i];
		uint64_t grown =
			mul_div_u64(cgroup->memory_bytes, now.mono_ns - sampler->last_mono_ns, NS_PER_SECOND);
		cgroup->counter[COUNTER_mem_byte_seconds] += grown;
		sampler->total[COUNTER_mem_byte_seconds] += grown;
	}
	if (sampler->memory_read_ns == 0 || since_ns >= MEMORY_INTERVAL_NS)
		take_memory(sampler, now);
	working_read(&sampler->working, &sampler->cgroups, sampler->hierarchy, now.mono_ns);
}

static void read_meters(struct sampler *sampler, struct instant now, struct ring_tick *tick)
{
	if (sampler->meters == NULL)
		return;
	meters_read(sampler->meters, now, tick);
	sampler->has_gpus = gpus_read(&sampler->gpus, sampler->meters, &sampler->processes, &sampler->cgroups,
		sampler->other, sampler->total);
}

static void fill_tick(const struct sampler *sampler, struct ring_tick *tick)
{
	tick->capacity_ns = sampler->capacity_ns;
	tick->busy_ns = sampler->total[COUNTER_cpu_ns];
	memcpy(tick->total, sampler->total, sizeof(tick->total));
	tick->counters_valid = sampler->usage->counters;
	if (sampler->has_memory)
		tick->counters_valid |= 1U << COUNTER_mem_byte_seconds;
	if (reading_is_procfs(sampler))
		tick->flags |= TICK_FLAG_PROCFS;
	if (sampler->has_gpus)
		tick->counters_valid |= 1U << COUNTER_gpu_uj;
}

int sampler_read(struct sampler *sampler, struct instant now, uint64_t next_seq, struct ring_tick *ret_tick)
{
	int r;

	*ret_tick =
		(struct ring_tick) { .mono_ns = now.mono_ns, .boot_ns = now.boot_ns, .real_ns = now.real_ns };
	if ((r = node_read(&sampler->node, sampler->config->procfs_root, ret_tick)) < 0 ||
		(r = reading_take(sampler, now)) < 0)
		return r;
	if (sampler->last_mono_ns == 0)
		sampler->last_mono_ns = now.mono_ns;
	sampler->capacity_ns += ret_tick->cpus * (now.mono_ns - sampler->last_mono_ns);
	read_memory(sampler, now);
	sampler->last_mono_ns = now.mono_ns;
	read_meters(sampler, now, ret_tick);
	lay_out(sampler, now, next_seq);
	fill_tick(sampler, ret_tick);
	return 0;
}

void sampler_acknowledge(
	struct sampler *sampler, uint64_t seq, void (*forgotten)(void *context, uint64_t id), void *context)
{
	for (uint32_t i = 0; i < sampler->cgroups.count;) {
		const struct cgroup *cgroup = &sampler->cgroups.all[i];
		if (cgroup->final_seq == 0 || cgroup->final_seq > seq) {
			i++;
			continue;
		}
		uint64_t id = cgroup->id;
		sampler->usage->from_nothing |= cgroup->threads > 0; /* they will want a row again */
		sampler->usage->forget(sampler->usage, id);
		cgroups_remove(&sampler->cgroups, id); /* the last one takes its place: look here again */
		forgotten(context, id);
	}
}

void sampler_report(struct sampler *sampler, struct stats *stats)
{
	sampler->usage->report(sampler->usage, stats);
	*stats_entry(stats, STAT_GAUGE, "memory_accounted", "") = sampler->has_memory;
	*stats_entry(stats, STAT_GAUGE, "cgroups", "") = sampler->cgroups.count;
	*stats_entry(stats, STAT_GAUGE, "ring_rows_used", "") = sampler->row_count;
	*stats_entry(stats, STAT_COUNTER, "cgroup_walks_total", "") = sampler->walks;
	*stats_entry(stats, STAT_COUNTER, "rows_dropped_total", "") = sampler->rows_dropped;
	*stats_entry(stats, STAT_COUNTER, "gpus_left_out_total", "") = sampler->gpus.left_out;
	*stats_entry(stats, STAT_COUNTER, "processes_dropped_total", "") = sampler->processes.dropped;
}
