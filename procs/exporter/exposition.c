#include "exporter/exposition.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ahead.h"
#include "base/cleanup.h"
#include "ipc/ring.h"

#define FAKE_PATH "fake" /* as the node's series say where they come from */

static const char *const level_words[] = {
	[LEVEL_POD] = "pod",
	[LEVEL_CONTAINER] = "container",
	[LEVEL_WORKLOAD] = "workload",
	[LEVEL_PROCESS] = "process",
	[LEVEL_VM] = "vm",
	[LEVEL_NODE] = "node",
};

static int read_levels(const char *text, unsigned *ret_levels)
{
	*ret_levels = 1U << LEVEL_TANSO;
	for (text += strspn(text, ", "); *text != '\0'; text += strspn(text, ", ")) {
		size_t size = strcspn(text, ", "), level = 0;
		while (level < ARRAY_SIZE(level_words) &&
			(strlen(level_words[level]) != size || memcmp(level_words[level], text, size) != 0))
			level++;
		if (level == ARRAY_SIZE(level_words))
			return -EINVAL;
		*ret_levels |= 1U << level;
		text += size;
	}
	return 0;
}

static void make_ending(struct ending *ending, const struct exposition *exposition, const char *state,
	const char *zone, bool is_fake)
{
	struct labels labels;

	labels_begin(&labels);
	if (is_fake)
		labels_add(&labels, "path", text_of(FAKE_PATH));
	if (state != NULL)
		labels_add(&labels, "state", text_of(state));
	if (zone != NULL)
		labels_add(&labels, "zone", text_of(zone));
	ending->size = (size_t)snprintf(ending->text, sizeof(ending->text), "%s%.*s,%.*s} ",
		labels.size > 0 ? "," : "", (int)labels.size, labels.text, (int)exposition->node.size,
		exposition->node.text);
}

static void make_endings(struct exposition *exposition, int fake)
{
	static const char *const states[] = { "running", "terminated" };

	for (int ended = 0; ended < 2; ended++) {
		for (int share = 0; share < SHARE_COUNT; share++)
			make_ending(&exposition->of[fake][ended][share], exposition, states[ended],
				zone_name(zone_of_share[share]), fake);
		make_ending(
			&exposition->of[fake][ended][ENDING_NO_ZONE], exposition, states[ended], NULL, fake);
	}
}

int exposition_init(struct exposition *exposition, const struct exposition_config *config)
{
	char name[128];

	*exposition =
		(struct exposition) { .has_older = config->has_older, .has_counters = config->has_counters };
	uname(&exposition->host);
	snprintf(name, sizeof(name), "%s", config->node_name);
	labels_add(&exposition->node, "node_name", text_of(name));
	make_ending(&exposition->plain, exposition, NULL, NULL, false);
	for (int fake = 0; fake < 2; fake++)
		make_endings(exposition, fake);
	int r = read_levels(config->levels, &exposition->levels);
	if (r < 0)
		return r;
	/* touched only as far as used */
	exposition->shown = calloc(ACCOUNT_LEVELS, sizeof(*exposition->shown));
	return exposition->shown == NULL ? -ENOMEM : 0;
}

void exposition_done(struct exposition *exposition)
{
	free(exposition->shown);
	exposition->shown = NULL;
	sheet_done(&exposition->cpus.labels);
}

void exposition_open(struct exposition *exposition, enum metric metric)
{
	sheet_print(exposition->sheet, "%s{", metric_table[metric].name);
}

void exposition_label(struct exposition *exposition, const char *name, const char *value)
{
	struct sheet *sheet = exposition->sheet;
	struct labels labels;

	labels_begin(&labels);
	labels_add(&labels, name, text_of(value));
	if (sheet->size > 0 && sheet->text[sheet->size - 1] != '{')
		sheet_put(sheet, ",", 1);
	sheet_put(sheet, labels.text, labels.size);
}

