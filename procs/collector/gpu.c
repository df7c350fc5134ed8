#include "collector/gpu.h"

struct reading {
	struct processes *processes;
	struct cgroups *cgroups;
	uint64_t *other, *total;
};

static void on_process(void *context, uint32_t pid, uint64_t grown_ns)
{
	const struct reading *reading = context;
	struct process *process = processes_find(reading->processes, pid);
	struct cgroup *cgroup = process != NULL ? cgroups_find(reading->cgroups, process->cgroup) : NULL;
	uint64_t *counter = cgroup != NULL ? cgroup->counter : reading->other;

	if (process != NULL) {
		process->gpu_ns += grown_ns;
		process->is_stale = true;
	}
	counter[COUNTER_gpu_ns] += grown_ns;
	reading->total[COUNTER_gpu_ns] += grown_ns;
}

bool gpu_read(struct meters *meters, struct processes *processes, struct cgroups *cgroups,
	uint64_t other[COUNTER_COUNT], uint64_t total[COUNTER_COUNT])
{
	struct reading reading = { processes, cgroups, other, total };

	return meters_visit_gpu(meters, on_process, &reading);
}
