#include "collector/memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "bpf/usage.h"
#include "collector/procfs_parse.h"

#define MEMINFO_BYTES_MAX 8192
#define MEMORY_FILES_MAX                                                                                     \
	512 /* of the 1024 descriptors a process may have; more are opened for each reading */

static uint64_t host_used_bytes(const char *procfs_root)
{
	char path[CONFIG_TEXT_MAX + 16], text[MEMINFO_BYTES_MAX];
	uint64_t total = 0, available = 0;

	snprintf(path, sizeof(path), "%s/meminfo", procfs_root);
	if (file_read_text(AT_FDCWD, path, text, sizeof(text)) < 0 ||
		procfs_parse_meminfo(text, "MemTotal", &total) < 0 ||
		procfs_parse_meminfo(text, "MemAvailable", &available) < 0)
		return 0;
	return total > available ? total - available : 0;
}

static void open_file(struct cgroups *cgroups, struct cgroup *cgroup, const struct hierarchy *hierarchy)
{
	char path[CONFIG_TEXT_MAX + 1100];

	snprintf(path, sizeof(path), "%s%s/%s", hierarchy->memory_root, cgroup->path, hierarchy->memory_file);
	cgroup->memory_fd = open(path, O_RDONLY | O_CLOEXEC);
	cgroups->memory_files += cgroup->memory_fd >= 0; /* else no such group in the memory hierarchy */
}

static bool is_root(const struct cgroup *cgroup)
{
	return strcmp(cgroup->path, "/") == 0;
}

/* Of any cgroup but the root; true where only the root ever used anything, too. */
static bool are_accounted(const struct cgroups *cgroups)
{
	bool has_users = false;

	for (uint32_t i = 0; i < cgroups->count; i++) {
		const struct cgroup *cgroup = &cgroups->all[i];
		if (is_root(cgroup) || cgroup->path[0] == '\0' || cgroup->removed_ns != 0)
			continue;
		if (cgroup->has_memory)
			return true;
		has_users |= cgroup->threads > 0 || cgroup->ended[USAGE_cpu_ns] > 0 ||
			     cgroup->counter[COUNTER_cpu_ns] > 0;
	}
	return !has_users;
}

static uint64_t with_children(struct cgroups *cgroups, struct cgroup *cgroup,
	const struct hierarchy *hierarchy, const char *procfs_root)
{
	uint64_t bytes = 0;

	cgroup->has_memory = false;
	if (is_root(cgroup))
		return host_used_bytes(procfs_root);
	if (cgroup->path[0] == '\0' || cgroup->removed_ns != 0) {
		cgroups_close_memory(cgroups, cgroup);
		return 0;
	}
	if (cgroup->memory_fd < 0)
		open_file(cgroups, cgroup, hierarchy);
	if (cgroup->memory_fd < 0)
		return 0;
	/* A group that was made anew under the same path is another one: its file is opened the next time. */
	cgroup->has_memory = file_read_held_u64(cgroup->memory_fd, &bytes) == 0;
	if (!cgroup->has_memory || cgroups->memory_files > MEMORY_FILES_MAX)
		cgroups_close_memory(cgroups, cgroup);
	cgroup->held_bytes = bytes;
	return bytes;
}

bool memory_read(struct cgroups *cgroups, const struct hierarchy *hierarchy, const char *procfs_root)
{
	for (uint32_t i = 0; i < cgroups->count; i++)
		cgroups->all[i].memory_bytes =
			with_children(cgroups, &cgroups->all[i], hierarchy, procfs_root);
	/* Children are subtracted from what their parent was read as, so the sums are made first. */
	for (uint32_t i = 0; i < cgroups->count; i++)
		cgroups->all[i].children_bytes = 0;
	for (uint32_t i = 0; i < cgroups->count; i++) {
		struct cgroup *parent = cgroups_find(cgroups, cgroups->all[i].parent);
		if (parent != NULL && cgroups->all[i].parent != cgroups->all[i].id)
			parent->children_bytes += cgroups->all[i].memory_bytes;
	}
	for (uint32_t i = 0; i < cgroups->count; i++) {
		struct cgroup *cgroup = &cgroups->all[i];
		cgroup->memory_bytes -= cgroup->children_bytes < cgroup->memory_bytes ? cgroup->children_bytes
										      : cgroup->memory_bytes;
	}
	if (are_accounted(cgroups))
		return true;
	for (uint32_t i = 0; i < cgroups->count; i++)
		cgroups->all[i].memory_bytes = 0;
	return false;
}
