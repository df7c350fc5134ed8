/*
 * RAPL through the powercap class (Documentation/power/powercap/powercap.rst): intel-rapl:N are packages (or dies:
 * package-0-die-1) and psys, intel-rapl:N:M their parts. energy_uj wraps at max_energy_range_uj. AMD has the same names
 * since Linux 5.8; there each die of a package shows the counter of the whole package (Linux 6.9 to 6.11 has a zone for
 * each), and core is the energy of one core, whose MSR the kernel reads: no zone of ours. Zones are known by their names;
 * folders are numbered anew when a package comes back.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "collector/meters/meter.h"
#include "collector/meters/packages.h"

#define DOMAINS_MAX 64
#define NAME_SIZE   32
#define PATH_SIZE   (CONFIG_TEXT_MAX + NAME_MAX + 64)

struct domain {
	struct tally *tally;
	uint64_t range_uj;
	char path[PATH_SIZE]; /* of energy_uj */
};

struct powercap_meter {
	struct meter meter;
	const struct config *config;
	struct domain domains[DOMAINS_MAX];
	uint32_t count;
	bool is_amd;
	bool wants_scan;
	uint64_t scanned_ns;
};

static int zone_of_name(const char *name)
{
	if (strncmp(name, "package-", 8) == 0)
		return ZONE_PACKAGE;
	if (strncmp(name, "psys-", 5) ==
		0) /* of another package than the first: the one that has the node's */
		return ZONE_PSYS;
	for (int zone = 0; zone < ZONE_COUNT; zone++)
		if (zone != ZONE_PACKAGE && strcmp(name, zone_name((enum zone)zone)) == 0)
			return zone;
	return -1;
}

static struct domain *find_domain(struct powercap_meter *powercap, const struct tally *tally)
{
	for (uint32_t i = 0; i < powercap->count; i++)
		if (powercap->domains[i].tally == tally)
			return &powercap->domains[i];
	return NULL;
}

/* "powercap/package-0/dram": the name of the zone, after that of the zone it is part of. */
static int name_domain(
	const struct powercap_meter *powercap, const char *folder, char ret_key[static TALLY_KEY_MAX])
{
	const char *first = strchr(folder, ':'), *last = strrchr(folder, ':');
	char path[PATH_SIZE], parent[NAME_SIZE] = "", name[NAME_SIZE];
	int r;

	snprintf(path, sizeof(path), "%s/class/powercap/%s/name", powercap->config->sysfs_root, folder);
	if ((r = file_read_text(AT_FDCWD, path, name, sizeof(name))) < 0)
		return r;
	if (first != last) {
		snprintf(path, sizeof(path), "%s/class/powercap/%.*s/name", powercap->config->sysfs_root,
			(int)(last - folder), folder);
		if ((r = file_read_text(AT_FDCWD, path, parent, sizeof(parent))) < 0)
			return r;
	}
	int zone = zone_of_name(name);
	char *die = powercap->is_amd && zone == ZONE_PACKAGE ? strstr(name, "-die-") : NULL;
	if (die != NULL)
		*die = '\0';
	snprintf(ret_key, TALLY_KEY_MAX, "powercap/%s%s%s", parent, parent[0] != '\0' ? "/" : "", name);
	return zone == ZONE_CORE && powercap->is_amd ? -1 : zone;
}

/* 1 = readable now, 0 = of no use to us, else why it cannot be read: it is part of its zone all the same. */
static int add_domain(struct powercap_meter *powercap, struct tallies *tallies, const char *folder)
{
	char key[TALLY_KEY_MAX], path[PATH_SIZE];
	uint64_t energy_uj, range_uj;
	int zone = name_domain(powercap, folder, key);

	if (zone < 0)
		return 0;
	snprintf(path, sizeof(path), "%s/class/powercap/%s/max_energy_range_uj", powercap->config->sysfs_root,
		folder);
	int r = file_read_u64(AT_FDCWD, path, &range_uj); /* 0: it does not say where it wraps */
	if (r < 0)
		return r;
	struct tally *tally = tallies_claim(tallies, key, (enum zone)zone);
	struct domain *domain = tally != NULL ? find_domain(powercap, tally) : NULL;
	if (tally == NULL || (domain == NULL && powercap->count == DOMAINS_MAX))
		return 0;
	/* The same package stands under intel-rapl and intel-rapl-mmio, or in each of its dies: the first keeps it
	 * until it is gone. */
	if (domain != NULL && tally->outcome != -ENOENT)
		return 0;
	if (domain == NULL)
		domain = &powercap->domains[powercap->count++];
	*domain = (struct domain) { .tally = tally, .range_uj = range_uj };
	snprintf(domain->path, sizeof(domain->path), "%s/class/powercap/%s/energy_uj",
		powercap->config->sysfs_root, folder);
	r = file_read_u64(AT_FDCWD, domain->path, &energy_uj);
	return r < 0 ? r : 1;
}

