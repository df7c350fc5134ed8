/*
 * What every power meter is to meters.c: a struct of functions that reads counters into tallies. A meter claims its
 * tallies when it is opened and when it looks again for counters that came or went; it decides nothing about zones.
 */
#pragma once

#include "base/clock.h"
#include "base/config.h"
#include "collector/meters/tally.h"

#define RESCAN_NS (60 * NS_PER_SECOND) /* how often a meter looks for counters that came (CPU hot-plug) */

struct gpu_use {
	uint32_t pid;
	uint32_t reserved;
	uint64_t grown_ns; /* utilisation of the GPU's multiprocessors x time */
};

/* One GPU: what it has drawn since the epoch's birth, and who used it while it drew what is new of that. */
struct gpu_reading {
	const char *uuid, *name, *vendor;
	uint32_t index, use_count;
	uint64_t uj;
	uint64_t unlisted_ns; /* by processes that are not among the uses */
	const struct gpu_use *uses;
};
typedef void gpu_visitor(void *context, const struct gpu_reading *gpu);

struct meter {
	/* Reads every counter it claimed and sets tally->outcome: 0, -ENOENT (the counter is gone), another -errno.
	 * May claim more. */
	void (*read)(struct meter *meter, struct tallies *tallies, struct instant now);
	void (*free)(struct meter *meter);
	/* NULL where the meter knows of no GPUs. */
	void (*visit_gpu)(struct meter *meter, gpu_visitor *visit, void *context);
};

/* Each claims its counters and returns 0, -ENOENT (not on this machine, or nothing of use), -EACCES (there, but not for
 * us), -ENOTUNIQ (several sensors, and nothing says which is the node's) or another -errno. `name`: that of the list. */
typedef int meter_open(
	const char *name, const struct config *config, struct tallies *tallies, struct meter **ret_meter);
meter_open meter_open_perf;
meter_open meter_open_powercap;
meter_open meter_open_hwmon; /* also serves `xgene` and `acpi`: one table of chips */
meter_open meter_open_nvml;
meter_open meter_open_fake;
