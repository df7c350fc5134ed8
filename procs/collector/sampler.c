#include "collector/sampler.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/wide.h"
#include "collector/memory.h"
#include "collector/procfs_parse.h"

#define SPECIAL_ROWS       2                           /* (other) */
#define FINAL_DELAY_NS     (1500 * NS_PER_MILLISECOND) /* a freed thread is folded ~0.1 s after its end (RCU) */
#define MEMORY_INTERVAL_NS (5 * NS_PER_SECOND)         /* one file a cgroup: not each second */
#define WALK_INTERVAL_NS   (60 * NS_PER_SECOND)        /* finds what a dropped event would have told */
#define WALK_NO_EVENTS_NS  (10 * NS_PER_SECOND)        /* /proc tells of no removals */
#define STAT_BYTES_MAX     (256 * 1024)

/* What a restart needs and readers do not: what of a row's time was counted in (other), or was (other) at the last
 * reading. */
#define KEPT_BASE 0 /* index in ring_row.spare */

int sampler_init(struct sampler *sampler, const struct config *config, const struct hierarchy *hierarchy,
	struct usage_reader *usage, struct meter *meter)
{
	*sampler = (struct sampler) { .config = config,
		.hierarchy = hierarchy,
		.usage = usage,
		.meter = meter,
		.capacity = (uint32_t)config->ring_rows,
		.wants_walk = true };
	sampler->rows = calloc(sampler->capacity, sizeof(*sampler->rows));
	if (sampler->rows == NULL)
		return -ENOMEM;
	return cgroups_init(&sampler->cgroups, hierarchy->root, sampler->capacity - SPECIAL_ROWS);
}

void sampler_done(struct sampler *sampler)
{
	cgroups_done(&sampler->cgroups);
	free(sampler->rows);
}

static void walk(struct sampler *sampler, struct instant now)
{
	uint32_t known = sampler->cgroups.count;
	int unfit = cgroups_walk(&sampler->cgroups, now.mono_ns, now.boot_ns);

	for (uint32_t i = known; i < sampler->cgroups.count; i++) /* new ones stand behind the known */
		sampler->cgroups.all[i].is_promoted = sampler->other_last_ns > 0;
	sampler->walked_ns = now.mono_ns;
	sampler->walks++;
	sampler->wants_walk = false;
	if (unfit > 0)
		sampler->rows_dropped += unfit;
}

static void resume_row(struct sampler *sampler, const struct ring_row *row)
{
	if (row->id == ROW_ID_OTHER) {
		sampler->other_ns = row->counter[COUNTER_cpu_ns];
		sampler->other_last_ns = row->spare[KEPT_BASE];
		return;
	}
	struct cgroup *cgroup = cgroups_add(&sampler->cgroups, row->id, 0, "", row->start_ns);
	if (cgroup == NULL)
		return;
	cgroup->base_ns = row->spare[KEPT_BASE];
	cgroup->cpu_ns = row->counter[COUNTER_cpu_ns];
	cgroup->mem_byte_seconds = row->counter[COUNTER_mem_byte_seconds];
}

void sampler_resume(struct sampler *sampler, const struct ring_tick *tick, const struct ring_row *rows,
	uint32_t count, struct instant now)
{
	/* Who had a row keeps it. What the walk does not find then has ended: its last numbers are still owed. */
	for (uint32_t i = 0; i < count; i++)
		if (rows[i].kind == ROW_CGROUP)
			resume_row(sampler, &rows[i]);
	walk(sampler, now);
	sampler->busy_ns = tick->busy_ns;
	sampler->capacity_ns = tick->capacity_ns;
	sampler->idle_ns = tick->idle_ns;
	sampler->steal_ns = tick->steal_ns;
	sampler->last_mono_ns = tick->mono_ns;
	if (sampler->hierarchy->memory_file == NULL)
		return;
	/* What is held now is taken as held while we were away. */
	memory_read(&sampler->cgroups, sampler->hierarchy, sampler->config->procfs_root);
	sampler->memory_read_ns = now.mono_ns;
}

/* what a reading reports */

struct reading {
	struct sampler *sampler;
	struct instant now;
	bool has_walked;
};

