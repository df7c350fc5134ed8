#include "collector/processes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(((struct ring_row *)0)->comm) == USAGE_COMM_MAX, "comm is copied as it is");
_Static_assert(sizeof(((struct ring_row *)0)->exe) == USAGE_EXE_MAX, "exe is copied as it is");

int processes_init(struct processes *processes, uint32_t capacity)
{
	*processes = (struct processes) { .capacity = capacity };
	processes->all = calloc(capacity, sizeof(*processes->all));
	return processes->all == NULL ? -ENOMEM : 0;
}

void processes_done(struct processes *processes)
{
	free(processes->all);
	idmap_done(&processes->by_tgid);
	*processes = (struct processes) { 0 };
}

static struct process *find_or_add(struct processes *processes, uint32_t tgid)
{
	uint32_t index;

	if (idmap_find(&processes->by_tgid, tgid, &index))
		return &processes->all[index];
	if (processes->count == processes->capacity ||
		idmap_put(&processes->by_tgid, tgid, processes->count) < 0)
		return NULL;
	struct process *process = &processes->all[processes->count++];
	*process = (struct process) { .tgid = tgid };
	return process;
}

void processes_resume(struct processes *processes, const struct ring_row *row)
{
	struct process *process = find_or_add(processes, row->tgid);

	if (process == NULL)
		return;
	process->cgroup = row->id;
	process->start_ns = row->start_ns;
	memcpy(process->counter, row->counter, sizeof(process->counter));
	process->gpu_ns = row->counter[COUNTER_gpu_ns];
}

void processes_begin(struct processes *processes)
{
	processes->reading++;
}

/* The first thread of a process in this reading. */
static void begin_process(struct process *process, const struct usage_record *record, uint32_t reading)
{
	if (process->start_ns != record->start_ns) /* the pid is used again */
		*process = (struct process) { .tgid = record->tgid, .start_ns = record->start_ns };
	memset(process->sum, 0, sizeof(process->sum));
	process->reading = reading;
	process->cgroup = record->cgroup;
}

void processes_add(struct processes *processes, const struct usage_record *record)
{
	struct process *process = find_or_add(processes, record->tgid);

	if (process == NULL) {
		processes->dropped += record->tid == record->tgid;
		return;
	}
	if (process->reading != processes->reading)
		begin_process(process, record, processes->reading);
	for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
		process->sum[c] += record->value[c];
	if (record->tid != record->tgid)
		return;
	process->cgroup = record->cgroup;
	memcpy(process->comm, record->comm, sizeof(process->comm));
	memcpy(process->exe, record->exe, sizeof(process->exe));
}

static void forget(struct processes *processes, uint32_t index)
{
	idmap_remove(&processes->by_tgid, processes->all[index].tgid);
	if (index == --processes->count)
		return;
	processes->all[index] = processes->all[processes->count]; /* the last one fills the hole */
	idmap_put(&processes->by_tgid, processes->all[index].tgid, index);
}

void processes_end(struct processes *processes)
{
	for (uint32_t i = 0; i < processes->count;) {
		struct process *process = &processes->all[i];
		if (process->reading != processes->reading) {
			forget(processes, i);
			continue;
		}
		for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
			if (process->sum[c] > process->counter[c])
				process->counter[c] = process->sum[c];
		i++;
	}
}

struct process *processes_find(const struct processes *processes, uint32_t tgid)
{
	uint32_t index;

	return idmap_find(&processes->by_tgid, tgid, &index) ? &processes->all[index] : NULL;
}

void process_row(const struct process *process, struct ring_row *ret_row)
{
	*ret_row = (struct ring_row) { .id = process->cgroup,
		.tgid = process->tgid,
		.kind = ROW_PROCESS,
		.start_ns = process->start_ns };
	memcpy(ret_row->counter, process->counter, sizeof(process->counter));
	ret_row->counter[COUNTER_gpu_ns] = process->gpu_ns;
	memcpy(ret_row->comm, process->comm, sizeof(ret_row->comm));
	memcpy(ret_row->exe, process->exe, sizeof(ret_row->exe));
}
