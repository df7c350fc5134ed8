/*
 * RAPL through the powercap class (Documentation/power/powercap): intel-rapl:N are packages or psys, intel-rapl:N:M
 * their parts. energy_uj wraps at max_energy_range_uj. AMD uses the same names since 5.8.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/ready.h"
#include "collector/meters/meter.h"

#define SOCKETS_MAX 16
#define PARTS_MAX   8
#define DOMAINS_MAX 32
#define STATE_NAME  "meter-powercap"
#define STATE_MAGIC UINT64_C(0x31706163706e7474)

/* Kept by the supervisor, so that a restarted collector unwraps where its predecessor stopped. */
struct kept_domain {
	uint64_t last_uj, total_uj;
	uint64_t is_known;
};

struct kept {
	uint64_t magic;
	struct kept_domain domains[DOMAINS_MAX];
};

struct domain {
	enum zone zone;
	uint64_t range_uj;
	char path[CONFIG_TEXT_MAX + 96];
};

struct powercap_meter {
	struct meter meter;
	struct domain domains[DOMAINS_MAX];
	uint32_t count;
	int state_fd;
	struct kept *kept;
};

static int zone_of_name(const char *name)
{
	if (strncmp(name, "package", 7) == 0)
		return ZONE_PACKAGE;
	for (int zone = 0; zone < ZONE_COUNT; zone++)
		if (strcmp(name, zone_name((enum zone)zone)) == 0)
			return zone;
	return -1;
}

/* 1 = taken, 0 = not there or of no use, -EACCES. */
static int add_domain(struct powercap_meter *powercap, const char *folder)
{
	char path[CONFIG_TEXT_MAX + 128], name[64];
	uint64_t energy_uj, range_uj;

	snprintf(path, sizeof(path), "%s/name", folder);
	if (powercap->count == DOMAINS_MAX || file_read_text(AT_FDCWD, path, name, sizeof(name)) < 0)
		return 0;
	int zone = zone_of_name(name);
	snprintf(path, sizeof(path), "%s/max_energy_range_uj", folder);
	if (zone < 0 || file_read_u64(AT_FDCWD, path, &range_uj) < 0 || range_uj == 0)
		return 0;
	struct domain *domain = &powercap->domains[powercap->count];
	*domain = (struct domain) { .zone = (enum zone)zone, .range_uj = range_uj };
	snprintf(domain->path, sizeof(domain->path), "%s/energy_uj", folder);
	int r = file_read_u64(AT_FDCWD, domain->path, &energy_uj);
	if (r < 0)
		return r == -EACCES || r == -EPERM ? -EACCES : 0;
	powercap->count++;
	return 1;
}

static int find_domains(struct powercap_meter *powercap, const char *sysfs_root)
{
	char folder[CONFIG_TEXT_MAX + 64];
	int refused = 0;

	for (int socket = 0; socket < SOCKETS_MAX; socket++) {
		snprintf(folder, sizeof(folder), "%s/class/powercap/intel-rapl:%d", sysfs_root, socket);
		refused |= add_domain(powercap, folder) == -EACCES;
		for (int part = 0; part < PARTS_MAX; part++) {
			snprintf(folder, sizeof(folder), "%s/class/powercap/intel-rapl:%d/intel-rapl:%d:%d",
				sysfs_root, socket, socket, part);
			refused |= add_domain(powercap, folder) == -EACCES;
		}
	}
	if (powercap->count > 0)
		return 0;
	return refused ? -EACCES : -ENOENT;
}

/* Growth since the last reading, over one wrap at most: at 300 W a 262 kJ range lasts 15 minutes. */
static int unwrap(const struct domain *domain, struct kept_domain *kept)
{
	uint64_t now_uj;
	int r = file_read_u64(AT_FDCWD, domain->path, &now_uj);

	if (r < 0)
		return r;
	if (kept->is_known)
		kept->total_uj += now_uj >= kept->last_uj ? now_uj - kept->last_uj
							  : domain->range_uj - kept->last_uj + now_uj;
	kept->last_uj = now_uj;
	kept->is_known = 1; /* the first reading is the baseline: its absolute value means nothing */
	return 0;
}

static uint32_t read_powercap(
	struct meter *meter, struct instant now, struct ring_meter slots[static RING_METER_MAX])
{
	struct powercap_meter *powercap = container_of(meter, struct powercap_meter, meter);
	uint32_t slot_of_zone[ZONE_COUNT], count = 0;

	(void)now;
	memset(slot_of_zone, 0xff, sizeof(slot_of_zone));
	for (uint32_t i = 0; i < powercap->count; i++) {
		const struct domain *domain = &powercap->domains[i];
		int r = unwrap(domain, &powercap->kept->domains[i]);
		if (slot_of_zone[domain->zone] == UINT32_MAX) {
			slot_of_zone[domain->zone] = count;
			slots[count++] = (struct ring_meter) { domain->zone, METER_OK, 0 };
		}
		struct ring_meter *slot = &slots[slot_of_zone[domain->zone]];
		slot->uj += powercap->kept->domains[i].total_uj;
		if (r < 0) /* one socket that cannot be read makes the sum a lie */
			slot->state = METER_FAILED;
	}
	return count;
}

static void free_powercap(struct meter *meter)
{
	struct powercap_meter *powercap = container_of(meter, struct powercap_meter, meter);

	if (powercap->kept != NULL)
		munmap(powercap->kept, sizeof(*powercap->kept));
	closep(&powercap->state_fd);
	free(powercap);
}

static int open_state(struct powercap_meter *powercap, bool is_new_epoch)
{
	powercap->state_fd = ready_take_fd(STATE_NAME);
	bool is_kept = powercap->state_fd >= 0;
	if (!is_kept)
		powercap->state_fd = memfd_create(STATE_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (powercap->state_fd < 0 || ftruncate(powercap->state_fd, sizeof(struct kept)) < 0)
		return -errno;
	void *base =
		mmap(NULL, sizeof(struct kept), PROT_READ | PROT_WRITE, MAP_SHARED, powercap->state_fd, 0);
	if (base == MAP_FAILED)
		return -errno;
	powercap->kept = base;
	if (is_new_epoch || powercap->kept->magic != STATE_MAGIC)
		*powercap->kept = (struct kept) { .magic = STATE_MAGIC };
	return is_kept ? 0 : ready_store_fd(STATE_NAME, powercap->state_fd);
}

int meter_open_powercap(const struct config *config, bool is_new_epoch, struct meter **ret_meter)
{
	struct powercap_meter *powercap = calloc(1, sizeof(*powercap));
	int r;

	if (powercap == NULL)
		return -ENOMEM;
	powercap->meter = (struct meter) { "powercap", read_powercap, free_powercap };
	powercap->state_fd = -1;
	if ((r = find_domains(powercap, config->sysfs_root)) < 0 ||
		(r = open_state(powercap, is_new_epoch)) < 0) {
		free_powercap(&powercap->meter);
		return r;
	}
	*ret_meter = &powercap->meter;
	return 0;
}
