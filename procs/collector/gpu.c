#include "collector/gpu.h"

#include <stdio.h>
#include <string.h>

#define UNLISTED UINT64_MAX /* no process id */

struct reading {
	struct gpus *gpus;
	struct processes *processes;
	struct cgroups *cgroups;
	uint64_t *other, *total;
};

void gpus_resume(struct gpus *gpus, const struct ring_row *row)
{
	if (gpus->count < NODE_GPUS_MAX)
		memcpy(&gpus->all[gpus->count++], row, sizeof(*row));
}

static struct ring_gpu *find_or_add(struct gpus *gpus, const char *uuid)
{
	for (uint32_t i = 0; i < gpus->count; i++)
		if (strcmp(gpus->all[i].uuid, uuid) == 0)
			return &gpus->all[i];
	if (gpus->count == NODE_GPUS_MAX) {
		gpus->left_out++;
		return NULL;
	}
	struct ring_gpu *gpu = &gpus->all[gpus->count++];
	*gpu = (struct ring_gpu) { .kind = ROW_GPU };
	snprintf(gpu->uuid, sizeof(gpu->uuid), "%s", uuid);
	return gpu;
}

static void give(struct reading *reading, uint64_t pid, uint64_t uj)
{
	struct process *process = pid != UNLISTED ? processes_find(reading->processes, (uint32_t)pid) : NULL;
	struct cgroup *cgroup = process != NULL ? cgroups_find(reading->cgroups, process->cgroup) : NULL;
	uint64_t *counter = cgroup != NULL ? cgroup->counter : reading->other;

	if (process != NULL) {
		process->gpu_uj += uj;
		process->is_stale = true;
	}
	counter[COUNTER_gpu_uj] += uj;
	reading->total[COUNTER_gpu_uj] += uj;
}

static uint64_t split(struct reading *reading, const struct gpu_reading *told, uint64_t uj)
{
	struct share *shares = reading->gpus->shares;
	uint32_t count = told->use_count < GPU_USES_MAX ? told->use_count : GPU_USES_MAX;
	uint64_t unlisted_ns = told->unlisted_ns;

	for (uint32_t i = count; i < told->use_count; i++)
		unlisted_ns += told->uses[i].grown_ns;
	for (uint32_t i = 0; i < count; i++)
		shares[i] = (struct share) { .id = told->uses[i].pid, .weight = told->uses[i].grown_ns };
	shares[count] = (struct share) { .id = UNLISTED, .weight = unlisted_ns };
	uint64_t given = apportion(uj, shares, count + 1, reading->gpus->indexes);
	for (uint32_t i = 0; i <= count && given > 0; i++)
		if (shares[i].uj > 0)
			give(reading, shares[i].id, shares[i].uj);
	return given;
}

static void on_gpu(void *context, const struct gpu_reading *told)
{
	struct reading *reading = context;
	struct ring_gpu *gpu = find_or_add(reading->gpus, told->uuid);

	if (gpu == NULL)
		return;
	gpu->index = told->index;
	snprintf(gpu->name, sizeof(gpu->name), "%s", told->name);
	snprintf(gpu->vendor, sizeof(gpu->vendor), "%s", told->vendor);
	if (told->uj > gpu->uj)
		gpu->active_uj += split(reading, told, told->uj - gpu->uj);
	gpu->uj = told->uj;
}

bool gpus_read(struct gpus *gpus, struct meters *meters, struct processes *processes, struct cgroups *cgroups,
	uint64_t other[COUNTER_COUNT], uint64_t total[COUNTER_COUNT])
{
	struct reading reading = { gpus, processes, cgroups, other, total };

	return meters_visit_gpu(meters, on_gpu, &reading);
}
