// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What every thread uses, charged to its cgroup: C(cgroup) = dead[cgroup] + sum over live threads (value - base).
 * CPU time, switches, faults and block bytes are read where the kernel keeps them (se.sum_exec_runtime is what cpuacct
 * itself sums up), so the scheduler's hot path stays empty and a thread that never leaves the CPU is exact; the others
 * are counted by optional programs into the thread's storage. A thread is folded into dead[] when it exits, and once
 * more when its task is freed: at sched_process_exit its CPU time is still stale.
 */
#include <linux/bpf.h>

#include "kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "usage.h"

#define AF_INET  2
#define AF_INET6 10
#define MSG_PEEK 2

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile bool is_v1 = false;    /* cpuacct hierarchy instead of cgroup v2 */
const volatile int hierarchy_id = 0;  /* as in /proc/cgroups; 0 = v2 */
const volatile __u64 birth_ns = 0;    /* CLOCK_BOOTTIME of the counters' birth */
const volatile __u32 generation = 0;  /* see struct usage_layout */
const volatile __u32 pmu_events = 0;  /* bit e set: hardware counter e is open */
const volatile bool cpu_only = false; /* the rest did not load on this kernel */

struct thread {
	__u64 cgroup;                       /* where value - base belongs */
	__u64 base[USAGE_COUNTER_COUNT];    /* part of the values that belongs elsewhere */
	__u64 counted[USAGE_COUNTER_COUNT]; /* by the optional programs */
	__u64 ended[USAGE_COUNTER_COUNT];   /* counted by the ended threads of this leader's process */
	__u64 is_handed;                    /* this one's is in its leader's `ended` */
	/* as `told_to`, a reader's number, was told of it; 0 = nobody */
	__u64 told_run_ns, told_switches, told_ended_ns;
	__u64 told_to;
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
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} softirq_began SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct usage_layout);
} layout SEC(".maps");

/* Events stay in it when their descriptors are closed (PRESERVE_ELEMS): the map alone is kept over a restart. */
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(map_flags, BPF_F_PRESERVE_ELEMS);
	__uint(max_entries, USAGE_PMU_COUNT *USAGE_CPUS_MAX);
	__type(key, __u32);
	__type(value, __u32);
} perf_events SEC(".maps");

/* What the events of a CPU stood at when its last thread left; only that CPU writes it. */
struct pmu_cpu {
	struct bpf_perf_event_value last[USAGE_PMU_COUNT];
	__u64 padding[4]; /* to whole cache lines */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, USAGE_CPUS_MAX);
	__type(key, __u32);
	__type(value, struct pmu_cpu);
} pmu_cpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, USAGE_EVENT_RING);
} events SEC(".maps");

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

	return now && now->generation == generation;
}

static __always_inline __u64 cgroup_of(struct task_struct *task)
{
	struct cgroup_subsys_state *css = 0;

	if (!is_v1)
		return task->cgroups->dfl_cgrp->kn->id;
	struct css_set *set = task->cgroups;
	__u32 index = bpf_core_enum_value(enum cgroup_subsys_id, cpuacct_cgrp_id);
	bpf_core_read(&css, sizeof(css), (const void *)&set->subsys + index * sizeof(css));
	return BPF_CORE_READ(css, cgroup, kn, id);
}

/* What found no room of its own is in the entry OTHER, which is there from the start. */
static __always_inline struct usage_sum *sum_of(__u64 cgroup)
{
	static const struct usage_sum zero;
	__u64 other = USAGE_OTHER;
	struct usage_sum *sum = bpf_map_lookup_elem(&dead, &cgroup);

	if (!sum) {
		bpf_map_update_elem(&dead, &cgroup, &zero, BPF_NOEXIST);
		sum = bpf_map_lookup_elem(&dead, &cgroup);
	}
	return sum ? sum : bpf_map_lookup_elem(&dead, &other);
}

static __always_inline void fold(__u64 cgroup, const __u64 *value, const __u64 *base)
{
	struct usage_sum *sum = sum_of(cgroup);

	if (!sum)
		return;
#pragma unroll
	for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
		if (value[c] != base[c])
			__sync_fetch_and_add(&sum->counter[c], value[c] - base[c]);
}

