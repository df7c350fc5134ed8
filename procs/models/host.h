/* What the machine is, as far as power goes: read once, before the sandbox; a change begins a new energy epoch. */
#pragma once

#include <stdint.h>

#include "base/config.h"

struct host {
	uint32_t cpus; /* hardware threads this system has (a guest: its vCPUs) */
	uint64_t memory_bytes;
	uint32_t family, model, stepping; /* CPUID display values; 0 where there is no CPUID */
	uint32_t implementer, part;       /* of an ARM CPU: 0x41, 0xd0c */
	char vendor[16];                  /* "GenuineIntel", "AuthenticAMD", "ARM" */
	char brand[80];                   /* "Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz" */
	char sys_vendor[64], product[64]; /* DMI: "Amazon EC2", "m5.xlarge"; "" where there is none */
	char host_product[32];            /* bare-metal type of the host under it, "" if unknown */
	uint32_t host_threads;            /* of the physical host; cpus where nothing better is known */
	char generation[32];              /* of models/generations.def, "unknown" */
	uint32_t thread_idle_mw, thread_full_mw;
	bool is_guest;
};

/* The names that host_cpu_generation may have, with commas; what does not fit is cut. */
void host_generations(char *text, size_t size);
/* Reads /proc/cpuinfo, /proc/meminfo and DMI; config overrides what it names. -EINVAL: no such generation. 0 or -errno. */
int host_read(const struct config *config, struct host *ret_host);
/* Generation and watts per thread by CPUID or ARM part, host type and threads by instance type; as host_read() does. */
void host_classify(struct host *host);
