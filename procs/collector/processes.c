#include "collector/processes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/vm_parse.h"

_Static_assert(sizeof(((struct ring_row *)0)->comm) == USAGE_COMM_MAX, "comm is copied as it is");
_Static_assert(sizeof(((struct ring_row *)0)->exe) == USAGE_EXE_MAX, "exe is copied as it is");

int processes_init(struct processes *processes, uint32_t capacity)
{
	*processes =
		(struct processes) { .capacity = capacity, .page_bytes = (uint64_t)sysconf(_SC_PAGESIZE) };
	processes->all = calloc(capacity, sizeof(*processes->all));
	processes->changed = calloc(capacity, sizeof(*processes->changed));
	return processes->all == NULL || processes->changed == NULL ? -ENOMEM : 0;
}

void processes_done(struct processes *processes)
{
	free(processes->all);
	free(processes->changed);
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
	process->gpu_uj = row->counter[COUNTER_gpu_uj];
}

static void change(struct processes *processes, struct process *process)
{
	if (!process->has_changed)
		processes->changed[processes->changed_count++] = (uint32_t)(process - processes->all);
	process->has_changed = process->is_stale = true;
}

void processes_begin(struct processes *processes)
{
	for (uint32_t i = 0; i < processes->count; i++) {
		struct process *process = &processes->all[i];
		memset(process->sum, 0, sizeof(process->sum));
		process->threads = 0;
		change(processes, process);
	}
}

/* Of a thread that has let go of its memory the others tell more. */
static void take_resident(
	const struct processes *processes, struct process *process, const struct usage_record *record)
{
	if (record->resident > 0)
		process->resident_bytes = record->resident * processes->page_bytes;
}

/* Names change when a program is executed, which is seldom. A leader that has ended has none: its threads go on under the
 * name it had, and so does one that nobody has waited for. */
static void take_names(
	struct processes *processes, struct process *process, const struct usage_record *leader)
{
	char comm[USAGE_COMM_MAX + 1] = "", exe[USAGE_EXE_MAX + 1] = "";
	const char *program = leader->exe[0] != '\0' ? leader->exe : process->exe;

	if (memcmp(process->comm, leader->comm, sizeof(process->comm)) == 0 &&
		memcmp(process->exe, program, sizeof(process->exe)) == 0)
		return;
	memcpy(comm, leader->comm, sizeof(process->comm));
	memcpy(exe, program, sizeof(process->exe));
	memcpy(process->comm, comm, sizeof(process->comm));
	memcpy(process->exe, exe, sizeof(process->exe));
	process->hypervisor = vm_hypervisor(exe, comm);
	processes->has_machines |= process->hypervisor != NULL;
}

bool processes_add(struct processes *processes, const struct usage_record *record)
{
	struct process *process = find_or_add(processes, record->tgid);

	if (process == NULL) {
		processes->dropped += record->tid == record->tgid;
		return false;
	}
	change(processes, process);
	if (process->start_ns != record->start_ns) /* new, or the pid is used again */
		*process = (struct process) { .tgid = record->tgid,
			.start_ns = record->start_ns,
			.has_changed = true,
			.is_stale = true };
	for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
		process->sum[c] += record->value[c];
	if (process->threads++ == 0 || record->tid == record->tgid)
		process->cgroup = record->cgroup;
	take_resident(processes, process, record);
	if (record->tid == record->tgid)
		take_names(processes, process, record);
	return true;
}

/* A thread of a process that has lost its pid to another is in no sum any more. */
void processes_subtract(struct processes *processes, const struct usage_record *record)
{
	struct process *process = processes_find(processes, record->tgid);

	if (process == NULL || process->start_ns != record->start_ns || process->threads == 0)
		return;
	change(processes, process);
	for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
		process->sum[c] -= record->value[c];
	process->threads--;
}

bool processes_grow(
	struct processes *processes, const struct usage_record *before, const struct usage_record *now)
{
	struct process *process = processes_find(processes, now->tgid);

	if (process == NULL || before->tgid != now->tgid || process->threads == 0 ||
		process->start_ns != before->start_ns || process->start_ns != now->start_ns)
		return false;
	change(processes, process);
	for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
		process->sum[c] += now->value[c] - before->value[c];
	take_resident(processes, process, now);
	if (now->tid == now->tgid)
		take_names(processes, process, now);
	return true;
}

static void forget(struct processes *processes, uint32_t index)
{
	idmap_remove(&processes->by_tgid, processes->all[index].tgid);
	if (index == --processes->count)
		return;
	processes->all[index] = processes->all[processes->count]; /* the last one fills the hole */
	processes->all[index].is_stale = true;
	idmap_put(&processes->by_tgid, processes->all[index].tgid, index);
}

static void publish(struct process *process)
{
	for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
		if (process->sum[c] > process->counter[c])
			process->counter[c] = process->sum[c];
	process->has_changed = false;
}

/* From the last index down: who fills a hole has been looked at. */
void processes_end(struct processes *processes)
{
	bool has_ended = false;

	for (uint32_t i = 0; i < processes->changed_count; i++) {
		struct process *process = &processes->all[processes->changed[i]];
		publish(process);
		has_ended |= process->threads == 0;
	}
	processes->changed_count = 0;
	for (uint32_t i = processes->count; has_ended && i-- > 0;)
		if (processes->all[i].threads == 0)
			forget(processes, i);
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
		.start_ns = process->start_ns,
		.resident_bytes = process->resident_bytes };
	memcpy(ret_row->counter, process->counter, sizeof(process->counter));
	ret_row->counter[COUNTER_gpu_uj] = process->gpu_uj;
	memcpy(ret_row->comm, process->comm, sizeof(ret_row->comm));
	memcpy(ret_row->exe, process->exe, sizeof(ret_row->exe));
}