void exposition_close(struct exposition *exposition, uint64_t value, unsigned decimals)
{
	struct sheet *sheet = exposition->sheet;
	bool is_first = sheet->size > 0 && sheet->text[sheet->size - 1] == '{';

	sheet_put(sheet, exposition->plain.text + is_first, exposition->plain.size - is_first);
	sheet_put_decimal(sheet, value, decimals);
	sheet_put(sheet, "\n", 1);
}

/* accounts: the hot path */

#define STEP        64
#define AHEAD_BYTES 8192 /* of what is written */

/* What the lines of one family share. */
struct line {
	const char *name; /* `kepler_pod_cpu_watts{` */
	size_t name_size;
	struct ending (*endings)[ENDING_ZONES]; /* [is terminated] */
	unsigned shares;                        /* of energy or power: bits of enum share */
	bool has_zone, is_joules;
};

/* Of a piece whose text has room for whole steps, to where there is room for them: no call, and no branch on its size. */
static inline char *put_piece(char *out, const char *piece, size_t size)
{
	for (size_t at = 0; at < size; at += STEP)
		memcpy(out + at, piece + at, STEP);
	return out + size;
}

static inline void put_line(struct sheet *sheet, const struct line *line, const struct shown *shown,
	const struct ending *ending, uint64_t value, unsigned decimals)
{
	size_t name_size = line->name_size, labels_size = shown->labels_size, ending_size = ending->size;
	size_t size = name_size + labels_size + ending_size;

	if (!sheet_reserve(sheet, size + STEP + DECIMAL_SIZE))
		return;
	char *begin = sheet->text + sheet->size, *out = begin;
	ask_for(begin + AHEAD_BYTES, size);
	out = put_piece(out, line->name, name_size);
	out = mempcpy(out, shown->labels, labels_size);
	out = put_piece(out, ending->text, ending_size);
	out = decimal_write(out, value, decimals);
	*out++ = '\n';
	sheet->size += (size_t)(out - begin);
}

/* Shares of a part, as bits of enum share. */
static unsigned shares_of(enum part part, uint32_t zone_mask)
{
	unsigned wanted = part == PART_CPU      ? 1U << SHARE_PACKAGE | 1U << SHARE_DRAM
			  : part == PART_MEMORY ? 1U << SHARE_DRAM
			  : part == PART_GPU    ? 1U << SHARE_GPU
						: (1U << SHARE_COUNT) - 1;
	unsigned there = 0;

	for (int share = 0; share < SHARE_COUNT; share++)
		there |= zone_mask & 1U << zone_of_share[share] ? 1U << share : 0;
	return wanted & there;
}

static void put_zones(struct sheet *sheet, const struct line *line, const struct shown *shown)
{
	const struct ending *endings = line->endings[shown->is_ended];

	for (unsigned shares = line->shares; shares != 0; shares &= shares - 1) {
		int share = __builtin_ctz(shares);
		uint64_t value = line->is_joules ? shown->energy.total_uj[share] : shown->watts_uw[share];
		if (line->is_joules || value != WATTS_NONE)
			put_line(sheet, line, shown, &endings[line->has_zone ? share : ENDING_NO_ZONE], value,
				6);
	}
}

static void put_seconds(
	struct exposition *exposition, const struct line *line, const struct shown *shown, enum part part)
{
	const struct ending *ending = part == PART_SECONDS
					      ? &exposition->plain
					      : &exposition->of[false][shown->is_ended][ENDING_NO_ZONE];

	put_line(exposition->sheet, line, shown, ending, shown->energy.cpu_ns, 9);
}

static void put_network(
	struct exposition *exposition, const struct line *line, const struct shown *shown, enum part part)
{
	static const enum counter counter_of[NETWORK_COUNT] = { COUNTER_rx_bytes, COUNTER_tx_bytes,
		COUNTER_rx_packets, COUNTER_tx_packets };
	int i = (int)part - PART_NETWORK;

