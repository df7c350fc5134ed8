/* One meter at a time over a tree of files and an instant the test moves. */
#pragma once

#include "base/cleanup.h"
#include "collector/meters/meters.h"
#include "tests/fixture/sysfs.h"
#include "tests/unit/unit.h"

static struct config config;
static struct meters *meters;
static struct instant now;
static struct ring_tick tick;

/* CLOCK_MONOTONIC and CLOCK_BOOTTIME go on by `ms`. */
static inline void pass(uint64_t ms)
{
	now.mono_ns += ms * NS_PER_MILLISECOND;
	now.boot_ns += ms * NS_PER_MILLISECOND;
}

static inline void read_meters(void)
{
	tick = (struct ring_tick) { 0 };
	meters_read(meters, now, &tick);
}

static inline const struct ring_meter *slot_of(enum zone zone)
{
	for (int i = 0; i < RING_METER_MAX; i++)
		if (tick.meter[i].state != METER_ABSENT && tick.meter[i].zone == zone)
			return &tick.meter[i];
	return NULL;
}

static inline void expect_uj(enum zone zone, uint32_t state, uint64_t uj)
{
	if (slot_of(zone) == NULL)
		fail_msg("no slot for zone %s", zone_name(zone));
	assert_int_equal(slot_of(zone)->uj, uj);
	assert_int_equal(slot_of(zone)->state, state);
}

/* Opens config.meters = `list` and takes the baseline at 1000 s. */
static inline void open_meters(const char *list)
{
	now = (struct instant) { .mono_ns = 1000 * NS_PER_SECOND, .boot_ns = 1000 * NS_PER_SECOND };
	snprintf(config.meters, sizeof(config.meters), "%s", list);
	assert_int_equal(meters_open(&config, true, &meters), 0);
	read_meters();
}

static inline void pass_and_read(uint64_t ms)
{
	pass(ms);
	read_meters();
}

/* Negative: there is no such entry. */
static inline double stat_of(const char *name, const char *labels)
{
	static struct stats stats;

	stats.count = 0;
	meters_report(meters, &stats);
	for (size_t i = 0; i < stats.count; i++)
		if (strcmp(stats.entries[i].name, name) == 0 && strcmp(stats.entries[i].labels, labels) == 0)
			return stats.entries[i].value;
	return -1;
}

static inline int set_up(void **state)
{
	(void)state;
	config_defaults(&config);
	snprintf(config.sysfs_root, sizeof(config.sysfs_root), "%s", sysfs_root);
	snprintf(config.procfs_root, sizeof(config.procfs_root), "%s/proc", sysfs_root);
	return sysfs_clear();
}

static inline int tear_down(void **state)
{
	(void)state;
	meters_free(meters);
	meters = NULL;
	return 0;
}

static inline int begin_group(void **state)
{
	(void)state;
	return sysfs_begin();
}

static inline int end_group(void **state)
{
	(void)state;
	return sysfs_end();
}

#define METER_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