static int is_zone(const struct dirent *entry)
{
	return strncmp(entry->d_name, "intel-rapl", 10) == 0 && strchr(entry->d_name, ':') != NULL;
}

/* intel-rapl before intel-rapl-mmio, 2 before 10. */
static int by_trust(const struct dirent **a, const struct dirent **b)
{
	bool is_mmio_a = strncmp((*a)->d_name, "intel-rapl:", 11) != 0;
	bool is_mmio_b = strncmp((*b)->d_name, "intel-rapl:", 11) != 0;

	return is_mmio_a != is_mmio_b ? is_mmio_a - is_mmio_b : strverscmp((*a)->d_name, (*b)->d_name);
}

/* 0, or why no domain can be used. One that is refused makes its zone's sum a lie: then the meter is refused. */
static int find_domains(struct powercap_meter *powercap, struct tallies *tallies)
{
	char path[PATH_SIZE];
	struct dirent **entries;
	int readable = 0, refused = 0, failed = -ENOENT;

	snprintf(path, sizeof(path), "%s/class/powercap", powercap->config->sysfs_root);
	int count = scandir(path, &entries, is_zone, by_trust);
	if (count < 0)
		return -errno;
	for (int i = 0; i < count; i++) {
		int r = add_domain(powercap, tallies, entries[i]->d_name);
		readable += r > 0;
		refused += r == -EACCES || r == -EPERM;
		failed = r < 0 ? r : failed;
		free(entries[i]);
	}
	free(entries);
	if (refused > 0)
		return -EACCES;
	return readable > 0 ? 0 : failed;
}

static int read_domain(struct domain *domain, struct instant now)
{
	uint64_t energy_uj;
	int r = file_read_u64(AT_FDCWD, domain->path, &energy_uj);

	if (r < 0)
		return r == -ENODEV || r == -ENODATA ? -ENOENT : r;
	return tally_count(domain->tally, energy_uj, domain->range_uj, TALLY_MICROJOULE, now);
}

static void read_powercap(struct meter *meter, struct tallies *tallies, struct instant now)
{
	struct powercap_meter *powercap = container_of(meter, struct powercap_meter, meter);

	if (powercap->wants_scan || now.mono_ns - powercap->scanned_ns >= RESCAN_NS) {
		find_domains(powercap, tallies);
		powercap->scanned_ns = now.mono_ns;
	}
	powercap->wants_scan = false;
	for (uint32_t i = 0; i < powercap->count; i++) {
		struct domain *domain = &powercap->domains[i];
		domain->tally->outcome = read_domain(domain, now);
		powercap->wants_scan |= domain->tally->outcome == -ENOENT;
	}
}

static void free_powercap(struct meter *meter)
{
	free(container_of(meter, struct powercap_meter, meter));
}

int meter_open_powercap(
	const char *name, const struct config *config, struct tallies *tallies, struct meter **ret_meter)
{
	struct powercap_meter *powercap = calloc(1, sizeof(*powercap));

	(void)name;
	if (powercap == NULL)
		return -ENOMEM;
	powercap->meter = (struct meter) { read_powercap, free_powercap, NULL };
	powercap->config = config;
	powercap->is_amd = packages_are_amd(config->procfs_root);
	int r = find_domains(powercap, tallies);
	if (r < 0) {
		free(powercap);
		return r;
	}
	*ret_meter = &powercap->meter;
	return 0;
}
