#include <stdio.h>

#include "audit/sealed_private.h"
#include "base/cleanup.h"

#define DAY (24 * SEALED_SECONDS)

void sealed_select_days(struct sealed *sealed, int64_t from, int64_t to)
{
	sqlite3_stmt *statement = sealed->statements[SEALED_DAYS];

	sqlite3_reset(statement);
	sqlite3_bind_int64(statement, 1, from);
	sqlite3_bind_int64(statement, 2, to);
}

int sealed_next_day(struct sealed *sealed, struct sealed_day *ret_day)
{
	sqlite3_stmt *statement = sealed->statements[SEALED_DAYS];
	int code = sqlite3_step(statement);

	if (code != SQLITE_ROW) {
		sqlite3_reset(statement);
		return code == SQLITE_DONE ? 0 : sealed_fail(sealed, code);
	}
	*ret_day = (struct sealed_day) { .start = sqlite3_column_int64(statement, 0),
		.marks = sealed_text(statement, 3),
		.marks_size = (size_t)sqlite3_column_bytes(statement, 3) };
	snprintf(ret_day->previous, sizeof(ret_day->previous), "%s", sealed_text(statement, 1));
	snprintf(ret_day->hash, sizeof(ret_day->hash), "%s", sealed_text(statement, 2));
	return 1;
}

static int64_t first_integer(sqlite3_stmt *statement, int64_t otherwise)
{
	int64_t value =
		sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : otherwise;

	sqlite3_reset(statement);
	return value;
}

int64_t sealed_days_until(struct sealed *sealed)
{
	return first_integer(sealed->statements[SEALED_DAYS_UNTIL], 0);
}

bool sealed_knows_day(struct sealed *sealed, const char *hash)
{
	sqlite3_stmt *statement = sealed->statements[SEALED_KNOWS_DAY];
	bool is_known;

	sqlite3_bind_text(statement, 1, hash, -1, SQLITE_STATIC);
	is_known = first_integer(statement, 0) != 0;
	sqlite3_clear_bindings(statement); /* the text is the caller's */
	return is_known;
}

int sealed_find_stray(struct sealed *sealed, int64_t from, int64_t to, int64_t *ret_start)
{
	sqlite3_stmt *statement = sealed->statements[SEALED_STRAY];
	int code, r;

	sqlite3_bind_int64(statement, 1, from);
	sqlite3_bind_int64(statement, 2, to);
	code = sqlite3_step(statement);
	r = code != SQLITE_ROW ? sealed_fail(sealed, code) : sqlite3_column_type(statement, 0) != SQLITE_NULL;
	*ret_start = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	return r;
}

int sealed_day_rows(struct sealed *sealed, int64_t from, int64_t to, sealed_day_row_fn *each, void *context)
{
	sqlite3_stmt *statement = sealed->statements[SEALED_DAY_ROWS];
	const int after = 6 + 2 * ZONE_COUNT;
	int code = SQLITE_DONE, r = 0;

	sqlite3_bind_int64(statement, 1, from);
	sqlite3_bind_int64(statement, 2, to);
	while (r == 0 && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		struct sealed_day_row row = { .it_uj = sqlite3_column_int64(statement, after),
			.facility_uj = sqlite3_column_int64(statement, after + 1),
			.emissions_ng = sqlite3_column_int64(statement, after + 2) };
		sealed_read_row(statement, sqlite3_column_int64(statement, after + 3), &row.row);
		r = each(context, &row);
	}
	if (r == 0 && code != SQLITE_DONE)
		r = sealed_fail(sealed, code);
	sqlite3_reset(statement);
	return r;
}

/* The records of a day as they come. */
struct records {
	sealed_record_fn *each;
	void *context;
	int64_t count, hours;
};

static int tell(struct records *records, struct json_writer *writer, const char *what)
{
	CLEANUP(freep) char *record = NULL;
	size_t size;
	int r = json_take(writer, &record, &size);

	records->count++;
	return r < 0 ? r : records->each(records->context, record, size, what);
}

/* Of a sealed day these are the node's; any other was added since, and is no record that was sealed. */
static int tell_row(void *context, const struct sealed_row *row)
{
	struct json_writer writer = { 0 };
	char what[SEALED_WHAT_SIZE];

	sealed_describe(row, what);
	sealed_write_row(&writer, NULL, row);
	return tell(context, &writer, what);
}

static int tell_hour(struct records *records, struct sealed *sealed, const struct sealed_hour *hour)
{
	struct json_writer writer = { 0 };
	int r = sealed_rows(sealed, hour->start, tell_row, records);

	if (r != 0)
		return r;
	records->hours++;
	json_open_object(&writer, NULL);
	json_write_text(&writer, "hash", hour->hash);
	sealed_write_hour(&writer, "hour", hour);
	json_write_text(&writer, "previous", hour->previous);
	json_close_object(&writer);
	return tell(records, &writer, "an hour of it");
}

static int tell_workload(void *context, const struct sealed_day_row *day)
{
	const struct sealed_row *row = &day->row;
	struct json_writer writer = { 0 };
	char what[SEALED_WHAT_SIZE];

	json_open_object(&writer, NULL);
	sealed_write_zones(&writer, "active_uj", row->active_uj);
	json_write_integer(&writer, "day", row->hour);
	json_write_integer(&writer, "emissions_ng", day->emissions_ng);
	json_write_integer(&writer, "facility_uj", day->facility_uj);
	json_write_integer(&writer, "flags", row->flags);
	sealed_write_zones(&writer, "idle_uj", row->idle_uj);
	json_write_integer(&writer, "it_uj", day->it_uj);
	json_write_text(&writer, "kind", sealed_kind_name(row->kind));
	json_write_text(&writer, "name", row->name);
	json_write_text(&writer, "namespace", row->namespace);
	json_write_integer(&writer, "present_ns", row->present_ns);
	json_write_text(&writer, "state", power_state_name((enum power_state)row->state));
	json_close_object(&writer);
	sealed_describe(row, what);
	return tell(context, &writer, what);
}

static int tell_day(struct records *records, int64_t day)
{
	struct json_writer writer = { 0 };

	json_open_object(&writer, NULL);
	json_write_integer(&writer, "day", day);
	json_write_integer(&writer, "hours", records->hours);
	json_write_integer(&writer, "rows", records->count);
	json_close_object(&writer);
	return tell(records, &writer, NULL);
}

int sealed_day_records(struct sealed *sealed, int64_t day, sealed_record_fn *each, void *context)
{
	struct records records = { .each = each, .context = context };
	struct sealed_hour hour;
	int r;

	sealed_select(sealed, day, day + DAY);
	while ((r = sealed_next(sealed, &hour)) > 0) {
		r = tell_hour(&records, sealed, &hour);
		if (r != 0)
			return r;
	}
	if (r == 0)
		r = sealed_day_rows(sealed, day, day + 1, tell_workload, &records);
	return r == 0 ? tell_day(&records, day) : r;
}