static struct cgroup *find_or_discover(struct reading *reading, uint64_t id)
{
	struct sampler *sampler = reading->sampler;
	struct cgroup *cgroup = cgroups_find(&sampler->cgroups, id);

	if (cgroup != NULL || id == ROW_ID_OTHER)
		return cgroup;
	if (!reading->has_walked) { /* one walk a reading finds whatever was made since the last */
		reading->has_walked = true;
		walk(sampler, reading->now);
		cgroup = cgroups_find(&sampler->cgroups, id);
	}
	/* Not in the tree we see: outside our cgroup namespace, or already gone. Its energy is kept under its id. */
	if (cgroup == NULL)
		cgroup = cgroups_add(&sampler->cgroups, id, 0, "", reading->now.boot_ns);
	if (cgroup != NULL)
		cgroup->is_promoted = sampler->other_last_ns > 0;
	return cgroup;
}

static void on_ended(void *context, uint64_t id, uint64_t cpu_ns)
{
	struct reading *reading = context;
	struct cgroup *cgroup = find_or_discover(reading, id);

	if (cgroup != NULL)
		cgroup->dead_ns += cpu_ns;
	else
		reading->sampler->other_now_ns += cpu_ns;
}

static void on_thread(void *context, uint64_t id, uint64_t cpu_ns)
{
	struct reading *reading = context;
	struct cgroup *cgroup = find_or_discover(reading, id);

	if (cgroup != NULL)
		cgroup->live_ns += cpu_ns;
	else
		reading->sampler->other_now_ns += cpu_ns;
}

/* Process rows go behind the cgroup rows, from the end of the table backwards, and give way to them. */
static void on_process(void *context, uint64_t cgroup, uint32_t tgid, uint64_t start_ns, uint64_t cpu_ns)
{
	struct sampler *sampler = ((struct reading *)context)->sampler;

	if (sampler->row_count + sampler->cgroups.count + SPECIAL_ROWS >= sampler->capacity) {
		sampler->rows_dropped++;
		return;
	}
	struct ring_row *row = &sampler->rows[sampler->capacity - 1 - sampler->row_count++];
	*row = (struct ring_row) { .id = cgroup, .tgid = tgid, .kind = ROW_PROCESS, .start_ns = start_ns };
	row->counter[COUNTER_cpu_ns] = cpu_ns;
}

static uint64_t parent_of(struct sampler *sampler, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t size = slash == NULL || slash == path ? 1 : (size_t)(slash - path);

	for (uint32_t i = 0; i < sampler->cgroups.count; i++) {
		const struct cgroup *cgroup = &sampler->cgroups.all[i];
		if (strlen(cgroup->path) == size && strncmp(cgroup->path, path, size) == 0)
			return cgroup->id;
	}
	return 0;
}

static void on_cgroup_made(void *context, uint64_t id, const char *path)
{
	struct reading *reading = context;
	struct sampler *sampler = reading->sampler;

	cgroups_add(&sampler->cgroups, id, parent_of(sampler, path), path, reading->now.boot_ns);
}

static void on_cgroup_removed(void *context, uint64_t id)
{
	struct reading *reading = context;
	struct cgroup *cgroup = cgroups_find(&reading->sampler->cgroups, id);

	if (cgroup != NULL && cgroup->removed_ns == 0)
		cgroup->removed_ns = reading->now.mono_ns;
}

/* laying out the tick */

static void put_row(struct sampler *sampler, uint32_t at, uint64_t id, uint8_t flags, uint64_t cpu_ns)
{
	struct ring_row *row = &sampler->rows[at];

	*row = (struct ring_row) { .id = id, .kind = ROW_CGROUP, .flags = flags };
	row->counter[COUNTER_cpu_ns] = cpu_ns;
}

static void settle_cgroup(
	struct sampler *sampler, struct cgroup *cgroup, struct instant now, uint64_t next_seq)
{
	uint64_t cpu_ns = cgroup->dead_ns + cgroup->live_ns;

