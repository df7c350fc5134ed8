/* The tables of the ledger, and columns by zone made from ZONES. Private to this folder. */
#pragma once

#include <sqlite3.h>

#include "analyst/ledger/files.h"
#include "analyst/ledger/ledger.h"
#include "analyst/ledger/named.h"
#include "analyst/ledger/recent.h"
#include "audit/sealed.h"

#define LEDGER_VERSION "5"
#define LEDGER_ROLL    "250" /* workloads whose slots become hours in one transaction */
#define LEDGER_DIRTY                                                                                         \
	"32768" /* pages a transaction holds in memory: beyond, each frame would write them to the log */
#define LEDGER_SWEEP "100000" /* workloads that are looked through at once for what nobody needs any more */

enum statement {
	SQL_BEGIN,
	SQL_BEGIN_READING,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_ADD_NODE,
	SQL_ADD_WORKLOAD,
	SQL_ADD_LOAD,
	SQL_ADD_MEMORY,
	SQL_PUT_BASELINE,
	SQL_FORGET_BASELINE,
	SQL_FORGET_BASELINES,
	SQL_PUT_WORKLOAD,
	SQL_PUT_ALIAS,
	SQL_PUT_OWNER,
	SQL_INFERRED_GONE,
	SQL_MERGE_SLOTS,
	SQL_MERGE_SLOTS_GONE,
	SQL_MERGE_LOADS,
	SQL_MERGE_LOADS_GONE,
	SQL_MERGE_MEMORY,
	SQL_MERGE_MEMORY_GONE,
	SQL_MERGE_BASELINES,
	SQL_MERGE_ALIASES,
	SQL_MERGE_ALIASES_GONE,
	SQL_MERGE_BECAME,
	SQL_MERGE_GONE,
	SQL_PUT_STATE,
	SQL_LOAD_STATE,
	SQL_LOAD_BASELINES,
	SQL_FIND_IDENTITY,
	SQL_MAX_WORKLOAD,
	SQL_HAS_CLOSED,
	SQL_SUM_ALL,
	SQL_SUM_ONE,
	SQL_SUM_NODE,
	SQL_IDENTITIES,
	SQL_LOAD_NAMES,
	SQL_LOAD_OWNERS,
	SQL_LOAD_PIECES,
	SQL_AFTER_HOURS,
	SQL_BECAME,
	SQL_OWNERS,
	SQL_LAST_SEEN,
	SQL_BY_NAME,
	SQL_BY_ALIAS,
	SQL_BY_CONTAINER_ID,
	SQL_IS_IN_WINDOW,
	SQL_NAMES,
	SQL_LOADS,
	SQL_MEMORY,
	SQL_OWNER,
	SQL_CONTAINERS,
	SQL_ROLL_UNTIL,
	SQL_ROLL_NODE,
	SQL_ROLL_WORKLOAD,
	SQL_ROLLED_NODE_GONE,
	SQL_ROLLED_WORKLOAD_GONE,
	SQL_OLD_NODE_GONE,
	SQL_OLD_WORKLOAD_GONE,
	SQL_OLD_DAYS_GONE,
	SQL_OLD_SEALED_DAYS_GONE,
	SQL_OLD_SEALED_GONE,
	SQL_OLD_LOADS_GONE,
	SQL_OLD_MEMORY_GONE,
	SQL_UNUSED_WORKLOADS_GONE,
	SQL_UNUSED_ALIASES_GONE,
	SQL_SWEEP_UNTIL,
	SQL_OLDEST_SLOT,
	SQL_OLDEST_HOUR,
	SQL_PAGES_USED,
	SQL_UNSEALED_HOUR,
	SQL_SEALED_UNTIL,
	SQL_LAST_HASH,
	SQL_SEAL,
	SQL_NEXT_DAY,
	SQL_DAYS_UNTIL,
	SQL_ROWS_OF_HOUR,
	SQL_ROLLED_DAY_GONE,
	SQL_PUT_ROLLED_DAY,
	SQL_ADD_DAY,
	SQL_ROLLED_HOURS_GONE,
	SQL_ROLLED_MARKS_GONE,
	SQL_LAST_DAY,
	SQL_SEAL_DAY,
	STATEMENT_COUNT
};

