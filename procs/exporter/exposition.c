#include "exporter/exposition.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define FIRST_ROOM 65536

enum metric {
#define METRIC(id, ...) METRIC_##id,
#include "exporter/metrics.def"
	METRIC_COUNT
};

static const struct {
	const char *name, *type, *unit, *labels, *help;
} metrics[] = {
#define METRIC(id, name, type, unit, labels, help) { name, type, unit, labels, help },
#include "exporter/metrics.def"
};

int exposition_init(struct exposition *exposition)
{
	*exposition = (struct exposition) { .room = FIRST_ROOM };
	exposition->text = malloc(exposition->room);
	gethostname(exposition->node_name, sizeof(exposition->node_name) - 1);
	return exposition->text == NULL ? -ENOMEM : 0;
}

void exposition_done(struct exposition *exposition)
{
	free(exposition->text);
}

static bool reserve(struct exposition *exposition, size_t more)
{
	if (exposition->size + more <= exposition->room)
		return true;
	size_t room = 2 * exposition->room + more;
	char *text = room > EXPOSITION_BYTES_MAX ? NULL : realloc(exposition->text, room);
	if (text == NULL) {
		exposition->is_cut = true;
		return false;
	}
	exposition->text = text;
	exposition->room = room;
	return true;
}

static void put(struct exposition *exposition, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct exposition *exposition, const char *format, ...)
{
	va_list arguments;

	if (!reserve(exposition, 1024))
		return;
	va_start(arguments, format);
	int written = vsnprintf(exposition->text + exposition->size, 1024, format, arguments);
	va_end(arguments);
	exposition->size += written < 1024 ? (size_t)written : 1023;
}

/* Length of a valid UTF-8 sequence at `at`, 0 if there is none (overlong forms and surrogates included). */
static size_t utf8_length(const unsigned char *at)
{
	static const struct {
		unsigned char mask, lead, low, high; /* allowed range of the second byte */
	} forms[] = { { 0xe0, 0xc0, 0x80, 0xbf }, { 0xf0, 0xe0, 0x80, 0xbf }, { 0xf8, 0xf0, 0x80, 0xbf } };

	if (at[0] < 0x80)
		return 1;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		if ((at[0] & forms[i].mask) != forms[i].lead)
			continue;
		unsigned char low = at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : 0x80;
		unsigned char high = at[0] == 0xed ? 0x9f : at[0] == 0xf4 ? 0x8f : 0xbf;
		if (at[0] < 0xc2 || at[0] > 0xf4 || at[1] < low || at[1] > high)
			return 0;
		for (size_t k = 2; k < i + 2; k++)
			if ((at[k] & 0xc0) != 0x80)
				return 0;
		return i + 2;
	}
	return 0;
}

/* name="value", escaped as the format wants: backslash, quote, newline; what is no UTF-8 becomes U+FFFD. */
static void put_label(struct exposition *exposition, const char *name, const char *value)
{
	const unsigned char *at = (const unsigned char *)value;
	bool is_first = exposition->size > 0 && exposition->text[exposition->size - 1] == '{';

	if (!reserve(exposition, strlen(name) + 3 * strlen(value) + 8))
		return;
	char *out = exposition->text + exposition->size;
	out += sprintf(out, "%s%s=\"", is_first ? "" : ",", name);
	while (*at != '\0') {
		size_t length = utf8_length(at);
		if (length == 0) {
			out += sprintf(out, "\xef\xbf\xbd");
			at++;
		} else if (*at == '\\' || *at == '"' || *at == '\n') {
			*out++ = '\\';
			*out++ = *at == '\n' ? 'n' : (char)*at;
			at++;
		} else {
			memcpy(out, at, length);
			out += length;
			at += length;
		}
	}
	*out++ = '"';
	exposition->size = (size_t)(out - exposition->text);
}

static void put_head(struct exposition *exposition, enum metric metric)
{
	put(exposition, "# HELP %s %s\n# TYPE %s %s\n", metrics[metric].name, metrics[metric].help,
		metrics[metric].name, metrics[metric].type);
}

static void open_series(struct exposition *exposition, enum metric metric)
{
	put(exposition, "%s{", metrics[metric].name);
}

static void close_real(struct exposition *exposition, double value)
{
	put_label(exposition, "node_name", exposition->node_name);
	put(exposition, "} %.9g\n", value);
}

