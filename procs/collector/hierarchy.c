#include "collector/hierarchy.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/hybrid.h"
#include "base/log.h"

/* Who makes a group in both hierarchies makes them one after the other, and removes them so. */
#define ALONE_READINGS 3
#define ALONE_PAUSE_NS (100 * NS_PER_MILLISECOND)

static bool is_mounted(const char *path, long magic)
{
	struct statfs status;

	return statfs(path, &status) == 0 && (long)status.f_type == magic;
}

/* "cpuacct 2 17 1" in /proc/cgroups */
static int v1_id(const char *procfs_root, const char *controller)
{
	char path[CONFIG_TEXT_MAX + 16], line[256], name[64];
	int id;

	snprintf(path, sizeof(path), "%s/cgroups", procfs_root);
	CLEANUP(fclosep) FILE *file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "%63s %d", name, &id) == 2 && strcmp(name, controller) == 0)
			return id;
	return 0;
}

static bool find_v2(const struct config *config, struct hierarchy *hierarchy)
{
	static const char *const places[] = { "", "/unified" }; /* unified, hybrid */

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(
			hierarchy->root, sizeof(hierarchy->root), "%.500s%s", config->cgroup_root, places[i]);
		if (is_mounted(hierarchy->root, CGROUP2_SUPER_MAGIC))
			return true;
	}
	return false;
}

static bool find_v1(const struct config *config, struct hierarchy *hierarchy)
{
	static const char *const places[] = { "/cpuacct", "/cpu,cpuacct" };

	hierarchy->id = v1_id(config->procfs_root, "cpuacct");
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(
			hierarchy->root, sizeof(hierarchy->root), "%.490s%s", config->cgroup_root, places[i]);
		if (hierarchy->id > 0 && is_mounted(hierarchy->root, CGROUP_SUPER_MAGIC))
			return true;
	}
	return false;
}

/* In a hybrid layout v2 names the workloads while the v1 memory controller knows what they hold, under equal paths. */
static void find_memory(const struct config *config, struct hierarchy *hierarchy)
{
	char v1[CONFIG_TEXT_MAX];

	snprintf(v1, sizeof(v1), "%.500s/memory", config->cgroup_root);
	if (is_mounted(v1, CGROUP_SUPER_MAGIC)) {
		memcpy(hierarchy->memory_root, v1, sizeof(v1));
		hierarchy->memory_file = "memory.usage_in_bytes";
		hierarchy->is_memory_v1 = true;
	} else if (!hierarchy->is_v1) {
		memcpy(hierarchy->memory_root, hierarchy->root, sizeof(hierarchy->root));
		hierarchy->memory_file = "memory.current";
	}
}

static bool is_alone_for_long(const char *v1_root, const char *v2_root)
{
	const struct timespec pause = { 0, ALONE_PAUSE_NS };

	for (int i = 0; i < ALONE_READINGS; i++)
		if (hybrid_v1_alone(v1_root, v2_root) == NULL || nanosleep(&pause, NULL) < 0)
			return false;
	return true;
}

/* v2 where it is, but in a hybrid layout whose containers stand in v1 alone. */
static int find_either(const struct config *config, struct hierarchy *hierarchy)
{
	struct hierarchy v1 = { 0 };
	bool has_v2 = find_v2(config, hierarchy), has_v1 = find_v1(config, &v1);

	v1.is_v1 = true;
	if (has_v2 && has_v1 && is_alone_for_long(v1.root, hierarchy->root)) {
		log_info(
			"cgroup v1 and v2 are both mounted, and containers (/%s) stand in v1 alone: v1 it is",
			hybrid_v1_alone(v1.root, hierarchy->root));
		has_v2 = false;
	}
	if (!has_v2) {
		*hierarchy = v1;
		return has_v1 ? 0 : -ENOENT;
	}
	if (has_v1)
		memcpy(hierarchy->v1_root, v1.root, sizeof(v1.root));
	return 0;
}

int hierarchy_find(const struct config *config, struct hierarchy *ret_hierarchy)
{
	struct hierarchy hierarchy = { 0 };
	int r = 0;

	if (strcmp(config->cgroup_hierarchy, "cpuacct") == 0) {
		hierarchy.is_v1 = true;
		r = find_v1(config, &hierarchy) ? 0 : -ENOENT;
	} else if (strcmp(config->cgroup_hierarchy, "v2") == 0) {
		r = find_v2(config, &hierarchy) ? 0 : -ENOENT;
	} else {
		r = find_either(config, &hierarchy);
	}
	if (r < 0)
		return r;
	find_memory(config, &hierarchy);
	*ret_hierarchy = hierarchy;
	return 0;
}

const char *hierarchy_is_outgrown(struct hierarchy *hierarchy)
{
	const char *parent =
		hierarchy->v1_root[0] != '\0' ? hybrid_v1_alone(hierarchy->v1_root, hierarchy->root) : NULL;

	hierarchy->alone = parent != NULL ? hierarchy->alone + 1 : 0;
	return hierarchy->alone >= ALONE_READINGS ? parent : NULL;
}
