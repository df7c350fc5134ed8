/*
 * What a fit learns from: windows of one metered host, what it did and what it drew. CSV: "# key = value" lines say which host
 * (product, cpu, threads; source, licence; cpu_family, cpu_model, cpu_stepping), a header names the columns by the names of
 * features.def, per second of the whole host; other columns are ignored, and so are rows that lack a named input.
 * Foreign bytes: bounded, errors name file and line.
 */
#pragma once

#include <stddef.h>

#include "models/host.h"
#include "models/model_file.h"

#define SAMPLES_MAX      100000U
#define SAMPLES_MIN      20U /* fewer say nothing about an error */
#define SAMPLES_FILE_MAX (16U << 20)

struct sample {
	double cycles, instructions; /* events per second */
	double busy_ppm;
	double package, dram; /* W; dram NAN where it was not measured */
};

struct samples {
	struct host host; /* what the comment lines say: product, brand (cpu), host_threads, CPUID */
	char source[192], licence[32];
	bool has_counters; /* cpu_cycles and cpu_instructions */
	bool has_dram;
	uint32_t count;
	struct sample *all; /* sorted, so that the order of lines does not matter */
};

/* Parses a CSV; `watts` names the column of package power. 0; -EINVAL with `error` filled; -ENOMEM. */
int samples_parse(const char *name, char *text, const char *watts, struct samples *ret_samples,
	struct model_error *error);
/* Reads a file. 0 or -errno with `error` filled. */
int samples_read(const char *path, const char *watts, struct samples *ret_samples, struct model_error *error);
void samples_done(struct samples *samples);
/* Without a busy_ppm column busy is cycles over their maximum; sorts. What samples_parse() ends with. -EINVAL: too few. */
int samples_finish(struct samples *samples, bool has_busy, const char *name, struct model_error *error);
