#include "collector/working.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"

#define ROUND_NS       (60 * NS_PER_SECOND) /* in which each has its turn */
#define GROWN          8  /* an eighth more is held than when it was read last: it is read at once, … */
#define EARLY_MAX      64 /* … but no more than that many a reading */
#define STAT_BYTES_MAX 8192

static bool is_same_workload(const struct identity *a, const struct identity *b)
{
	return a->kind == b->kind && strcmp(a->workload, b->workload) == 0 &&
	       strcmp(a->namespace, b->namespace) == 0;
}

static bool is_slice(const struct identity *identity)
{
	size_t size = strlen(identity->workload), end = strlen(".slice");

	return identity->kind == WORKLOAD_UNIT && size > end &&
	       strcmp(identity->workload + size - end, ".slice") == 0;
}

static bool is_uppermost(struct cgroups *cgroups, const struct cgroup *cgroup)
{
	const struct cgroup *parent = cgroups_find(cgroups, cgroup->parent);

	return !is_slice(&cgroup->identity) && cgroup->identity.kind != WORKLOAD_SYSTEM &&
	       (parent == NULL || parent == cgroup ||
		       !is_same_workload(&parent->identity, &cgroup->identity));
}

/* The number behind `key` at the beginning of a line. */
static bool find_value(const char *text, const char *key, uint64_t *ret_value)
{
	size_t size = strlen(key);

	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, size) == 0 && line[size] == ' ') {
			*ret_value = strtoull(line + size, NULL, 10);
			return true;
		}
	}
	return false;
}

static bool read_value(const struct cgroup *cgroup, const struct hierarchy *hierarchy, const char *file,
	const char *key, uint64_t *ret_value)
{
	char path[CONFIG_TEXT_MAX + 1100], text[STAT_BYTES_MAX];

	snprintf(path, sizeof(path), "%s%s/%s", hierarchy->memory_root, cgroup->path, file);
	return file_read_text(AT_FDCWD, path, text, sizeof(text)) >= 0 && find_value(text, key, ret_value);
}

static bool read_held(const struct cgroup *cgroup, const struct hierarchy *hierarchy, uint64_t *ret_bytes)
{
	char path[CONFIG_TEXT_MAX + 1100];

	if (cgroup->memory_fd >= 0)
		return file_read_held_u64(cgroup->memory_fd, ret_bytes) == 0;
	snprintf(path, sizeof(path), "%s%s/%s", hierarchy->memory_root, cgroup->path, hierarchy->memory_file);
	return file_read_u64(AT_FDCWD, path, ret_bytes) == 0;
}

/* Both at one moment: what was held seconds ago, less the cache of now, would count what was read since. */
static void read_one(struct cgroup *cgroup, const struct hierarchy *hierarchy)
{
	const bool is_v1 = hierarchy->is_memory_v1;
	uint64_t held, inactive;

	cgroup->working_bytes = cgroup->working_of_bytes = 0;
	if (!read_held(cgroup, hierarchy, &held) ||
		!read_value(cgroup, hierarchy, "memory.stat", is_v1 ? "total_inactive_file" : "inactive_file",
			&inactive))
		return;
	cgroup->working_of_bytes = held;
	cgroup->working_bytes = held > inactive ? held - inactive : 0;
	/* v1 counts in the victim's own cgroup alone; v2 in all above it too */
	read_value(cgroup, hierarchy, is_v1 ? "memory.oom_control" : "memory.events", "oom_kill",
		&cgroup->oom_kills);
}

static bool has_grown(const struct cgroup *cgroup)
{
	return cgroup->held_bytes > cgroup->working_of_bytes + cgroup->working_of_bytes / GROWN;
}

static bool is_told(struct cgroups *cgroups, const struct cgroup *cgroup)
{
	return cgroup->has_memory && cgroup->path[0] != '\0' && cgroup->removed_ns == 0 &&
	       is_uppermost(cgroups, cgroup);
}

/* How many have their turn by now. */
static uint32_t take_due(struct working *working, const struct cgroups *cgroups, uint64_t now_ns)
{
	uint64_t since_ns = now_ns - working->read_ns, due;

	if (working->read_ns == 0 || since_ns > ROUND_NS)
		since_ns = 0;
	working->read_ns = now_ns;
	working->owed += cgroups->count * since_ns;
	due = working->owed / ROUND_NS;
	working->owed %= ROUND_NS;
	return (uint32_t)due;
}

void working_read(
	struct working *working, struct cgroups *cgroups, const struct hierarchy *hierarchy, uint64_t now_ns)
{
	int early = 0;

	for (uint32_t due = take_due(working, cgroups, now_ns); due > 0; due--) {
		struct cgroup *cgroup = &cgroups->all[working->next++ % cgroups->count];
		if (is_told(cgroups, cgroup))
			read_one(cgroup, hierarchy);
	}
	for (uint32_t i = 0; i < cgroups->count && early < EARLY_MAX; i++) {
		struct cgroup *cgroup = &cgroups->all[i];
		if (!has_grown(cgroup))
			continue;
		cgroup->held_bytes = 0; /* until the next memory reading */
		if (!is_told(cgroups, cgroup))
			continue;
		read_one(cgroup, hierarchy);
		early++;
	}
}
