#include "resolver/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/config.h"
#include "base/file.h"
#include "base/wide.h"

#define PATH_SIZE         (CONFIG_TEXT_MAX + 1024 + 64)
#define MILLICORES        1000
#define V1_UNLIMITED_FROM (UINT64_C(1) << 62) /* v1 writes PAGE_COUNTER_MAX for "none" */

/* v2 (unified, hybrid), or v1 with one or two controllers at a mount */
static const char *const v2_places[] = { "", "/unified" };
static const char *const v1_cpu_places[] = { "/cpu", "/cpu,cpuacct" };

static int read_file(const char *root, const char *place, const char *path, const char *file, char text[64])
{
	char whole[PATH_SIZE];
	int size = snprintf(whole, sizeof(whole), "%s%s%s/%s", root, place, path, file);

	return size < 0 || (size_t)size >= sizeof(whole) ? -ENAMETOOLONG
							 : file_read_text(AT_FDCWD, whole, text, 64);
}

static uint64_t millicores_of(uint64_t quota_us, uint64_t period_us)
{
	return period_us == 0 ? 0 : mul_div_u64(quota_us, MILLICORES, period_us);
}

/* "50000 100000", "max 100000" */
static uint64_t cpu_of_v2(const char *text)
{
	unsigned long long quota_us, period_us;

	return sscanf(text, "%llu %llu", &quota_us, &period_us) == 2 ? millicores_of(quota_us, period_us) : 0;
}

static uint64_t cpu_of_v1(const char *root, const char *place, const char *path, const char *quota)
{
	char period[64];

	if (quota[0] == '-' || read_file(root, place, path, "cpu.cfs_period_us", period) < 0)
		return 0;
	return millicores_of(strtoull(quota, NULL, 10), strtoull(period, NULL, 10));
}

void limits_read(const char *cgroup_root, const char *path, struct names *names)
{
	char text[64];

	names->cpu_limit_millicores = names->memory_limit_bytes = 0;
	if (strstr(path, "/..") != NULL)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(v2_places); i++) {
		if (read_file(cgroup_root, v2_places[i], path, "cpu.max", text) > 0)
			names->cpu_limit_millicores = cpu_of_v2(text);
		if (read_file(cgroup_root, v2_places[i], path, "memory.max", text) > 0)
			names->memory_limit_bytes = strtoull(text, NULL, 10); /* "max" is 0 */
	}
	for (size_t i = 0; i < ARRAY_SIZE(v1_cpu_places); i++)
		if (read_file(cgroup_root, v1_cpu_places[i], path, "cpu.cfs_quota_us", text) > 0)
			names->cpu_limit_millicores = cpu_of_v1(cgroup_root, v1_cpu_places[i], path, text);
	if (read_file(cgroup_root, "/memory", path, "memory.limit_in_bytes", text) > 0) {
		uint64_t limit = strtoull(text, NULL, 10);
		names->memory_limit_bytes = limit >= V1_UNLIMITED_FROM ? 0 : limit;
	}
}
