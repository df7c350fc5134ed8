/* What the machine is, as far as power goes: read once, before the sandbox; a change begins a new energy epoch. */
#pragma once

#include <stdint.h>

#include "base/config.h"

struct host {
	uint32_t cpus; /* hardware threads this system has (a guest: its vCPUs) */
	uint64_t memory_bytes;
	uint32_t family, model, stepping; /* CPUID display values; 0 where there is no CPUID */
	char vendor[16];                  /* "GenuineIntel", "AuthenticAMD", "ARM" */
	char generation[32];              /* of models/generations.def, "unknown" */
	uint32_t thread_idle_mw, thread_full_mw;
	bool is_guest;
};

/* Reads /proc/cpuinfo, /proc/meminfo; config overrides what it names. -EINVAL: no such generation. 0 or -errno. */
int host_read(const struct config *config, struct host *ret_host);
