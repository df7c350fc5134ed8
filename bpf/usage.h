/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the BPF objects and their user side share. */
#ifndef TANSO_USAGE_H
#define TANSO_USAGE_H

#include <linux/bpf.h>

#define USAGE_LAYOUT     9 /* raised when a map's meaning changes: stored maps of another layout are not reused */
#define USAGE_DEAD_MAX   16384 /* cgroups with ended threads that wait for an acknowledgement */
#define USAGE_PATH_MAX   512   /* bytes of a cgroup path in an event */
#define USAGE_EVENT_RING (256 * 1024)
#define USAGE_TOLD_MAX   65536 /* places for how threads stood, found by the low bits of their ids */
#define USAGE_RECORDS    4096  /* records that one run of a reading program has room for */
#define USAGE_LIST_MAX                                                                                       \
	8192 /* threads that read_list looks at in one piece: some ms in which its CPU does nothing else */
#define USAGE_OTHER (~0ULL) /* key in `dead` of what found no room; the ring's ROW_ID_OTHER */

/* Hardware counters: X(counter). */
#define USAGE_PMU_EVENTS(X)        X(cycles) X(instructions) X(cache_misses) X(dtlb_loads)
#define USAGE_PMU_COUNT            4
#define USAGE_CPUS_MAX             1024 /* CPUs beyond have no hardware counters */
#define USAGE_PMU_SLOT(event, cpu) ((cpu)*USAGE_PMU_COUNT + (event)) /* in map perf_events */

/* Counters of a thread, all cumulative, in the order of the ring's rows. */
#define USAGE_COUNTERS(X)                                                                                    \
	X(cpu_ns)                                                                                            \
	X(switches)                                                                                          \
	X(cycles)                                                                                            \
	X(instructions)                                                                                      \
	X(cache_misses)                                                                                      \
	X(dtlb_loads)                                                                                        \
	X(minor_faults)                                                                                      \
	X(major_faults)                                                                                      \
	X(cache_adds)                                                                                        \
	X(cache_dirtied)                                                                                     \
	X(read_bytes)                                                                                        \
	X(write_bytes)                                                                                       \
	X(io_ops)                                                                                            \
	X(rx_bytes)                                                                                          \
	X(tx_bytes)                                                                                          \
	X(rx_packets)                                                                                        \
	X(tx_packets)                                                                                        \
	X(softirq_ns)
enum usage_counter {
#define X(name) USAGE_##name,
	USAGE_COUNTERS(X)
#undef X
		USAGE_COUNTER_COUNT
};

/*
 * Programs: X(name, label in metrics, tracepoint, what is lost without it). Without a CORE program there is no counting;
 * an optional one names the counter that is then absent; PMU ones are attached where a hardware counter opens; the LIST
 * one is in an object of its own, which may be refused alone; the TRANSMIT one counts what is sent where sockets do not
 * tell it (before 6.3).
 */
#define USAGE_PROGRAMS(X)                                                                                    \
	X(read_usage, read, "", CORE)                                                                        \
	X(read_list, read_list, "", LIST)                                                                    \
	X(prime, prime, "", CORE)                                                                            \
	X(on_fork, fork, "sched_process_fork", CORE)                                                         \
	X(on_free, free, "sched_process_free", CORE)                                                         \
	X(on_attach, attach, "cgroup_attach_task", CORE)                                                     \
	X(on_mkdir, mkdir, "cgroup_mkdir", CORE)                                                             \
	X(on_rmdir, rmdir, "cgroup_rmdir", CORE)                                                             \
	X(on_exit, exit, "sched_process_exit", CORE)                                                         \
	X(on_cache_add, cache_add, "mm_filemap_add_to_page_cache", cache_adds)                               \
	X(on_cache_dirty, cache_dirty, "writeback_dirty_folio", cache_dirtied)                               \
	X(on_block_io, block_io, "block_bio_queue", io_ops)                                                  \
	X(on_send, send, "sock_send_length", tx_bytes)                                                       \
	X(on_receive, receive, "sock_recv_length", rx_bytes)                                                 \
	X(on_transmit, transmit, "net_dev_queue", TRANSMIT)                                                  \
	X(on_softirq_entry, softirq_entry, "softirq_entry", softirq_ns)                                      \
	X(on_softirq_exit, softirq_exit, "softirq_exit", softirq_ns)                                         \
	X(on_switch, switch, "sched_switch", PMU)                                                            \
	X(settle_cpu, settle, "", PMU)