static __always_inline struct thread *thread_of(struct task_struct *task)
{
	struct thread *thread = bpf_task_storage_get(&threads, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!thread)
		add_to(&totals, USAGE_TOTAL_UNSTORED, 1);
	return thread;
}

/* The thread's own values; `thread` may be NULL. Fills value[USAGE_COUNTER_COUNT]. */
static __always_inline void read_values(struct task_struct *task, const struct thread *thread, __u64 *value)
{
#pragma unroll
	for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
		value[c] = thread ? thread->counted[c] : 0;
	value[USAGE_cpu_ns] = task->se.sum_exec_runtime;
	if (cpu_only)
		return;
	value[USAGE_switches] = task->nvcsw + task->nivcsw;
	value[USAGE_minor_faults] = task->min_flt;
	value[USAGE_major_faults] = task->maj_flt;
	if (bpf_core_field_exists(task->ioac.read_bytes)) {
		value[USAGE_read_bytes] = task->ioac.read_bytes;
		value[USAGE_write_bytes] = task->ioac.write_bytes;
	}
}

/* The thread went to another cgroup: what it used so far stays with the old one. */
static __always_inline void settle(struct thread *thread, __u64 cgroup, const __u64 *value)
{
	if (thread->cgroup == cgroup)
		return;
	if (thread->cgroup != 0)
		fold(thread->cgroup, value, thread->base);
	__builtin_memcpy(thread->base, value, sizeof(thread->base));
	thread->cgroup = cgroup;
	thread->told_to = 0;
}

/*
 * Folds what the thread used so far. The base moves first: a reading in between finds it in neither and the next finds
 * all, while the other way round it would find it twice.
 */
static __always_inline void hand_in(struct task_struct *task, struct thread *thread)
{
	__u64 value[USAGE_COUNTER_COUNT], base[USAGE_COUNTER_COUNT];

	read_values(task, thread, value);
	__builtin_memcpy(base, thread->base, sizeof(base));
	__builtin_memcpy(thread->base, value, sizeof(value));
	if (thread->cgroup != 0)
		fold(thread->cgroup, value, base);
}

/* At the birth of the counters: what was used before belongs to nobody. */
SEC("iter/task")
int prime(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct thread *thread;

	if (!task)
		return 0;
	count_run(USAGE_PROGRAM_prime);
	thread = thread_of(task);
	if (thread && thread->cgroup == 0) {
		read_values(task, thread, thread->base);
		thread->cgroup = cgroup_of(task);
	}
	return 0;
}

static __always_inline void add(struct usage_record *record, enum usage_counter counter, __u64 amount)
{
	record->value[counter] += amount;
	record->base[counter] += amount;
}

/* What a process owes to its ended threads is no matter of the leader's cgroup: both sides grow. */
static __always_inline void add_ended(
	struct task_struct *task, const struct thread *leader, struct usage_record *record)
{
	const struct signal_struct *signal = task->signal;

#pragma unroll
	for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
		add(record, c, leader ? leader->ended[c] : 0);
	add(record, USAGE_cpu_ns, signal->sum_sched_runtime);
	if (cpu_only)
		return;
	add(record, USAGE_switches, signal->nvcsw + signal->nivcsw);
	add(record, USAGE_minor_faults, signal->min_flt);
	add(record, USAGE_major_faults, signal->maj_flt);
	if (bpf_core_field_exists(signal->ioac.read_bytes)) {
		add(record, USAGE_read_bytes, signal->ioac.read_bytes);
		add(record, USAGE_write_bytes, signal->ioac.write_bytes);
	}
}

static __always_inline void name(struct task_struct *task, struct usage_record *record)
{
	bpf_probe_read_kernel(record->comm, sizeof(record->comm), task->comm);
	if (task->mm)
		bpf_probe_read_kernel_str(record->exe, sizeof(record->exe),
			BPF_CORE_READ(task, mm, exe_file, f_path.dentry, d_name.name));
}

