#include "analyst/ledger/sql.h"

#define X_DECLARE(id, name) ", active_" name " INTEGER NOT NULL, idle_" name " INTEGER NOT NULL"
#define X_LIST(id, name)    ", active_" name ", idle_" name
#define X_MARK(id, name)    ", ?, ?"
#define X_ADD(id, name)                                                                                      \
	", active_" name " = active_" name " + excluded.active_" name ", idle_" name " = idle_" name         \
	" + excluded.idle_" name
#define X_PUT(id, name) ", active_" name " = excluded.active_" name ", idle_" name " = excluded.idle_" name
#define X_SUM(id, name) ", sum(active_" name "), sum(idle_" name ")"
#define X_NODE_VIEW(id, name)                                                                                \
	" UNION ALL SELECT '" name "', coalesce(sum(active_" name "), 0) + coalesce(sum(idle_" name "), 0)"  \
	", coalesce(sum(idle_" name "), 0) FROM all_node"
#define X_WORKLOAD_VIEW(id, name)                                                                            \
	" UNION ALL SELECT '" name "', coalesce(sum(active_" name "), 0), coalesce(sum(idle_" name "), 0)"   \
	" FROM all_workload"

#define NODE_COLUMNS     "slot, state, present_ns, flags" ZONES(X_LIST)
#define WORKLOAD_COLUMNS "workload, slot, state, present_ns, flags" ZONES(X_LIST)
#define NODE_TABLE(table)                                                                                    \
	"CREATE TABLE " table                                                                                \
	"(slot INTEGER, state INTEGER, present_ns INTEGER NOT NULL, flags INTEGER NOT NULL" ZONES(           \
		X_DECLARE) ", PRIMARY KEY(slot, state)) WITHOUT ROWID"
#define WORKLOAD_TABLE(table)                                                                                \
	"CREATE TABLE " table "(workload INTEGER, slot INTEGER, state INTEGER, present_ns INTEGER NOT NULL"  \
	", flags INTEGER NOT NULL" ZONES(X_DECLARE) ", PRIMARY KEY(workload, slot, state)) WITHOUT ROWID"
#define ADDING "present_ns = present_ns + excluded.present_ns, flags = flags | excluded.flags" ZONES(X_ADD)
/* The containers of a pod lived side by side: their time does not add up. */
#define MERGING                                                                                              \
	"present_ns = max(present_ns, excluded.present_ns), flags = flags | excluded.flags" ZONES(X_ADD)

/* The terms of each closed hour, and its place in the hash chain (audit/sealed.h). */
#define SEALED_TABLE                                                                                         \
	"CREATE TABLE sealed_hour(start INTEGER PRIMARY KEY, flags INTEGER NOT NULL, rows INTEGER NOT NULL"  \
	", intensity_mg INTEGER NOT NULL, covered_ppm INTEGER NOT NULL, factor TEXT NOT NULL"                \
	", grid TEXT NOT NULL, vintage TEXT NOT NULL, quality TEXT NOT NULL, pue_ppm INTEGER NOT NULL"       \
	", pue_source TEXT NOT NULL, zones INTEGER NOT NULL, meter TEXT NOT NULL, error_ppm INTEGER NOT "    \
	"NULL, previous TEXT NOT NULL, hash TEXT NOT NULL, marks TEXT NOT NULL)"
/* One hour of all workloads: sealing, reports, and what grows too old. */
#define HOUR_INDEX      "CREATE INDEX hour_workload_slot ON hour_workload(slot)"
#define WORKLOAD_BECAME "CREATE INDEX workload_became ON workload(became) WHERE became IS NOT NULL"

#define LOAD_TABLE                                                                                           \
	"CREATE TABLE load_workload(workload INTEGER, slot INTEGER, cpu_ns INTEGER NOT NULL"                 \
	", counted_ns INTEGER NOT NULL, request_millicores INTEGER NOT NULL, PRIMARY KEY(workload, slot)) "  \
	"WITHOUT ROWID"
