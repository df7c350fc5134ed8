/* The book and the stages' stats as Prometheus text (exposition format 0.0.4), into a reused, bounded buffer. */
#pragma once

#include "exporter/book.h"
#include "exporter/stage_stats.h"

#define EXPOSITION_BYTES_MAX (64U << 20)

struct exposition {
	char *text;
	size_t size, room;
	bool is_cut; /* over the limit: the scrape fails rather than lies */
	char node_name[128];
};

int exposition_init(struct exposition *exposition);
void exposition_done(struct exposition *exposition);
/* 0, or -E2BIG. The text belongs to the exposition until the next call. */
int exposition_render(struct exposition *exposition, const struct book *book, const struct stage_stats *stats,
	uint64_t now_ns);
/* docs/metrics.md */
void exposition_describe(FILE *out);