	if (cgroup->is_promoted) { /* what it used without a row of its own stands in (other) */
		cgroup->base_ns = cpu_ns;
		cgroup->is_promoted = false;
	}
	cpu_ns = cpu_ns > cgroup->base_ns ? cpu_ns - cgroup->base_ns : 0;
	if (cpu_ns > cgroup->cpu_ns) {
		sampler->busy_ns += cpu_ns - cgroup->cpu_ns;
		cgroup->cpu_ns = cpu_ns;
	}
	/* Live threads: it is there, only not in the tree we see (a cgroup namespace). */
	if (cgroup->removed_ns != 0 && cgroup->final_seq == 0 && cgroup->live_ns == 0 &&
		now.mono_ns - cgroup->removed_ns >= FINAL_DELAY_NS)
		cgroup->final_seq = next_seq;
}

static void settle_other(struct sampler *sampler)
{
	if (sampler->other_now_ns >
		sampler->other_last_ns) { /* shrinks when a row is promoted: never goes down */
		sampler->other_ns += sampler->other_now_ns - sampler->other_last_ns;
		sampler->busy_ns += sampler->other_now_ns - sampler->other_last_ns;
	}
	sampler->other_last_ns = sampler->other_now_ns;
}

static void lay_out(struct sampler *sampler, struct instant now, uint64_t next_seq)
{
	uint32_t at = 0, processes = sampler->row_count;

	for (uint32_t i = 0; i < sampler->cgroups.count; i++) {
		struct cgroup *cgroup = &sampler->cgroups.all[i];
		settle_cgroup(sampler, cgroup, now, next_seq);
		put_row(sampler, at, cgroup->id, cgroup->final_seq != 0 ? ROW_FINAL : 0, cgroup->cpu_ns);
		sampler->rows[at].start_ns = cgroup->start_ns;
		sampler->rows[at].spare[KEPT_BASE] = cgroup->base_ns;
		sampler->rows[at++].counter[COUNTER_mem_byte_seconds] = cgroup->mem_byte_seconds;
	}
	settle_other(sampler);
	if (sampler->other_ns > 0) {
		put_row(sampler, at, ROW_ID_OTHER, ROW_OTHER, sampler->other_ns);
		sampler->rows[at++].spare[KEPT_BASE] = sampler->other_last_ns;
	}
	/* New cgroups may have grown into the tail since the processes were written there. */
	if (at + processes > sampler->capacity) {
		sampler->rows_dropped += at + processes - sampler->capacity;
		processes = sampler->capacity - at;
	}
	memmove(&sampler->rows[at], &sampler->rows[sampler->capacity - processes],
		processes * sizeof(*sampler->rows));
	sampler->row_count = at + processes;
}

/* The kernel's idle and iowait may step back (proc_stat(5)); what we publish does not. */
static void add_growth(uint64_t *sum_ns, uint64_t *last_ticks, uint64_t ticks, uint64_t tick_ns)
{
	if (ticks > *last_ticks)
		*sum_ns += (ticks - *last_ticks) * tick_ns;
	*last_ticks = ticks;
}

static int read_cpus(struct sampler *sampler, struct ring_tick *tick)
{
	static char text[STAT_BYTES_MAX];
	char path[CONFIG_TEXT_MAX + 16];
	struct procfs_cpu cpu;
	uint64_t tick_ns = NS_PER_SECOND / (uint64_t)sysconf(_SC_CLK_TCK);
	int r;

	snprintf(path, sizeof(path), "%s/stat", sampler->config->procfs_root);
	if ((r = file_read_text(AT_FDCWD, path, text, sizeof(text))) < 0 ||
		(r = procfs_parse_cpu(text, &cpu)) < 0)
		return r;
	if (!sampler->has_cpu_base) {
		sampler->idle_last_ticks = cpu.idle_ticks;
		sampler->steal_last_ticks = cpu.steal_ticks;
		sampler->has_cpu_base = true;
	}
	tick->cpus = cpu.cpus;
	/* idle and steal are for show (10 ms grain): energy rests on busy_ns and capacity_ns */
	add_growth(&sampler->idle_ns, &sampler->idle_last_ticks, cpu.idle_ticks, tick_ns);
	add_growth(&sampler->steal_ns, &sampler->steal_last_ticks, cpu.steal_ticks, tick_ns);
	tick->idle_ns = sampler->idle_ns;
	tick->steal_ns = sampler->steal_ns;
	return 0;
}