/* Joules from whole µJ, without a detour over floating point. */
static void close_joules(struct exposition *exposition, uint64_t uj)
{
	put_label(exposition, "node_name", exposition->node_name);
	put(exposition, "} %" PRIu64 ".%06" PRIu64 "\n", uj / 1000000, uj % 1000000);
}

static void put_zone(struct exposition *exposition, int zone)
{
	put_label(exposition, "zone", zone_name((enum zone)zone));
}

/* node */

enum part { PART_TOTAL, PART_IDLE, PART_ACTIVE };

static void put_node_watts(
	struct exposition *exposition, const struct book *book, enum metric metric, enum part part)
{
	put_head(exposition, metric);
	for (int zone = 0; zone < ZONE_COUNT; zone++) {
		double total, idle;
		if (!(book->zone_mask & 1U << zone) || !book_watts(&book->total[zone], &total) ||
			!book_watts(&book->idle[zone], &idle))
			continue;
		open_series(exposition, metric);
		put_zone(exposition, zone);
		put_label(exposition, "path", book->source);
		close_real(exposition, part == PART_TOTAL ? total : part == PART_IDLE ? idle : total - idle);
	}
}

static void put_node_joules(
	struct exposition *exposition, const struct book *book, enum metric metric, enum part part)
{
	put_head(exposition, metric);
	for (int zone = 0; zone < ZONE_COUNT; zone++) {
		uint64_t total = book->total_uj[zone], idle = book->idle_uj[zone];
		if (!(book->zone_mask & 1U << zone))
			continue;
		open_series(exposition, metric);
		put_zone(exposition, zone);
		put_label(exposition, "path", book->source);
		close_joules(exposition, part == PART_TOTAL  ? total
					 : part == PART_IDLE ? idle
							     : total - idle);
	}
}

static void put_usage(struct exposition *exposition, const struct book *book)
{
	uint64_t busy_ns, capacity_ns, span_ns;

	put_head(exposition, METRIC_NODE_USAGE);
	if (!window_growth(&book->busy, &busy_ns, &span_ns) ||
		!window_growth(&book->capacity, &capacity_ns, &span_ns) || capacity_ns == 0)
		return;
	open_series(exposition, METRIC_NODE_USAGE);
	close_real(exposition, (double)busy_ns / (double)capacity_ns);
}

/* accounts */

static void put_pod_labels(struct exposition *exposition, const struct account *account)
{
	put_label(exposition, "pod", account->pod);
	put_label(exposition, "namespace", account->namespace);
	put_label(exposition, "pod_id", account->pod_uid);
	put_label(exposition, "pod_name", account->pod);
	put_label(exposition, "pod_namespace", account->namespace);
}

static void put_container_labels(struct exposition *exposition, const struct account *account)
{
	put_label(exposition, "container", account->container);
	put_label(exposition, "container_id", account->container_id);
	put_label(exposition, "container_name", account->container);
	put_label(exposition, "runtime", account->runtime);
	put_label(exposition, "pod", account->pod);
	put_label(exposition, "namespace", account->namespace);
	put_label(exposition, "pod_id", account->pod_uid);
}

static void put_workload_labels(struct exposition *exposition, const struct account *account)
{
	put_label(exposition, "workload", account->workload);
	put_label(exposition, "namespace", account->namespace);
	put_label(exposition, "kind", workload_kind_name(account->kind));
}

static void (*const labels_of[])(struct exposition *, const struct account *) = {
	[ACCOUNT_POD] = put_pod_labels,
	[ACCOUNT_CONTAINER] = put_container_labels,
	[ACCOUNT_WORKLOAD] = put_workload_labels,
};

static uint64_t account_uj(const struct account *account, int zone)
{
	return account->base_uj[zone] + account->now_uj[zone];
}

static bool is_shown(const struct account *account, enum account_type type)
{
	return account->type == type &&
	       (account->rows > 0 || account_uj(account, 0) > 0 || account_uj(account, 1) > 0);
}

static void put_account(struct exposition *exposition, const struct account *account, enum metric metric,
	int zone, bool has_zone_label)
{
	bool is_joules = strcmp(metrics[metric].unit, "J") == 0;
	double watts = 0;

	if (!is_joules && !book_watts(&account->window[zone], &watts))
		return;
	open_series(exposition, metric);
	labels_of[account->type](exposition, account);
	put_label(exposition, "state", account->rows > 0 ? "running" : "terminated");
	if (has_zone_label)
		put_zone(exposition, zone);
	if (is_joules)
		close_joules(exposition, account_uj(account, zone));
	else
		close_real(exposition, watts);
}

