#include "exporter/metrics.h"

#include <string.h>

#include "base/cleanup.h"

const struct metric_info metric_table[METRIC_COUNT] = {
#define METRIC(id, name, type, unit, level, part, labels, help)                                              \
	{ name, type, unit, LEVEL_##level, PART_##part, labels, help },
#include "exporter/metrics.def"
};

static const struct {
	const char *name, *type, *unit, *labels, *help;
} stat_table[] = {
#define STAT(...) { __VA_ARGS__ },
#include "exporter/metrics.def"
};

const char *stat_help(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(stat_table); i++)
		if (strcmp(stat_table[i].name, name) == 0)
			return stat_table[i].help;
	return "Counted by the stages about themselves";
}

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
	      "(or the\n"
	      "time there is): `rate(…_joules_total[1m])` is the same number. Joules are exact to the µJ and "
	      "never go\n"
	      "down while tanso's energy epoch lasts. `state` is running or terminated; a terminated object "
	      "keeps its\n"
	      "series for max(3 intervals, 5 min), at most `metrics_terminated` of a kind. Families of "
	      "Kepler <= 0.9\n"
	      "are there with `metrics_kepler_joules = yes` only; what the kernel counts of containers and "
	      "workloads, but\n"
	      "for a workload's network, with `metrics_counters = yes`, and of that what it does count here "
	      "(docs/watts.md):\n"
	      "a counter that is absent has no series. Under the fake meter every series of power "
	      "and energy\n"
	      "carries path=\"fake\", those of pods, containers, processes, machines and workloads too, and\n"
	      "tanso_power_state{state=\"fake\"} is 1: real joules stand in other series.\n\n"
	      "Values of labels are Kepler's where it has a word: runtime docker, containerd, crio, podman, "
	      "kubernetes (a\n"
	      "pod's container whose cgroup does not tell), also lxc, nspawn, buildkit, unknown; hypervisor "
	      "kvm,\n"
	      "virtualbox, vmware, also firecracker, cloud-hypervisor. A container without a name has its id "
	      "for one.\n\n"
	      "| metric | type | unit | labels | meaning |\n|---|---|---|---|---|\n",
		out);
	for (size_t i = 0; i < METRIC_COUNT; i++)
		fprintf(out, "| %s | %s | %s | %s | %s |\n", metric_table[i].name, metric_table[i].type,
			metric_table[i].unit, metric_table[i].labels, metric_table[i].help);
	fputs("\n## What stages tell about themselves\n\n"
	      "With the label `stage` before these, and without `node_name`.\n\n"
	      "| metric | type | unit | labels | meaning |\n|---|---|---|---|---|\n",
		out);
	for (size_t i = 0; i < ARRAY_SIZE(stat_table); i++)
		fprintf(out, "| tanso_%s | %s | %s | %s | %s |\n", stat_table[i].name, stat_table[i].type,
			stat_table[i].unit, stat_table[i].labels, stat_table[i].help);
}
