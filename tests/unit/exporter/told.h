/* What the estimator tells a book. */
#pragma once

#include "base/clock.h"
#include "exporter/book/book.h"

static struct book book;
static uint64_t seconds, birth_ns = 1, energy_epoch = 1; /* of the next frame */

static inline struct frame frame_of(enum frame_kind kind, const void *once, const void *rows, size_t count)
{
	return (struct frame) { .head = { .kind = (uint8_t)kind,
					.epoch.birth_ns = birth_ns,
					.energy_epoch = energy_epoch,
					.seq = seconds,
					.parts = 1 },
		.once = once,
		.rows = rows,
		.row_count = count,
		.is_last = true };
}

/* pod: its name and uid, "" = of no pod */
static inline void tell_name(uint64_t id, enum workload_kind kind, const char *workload, const char *pod,
	const char *container_id, const char *runtime)
{
	const struct workload_row row = { .op = TOPOLOGY_ADD,
		.id = id,
		.kind = (uint8_t)kind,
		.workload = text_of(workload),
		.namespace = text_of("ns"),
		.pod = text_of(pod),
		.pod_uid = text_of(pod),
		.container = text_of(""),
		.container_id = text_of(container_id),
		.runtime = text_of(runtime),
		.owner_kind = text_of(""),
		.owner = text_of(""),
		.path = text_of("/x") };
	const struct frame frame = frame_of(FRAME_workload, NULL, &row, 1);

	book_workloads(&book, &frame);
}

/* The estimator tells its names first, here none. */
static inline void tell_no_names(void)
{
	const struct frame frame = frame_of(FRAME_workload, NULL, NULL, 0);

	book_workloads(&book, &frame);
}

/* A second later. */
static inline void tell_power(const struct power_row *rows, size_t count)
{
	const struct power_once once = { .from_seq = book.seq,
		.mono_ns = ++seconds * NS_PER_SECOND,
		.state = POWER_MODEL,
		.source = text_of("curve:x"),
		.zone_mask = 3 };
	const struct frame frame = frame_of(FRAME_power, &once, rows, count);

	book_power(&book, &frame, seconds * NS_PER_SECOND);
}

static inline void tell_processes(const struct process_row *rows, size_t count)
{
	const struct process_once once = { .mono_ns = seconds * NS_PER_SECOND, .omitted = 7 };
	const struct frame frame = frame_of(FRAME_process, &once, rows, count);

	book_processes(&book, &frame, seconds * NS_PER_SECOND);
}