/* Nothing a thread owns changes unless it runs, is moved (settle), or, for a leader, a thread of its process ends. */
static __always_inline bool is_told(struct task_struct *task, const struct thread *thread, __u32 reader)
{
	return thread->told_to == reader && thread->told_run_ns == task->se.sum_exec_runtime &&
	       thread->told_switches == task->nvcsw + task->nivcsw &&
	       thread->told_ended_ns == task->signal->sum_sched_runtime && thread->cgroup == cgroup_of(task);
}

static __always_inline void remember(struct task_struct *task, struct thread *thread)
{
	thread->told_to = 0;
	thread->told_run_ns = task->se.sum_exec_runtime;
	thread->told_switches = task->nvcsw + task->nivcsw;
	thread->told_ended_ns = task->signal->sum_sched_runtime;
}

static __always_inline void fill_record(
	struct task_struct *task, struct thread *thread, struct usage_record *record)
{
	record->cgroup = cgroup_of(task);
	read_values(task, thread, record->value);
	if (thread) {
		/* Only the leader's move is told by cgroup_attach_task; its threads are settled here. */
		if (thread->cgroup == 0)
			thread->cgroup = record->cgroup;
		settle(thread, record->cgroup, record->value);
		__builtin_memcpy(record->base, thread->base, sizeof(record->base));
	}
	record->tgid = task->tgid;
	record->tid = task->pid;
	record->size = sizeof(*record);
	record->start_ns = task->group_leader->start_boottime;
	if (record->tid == record->tgid) {
		add_ended(task, thread, record);
		name(task, record);
	} else if (thread && thread->is_handed) {
#pragma unroll
		for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
			add(record, c, -thread->counted[c]);
	}
}

SEC("iter/task")
int read_usage(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct usage_layout *now;
	struct thread *thread;
	__u32 zero = 0;

	if (!task)
		return 0;
	count_run(USAGE_PROGRAM_read_usage);
	now = bpf_map_lookup_elem(&layout, &zero);
	thread = thread_of(task);
	if (thread && now && !cpu_only && is_told(task, thread, now->reader)) {
		struct usage_head head = { .tid = task->pid, .size = sizeof(head) };
		bpf_seq_write(ctx->meta->seq, &head, sizeof(head));
		return 0;
	}
	if (thread) /* before the values: what changes in between is told the next time */
		remember(task, thread);
	struct usage_record record = {};
	fill_record(task, thread, &record);
	/* A record that found no room is asked for again. */
	if (bpf_seq_write(ctx->meta->seq, &record, sizeof(record)) == 0 && thread && now)
		thread->told_to = now->reader;
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	struct thread *thread;

	if (!is_active())
		return 0;
	count_run(USAGE_PROGRAM_on_fork);
	thread = thread_of(child);
	if (thread)
		thread->cgroup = cgroup_of(child);
	return 0;
}

/*
 * Most of what a thread used is folded here: its task may be freed seconds later, and is then good for the rest (its
 * CPU time is still stale here). And the kernel keeps its own sums of a process's ended threads, so we keep ours.
 */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	struct thread *thread, *leader;

	if (!is_active())
		return 0;
	count_run(USAGE_PROGRAM_on_exit);
	thread = bpf_task_storage_get(&threads, task, 0, 0);
	if (!thread)
		return 0;
	hand_in(task, thread);
	if (task->pid == task->tgid)
		return 0;
	leader = bpf_task_storage_get(&threads, task->group_leader, 0, 0);
	if (!leader)
		return 0;
#pragma unroll
	for (int c = 0; c < USAGE_COUNTER_COUNT; c++)
		if (thread->counted[c])
			__sync_fetch_and_add(&leader->ended[c], thread->counted[c]);
	thread->is_handed = 1;
	return 0;
}

SEC("tp_btf/sched_process_free")
int BPF_PROG(on_free, struct task_struct *task)
{
	struct thread *thread = bpf_task_storage_get(&threads, task, 0, 0);
	__u64 value[USAGE_COUNTER_COUNT], none[USAGE_COUNTER_COUNT] = {};

	if (!is_active())
		return 0;
	count_run(USAGE_PROGRAM_on_free);
	/* A thread that was dying at the birth of the counters was not primed: its past is nobody's. */
	if (!thread && task->start_boottime < birth_ns)
		return 0;
	read_values(task, thread, value);
	/* Where it was when its time was last settled, not where its process has gone since (see read_usage). */
	fold(thread && thread->cgroup ? thread->cgroup : cgroup_of(task), value,
		thread ? thread->base : none);
	return 0;
}

SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(on_attach, struct cgroup *to, const char *path, struct task_struct *task)
{
	struct thread *thread = bpf_task_storage_get(&threads, task, 0, 0);
	__u64 cgroup = cgroup_of(task);

	if (!thread || thread->cgroup == cgroup || !is_active())
		return 0;
	count_run(USAGE_PROGRAM_on_attach);
	hand_in(task, thread);
	thread->cgroup = cgroup;
	return 0;
}

/* Optional programs */

/* A task without storage (the idle task) pays at once. */
static __always_inline void charge(enum usage_counter counter, __u64 amount)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread *thread = bpf_task_storage_get(&threads, task, 0, 0);
	struct usage_sum *sum;

	if (thread) {
		__sync_fetch_and_add(&thread->counted[counter], amount);
		return;
	}
	sum = sum_of(cgroup_of(task));
	if (sum)
		__sync_fetch_and_add(&sum->counter[counter], amount);
}

/* Before 5.16 there are no folios, and each page is told by itself. */
static __always_inline __u64 pages_of(struct folio *folio)
{
	const struct folio___described *described = (const void *)folio;
	const struct folio___plain *plain = (const void *)folio;
	const struct folio___order *ordered = (const void *)folio;
	unsigned long flags = 0;

	if (!bpf_core_type_exists(struct folio))
		return 1;
	if (bpf_core_field_exists(plain->flags))
		flags = BPF_CORE_READ(plain, flags);
	else if (bpf_core_field_exists(described->flags.f))
		flags = BPF_CORE_READ(described, flags.f);
	if (!(flags & 1UL << bpf_core_enum_value(enum pageflags, PG_head)))
		return 1;
	if (bpf_core_field_exists(ordered->_folio_order))
		return 1UL << (BPF_CORE_READ(ordered, _folio_order) & 31);
	return 1UL << (BPF_CORE_READ(folio, _flags_1) & 31);
}

SEC("tp_btf/mm_filemap_add_to_page_cache")
int BPF_PROG(on_cache_add, struct folio *folio)
{
	if (!is_active())
		return 0;
	count_run(USAGE_PROGRAM_on_cache_add);
	charge(USAGE_cache_adds, pages_of(folio));
	return 0;
}

SEC("tp_btf/writeback_dirty_folio")
int BPF_PROG(on_cache_dirty, struct folio *folio)
{
	if (!is_active())
		return 0;
	count_run(USAGE_PROGRAM_on_cache_dirty);
	charge(USAGE_cache_dirtied, pages_of(folio));
	return 0;
}

/* In the context of who submits: a reader itself; for buffered writes the kernel's flusher. */
SEC("tp_btf/block_bio_queue")
int BPF_PROG(on_block_io, void *bio)
{
	if (!is_active())
		return 0;
	count_run(USAGE_PROGRAM_on_block_io);
	charge(USAGE_io_ops, 1);
	return 0;
}