#define USAGE_CORE     (-1)
#define USAGE_PMU      (-2)
#define USAGE_LIST     (-3)
#define USAGE_TRANSMIT (-4)
enum usage_program {
#define X(name, label, tracepoint, counter) USAGE_PROGRAM_##name,
	USAGE_PROGRAMS(X)
#undef X
		USAGE_PROGRAM_COUNT
};

#define USAGE_COMM_MAX 16
#define USAGE_EXE_MAX  32

/*
 * How a thread stood when it was last told: one that stands so has not run since, and is not told again. Entry tid %
 * USAGE_TOLD_MAX of map `told`; who loses its place to another is told each time.
 */
struct usage_told {
	unsigned int tid;
	unsigned int reading;        /* the last one that found it so */
	unsigned long long run_ns;   /* USAGE_UNSETTLED: it must be told in any case */
	unsigned long long css_set;  /* its address */
	unsigned long long ended_ns; /* of a leader with threads: how long those ran that have ended */
};

#define USAGE_UNSETTLED (~0ULL)
#define USAGE_ALONE     (~0ULL) /* ended_ns of a thread that is no leader, or of one without threads */

/* The single entry of map `reading`. A reading that follows none that was whole leaves a number out: it is told all. */
struct usage_reading {
	unsigned int number;  /* user space: of this reading */
	unsigned int records; /* written by the program, taken by user space */
	unsigned int is_cut;  /* read_list stopped before the end */
	unsigned int looks;   /* at how many threads it looked */
};

/*
 * One thread, as a reading finds it in map `records`. value - base (which may wrap) is what its cgroup owes it since the counters'
 * birth; value is what it adds to its process since that one's birth. The leader's value includes its ended threads.
 */
struct usage_record {
	unsigned int tid, tgid;
	unsigned long long cgroup;   /* kernfs id in the chosen hierarchy */
	unsigned long long start_ns; /* CLOCK_BOOTTIME of the process's birth */
	char comm[USAGE_COMM_MAX];   /* of the leader, as is exe */
	unsigned long long
		resident;        /* pages that its process holds in memory, 0 = it has no memory of its own */
	char exe[USAGE_EXE_MAX]; /* file name of the executable, "" = none (a kernel thread) */
	unsigned long long value[USAGE_COUNTER_COUNT];
	unsigned long long base[USAGE_COUNTER_COUNT];
};

/* What the programs know before they load, in both objects the same. */
struct usage_constants {
	unsigned int is_v1;          /* cpuacct hierarchy instead of cgroup v2 */
	int hierarchy_id;            /* as in /proc/cgroups; 0 = v2 */
	unsigned long long birth_ns; /* CLOCK_BOOTTIME of the counters' birth */
	unsigned int generation;     /* see struct usage_layout */
	unsigned int pmu_events;     /* bit e set: hardware counter e is open */
	unsigned int cpu_only;       /* the rest did not load on this kernel */
	unsigned int reserved;
};

/* What the ended threads of a cgroup used. */
struct usage_sum {
	unsigned long long counter[USAGE_COUNTER_COUNT];
};

enum usage_event_kind { USAGE_EVENT_MKDIR = 1, USAGE_EVENT_RMDIR = 2 };

struct usage_event {
	unsigned long long cgroup, parent;
	unsigned int kind;
	char path[USAGE_PATH_MAX];
};

/*
 * The single entry of map `layout`, written by user space. Programs of another generation than this keep still, so that
 * an upgrade attaches the new ones, changes one word, and releases the old ones: nothing is missed or counted twice.
 */
struct usage_layout {
	unsigned int version; /* 0 until the counters are born */
	unsigned int generation;
	unsigned int is_v1;
	unsigned int counters;   /* bit c set: counter c is counted */
	unsigned int pmu_events; /* bit e set: event e is open */
	unsigned int reserved;
	unsigned long long birth_ns;                       /* CLOCK_BOOTTIME */
	unsigned long long build;                          /* of the programs */
	unsigned long long open_cpus[USAGE_CPUS_MAX / 64]; /* whose events are open */
};

/* What the events of a CPU stood at when its last thread left; only that CPU writes it. */
struct usage_pmu_cpu {
	struct bpf_perf_event_value last[USAGE_PMU_COUNT];
	unsigned long long switches; /* runs of on_switch */
	unsigned long long
		enabled_ns; /* of the first event, at the last look: one that stands still is dead */
	unsigned long long padding[2]; /* to whole cache lines */
};

/* The entries of map `totals`. */
enum usage_total {
	USAGE_TOTAL_EVENTS_DROPPED, /* events that found no room in the ring buffer */
	USAGE_TOTAL_UNSTORED,       /* threads without task storage (no memory) */
	USAGE_TOTAL_COUNT
};

#endif