	if (exposition->book->counters >> counter_of[i] & 1U)
		put_line(exposition->sheet, line, shown,
			&exposition->of[false][shown->is_ended][ENDING_NO_ZONE], shown->energy.network[i], 0);
}

/* No series where it is not counted: 0 would be a number. */
static void put_passed(struct exposition *exposition, const struct line *line, const struct shown *shown,
	const struct metric_info *info)
{
	static const enum counter counter_of[PASSED_COUNT] = {
#define X(name) [PASSED_##name] = COUNTER_##name,
		PASSED_COUNTERS(X)
#undef X
	};
	const struct accounts *accounts = &exposition->book->accounts;
	unsigned i = info->part - PART_PASSED;

	if (!(exposition->book->passed_counted >> counter_of[i] & 1U))
		return;
	const struct account_passed *passed = &accounts->passed[shown->account - accounts->all];
	put_line(exposition->sheet, line, shown, &exposition->of[false][shown->is_ended][ENDING_NO_ZONE],
		passed->base.by[i] + passed->now.by[i], info->unit[0] == 's' ? 9 : 0);
}

/* Kepler <= 0.9: `mode` tells the shared part of idling from what the workload caused. */
static void put_older(
	struct exposition *exposition, const struct line *line, const struct shown *shown, enum part part)
{
	struct sheet *sheet = exposition->sheet;
	int first = part == PART_OLD_DRAM ? SHARE_DRAM : SHARE_PACKAGE,
	    last = part == PART_OLD_ALL ? SHARE_GPU : first;
	uint64_t idle = 0, total = 0;

	for (int share = first; share <= last; share++) {
		idle += shown->energy.idle_uj[share];
		total += shown->energy.total_uj[share];
	}
	for (int is_idle = 0; is_idle < 2; is_idle++) {
		sheet_put(sheet, line->name, line->name_size);
		sheet_put(sheet, shown->account->older_labels, shown->account->older_labels_size);
		exposition_label(exposition, "mode", is_idle ? "idle" : "dynamic");
		exposition_label(exposition, "source", exposition->book->source);
		exposition_close(exposition, is_idle ? idle : total - idle, 6);
	}
}

static void exposition_accounts(struct exposition *exposition, enum metric metric)
{
	const struct metric_info *info = &metric_table[metric];
	char name[2 * STEP] = "";
	struct line line = { .name = name,
		.endings = exposition->of[exposition->book->state == POWER_FAKE],
		.shares = shares_of(info->part, exposition->book->zone_mask),
		.has_zone = info->part == PART_CPU || info->part == PART_ALL_ZONES,
		.is_joules = info->unit[0] == 'J' };

	line.name_size = (size_t)snprintf(name, sizeof(name), "%s{", info->name);
	for (uint32_t i = 0; i < exposition->shown_count[info->level]; i++) {
		const struct shown *shown = &exposition->shown[info->level][i];
		if (info->part >= PART_OLD && shown->account->older_labels != NULL)
			put_older(exposition, &line, shown, info->part);
		else if (info->part == PART_SECONDS || info->part == PART_STATE_SECONDS)
			put_seconds(exposition, &line, shown, info->part);
		else if (info->part >= PART_NETWORK && info->part < PART_PASSED)
			put_network(exposition, &line, shown, info->part);
		else if (info->part >= PART_PASSED && info->part < PART_USAGE)
			put_passed(exposition, &line, shown, info);
		else if (info->part < PART_OLD)
			put_zones(exposition->sheet, &line, shown);
	}
}

/* What no workload's series has of the active energy: the rest, so that nothing is missing in any scrape. */
static void put_ended(struct exposition *exposition, enum metric metric)
{
	const struct book *book = exposition->book;

	for (int share = 0; share < SHARE_COUNT; share++) {
		enum zone zone = zone_of_share[share];
		uint64_t uj = book->total_uj[zone] - book->idle_uj[zone], shown = 0;
		for (uint32_t i = 0; i < exposition->shown_count[LEVEL_WORKLOAD]; i++)
			shown += exposition->shown[LEVEL_WORKLOAD][i].energy.total_uj[share];
		if (!(book->zone_mask & 1U << zone))
			continue;
		exposition_open(exposition, metric);
		if (book->state == POWER_FAKE)
			exposition_label(exposition, "path", FAKE_PATH);
		exposition_label(exposition, "zone", zone_name(zone));
		exposition_close(exposition, uj > shown ? uj - shown : 0, 6);
	}
}