static __always_inline bool is_network(const struct sock *sock)
{
	return sock->__sk_common.skc_family == AF_INET || sock->__sk_common.skc_family == AF_INET6;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(on_send, struct sock *sock, int bytes)
{
	if (bytes <= 0 || !is_network(sock) || !is_active())
		return 0;
	count_run(USAGE_PROGRAM_on_send);
	charge(USAGE_tx_bytes, bytes);
	return 0;
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(on_receive, struct sock *sock, int bytes, int flags)
{
	if (bytes <= 0 || flags & MSG_PEEK || !is_network(sock) || !is_active())
		return 0;
	count_run(USAGE_PROGRAM_on_receive);
	charge(USAGE_rx_bytes, bytes);
	return 0;
}

SEC("tp_btf/softirq_entry")
int BPF_PROG(on_softirq_entry, unsigned int vector)
{
	__u32 zero = 0;
	__u64 *began = bpf_map_lookup_elem(&softirq_began, &zero);

	if (!is_active())
		return 0;
	count_run(USAGE_PROGRAM_on_softirq_entry);
	if (began)
		*began = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/softirq_exit")
int BPF_PROG(on_softirq_exit, unsigned int vector)
{
	__u32 zero = 0;
	__u64 *began = bpf_map_lookup_elem(&softirq_began, &zero);

	if (!is_active())
		return 0;
	count_run(USAGE_PROGRAM_on_softirq_exit);
	if (began && *began != 0) {
		charge(USAGE_softirq_ns, bpf_ktime_get_ns() - *began);
		*began = 0;
	}
	return 0;
}

/* Hardware counters */

/*
 * How an event grew since `last`, scaled up by the time it shared its counter with others. 0 when it had none: what it
 * missed then is told by its next turn. An event that has been enabled for less time than before was opened anew.
 */
static __always_inline __u64 growth(struct bpf_perf_event_value *last, const struct bpf_perf_event_value *now)
{
	__u64 counter, enabled, running;

	if (last->enabled == 0) { /* the first look: what was before belongs to nobody */
		*last = *now;
		return 0;
	}
	if (now->enabled < last->enabled)
		__builtin_memset(last, 0, sizeof(*last));
	counter = now->counter - last->counter;
	enabled = now->enabled - last->enabled;
	running = now->running - last->running;
	if (running == 0)
		return 0;
	*last = *now;
	if (running >= enabled)
		return counter;
	enabled >>= 10; /* in us, so that the products fit */
	running = (running >> 10) + 1;
	return counter / running * enabled + counter % running * enabled / running;
}

/* What this CPU's events counted since the last call was done by `task`, which is leaving it or being looked at. */
static __always_inline void charge_pmu(struct task_struct *task)
{
	struct thread *thread = bpf_task_storage_get(&threads, task, 0, 0);
	const __u32 counters[USAGE_PMU_COUNT] = {
#define X(name) USAGE_##name,
		USAGE_PMU_EVENTS(X)
#undef X
	};
	__u32 cpu = bpf_get_smp_processor_id();
	struct pmu_cpu *slot = bpf_map_lookup_elem(&pmu_cpus, &cpu);

	if (!slot)
		return;
#pragma unroll
	for (int e = 0; e < USAGE_PMU_COUNT; e++) {
		struct bpf_perf_event_value now;
		if (!(pmu_events & 1U << e) || bpf_perf_event_read_value(&perf_events, USAGE_PMU_SLOT(e, cpu),
						       &now, sizeof(now)) < 0)
			continue;
		__u64 grown = growth(&slot->last[e], &now);
		if (thread) /* the idle task has none: what the node does idle is no workload's */
			thread->counted[counters[e]] += grown;
	}
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool is_preempted, struct task_struct *prev)
{
	if (is_active())
		charge_pmu(prev);
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

/* Cgroups that come and go */

static __always_inline void tell(__u32 kind, struct cgroup *cgroup, const char *path)
{
	struct usage_event *event;

	if (cgroup->root->hierarchy_id != hierarchy_id || !is_active())
		return;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		add_to(&totals, USAGE_TOTAL_EVENTS_DROPPED, 1);
		return;
	}
	event->cgroup = cgroup->kn->id;
	event->parent = BPF_CORE_READ(cgroup, self.parent, cgroup, kn, id);
	event->kind = kind;
	event->path[0] = '\0';
	bpf_probe_read_kernel_str(event->path, sizeof(event->path), path);
	bpf_ringbuf_submit(event, 0);
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(on_mkdir, struct cgroup *cgroup, const char *path)
{
	count_run(USAGE_PROGRAM_on_mkdir);
	tell(USAGE_EVENT_MKDIR, cgroup, path);
	return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(on_rmdir, struct cgroup *cgroup, const char *path)
{
	count_run(USAGE_PROGRAM_on_rmdir);
	tell(USAGE_EVENT_RMDIR, cgroup, path);
	return 0;
}
