/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the programs of all objects share: constants that are set before they load, maps, and whether it is they who count. */
#pragma once

const volatile struct usage_constants constants = {};

struct thread {
	/* By the optional programs. First: the hardware counters stand on the cache line that finding the storage reads. */
	__u64 counted[USAGE_COUNTER_COUNT];
	__u64 base[USAGE_COUNTER_COUNT];  /* part of the values that belongs elsewhere */
	__u64 ended[USAGE_COUNTER_COUNT]; /* counted by the ended threads of this leader's process */
	__u64 is_handed;                  /* this one's is in its leader's `ended` */
	__u64 cgroup;                     /* where value - base belongs */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread);
} threads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, USAGE_DEAD_MAX);
	__type(key, __u64);
	__type(value, struct usage_sum);
} dead SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, USAGE_TOTAL_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} totals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, USAGE_PROGRAM_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} runs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct usage_layout);
} layout SEC(".maps");

/* User space maps these three. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, USAGE_TOLD_MAX);
	__type(key, __u32);
	__type(value, struct usage_told);
} told SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, USAGE_RECORDS);
	__type(key, __u32);
	__type(value, struct usage_record);
} records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct usage_reading);
} reading SEC(".maps");

static __always_inline void add_to(void *map, __u32 slot, __u64 amount)
{
	__u64 *value = bpf_map_lookup_elem(map, &slot);

	if (value)
		__sync_fetch_and_add(value, amount);
}

/* Per CPU and without an atomic: it shows that a program runs, and costs nothing to speak of. */
static __always_inline void count_run(__u32 program)
{
	__u64 *count = bpf_map_lookup_elem(&runs, &program);

	if (count)
		*count += 1;
}

static __always_inline bool is_active(void)
{
	__u32 zero = 0;
	const struct usage_layout *now = bpf_map_lookup_elem(&layout, &zero);

	return now && now->generation == constants.generation;
}