static void put_accounts(
	struct exposition *exposition, const struct book *book, enum metric metric, enum account_type type)
{
	put_head(exposition, metric);
	for (uint32_t i = 0; i < book->account_count; i++)
		for (int zone = 0; zone < BOOK_ZONES && is_shown(&book->accounts[i], type); zone++)
			if (book->zone_mask & 1U << zone)
				put_account(exposition, &book->accounts[i], metric, zone, true);
}

static void put_pod_memory(struct exposition *exposition, const struct book *book)
{
	put_head(exposition, METRIC_POD_MEMORY_WATTS);
	for (uint32_t i = 0; i < book->account_count && (book->zone_mask & 1U << ZONE_DRAM); i++)
		if (is_shown(&book->accounts[i], ACCOUNT_POD))
			put_account(
				exposition, &book->accounts[i], METRIC_POD_MEMORY_WATTS, ZONE_DRAM, false);
}

static void put_workload_cpu(struct exposition *exposition, const struct book *book)
{
	put_head(exposition, METRIC_WORKLOAD_CPU);
	for (uint32_t i = 0; i < book->account_count; i++) {
		const struct account *account = &book->accounts[i];
		uint64_t ns = account->base_cpu_ns + account->now_cpu_ns;
		if (!is_shown(account, ACCOUNT_WORKLOAD))
			continue;
		open_series(exposition, METRIC_WORKLOAD_CPU);
		put_workload_labels(exposition, account);
		put_label(exposition, "state", account->rows > 0 ? "running" : "terminated");
		put_label(exposition, "node_name", exposition->node_name);
		put(exposition, "} %" PRIu64 ".%09" PRIu64 "\n", ns / NS_PER_SECOND, ns % NS_PER_SECOND);
	}
}

/* where the numbers come from */

static void put_state(struct exposition *exposition, const struct book *book, uint64_t now_ns)
{
	put_head(exposition, METRIC_POWER_STATE);
	for (int state = 0; state < POWER_STATE_COUNT; state++) {
		open_series(exposition, METRIC_POWER_STATE);
		put_label(exposition, "state", power_state_name((enum power_state)state));
		close_real(exposition, (int)book->state == state);
	}
	put_head(exposition, METRIC_POWER_SOURCE);
	open_series(exposition, METRIC_POWER_SOURCE);
	put_label(exposition, "source", book->source);
	put_label(exposition, "usage", usage_source_name(book->usage));
	close_real(exposition, 1);
	if (book->error_ppm > 0) {
		put_head(exposition, METRIC_MODEL_ERROR);
		open_series(exposition, METRIC_MODEL_ERROR);
		close_real(exposition, book->error_ppm / 1e6);
	}
	const struct {
		enum metric metric;
		double value;
	} plain[] = { { METRIC_ENERGY_GAPS, (double)book->gaps },
		{ METRIC_SERIES_DROPPED, (double)book->dropped },
		{ METRIC_POWER_AGE, (double)(now_ns - book->received_ns) / 1e9 } };
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		put_head(exposition, plain[i].metric);
		open_series(exposition, plain[i].metric);
		close_real(exposition, plain[i].value);
	}
	put_head(exposition, METRIC_BUILD);
	open_series(exposition, METRIC_BUILD);
	put_label(exposition, "version", TANSO_VERSION);
	put(exposition, "} 1\n");
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

static void put_stat_family(
	struct exposition *exposition, const struct stage_stats *stats, const struct stage_stat *first)
{
	put(exposition,
		"# HELP tanso_%s Counted by the stages about themselves (docs/metrics.md)\n# TYPE tanso_%s "
		"%s\n",
		first->name, first->name, first->type == STAT_COUNTER ? "counter" : "gauge");
	for (int stage = 0; stage < STAGE_COUNT; stage++)
		for (size_t i = 0; i < stats->of[stage].count; i++) {
			const struct stage_stat *stat = &stats->of[stage].all[i];
			if (strcmp(stat->name, first->name) == 0)
				put(exposition, "tanso_%s{stage=\"%s\"%s%s} %.17g\n", stat->name,
					stage_name((enum stage)stage), stat->labels[0] != '\0' ? "," : "",
					stat->labels, stat->value);
		}
}

