/* The routes: POST /tools/<name>, GET /tools, POST /mcp, /healthz, /readyz. */
#pragma once

#include "base/config.h"
#include "base/web.h"
#include "frontend/asks.h"

struct http {
	const struct config *config;
	struct asks *asks;
	char own_name[128];
	double *requests, *errors;
};

/* context = struct http * */
void http_on_request(void *context, h2o_req_t *req);
