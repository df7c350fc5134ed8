/*
 * The ledger: energy per workload in slots of five minutes, later hours, later days, in one SQLite file (WAL). Integers of
 * µJ throughout. Writes gather in one transaction; ledger_commit() ends it together with the state that says up to
 * which tick they reach. A write that fails (disk full) spoils the transaction: ledger_commit() then rolls back and
 * says why, and the caller takes up again from its last committed state. docs/methodology.md describes the tables.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/sealed.h"

#define LEDGER_SLOT_SECONDS 300
#define LEDGER_HOUR_SECONDS 3600
#define LEDGER_PAGE_BYTES   4096
#define LEDGER_BYTES_MAX    (INT64_C(4) << 30) /* the file never grows beyond; oldest days go first */
#define LEDGER_SLOT_HOURS   25                 /* slots older than this are rolled up to hours */
#define LEDGER_HOUR_DAYS    35                 /* hours of days older than this are rolled up to days */
#define LEDGER_SEALS_MAX    24                 /* hours a call; more are left to the next */
#define LEDGER_SEALS_MS     250                /* no further one of them is begun after that time */
#define LEDGER_STEP_MS      100                /* so long slots become hours in one call */
#define LEDGER_LOAD_DAYS    8 /* CPU time by slot is kept that long: what right-sizing looks at */

#define LEDGER_MEMORY_SECONDS 10800 /* peaks of memory by that much of those days */

/* Flags of a slot. */
#define SLOT_SPREAD UINT32_C(0x01) /* energy of a gap, spread by time */
#define SLOT_LATE   UINT32_C(0x02) /* belongs to an hour that was closed */
#define SLOT_COARSE UINT32_C(0x04) /* the estimator integrated in one step */
#define SLOT_IMPLAUSIBLE                                                                                     \
	UINT32_C(0x10) /* its source told what is no power of a host, and nothing of that is in it */

enum alias_type { ALIAS_POD = 1, ALIAS_OWNER, ALIAS_POD_UID, ALIAS_CONTAINER, ALIAS_CONTAINER_ID };

/* An owner's kind in lower case: nobody told it, the name of the pod did (frame workload). */
static inline bool owner_is_inferred(const char *kind)
{
	return kind[0] >= 'a' && kind[0] <= 'z';
}

/* Energy by zone. For the node `active` is what is not idle. */
struct energy {
	uint64_t active[ZONE_COUNT], idle[ZONE_COUNT];
};

struct ledger_state {
	uint8_t boot_id[16];
	uint64_t birth_ns, energy_epoch;
	uint64_t committed_seq;
	uint64_t first_boot_ns,
		last_boot_ns; /* of the energy epoch: where its energy begins and how far it is counted */
	uint64_t last_real_ns;
	int64_t closed_until; /* s since 1970: hours before it never change again */
};

struct ledger_slot {
	int64_t start; /* s since 1970 */
	enum power_state state;
	uint64_t present_ns; /* the workload existed; for the node: it was observed */
	uint32_t flags;
	struct energy energy;
};

/* CPU time of one workload in a slot, over the time it was counted, and what it had requested then. */
struct ledger_load {
	int64_t start; /* s since 1970 */
	uint64_t cpu_ns, counted_ns;
	uint64_t request_millicores; /* requested, else the limit; 0 = neither */
};

/* The most memory a workload was seen to hold in a slot of LEDGER_MEMORY_SECONDS, page cache not counted, and what it had
 * requested at the end of it. */
struct ledger_memory {
	int64_t start; /* s since 1970 */
	uint64_t peak_bytes, counted_ns;
	uint64_t request_bytes, limit_bytes; /* 0 = none */
	uint64_t oom_kills;
};

struct ledger_identity {
	enum workload_kind kind;
	char namespace[254], name[254];
};

struct ledger_baseline {
	uint64_t id; /* row id; 0 = the node */
	int64_t workload;
	bool is_final;
	struct energy energy; /* since the energy epoch, as last committed */
};

struct ledger;

/* Opens or creates FOLDER/ledger.db. A file that is no ledger or corrupt is set aside as ledger.db.corrupt-TIME and
 * *ret_set_aside is true. 0 or -errno (-EPROTONOSUPPORT: written by a newer tanso; -EALREADY: another process books there). */
int ledger_open(struct ledger **ret_ledger, const char *folder, bool *ret_set_aside);
/* Commits nothing; checkpoints and closes. */
void ledger_close(struct ledger *ledger);
/* Was the file, or its log, moved or removed since it was opened, or is another in its place? What is written then, nobody finds. */
bool ledger_has_moved(struct ledger *ledger);
/* What the last failing call was about. */
const char *ledger_message(const struct ledger *ledger);
/* The file may have that many pages: fewer than LEDGER_BYTES_MAX only in tests. */
void ledger_limit_pages(struct ledger *ledger, int64_t pages);

