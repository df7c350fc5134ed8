/*
 * Every workload the ledger has a name for, with the first of its owners, in memory: a list reads no name from the file. A copy
 * like that of the pieces (recent.h): filled by ledger_load_step(), changed with what is written, empty after a rollback and
 * whenever it finds no room within NAMED_BYTES_MAX. Private to ledger/.
 */
#pragma once

#include "analyst/ledger/query.h"
#include "base/idmap.h"

#define NAMED_BYTES_MAX                                                                                      \
	(INT64_C(256) << 20) /* more than a million workloads; larger ledgers are read from the file */
#define NAMED_ALL INT64_MAX

struct named_workload {
	int64_t number;
	enum workload_kind kind;
	uint32_t namespace, name, owner, owner_kind; /* where in the texts; 0 = "" */
};

/* A zeroed struct is empty. */
struct named {
	struct named_workload *workloads;
	size_t count, room;
	struct idmap by_number;
	char *texts; /* each with its NUL; what is not used any more goes with all of them */
	size_t texts_used, texts_room;
	struct idmap shared; /* by hash: those that many have */
	/* Every workload up to this number is here; NAMED_ALL = all, and then the owners are read. */
	int64_t whole_until;
	/* The owners of all up to this one, in their order, are too. */
	char owner_until[254];
	int64_t owner_workload_until;
	bool is_whole;
	bool is_too_much; /* there was no room: not tried again */
};

/* Forgets all, and gives its memory back. */
void named_clear(struct named *named);
const char *named_text(const struct named *named, uint32_t at);
/* Has this name now. Nothing is done for one that is still to be read. */
void named_put(struct named *named, int64_t workload, const struct ledger_identity *identity);
/* Is owned by this one too: it counts for the one that is first by name, of those that were told if any was. */
void named_own(struct named *named, int64_t workload, const char *owner, const char *owner_kind);
/* False: no workload is, or was since they are all here, owned by one of that name. */
bool named_may_own(const struct named *named, const char *owner);
/* False: its owner was told. */
bool named_may_be_inferred(const struct named *named, int64_t workload);
/* `from` became `to`, whose owners are now those of both. */
void named_merge(struct named *named, int64_t from, int64_t to);
void named_forget(struct named *named, int64_t workload);
