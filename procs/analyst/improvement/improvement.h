/*
 * What would lower a workload's emissions, computed from its own history: another hour, a smaller request, another
 * region, a better PUE. Each is worked out alone, upon an outlook: what holds before it. docs/methodology.md has the rules.
 */
#pragma once

#include "analyst/workloads/assessment.h"
#include "ipc/json_write.h"

/* In the order in which they are combined: where it runs, when, in what facility, on how many cores. */
enum improvement_type {
	IMPROVE_REGION,
	IMPROVE_TEMPORAL,
	IMPROVE_PUE,
	IMPROVE_RIGHTSIZING,
	IMPROVEMENT_COUNT
};

#define IMPROVEMENT_LEAST 0.01 /* less than that is not proposed */

/* The numbers an improvement changes. */
struct outlook {
	const struct region *region;
	double intensity;        /* I_w [g/kWh] */
	double u_intensity;      /* of it, relative, k = 1 */
	enum grid_factor factor; /* its kind */
	struct pue pue;          /* that the amounts count with */
	struct pue
		site_pue; /* the site's own, by which it is judged: another one after a move by the grid alone */
	double kwh_month, watts; /* IT energy a month, mean power */
	double krw_month;        /* energy charge with PUE; < 0 = not known */
};

/* What the question asks of them; zeros and NULLs = nothing. */
struct improvement_wish {
	double duration_hours, target_pue;
	const char *target_region, *tariff;
};

struct improvement {
	enum improvement_type type;
	bool is_applied; /* else `reason` says why not, and nothing changes */
	enum reason_code reason;
	struct outlook after;
	double reduction;           /* of the grams, 0 … 1 */
	double kg_month, krw_month; /* saved upon the outlook before; krw only where has_krw */
	bool has_krw;
	double confidence; /* 1 high, 0.5 medium, 0.25 low */
	double realizable; /* of a right-sizing: what really goes, 0 … 1 */
	char object[640];  /* what is changed: "deployment ai-team/web"; of a PUE "facility REGION" */
	char from[64], to[64], unit[16];
	/* of a right-sizing, where it is known and should be another: MiB, and a sentence */
	char memory_from[32], memory_to[32], memory_note[768];
	bool is_memory_short;
	/* description: of one not applied, why; action: "" where no command does it, and then the note says what to do, and why */
	char description[1024], evidence[768], action[2048], action_note[1024];
};

/* What holds today. */
void outlook_today(const struct question *question, const struct assessment *assessment, const char *tariff,
	struct outlook *ret_outlook);
double outlook_kg_month(const struct outlook *outlook);

/* Works one out upon `before`. 0 or -errno. */
int improvement_find(const struct question *question, const struct assessment *assessment,
	enum improvement_type type, const struct improvement_wish *wish, const struct outlook *before,
	struct improvement *ret_improvement);
/* In that order, whatever they are worth. */
void improvements_sort(const struct question *question, struct improvement *improvements, size_t count);

/* Of the won a step saves, what the bill is smaller by: of a right-sizing only what a node switched off frees. */
double improvement_realizable_krw(const struct improvement *improvement);

const char *improvement_name(enum improvement_type type);
/* -1 if there is none of that name. */
int improvement_from_name(const char *name);
/* The members both optimizations[] and steps[] have; amounts only where the power is usable. */
void write_improvement(struct json_writer *writer, const struct improvement *improvement, bool has_amounts);
/* What was written: the bits of the types, and what all of them but a migration, which is an alternative to them, leave of today's
 * grams, and in fact: reductions multiply. */
struct optimizations {
	unsigned types;
	double left, left_in_fact; /* 1 = all */
};
/* optimizations[]: the first `limit` of those worth it. 0 or -errno. */
int write_optimizations(struct json_writer *writer, const struct question *question,
	const struct assessment *assessment, size_t limit, struct optimizations *ret_optimizations);

/* What a better PUE alone would save [kg a month] of a workload whose PUE has that status. */
double improvement_pue_kg_month(const struct question *question, enum status pue_status, double kg_month);
