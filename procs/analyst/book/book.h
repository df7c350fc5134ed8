/*
 * The book-keeper: applies power and workload frames, turns cumulative energy into slots of the ledger, keeps the
 * baselines and what the last minute drew. dE = value - baseline, so a lost, late or repeated frame costs resolution
 * and never energy. Within each slot the workloads, idle and the node agree to the µJ.
 */
#pragma once

#include "analyst/book/directory.h"
#include "analyst/ledger/ledger.h"
#include "analyst/book/spread.h"
#include "base/window.h"

#define BOOK_ROWS_MAX      131072
#define BOOK_WORKLOADS_MAX 65536

enum part { PART_CPU, PART_MEMORY, PART_GPU, PART_IDLE, PART_COUNT };

struct book_workload {
	int64_t number; /* in the ledger */
	struct ledger_identity identity;
	uint32_t rows;       /* that map to it */
	bool is_used;        /* the place in the array is */
	bool is_present;     /* in the frame being applied */
	bool is_implausible; /* in the frame being applied: its source tells what is no power */
	struct energy delta; /* of the frame being applied */
	bool is_cpu_counted; /* the same: */
	uint64_t cpu_ns, request_millicores;
	struct {
		uint64_t bytes, request_bytes, limit_bytes, oom_kills; /* of the frame being applied */
		struct ledger_memory
			slot; /* the one that goes on: what of it the ledger does not have, but the peak */
	} memory;
	uint64_t cumulative_uj[PART_COUNT];
	struct window windows[PART_COUNT];
	uint64_t present_ns;     /* CLOCK_MONOTONIC of the last frame it lived in */
	uint64_t implausible_ns; /* the same, of the last frame in which it was implausible; 0 = never */
};

struct book_row {
	uint64_t id;
	uint32_t workload;        /* index */
	bool is_final, was_final; /* as seen, as committed */
	bool is_dirty;            /* seen differs from committed */
	bool is_stored;
	uint64_t present_frame; /* number of the last frame that had it */
	uint64_t gone_boot_ns;  /* since when no frame has it; 0 = it is there */
	struct energy seen, committed;
	bool has_cpu;       /* cpu_ns is that of the frame before */
	uint64_t cpu_ns;    /* since the counters' birth */
	bool has_memory;    /* oom_kills is that of the frame before */
	uint64_t oom_kills; /* since its cgroup was made */
};

/* room.h */
struct book_room {
	uint64_t uj, taken_uj;    /* left; taken of it since the last commit */
	uint64_t brought_uj;      /* by rows of the frame being applied */
	uint64_t real_ns, own_ns; /* the latest time told, and by our own clock */
};

struct book_counts {
	uint64_t frames, repeated, backwards, unbalanced, rows_dropped, workloads_dropped, commits,
		commits_failed, gaps, merges;
};

struct book {
	struct ledger *ledger;
	struct directory directory;
	struct ledger_state state, committed;
	struct book_row *rows;
	size_t row_count, row_room;
	struct idmap row_by_id;
	struct book_workload *workloads;
	size_t workload_count, workload_room;
	struct idmap workload_by_hash, workload_by_number;
	struct energy node_seen, node_committed; /* active = total */
	struct book_workload node; /* windows of the node: cpu, memory, gpu = totals, idle = not shared */
	struct {
		int64_t from, to;
	} * merges; /* since the last commit, done already */
	size_t merge_count;
	bool must_retell; /* a transaction was lost, and names and merges with it */
	/* the frame being applied */
	bool is_applying;
	uint64_t frame;
	struct spread spread;
	uint32_t slot_flags;
	struct energy sum; /* of its rows */
	struct book_room room;
	/* what the last one said */
	struct power_once last;
	char source[129];
	bool has_frame;
	uint64_t reset_real_ns;  /* when a source last said that a counter began anew, 0 = never */
	uint32_t finals_waiting; /* rows that have ended since the last commit */
	uint64_t generation;
	/* CLOCK_REALTIME where CLOCK_BOOTTIME began, as believed, and since when (CLOCK_BOOTTIME) the clock has run ahead of it;
	 * 0 = not known, and: it does not */
	int64_t origin_ns;
	uint64_t doubt_boot_ns;
	struct book_counts counts;
	uint64_t gap_ns; /* an interval longer than that is a gap */
};

/* Loads state and baselines. interval_ms: the configured one. 0 or -errno. */
int book_open(struct book *book, struct ledger *ledger, uint64_t interval_ms);
void book_done(struct book *book);

/* Frames, part by part. < 0: malformed. */
int book_apply_power(struct book *book, const struct frame *frame);
int book_apply_workload(struct book *book, const struct frame *frame);

/* Commits what was applied. 0: state.committed_seq may be acknowledged. < 0: nothing of it was kept; the next frames
 * bring it again. -EAGAIN: there was nothing to commit. */
int book_commit(struct book *book);
/* Does the next commit close an hour? */
bool book_closes_hour(const struct book *book);
/* Closes the hours up to the last reading when nothing has come for a day: whatever comes later is late. 0, -EAGAIN
 * (something waits to be committed first) or the commit's error. */
int book_close_silent(struct book *book, int64_t now);
/* `now`, s since 1970, by which hours are closed and old ones go: what cannot be taken back. A clock that leapt forward is believed
 * after a day; until then it is the time since the leap on the clock before it. */
int64_t book_time(const struct book *book, int64_t now);
/* Forgets rows that ended long ago. Call now and then. */
void book_sweep(struct book *book);

const struct book_workload *book_find(const struct book *book, int64_t number);
/* Was it in a frame of the last 60 s? A row that left without a last word stays in the book, and is not there. */
bool book_is_present(const struct book *book, const struct book_workload *workload);
/* Was there, in the last 60 s, a reading of it that is no power? What it drew in them is not known then. */
bool book_is_implausible(const struct book *book, const struct book_workload *workload);
/* Watts of the last 60 s by part: what was used in them over their length, also by one that was there for less of them.
 * False when there are no two readings in it, or it ended before. */
bool book_watts(
	const struct book *book, const struct book_workload *workload, double ret_watts[static PART_COUNT]);
/* How long those 60 s are: less in the first minute. False until there are two readings. */
bool book_watts_span(const struct book *book, uint64_t *ret_span_ns);
