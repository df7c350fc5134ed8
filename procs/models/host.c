#include "models/host.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"

#define UNKNOWN_IDLE_MW 740 /* Cloud Carbon Footprint's mean over all generations */
#define UNKNOWN_FULL_MW 3500
#define LINE_BYTES      4096
#define ARM_IMPLEMENTER 0x41
#define NEOVERSE_N1     0xd0c
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

static const struct instance {
	const char *family, *cpu, *host_product;
	uint32_t host_threads;
} instances[] = {
#define INSTANCE(family, cpu, product, threads) { family, cpu, product, threads },
#include "models/instances.def"
};

static void read_cpuinfo_line(struct host *host, const char *line)
{
	if (strncmp(line, "processor", 9) == 0)
		host->cpus++;
	else if (sscanf(line, "vendor_id : %15s", host->vendor) == 1 ||
		 sscanf(line, "cpu family : %" SCNu32, &host->family) == 1 ||
		 sscanf(line, "model : %" SCNu32, &host->model) == 1 ||
		 sscanf(line, "stepping : %" SCNu32, &host->stepping) == 1)
		return;
	else if (sscanf(line, "model name : %79[^\n]", host->brand) == 1 ||
		 sscanf(line, "CPU part : %" SCNx32, &host->part) == 1)
		return;
	else if (sscanf(line, "CPU implementer : %" SCNx32, &host->implementer) == 1)
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

void host_generations(char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(generations); i++) {
		if (i > 0 && strcmp(generations[i].name, generations[i - 1].name) == 0)
			continue; /* one row for each of its models */
		int more = snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "", generations[i].name);
		used = more < 0 || (size_t)more >= size - used ? size - 1 : used + (size_t)more;
	}
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
	/* Ampere's Altra has the same core and other watts: only on EC2 it is a Graviton2. */
	if (host->implementer == ARM_IMPLEMENTER && host->part == NEOVERSE_N1 &&
		strcmp(host->sys_vendor, "Amazon EC2") == 0)
		find_by_name(host, "graviton_2");
}

static bool is_instance(const struct instance *instance, const struct host *host)
{
	size_t size = strlen(instance->family);

	return strncmp(host->product, instance->family, size) == 0 && host->product[size] == '.' &&
	       strstr(host->brand, instance->cpu) != NULL;
}

static void find_by_product(struct host *host)
{
	host->host_threads = host->cpus;
	for (size_t i = 0; i < ARRAY_SIZE(instances); i++)
		if (is_instance(&instances[i], host)) {
			snprintf(host->host_product, sizeof(host->host_product), "%s",
				instances[i].host_product);
			if (instances[i].host_threads > host->cpus)
				host->host_threads = instances[i].host_threads;
			return;
		}
}

void host_classify(struct host *host)
{
	find_by_cpuid(host);
	find_by_product(host);
}

static void read_dmi(const struct config *config, const char *name, char *text, size_t size)
{
	char path[CONFIG_TEXT_MAX + 64];

	snprintf(path, sizeof(path), "%s/class/dmi/id/%s", config->sysfs_root, name);
	if (file_read_text(AT_FDCWD, path, text, size) < 0)
		text[0] = '\0'; /* no DMI here, as in most containers and on many ARM boards */
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
	read_dmi(config, "sys_vendor", host.sys_vendor, sizeof(host.sys_vendor));
	read_dmi(config, "product_name", host.product, sizeof(host.product));
	if (config->host_product[0] != '\0')
		snprintf(host.product, sizeof(host.product), "%.63s", config->host_product);
	host_classify(&host);
	if (config->host_threads > 0)
		host.host_threads = (uint32_t)config->host_threads;
	if (config->host_cpu_generation[0] != '\0' &&
		(r = find_by_name(&host, config->host_cpu_generation)) < 0)
		return r;
	*ret_host = host;
	return 0;
}