static void read_memory(struct sampler *sampler, struct instant now)
{
	uint64_t since_ns = now.mono_ns - sampler->memory_read_ns;

	if (sampler->hierarchy->memory_file == NULL)
		return;
	/* What was held at the last reading is taken as held since. */
	for (uint32_t i = 0; i < sampler->cgroups.count; i++) {
		struct cgroup *cgroup = &sampler->cgroups.all[i];
		cgroup->mem_byte_seconds +=
			mul_div_u64(cgroup->memory_bytes, now.mono_ns - sampler->last_mono_ns, NS_PER_SECOND);
	}
	if (sampler->memory_read_ns != 0 && since_ns < MEMORY_INTERVAL_NS)
		return;
	sampler->memory_read_ns = now.mono_ns;
	memory_read(&sampler->cgroups, sampler->hierarchy, sampler->config->procfs_root);
}

static bool is_procfs(const struct sampler *sampler)
{
	return strcmp(sampler->usage->name, "procfs") == 0;
}

int sampler_read(struct sampler *sampler, struct instant now, uint64_t next_seq, struct ring_tick *ret_tick)
{
	struct reading reading = { .sampler = sampler, .now = now };
	const struct usage_visitor visitor = { &reading, on_ended, on_thread, on_process, on_cgroup_made,
		on_cgroup_removed };
	int r;

	*ret_tick =
		(struct ring_tick) { .mono_ns = now.mono_ns, .boot_ns = now.boot_ns, .real_ns = now.real_ns };
	if ((r = read_cpus(sampler, ret_tick)) < 0)
		return r;
	if (sampler->wants_walk || now.mono_ns - sampler->walked_ns >=
					   (is_procfs(sampler) ? WALK_NO_EVENTS_NS : WALK_INTERVAL_NS))
		walk(sampler, now);
	for (uint32_t i = 0; i < sampler->cgroups.count; i++)
		sampler->cgroups.all[i].dead_ns = sampler->cgroups.all[i].live_ns = 0;
	sampler->row_count = 0;
	sampler->other_now_ns = 0;
	if ((r = sampler->usage->read(sampler->usage, &visitor)) < 0)
		return r;
	if (sampler->last_mono_ns == 0)
		sampler->last_mono_ns = now.mono_ns;
	sampler->capacity_ns += ret_tick->cpus * (now.mono_ns - sampler->last_mono_ns);
	read_memory(sampler, now);
	sampler->last_mono_ns = now.mono_ns;
	lay_out(sampler, now, next_seq);
	ret_tick->capacity_ns = sampler->capacity_ns;
	ret_tick->busy_ns = sampler->busy_ns;
	ret_tick->counters_valid =
		1U << COUNTER_cpu_ns |
		(sampler->hierarchy->memory_file != NULL ? 1U << COUNTER_mem_byte_seconds : 0);
	if (is_procfs(sampler))
		ret_tick->flags |= TICK_FLAG_PROCFS;
	if (sampler->meter != NULL) {
		sampler->meter->read(sampler->meter, now, ret_tick->meter);
		snprintf(ret_tick->meter_name, sizeof(ret_tick->meter_name), "%s", sampler->meter->name);
	}
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
		sampler->usage->forget(sampler->usage, id);
		cgroups_remove(&sampler->cgroups, id); /* the last one takes its place: look here again */
		forgotten(context, id);
	}
}

void sampler_report(struct sampler *sampler, struct stats *stats)
{
	uint64_t dead_other_ns = sampler->usage->report(sampler->usage, stats);

	*stats_entry(stats, STAT_GAUGE, "cgroups", "") = sampler->cgroups.count;
	*stats_entry(stats, STAT_GAUGE, "ring_rows_used", "") = sampler->row_count;
	*stats_entry(stats, STAT_COUNTER, "cgroup_walks_total", "") = sampler->walks;
	*stats_entry(stats, STAT_COUNTER, "rows_dropped_total", "") = sampler->rows_dropped;
	*stats_entry(stats, STAT_COUNTER, "ended_unattributed_seconds_total", "") =
		(double)dead_other_ns / 1e9;
}
