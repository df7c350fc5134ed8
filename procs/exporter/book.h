/*
 * What the exporter shows: the node, and one account per workload object (a container, a pod, a unit), each the sum of
 * its rows. An account's joules never go down: what a forgotten row had stays in its account (`base`).
 */
#pragma once

#include "base/idmap.h"
#include "base/window.h"
#include "ipc/frame.h"

#define BOOK_ZONES    2    /* package, dram: the zones that are split */
#define ACCOUNTS_MAX  4096 /* objects shown at a time */
#define NAME_MAX_SIZE 256

enum account_type { ACCOUNT_POD, ACCOUNT_CONTAINER, ACCOUNT_WORKLOAD };

struct account {
	enum account_type type;
	char key[NAME_MAX_SIZE * 2 +
		 64]; /* what makes it this object: uid, container id, kind/namespace/name */
	char workload[NAME_MAX_SIZE], namespace[NAME_MAX_SIZE], pod[NAME_MAX_SIZE], container[NAME_MAX_SIZE];
	char pod_uid[72], container_id[132], runtime[40];
	enum workload_kind kind;
	uint64_t base_uj[BOOK_ZONES]; /* of rows that are gone */
	uint64_t now_uj[BOOK_ZONES];  /* of rows there are */
	uint64_t base_cpu_ns, now_cpu_ns;
	struct window window[BOOK_ZONES];
	uint32_t rows; /* living rows at the last power frame */
	uint32_t finals;
	uint64_t ended_ns; /* CLOCK_MONOTONIC when its last row ended, 0 = it lives */
};

#define ROW_ACCOUNTS 3 /* a row counts for its container, its pod and its workload at most */

struct book_row {
	uint64_t id, uj[BOOK_ZONES], cpu_ns;
	uint32_t accounts[ROW_ACCOUNTS]; /* indexes, UINT32_MAX = none */
	bool is_seen;
};

struct book {
	bool has_workloads, has_power;
	struct account *accounts;
	uint32_t account_count;
	struct idmap by_key; /* hash of the key -> index; collisions are told apart by the key */
	struct book_row *rows;
	uint32_t row_count, row_capacity;
	struct idmap by_id;
	/* node */
	struct epoch epoch;
	uint64_t energy_epoch, seq, mono_ns, received_ns;
	uint64_t total_uj[ZONE_MAX], idle_uj[ZONE_MAX];
	struct window total[ZONE_MAX], idle[ZONE_MAX], busy, capacity;
	uint32_t zone_mask, error_ppm;
	enum power_state state;
	enum usage_source usage;
	char source[128];
	uint64_t gaps, dropped;
};

int book_init(struct book *book, uint32_t rows);
void book_done(struct book *book);
/* Applies one part of a workload or power frame; now_ns = CLOCK_MONOTONIC. */
void book_workloads(struct book *book, const struct frame *frame);
void book_power(struct book *book, const struct frame *frame, uint64_t now_ns);
/* Forgets accounts whose last row ended more than keep_ns ago. */
void book_expire(struct book *book, uint64_t now_ns, uint64_t keep_ns);
/* Mean watts over the window; false while there is none. */
bool book_watts(const struct window *window, double *ret_watts);
