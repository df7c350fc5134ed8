#include "audit/sealed_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define X_SUM(id, name)  ", sum(active_" name "), sum(idle_" name ")"
#define X_LIST(id, name) ", active_" name ", idle_" name
#define FLAGS_OF_ALL     "max(flags & 1) | max(flags & 2) | max(flags & 4) | max(flags & 16)"
#define ROWS_OF_HOUR                                                                                         \
	"(SELECT workload, state, present_ns, flags" ZONES(                                                  \
		X_LIST) " FROM slot_workload WHERE slot >= ?1 AND slot < ?1 + 3600 AND workload "            \
			"IN " SEALED_WORKLOADS_OF("slot_workload") " UNION ALL "                             \
								   "SELECT workload, state, present_ns, "    \
								   "flags" ZONES(                            \
									   X_LIST) " FROM hour_workload "    \
										   "WHERE slot = ?1)"

static const char *const statements[SEALED_SQL_COUNT] = {
	[SEALED_HOURS] =
		"SELECT start, flags, rows, intensity_mg, covered_ppm, factor, grid, vintage, quality, "
		"pue_ppm, pue_source, zones, meter, error_ppm, previous, hash, marks, days "
		"FROM sealed_hour WHERE start >= ?1 AND start < ?2 ORDER BY start",
	[SEALED_NODE] = "SELECT -1, '', '', state, sum(present_ns), " FLAGS_OF_ALL ZONES(
		X_SUM) " FROM all_node WHERE slot >= ?1 AND slot < ?1 + 3600 GROUP BY state ORDER BY state",
	/* a workload without a name was tampered with: it reads as kind 0, and the chain breaks */
	[SEALED_WORKLOADS] =
		"SELECT coalesce(w.kind, 0), coalesce(w.namespace, ''), coalesce(w.name, ''), state, "
		"sum(present_ns), " FLAGS_OF_ALL ZONES(
			X_SUM) " FROM " ROWS_OF_HOUR
			       " LEFT JOIN workload w ON w.id = workload GROUP BY workload, state "
			       "ORDER BY 1, 2, 3, state, workload",
	[SEALED_DAYS] =
		"SELECT start, previous, hash, marks FROM sealed_day WHERE start >= ?1 AND start < ?2 "
		"ORDER BY start",
	[SEALED_DAY_ROWS] =
		"SELECT coalesce(w.kind, 0), coalesce(w.namespace, ''), coalesce(w.name, ''), state, "
		"present_ns, flags" ZONES(
			X_LIST) ", it_uj, facility_uj, emissions_ng, slot FROM day_workload LEFT JOIN "
				"workload w "
				"ON w.id = workload WHERE slot >= ?1 AND slot < ?2 ORDER BY slot, 1, 2, 3, "
				"state, workload",
	[SEALED_DAYS_UNTIL] = "SELECT coalesce(max(start) + 86400, 0) FROM sealed_day",
	[SEALED_KNOWS_DAY] =
		"SELECT NOT EXISTS(SELECT 1 FROM sealed_day) OR EXISTS(SELECT 1 FROM sealed_day WHERE hash = "
		"?1) OR ?1 = (SELECT previous FROM sealed_day ORDER BY start LIMIT 1)",
	[SEALED_STRAY] =
		"SELECT min(start) FROM (SELECT slot / 3600 * 3600 AS start FROM all_node WHERE slot >= ?1 "
		"AND slot < ?2 AND slot < (SELECT max(start) FROM sealed_hour) AND slot / 3600 * 3600 NOT IN "
		"(SELECT start FROM sealed_hour) UNION ALL SELECT slot FROM day_workload WHERE slot >= ?1 "
		"AND "
		"slot < ?2 AND slot NOT IN (SELECT start FROM sealed_day) UNION ALL SELECT start FROM "
		"sealed_hour WHERE start >= ?1 AND start < ?2 AND start < (SELECT max(start) FROM "
		"sealed_day) "
		"AND (start + 32400) / 86400 * 86400 - 32400 NOT IN (SELECT start FROM sealed_day))",
};

