/* What the sealed hours of a period add up to: energy in µJ exactly, facility energy and emissions by each hour's own terms. */
#pragma once

#include "base/idmap.h"
#include "cli/report/archive.h"

#define TALLY_MONTHS_MAX    60
#define TALLY_WORKLOADS_MAX 65536
#define TALLY_SOURCES_MAX   16
#define TALLY_SOURCE_MAX    256 /* the longest terms of an hour, whole */
#define UJ_PER_KWH          3.6e12

struct sum {
	int64_t it_uj;             /* counted zones, idle included */
	double facility_uj;        /* x PUE */
	double grams;              /* x grid intensity */
	int64_t hours, incomplete; /* in which the node's power was known */
	int64_t present_ns;        /* of the node, while its power was known */
	/* Each factor's relative uncertainty (k = 1), weighted by what it is of: one model or one declared PUE is wrong in
	 * the same way in every hour, so that hours do not average it out. How the node's energy is divided has an error of
	 * its own, which a workload's sum does not have in it. */
	double power_error_uj, pue_error_uj, grid_error_grams;
};

struct tally_month {
	int year, month;
	struct sum sum;
};

struct tally_day {
	int64_t start; /* Korean time; s since 1970 */
	struct sum sum;
};

struct tally_workload {
	int kind; /* enum workload_kind */
	char *namespace, *name;
	struct sum sum;
};

/* Whence a part of the energy has its terms. */
struct tally_source {
	char text[TALLY_SOURCE_MAX];
	bool is_measured; /* of a power source: a meter */
	int64_t it_uj;
	double facility_uj; /* of a PUE's source */
};

struct tally {
	int64_t from, to; /* as asked, s since 1970 */
	struct sum total; /* of the node; watts of a fake meter are not in it */
	int64_t fake_uj, idle_uj;
	int64_t measured_uj; /* by a meter; the rest is a model's */
	int64_t assumed_uj;  /* whose PUE nobody declared or measured */
	struct tally_month months[TALLY_MONTHS_MAX];
	size_t month_count;
	struct tally_day *days;
	size_t day_count, day_room;
	struct tally_workload *workloads; /* most energy first, after tally_gather() */
	size_t workload_count, workload_room;
	struct idmap by_hash;
	int64_t workloads_uj; /* of all of them, those beyond the limit too */
	struct tally_source grids[TALLY_SOURCES_MAX], pues[TALLY_SOURCES_MAX], meters[TALLY_SOURCES_MAX];
	size_t grid_count, pue_count, meter_count;
	char head[CHAIN_HEX_SIZE]; /* hash after the last hour */
	int64_t sealed_hours;      /* with data or without */
	int64_t first, last;       /* start of the first and last sealed hour in it */
};

/* U/x (k = 2) of a sum that has energy: of its IT energy, of that with PUE, of the grams by the hour's grid. */
double sum_it_uncertainty(const struct sum *sum);
double sum_facility_uncertainty(const struct sum *sum);
double sum_grams_uncertainty(const struct sum *sum);
/* Of the grams by one factor for the whole period, itself known to `u_factor` (k = 1). */
double sum_factor_uncertainty(const struct sum *sum, double u_factor);
/* Adds another time's sum. */
void sum_add(struct sum *sum, const struct sum *other);

/* Sealed hours with from <= start < to. 0, -E2BIG (more than TALLY_MONTHS_MAX months), -EOVERFLOW (more than 2^63 µJ), -EIO, -ENOMEM. */
int tally_gather(struct tally *tally, struct sealed *sealed, int64_t from, int64_t to);
void tally_done(struct tally *tally);
