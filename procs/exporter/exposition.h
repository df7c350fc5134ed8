/*
 * The book and the stages' stats as Prometheus text 0.0.4 or OpenMetrics 1.0.0. A line is three copies (name, label text
 * of the account, state and zone) and a number: nothing is formatted at a scrape that could be formatted before.
 */
#pragma once

#include <sys/utsname.h>

#include "exporter/book/book.h"
#include "exporter/cpuinfo.h"
#include "exporter/metrics.h"
#include "exporter/stage_stats.h"

struct exposition_config {
	const char *node_name;
	const char *levels; /* metrics_levels: "node,pod", … */
	bool has_older;     /* Kepler <= 0.9 names too */
	bool has_counters;  /* what the kernel counts too */
};

/* `,state="running",zone="package",node_name="n"} `, ready to copy */
struct ending {
	char text[512];
	size_t size;
};

enum ending_zone { ENDING_NO_ZONE = SHARE_COUNT, ENDING_ZONES };

/* What the lines of an account need, side by side: families pass over it again and again, and accounts are far larger. */
struct shown {
	const struct account *account;
	const char *labels;
	uint32_t labels_size;
	bool is_ended;
	uint64_t watts_uw[SHARE_COUNT];
	struct energy energy;
};

struct exposition {
	unsigned levels; /* bit per enum level */
	bool has_older, has_counters;
	struct ending plain;                  /* node_name only */
	struct ending of[2][2][ENDING_ZONES]; /* [is fake][is terminated][enum share, or none] */
	struct labels node;                   /* node_name="n" */
	struct cpuinfo cpus;
	struct utsname host; /* asked for before the sandbox */
	/* of one rendering */
	enum format format;
	struct sheet *sheet;
	const struct book *book;
	bool is_stale;                       /* no watts: those of the book are of a while ago */
	struct shown (*shown)[ACCOUNTS_MAX]; /* [enum level]: accounts with series */
	uint32_t shown_count[ACCOUNT_LEVELS];
	uint64_t certificate_end_s; /* 0 = no TLS */
};

/* 0, -EINVAL: a word of `levels` is none, or -ENOMEM. */
int exposition_init(struct exposition *exposition, const struct exposition_config *config);
void exposition_done(struct exposition *exposition);
/* Replaces the sheet's text. 0, or -E2BIG. */
int exposition_render(struct exposition *exposition, struct sheet *sheet, enum format format,
	const struct book *book, const struct stage_stats *stats, uint64_t now_ns);

/* Parts of it, each a set of families. */
void exposition_node(struct exposition *exposition, enum metric metric);
void exposition_tanso(struct exposition *exposition, enum metric metric, uint64_t now_ns);
void exposition_stages(struct exposition *exposition, const struct stage_stats *stats, uint64_t now_ns);
/* `name{` … `} value`: the labels in between are the caller's. */
void exposition_open(struct exposition *exposition, enum metric metric);
void exposition_label(struct exposition *exposition, const char *name, const char *value);
void exposition_close(struct exposition *exposition, uint64_t value, unsigned decimals);
