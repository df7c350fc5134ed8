#include "collector/meters/tally.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/ready.h"
#include "base/wide.h"

#define STATE_NAME   "meters"
#define STATE_MAGIC  UINT64_C(0x32736574656d6e74)
#define SLACK_NS     NS_PER_SECOND /* counters are updated in steps of their own */
#define SUSPENDED_NS NS_PER_SECOND /* CLOCK_BOOTTIME ran on by that much more than CLOCK_MONOTONIC */
#define SENSOR_HOLD_NS                                                                                       \
	(120 * NS_PER_SECOND) /* twice the longest interval: beyond, a sensor's power is not known */
#define SENSOR_MAX_UW UINT64_C(100000000000) /* 100 kW: more is garbage, whatever the zone */
#define FJ_PER_UJ     UINT64_C(1000000000)

/* The most a zone of one counter can draw, with room: today's largest package is 500 W TDP, GPU 1400 W, and psys of
 * one counter a four-socket board. Only for telling a wrap from a reset, never for correcting a value. */
static const uint64_t plausible_watts[ZONE_COUNT] = {
	[ZONE_PACKAGE] = 1000,
	[ZONE_DRAM] = 500,
	[ZONE_PSYS] = 4000,
	[ZONE_GPU] = 3000,
	[ZONE_CORE] = 1000,
	[ZONE_UNCORE] = 1000,
	[ZONE_OTHER] = 1000,
};

struct kept {
	uint64_t magic;
	uint64_t size;
	struct tally all[TALLIES_MAX];
};

static void take_over(struct kept *kept, bool is_new_epoch)
{
	if (is_new_epoch || kept->magic != STATE_MAGIC || kept->size != sizeof(*kept))
		*kept = (struct kept) { .magic = STATE_MAGIC, .size = sizeof(*kept) };
	for (size_t i = 0; i < TALLIES_MAX; i++) {
		kept->all[i].outcome = 0;
		kept->all[i].owner = 0;
		kept->all[i].failing_since_ns = 0;
	}
}

int tallies_open(struct tallies *tallies, bool is_new_epoch)
{
	*tallies = (struct tallies) { .fd = ready_take_fd(STATE_NAME) };
	bool is_kept = tallies->fd >= 0;

	if (!is_kept)
		tallies->fd = memfd_create(STATE_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (tallies->fd < 0 || ftruncate(tallies->fd, sizeof(struct kept)) < 0)
		return -errno;
	struct kept *kept =
		mmap(NULL, sizeof(struct kept), PROT_READ | PROT_WRITE, MAP_SHARED, tallies->fd, 0);
	if (kept == MAP_FAILED)
		return -errno;
	take_over(kept, is_new_epoch);
	tallies->all = kept->all;
	return is_kept ? 0 : ready_store_fd(STATE_NAME, tallies->fd);
}

void tallies_close(struct tallies *tallies)
{
	if (tallies->all != NULL)
		munmap(container_of(tallies->all, struct kept, all), sizeof(struct kept));
	closep(&tallies->fd);
	*tallies = (struct tallies) { .fd = -1 };
}

struct tally *tallies_claim(struct tallies *tallies, const char *key, enum zone zone)
{
	struct tally *room = NULL;

	if (tallies->taken & 1U << zone)
		return NULL;
	for (size_t i = 0; i < TALLIES_MAX; i++) {
		struct tally *tally = &tallies->all[i];
		if (tally->key[0] == '\0' && room == NULL)
			room = tally;
		if (strncmp(tally->key, key, sizeof(tally->key)) != 0)
			continue;
		if (tally->zone != zone || (tally->owner != 0 && tally->owner != tallies->owner))
			return NULL;
		tally->owner = tallies->owner;
		return tally;
	}
	if (room == NULL || strlen(key) >= sizeof(room->key)) {
		tallies->dropped++;
		return NULL;
	}
	*room = (struct tally) { .zone = zone, .owner = tallies->owner };
	snprintf(room->key, sizeof(room->key), "%s", key);
	return room;
}

static uint64_t to_uj(uint64_t counts, struct tally_unit unit)
{
	uint128 uj = (uint128)counts * unit.mantissa >> unit.shift;

	return uj > UINT64_MAX ? UINT64_MAX : (uint64_t)uj;
}

static uint64_t since(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

static bool was_suspended(const struct tally *tally, struct instant now)
{
	return since(now.boot_ns, tally->boot_ns) > since(now.mono_ns, tally->mono_ns) + SUSPENDED_NS;
}

/* Growth from `last` to `value`, or -ERANGE. At most one wrap is ever assumed. */
static int growth(const struct tally *tally, uint64_t value, uint64_t range, struct tally_unit unit,
	struct instant now, uint64_t *ret_counts)
{
	uint64_t most_uj = mul_div_u64(plausible_watts[tally->zone],
		since(now.boot_ns, tally->boot_ns) + SLACK_NS, 1000); /* W x ns = nJ */
	bool is_back = value < tally->last;

	if (is_back && (range == 0 || was_suspended(tally, now)))
		return -ERANGE;
	uint64_t counts = is_back ? range - tally->last + value : value - tally->last;
	if (to_uj(counts, unit) > most_uj)
		return -ERANGE;
	/* Once more round would be as plausible: which it was cannot be known. */
	if (range != 0 && to_uj(counts, unit) + to_uj(range, unit) <= most_uj)
		return -ERANGE;
	*ret_counts = counts;
	return 0;
}

static void remember(struct tally *tally, uint64_t value, struct instant now)
{
	tally->last = value;
	tally->mono_ns = now.mono_ns;
	tally->boot_ns = now.boot_ns;
	tally->is_known = 1;
}

int tally_count(
	struct tally *tally, uint64_t value, uint64_t range, struct tally_unit unit, struct instant now)
{
	uint64_t counts = 0;
	int r = 0;

	if (range != 0 && value > range)
		return -EBADMSG;
	if (tally->is_known && tally->last <= (range != 0 ? range : UINT64_MAX))
		r = growth(tally, value, range, unit, now, &counts);
	tally->counts += counts;
	tally->uj = to_uj(tally->counts, unit);
	remember(tally, value, now);
	return r;
}

int tally_power(struct tally *tally, uint64_t microwatts, bool is_average, struct instant now)
{
	uint64_t dt_ns = since(now.mono_ns, tally->mono_ns);
	int r = 0;

	if (microwatts > SENSOR_MAX_UW)
		return -EBADMSG;
	if (tally->is_known && dt_ns > SENSOR_HOLD_NS)
		r = -ERANGE;
	if (tally->is_known && r == 0) {
		uint64_t mean_uw = is_average ? microwatts : (tally->last + microwatts + 1) / 2;
		uint128 fj = (uint128)mean_uw * dt_ns + tally->rest_fj; /* µW x ns = fJ */
		tally->uj += (uint64_t)(fj / FJ_PER_UJ);
		tally->rest_fj = (uint64_t)(fj % FJ_PER_UJ);
	}
	remember(tally, microwatts, now);
	return r;
}

void tally_forget(struct tally *tally)
{
	tally->is_known = 0;
}
