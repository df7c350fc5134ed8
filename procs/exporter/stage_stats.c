#include "exporter/stage_stats.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "exporter/metrics.h"

#define PAIRS_MAX 8

/* A stage is our own program, yet its bytes are foreign: one bad character would spoil the whole scrape. */
static bool is_name(struct text text)
{
	for (uint32_t i = 0; i < text.size; i++)
		if (!isalnum((unsigned char)text.data[i]) && text.data[i] != '_')
			return false;
	return text.size > 0 && !isdigit((unsigned char)text.data[0]);
}

/* Those the exporter tells itself, in either format: OpenMetrics calls x and x_total one family. */
static bool is_of_exporter(struct text name)
{
	static const char prefix[] = "tanso_", total[] = "_total", stage[] = "stage_";
	size_t size = name.size;

	if (size > strlen(total) && memcmp(name.data + size - strlen(total), total, strlen(total)) == 0)
		size -= strlen(total);
	for (int i = 0; i < METRIC_COUNT; i++) {
		const char *own = metric_table[i].name;
		if (strncmp(own, prefix, strlen(prefix)) != 0)
			continue;
		own += strlen(prefix);
		if (strncmp(own, name.data, size) == 0 &&
			(own[size] == '\0' || strcmp(own + size, total) == 0))
			return true;
	}
	return size >= strlen(stage) && memcmp(name.data, stage, strlen(stage)) == 0;
}

/* Bytes of key="value" at the beginning, nothing escaped; 0: there is none. */
static uint32_t label_size(const char *at, uint32_t left, uint32_t *ret_key)
{
	uint32_t i = 0;

	while (i < left && (isalpha((unsigned char)at[i]) || at[i] == '_'))
		i++;
	*ret_key = i;
	if (i == 0 || left - i < 2 || at[i] != '=' || at[i + 1] != '"')
		return 0;
	for (i += 2; i < left && at[i] != '"'; i++)
		if ((unsigned char)at[i] < 0x20 || (unsigned char)at[i] >= 0x7f || at[i] == '\\')
			return 0;
	return i < left ? i + 1 : 0;
}

/* key="value" pairs with commas between; a key is there once, and `stage` is ours. */
static bool is_label_text(struct text text)
{
	static const char stage[] = "stage";
	struct text keys[PAIRS_MAX] = { { stage, sizeof(stage) - 1 } };
	uint32_t count = 1, size;

	for (uint32_t at = 0; at < text.size; at += size + 1) {
		struct text *key = &keys[count];
		key->data = text.data + at;
		size = label_size(text.data + at, text.size - at, &key->size);
		if (size == 0 || (at + size < text.size && text.data[at + size] != ',') ||
			at + size + 1 == text.size)
			return false;
		for (uint32_t i = 0; i < count; i++)
			if (text_equal(keys[i], *key))
				return false;
		if (++count == PAIRS_MAX)
			return false;
	}
	return true;
}

/* One series told twice spoils a scrape as a bad character does. */
static bool is_told(const struct stage_stat *all, size_t count, const struct stats_row *row)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(row->name, text_of(all[i].name)) &&
			text_equal(row->labels, text_of(all[i].labels)))
			return true;
	return false;
}

int stage_stats_take(struct stage_stats *stats, enum stage stage, const struct frame *frame, uint64_t now_ns)
{
	const struct stats_once *once = frame->once;
	const struct stats_row *rows = frame->rows;

	if (!text_equal(once->stage, text_of(stage_name(stage))) || frame->row_count > STAGE_STATS_MAX)
		return -EBADMSG;
	for (size_t i = 0; i < frame->row_count; i++)
		if (!is_name(rows[i].name) || is_of_exporter(rows[i].name) || !is_label_text(rows[i].labels))
			return -EBADMSG;
	stats->of[stage].restarts += stats->of[stage].received_ns != 0 && stats->of[stage].run != once->run;
	stats->of[stage].run = once->run;
	stats->of[stage].received_ns = now_ns;
	stats->of[stage].count = 0;
	for (size_t i = 0; i < frame->row_count; i++) {
		if (is_told(stats->of[stage].all, stats->of[stage].count, &rows[i])) {
			stats->of[stage].repeats++;
			continue;
		}
		struct stage_stat *stat = &stats->of[stage].all[stats->of[stage].count++];
		text_copy(stat->name, sizeof(stat->name), rows[i].name);
		text_copy(stat->labels, sizeof(stat->labels), rows[i].labels);
		stat->type = rows[i].type == STAT_COUNTER ? STAT_COUNTER : STAT_GAUGE;
		stat->value = rows[i].value;
	}
	return 0;
}
