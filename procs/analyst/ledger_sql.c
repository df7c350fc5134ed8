#include "analyst/ledger_sql.h"

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

/* slot_*: five minutes, hour_*: rolled up; slot = start in s since 1970, state = enum power_state, energies in µJ.
 * The views are for people and tests: node_total, workload_total by zone. */
const char *const ledger_schema[] = {
	"BEGIN IMMEDIATE",
	"CREATE TABLE commit_state(one INTEGER PRIMARY KEY CHECK(one = 1), boot_id BLOB NOT NULL, birth_ns "
	"INTEGER NOT NULL"
	", energy_epoch INTEGER NOT NULL, committed_seq INTEGER NOT NULL, first_boot_ns INTEGER NOT NULL"
	", last_boot_ns INTEGER NOT NULL, last_real_ns INTEGER NOT NULL, closed_until INTEGER NOT NULL)",
	"CREATE TABLE workload(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, namespace TEXT NOT NULL, name "
	"TEXT NOT NULL)",
	"CREATE INDEX workload_name ON workload(name, namespace)",
	"CREATE TABLE alias(type INTEGER, value TEXT, workload INTEGER, detail TEXT NOT NULL"
	", PRIMARY KEY(type, value, workload)) WITHOUT ROWID",
	"CREATE INDEX alias_workload ON alias(workload)",
	"CREATE TABLE baseline(id INTEGER PRIMARY KEY, workload INTEGER NOT NULL, is_final INTEGER NOT "
	"NULL" ZONES(X_DECLARE) ")",
	NODE_TABLE("slot_node"),
	NODE_TABLE("hour_node"),
	WORKLOAD_TABLE("slot_workload"),
	WORKLOAD_TABLE("hour_workload"),
	"CREATE VIEW all_node AS SELECT * FROM slot_node UNION ALL SELECT * FROM hour_node",
	"CREATE VIEW all_workload AS SELECT * FROM slot_workload UNION ALL SELECT * FROM hour_workload",
	"CREATE VIEW node_total(zone, total_uj, idle_uj) AS SELECT '', 0, 0 WHERE 0" ZONES(X_NODE_VIEW),
	"CREATE VIEW workload_total(zone, active_uj, idle_uj) AS SELECT '', 0, 0 WHERE 0" ZONES(
		X_WORKLOAD_VIEW),
	"PRAGMA user_version = " LEDGER_VERSION,
	"COMMIT",
	NULL,
};

#define SUMMED(table, seconds)                                                                               \
	"SELECT workload, slot, " seconds ", state, present_ns, flags" ZONES(X_LIST) " FROM " table
#define SUMMED_NODE(table, seconds)                                                                          \
	"SELECT 0, slot, " seconds ", state, present_ns, flags" ZONES(X_LIST) " FROM " table
#define ROLLED_FLAGS "max(flags & 1) | max(flags & 2) | max(flags & 4)"
#define IN_WINDOW                                                                                            \
	"(EXISTS(SELECT 1 FROM slot_workload s WHERE s.workload = w.id AND s.slot >= ?1)"                    \
	" OR EXISTS(SELECT 1 FROM hour_workload h WHERE h.workload = w.id AND h.slot >= ?1))"

