#include "cli/report/bundle.h"

#include <errno.h>
#include <string.h>

#include "base/language.h"
#include "cli/table.h"
#include "ipc/tools.h"
#include "korea/data.h"

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
	else if (bundle_seal(reading->audit->head, text_of_member(root, "from"), text_of_member(root, "to"),
			 told, text_of_member(root, "fault"), member_of(root, "report"), seal) < 0 ||
		 strcmp(text_of_member(root, "seal"), seal) != 0 ||
		 !json_object_get_boolean(member_of(root, "draft")))
		audit_say(reading->audit, "seal: draft, from, to or report is not what was written",
			"seal: draft, from, to, report가 작성한 내용과 다릅니다");
}

/* The same from memory; < 0 with audit->fault saying why. */
static int bundle_verify_text(const char *text, size_t size, struct audit *ret_audit)
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