/* slot: LEDGER_MEMORY_SECONDS of them */
#define MEMORY_TABLE                                                                                         \
	"CREATE TABLE memory_workload(workload INTEGER, slot INTEGER, peak_bytes INTEGER NOT NULL"           \
	", counted_ns INTEGER NOT NULL, request_bytes INTEGER NOT NULL, limit_bytes INTEGER NOT NULL"        \
	", oom_kills INTEGER NOT NULL, PRIMARY KEY(workload, slot)) WITHOUT ROWID"
/* Days (Korean time) of the workloads, with what the terms of their hours made of their energy; the node's hours stay. `days` of
 * an hour: hash of the last day when it was sealed, so that the chain of the hours vouches for that of the days. */
#define DAY_COLUMNS WORKLOAD_COLUMNS ", it_uj, facility_uj, emissions_ng"
#define DAY_TABLE(table)                                                                                     \
	"CREATE " table "(workload INTEGER, slot INTEGER, state INTEGER, present_ns INTEGER NOT NULL"        \
	", flags INTEGER NOT NULL" ZONES(X_DECLARE) ", it_uj INTEGER NOT NULL, facility_uj INTEGER NOT "     \
						    "NULL, emissions_ng INTEGER NOT NULL"                    \
						    ", PRIMARY KEY(workload, slot, state)) WITHOUT ROWID"
#define DAY_TABLES                                                                                           \
	DAY_TABLE("TABLE day_workload")                                                                      \
	"; "                                                                                                 \
	"CREATE INDEX day_workload_slot ON day_workload(slot); "                                             \
	"CREATE TABLE sealed_day(start INTEGER PRIMARY KEY, previous TEXT NOT NULL"                          \
	", hash TEXT NOT NULL, marks TEXT NOT NULL); "                                                       \
	"ALTER TABLE sealed_hour ADD COLUMN days TEXT NOT NULL DEFAULT ''; "                                 \
	"CREATE VIEW all_workload AS SELECT * FROM slot_workload UNION ALL SELECT * "                        \
	"FROM hour_workload UNION ALL SELECT " WORKLOAD_COLUMNS " FROM day_workload"

/* slot_*: five minutes, hour_*, day_*: rolled up; slot = start in s since 1970, state = enum power_state, energies in µJ.
 * The views are for people and tests: node_total, workload_total by zone. */
const char *const ledger_schema[] = {
	"BEGIN IMMEDIATE",
	"CREATE TABLE commit_state(one INTEGER PRIMARY KEY CHECK(one = 1), boot_id BLOB NOT NULL, birth_ns "
	"INTEGER NOT NULL"
	", energy_epoch INTEGER NOT NULL, committed_seq INTEGER NOT NULL, first_boot_ns INTEGER NOT NULL"
	", last_boot_ns INTEGER NOT NULL, last_real_ns INTEGER NOT NULL, closed_until INTEGER NOT NULL)",
	/* became: it has closed hours under this name and goes by another one now */
	"CREATE TABLE workload(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, namespace TEXT NOT NULL, name "
	"TEXT NOT NULL, became INTEGER)",
	"CREATE INDEX workload_name ON workload(name, namespace)",
	WORKLOAD_BECAME,
	"CREATE TABLE alias(type INTEGER, value TEXT, workload INTEGER, detail TEXT NOT NULL"
	", PRIMARY KEY(type, value, workload)) WITHOUT ROWID",
	"CREATE INDEX alias_workload ON alias(workload)",
	"CREATE TABLE baseline(id INTEGER PRIMARY KEY, workload INTEGER NOT NULL, is_final INTEGER NOT "
	"NULL" ZONES(X_DECLARE) ")",
	NODE_TABLE("slot_node"),
	NODE_TABLE("hour_node"),
	WORKLOAD_TABLE("slot_workload"),
	WORKLOAD_TABLE("hour_workload"),
	HOUR_INDEX,
	SEALED_TABLE,
	LOAD_TABLE,
	MEMORY_TABLE,
	"CREATE VIEW all_node AS SELECT * FROM slot_node UNION ALL SELECT * FROM hour_node",
	DAY_TABLES,
	"CREATE VIEW node_total(zone, total_uj, idle_uj) AS SELECT '', 0, 0 WHERE 0" ZONES(X_NODE_VIEW),
	"CREATE VIEW workload_total(zone, active_uj, idle_uj) AS SELECT '', 0, 0 WHERE 0" ZONES(
		X_WORKLOAD_VIEW),
	"PRAGMA user_version = " LEDGER_VERSION,
	"COMMIT",
	NULL,
};

