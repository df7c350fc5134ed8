#include "audit/verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"

static int fail(struct audit_hour *hour, const char *what, const char *why)
{
	char time[32];

	clock_format_kst((uint64_t)hour->hour->start * NS_PER_SECOND, time);
	snprintf(hour->audit->fault, sizeof(hour->audit->fault), "hour %s, record %zu%s%.512s: %s", time,
		hour->record + 1, what[0] != '\0' ? ", " : "", what, why);
	return 1;
}

int audit_begin_hour(struct audit_hour *hour)
{
	struct audit *audit = hour->audit;

	hour->record = 0;
	if (audit->hours == 0)
		audit->first = hour->hour->start;
	if (strlen(hour->hour->previous) != CHAIN_HEX_SIZE - 1)
		return fail(hour, "", "the hash it follows is no SHA-256");
	if (audit->hours > 0 && strcmp(audit->head, hour->hour->previous) != 0)
		return fail(hour, "",
			"it does not follow the hour before it: an hour is missing or was replaced");
	strcpy(audit->head, hour->hour->previous);
	return 0;
}

int audit_record(struct audit_hour *hour, const char *record, size_t size, const char *what)
{
	const struct sealed_hour *sealed = hour->hour;
	size_t at = hour->record * MARK_DIGITS;

	if (chain_step(hour->audit->head, record, size) < 0)
		return fail(hour, what, "SHA-256 failed");
	if (at + MARK_DIGITS > sealed->marks_size)
		return fail(hour, what, "there was no such record when the hour was sealed");
	if (memcmp(sealed->marks + at, hour->audit->head, MARK_DIGITS) != 0)
		return fail(hour, what, "it is not what was sealed, or one before it is gone");
	hour->record++;
	hour->audit->records++;
	return 0;
}

int audit_end_hour(struct audit_hour *hour)
{
	if (hour->record * MARK_DIGITS != hour->hour->marks_size)
		return fail(hour, "", "it is gone");
	if (strcmp(hour->audit->head, hour->hour->hash) != 0)
		return fail(hour, "", "the hour's hash is another one");
	hour->audit->last = hour->hour->start;
	hour->audit->hours++;
	return 0;
}

static int follow(struct audit_hour *hour, struct json_writer *writer, const char *what)
{
	CLEANUP(freep) char *record = NULL;
	size_t size;
	int r = json_take(writer, &record, &size);

	return r < 0 ? r : audit_record(hour, record, size, what);
}

static int follow_row(void *context, const struct sealed_row *row)
{
	struct json_writer writer = { 0 };
	char what[600];

	sealed_write_row(&writer, NULL, row);
	snprintf(what, sizeof(what), "%s %s/%s (%s)",
		row->kind == ROW_NODE ? "node" : workload_kind_name((enum workload_kind)row->kind),
		row->namespace, row->name, power_state_name((enum power_state)row->state));
	return follow(context, &writer, what);
}

static int follow_hour(struct sealed *sealed, struct audit_hour *hour)
{
	struct json_writer writer = { 0 };
	int r = audit_begin_hour(hour);

	if (r == 0)
		r = sealed_rows(sealed, hour->hour->start, follow_row, hour);
	if (r == 0) {
		sealed_write_hour(&writer, NULL, hour->hour);
		r = follow(hour, &writer, "the hour itself");
	}
	return r == 0 ? audit_end_hour(hour) : r;
}

int audit_ledger(struct sealed *sealed, int64_t from, int64_t to, struct audit *ret_audit)
{
	struct sealed_hour hour;
	int r;

	*ret_audit = (struct audit) { .head = CHAIN_GENESIS };
	sealed_select(sealed, from, to);
	while ((r = sealed_next(sealed, &hour)) > 0) {
		struct audit_hour state = { .audit = ret_audit, .hour = &hour };
		r = follow_hour(sealed, &state);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	return r;
}
