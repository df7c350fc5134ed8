#include "exporter/stage_stats.h"

#include <ctype.h>
#include <errno.h>

/* A stage is our own program, yet its bytes are foreign: one bad character would spoil the whole scrape. */
static bool is_name(struct text text)
{
	for (uint32_t i = 0; i < text.size; i++)
		if (!isalnum((unsigned char)text.data[i]) && text.data[i] != '_')
			return false;
	return text.size > 0 && !isdigit((unsigned char)text.data[0]);
}

/* key="value" pairs without line breaks; quotes balanced and nothing escaped. */
static bool is_label_text(struct text text)
{
	uint32_t quotes = 0;

	for (uint32_t i = 0; i < text.size; i++) {
		unsigned char c = (unsigned char)text.data[i];
		quotes += c == '"';
		if (c < 0x20 || c == '\\' || c == '{' || c == '}' || c >= 0x7f)
			return false;
	}
	return quotes % 2 == 0;
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
		if (!is_name(rows[i].name) || !is_label_text(rows[i].labels))
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
