/*
 * RAPL through the perf PMU `power` (arch/x86/events/rapl.c): one event an energy domain, opened on one CPU of each
 * package as its cpumask says. The kernel extends the hardware's 32 bits to 64 by a timer of its own, so that nothing
 * wraps here. The descriptors live in the supervisor's fd store and count on while the collector is away.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/ready.h"
#include "collector/meters/meter.h"
#include "collector/meters/packages.h"
#include "collector/meters/perf_text.h"

#define EVENTS_MAX      40 /* 8 packages x 5 domains: their descriptors must fit the fd store */
#define PMU             "bus/event_source/devices/power"
#define STORED_NAME_MAX 64
#define PATH_SIZE       (CONFIG_TEXT_MAX + 128)

static const struct {
	const char *name;
	enum zone zone;
} domains[] = {
	{ "energy-pkg", ZONE_PACKAGE }, { "energy-ram", ZONE_DRAM }, { "energy-psys", ZONE_PSYS },
	{ "energy-cores", ZONE_CORE },
	{ "energy-gpu", ZONE_UNCORE }, /* the GPU inside the package; zone gpu is for GPUs beside it */
};

struct event {
	struct tally *tally;
	struct tally_unit unit;
	int fd;
	char stored_name[STORED_NAME_MAX];
};

struct perf_meter {
	struct meter meter;
	const struct config *config;
	struct event events[EVENTS_MAX];
	uint32_t count;
	bool is_amd;
	uint64_t type;
	uint64_t scanned_ns;
};

static int read_pmu(const struct perf_meter *perf, const char *file, char *text, size_t size)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/" PMU "/%s", perf->config->sysfs_root, file);
	return file_read_text(AT_FDCWD, path, text, size);
}

/* Package and die, "0-1"; where sysfs does not tell, the CPU itself. The CPU that the cpumask names for a package may
 * be another after a restart: the package stays. The cpumask of Linux 6.9 to 6.11 names a CPU of each of an AMD
 * package's dies (CCDs), and each reads the counter of the whole package. */
static void name_package(const struct perf_meter *perf, uint32_t cpu, char *ret_name, size_t size)
{
	static const char *const files[] = { "physical_package_id", "die_id" };
	uint64_t ids[2] = { 0 };
	char path[PATH_SIZE];

	for (size_t i = 0; i < (perf->is_amd ? 1 : ARRAY_SIZE(files)); i++) {
		snprintf(path, sizeof(path), "%s/devices/system/cpu/cpu%u/topology/%s",
			perf->config->sysfs_root, cpu, files[i]);
		if (file_read_u64(AT_FDCWD, path, &ids[i]) < 0 && i == 0) {
			snprintf(ret_name, size, "cpu%u", cpu);
			return;
		}
	}
	snprintf(ret_name, size, "%u-%u", (unsigned)(ids[0] & 0xffff), (unsigned)(ids[1] & 0xffff));
}

