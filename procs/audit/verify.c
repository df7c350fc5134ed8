#include "audit/verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"

static int fail(struct audit_span *span, const char *what, const char *why)
{
	char time[32];

	clock_format_kst((uint64_t)span->start * NS_PER_SECOND, time);
	snprintf(span->audit->fault, sizeof(span->audit->fault), "%s %s, record %zu%s%.512s: %s", span->name,
		time, span->record + 1, what[0] != '\0' ? ", " : "", what, why);
	return 1;
}

int audit_begin(struct audit_span *span)
{
	struct audit *audit = span->audit;

	span->record = 0;
	if (audit->hours == 0)
		audit->first = span->start;
	if (strlen(span->previous) != CHAIN_HEX_SIZE - 1)
		return fail(span, "", "the hash it follows is no SHA-256");
	if (audit->hours > 0 && strcmp(audit->head, span->previous) != 0)
		return fail(span, "", "it does not follow the one before it: one is missing or was replaced");
	strcpy(audit->head, span->previous);
	return 0;
}

int audit_record(struct audit_span *span, const char *record, size_t size, const char *what)
{
	size_t at = span->record * MARK_DIGITS;

	if (chain_step(span->audit->head, record, size) < 0)
		return fail(span, what, "SHA-256 failed");
	if (at + MARK_DIGITS > span->marks_size)
		return fail(span, what, "there was no such record when it was sealed");
	if (memcmp(span->marks + at, span->audit->head, MARK_DIGITS) != 0)
		return fail(span, what, "it is not what was sealed, or one before it is gone");
	span->record++;
	span->audit->records++;
	return 0;
}

int audit_end(struct audit_span *span)
{
	if (span->record * MARK_DIGITS != span->marks_size)
		return fail(span, "", "it is gone");
	if (strcmp(span->audit->head, span->hash) != 0)
		return fail(span, "", "its hash is another one");
	span->audit->last = span->start;
	span->audit->hours++;
	return 0;
}

int audit_link_hour(struct audit *audit, const struct sealed_hour *hour)
{
	struct audit_span span = {
		.audit = audit, .name = "hour", .start = hour->start, .previous = hour->previous
	};
	int r = audit_begin(&span);

	if (r != 0)
		return r;
	if (strlen(hour->hash) != CHAIN_HEX_SIZE - 1)
		return fail(&span, "", "its hash is no SHA-256");
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
		.name = "hour",
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
		r = follow(&span, &writer, "the hour itself");
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
		.name = "day",
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
	audit->days = days.hours;
	audit->records = days.records;
	strcpy(audit->fault, days.fault);
	return r;
}

/* The last hour that speaks of a day vouches for the days. */
static int check_days(struct sealed *sealed, struct audit *audit, const struct sealed_hour *last)
{
	struct audit_span span = { .audit = audit, .name = "hour", .start = last->start };

	if (last->days[0] == '\0' || sealed_knows_day(sealed, last->days))
		return 0;
	return fail(&span, "", "the day it knew is gone, or was replaced");
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
	sealed_select(sealed, INT64_MAX, 0); /* no statement may hold a snapshot */
	sealed_select_days(sealed, INT64_MAX, 0);
	return r < 0 ? r : 0;
}
