/* The pages of the endpoint, and who may see them: /healthz and /readyz tell nothing and are open to all. */
#pragma once

#include "base/stats.h"
#include "exporter/credentials.h"
#include "exporter/scrape.h"

struct http {
	struct book book;
	struct stage_stats stage_stats;
	struct scrapes scrapes;
	struct credentials *credentials;
	struct stats own; /* of the exporter itself, shown without a frame */
	struct web *web;
};

void http_on_request(void *context, h2o_req_t *req);
