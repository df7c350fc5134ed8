/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Hardware counters: what a CPU counted is the thread's that leaves it. */
#pragma once

#include "pmu_growth.h"
#include "thread.bpf.h"

/* Events stay in it when their descriptors are closed (PRESERVE_ELEMS): the map alone is kept over a restart. */
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(map_flags, BPF_F_PRESERVE_ELEMS);
	__uint(max_entries, USAGE_PMU_COUNT); /* of each possible CPU, when it is loaded */
	__type(key, __u32);
	__type(value, __u32);
} perf_events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* each possible CPU, when it is loaded */
	__type(key, __u32);
	__type(value, struct usage_pmu_cpu);
} pmu_cpus SEC(".maps");

/* What this CPU's events counted since the last call was done by `task`, which is leaving it or being looked at. */
static __always_inline struct usage_pmu_cpu *charge_pmu(struct task_struct *task)
{
	struct thread *thread = bpf_task_storage_get(&threads, task, 0, 0);
	const __u32 counters[USAGE_PMU_COUNT] = {
#define X(name) USAGE_##name,
		USAGE_PMU_EVENTS(X)
#undef X
	};
	__u32 cpu = bpf_get_smp_processor_id();
	struct usage_pmu_cpu *slot = bpf_map_lookup_elem(&pmu_cpus, &cpu);

	if (!slot)
		return 0;
#pragma unroll
	for (int e = 0; e < USAGE_PMU_COUNT; e++) {
		struct bpf_perf_event_value now;
		if (!(constants.pmu_events & 1U << e) ||
			bpf_perf_event_read_value(&perf_events, USAGE_PMU_SLOT(e, cpu), &now, sizeof(now)) <
				0)
			continue;
		if (e == 0)
			slot->enabled_ns = now.enabled;
		__u64 grown = pmu_growth(&slot->last[e], &now);
		if (thread) /* the idle task has none: what the node does idle is no workload's */
			thread->counted[counters[e]] += grown;
	}
	return slot;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool is_preempted, struct task_struct *prev)
{
	struct usage_pmu_cpu *slot = is_active() ? charge_pmu(prev) : 0;

	if (slot) /* its run count: the map of the others' is one more cache line */
		slot->switches++;
	return 0;
}

/* Run by the reading on each CPU: a thread that does not leave it is counted nevertheless. */
SEC("raw_tp")
int settle_cpu(void *ctx)
{
	count_run(USAGE_PROGRAM_settle_cpu);
	if (is_active())
		charge_pmu(bpf_get_current_task_btf());
	return 0;
}
