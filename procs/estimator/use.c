#include "estimator/use.h"

/*
 * Memory draws power to hold and to move. Held: 0.392 W/GB (Cloud Carbon Footprint) = 0.392 nJ per byte-second. Moved: a
 * fault fills a page of 4096 B, 640 pJ per 32 bits (Horowitz, "Computing's energy problem", ISSCC 2014) = 0.655 uJ. So a
 * fault costs what 1672 byte-seconds cost.
 */
#define FAULT_BYTE_SECONDS 1672

static const enum counter counter_of[USE_COUNT] = {
	[USE_CPU] = COUNTER_cpu_ns,
	[USE_CYCLES] = COUNTER_cycles,
	[USE_MISSES] = COUNTER_cache_misses,
	[USE_MEMORY] = COUNTER_mem_byte_seconds,
	[USE_FAULTS] = COUNTER_minor_faults,
	[USE_GPU] = COUNTER_gpu_uj,
};

uint32_t use_mask(uint32_t counters_valid)
{
	uint32_t mask = 1U << USE_CPU;

	for (int use = 0; use < USE_COUNT; use++)
		mask |= (counters_valid >> counter_of[use] & 1U) << use;
	return mask;
}

struct use use_take_growth(struct use *seen, const struct ring_row *row, struct use_masks masks)
{
	struct use growth = { 0 };

	for (int use = 0; use < USE_COUNT; use++) {
		uint64_t now = row->counter[counter_of[use]];
		if (use == USE_FAULTS)
			now += row->counter[COUNTER_major_faults];
		if (masks.held >> use & 1U)
			continue;
		if (!(masks.counted >> use & 1U))
			seen->by[use] = now;
		else if (now > seen->by[use]) {
			growth.by[use] = now - seen->by[use];
			seen->by[use] = now;
		}
	}
	return growth;
}

bool use_is_zero(const struct use *use)
{
	uint64_t any = 0;

	for (int i = 0; i < USE_COUNT; i++)
		any |= use->by[i];
	return any == 0;
}

static uint64_t memory_weight(const struct use *growth)
{
	uint64_t faults;

	if (__builtin_mul_overflow(growth->by[USE_FAULTS], FAULT_BYTE_SECONDS, &faults) ||
		__builtin_add_overflow(growth->by[USE_MEMORY], faults, &faults))
		return UINT64_MAX;
	return faults;
}

uint64_t use_weight(const struct use *growth, enum zone zone, const struct use_rule *rule)
{
	switch (zone) {
	case ZONE_PACKAGE: return growth->by[rule->has_cycles ? USE_CYCLES : USE_CPU];
	case ZONE_DRAM:
		if (rule->is_dram_by_bytes)
			return growth->by[USE_MEMORY];
		return rule->has_misses ? growth->by[USE_MISSES] : memory_weight(growth);
	case ZONE_GPU: return growth->by[USE_GPU];
	case ZONE_PSYS: /* contains package; it and the rest stay the node's */
	case ZONE_CORE:
	case ZONE_UNCORE:
	case ZONE_OTHER:
	case ZONE_COUNT: break;
	}
	return 0;
}
