/* The routes: POST /tools/<name> and /views/<name>, what describes them, POST /mcp, the pages, /events, the probes. */
#pragma once

#include "base/config.h"
#include "base/web/web.h"
#include "frontend/admission.h"
#include "frontend/asks.h"
#include "frontend/live.h"
#include "frontend/mcp/mcp.h"
#include "frontend/resource.h"

struct http {
	const struct config *config;
	struct asks *asks;
	struct live *live;
	struct mcp mcp;
	struct admission admission;
	struct resource resource; /* where tokens come from */
	char own_name[128];
	double *requests, *errors;
};

/* context = struct http * */
void http_on_request(void *context, h2o_req_t *req);
/* 429 for who makes more requests than one may. */
void http_on_too_fast(void *context, h2o_req_t *req);