/* ZONES in the order of their names' bytes, as canonical JSON wants keys. */
static const enum zone zones_by_name[] = { ZONE_CORE, ZONE_DRAM, ZONE_GPU, ZONE_OTHER, ZONE_PACKAGE,
	ZONE_PSYS, ZONE_UNCORE };
_Static_assert(sizeof(zones_by_name) / sizeof(*zones_by_name) == ZONE_COUNT, "a zone is missing here");

int sealed_open(struct sealed **ret_sealed, sqlite3 *db)
{
	struct sealed *sealed = calloc(1, sizeof(*sealed));

	if (sealed == NULL)
		return -ENOMEM;
	for (int i = 0; i < SEALED_SQL_COUNT; i++)
		if (sqlite3_prepare_v3(db, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
			    &sealed->statements[i], NULL) != SQLITE_OK) {
			sealed_close(sealed);
			return -EBADMSG;
		}
	*ret_sealed = sealed;
	return 0;
}

void sealed_close(struct sealed *sealed)
{
	if (sealed == NULL)
		return;
	for (int i = 0; i < SEALED_SQL_COUNT; i++)
		sqlite3_finalize(sealed->statements[i]);
	free(sealed);
}

int sealed_fail(struct sealed *sealed, int code)
{
	sealed->failure = code;
	return -EIO;
}

const char *sealed_failure(const struct sealed *sealed)
{
	return sqlite3_errstr(sealed->failure);
}

const char *sealed_text(sqlite3_stmt *statement, int column)
{
	const unsigned char *text = sqlite3_column_text(statement, column);

	return text != NULL ? (const char *)text : "";
}

static void copy_at(sqlite3_stmt *statement, int column, char *text, size_t size)
{
	snprintf(text, size, "%s", sealed_text(statement, column));
}

void sealed_select(struct sealed *sealed, int64_t from, int64_t to)
{
	sqlite3_stmt *statement = sealed->statements[SEALED_HOURS];

	sqlite3_reset(statement);
	sqlite3_bind_int64(statement, 1, from);
	sqlite3_bind_int64(statement, 2, to);
}

static void read_terms(sqlite3_stmt *statement, struct terms *terms)
{
	terms->intensity_mg = sqlite3_column_int64(statement, 3);
	terms->covered_ppm = sqlite3_column_int64(statement, 4);
	copy_at(statement, 5, terms->factor, sizeof(terms->factor));
	copy_at(statement, 6, terms->grid, sizeof(terms->grid));
	copy_at(statement, 7, terms->vintage, sizeof(terms->vintage));
	copy_at(statement, 8, terms->quality, sizeof(terms->quality));
	terms->pue_ppm = sqlite3_column_int64(statement, 9);
	copy_at(statement, 10, terms->pue_source, sizeof(terms->pue_source));
	terms->zones = (uint32_t)sqlite3_column_int64(statement, 11);
	copy_at(statement, 12, terms->meter, sizeof(terms->meter));
	terms->error_ppm = sqlite3_column_int64(statement, 13);
}

int sealed_next(struct sealed *sealed, struct sealed_hour *ret_hour)
{
	sqlite3_stmt *statement = sealed->statements[SEALED_HOURS];
	int code = sqlite3_step(statement);

	if (code != SQLITE_ROW) {
		sqlite3_reset(statement);
		return code == SQLITE_DONE ? 0 : sealed_fail(sealed, code);
	}
	*ret_hour = (struct sealed_hour) { .start = sqlite3_column_int64(statement, 0),
		.flags = (uint32_t)sqlite3_column_int64(statement, 1),
		.rows = sqlite3_column_int64(statement, 2),
		.marks = sealed_text(statement, 16),
		.marks_size = (size_t)sqlite3_column_bytes(statement, 16) };
	read_terms(statement, &ret_hour->terms);
	copy_at(statement, 14, ret_hour->previous, sizeof(ret_hour->previous));
	copy_at(statement, 15, ret_hour->hash, sizeof(ret_hour->hash));
	copy_at(statement, 17, ret_hour->days, sizeof(ret_hour->days));
	return 1;
}

