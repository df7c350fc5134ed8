#include "audit/verify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"

/* What is wrong with a span of the chain, or with one of its records. */
#define FAULTS(F)                                                                                            \
	F(NO_HASH_BEFORE, "the hash it follows is no SHA-256", "앞 해시가 SHA-256이 아닙니다")               \
	F(NOT_NEXT, "it does not follow the one before it: one is missing or was replaced",                  \
		"바로 앞의 것과 이어지지 않습니다. 하나가 없거나 바뀌었습니다")                              \
	F(NO_SHA256, "SHA-256 failed", "SHA-256을 계산하지 못했습니다")                                      \
	F(NOT_THERE, "there was no such record when it was sealed", "봉인할 때 없던 기록입니다")             \
	F(CHANGED, "it is not what was sealed, or one before it is gone",                                    \
		"봉인한 내용과 다르거나 그 앞의 기록이 없습니다")                                            \
	F(GONE, "it is gone", "기록이 없습니다")                                                             \
	F(OTHER_HASH, "its hash is another one", "해시가 다릅니다")                                          \
	F(NO_HASH, "its hash is no SHA-256", "해시가 SHA-256이 아닙니다")                                    \
	F(NOT_SEALED, "there are rows that no seal covers: its seal is gone, or they were added",            \
		"봉인되지 않은 기록이 있습니다. 봉인이 없어졌거나 기록이 추가되었습니다")                    \
	F(DAY_GONE, "the day it knew is gone, or was replaced", "이 시간이 알던 날짜가 없거나 바뀌었습니다")
enum fault {
#define F(id, en, ko) FAULT_##id,
	FAULTS(F)
#undef F
};

static const char *const faults[][2] = {
#define F(id, en, ko) { en, ko },
	FAULTS(F)
#undef F
};

/* what NULL = the record of the hour or day itself, "" = no record in particular */
static int fail(struct audit_span *span, const char *what, enum fault fault)
{
	static const char *const own[2][2] = { { "the hour itself", "시간 기록 자체" },
		{ "the day itself", "날짜 기록 자체" } };
	static const char *const spans[2][2] = { { "hour", "시간" }, { "day", "날짜" } };
	char time[32];

	clock_format_kst((uint64_t)span->start * NS_PER_SECOND, time);
	for (int ko = 0; ko < 2; ko++) {
		const char *name = what != NULL ? what : own[span->is_day][ko];
		snprintf(span->audit->fault[ko], sizeof(span->audit->fault[ko]),
			ko ? "%s %s, %zu번째 기록%s%.512s: %s" : "%s %s, record %zu%s%.512s: %s",
			spans[span->is_day][ko], time, span->record + 1, name[0] != '\0' ? ", " : "", name,
			faults[fault][ko]);
	}
	return 1;
}

void audit_say(struct audit *audit, const char *fault_en, const char *fault_ko)
{
	snprintf(audit->fault[0], sizeof(audit->fault[0]), "%s", fault_en);
	snprintf(audit->fault[1], sizeof(audit->fault[1]), "%s", fault_ko);
}

int audit_begin(struct audit_span *span)
{
	struct audit *audit = span->audit;

	span->record = 0;
	if (audit->hours == 0) {
		audit->first = span->start;
		snprintf(audit->before, sizeof(audit->before), "%s", span->previous);
	}
	if (strlen(span->previous) != CHAIN_HEX_SIZE - 1)
		return fail(span, "", FAULT_NO_HASH_BEFORE);
	if (audit->hours > 0 && strcmp(audit->head, span->previous) != 0)
		return fail(span, "", FAULT_NOT_NEXT);
	strcpy(audit->head, span->previous);
	return 0;
}

int audit_record(struct audit_span *span, const char *record, size_t size, const char *what)
{
	size_t at = span->record * MARK_DIGITS;

	if (chain_step(span->audit->head, record, size) < 0)
		return fail(span, what, FAULT_NO_SHA256);
	if (at + MARK_DIGITS > span->marks_size)
		return fail(span, what, FAULT_NOT_THERE);
	if (memcmp(span->marks + at, span->audit->head, MARK_DIGITS) != 0)
		return fail(span, what, FAULT_CHANGED);
	span->record++;
	span->audit->records++;
	return 0;
}

int audit_end(struct audit_span *span)
{
	if (span->record * MARK_DIGITS != span->marks_size)
		return fail(span, "", FAULT_GONE);
	if (strcmp(span->audit->head, span->hash) != 0)
		return fail(span, "", FAULT_OTHER_HASH);
	span->audit->last = span->start;
	span->audit->hours++;
	return 0;
}

int audit_link_hour(struct audit *audit, const struct sealed_hour *hour)
{
	struct audit_span span = { .audit = audit, .start = hour->start, .previous = hour->previous };
	int r = audit_begin(&span);

	if (r != 0)
		return r;
	if (strlen(hour->hash) != CHAIN_HEX_SIZE - 1)
		return fail(&span, "", FAULT_NO_HASH);
	strcpy(audit->head, hour->hash);
	audit->last = hour->start;
	audit->hours++;
	return 0;
}