const char *const ledger_migrations[] = {
	[0] = "",
	[1] = "BEGIN IMMEDIATE; ALTER TABLE workload ADD COLUMN became INTEGER; " WORKLOAD_BECAME
	      "; " HOUR_INDEX "; " SEALED_TABLE "; PRAGMA user_version = 2; COMMIT",
	[2] = "BEGIN IMMEDIATE; " LOAD_TABLE "; PRAGMA user_version = 3; COMMIT",
	[3] = "BEGIN IMMEDIATE; DROP VIEW all_workload; " DAY_TABLES "; PRAGMA user_version = 4; COMMIT",
	[4] = "BEGIN IMMEDIATE; " MEMORY_TABLE "; PRAGMA user_version = 5; COMMIT",
};

/* Some workloads that have slots, those after ?2: of each its old ones are looked up, and no others read. */
#define ROLLED(first)                                                                                        \
	"(WITH RECURSIVE has(id) AS (SELECT (SELECT min(workload) FROM slot_workload WHERE workload "        \
	"> " first                                                                                           \
	") UNION ALL SELECT (SELECT min(workload) FROM slot_workload WHERE workload > has.id) FROM has "     \
	"WHERE has.id IS NOT NULL LIMIT " LEDGER_ROLL ") SELECT id FROM has WHERE id IS NOT NULL)"

/* The day that hours are being added up to, in memory: nobody sees it until it is whole. */
const char *const ledger_rolling = DAY_TABLE("TEMP TABLE rolled_day");

#define ADDING_LOAD                                                                                          \
	" ON CONFLICT(workload, slot) DO UPDATE SET cpu_ns = cpu_ns + excluded.cpu_ns"                       \
	", counted_ns = counted_ns + excluded.counted_ns, request_millicores = excluded.request_millicores"

#define ADDING_MEMORY                                                                                        \
	" ON CONFLICT(workload, slot) DO UPDATE SET peak_bytes = max(peak_bytes, excluded.peak_bytes)"       \
	", counted_ns = counted_ns + excluded.counted_ns, request_bytes = excluded.request_bytes"            \
	", limit_bytes = excluded.limit_bytes, oom_kills = oom_kills + excluded.oom_kills"

/* What usage is made of: workload, slot, seconds, state (with SLOT_IMPLAUSIBLE), present_ns, and the energy of the counted zones,
 * active and idle. Which those are is zone_is_counted()'s to say: package and gpu always, core, uncore and other never, ?3: dram, ?4: psys. A
 * list reads a million such rows, and each column costs. */
#define COUNTED(part) part "_package + " part "_gpu + ?3 * " part "_dram + ?4 * " part "_psys"
#define COUNTED_UJ    ", present_ns, " COUNTED("active") ", " COUNTED("idle")
#define STATE         "(state | (flags & 16))"
#define SUMMED_ALL(table, seconds)                                                                           \
	"SELECT coalesce(w.became, w.id), slot, " seconds ", " STATE COUNTED_UJ                              \
	" FROM workload w CROSS JOIN " table " ON workload = w.id AND slot >= ?1"
/* By the name it goes by now. */
#define REACHED                                                                                              \
	"(?5 = '' OR reaches(?5, coalesce((SELECT namespace FROM workload b WHERE b.id = w.became), "        \
	"w.namespace)))"
