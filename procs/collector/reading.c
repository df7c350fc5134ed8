#include "collector/reading.h"

#include <string.h>

#define WALK_INTERVAL_NS  (60 * NS_PER_SECOND) /* finds what a dropped event would have told */
#define WALK_NO_EVENTS_NS (10 * NS_PER_SECOND) /* /proc tells of no removals */

bool reading_is_procfs(const struct sampler *sampler)
{
	return strcmp(sampler->usage->name, "procfs") == 0;
}

void reading_walk(struct sampler *sampler, struct instant now)
{
	int unfit = cgroups_walk(&sampler->cgroups, now.mono_ns, now.boot_ns);

	sampler->walked_ns = now.mono_ns;
	sampler->walks++;
	sampler->wants_walk = false;
	if (unfit > 0)
		sampler->rows_dropped += unfit;
}

struct reading {
	struct sampler *sampler;
	struct instant now;
	bool has_walked, is_crowded;
};

static struct cgroup *find_or_discover(struct reading *reading, uint64_t id)
{
	struct sampler *sampler = reading->sampler;
	struct cgroup *cgroup = cgroups_find(&sampler->cgroups, id);

	if (cgroup != NULL || id == ROW_ID_OTHER)
		return cgroup;
	if (!reading->has_walked) { /* one walk a reading finds whatever was made since the last */
		reading->has_walked = true;
		reading_walk(sampler, reading->now);
		cgroup = cgroups_find(&sampler->cgroups, id);
	}
	/* Not in the tree we see: outside our cgroup namespace, or already gone. Its energy is kept under its id. */
	if (cgroup == NULL)
		cgroup = cgroups_add(&sampler->cgroups, id, 0, "", reading->now.boot_ns);
	reading->is_crowded |= cgroup == NULL;
	return cgroup;
}

static void on_ended(void *context, uint64_t id, const struct usage_sum *sum)
{
	struct reading *reading = context;
	struct cgroup *cgroup = find_or_discover(reading, id);
	uint64_t *to = cgroup != NULL ? cgroup->ended : reading->sampler->other_ended;

	for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
		to[c] += sum->counter[c];
}

static void on_begin(void *context)
{
	struct sampler *sampler = ((struct reading *)context)->sampler;

	for (uint32_t i = 0; i < sampler->cgroups.count; i++) {
		memset(sampler->cgroups.all[i].live, 0, sizeof(sampler->cgroups.all[i].live));
		sampler->cgroups.all[i].threads = 0;
	}
	memset(sampler->other_live, 0, sizeof(sampler->other_live));
	processes_begin(&sampler->processes);
}

static void subtract(struct sampler *sampler, const struct usage_record *record)
{
	struct cgroup *cgroup = cgroups_find(&sampler->cgroups, record->cgroup);

	processes_subtract(&sampler->processes, record);
	if (cgroup == NULL || cgroup->threads == 0) { /* it was added to another sum than this */
		sampler->usage->from_nothing = true;
		return;
	}
	for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
		cgroup->live[c] -= record->value[c] - record->base[c];
	cgroup->threads--;
}

static void add(struct reading *reading, const struct usage_record *record)
{
	struct cgroup *cgroup = find_or_discover(reading, record->cgroup);
	uint64_t *to = cgroup != NULL ? cgroup->live : reading->sampler->other_live;

	for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
		to[c] += record->value[c] - record->base[c];
	if (cgroup != NULL)
		cgroup->threads++;
	/* Who had no room may get it any time, and then brings along all that it used. */
	if (!processes_add(&reading->sampler->processes, record) || cgroup == NULL)
		reading->sampler->usage->from_nothing = true;
}

/* As subtract() and add(), for most of those that are told: they go on where they were. */
static bool grow(struct sampler *sampler, const struct usage_record *before, const struct usage_record *now)
{
	struct cgroup *cgroup =
		before->cgroup == now->cgroup ? cgroups_find(&sampler->cgroups, now->cgroup) : NULL;

	if (cgroup == NULL || cgroup->threads == 0 || !processes_grow(&sampler->processes, before, now))
		return false;
	for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
		cgroup->live[c] += now->value[c] - now->base[c] - (before->value[c] - before->base[c]);
	return true;
}

static void on_thread(void *context, const struct usage_record *before, const struct usage_record *now)
{
	struct reading *reading = context;

	if (before != NULL && now != NULL && grow(reading->sampler, before, now))
		return;
	if (before != NULL)
		subtract(reading->sampler, before);
	if (now != NULL)
		add(reading, now);
}

static void on_cgroup_made(void *context, uint64_t id, uint64_t parent, const char *path)
{
	struct reading *reading = context;

	cgroups_add(&reading->sampler->cgroups, id, parent, path, reading->now.boot_ns);
	/* As much as an event holds (kind in a CI job's pod): the next reading looks for the rest of it. */
	reading->sampler->wants_walk |= strlen(path) >= USAGE_PATH_MAX - 1;
}

static void on_cgroup_removed(void *context, uint64_t id)
{
	struct reading *reading = context;
	struct cgroup *cgroup = cgroups_find(&reading->sampler->cgroups, id);

	if (cgroup != NULL && cgroup->removed_ns == 0)
		cgroup->removed_ns = reading->now.mono_ns;
}

int reading_take(struct sampler *sampler, struct instant now)
{
	struct reading reading = { .sampler = sampler, .now = now };
	const struct usage_visitor visitor = { &reading, on_ended, on_begin, on_thread, on_cgroup_made,
		on_cgroup_removed };
	uint64_t longest_ns = reading_is_procfs(sampler) ? WALK_NO_EVENTS_NS : WALK_INTERVAL_NS;

	if (sampler->wants_walk || now.mono_ns - sampler->walked_ns >= longest_ns)
		reading_walk(sampler, now);
	for (uint32_t i = 0; i < sampler->cgroups.count; i++)
		memset(sampler->cgroups.all[i].ended, 0, sizeof(sampler->cgroups.all[i].ended));
	memset(sampler->other_ended, 0, sizeof(sampler->other_ended));
	int r = sampler->usage->read(sampler->usage, &visitor);
	if (r < 0)
		return r;
	processes_end(&sampler->processes);
	sampler->cgroups.is_crowded = reading.is_crowded;
	return 0;
}