static void put_family(struct exposition *exposition, enum metric metric, uint64_t now_ns)
{
	const struct metric_info *info = &metric_table[metric];
	struct sheet *sheet = exposition->sheet;
	size_t before = sheet->size;

	metric_head(sheet, exposition->format, info->name, info->type, info->help);
	size_t after_head = sheet->size;
	if (info->part == PART_ENDED)
		put_ended(exposition, metric);
	else if (info->level < ACCOUNT_LEVELS)
		exposition_accounts(exposition, metric);
	else if (info->level == LEVEL_NODE)
		exposition_node(exposition, metric);
	else
		exposition_tanso(exposition, metric, now_ns);
	if (sheet->size == after_head)
		sheet->size = before; /* no series: no family */
}

static void show(struct shown *shown, const struct account *account)
{
	*shown = (struct shown) { .account = account,
		.labels = account->labels,
		.labels_size = account->labels_size,
		.is_ended = account->rows == 0,
		.energy = account->base };
	memcpy(shown->watts_uw, account->watts_uw, sizeof(shown->watts_uw));
	energy_add(&shown->energy, &account->now);
}

/* One pass over all accounts, so that each family passes over its own only. */
static void sort_by_level(struct exposition *exposition)
{
	const struct accounts *accounts = &exposition->book->accounts;

	memset(exposition->shown_count, 0, sizeof(exposition->shown_count));
	for (uint32_t i = 0; i < accounts->count; i++) {
		const struct account *account = &accounts->all[i];
		ask_for(account + ACCOUNTS_AHEAD, sizeof(*account));
		if (account_is_shown(account))
			show(&exposition->shown[account->level][exposition->shown_count[account->level]++],
				account);
	}
}

static bool is_of_now(const struct metric_info *info)
{
	return info->unit[0] == 'W' || info->part == PART_USAGE || info->part == PART_OF_NOW;
}

/* Shown with has_counters only; a workload's network always was. */
static bool is_counter(const struct metric_info *info)
{
	return (info->part >= PART_PASSED && info->part < PART_USAGE) ||
	       (info->part >= PART_NETWORK && info->part < PART_PASSED && info->level == LEVEL_CONTAINER);
}

/* No watt and no joule unmarked before there is something they rest on, and no watt when that is over. */
static bool is_wanted(const struct exposition *exposition, const struct metric_info *info)
{
	bool is_energy = info->unit[0] == 'W' || info->unit[0] == 'J';

	if ((exposition->is_stale && is_of_now(info)) || (is_counter(info) && !exposition->has_counters))
		return false;
	return exposition->levels & 1U << info->level && (info->part < PART_OLD || exposition->has_older) &&
	       (!is_energy || exposition->book->state != POWER_INITIALIZING);
}

int exposition_render(struct exposition *exposition, struct sheet *sheet, enum format format,
	const struct book *book, const struct stage_stats *stats, uint64_t now_ns)
{
	exposition->sheet = sheet;
	exposition->book = book;
	exposition->is_stale = book_is_stale(book, now_ns);
	exposition->format = format;
	sheet_clear(sheet);
	sort_by_level(exposition);
	for (int metric = 0; metric < METRIC_COUNT; metric++)
		if (is_wanted(exposition, &metric_table[metric]))
			put_family(exposition, (enum metric)metric, now_ns);
	exposition_stages(exposition, stats, now_ns);
	if (format == FORMAT_OPENMETRICS)
		sheet_put(sheet, "# EOF\n", 6);
	return sheet->is_cut ? -E2BIG : 0;
}
