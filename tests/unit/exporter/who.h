/* A row's name, told to a book as the estimator tells it. */
#pragma once

#include "exporter/book/book.h"

/* pod: its name and uid, "" = of no pod */
static inline void tell_name(struct book *book, uint64_t energy_epoch, uint64_t id, enum workload_kind kind,
	const char *workload, const char *pod, const char *container_id, const char *runtime)
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
	const struct frame frame = {
		.head.energy_epoch = energy_epoch, .rows = &row, .row_count = 1, .is_last = true
	};

	book_workloads(book, &frame);
}
