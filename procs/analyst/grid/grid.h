/*
 * Grid carbon intensity over time, gCO2eq/kWh: from a file of the operator's (config: grid_file), else the annual
 * value. Times are CLOCK_REALTIME seconds; a day that is repeated is a day of Korean time (UTC+9, no DST).
 */
#pragma once

#include "korea/data.h"
#include "analyst/grid/signal.h"

#define GRID_POINTS_MAX     200000
#define GRID_FILE_BYTES_MAX (UINT32_C(16) << 20)
#define GRID_HOLD_SECONDS   3600 /* how long a point of a dated file holds when the next one is missing */

struct grid_point {
	int64_t start; /* s since 1970, or seconds of the day for a repeated day */
	double value;
	uint64_t flags; /* GRID_ESTIMATED, GRID_FORECAST; as wide as the others, for the bytes are hashed */
};

struct grid_file {
	bool is_daily;
	size_t count;
	struct grid_point *points; /* rising */
	int64_t hold;              /* s: how long a point holds when the next one is missing */
	char name[256], sha256[65];
};

struct grid_error {
	char text[512]; /* file:line: what is wrong */
};

/* 0, or -errno with `error` filled. */
int grid_file_load(const char *path, struct grid_file **ret_file, struct grid_error *error);
/* The same from memory; `name` is for messages and provenance. */
int grid_file_parse(const char *name, const char *text, size_t size, struct grid_file **ret_file,
	struct grid_error *error);
void grid_file_free(struct grid_file *file);

/* The value at an instant; false where the file has a hole. */
bool grid_file_at(const struct grid_file *file, int64_t seconds, double *ret_value);

/* The same as a signal over [from, to), holes and all, not yet sealed. 0, -E2BIG or -ENOMEM. */
int grid_file_signal(const struct grid_file *file, int64_t from, int64_t to, struct signal *ret_signal);

/* Where intensities come from in one answer. */
struct grid {
	const struct grid_file *file; /* NULL = the annual value alone */
	double annual;                /* fills holes */
	int64_t now;                  /* what starts later was not measured */
};

/* What is known of [start, start + seconds), in steps of five minutes. */
struct grid_stretch {
	double mean;                /* holes filled with the annual value */
	double known;               /* mean of the known steps alone; the annual value where there is none */
	double covered;             /* share of it that came from the file */
	double forecast, estimated; /* shares of it that were not measured: told ahead of time; by a model */
};
struct grid_stretch grid_look(const struct grid *grid, int64_t start, int64_t seconds);