static int follow(struct audit_span *span, struct json_writer *writer, const char *what)
{
	CLEANUP(freep) char *record = NULL;
	size_t size;
	int r = json_take(writer, &record, &size);

	return r < 0 ? r : audit_record(span, record, size, what);
}

static int follow_row(void *context, const struct sealed_row *row)
{
	struct json_writer writer = { 0 };
	char what[SEALED_WHAT_SIZE];

	sealed_write_row(&writer, NULL, row);
	sealed_describe(row, what);
	return follow(context, &writer, what);
}

static int follow_hour(struct sealed *sealed, struct audit *audit, const struct sealed_hour *hour)
{
	struct audit_span span = { .audit = audit,
		.start = hour->start,
		.previous = hour->previous,
		.hash = hour->hash,
		.marks = hour->marks,
		.marks_size = hour->marks_size };
	struct json_writer writer = { 0 };
	int r = audit_begin(&span);

	if (r == 0)
		r = sealed_rows(sealed, hour->start, follow_row, &span);
	if (r == 0) {
		sealed_write_hour(&writer, NULL, hour);
		r = follow(&span, &writer, NULL);
	}
	return r == 0 ? audit_end(&span) : r;
}

static int follow_record(void *context, const char *record, size_t size, const char *what)
{
	return audit_record(context, record, size, what);
}

static int follow_day(struct sealed *sealed, struct audit *days, const struct sealed_day *day)
{
	struct audit_span span = { .audit = days,
		.is_day = true,
		.start = day->start,
		.previous = day->previous,
		.hash = day->hash,
		.marks = day->marks,
		.marks_size = day->marks_size };
	int r = audit_begin(&span);

	if (r == 0)
		r = sealed_day_records(sealed, day->start, follow_record, &span);
	return r == 0 ? audit_end(&span) : r;
}

/* A page of the file that cannot be read is a fault like any other: told by where it was met. */
static int give_up(struct sealed *sealed, struct audit *audit, bool is_day)
{
	static const char *const after[2][2] = { { "hour", "시간" }, { "day", "날짜" } };
	char time[32] = "-";

	if (audit->hours > 0)
		clock_format_kst((uint64_t)audit->last * NS_PER_SECOND, time);
	for (int ko = 0; ko < 2; ko++)
		snprintf(audit->fault[ko], sizeof(audit->fault[ko]),
			ko ? "%s %s 다음을 읽을 수 없습니다: %s" : "after %s %s: cannot be read: %s",
			after[is_day][ko], time, sealed_failure(sealed));
	return 1;
}

/* The days by their records; a chain of its own, with their hours' hashes among the records. */
static int follow_days(struct sealed *sealed, int64_t from, int64_t to, struct audit *audit)
{
	struct audit days = { .head = CHAIN_GENESIS };
	struct sealed_day day;
	int r;

	sealed_select_days(sealed, from, to);
	while ((r = sealed_next_day(sealed, &day)) > 0) {
		r = follow_day(sealed, &days, &day);
		if (r != 0)
			break;
	}
	if (r == -EIO)
		r = give_up(sealed, &days, true);
	audit->days = days.hours;
	audit->records = days.records;
	memcpy(audit->fault, days.fault, sizeof(audit->fault));
	return r;
}

/* The last hour that speaks of a day vouches for the days. */
static int check_days(struct sealed *sealed, struct audit *audit, const struct sealed_hour *last)
{
	struct audit_span span = { .audit = audit, .start = last->start };

	if (last->days[0] == '\0' || sealed_knows_day(sealed, last->days))
		return 0;
	return fail(&span, "", FAULT_DAY_GONE);
}

static int check_strays(struct sealed *sealed, int64_t from, int64_t to, struct audit *audit)
{
	struct audit_span span = { .audit = audit };
	int r = sealed_find_stray(sealed, from, to, &span.start);

	return r > 0 ? fail(&span, "", FAULT_NOT_SEALED) : r;
}

static int follow_hours(struct sealed *sealed, int64_t from, int64_t to, struct audit *audit)
{
	int64_t days_until = sealed_days_until(sealed);
	struct sealed_hour hour, last = { 0 };
	int r;

	sealed_select(sealed, from, to);
	while ((r = sealed_next(sealed, &hour)) > 0) {
		r = hour.start < days_until ? audit_link_hour(audit, &hour)
					    : follow_hour(sealed, audit, &hour);
		if (r != 0)
			return r;
		last = hour;
	}
	return r == 0 ? check_days(sealed, audit, &last) : r;
}

int audit_ledger(struct sealed *sealed, int64_t from, int64_t to, struct audit *ret_audit)
{
	int r;

	*ret_audit = (struct audit) { .head = CHAIN_GENESIS };
	r = follow_days(sealed, from, to, ret_audit);
	if (r == 0)
		r = follow_hours(sealed, from, to, ret_audit);
	if (r == 0)
		r = check_strays(sealed, from, to, ret_audit);
	if (r == -EIO)
		r = give_up(sealed, ret_audit, false);
	sealed_select(sealed, INT64_MAX, 0); /* no statement may hold a snapshot */
	sealed_select_days(sealed, INT64_MAX, 0);
	return r < 0 ? r : 0;
}
