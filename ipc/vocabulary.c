#include "ipc/vocabulary.h"

#include <string.h>

#include "base/cleanup.h"

#define X(id, name) name,
static const char *const zones[] = { ZONES(X) };
static const char *const states[] = { POWER_STATES(X) };
static const char *const usages[] = { USAGE_SOURCES(X) };
static const char *const kinds[] = { WORKLOAD_KINDS(X) };
#undef X

const char *zone_name(enum zone zone)
{
	return (unsigned)zone < ARRAY_SIZE(zones) ? zones[zone] : "?";
}

const char *power_state_name(enum power_state state)
{
	return (unsigned)state < ARRAY_SIZE(states) ? states[state] : "?";
}

const char *usage_source_name(enum usage_source source)
{
	return (unsigned)source < ARRAY_SIZE(usages) ? usages[source] : "?";
}

const char *workload_kind_name(enum workload_kind kind)
{
	return (unsigned)kind < ARRAY_SIZE(kinds) ? kinds[kind] : "?";
}

int workload_kind_from_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i], name) == 0)
			return (int)i;
	return -1;
}

bool zone_is_counted(enum zone zone, uint32_t mask)
{
	switch (zone) {
	case ZONE_PACKAGE:
	case ZONE_GPU: return true;
	case ZONE_DRAM: return (mask & (1u << ZONE_PACKAGE)) != 0 || (mask & (1u << ZONE_PSYS)) == 0;
	case ZONE_PSYS: return (mask & (1u << ZONE_PACKAGE)) == 0;
	case ZONE_CORE:
	case ZONE_UNCORE:
	case ZONE_OTHER:
	case ZONE_COUNT: break;
	}
	return false;
}
