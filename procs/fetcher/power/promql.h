/* Answers of the Prometheus HTTP API: https://prometheus.io/docs/prometheus/latest/querying/api/ */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

/* `endpoint` of the store at `base`, which may end in slashes: "query", "query_range". */
void promql_url(const char *base, const char *endpoint, char *url, size_t size);
/* The array of series. 0 or -EBADMSG. */
int promql_series(struct json_object *root, struct json_object **ret_series);
/* A part of the store did not answer: series may lack. */
bool promql_is_partial(struct json_object *root);
/* [time, "number"]. 0 or -EBADMSG. */
int promql_point(struct json_object *pair, int64_t *ret_at_s, double *ret_value);
/* Why there is no result, as the store says it, else the HTTP status, else `otherwise`. root may be NULL. */
void promql_failure(long status, struct json_object *root, const char *otherwise, char *text, size_t size);
