/*
 * What the NVML reader tells the collector: one datagram for each one it is sent. The reader is a child of the collector
 * that has NVIDIA's closed library in it (docs/decisions/0016-meters.md), so the collector checks every number.
 */
#pragma once

#include <stdint.h>

#include "collector/meters/meter.h"

#define NVML_GPUS_MAX      16
#define NVML_PROCESSES_MAX 512
#define NVML_UUID_SIZE     80 /* NVML_DEVICE_UUID_BUFFER_SIZE */
#define NVML_NAME_SIZE     96 /* NVML_DEVICE_NAME_V2_BUFFER_SIZE */

enum nvml_quantity { NVML_ENERGY_MJ, NVML_POWER_MW };

struct nvml_gpu {
	char uuid[NVML_UUID_SIZE], name[NVML_NAME_SIZE]; /* NUL-terminated */
	uint32_t index;
	uint32_t is_told;      /* who uses it */
	uint32_t first, count; /* its users among the report's processes */
	uint64_t unlisted_ns;  /* used by those that found no room there */
	int32_t error;         /* 0 or -errno: value means nothing then */
	uint32_t quantity;     /* enum nvml_quantity */
	uint64_t value;
};

struct nvml_report {
	int32_t error; /* 0; -ENOENT: no library, driver or GPU; another -errno */
	uint32_t gpu_count, process_count;
	uint32_t gpus_left_out;    /* found no room */
	uint64_t mono_ns, boot_ns; /* when it was read */
	struct nvml_gpu gpus[NVML_GPUS_MAX];
	struct gpu_use processes[NVML_PROCESSES_MAX];
};

/* The child's whole life: loads the library, then answers each datagram on fd until its other end is closed. */
void nvml_reader_run(const char *library, int fd) __attribute__((noreturn));
