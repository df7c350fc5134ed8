/*
 * Answers to scrapers. A rendering is shared by all who ask within SCRAPE_SHARED_MS while nothing new came, and streams
 * from its sheet in slices, compressed on the way where asked: between two slices the loop serves everybody else.
 * Bounds: SCRAPE_SHEETS renderings at a time, then the newest one serves until it is SCRAPE_STALE_MS old; who has not taken an answer in SCRAPE_SECONDS_MAX is cut.
 */
#pragma once

#include "base/web/web.h"
#include "exporter/exposition.h"

#define SCRAPE_SHEETS      4
#define SCRAPE_SHARED_MS   100
#define SCRAPE_STALE_MS    5000
#define SCRAPE_SLICE       (256U << 10)
#define SCRAPE_SECONDS_MAX 30

struct scrape_sheet {
	struct sheet sheet;
	enum format format;
	uint64_t generation, rendered_ns;
	bool is_valid;
	uint32_t users;
};

struct scrapes {
	struct exposition exposition;
	struct scrape_sheet sheets[SCRAPE_SHEETS];
	struct scrape_answer *answers; /* under way */
	uint64_t render_ns;            /* of the newest rendering */
	uint64_t cut, busy;
};

/* Answers with the exposition: 200, 503 when SCRAPE_SHEETS old ones are on their way to slow readers, 500 when it is too large. */
void scrape_answer(struct scrapes *scrapes, h2o_req_t *req, const struct book *book,
	const struct stage_stats *stats, uint64_t now_ns);
/* Cuts those that take too long. */
void scrapes_watch(struct scrapes *scrapes, uint64_t now_ns);
void scrapes_done(struct scrapes *scrapes);
