#include "exporter/metrics.h"

#include <string.h>

#include "base/cleanup.h"

const struct metric_info metric_table[METRIC_COUNT] = {
#define METRIC(id, name, type, unit, level, part, labels, help)                                              \
	{ name, type, unit, LEVEL_##level, PART_##part, labels, help },
#include "exporter/metrics.def"
};

static bool ends_with(const char *text, size_t size, const char *end)
{
	size_t length = strlen(end);

	return size > length && memcmp(text + size - length, end, length) == 0;
}

/* The unit, where the family's name ends with it: the only place where a UNIT line is legal. */
static const char *unit_of(const char *family, size_t size)
{
	static const char *const units[] = { "_joules", "_watts", "_seconds", "_ratio" };

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (ends_with(family, size, units[i]))
			return units[i] + 1;
	return NULL;
}

void metric_head(
	struct sheet *sheet, enum format format, const char *name, const char *type, const char *help)
{
	size_t size = strlen(name);
	bool has_total = ends_with(name, size, "_total"), is_counter = strcmp(type, "counter") == 0;

	if (format == FORMAT_OPENMETRICS && is_counter && !has_total)
		type = "unknown";
	if (format == FORMAT_OPENMETRICS && is_counter && has_total)
		size -= strlen("_total");
	sheet_print(sheet, "# HELP %.*s %s\n# TYPE %.*s %s\n", (int)size, name, help, (int)size, name, type);
	const char *unit = format == FORMAT_OPENMETRICS ? unit_of(name, size) : NULL;
	if (unit != NULL)
		sheet_print(sheet, "# UNIT %.*s %s\n", (int)size, name, unit);
}

void metrics_describe(FILE *out)
{
	fputs("# Metrics\n\nGenerated from procs/exporter/metrics.def. Served at "
	      "https://127.0.0.1:30443/metrics, as\n"
	      "Prometheus text 0.0.4 or OpenMetrics 1.0.0, whichever the scraper prefers.\n\n"
	      "Every series carries `node_name` besides the labels below. Watts are means over the last 60 s "
	      "(or the "
	      "time\nthere is): `rate(…_joules_total[1m])` is the same number. Joules are exact to the µJ "
	      "and never go "
	      "down while\ntanso's energy epoch lasts. `state` is running or terminated; a terminated object "
	      "keeps its "
	      "series for max(3\nintervals, 5 min), at most `metrics_terminated` of a kind. Families of "
	      "Kepler <= 0.9 "
	      "are there with\n`metrics_kepler_joules = yes` only. Under the fake meter every power series "
	      "of the node "
	      "carries path=\"fake\",\nand tanso_power_state{state=\"fake\"} is 1. Each stage also tells "
	      "about itself: "
	      "tanso_turns_total,\ntanso_frames_{in,out,dropped,malformed}_total{stage,peer}, "
	      "tanso_probe_runs_total{probe}, and others.\n\n"
	      "| metric | type | unit | labels | meaning |\n|---|---|---|---|---|\n",
		out);
	for (size_t i = 0; i < METRIC_COUNT; i++)
		fprintf(out, "| %s | %s | %s | %s | %s |\n", metric_table[i].name, metric_table[i].type,
			metric_table[i].unit, metric_table[i].labels, metric_table[i].help);
}
