/* Who each row is, as the workload frames tell it: kept packed, by row id. */
#pragma once

#include <stdbool.h>

#include "analyst/ledger/ledger.h"
#include "base/idmap.h"
#include "ipc/frame.h"

#define DIRECTORY_MAX 131072

enum entry_text {
	ENTRY_WORKLOAD,
	ENTRY_NAMESPACE,
	ENTRY_POD,
	ENTRY_POD_UID,
	ENTRY_CONTAINER,
	ENTRY_CONTAINER_ID,
	ENTRY_OWNER_KIND,
	ENTRY_OWNER,
	ENTRY_TEXT_COUNT
};

struct entry {
	uint64_t id;
	enum workload_kind kind;
	uint32_t mark;
	uint64_t request_millicores;                       /* of CPU, else its limit; 0 = neither */
	uint64_t memory_request_bytes, memory_limit_bytes; /* 0 = none */
	char *block; /* the texts one after another, each ending in NUL */
	uint16_t at[ENTRY_TEXT_COUNT];
};

struct directory {
	struct entry *entries;
	size_t count, room;
	struct idmap by_id;
	uint32_t mark;
	uint64_t dropped; /* beyond DIRECTORY_MAX */
};

/* A zeroed struct is an empty directory. */
void directory_done(struct directory *directory);
/* Adds or replaces. 0, -E2BIG when full (counted), -EBADMSG for a kind that is none, -ENOMEM. */
int directory_put(struct directory *directory, const struct workload_row *row);
void directory_remove(struct directory *directory, uint64_t id);
const struct entry *directory_find(const struct directory *directory, uint64_t id);
const char *entry_text(const struct entry *entry, enum entry_text text);
/* A full frame begins; at its end what it did not name is forgotten. */
void directory_begin_full(struct directory *directory);
void directory_end_full(struct directory *directory);
