#include "collector/hierarchy.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"

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
	} else if (!hierarchy->is_v1) {
		memcpy(hierarchy->memory_root, hierarchy->root, sizeof(hierarchy->root));
		hierarchy->memory_file = "memory.current";
	}
}

int hierarchy_find(const struct config *config, struct hierarchy *ret_hierarchy)
{
	struct hierarchy hierarchy = { 0 };
	bool wants_v1 = strcmp(config->cgroup_hierarchy, "cpuacct") == 0;
	bool wants_v2 = strcmp(config->cgroup_hierarchy, "v2") == 0;

	if (wants_v1 || !find_v2(config, &hierarchy)) {
		hierarchy.is_v1 = true;
		if (wants_v2 || !find_v1(config, &hierarchy))
			return -ENOENT;
	}
	find_memory(config, &hierarchy);
	*ret_hierarchy = hierarchy;
	return 0;
}
