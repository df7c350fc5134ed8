/* /tools/<name> and /views/<name>: what a question is like (GET), and its answer by the analyst (POST). */
#pragma once

#include "frontend/http.h"

/* True: the path lies in one of the folders, and the request was answered or will be. */
bool folders_answer(struct http *http, h2o_req_t *req, const struct principal *principal);
