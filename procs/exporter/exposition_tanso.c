/* Where the numbers come from, and what the stages tell about themselves. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "exporter/exposition.h"

static void put_one_state(struct exposition *exposition, const char *state, bool is_it)
{
	exposition_open(exposition, METRIC_POWER_STATE);
	exposition_label(exposition, "state", state);
	exposition_close(exposition, is_it, 0);
}

static void put_state(struct exposition *exposition)
{
	for (int state = 0; state < POWER_STATE_COUNT; state++)
		put_one_state(exposition, power_state_name((enum power_state)state),
			!exposition->is_stale && (int)exposition->book->state == state);
	put_one_state(exposition, "stale", exposition->is_stale);
}

static void put_source(struct exposition *exposition)
{
	exposition_open(exposition, METRIC_POWER_SOURCE);
	exposition_label(exposition, "source", exposition->book->source);
	exposition_label(exposition, "usage", usage_source_name(exposition->book->usage));
	exposition_close(exposition, 1, 0);
}

/* As Kepler, a Go program, names architectures. */
static const char *arch(const char *machine)
{
	return strcmp(machine, "x86_64") == 0 ? "amd64" : strcmp(machine, "aarch64") == 0 ? "arm64" : machine;
}

static void put_build(struct exposition *exposition, enum metric metric)
{
	exposition_open(exposition, metric);
	if (metric == METRIC_KEPLER_BUILD) {
		exposition_label(exposition, "arch", arch(exposition->host.machine));
		exposition_label(exposition, "branch", "");
		exposition_label(exposition, "revision", "");
		exposition_label(exposition, "goversion", "");
	}
	exposition_label(exposition, "version", TANSO_VERSION);
	exposition_close(exposition, 1, 0);
}

static void put_one(struct exposition *exposition, enum metric metric, uint64_t value, unsigned decimals)
{
	exposition_open(exposition, metric);
	exposition_close(exposition, value, decimals);
}

static void put_window(struct exposition *exposition)
{
	const struct book *book = exposition->book;
	uint64_t growth_uj, span_ns;

	if (book->state != POWER_INITIALIZING &&
		window_growth(&book->total[ZONE_PACKAGE], &growth_uj, &span_ns))
		put_one(exposition, METRIC_WATTS_WINDOW, span_ns, 9);
}

void exposition_tanso(struct exposition *exposition, enum metric metric, uint64_t now_ns)
{
	const struct book *book = exposition->book;

	switch (metric) {
	case METRIC_POWER_STATE: put_state(exposition); break;
	case METRIC_POWER_SOURCE: put_source(exposition); break;
	case METRIC_MODEL_ERROR:
		if (book->error_ppm > 0)
			put_one(exposition, metric, book->error_ppm, 6);
		break;
	case METRIC_WATTS_WINDOW: put_window(exposition); break;
	case METRIC_ENERGY_GAPS: put_one(exposition, metric, book->gaps, 0); break;
	case METRIC_SERIES_DROPPED: put_one(exposition, metric, book_dropped(book), 0); break;
	case METRIC_ENDED_DROPPED: put_one(exposition, metric, book->accounts.ended_dropped, 0); break;
	case METRIC_PROCESSES_OMITTED: put_one(exposition, metric, book->processes_omitted, 0); break;
	case METRIC_POWER_AGE: put_one(exposition, metric, book_age_ns(book, now_ns), 9); break;
	case METRIC_CERTIFICATE_END:
		if (exposition->certificate_end_s > 0)
			put_one(exposition, metric, exposition->certificate_end_s, 0);
		break;
	case METRIC_BUILD:
	case METRIC_KEPLER_BUILD: put_build(exposition, metric); break;
	default: break;
	}
}

/* Series of one name must stand together: the first stage that has a name brings those of all stages. */
static bool is_first_of_name(const struct stage_stats *stats, int stage, size_t index)
{
	const char *name = stats->of[stage].all[index].name;

	for (int s = 0; s <= stage; s++)
		for (size_t i = 0; i < (s == stage ? index : stats->of[s].count); i++)
			if (strcmp(stats->of[s].all[i].name, name) == 0)
				return false;
	return true;
}

static void put_stat(struct exposition *exposition, enum stage stage, const struct stage_stat *stat)
{
	sheet_print(exposition->sheet, "tanso_%s{stage=\"%s\"%s%s} %.17g\n", stat->name, stage_name(stage),
		stat->labels[0] != '\0' ? "," : "", stat->labels, stat->value);
}

static void put_stat_family(
	struct exposition *exposition, const struct stage_stats *stats, const struct stage_stat *first)
{
	char name[128];

	snprintf(name, sizeof(name), "tanso_%s", first->name);
	metric_head(exposition->sheet, exposition->format, name,
		first->type == STAT_COUNTER ? "counter" : "gauge", stat_help(first->name));
	for (int stage = 0; stage < STAGE_COUNT; stage++)
		for (size_t i = 0; i < stats->of[stage].count; i++)
			if (strcmp(stats->of[stage].all[i].name, first->name) == 0)
				put_stat(exposition, (enum stage)stage, &stats->of[stage].all[i]);
}

void exposition_stages(struct exposition *exposition, const struct stage_stats *stats, uint64_t now_ns)
{
	struct sheet *sheet = exposition->sheet;

	for (int stage = 0; stage < STAGE_COUNT; stage++)
		for (size_t i = 0; i < stats->of[stage].count; i++)
			if (is_first_of_name(stats, stage, i))
				put_stat_family(exposition, stats, &stats->of[stage].all[i]);
	metric_head(sheet, exposition->format, "tanso_stage_age_seconds", "gauge",
		stat_help("stage_age_seconds"));
	for (int stage = 0; stage < STAGE_COUNT; stage++)
		if (stats->of[stage].received_ns != 0)
			sheet_print(sheet, "tanso_stage_age_seconds{stage=\"%s\"} %.3f\n",
				stage_name((enum stage)stage),
				(double)(now_ns - stats->of[stage].received_ns) / 1e9);
	metric_head(sheet, exposition->format, "tanso_stage_restarts_total", "counter",
		stat_help("stage_restarts_total"));
	for (int stage = 0; stage < STAGE_COUNT; stage++)
		sheet_print(sheet, "tanso_stage_restarts_total{stage=\"%s\"} %llu\n",
			stage_name((enum stage)stage), (unsigned long long)stats->of[stage].restarts);
	metric_head(sheet, exposition->format, "tanso_stage_stats_repeated_total", "counter",
		stat_help("stage_stats_repeated_total"));
	for (int stage = 0; stage < STAGE_COUNT; stage++)
		sheet_print(sheet, "tanso_stage_stats_repeated_total{stage=\"%s\"} %llu\n",
			stage_name((enum stage)stage), (unsigned long long)stats->of[stage].repeats);
}
