/* A consumer's link in a folder of its own that notes what it was given, and ways to wait for events without clocks. */
#pragma once

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipc/link.h"
#include "tests/unit/unit.h"

#define PATIENCE_MS 20000 /* of a test that has already failed */

struct seen {
	unsigned parts, frames, rows;
	uint64_t last_seq, sum;
	int result; /* what the handler answers */
};

struct fixture {
	char dir[40];
	struct link *link; /* estimator's, from the collector */
	struct stats stats;
	struct seen seen;
};

static inline int note_frame(void *context, const struct frame *frame)
{
	struct seen *seen = context;

	seen->parts++;
	seen->frames += frame->is_last;
	seen->rows += (unsigned)frame->row_count;
	seen->last_seq = frame->head.seq;
	if (frame->head.kind == FRAME_tick)
		seen->sum += ((const struct tick_once *)frame->once)->mono_ns;
	for (size_t i = 0; frame->head.kind == FRAME_topology && i < frame->row_count; i++)
		seen->sum += ((const struct topology_row *)frame->rows)[i].id;
	return seen->result;
}

static inline int open_fixture(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	strcpy(fixture->dir, "/tmp/tanso-link-XXXXXX");
	assert_non_null(mkdtemp(fixture->dir));
	assert_int_equal(link_listen(&fixture->link, fixture->dir, STAGE_ESTIMATOR, STAGE_COLLECTOR,
				 note_frame, &fixture->seen),
		0);
	link_count_in(fixture->link, &fixture->stats);
	*state = fixture;
	return 0;
}

static inline int close_fixture(void **state)
{
	struct fixture *fixture = *state;
	char path[64];
	const char *const folders[] = { "estimator", "exporter", "analyst" };

	link_free(fixture->link);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", fixture->dir, folders[i]);
		rmdir(path);
	}
	int r = rmdir(fixture->dir); /* fails when a socket was left behind */
	free(fixture);
	return r;
}

static inline double counted(struct stats *stats, const char *name, const char *peer)
{
	char labels[64];

	snprintf(labels, sizeof(labels), "peer=\"%s\"", peer);
	return *stats_entry(stats, STAT_COUNTER, name, labels);
}

/* Serves the link until it has something no more to say at the moment; waits for the first event. */
static inline void serve(struct link *link)
{
	struct pollfd wait = { .fd = link_source(link)->fd, .events = POLLIN };

	if (poll(&wait, 1, PATIENCE_MS) != 1)
		fail_msg("nothing came over the link");
	assert_int_equal(link_source(link)->ready(link_source(link)), 0);
}

#define serve_until(link, condition)                                                                         \
	while (!(condition))                                                                                 \
	serve(link)

/* For conditions that no descriptor tells of. */
#define wait_until(condition)                                                                                \
	for (int left_ = PATIENCE_MS; !(condition); left_--) {                                               \
		if (left_ == 0)                                                                              \
			fail_msg("never came true: %s", #condition);                                         \
		poll(NULL, 0, 1);                                                                            \
	}

/* A producer's link of this process, connected. */
static inline struct link *dial(const char *dir, enum stage consumer, enum stage producer)
{
	struct link *link;

	assert_int_equal(link_dial(&link, dir, consumer, producer, NULL, NULL), 0);
	serve(link);
	assert_true(link_is_connected(link));
	return link;
}

static inline int send_tick(struct link *link, uint64_t seq, uint64_t mono_ns)
{
	const struct frame_head head = { .kind = FRAME_tick, .seq = seq };
	const struct tick_once once = { .mono_ns = mono_ns };

	return link_send(link, &head, &once, NULL, 0);
}

/* Rows with long paths: about 950 of them fill a part. Their ids add up to count * (count + 1) / 2. */
static inline int send_topology(struct link *link, uint64_t seq, size_t count)
{
	const struct frame_head head = { .kind = FRAME_topology, .seq = seq };
	const struct topology_once once = { .full = 1 };
	struct topology_row *rows = calloc(count, sizeof(*rows));
	static char path[1024];

	memset(path, 'p', sizeof(path));
	for (size_t i = 0; i < count; i++)
		rows[i] = (struct topology_row) { .id = i + 1, .path = { path, sizeof(path) } };
	int r = link_send(link, &head, &once, rows, count);
	free(rows);
	return r;
}
