#include "models/host.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define UNKNOWN_IDLE_MW 740 /* Cloud Carbon Footprint's mean over all generations */
#define UNKNOWN_FULL_MW 3500
#define LINE_BYTES      4096
#define CASCADE_LAKE_STEPPING                                                                                \
	5 /* model 0x55: steppings 5-7 are Cascade Lake, 0-4 Skylake (Intel SDM, spec updates) */

static const struct generation {
	const char *name;
	uint32_t family, first_model, last_model;
	const char *vendor;
	uint32_t idle_mw, full_mw;
} generations[] = {
#define INTEL "GenuineIntel"
#define AMD   "AuthenticAMD"
#define ARM   "ARM"
#define GENERATION(name, family, first, last, vendor, idle, full)                                            \
	{ name, family, first, last, vendor, idle, full },
#include "models/generations.def"
};

static void read_cpuinfo_line(struct host *host, const char *line)
{
	char value[256];

	if (strncmp(line, "processor", 9) == 0)
		host->cpus++;
	else if (sscanf(line, "vendor_id : %15s", host->vendor) == 1 ||
		 sscanf(line, "cpu family : %" SCNu32, &host->family) == 1 ||
		 sscanf(line, "model : %" SCNu32, &host->model) == 1 ||
		 sscanf(line, "stepping : %" SCNu32, &host->stepping) == 1)
		return;
	else if (sscanf(line, "CPU implementer : %255s", value) == 1)
		snprintf(host->vendor, sizeof(host->vendor), "ARM");
	else if (strncmp(line, "flags", 5) == 0 && strstr(line, " hypervisor") != NULL)
		host->is_guest = true;
}

static int read_lines(
	const char *root, const char *name, struct host *host, void (*take)(struct host *, const char *))
{
	char path[CONFIG_TEXT_MAX + 32], line[LINE_BYTES];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	CLEANUP(fclosep) FILE *file = fopen(path, "re");
	if (file == NULL)
		return -errno;
	while (fgets(line, sizeof(line), file) != NULL)
		take(host, line);
	return 0;
}

static void read_meminfo_line(struct host *host, const char *line)
{
	uint64_t kib;

	if (sscanf(line, "MemTotal: %" SCNu64 " kB", &kib) == 1)
		host->memory_bytes = kib * 1024;
}

static bool is_of(const struct generation *generation, const struct host *host)
{
	return generation->family != 0 && generation->family == host->family &&
	       host->model >= generation->first_model && host->model <= generation->last_model &&
	       strcmp(generation->vendor, host->vendor) == 0;
}

static void be(struct host *host, const char *name, uint32_t idle_mw, uint32_t full_mw)
{
	snprintf(host->generation, sizeof(host->generation), "%s", name);
	host->thread_idle_mw = idle_mw;
	host->thread_full_mw = full_mw;
}

static int find_by_name(struct host *host, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(generations); i++)
		if (strcmp(generations[i].name, name) == 0) {
			be(host, generations[i].name, generations[i].idle_mw, generations[i].full_mw);
			return 0;
		}
	return -EINVAL;
}

static void find_by_cpuid(struct host *host)
{
	be(host, "unknown", UNKNOWN_IDLE_MW, UNKNOWN_FULL_MW);
	for (size_t i = 0; i < ARRAY_SIZE(generations); i++)
		if (is_of(&generations[i], host))
			be(host, generations[i].name, generations[i].idle_mw, generations[i].full_mw);
	if (strcmp(host->generation, "skylake") == 0 && host->model == 0x55 &&
		host->stepping >= CASCADE_LAKE_STEPPING)
		find_by_name(host, "cascade_lake");
}

int host_read(const struct config *config, struct host *ret_host)
{
	struct host host = { 0 };
	int r;

	if ((r = read_lines(config->procfs_root, "cpuinfo", &host, read_cpuinfo_line)) < 0 ||
		(r = read_lines(config->procfs_root, "meminfo", &host, read_meminfo_line)) < 0)
		return r;
	if (host.cpus == 0)
		return -EBADMSG;
	if (config->host_cpu_generation[0] == '\0')
		find_by_cpuid(&host);
	else if ((r = find_by_name(&host, config->host_cpu_generation)) < 0)
		return r;
	*ret_host = host;
	return 0;
}
