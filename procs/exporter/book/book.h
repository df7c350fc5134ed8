/*
 * What the exporter shows: the node, and the accounts that its rows and processes add up to. An account's joules never
 * go down while the energy epoch lasts: what a forgotten row had stays in its account.
 * Row energy goes to container, pod and workload (and to the machine, where the row is one); process energy is a part of
 * its row's and goes to the process, and to a virtual machine that has no row of its own.
 */
#pragma once

#include "base/clock.h"
#include "exporter/accounts.h"

#define BOOK_PROCESSES_MAX                                                                                   \
	8192 /* running ones with an account; beyond, their energy is in the series of pid 0 */
#define BOOK_STALE_NS (10 * NS_PER_SECOND) /* a killed stage is back long before */

enum row_account { ROW_CONTAINER, ROW_POD, ROW_WORKLOAD, ROW_VM, ROW_ACCOUNTS };

struct book_row {
	uint64_t id;
	struct energy energy;
	uint64_t described;              /* hash of the newest names: unchanged ones cost nothing */
	uint32_t accounts[ROW_ACCOUNTS]; /* ACCOUNT_NONE = none */
	bool is_known;                   /* its energy has been told before */
	bool is_seen;
	bool is_final; /* its energy grows no more; it is told until it is acknowledged */
};

/* A GPU of the node. */
struct book_gpu {
	uint32_t index;
	char uuid[81], name[97], vendor[25];
	uint64_t told_active_uj, told_idle_uj; /* with the power frame they are: */
	uint64_t active_uj, idle_uj;
	struct window total, idle;
};

struct book_config {
	uint32_t rows;      /* capacity */
	uint32_t ended_max; /* ended accounts shown of each level */
	uint32_t processes; /* shown at a time, by energy */
	bool has_older;     /* label texts of Kepler <= 0.9 too */
	bool has_counters;  /* what the kernel counted too */
	uint64_t interval_ns;
};

struct book {
	struct book_config config;
	bool has_workloads, has_power;
	struct accounts accounts;
	struct book_row *rows;
	uint32_t row_count;
	struct idmap by_id;
	uint64_t rows_dropped;
	bool is_short,
		was_short; /* rows found no room in the newest frame, in the one before: what is new may be old */
	/* with has_counters */
	struct passed *passed; /* of rows, by the same index; NULL without */
	struct epoch passed_epoch;
	uint32_t passed_told, passed_counted; /* bits by enum counter: of the newest frame; with series */
	uint64_t grown_uj[SHARE_COUNT];       /* all rows' active parts, since the first frame */
	uint64_t generation;                  /* grows with every frame applied */
	/* processes */
	uint32_t process_count;
	struct window beat;                   /* of process frames */
	uint64_t grown_told_uj[SHARE_COUNT];  /* grown_uj at the last process frame */
	uint64_t grown_shown_uj[SHARE_COUNT]; /* what processes with a series used in this one */
	struct energy others_told;            /* the sender's row ROW_ID_OTHER: what was used without a row */
	struct energy others_added;           /* what rows used while they had no series */
	bool are_others_resumed; /* from before a restart: it has what those without a series used */
	uint64_t processes_omitted, processes_dropped;
	/* node */
	struct epoch epoch;
	uint64_t energy_epoch, seq, mono_ns;
	uint64_t total_uj[ZONE_MAX], idle_uj[ZONE_MAX], busy_ns;
	struct book_gpu gpus[NODE_GPUS_MAX];
	uint32_t gpu_count;
	uint64_t gpus_seq;
	struct window total[ZONE_MAX], idle[ZONE_MAX], busy, capacity;
	uint32_t zone_mask, error_ppm;
	uint32_t counters; /* bit c set: enum counter c is counted */
	enum power_state state;
	enum usage_source usage;
	char source[128];
	uint64_t gaps;
};

int book_init(struct book *book, const struct book_config *config);
void book_done(struct book *book);
/* Forgets everything: a new energy epoch. */
void book_forget(struct book *book);
/* An ended row from before a restart: the next power frame tells it again, or its energy stays with these accounts. */
void book_resume_ended(struct book *book, uint64_t id, const struct energy *energy,
	const uint32_t accounts[static ROW_ACCOUNTS]);
/* The same of what was passed on of it. */
void book_resume_counters(struct book *book, uint64_t id, const struct passed *passed);
/* Applies one part of a workload, GPU, counters, power or process frame; now_ns = CLOCK_MONOTONIC. */
void book_workloads(struct book *book, const struct frame *frame);
void book_power(struct book *book, const struct frame *frame, uint64_t now_ns);
void book_processes(struct book *book, const struct frame *frame, uint64_t now_ns);
void book_gpus(struct book *book, const struct frame *frame);
void book_counters(struct book *book, const struct frame *frame);
/* Forgets accounts whose last row ended more than keep_ns ago. */
void book_expire(struct book *book, uint64_t now_ns, uint64_t keep_ns);
uint64_t book_dropped(const struct book *book);
/* How long ago it was what the newest power frame tells, however late it came. */
uint64_t book_age_ns(const struct book *book, uint64_t now_ns);
/* True when no power has been told for max(3 intervals, BOOK_STALE_NS): a watt of then is no watt of now. */
bool book_is_stale(const struct book *book, uint64_t now_ns);
