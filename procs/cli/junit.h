/* The report of `tanso check` as JUnit XML, which CI systems show as tests: a workload is a test case. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>

enum check_outcome {
	CHECK_PASSED,
	CHECK_FAILED,  /* NON_COMPLIANT */
	CHECK_UNKNOWN, /* cannot be judged */
	CHECK_IGNORED, /* NON_COMPLIANT, but borderline, and these were to be ignored */
	CHECK_OUTCOME_COUNT
};

/* Of one row of list_workloads_by_compliance. */
enum check_outcome check_outcome(struct json_object *row, bool ignores_borderline);
/* "CARBON_OVER_TARGET PUE_OVER_TARGET": text[size], cut where it does not fit. */
void check_reasons(struct json_object *row, char *text, size_t size);
/* One test case that is an error: there is nothing else to report. */
void junit_write_error(FILE *out, const char *message);
/* rows: an array. The caller checks ferror(). */
void junit_write(FILE *out, struct json_object *rows, bool ignores_borderline);
