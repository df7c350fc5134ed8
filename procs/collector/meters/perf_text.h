/* The texts of /sys/bus/event_source/devices/power. Foreign bytes: every value is bounded; 0 or -EBADMSG. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "collector/meters/tally.h"

#define PERF_CPUS_MAX 64 /* CPUs of a cpumask: one a package or die */

/* "event=0x02" */
int perf_text_event(const char *text, uint64_t *ret_config);
/* Joules of one count, "2.3283064365386962890625e-10", as µJ. */
int perf_text_scale(const char *text, struct tally_unit *ret_unit);
/* "0,18" or "0-1": CPUs below 65536; *ret_count of them. More than PERF_CPUS_MAX is -E2BIG. */
int perf_text_cpus(const char *text, uint32_t cpus[static PERF_CPUS_MAX], size_t *ret_count);
