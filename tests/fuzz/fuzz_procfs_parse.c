#include "collector/procfs_parse.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[4097], path[256];
	struct procfs_stat stat;
	struct procfs_cpu cpu;
	uint64_t bytes;

	size = size < sizeof(text) - 1 ? size : sizeof(text) - 1;
	memcpy(text, data, size);
	text[size] = '\0';
	procfs_parse_stat(text, &stat);
	procfs_parse_cgroup(text, "cpuacct", path, sizeof(path));
	procfs_parse_cgroup(text, "", path, sizeof(path));
	procfs_parse_cpu(text, &cpu);
	procfs_parse_meminfo(text, "MemTotal", &bytes);
	return 0;
}