const char *const ledger_statements[STATEMENT_COUNT] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_ADD_NODE] = "INSERT INTO slot_node(" NODE_COLUMNS ") VALUES(?, ?, ?, ?" ZONES(
		X_MARK) ") ON CONFLICT(slot, state) DO UPDATE SET " ADDING,
	[SQL_ADD_WORKLOAD] = "INSERT INTO slot_workload(" WORKLOAD_COLUMNS ") VALUES(?, ?, ?, ?, ?" ZONES(
		X_MARK) ") ON CONFLICT(workload, slot, state) DO UPDATE SET " ADDING,
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
	[SQL_MERGE_SLOTS] = "INSERT INTO slot_workload(" WORKLOAD_COLUMNS
			    ") SELECT ?1, slot, state, present_ns, flags" ZONES(
				    X_LIST) " FROM slot_workload WHERE workload = ?2 ON CONFLICT(workload, "
					    "slot, state) DO UPDATE SET " MERGING,
	[SQL_MERGE_SLOTS_GONE] = "DELETE FROM slot_workload WHERE workload = ?2",
	[SQL_MERGE_HOURS] = "INSERT INTO hour_workload(" WORKLOAD_COLUMNS
			    ") SELECT ?1, slot, state, present_ns, flags" ZONES(
				    X_LIST) " FROM hour_workload WHERE workload = ?2 ON CONFLICT(workload, "
					    "slot, state) DO UPDATE SET " MERGING,
	[SQL_MERGE_HOURS_GONE] = "DELETE FROM hour_workload WHERE workload = ?2",
	[SQL_MERGE_BASELINES] = "UPDATE baseline SET workload = ?1 WHERE workload = ?2",
	[SQL_MERGE_ALIASES] =
		"INSERT OR IGNORE INTO alias SELECT type, value, ?1, detail FROM alias WHERE workload = ?2",
	[SQL_MERGE_ALIASES_GONE] = "DELETE FROM alias WHERE workload = ?2",
	[SQL_MERGE_GONE] = "DELETE FROM workload WHERE id = ?2",
	[SQL_PUT_STATE] = "INSERT OR REPLACE INTO commit_state VALUES(1, ?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_LOAD_STATE] = "SELECT boot_id, birth_ns, energy_epoch, committed_seq, first_boot_ns, "
			   "last_boot_ns, last_real_ns"
			   ", closed_until FROM commit_state",
	[SQL_LOAD_BASELINES] =
		"SELECT b.id, b.workload, b.is_final, coalesce(w.kind, -1), coalesce(w.namespace, '')"
		", coalesce(w.name, '')" ZONES(
			X_LIST) " FROM baseline b LEFT JOIN workload w ON w.id = b.workload",
	[SQL_FIND_IDENTITY] = "SELECT id FROM workload WHERE kind = ? AND namespace = ? AND name = ?",
	[SQL_MAX_WORKLOAD] =
		"SELECT max(m) FROM (SELECT coalesce(max(id), 0) AS m FROM workload UNION ALL SELECT "
		"coalesce(max(workload), 0) FROM baseline)",
	/* workload by workload, each from the window's start on: older rows are not read at all */
	[SQL_SUM_ALL] = SUMMED("workload w CROSS JOIN slot_workload",
		"300") " ON workload = w.id AND slot >= ?1"
		       " UNION ALL " SUMMED("workload w CROSS JOIN hour_workload",
			       "3600") " ON workload = w.id AND slot >= ?1",
	[SQL_SUM_ONE] =
		SUMMED("slot_workload", "300") " WHERE workload = ?2 AND slot >= ?1 UNION ALL " SUMMED(
			"hour_workload", "3600") " WHERE workload = ?2 AND slot >= ?1",
	[SQL_SUM_NODE] = SUMMED_NODE("slot_node", "300") " WHERE slot >= ?1 UNION ALL " SUMMED_NODE(
		"hour_node", "3600") " WHERE slot >= ?1",
	/* one owner each: a pod that moved from one to another counts for the one that is first by name */
	[SQL_IDENTITIES] = "SELECT w.id, w.kind, w.namespace, w.name, min(a.value), a.detail FROM workload w "
			   "LEFT JOIN alias a ON a.workload = w.id AND a.type = 2 "
			   "WHERE ?1 = '' OR w.namespace = ?1 GROUP BY w.id",
	[SQL_LAST_SEEN] = "SELECT max(slot) FROM (SELECT slot + 300 AS slot FROM slot_workload WHERE "
			  "workload = ?1 UNION ALL "
			  "SELECT slot + 3600 FROM hour_workload WHERE workload = ?1)",
	[SQL_BY_NAME] = "SELECT w.id, w.kind, w.namespace, w.name, '', " IN_WINDOW
			" FROM workload w WHERE w.name IN (?2, ?2 || "
			"'.service') AND (?3 = '' OR w.namespace = ?3)",
	[SQL_BY_ALIAS] = "SELECT w.id, w.kind, w.namespace, w.name, a.detail, " IN_WINDOW
			 " FROM alias a JOIN workload w ON w.id = "
			 "a.workload WHERE a.type = ?4 AND a.value = ?2 AND (?3 = '' OR w.namespace = ?3)",
	[SQL_BY_CONTAINER_ID] = "SELECT w.id, w.kind, w.namespace, w.name, '', " IN_WINDOW
				" FROM alias a JOIN workload w ON w.id "
				"= a.workload WHERE a.type = ?4 AND a.value >= ?2 AND a.value < ?2 || 'g' "
				"AND (?3 = '' OR w.namespace = ?3)",
	[SQL_NAMES] = "SELECT DISTINCT name FROM (SELECT w.name AS name FROM workload w WHERE (?2 = '' OR "
		      "w.namespace = ?2) AND "
		      "" IN_WINDOW " UNION ALL SELECT a.value FROM alias a JOIN workload w ON w.id = "
		      "a.workload WHERE a.type IN (1, 2, "
		      "4) AND (?2 = '' OR w.namespace = ?2) AND " IN_WINDOW ") LIMIT 2000",
	[SQL_ROLL_NODE] = "INSERT INTO hour_node(" NODE_COLUMNS
			  ") SELECT slot / 3600 * 3600 AS hour, state, sum(present_ns), " ROLLED_FLAGS ZONES(
				  X_SUM) " FROM slot_node WHERE slot < ?1 GROUP BY hour, state ON "
					 "CONFLICT(slot, state) DO "
					 "UPDATE SET " ADDING,
	[SQL_ROLL_WORKLOAD] = "INSERT INTO hour_workload(" WORKLOAD_COLUMNS
			      ") SELECT workload, slot / 3600 * 3600 AS hour, state, "
			      "sum(present_ns), " ROLLED_FLAGS ZONES(
				      X_SUM) " FROM slot_workload WHERE slot < ?1 GROUP BY workload, "
					     "hour, state ON CONFLICT(workload, slot, state) DO "
					     "UPDATE SET " ADDING,
	[SQL_ROLLED_NODE_GONE] = "DELETE FROM slot_node WHERE slot < ?1",
	[SQL_ROLLED_WORKLOAD_GONE] = "DELETE FROM slot_workload WHERE slot < ?1",
	[SQL_OLD_NODE_GONE] = "DELETE FROM hour_node WHERE slot < ?1",
	[SQL_OLD_WORKLOAD_GONE] = "DELETE FROM hour_workload WHERE slot < ?1",
	[SQL_UNUSED_WORKLOADS_GONE] =
		"DELETE FROM workload WHERE id NOT IN (SELECT workload FROM baseline) AND NOT EXISTS(SELECT "
		"1 "
		"FROM slot_workload s WHERE s.workload = id) AND NOT EXISTS(SELECT 1 FROM hour_workload h "
		"WHERE h.workload = id)",
	[SQL_UNUSED_ALIASES_GONE] = "DELETE FROM alias WHERE workload NOT IN (SELECT id FROM workload)",
	[SQL_OLDEST_HOUR] = "SELECT min(slot) FROM hour_node",
	[SQL_PAGES_USED] =
		"SELECT c.page_count - f.freelist_count FROM pragma_page_count c, pragma_freelist_count f",
};
