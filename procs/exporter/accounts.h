/*
 * One account per object that has series: a pod, a container, a workload, a process, a virtual machine. Bounded by
 * ACCOUNTS_MAX; indexes stay valid while an account lives. Ended ones stay shown until they are too old or too many
 * (then the first to have ended goes, counted), whoever has scraped them or not: nobody keeps track of scrapers.
 */
#pragma once

#include "base/idmap.h"
#include "base/window.h"
#include "exporter/labels.h"
#include "exporter/passed.h"

#define ACCOUNTS_MAX 65536 /* 10 000 pods with container and workload, twice over */
#define ACCOUNT_NONE UINT32_MAX
/* A pass over all accounts asks for what it needs of one so many further on. */
#define ACCOUNTS_AHEAD 8

/* What a family of series is about; the first ones have accounts. */
enum level {
	LEVEL_POD,
	LEVEL_CONTAINER,
	LEVEL_WORKLOAD,
	LEVEL_PROCESS,
	LEVEL_VM,
	ACCOUNT_LEVELS,
	LEVEL_NODE = ACCOUNT_LEVELS,
	LEVEL_TANSO, /* where the numbers come from, and how the exporter does */
};

/* The zones that are split over workloads, as positions in an account. */
enum share { SHARE_PACKAGE, SHARE_DRAM, SHARE_GPU, SHARE_COUNT };
extern const enum zone zone_of_share[SHARE_COUNT];

/* Network of a row or account, in the order of their metrics. */
enum network { NETWORK_RX_BYTES, NETWORK_TX_BYTES, NETWORK_RX_PACKETS, NETWORK_TX_PACKETS, NETWORK_COUNT };

struct energy {
	uint64_t total_uj[SHARE_COUNT], idle_uj[SHARE_COUNT]; /* idle is a part of total */
	/* since the counters' birth */
	uint64_t cpu_ns;
	uint64_t network[NETWORK_COUNT];
};

#define WATTS_NONE UINT64_MAX

/* What its watts rest on. It lies apart: three times as large as the rest of an account, and no scrape reads it. */
struct account_past {
	struct window window[SHARE_COUNT];
};

/* What a scrape reads comes first, together: each family passes over all its accounts. */
struct account {
	enum level level;
	bool is_used;
	bool is_hidden;  /* has no series: over a limit */
	bool is_of_rows; /* summed up by power frames, not by process frames */
	bool has_end;    /* a row of it ended in the newest frame, if only just born */
	bool is_seen;    /* processes: in the newest frame */
	bool is_told;    /* processes: not for the first time */
	bool is_counted; /* processes: has been with those shown or with the others */
	bool is_heir;    /* what others drew is passed on to it between two pushes: it has all its windows */
	uint32_t rows;   /* living rows at the last frame */
	uint32_t labels_size, older_labels_size;
	char *labels, *older_labels;    /* text, NULL where there is none */
	uint64_t watts_uw[SHARE_COUNT]; /* mean over the window, WATTS_NONE while there is none */
	uint64_t grown_uj[SHARE_COUNT]; /* since it is known here */
	struct energy base;             /* of rows that are gone */
	struct energy now;              /* of rows there are */
	char *key;
	uint64_t described;  /* hash of what the labels were made of; 0 = it has none: no series */
	uint64_t ended_ns;   /* CLOCK_MONOTONIC when its last row ended, 0 = it lives */
	uint64_t start_ns;   /* processes: CLOCK_BOOTTIME of birth */
	uint32_t references; /* rows and processes that name this account */
	uint32_t next_same, previous, next; /* chain of equal hashes; list of ended ones */
	uint32_t vm; /* processes: the account of the machine it runs, or ACCOUNT_NONE */
	struct account_past *past;
};

struct accounts {
	struct account *all;
	struct account_past *pasts;
	struct account_passed *passed; /* by the same index; NULL without metrics_counters */
	uint32_t count;                /* accounts ever used at a time: the array's used part */
	uint32_t free;                 /* head of the free list, linked by next */
	uint32_t in_use;
	struct idmap by_key; /* hash of level and key -> head of a chain */
	struct {
		uint32_t first, last, count;
	} ended[ACCOUNT_LEVELS];
	uint32_t ended_max;     /* of each level */
	uint32_t rest;          /* the account of all other processes, or ACCOUNT_NONE */
	uint64_t changes;       /* of bases, of ended rows, which become bases, and of their names */
	uint64_t dropped;       /* found no room */
	uint64_t ended_dropped; /* went before their time */
};

int accounts_init(struct accounts *accounts, uint32_t ended_max);
void accounts_done(struct accounts *accounts);
void accounts_clear(struct accounts *accounts);
/* The account of that key, made if need be; ACCOUNT_NONE (counted) when there is no room. */
uint32_t accounts_get(struct accounts *accounts, enum level level, const char *key, size_t size);
uint32_t accounts_find(const struct accounts *accounts, enum level level, const char *key, size_t size);
/* Replaces the label text, when `described` says that it was made of something else. */
void account_describe(
	struct account *account, uint64_t described, const struct labels *labels, const struct labels *older);
/* A row or process names (or no longer names) the account. One that ended and is named by nobody may be freed. */
void accounts_hold(struct accounts *accounts, uint32_t index);
void accounts_release(struct accounts *accounts, uint32_t index);
/* After account->rows changed: it lives, or ended at now_ns. */
void accounts_settle(struct accounts *accounts, uint32_t index, uint64_t now_ns);
/* Takes away the first to have ended, of those beyond ended_max: when all of a frame are settled. */
void accounts_trim(struct accounts *accounts);
/* Takes away what ended more than keep_ns ago. What comes back under its name before it is forgotten begins at zero. */
void accounts_expire(struct accounts *accounts, uint64_t now_ns, uint64_t keep_ns);
void accounts_remove(struct accounts *accounts, uint32_t index);
/* True for an account that has series. */
bool account_is_shown(const struct account *account);

/* What it used since the last frame. */
void account_grow(struct account *account, const uint64_t uj[static SHARE_COUNT]);
/* An instant at which accounts are pushed. */
struct pulse {
	const struct window *beat; /* was pushed at those before */
	uint64_t mono_ns;
	uint64_t idle_uw; /* watts of what never used anything: that needs no window */
};
struct pulse pulse_at(const struct window *beat, uint64_t mono_ns);
/* Its watts at this frame: what it grew by in the window, over the length of the window, however long it was there. So
 * those of parts add up to those of the whole. */
void account_push(struct account *account, const struct pulse *pulse);
/* What `from` drew in the window counts for `to`. */
void account_pass_on(struct account *from, struct account *to);
/* Mean power of a window over µJ, in µW; WATTS_NONE while there is none. */
uint64_t window_mean_uw(const struct window *window);
void energy_add(struct energy *to, const struct energy *from);
bool energy_is_zero(const struct energy *energy);
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size); /* FNV-1a; begin with HASH_BEGIN */
#define HASH_BEGIN UINT64_C(14695981039346656037)
