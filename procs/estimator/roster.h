/*
 * Who the rows are: what the collector's topology and the resolver's names say, merged. Names are attributes of ids: a
 * late name changes the name of a row, never its energy. Bounded; what finds no room stays nameless and is counted.
 */
#pragma once

#include "base/idmap.h"
#include "ipc/frame.h"

struct member; /* one row's words */

struct roster {
	struct member **members;
	uint32_t count, capacity;
	struct idmap by_id;
	bool has_changed; /* since roster_rows() last told it */
	uint64_t dropped;
};

int roster_init(struct roster *roster, uint32_t capacity);
void roster_done(struct roster *roster);

/* Applies one part of a frame. Whom the collector forgets stays until roster_forget(): the state may owe it energy. */
void roster_topology(struct roster *roster, const struct frame *frame);
void roster_names(struct roster *roster, const struct frame *frame);
/* The row is acknowledged everywhere. */
void roster_forget(struct roster *roster, uint64_t id);
uint64_t roster_cpu_request(const struct roster *roster, uint64_t id);

/* Fills rows[0, roster->count) with texts that point into the roster. */
void roster_rows(struct roster *roster, struct workload_row *rows);
