#include "collector/memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "collector/procfs_parse.h"

#define MEMINFO_BYTES_MAX 8192

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

static uint64_t with_children(
	const struct cgroup *cgroup, const struct hierarchy *hierarchy, const char *procfs_root)
{
	char path[CONFIG_TEXT_MAX + 1100];
	uint64_t bytes = 0;

	if (strcmp(cgroup->path, "/") == 0)
		return host_used_bytes(procfs_root);
	if (cgroup->path[0] == '\0' || cgroup->removed_ns != 0)
		return 0;
	snprintf(path, sizeof(path), "%s%s/%s", hierarchy->memory_root, cgroup->path, hierarchy->memory_file);
	return file_read_u64(AT_FDCWD, path, &bytes) < 0 ? 0
							 : bytes; /* no such group in the memory hierarchy */
}

void memory_read(struct cgroups *cgroups, const struct hierarchy *hierarchy, const char *procfs_root)
{
	for (uint32_t i = 0; i < cgroups->count; i++)
		cgroups->all[i].memory_bytes = with_children(&cgroups->all[i], hierarchy, procfs_root);
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
}
