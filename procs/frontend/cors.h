/*
 * Pages of other origins: which may ask and read the answers (config: cors_origins), by the rules of
 * https://fetch.spec.whatwg.org/#http-cors-protocol. Without a line in the list nothing is allowed.
 */
#pragma once

#include <h2o.h>
#include <stdbool.h>

/* The request comes from a page of a listed origin: adds the headers that let it read the answer. */
bool cors_allow(h2o_req_t *req, const char *origins);
/* A browser asks before it asks (an OPTIONS request of a listed origin): answers it. */
bool cors_is_preflight(h2o_req_t *req);
void cors_answer_preflight(h2o_req_t *req);

bool cors_is_listed(const char *origins, const char *origin, size_t size);