/* The same of a table that has an index by time, and often nothing of the window at all: then no workload is looked up in it. */
#define SUMMED_ANY(table, seconds)                                                                           \
	SUMMED_ALL(table, seconds) " WHERE EXISTS(SELECT 1 FROM " table " WHERE slot >= ?1) AND " REACHED
#define SUMMED_ONE(table, seconds)  SUMMED_ALL(table, seconds) " WHERE w.id = ?2 OR w.became = ?2"
#define SUMMED_NODE(table, seconds) "SELECT 0, slot, " seconds ", " STATE COUNTED_UJ " FROM " table
#define ADDING_DAY                                                                                           \
	ADDING ", it_uj = it_uj + excluded.it_uj, facility_uj = facility_uj + excluded.facility_uj"          \
	       ", emissions_ng = emissions_ng + excluded.emissions_ng"
/* The node's hours of a day whose workloads are kept by the day count as that day too: parts and whole have one window. */
#define DAYS_UNTIL   "(SELECT coalesce(max(start) + 86400, 0) FROM sealed_day)"
#define DAY_OF       "(slot + 32400) / 86400 * 86400 - 32400"
#define ROLLED_FLAGS "max(flags & 1) | max(flags & 2) | max(flags & 4) | max(flags & 16)"
#define IN_WINDOW                                                                                            \
	"(EXISTS(SELECT 1 FROM slot_workload s WHERE s.workload = w.id AND s.slot >= ?1)"                    \
	" OR EXISTS(SELECT 1 FROM hour_workload h WHERE h.workload = w.id AND h.slot >= ?1)"                 \
	" OR EXISTS(SELECT 1 FROM day_workload d WHERE d.workload = w.id AND d.slot >= ?1))"

/* as strncasecmp() has it */
#define NAME_BEGINS  "(?3 = '' OR substr(w.name, 1, length(?3)) = ?3 COLLATE NOCASE)"
#define ALIAS_BEGINS "(?3 = '' OR substr(a.value, 1, length(?3)) = ?3 COLLATE NOCASE)"

#define HAS_ROWS(id)                                                                                         \
	"(EXISTS(SELECT 1 FROM slot_workload WHERE workload = " id                                           \
	") OR EXISTS(SELECT 1 FROM hour_workload WHERE workload = " id                                       \
	") OR EXISTS(SELECT 1 FROM day_workload WHERE workload = " id "))"

