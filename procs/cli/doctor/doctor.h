/* What `tanso doctor` finds: one row per question, in three degrees. Checks only read. */
#pragma once

#include <stddef.h>

#include "base/origin.h"
#include "cli/client/client.h"

#define FINDINGS_MAX 24

enum finding_state {
	FINDING_MEASURED, /* as good as it gets */
	FINDING_MODELLED, /* works, on a model or a fallback that is marked */
	FINDING_MISSING,  /* does not work, or leaves a status UNKNOWN */
};

struct finding {
	const char *name; /* "kernel-btf": for programs */
	enum finding_state state;
	char text[512];
	char remedy[256]; /* the one command or line that changes it; "" = nothing to do */
};

struct findings {
	struct finding all[FINDINGS_MAX];
	size_t count;
	bool is_pipeline_up;
};

/* What is told of: the pipeline that runs, where it can be asked, else the configuration. */
struct site {
	struct config config;
	bool is_of_pipeline; /* `config` is what the pipeline that was asked was started with, --set included */
	double pue;          /* that it answers with … */
	char pue_source[32];     /* … from where: declared, measured, region_table, assumed; "" = untold */
	char pue_failure[384];   /* why the site's meters tell none; "" = they do, or there are none */
	enum origin origin;      /* of the watts: as it answers, else as configured */
	char power_state[32];    /* "" = untold */
	char power_failure[384]; /* of the servers that are asked for it; "" = none is told */
	double power_age_s;
};

void doctor_find_site(struct site *site, struct client *client);
/* Kernel, counters, meters, cgroups. */
void doctor_check_host(struct findings *findings, const struct config *config);
/* PUE, grid, data files, configuration. */
void doctor_check_config(struct findings *findings, const struct site *site);
/* What the metrics say of the watts. */
void doctor_check_watts(struct findings *findings, const char *metrics);
/* The watts that are not this pipeline's own. */
void doctor_check_source(struct findings *findings, const struct site *site);
/* Who answers, and what the watts rest on now. */
void doctor_check_pipeline(struct findings *findings, struct client *client, const struct site *site);

/* Beyond FINDINGS_MAX nothing is added. `remedy` may be "". */
void findings_add(struct findings *findings, const char *name, enum finding_state state, const char *remedy,
	const char *format, ...) __attribute__((format(printf, 5, 6)));
