#include "estimator/gpus.h"

#include <string.h>

static const struct ring_gpu *gpu_at(const struct rows *rows, uint32_t index)
{
	return (const struct ring_gpu *)(const void *)&rows->bank[index];
}

static bool is_text(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

/* What is in the ring is checked by who uses it. */
static bool is_gpu(const struct ring_gpu *gpu)
{
	return gpu->kind == ROW_GPU && is_text(gpu->uuid, sizeof(gpu->uuid)) &&
	       is_text(gpu->name, sizeof(gpu->name)) && is_text(gpu->vendor, sizeof(gpu->vendor)) &&
	       gpu->active_uj <= gpu->uj;
}

static struct state_gpu *find_or_add(struct state_head *head, const char *uuid)
{
	for (uint32_t i = 0; i < head->gpu_count; i++)
		if (strcmp(head->gpus[i].uuid, uuid) == 0)
			return &head->gpus[i];
	if (head->gpu_count == NODE_GPUS_MAX)
		return NULL;
	struct state_gpu *gpu = &head->gpus[head->gpu_count++];
	*gpu = (struct state_gpu) { 0 };
	memcpy(gpu->uuid, uuid, strlen(uuid) + 1);
	return gpu;
}

static uint64_t take_growth(uint64_t *seen, uint64_t now)
{
	uint64_t grown = now > *seen ? now - *seen : 0;

	*seen = now;
	return grown;
}

/* What each GPU drew since the last turn, and what of it was used. */
static void take_all(struct rows *rows, struct state_head *head, struct share *used, struct share *unused)
{
	for (uint32_t i = 0; i < rows->count; i++) {
		const struct ring_gpu *shown = gpu_at(rows, i);
		struct state_gpu *gpu = is_gpu(shown) ? find_or_add(head, shown->uuid) : NULL;
		if (gpu == NULL)
			continue;
		uint32_t at = (uint32_t)(gpu - head->gpus);
		uint64_t grown_uj = take_growth(&gpu->seen_uj, shown->uj);
		uint64_t used_uj = take_growth(&gpu->seen_active_uj, shown->active_uj);
		used[at] = (struct share) { .id = at, .weight = used_uj };
		unused[at] =
			(struct share) { .id = at, .weight = grown_uj > used_uj ? grown_uj - used_uj : 0 };
	}
}

void gpus_split(struct rows *rows, struct state *state, const struct node_gain *gain, bool is_held)
{
	struct share used[NODE_GPUS_MAX] = { 0 }, unused[NODE_GPUS_MAX] = { 0 }, *idle = unused;
	struct state_head *head = &state->head;
	uint64_t idle_uj = gain->idle_uj[ZONE_GPU], active_uj = gain->total_uj[ZONE_GPU] - idle_uj;

	if (is_held)
		return;
	take_all(rows, head, used, unused);
	if (apportion(active_uj, used, head->gpu_count, rows->scratch) > 0)
		for (uint32_t i = 0; i < head->gpu_count; i++)
			head->gpus[i].active_uj += used[i].uj;
	/* All were in use, and the node was suspended meanwhile. */
	if (apportion(idle_uj, idle, head->gpu_count, rows->scratch) == 0 &&
		apportion(idle_uj, idle = used, head->gpu_count, rows->scratch) == 0)
		return;
	for (uint32_t i = 0; i < head->gpu_count; i++)
		head->gpus[i].idle_uj += idle[i].uj;
}

void gpus_begin(struct state *state)
{
	for (uint32_t i = 0; i < state->head.gpu_count; i++)
		state->head.gpus[i].seen_uj = state->head.gpus[i].seen_active_uj = 0;
}

const struct ring_gpu *gpus_shown(const struct rows *rows, const struct state_gpu *gpu)
{
	for (uint32_t i = 0; i < rows->count; i++)
		if (is_gpu(gpu_at(rows, i)) && strcmp(gpu_at(rows, i)->uuid, gpu->uuid) == 0)
			return gpu_at(rows, i);
	return NULL;
}
