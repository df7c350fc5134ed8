/* Shared by the readers of sealed hours and sealed days. */
#pragma once

#include "audit/sealed.h"

enum sealed_sql {
	SEALED_HOURS,
	SEALED_NODE,
	SEALED_WORKLOADS,
	SEALED_DAYS,
	SEALED_DAY_ROWS,
	SEALED_DAYS_UNTIL,
	SEALED_KNOWS_DAY,
	SEALED_STRAY,
	SEALED_SQL_COUNT
};

struct sealed {
	sqlite3_stmt *statements[SEALED_SQL_COUNT];
	int failure; /* SQLite's code of the last -EIO */
};

/* Takes note of why, and returns -EIO. */
int sealed_fail(struct sealed *sealed, int code);
const char *sealed_text(sqlite3_stmt *statement, int column);
/* kind, namespace, name, state, present_ns, flags, zones: from column 0 on. */
void sealed_read_row(sqlite3_stmt *statement, int64_t start, struct sealed_row *ret_row);
/* Its zones as a member of the open object. */
void sealed_write_zones(struct json_writer *writer, const char *key, const int64_t *by_zone);
const char *sealed_kind_name(int kind);
