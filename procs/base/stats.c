#include "base/stats.h"

#include <stdio.h>
#include <string.h>

static double *add(struct stats *stats, enum stat_type type, const char *name, const char *labels)
{
	struct stat_entry *entry = &stats->entries[stats->count++];

	*entry = (struct stat_entry) { .name = name, .type = type };
	snprintf(entry->labels, sizeof(entry->labels), "%s", labels);
	return &entry->value;
}

double *stats_entry(struct stats *stats, enum stat_type type, const char *name, const char *labels)
{
	static double spill; /* what has no room is not shown, and never crashes its owner */

	for (size_t i = 0; i < stats->count; i++) {
		struct stat_entry *known = &stats->entries[i];
		if (strcmp(known->name, name) == 0 && strcmp(known->labels, labels) == 0)
			return &known->value;
	}
	if (stats->count < STATS_MAX - 1)
		return add(stats, type, name, labels);
	if (stats->count < STATS_MAX)
		*add(stats, STAT_GAUGE, "stats_left_out", "") = 1;
	return &spill;
}