void sealed_read_row(sqlite3_stmt *statement, int64_t start, struct sealed_row *ret_row)
{
	*ret_row = (struct sealed_row) { .hour = start,
		.kind = sqlite3_column_int(statement, 0),
		.namespace = sealed_text(statement, 1),
		.name = sealed_text(statement, 2),
		.state = sqlite3_column_int(statement, 3),
		.present_ns = sqlite3_column_int64(statement, 4),
		.flags = (uint32_t)sqlite3_column_int64(statement, 5) };
	for (int zone = 0; zone < ZONE_COUNT; zone++) {
		ret_row->active_uj[zone] = sqlite3_column_int64(statement, 6 + 2 * zone);
		ret_row->idle_uj[zone] = sqlite3_column_int64(statement, 7 + 2 * zone);
	}
}

int sealed_rows(struct sealed *sealed, int64_t hour, sealed_row_fn *each, void *context)
{
	int r = 0;

	for (int which = SEALED_NODE; which <= SEALED_WORKLOADS && r == 0; which++) {
		sqlite3_stmt *statement = sealed->statements[which];
		int code = SQLITE_DONE;
		sqlite3_bind_int64(statement, 1, hour);
		while (r == 0 && (code = sqlite3_step(statement)) == SQLITE_ROW) {
			struct sealed_row row;
			sealed_read_row(statement, hour, &row);
			r = each(context, &row);
		}
		if (r == 0 && code != SQLITE_DONE)
			r = sealed_fail(sealed, code);
		sqlite3_reset(statement);
	}
	return r;
}

void sealed_write_zones(struct json_writer *writer, const char *key, const int64_t *by_zone)
{
	json_open_object(writer, key);
	for (size_t i = 0; i < ZONE_COUNT; i++)
		if (by_zone[zones_by_name[i]] != 0)
			json_write_integer(writer, zone_name(zones_by_name[i]), by_zone[zones_by_name[i]]);
	json_close_object(writer);
}

const char *sealed_kind_name(int kind)
{
	return kind == ROW_NODE ? "node" : workload_kind_name((enum workload_kind)kind);
}

void sealed_describe(const struct sealed_row *row, char ret_what[static SEALED_WHAT_SIZE])
{
	snprintf(ret_what, SEALED_WHAT_SIZE, "%s %s/%s (%s)", sealed_kind_name(row->kind), row->namespace,
		row->name, power_state_name((enum power_state)row->state));
}

void sealed_write_row(struct json_writer *writer, const char *key, const struct sealed_row *row)
{
	json_open_object(writer, key);
	sealed_write_zones(writer, "active_uj", row->active_uj);
	json_write_integer(writer, "flags", row->flags);
	json_write_integer(writer, "hour", row->hour);
	sealed_write_zones(writer, "idle_uj", row->idle_uj);
	json_write_text(writer, "kind", sealed_kind_name(row->kind));
	json_write_text(writer, "name", row->name);
	json_write_text(writer, "namespace", row->namespace);
	json_write_integer(writer, "present_ns", row->present_ns);
	json_write_text(writer, "state", power_state_name((enum power_state)row->state));
	json_close_object(writer);
}

void sealed_write_hour(struct json_writer *writer, const char *key, const struct sealed_hour *hour)
{
	const struct terms *terms = &hour->terms;

	json_open_object(writer, key);
	json_write_integer(writer, "covered_ppm", terms->covered_ppm);
	if (hour->days[0] != '\0')
		json_write_text(writer, "days", hour->days);
	json_write_integer(writer, "error_ppm", terms->error_ppm);
	json_write_text(writer, "factor", terms->factor);
	json_write_integer(writer, "flags", hour->flags);
	json_write_text(writer, "grid", terms->grid);
	json_write_integer(writer, "hour", hour->start);
	json_write_integer(writer, "intensity_mg", terms->intensity_mg);
	json_write_text(writer, "meter", terms->meter);
	json_write_integer(writer, "pue_ppm", terms->pue_ppm);
	json_write_text(writer, "pue_source", terms->pue_source);
	json_write_text(writer, "quality", terms->quality);
	json_write_integer(writer, "rows", hour->rows);
	json_write_text(writer, "vintage", terms->vintage);
	json_write_integer(writer, "zones", terms->zones);
	json_close_object(writer);
}