static int open_event(const struct perf_meter *perf, uint64_t config, uint32_t cpu, const char *stored_name)
{
	struct perf_event_attr attributes = {
		.type = (uint32_t)perf->type, .size = sizeof(attributes), .config = config
	};
	int fd = ready_take_fd(stored_name);

	if (fd >= 0)
		return fd;
	fd = (int)syscall(SYS_perf_event_open, &attributes, -1, (int)cpu, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return errno == EPERM ? -EACCES : -errno;
	int r = ready_store_fd(stored_name, fd);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

static bool has_event(const struct perf_meter *perf, const struct tally *tally)
{
	for (uint32_t i = 0; i < perf->count; i++)
		if (perf->events[i].tally == tally)
			return true;
	return false;
}

static void drop_event(struct perf_meter *perf, uint32_t index)
{
	ready_drop_fd(perf->events[index].stored_name);
	close(perf->events[index].fd);
	perf->events[index] = perf->events[--perf->count];
}

/* One domain on one package. 0 = counted, or of no use to us; an error stands in the tally too. */
static int add_event(struct perf_meter *perf, struct tallies *tallies, size_t domain,
	const struct event *model, uint64_t config, uint32_t cpu)
{
	struct event event = *model;
	char package[16], key[TALLY_KEY_MAX];

	name_package(perf, cpu, package, sizeof(package));
	snprintf(key, sizeof(key), "perf/%s/package-%s", domains[domain].name, package);
	snprintf(event.stored_name, sizeof(event.stored_name), "perf-%s-%s", domains[domain].name, package);
	event.tally = tallies_claim(tallies, key, domains[domain].zone);
	if (event.tally == NULL || has_event(perf, event.tally))
		return 0;
	event.fd = perf->count < EVENTS_MAX ? open_event(perf, config, cpu, event.stored_name) : -ENOSPC;
	event.tally->outcome = event.fd < 0 ? event.fd : 0;
	if (event.fd < 0)
		return event.fd;
	perf->events[perf->count++] = event;
	return 0;
}

static int add_domain(struct perf_meter *perf, struct tallies *tallies, size_t domain, const uint32_t *cpus,
	size_t cpu_count)
{
	char file[64], text[64];
	struct event event = { .fd = -1 };
	uint64_t config;
	int r, outcome = 0;

	snprintf(file, sizeof(file), "events/%s.unit", domains[domain].name);
	if (read_pmu(perf, file, text, sizeof(text)) < 0 || strcmp(text, "Joules") != 0)
		return -ENOENT;
	snprintf(file, sizeof(file), "events/%s.scale", domains[domain].name);
	if ((r = read_pmu(perf, file, text, sizeof(text))) < 0 ||
		(r = perf_text_scale(text, &event.unit)) < 0)
		return r;
	snprintf(file, sizeof(file), "events/%s", domains[domain].name);
	if ((r = read_pmu(perf, file, text, sizeof(text))) < 0 || (r = perf_text_event(text, &config)) < 0)
		return r;
	for (size_t i = 0; i < cpu_count; i++)
		if ((r = add_event(perf, tallies, domain, &event, config, cpus[i])) < 0)
			outcome = r;
	return outcome;
}

/* The package domain is what the meter is for; another one that cannot be opened everywhere fails in its zone. */
static int find_events(struct perf_meter *perf, struct tallies *tallies)
{
	uint32_t cpus[PERF_CPUS_MAX];
	size_t cpu_count;
	char text[512];
	int r;

	if ((r = read_pmu(perf, "cpumask", text, sizeof(text))) < 0 ||
		(r = perf_text_cpus(text, cpus, &cpu_count)) < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(domains); i++) {
		int outcome = add_domain(perf, tallies, i, cpus, cpu_count);
		if (outcome < 0 && domains[i].zone == ZONE_PACKAGE)
			return outcome;
	}
	return perf->count > 0 ? 0 : -ENOENT;
}

static int read_event(const struct event *event, struct instant now)
{
	uint64_t counts;
	ssize_t size = read(event->fd, &counts, sizeof(counts));

	if (size < 0)
		return -errno;
	if (size != sizeof(counts)) /* end of file: the event lost its CPU */
		return -ENOENT;
	return tally_count(event->tally, counts, 0, event->unit, now);
}

static void read_perf(struct meter *meter, struct tallies *tallies, struct instant now)
{
	struct perf_meter *perf = container_of(meter, struct perf_meter, meter);

	if (now.mono_ns - perf->scanned_ns >= RESCAN_NS) {
		find_events(perf, tallies);
		perf->scanned_ns = now.mono_ns;
	}
	for (uint32_t i = perf->count; i > 0; i--) {
		struct event *event = &perf->events[i - 1];
		event->tally->outcome = read_event(event, now);
		if (event->tally->outcome != -ENOENT)
			continue;
		drop_event(perf, i - 1); /* a new one is opened when the package is there again */
		perf->scanned_ns = 0;
	}
}

static void free_perf(struct meter *meter)
{
	struct perf_meter *perf = container_of(meter, struct perf_meter, meter);

	for (uint32_t i = 0; i < perf->count; i++)
		close(perf->events[i].fd);
	free(perf);
}

int meter_open_perf(
	const char *name, const struct config *config, struct tallies *tallies, struct meter **ret_meter)
{
	struct perf_meter *perf = calloc(1, sizeof(*perf));
	char text[32];
	int r;

	(void)name;
	if (perf == NULL)
		return -ENOMEM;
	perf->meter = (struct meter) { read_perf, free_perf, NULL };
	perf->config = config;
	perf->is_amd = packages_are_amd(config->procfs_root);
	if ((r = read_pmu(perf, "type", text, sizeof(text))) >= 0) {
		perf->type = strtoull(text, NULL, 10);
		r = perf->type > 0 && perf->type <= INT32_MAX ? find_events(perf, tallies) : -EBADMSG;
	}
	if (r < 0) {
		free_perf(&perf->meter);
		return r;
	}
	*ret_meter = &perf->meter;
	return 0;
}
