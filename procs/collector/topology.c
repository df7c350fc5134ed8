#include "collector/topology.h"

#include <stdlib.h>

#include "base/cleanup.h"

static void fill_row(struct topology_row *row, enum topology_op op, const struct cgroup *cgroup)
{
	const struct identity *identity = &cgroup->identity;

	*row = (struct topology_row) {
		.op = (uint8_t)op,
		.id = cgroup->id,
		.parent = cgroup->parent,
		.kind = ROW_CGROUP,
		.start_ns = cgroup->start_ns,
		.path = text_of(cgroup->path),
		.comm = text_of(""),
		.workload_kind = (uint8_t)identity->kind,
		.runtime = text_of(identity->runtime),
		.workload = text_of(identity->workload),
		.namespace = text_of(identity->namespace),
		.pod_uid = text_of(identity->pod_uid),
		.container_id = text_of(identity->container_id),
	};
}

static enum topology_op op_of(const struct cgroup *cgroup)
{
	return cgroup->final_seq != 0 ? TOPOLOGY_FINAL : TOPOLOGY_ADD;
}

void topology_send_full(struct link *link, const struct frame_head *head, const struct cgroups *cgroups)
{
	CLEANUP(freep) struct topology_row *rows = calloc(cgroups->count + 1, sizeof(*rows));
	const struct topology_once once = { .full = 1 };

	if (rows == NULL)
		return; /* the link still owes it */
	for (uint32_t i = 0; i < cgroups->count; i++)
		fill_row(&rows[i], op_of(&cgroups->all[i]), &cgroups->all[i]);
	link_send(link, head, &once, rows, cgroups->count);
}

void topology_send_changes(
	struct link *estimator, struct link *resolver, const struct frame_head *head, struct cgroups *cgroups)
{
	CLEANUP(freep) struct topology_row *rows = calloc(cgroups->count + 1, sizeof(*rows));
	const struct topology_once once = { .full = 0 };
	size_t count = 0;

	if (rows == NULL)
		return;
	for (uint32_t i = 0; i < cgroups->count; i++) {
		struct cgroup *cgroup = &cgroups->all[i];
		if (!cgroup->is_new && (cgroup->final_seq == 0 || cgroup->final_seq != head->seq))
			continue;
		fill_row(&rows[count++], op_of(cgroup), cgroup);
		cgroup->is_new = false;
	}
	if (count == 0)
		return;
	link_send(estimator, head, &once, rows, count);
	link_send(resolver, head, &once, rows, count);
}

void topology_send_forget(struct link *link, const struct frame_head *head, uint64_t id)
{
	const struct topology_once once = { .full = 0 };
	const struct topology_row row = { .op = TOPOLOGY_FORGET, .id = id, .kind = ROW_CGROUP };

	link_send(link, head, &once, &row, 1);
}
