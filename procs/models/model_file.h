/*
 * A power model in a file: one JSON object, either our own (docs/watts.md has the schema, `tanso train` writes it) or
 * upstream's weights (kepler-model-db, Kepler's defaults). Foreign bytes: size, depth, counts and ranges are limited, and
 * errors name file, path and reason. A plain value, no pointers.
 */
#pragma once

#include <stddef.h>

#include "models/formula.h"

#define MODEL_FILE_BYTES_MAX    (256U << 10)
#define MODEL_FILE_VARIANTS_MAX 2
#define MODEL_NAME_BYTES        96

struct model_error {
	char text[512]; /* one line: file: path: reason */
};

/* Measured when it was trained, on samples the fit had not seen; 0 = not stated. Relative to the watts stated. */
struct fit_error {
	uint32_t samples;
	uint32_t mape_ppm, median_ppm, rmse_mw;
	uint32_t interval95_ppm; /* this share of the watts up or down covers coverage_ppm of the samples */
	uint32_t coverage_ppm;
};

/* What can be said with some set of counters; a model has one with and one without. */
struct model_variant {
	char name[24]; /* "counters", "busy"; upstream: its feature group */
	struct formula package, dram;
	struct fit_error error; /* of the package */
};

struct model_file {
	char name[MODEL_NAME_BYTES]; /* "m5.metal", "ec2-0.7.11/AbsPower/CounterOnly/SGDRegressorTrainer_0" */
	char source[192], licence[32];
	/* the host it was trained on; "" or 0 = not stated */
	char product[32], cpu[32];
	uint32_t threads;
	bool is_upstream;
	bool is_dynamic; /* leaves idle power out */
	uint32_t variants;
	struct model_variant variant[MODEL_FILE_VARIANTS_MAX];
};

/* Reads a model from its text; `name` names it in errors and, for upstream's, tells trainer and output type
 * (".../DynPower/Basic/LogarithmicRegressionTrainer_1.json"). 0; -EINVAL with `error` filled, or -ENOMEM. */
int model_file_parse(const char *name, const char *text, size_t size, struct model_file *ret_file,
	struct model_error *error);
/* The same from a path. 0 or -errno with `error` filled. */
int model_file_read(
	const char *path, const char *name, struct model_file *ret_file, struct model_error *error);
