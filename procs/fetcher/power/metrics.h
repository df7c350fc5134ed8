/*
 * Prometheus' text exposition format 0.0.4, and OpenMetrics 1.0 as far as samples go: one pass, nothing copied, nothing
 * allocated. Every line is checked; one malformed line refuses the whole text, as Prometheus does, because what a
 * half-understood exposition sums up to is a wrong number. OpenMetrics is told by its last line, "# EOF".
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/frame.h" /* struct text */

#define METRIC_LABELS_MAX 64
#define METRIC_LINE_MAX   (UINT32_C(1) << 16)

struct metric_label {
	struct text name;
	struct text value; /* as written: see metric_label_copy() */
	bool is_escaped;   /* the value holds \\, \" or \n */
};

/* Points into the text; valid during the call. */
struct metric_sample {
	struct text name;
	size_t label_count;
	struct metric_label labels[METRIC_LABELS_MAX];
	double value; /* may be NaN or infinite */
	bool has_time;
	int64_t time_ms; /* since 1970 */
};

/* < 0 (-errno) ends the parse with that result. */
typedef int metric_sample_fn(void *context, const struct metric_sample *sample);

struct metrics_error {
	size_t line; /* from 1 */
	const char *reason;
};

/* Calls on_sample() for each sample in order. 0; -EBADMSG with `error` filled; -E2BIG: over a limit above, or more than
 * `samples_max` samples; or what on_sample() returned. */
int metrics_parse(const char *text, size_t size, size_t samples_max, metric_sample_fn *on_sample,
	void *context, struct metrics_error *error);

/* NULL if there is no such label. */
const struct metric_label *metric_label(const struct metric_sample *sample, const char *name);
/* The value without escapes, NUL-terminated. Its length, or -E2BIG. */
int metric_label_copy(const struct metric_label *label, char *text, size_t size);

/* A Go float (digits, exponent, NaN, Inf, any case and sign) that fills [text, text + size). */
bool metric_number(const char *text, size_t size, double *ret_value);