extern const char *const ledger_schema[];     /* of a new ledger; ends in NULL */
extern const char *const ledger_migrations[]; /* [v]: from version v to v + 1; [0] is not one */
extern const char *const ledger_rolling;      /* of every connection */
extern const char *const ledger_statements[STATEMENT_COUNT];

/* The day whose hours are being added up, an hour a step. A process that dies begins it anew. */
struct rolling {
	int64_t day;               /* 0 = none */
	int hour;                  /* the next one */
	char head[CHAIN_HEX_SIZE]; /* hash after the hour before; "" = none of the day was sealed yet */
};

struct ledger {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENT_COUNT];
	bool is_open; /* a transaction is */
	int failure;  /* 0 or -errno: the transaction is spoilt */
	int64_t next_workload, pages_max;
	uint64_t pages_written; /* by the last transaction */
	int64_t rolled_until,
		roll_before;   /* slots become hours: of these workloads they have, and how old ones */
	int64_t swept_until;   /* workloads up to this number were looked through */
	struct sealed *sealed; /* reads what is to be sealed */
	struct rolling rolling;
	struct recent recent;
	struct named named;
	int64_t broken_day; /* its hours do not hold: they stay, and are not looked at again and again */
	char message[256];
	struct files files;
};

/* -ENOSPC, -EIO, -EBUSY, -EBADMSG (corrupt) …; remembers the message. */
int ledger_errno(struct ledger *ledger, int code);
/* Runs a statement whose parameters are bound, to its end; resets it. 0 or -errno. */
int ledger_run(struct ledger *ledger, enum statement which);
/* One of SQL_SUM_*, its parameters bound; `workload` of SQL_SUM_ONE. Columns: see COUNTED_UJ. */
sqlite3_stmt *ledger_window(
	struct ledger *ledger, enum statement which, const struct usage_window *window, int64_t workload);
/* The row such a statement is at; false: its state is none. */
bool ledger_read_piece(sqlite3_stmt *statement, struct ledger_piece *ret_piece);
/* ledger_walk() of pieces of every state. */
int ledger_each_piece(struct ledger *ledger, int64_t workload, const struct usage_window *window,
	ledger_piece_fn *each, void *context);
/* Pieces on their way into memory. */
struct gathered {
	struct ledger_piece *pieces; /* the caller frees them */
	size_t count, room;
};
/* A ledger_piece_fn for one. */
int ledger_gather(void *gathered, const struct ledger_piece *piece);
/* Reads those of one workload into memory anew, as those of all are there. 0 or -errno. */
int ledger_keep_pieces(struct ledger *ledger, int64_t workload);
/* Reads what is missing in memory of the names, if there is room for them. */
void ledger_load_names(struct ledger *ledger);
/* The same of the names and all pieces of the window. Are these all in memory now? */
bool ledger_load_window(struct ledger *ledger, const struct usage_window *window);
/* Kind, namespace and name, from that column on. */
void ledger_read_identity(sqlite3_stmt *statement, int column, struct ledger_identity *ret_identity);
/* The column's text, cut to the room; "" for NULL. */
void ledger_read_text(sqlite3_stmt *statement, int column, char *text, size_t size);
/* Reads the zone columns from `column` on: active, idle by zone. */
void ledger_read_energy(sqlite3_stmt *statement, int column, struct energy *ret_energy);
/* The hash after the last sealed hour, or day (SQL_LAST_HASH, SQL_LAST_DAY); CHAIN_GENESIS if there is none. 0 or -errno. */
int ledger_last_hash(struct ledger *ledger, enum statement which, char ret_hash[static CHAIN_HEX_SIZE]);
/* The first column of the first row; 0 for NULL or none. 0 or -errno. */
int ledger_first_integer(struct ledger *ledger, enum statement which, int64_t *ret_value);
void ledger_bind_energy(sqlite3_stmt *statement, int parameter, const struct energy *energy);

/* Records on their way into the chain: the hash after the last one, and marks to name the first that differs. */
struct sealing {
	char hash[CHAIN_HEX_SIZE];
	char *marks; /* the caller frees it */
	size_t size, room;
};
int sealing_step(struct sealing *sealing, const char *record, size_t size);
