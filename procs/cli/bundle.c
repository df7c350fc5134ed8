#include "cli/bundle.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "cli/language.h"
#include "cli/table.h"
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

/* What the bundle says of itself, as one more record after the last: who changes the period changes the seal. */
static int seal_of(const char *head, const char *from, const char *to, int64_t it_uj, const char *fault,
	char ret_seal[static CHAIN_HEX_SIZE])
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
	json_write_text(&writer, "to", to);
	json_close_object(&writer);
	r = json_take(&writer, &text, &size);
	snprintf(ret_seal, CHAIN_HEX_SIZE, "%s", head);
	if (r == 0)
		r = chain_step(ret_seal, text, size);
	free(text);
	return r;
}

static int write_end(
	const struct tally *tally, const char *fault, const char *from, const char *to, FILE *out)
{
	struct json_writer writer = { 0 };
	char seal[CHAIN_HEX_SIZE];
	int r = seal_of(tally->head, from, to, tally->total.it_uj, fault, seal);

	if (r < 0)
		return r;
	fprintf(out, "],\n\"head\":\"%s\",\"it_energy_uj\":%" PRId64 ",", tally->head, tally->total.it_uj);
	if (fault[0] != '\0') {
		fputs("\"fault\":", out);
		json_write_text(&writer, NULL, fault);
		r = flush(&writer, out);
		fputc(',', out);
	}
	fprintf(out, "\"seal\":\"%s\"}\n", seal);
	return r;
}

int bundle_write(struct sealed *sealed, const struct tally *tally, const struct audit *audit, FILE *out)
{
	char from[32], to[32];
	int r;

	clock_format_kst((uint64_t)tally->from * NS_PER_SECOND, from);
	clock_format_kst((uint64_t)tally->to * NS_PER_SECOND, to);
	fprintf(out,
		"{\"format\":\"" BUNDLE_FORMAT
		"\",\"draft\":true,\"rule\":\"h_i = SHA-256(hex(h_{i-1}) + LF + "
		"canonical_json(record_i)): of each hour its rows, then the hour; of days, a chain of their "
		"own, the records in their order; seal: the hash after head and {draft, fault, format, from, "
		"it_energy_uj, to}\",\"from\":\"%s\",\"to\":\"%s\",\n\"days\":[",
		from, to);
	r = write_days(sealed, tally, out);
	fputs("],\n\"hours\":[", out);
	if (r == 0)
		r = write_hours(sealed, tally, out);
	if (r == 0)
		r = write_end(tally, audit->fault[0], from, to, out);
	return r < 0 ? r : ferror(out) ? -EIO : 0;
}

/* verification */

struct reading {
	struct audit *audit;
	int64_t it_uj;
};

static int64_t integer_of(struct json_object *object, const char *key)
{
	struct json_object *value = member_of(object, key);

	return json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : 0;
}

static int64_t zone_sum(struct json_object *row, const char *key, uint32_t zones)
{
	struct json_object *by_zone = member_of(row, key);
	int64_t uj = 0;

	for (int zone = 0; zone < ZONE_COUNT; zone++)
		if (zone_is_counted((enum zone)zone, zones))
			uj += integer_of(by_zone, zone_name((enum zone)zone));
	return uj;
}

static int follow(struct audit_span *span, struct json_object *record, const char *what)
{
	struct json_writer writer = { 0 };
	char *text = NULL;
	size_t size;
	int r;

	chain_write_canonical(&writer, NULL, record);
	r = json_take(&writer, &text, &size);
	json_done(&writer);
	if (r == 0)
		r = audit_record(span, text, size, what);
	else
		r = audit_record(span, "", 0, what); /* has no canonical form: it is not what was sealed */
	free(text);
	return r;
}

/* What a row of the node adds to the total; the zones that count are told by its hour. */
static int64_t node_uj(struct json_object *row, uint32_t zones)
{
	if (strcmp(text_of_member(row, "kind"), "node") != 0 ||
		strcmp(text_of_member(row, "state"), power_state_name(POWER_FAKE)) == 0)
		return 0;
	return zone_sum(row, "active_uj", zones) + zone_sum(row, "idle_uj", zones);
}

static int follow_row(struct audit_span *span, struct json_object *row)
{
	char what[SEALED_WHAT_SIZE];

	snprintf(what, sizeof(what), "%.32s %.254s/%.254s (%.16s)", text_of_member(row, "kind"),
		text_of_member(row, "namespace"), text_of_member(row, "name"), text_of_member(row, "state"));
	return follow(span, row, what);
}

static int follow_rows(struct reading *reading, struct audit_span *span, struct json_object *one)
{
	struct json_object *row;
	uint32_t zones = (uint32_t)integer_of(member_of(one, "hour"), "zones");

	for (size_t i = 0; (row = element_of(one, "rows", i)) != NULL; i++) {
		int r = follow_row(span, row);
		if (r != 0)
			return r;
		reading->it_uj += node_uj(row, zones);
	}
	return 0;
}

static struct audit_span span_of(struct audit *audit, bool is_day, struct json_object *one)
{
	return (struct audit_span) { .audit = audit,
		.is_day = is_day,
		.start = integer_of(one, "start"),
		.previous = text_of_member(one, "previous"),
		.hash = text_of_member(one, "hash"),
		.marks = text_of_member(one, "marks"),
		.marks_size = strlen(text_of_member(one, "marks")) };
}