static void put_stage_stats(struct exposition *exposition, const struct stage_stats *stats, uint64_t now_ns)
{
	for (int stage = 0; stage < STAGE_COUNT; stage++)
		for (size_t i = 0; i < stats->of[stage].count; i++)
			if (is_first_of_name(stats, stage, i))
				put_stat_family(exposition, stats, &stats->of[stage].all[i]);
	put(exposition, "# HELP tanso_stage_age_seconds Time since a stage last told its stats\n"
			"# TYPE tanso_stage_age_seconds gauge\n");
	for (int stage = 0; stage < STAGE_COUNT; stage++)
		if (stats->of[stage].received_ns != 0)
			put(exposition, "tanso_stage_age_seconds{stage=\"%s\"} %.3f\n",
				stage_name((enum stage)stage),
				(double)(now_ns - stats->of[stage].received_ns) / 1e9);
	put(exposition, "# HELP tanso_stage_restarts_total Restarts of a stage since the exporter started\n"
			"# TYPE tanso_stage_restarts_total counter\n");
	for (int stage = 0; stage < STAGE_COUNT; stage++)
		put(exposition, "tanso_stage_restarts_total{stage=\"%s\"} %" PRIu64 "\n",
			stage_name((enum stage)stage), stats->of[stage].restarts);
}

int exposition_render(struct exposition *exposition, const struct book *book, const struct stage_stats *stats,
	uint64_t now_ns)
{
	exposition->size = 0;
	exposition->is_cut = false;
	/* No watt and no joule unmarked before there is something they rest on. */
	if (book->state != POWER_INITIALIZING) {
		put_node_watts(exposition, book, METRIC_NODE_WATTS, PART_TOTAL);
		put_node_watts(exposition, book, METRIC_NODE_ACTIVE_WATTS, PART_ACTIVE);
		put_node_watts(exposition, book, METRIC_NODE_IDLE_WATTS, PART_IDLE);
		put_node_joules(exposition, book, METRIC_NODE_JOULES, PART_TOTAL);
		put_node_joules(exposition, book, METRIC_NODE_ACTIVE_JOULES, PART_ACTIVE);
		put_node_joules(exposition, book, METRIC_NODE_IDLE_JOULES, PART_IDLE);
		put_usage(exposition, book);
		put_accounts(exposition, book, METRIC_POD_WATTS, ACCOUNT_POD);
		put_pod_memory(exposition, book);
		put_accounts(exposition, book, METRIC_POD_JOULES, ACCOUNT_POD);
		put_accounts(exposition, book, METRIC_CONTAINER_WATTS, ACCOUNT_CONTAINER);
		put_accounts(exposition, book, METRIC_CONTAINER_JOULES, ACCOUNT_CONTAINER);
		put_accounts(exposition, book, METRIC_WORKLOAD_WATTS, ACCOUNT_WORKLOAD);
		put_accounts(exposition, book, METRIC_WORKLOAD_JOULES, ACCOUNT_WORKLOAD);
	}
	put_workload_cpu(exposition, book);
	put_state(exposition, book, now_ns);
	put_stage_stats(exposition, stats, now_ns);
	return exposition->is_cut ? -E2BIG : 0;
}

void exposition_describe(FILE *out)
{
	fputs("# Metrics\n\nGenerated from procs/exporter/metrics.def. Served at "
	      "https://127.0.0.1:30443/metrics.\n"
	      "Watts are means over the last 60 s (or the time there is); joules are exact to the µJ and "
	      "never go down\n"
	      "while tanso's energy epoch lasts. Under the fake meter every power series carries "
	      "path=\"fake\" at the node\n"
	      "and tanso_power_state{state=\"fake\"} is 1. Each stage also tells about itself: "
	      "tanso_turns_total,\n"
	      "tanso_frames_{in,out,dropped,malformed}_total{stage,peer}, tanso_probe_runs_total{probe}, and "
	      "others.\n\n"
	      "| metric | type | unit | labels | meaning |\n|---|---|---|---|---|\n",
		out);
	for (size_t i = 0; i < METRIC_COUNT; i++)
		fprintf(out, "| %s | %s | %s | %s | %s |\n", metrics[i].name, metrics[i].type,
			metrics[i].unit, metrics[i].labels, metrics[i].help);
}
