/* Parsers of procfs text (proc(5), cgroups(7)). A process names itself: its comm may hold spaces and parentheses. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "ipc/ring.h"

struct procfs_stat {
	uint64_t cpu_ticks;   /* utime + stime, USER_HZ */
	uint64_t start_ticks; /* after boot, USER_HZ */
	uint64_t resident;    /* pages */
	char comm[16];        /* not NUL-terminated when all are used */
};

/* /proc/<pid>/stat. 0 or -EBADMSG. */
int procfs_parse_stat(const char *text, struct procfs_stat *ret_stat);
/* /proc/<pid>/cgroup: the path in the hierarchy of `controller` ("" = v2). 0, -ENOENT, -E2BIG. */
int procfs_parse_cgroup(const char *text, const char *controller, char *ret_path, size_t size);
/* Such a path as a cgroup namespace whose root is `base` shows it ("/../../x"), in the whole tree. 0 or -E2BIG. */
int procfs_whole_cgroup(const char *base, const char *shown, char *ret_path, size_t size);

struct procfs_cpu {
	uint64_t idle_ticks; /* idle + iowait of all CPUs */
	uint64_t steal_ticks;
	uint64_t softirqs[SOFTIRQ_COUNT];
	uint32_t cpus;
};

/* /proc/stat. 0 or -EBADMSG. */
int procfs_parse_cpu(const char *text, struct procfs_cpu *ret_cpu);
/* Value of a line "Key:   123 kB" of /proc/meminfo in bytes. 0 or -ENOENT. */
int procfs_parse_meminfo(const char *text, const char *key, uint64_t *ret_bytes);