/* The start that a span states lies in its last record too, and there the chain vouches for it. */
static int say_start(struct audit *audit)
{
	audit_say(audit, "start: it is not that of the hour or day in the records",
		"start: 기록에 있는 시간이나 날짜의 시작이 아닙니다");
	return 1;
}

static int follow_hour(struct reading *reading, struct json_object *one)
{
	struct audit_span span = span_of(reading->audit, false, one);
	int r = audit_begin(&span);

	if (r == 0)
		r = follow_rows(reading, &span, one);
	if (r == 0)
		r = follow(&span, member_of(one, "hour"), NULL);
	if (r == 0 && integer_of(member_of(one, "hour"), "hour") != span.start)
		r = say_start(reading->audit);
	return r == 0 ? audit_end(&span) : r;
}

/* An hour of a day comes after the node's rows of it, from record `first` on. */
static int add_hour(
	struct reading *reading, struct json_object *day, size_t first, struct json_object *record)
{
	struct json_object *hour = member_of(record, "hour"), *row;
	struct sealed_hour link = { .start = integer_of(hour, "hour") };

	for (size_t i = first; (row = element_of(day, "records", i)) != NULL && row != record; i++)
		reading->it_uj += node_uj(row, (uint32_t)integer_of(hour, "zones"));
	snprintf(link.previous, sizeof(link.previous), "%s", text_of_member(record, "previous"));
	snprintf(link.hash, sizeof(link.hash), "%s", text_of_member(record, "hash"));
	return audit_link_hour(reading->audit, &link);
}

static int follow_day(struct reading *reading, struct audit *days, struct json_object *one)
{
	struct audit_span span = span_of(days, true, one);
	struct json_object *record, *last = NULL;
	size_t first = 0;
	int r = audit_begin(&span);

	for (size_t i = 0; r == 0 && (record = element_of(one, "records", i)) != NULL; i++) {
		last = record;
		r = follow_row(&span, record);
		if (r != 0 || json_object_get_type(member_of(record, "hour")) != json_type_object)
			continue;
		r = add_hour(reading, one, first, record);
		first = i + 1;
	}
	if (r == 0 && integer_of(last, "day") != span.start)
		r = say_start(days);
	return r == 0 ? audit_end(&span) : r;
}

static int follow_days(struct reading *reading, struct json_object *root)
{
	struct audit days = { .head = CHAIN_GENESIS };
	struct json_object *one;
	int r = 0;

	for (size_t i = 0; r == 0 && (one = element_of(root, "days", i)) != NULL; i++)
		r = follow_day(reading, &days, one);
	reading->audit->days = days.hours;
	reading->audit->records += days.records;
	if (days.fault[0][0] != '\0')
		memcpy(reading->audit->fault, days.fault, sizeof(days.fault));
	return r;
}

static void check_end(struct json_object *root, const struct reading *reading)
{
	int64_t told = integer_of(root, "it_energy_uj");
	char seal[CHAIN_HEX_SIZE];

	if (strcmp(text_of_member(root, "head"), reading->audit->head) != 0)
		audit_say(reading->audit, "head: it is not the hash after the last record",
			"head: 마지막 기록 다음의 해시가 아닙니다");
	else if (told != reading->it_uj)
		audit_say(reading->audit, "it_energy_uj: it is not the sum of the rows",
			"it_energy_uj: 행의 합계가 아닙니다");
	else if (seal_of(reading->audit->head, text_of_member(root, "from"), text_of_member(root, "to"), told,
			 text_of_member(root, "fault"), seal) < 0 ||
		 strcmp(text_of_member(root, "seal"), seal) != 0 ||
		 !json_object_get_boolean(member_of(root, "draft")))
		audit_say(reading->audit, "seal: draft, from or to is not what was written",
			"seal: draft, from, to가 작성한 내용과 다릅니다");
}

int bundle_verify_text(const char *text, size_t size, struct audit *ret_audit)
{
	struct reading reading = { .audit = ret_audit };
	size_t offset = 0;
	struct json_object *root = json_parse_strict(text, size, &offset), *one;
	int r;

	*ret_audit = (struct audit) { .head = CHAIN_GENESIS };
	if (root == NULL || strcmp(text_of_member(root, "format"), BUNDLE_FORMAT) != 0) {
		if (root == NULL)
			audit_say(ret_audit, "not valid JSON", "올바른 JSON이 아닙니다");
		else
			audit_say(ret_audit, "no bundle of format " BUNDLE_FORMAT,
				BUNDLE_FORMAT " 형식의 묶음이 아닙니다");
		json_object_put(root);
		return -EINVAL;
	}
	r = follow_days(&reading, root);
	for (size_t i = 0; r == 0 && (one = element_of(root, "hours", i)) != NULL; i++)
		r = follow_hour(&reading, one);
	if (r == 0)
		check_end(root, &reading);
	json_object_put(root);
	return 0;
}

int bundle_verify(const char *path, struct audit *ret_audit)
{
	char *text = NULL;
	size_t size = 0;
	int r = data_read_file(path, BUNDLE_BYTES_MAX, &text, &size);

	if (r < 0) {
		fprintf(stderr, "tanso verify: %s: %s\n", path, strerror(-r));
		return r;
	}
	r = bundle_verify_text(text, size, ret_audit);
	if (r < 0)
		fprintf(stderr, "tanso verify: %s: %s\n", path, ret_audit->fault[language_is_korean()]);
	free(text);
	return r;
}
