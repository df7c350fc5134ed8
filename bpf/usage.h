/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What usage.bpf.c and its user side share. */
#ifndef TANSO_USAGE_H
#define TANSO_USAGE_H

#define USAGE_LAYOUT     1 /* raised when a map's meaning changes: stored maps of another layout are not reused */
#define USAGE_DEAD_MAX   16384 /* cgroups with ended threads that wait for an acknowledgement */
#define USAGE_PATH_MAX   512   /* bytes of a cgroup path in an event */
#define USAGE_EVENT_RING (256 * 1024)

/* Programs, and the slots of their run counts. */
#define USAGE_PROGRAMS(X) X(READ) X(PRIME) X(FORK) X(FREE) X(ATTACH) X(MKDIR) X(RMDIR)
enum usage_program {
#define X(id) USAGE_##id,
	USAGE_PROGRAMS(X)
#undef X
		USAGE_PROGRAM_COUNT
};

/* One thread, as the iterator writes it. */
struct usage_record {
	unsigned long long cgroup;         /* kernfs id in the chosen hierarchy */
	unsigned long long cpu_ns;         /* on-CPU time since the epoch that belongs to this cgroup */
	unsigned long long lifetime_ns;    /* on-CPU time since the thread was born */
	unsigned long long group_ended_ns; /* of its process's ended threads (only in the leader's record) */
	unsigned long long start_ns;       /* CLOCK_BOOTTIME of the process's birth */
	unsigned int tgid, tid;
};

enum usage_event_kind { USAGE_EVENT_MKDIR = 1, USAGE_EVENT_RMDIR = 2 };

struct usage_event {
	unsigned long long cgroup;
	unsigned int kind;
	char path[USAGE_PATH_MAX];
};

/* The single entry of map `layout`, written by user space when the counters are born. */
struct usage_layout {
	unsigned int version;
	unsigned int is_v1;
};

/* The entries of map `totals`. */
enum usage_total {
	USAGE_TOTAL_DEAD_OTHER,     /* ns of ended threads whose cgroup found no room in `dead` */
	USAGE_TOTAL_EVENTS_DROPPED, /* events that found no room in the ring buffer */
	USAGE_TOTAL_UNSTORED,       /* threads without task storage (no memory) */
	USAGE_TOTAL_COUNT
};

#endif
