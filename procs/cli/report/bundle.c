#include "cli/report/bundle.h"

#include <errno.h>
#include <inttypes.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "ipc/tools.h"
#include "korea/data.h"

struct writing {
	FILE *out;
	bool has_row;
};

static int flush(struct json_writer *writer, FILE *out)
{
	char *text = NULL;
	size_t size;
	int r = json_take(writer, &text, &size);

	if (r == 0 && fwrite(text, 1, size, out) != size)
		r = -EIO;
	free(text);
	return r;
}

static int write_row(void *context, const struct sealed_row *row)
{
	struct writing *writing = context;
	struct json_writer writer = { 0 };

	fputs(writing->has_row ? ",\n" : "\n", writing->out);
	writing->has_row = true;
	sealed_write_row(&writer, NULL, row);
	return flush(&writer, writing->out);
}

static int write_hour(struct sealed *sealed, const struct sealed_hour *hour, FILE *out)
{
	struct writing writing = { .out = out };
	struct json_writer writer = { 0 };
	int r;

	fprintf(out,
		"{\"start\":%" PRId64 ",\"previous\":\"%s\",\"hash\":\"%s\",\"marks\":\"%.*s\",\"rows\":[",
		hour->start, hour->previous, hour->hash, (int)hour->marks_size, hour->marks);
	r = sealed_rows(sealed, hour->start, write_row, &writing);
	if (r < 0)
		return r;
	fputs("],\n\"hour\":", out);
	sealed_write_hour(&writer, NULL, hour);
	r = flush(&writer, out);
	fputc('}', out);
	return r;
}

static int write_record(void *context, const char *record, size_t size, const char *what)
{
	struct writing *writing = context;

	(void)what;
	fputs(writing->has_row ? ",\n" : "\n", writing->out);
	writing->has_row = true;
	return fwrite(record, 1, size, writing->out) == size ? 0 : -EIO;
}

static int write_days(struct sealed *sealed, const struct tally *tally, FILE *out)
{
	struct sealed_day day;
	int r;

	sealed_select_days(sealed, tally->from, tally->to);
	for (bool is_first = true; (r = sealed_next_day(sealed, &day)) > 0; is_first = false) {
		struct writing writing = { .out = out };
		fprintf(out,
			"%s{\"start\":%" PRId64 ",\"previous\":\"%s\",\"hash\":\"%s\",\"marks\":\"%.*s\","
			"\"records\":[",
			is_first ? "\n" : ",\n", day.start, day.previous, day.hash, (int)day.marks_size,
			day.marks);
		r = sealed_day_records(sealed, day.start, write_record, &writing);
		if (r < 0)
			return r;
		fputs("]}", out);
	}
	return r;
}

static int write_hours(struct sealed *sealed, const struct tally *tally, FILE *out)
{
	int64_t days_until = sealed_days_until(sealed);
	struct sealed_hour hour;
	int r;

	sealed_select(sealed, tally->from > days_until ? tally->from : days_until, tally->to);
	for (bool is_first = true; (r = sealed_next(sealed, &hour)) > 0; is_first = false) {
		fputs(is_first ? "\n" : ",\n", out);
		r = write_hour(sealed, &hour, out);
		if (r < 0)
			return r;
	}
	return r;
}

int bundle_seal(const char *head, const char *from, const char *to, int64_t it_uj, const char *fault,
	struct json_object *report, char ret_seal[static CHAIN_HEX_SIZE])
{
	struct json_writer writer = { 0 };
	char *text = NULL;
	size_t size;
	int r;

	json_open_object(&writer, NULL);
	json_write_boolean(&writer, "draft", true);
	if (fault[0] != '\0')
		json_write_text(&writer, "fault", fault);
	json_write_text(&writer, "format", BUNDLE_FORMAT);
	json_write_text(&writer, "from", from);
	json_write_integer(&writer, "it_energy_uj", it_uj);
	chain_write_canonical(&writer, "report", report);
	json_write_text(&writer, "to", to);
	json_close_object(&writer);
	r = json_take(&writer, &text, &size);
	json_done(&writer);
	snprintf(ret_seal, CHAIN_HEX_SIZE, "%s", head);
	if (r == 0)
		r = chain_step(ret_seal, text, size);
	free(text);
	return r;
}

static int write_end(const struct tally *tally, const char *fault, const char *report, size_t size,
	const char *from, const char *to, FILE *out)
{
	struct json_writer writer = { 0 };
	struct json_object *root = json_parse_strict(report, size, &(size_t) { 0 });
	char seal[CHAIN_HEX_SIZE];
	int r = root == NULL ? -ENOMEM
			     : bundle_seal(tally->head, from, to, tally->total.it_uj, fault, root, seal);

	json_object_put(root);
	if (r < 0)
		return r;
	fprintf(out, "],\n\"report\":%s,\n\"head\":\"%s\",\"it_energy_uj\":%" PRId64 ",", report, tally->head,
		tally->total.it_uj);
	if (fault[0] != '\0') {
		fputs("\"fault\":", out);
		json_write_text(&writer, NULL, fault);
		r = flush(&writer, out);
		fputc(',', out);
	}
	fprintf(out, "\"seal\":\"%s\"}\n", seal);
	return r;
}

int bundle_write(struct sealed *sealed, const struct tally *tally, const struct audit *audit,
	const struct document *document, FILE *out)
{
	CLEANUP(freep) char *report = NULL;
	char from[32], to[32];
	size_t size;
	int r = document_record(document, &report, &size);

	if (r < 0)
		return r;
	clock_format_kst((uint64_t)tally->from * NS_PER_SECOND, from);
	clock_format_kst((uint64_t)tally->to * NS_PER_SECOND, to);
	fprintf(out,
		"{\"format\":\"" BUNDLE_FORMAT
		"\",\"draft\":true,\"rule\":\"h_i = SHA-256(hex(h_{i-1}) + LF + "
		"canonical_json(record_i)): of each hour its rows, then the hour; of days, a chain of their "
		"own, the records in their order; seal: the hash after head and {draft, fault, format, from, "
		"it_energy_uj, report, to}\",\"from\":\"%s\",\"to\":\"%s\",\n\"days\":[",
		from, to);
	r = write_days(sealed, tally, out);
	fputs("],\n\"hours\":[", out);
	if (r == 0)
		r = write_hours(sealed, tally, out);
	if (r == 0)
		r = write_end(tally, audit->fault[0], report, size, from, to, out);
	return r < 0 ? r : ferror(out) ? -EIO : 0;
}