int ledger_load_state(struct ledger *ledger, struct ledger_state *ret_state);
typedef int ledger_baseline_fn(
	void *context, const struct ledger_baseline *baseline, const struct ledger_identity *identity);
int ledger_load_baselines(struct ledger *ledger, ledger_baseline_fn *each, void *context);
/* The workload of that identity, or -ENOENT; and a number for a new one. */
int ledger_find_identity(
	struct ledger *ledger, const struct ledger_identity *identity, int64_t *ret_workload);
int64_t ledger_new_workload(struct ledger *ledger);
/* Has it energy in closed hours? Then its name stands in them and must not change. */
bool ledger_has_closed(struct ledger *ledger, int64_t workload, int64_t closed_until);

/* Writes of the open transaction (opened by the first of them). Failures stick until ledger_commit(). */
void ledger_add_node(struct ledger *ledger, const struct ledger_slot *slot);
void ledger_add_workload(struct ledger *ledger, int64_t workload, const struct ledger_slot *slot);
void ledger_add_load(struct ledger *ledger, int64_t workload, const struct ledger_load *load);
/* Of a slot that has some: the greater peak; times and kills are added. */
void ledger_add_memory(struct ledger *ledger, int64_t workload, const struct ledger_memory *memory);
void ledger_put_baseline(struct ledger *ledger, const struct ledger_baseline *baseline);
void ledger_forget_baseline(struct ledger *ledger, uint64_t id);
void ledger_forget_all_baselines(struct ledger *ledger);
void ledger_put_workload(struct ledger *ledger, int64_t workload, const struct ledger_identity *identity);
void ledger_put_alias(
	struct ledger *ledger, int64_t workload, enum alias_type type, const char *value, const char *detail);
/* `from` turned out to be `to`: its energy moves there. What lies in closed hours stays where it was sealed, and
 * counts for `to` in every question. */
void ledger_merge(struct ledger *ledger, int64_t from, int64_t to, int64_t closed_until);
int ledger_commit(struct ledger *ledger, const struct ledger_state *state);
/* Pages that the last transaction wrote to the log. */
uint64_t ledger_pages_written(const struct ledger *ledger);
/* Throws the open transaction away. */
void ledger_abandon(struct ledger *ledger);

/* The terms under which the energy of an hour counts; `zones` is filled in from its rows. */
typedef void ledger_terms_fn(void *context, int64_t hour, struct terms *ret_terms);
/* Seals the oldest hours before `closed_until` that are not sealed yet, at most LEDGER_SEALS_MAX in LEDGER_SEALS_MS: with it
 * they enter the hash chain. Those the source had not passed at `passed_until` are marked incomplete. Own transactions.
 * 1: there may be more, 0: there are none, or -errno. */
int ledger_seal(struct ledger *ledger, int64_t closed_until, int64_t passed_until, ledger_terms_fn *terms,
	void *context);

/* Has ledger_seal() something to do? */
bool ledger_has_unsealed(struct ledger *ledger, int64_t closed_until);

/* Where the newest sealed hour ends: nothing can be booked before it any more. 0 or -errno. */
int ledger_sealed_until(struct ledger *ledger, int64_t *ret_until);

/* One step of reading names and the last day of all workloads into memory, about as long as `ms`: a list then reads no row of the
 * file. One that comes before reads the rest at once; of more than finds room (recent.h, named.h) it reads the file. 1 = there is
 * more to do, 0 = nothing, or -errno. */
int ledger_load_step(struct ledger *ledger, uint32_t zone_mask, int64_t ms);

/* Rolls up slots older than LEDGER_SLOT_HOURS; deletes the oldest day where it is older than `days`, or over the size limit. Own
 * transactions: call after a commit. 1 = slots are left, call again soon, 0 or -errno. */
int ledger_keep_up(struct ledger *ledger, int64_t now, int64_t days);

/* One step of making a day of sealed hours that are older than LEDGER_HOUR_DAYS: an hour of it is checked and added up, or the
 * whole day, and its place in the hash chain, put in the place of its hours. 1 = call again, 0 = there is nothing to do, or
 * -errno (-EBADMSG, once: an hour does not hold, ledger_message() says which; its day and later ones stay). Own transactions. */
int ledger_roll_step(struct ledger *ledger, int64_t now);
/* Has that something to do? */
bool ledger_has_old_day(struct ledger *ledger, int64_t now);