const char *const ledger_statements[STATEMENT_COUNT] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_BEGIN_READING] = "BEGIN",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_ADD_NODE] = "INSERT INTO slot_node(" NODE_COLUMNS ") VALUES(?, ?, ?, ?" ZONES(
		X_MARK) ") ON CONFLICT(slot, state) DO UPDATE SET " ADDING,
	[SQL_ADD_WORKLOAD] = "INSERT INTO slot_workload(" WORKLOAD_COLUMNS ") VALUES(?, ?, ?, ?, ?" ZONES(
		X_MARK) ") ON CONFLICT(workload, slot, state) DO UPDATE SET " ADDING,
	[SQL_ADD_LOAD] = "INSERT INTO load_workload VALUES(?, ?, ?, ?, ?)" ADDING_LOAD,
	[SQL_ADD_MEMORY] = "INSERT INTO memory_workload VALUES(?, ?, ?, ?, ?, ?, ?)" ADDING_MEMORY,
	[SQL_PUT_BASELINE] =
		"INSERT INTO baseline(id, workload, is_final" ZONES(X_LIST) ") VALUES(?, ?, ?" ZONES(
			X_MARK) ") ON CONFLICT(id) DO UPDATE SET workload = excluded.workload, is_final = "
				"excluded.is_final" ZONES(X_PUT),
	[SQL_FORGET_BASELINE] = "DELETE FROM baseline WHERE id = ?",
	[SQL_FORGET_BASELINES] = "DELETE FROM baseline",
	[SQL_PUT_WORKLOAD] = "INSERT INTO workload(id, kind, namespace, name) VALUES(?, ?, ?, ?) ON "
			     "CONFLICT(id) DO UPDATE SET "
			     "kind = excluded.kind, namespace = excluded.namespace, name = excluded.name",
	[SQL_PUT_ALIAS] = "INSERT OR IGNORE INTO alias(type, value, workload, detail) VALUES(?, ?, ?, ?)",
	/* One that is told goes before any that was inferred: those are no longer, and none comes beside it. */
	[SQL_PUT_OWNER] =
		"INSERT INTO alias(type, value, workload, detail) SELECT 2, ?1, ?2, ?3 WHERE NOT (?3 GLOB "
		"'[a-z]*' "
		"AND EXISTS(SELECT 1 FROM alias WHERE workload = ?2 AND type = 2 AND detail NOT GLOB "
		"'[a-z]*')) "
		"ON CONFLICT DO UPDATE SET detail = excluded.detail WHERE detail <> excluded.detail",
	[SQL_INFERRED_GONE] = "DELETE FROM alias WHERE workload = ?2 AND type = 2 AND value <> ?1 AND detail "
			      "GLOB '[a-z]*' AND ?3 NOT GLOB '[a-z]*'",
	[SQL_MERGE_SLOTS] = "INSERT INTO slot_workload(" WORKLOAD_COLUMNS
			    ") SELECT ?1, slot, state, present_ns, flags" ZONES(
				    X_LIST) " FROM slot_workload WHERE workload = ?2 AND slot >= ?3 ON "
					    "CONFLICT(workload, slot, state) DO UPDATE SET " MERGING,
	[SQL_MERGE_SLOTS_GONE] = "DELETE FROM slot_workload WHERE workload = ?2 AND slot >= ?3",
	[SQL_MERGE_LOADS] =
		"INSERT OR IGNORE INTO load_workload SELECT ?1, slot, cpu_ns, counted_ns, request_millicores "
		"FROM load_workload WHERE workload = ?2",
	[SQL_MERGE_LOADS_GONE] = "DELETE FROM load_workload WHERE workload = ?2",
	[SQL_MERGE_MEMORY] = "INSERT INTO memory_workload SELECT ?1, slot, peak_bytes, counted_ns, "
			     "request_bytes, limit_bytes, oom_kills FROM memory_workload WHERE workload = "
			     "?2" ADDING_MEMORY,
	[SQL_MERGE_MEMORY_GONE] = "DELETE FROM memory_workload WHERE workload = ?2",
	[SQL_MERGE_BASELINES] = "UPDATE baseline SET workload = ?1 WHERE workload = ?2",
	[SQL_MERGE_ALIASES] =
		"INSERT OR IGNORE INTO alias SELECT type, value, ?1, detail FROM alias WHERE workload = ?2",
	[SQL_MERGE_ALIASES_GONE] = "DELETE FROM alias WHERE workload = ?2",
	[SQL_MERGE_BECAME] = "UPDATE workload SET became = ?1 WHERE id = ?2 OR became = ?2",
	[SQL_MERGE_GONE] = "DELETE FROM workload WHERE id = ?2 AND NOT " HAS_ROWS("?2"),
	[SQL_PUT_STATE] = "INSERT OR REPLACE INTO commit_state VALUES(1, ?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_LOAD_STATE] = "SELECT boot_id, birth_ns, energy_epoch, committed_seq, first_boot_ns, "
			   "last_boot_ns, last_real_ns"
			   ", closed_until FROM commit_state",
	[SQL_LOAD_BASELINES] =
		"SELECT b.id, b.workload, b.is_final, coalesce(w.kind, -1), coalesce(w.namespace, '')"
		", coalesce(w.name, '')" ZONES(
			X_LIST) " FROM baseline b LEFT JOIN workload w ON w.id = b.workload",
	[SQL_FIND_IDENTITY] =
		"SELECT id FROM workload WHERE kind = ? AND namespace = ? AND name = ? AND became IS NULL",
	[SQL_MAX_WORKLOAD] =
		"SELECT max(m) FROM (SELECT coalesce(max(id), 0) AS m FROM workload UNION ALL SELECT "
		"coalesce(max(workload), 0) FROM baseline)",
	[SQL_HAS_CLOSED] = "SELECT EXISTS(SELECT 1 FROM slot_workload WHERE workload = ?1 AND slot < ?2) "
			   "OR EXISTS(SELECT 1 FROM hour_workload WHERE workload = ?1) "
			   "OR EXISTS(SELECT 1 FROM day_workload WHERE workload = ?1)",
	/* workload by workload, each from the window's start on: older rows are not read at all */
	[SQL_SUM_ALL] = SUMMED_ALL("slot_workload", "300") " WHERE " REACHED " UNION ALL " SUMMED_ANY(
		"hour_workload", "3600") " UNION ALL " SUMMED_ANY("day_workload", "86400"),
	[SQL_SUM_ONE] = SUMMED_ONE("slot_workload", "300") " UNION ALL " SUMMED_ONE(
		"hour_workload", "3600") " UNION ALL " SUMMED_ONE("day_workload", "86400"),
	[SQL_SUM_NODE] = SUMMED_NODE("slot_node", "300") " WHERE slot >= ?1 UNION ALL " SUMMED_NODE(
		"hour_node", "3600") " WHERE slot >= max(?1, " DAYS_UNTIL ") UNION ALL SELECT 0, " DAY_OF
				     " AS day, 86400, " STATE
				     " AS marked, sum(present_ns), sum(" COUNTED("active") "), sum(" COUNTED(
					     "idle") ") FROM hour_node WHERE slot "
						     ">= ?1 AND slot < " DAYS_UNTIL " GROUP BY day, marked "
						     "HAVING day >= ?1",
	[SQL_IDENTITIES] = "SELECT id, kind, namespace, name FROM workload "
			   "WHERE (?1 = '' OR reaches(?1, namespace)) AND became IS NULL",
	[SQL_OWNERS] = "SELECT workload, value, detail FROM alias WHERE type = 2 ORDER BY value, workload",
	[SQL_LOAD_NAMES] =
		"SELECT id, kind, namespace, name FROM workload WHERE id > ?1 AND became IS NULL ORDER BY id",
	[SQL_LOAD_OWNERS] =
		"SELECT workload, value, detail FROM alias WHERE type = 2 AND (value, workload) > "
		"(?1, ?2) ORDER BY value, workload",
	[SQL_LOAD_PIECES] = "SELECT workload, slot, 300, " STATE COUNTED_UJ
			    " FROM slot_workload WHERE workload > ?1 AND workload "
			    "NOT IN (SELECT id FROM workload WHERE became IS NOT NULL UNION ALL SELECT "
			    "became FROM workload "
			    "WHERE became IS NOT NULL) ORDER BY workload",
	[SQL_AFTER_HOURS] = "SELECT max(coalesce((SELECT max(slot) FROM hour_workload), 0), coalesce((SELECT "
			    "max(slot) FROM day_workload), 0)) + 1",
	[SQL_BECAME] = "SELECT DISTINCT became FROM workload WHERE became IS NOT NULL",
	[SQL_LAST_SEEN] = "SELECT max(slot) FROM (SELECT slot + 300 AS slot FROM slot_workload WHERE "
			  "workload = ?1 UNION ALL "
			  "SELECT slot + 3600 FROM hour_workload WHERE workload = ?1 UNION ALL "
			  "SELECT slot + 86400 FROM day_workload WHERE workload = ?1)",
	/* a name may be asked for without its ".service" */
	[SQL_BY_NAME] = "SELECT w.id, w.kind, w.namespace, w.name, '' "
			"FROM (SELECT ?1 AS name UNION ALL SELECT ?1 || '.service') asked "
			"CROSS JOIN workload w ON w.name = asked.name "
			"WHERE w.became IS NULL AND (?2 = '' OR reaches(?2, w.namespace))",
	[SQL_BY_ALIAS] = "SELECT w.id, w.kind, w.namespace, w.name, a.detail FROM alias a JOIN workload w ON "
			 "w.id = a.workload "
			 "WHERE a.type = ?3 AND a.value = ?1 AND (?2 = '' OR reaches(?2, w.namespace))",
	[SQL_BY_CONTAINER_ID] =
		"SELECT w.id, w.kind, w.namespace, w.name, '' FROM alias a JOIN workload w ON w.id = "
		"a.workload WHERE a.type = ?3 AND a.value >= ?1 AND a.value < ?1 || 'g' "
		"AND (?2 = '' OR reaches(?2, w.namespace)) GROUP BY w.id",
	[SQL_IS_IN_WINDOW] =
		"SELECT EXISTS(SELECT 1 FROM workload w WHERE (w.id = ?2 OR w.became = ?2) AND " IN_WINDOW
		")",
	[SQL_NAMES] = "SELECT DISTINCT name FROM (SELECT w.name AS name FROM workload w WHERE " NAME_BEGINS
		      " AND (?2 = '' OR reaches(?2, w.namespace)) AND " IN_WINDOW
		      " UNION ALL SELECT a.value FROM alias a JOIN workload w ON w.id = a.workload "
		      "WHERE a.type IN (1, 2, 4) AND " ALIAS_BEGINS
		      " AND (?2 = '' OR reaches(?2, w.namespace)) AND " IN_WINDOW ") LIMIT ?4",
	[SQL_LOADS] =
		"SELECT slot, cpu_ns, counted_ns, request_millicores FROM load_workload WHERE workload = ?1 "
		"AND slot >= ?2 ORDER BY slot",
	[SQL_MEMORY] = "SELECT slot, peak_bytes, counted_ns, request_bytes, limit_bytes, oom_kills "
		       "FROM memory_workload WHERE workload = ?1 AND slot >= ?2 ORDER BY slot",
	/* not count(DISTINCT): it builds a table of its own, which took as long as all else that a question reads */
	[SQL_CONTAINERS] = "SELECT min(value), max(value) FROM alias WHERE workload = ?1 AND type = 4",
	[SQL_OWNER] =
		"SELECT value, detail FROM alias WHERE workload = ?1 AND type = 2 ORDER BY value LIMIT 1",
	[SQL_ROLL_UNTIL] =
		"SELECT CASE WHEN count(*) < " LEDGER_ROLL " THEN 0 ELSE max(id) END FROM " ROLLED("?1"),
	[SQL_ROLL_NODE] = "INSERT INTO hour_node(" NODE_COLUMNS
			  ") SELECT slot / 3600 * 3600 AS hour, state, sum(present_ns), " ROLLED_FLAGS ZONES(
				  X_SUM) " FROM slot_node WHERE slot < ?1 GROUP BY hour, state ON "
					 "CONFLICT(slot, state) DO "
					 "UPDATE SET " ADDING,
	[SQL_ROLL_WORKLOAD] = "INSERT INTO hour_workload(" WORKLOAD_COLUMNS
			      ") SELECT workload, slot / 3600 * 3600 AS hour, state, "
			      "sum(present_ns), " ROLLED_FLAGS ZONES(
				      X_SUM) " FROM slot_workload WHERE slot < ?1 AND workload "
					     "IN " ROLLED("?2") " GROUP BY workload, "
								"hour, state ON CONFLICT(workload, slot, "
								"state) DO "
								"UPDATE SET " ADDING,
	[SQL_ROLLED_NODE_GONE] = "DELETE FROM slot_node WHERE slot < ?1",
	[SQL_ROLLED_WORKLOAD_GONE] =
		"DELETE FROM slot_workload WHERE slot < ?1 AND workload IN " ROLLED("?2"),
	[SQL_OLD_NODE_GONE] = "DELETE FROM hour_node WHERE slot < ?1",
	[SQL_OLD_WORKLOAD_GONE] =
		"DELETE FROM hour_workload WHERE slot < ?1 AND workload IN " SEALED_WORKLOADS_OF(
			"hour_workload"),
	[SQL_OLD_DAYS_GONE] = "DELETE FROM day_workload WHERE slot < ?1",
	[SQL_OLD_SEALED_DAYS_GONE] = "DELETE FROM sealed_day WHERE start < ?1",
	[SQL_OLD_SEALED_GONE] = "DELETE FROM sealed_hour WHERE start < ?1",
	[SQL_OLD_LOADS_GONE] = "DELETE FROM load_workload WHERE slot < ?1 AND workload IN (SELECT id FROM "
			       "workload WHERE id > ?2 AND id <= ?3)",
	[SQL_OLD_MEMORY_GONE] = "DELETE FROM memory_workload WHERE slot < ?1 AND workload IN (SELECT id FROM "
				"workload WHERE id > ?2 AND id <= ?3)",
	[SQL_UNUSED_WORKLOADS_GONE] =
		"DELETE FROM workload WHERE id > ?1 AND id <= ?2 AND id NOT IN (SELECT workload FROM "
		"baseline) "
		"AND id NOT IN (SELECT became FROM workload WHERE became IS NOT NULL) AND NOT " HAS_ROWS(
			"id") " RETURNING id",
	[SQL_UNUSED_ALIASES_GONE] = "DELETE FROM alias WHERE workload = ?1",
	[SQL_SWEEP_UNTIL] = "SELECT coalesce((SELECT id FROM workload WHERE id > ?1 ORDER BY id LIMIT 1 "
			    "OFFSET " LEDGER_SWEEP "), 9223372036854775807)",
	[SQL_OLDEST_SLOT] = "SELECT min(slot) FROM slot_node",
	[SQL_OLDEST_HOUR] = "SELECT min(slot) FROM hour_node",
	[SQL_PAGES_USED] =
		"SELECT c.page_count - f.freelist_count FROM pragma_page_count c, pragma_freelist_count f",
	[SQL_UNSEALED_HOUR] = "SELECT min(slot) / 3600 * 3600 FROM all_node WHERE slot >= "
			      "coalesce((SELECT max(start) + 3600 FROM sealed_hour), 0)",
	[SQL_SEALED_UNTIL] = "SELECT coalesce(max(start) + 3600, 0) FROM sealed_hour",
	[SQL_LAST_HASH] = "SELECT hash FROM sealed_hour ORDER BY start DESC LIMIT 1",
	[SQL_SEAL] = "INSERT INTO sealed_hour VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_NEXT_DAY] = "SELECT min(start) FROM sealed_hour WHERE start >= " DAYS_UNTIL,
	[SQL_DAYS_UNTIL] = "SELECT " DAYS_UNTIL,
	[SQL_ROWS_OF_HOUR] = "SELECT workload, state, present_ns, flags" ZONES(
		X_LIST) " FROM hour_workload WHERE slot >= ?1 AND slot < ?1 + 3600",
	[SQL_ROLLED_DAY_GONE] = "DELETE FROM rolled_day",
	[SQL_PUT_ROLLED_DAY] = "INSERT INTO day_workload SELECT * FROM rolled_day",
	[SQL_ADD_DAY] = "INSERT INTO rolled_day(" DAY_COLUMNS ") VALUES(?, ?, ?, ?, ?" ZONES(
		X_MARK) ", ?, ?, ?) ON CONFLICT(workload, slot, state) DO UPDATE SET " ADDING_DAY,
	/* workload by workload: in the order of the table it takes a fifth of the time */
	[SQL_ROLLED_HOURS_GONE] = "DELETE FROM hour_workload WHERE slot >= ?1 AND slot < ?1 + 86400 AND "
				  "workload IN " SEALED_WORKLOADS_OF("hour_workload"),
	[SQL_ROLLED_MARKS_GONE] =
		"UPDATE sealed_hour SET marks = '' WHERE start >= ?1 AND start < ?1 + 86400",
	[SQL_LAST_DAY] = "SELECT hash FROM sealed_day ORDER BY start DESC LIMIT 1",
	[SQL_SEAL_DAY] = "INSERT INTO sealed_day VALUES(?, ?, ?, ?)",
};
