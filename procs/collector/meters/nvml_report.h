/*
 * What the NVML reader tells the collector: one datagram for each one it is sent. The reader is a child of the collector
 * that has NVIDIA's closed library in it (docs/decisions/0016-meters.md), so the collector checks every number.
 */
#pragma once

#include <stdint.h>

#define NVML_GPUS_MAX      16
#define NVML_PROCESSES_MAX 512
#define NVML_UUID_SIZE     80 /* NVML_DEVICE_UUID_BUFFER_SIZE */

enum nvml_quantity { NVML_ENERGY_MJ, NVML_POWER_MW };

struct nvml_gpu {
	char uuid[NVML_UUID_SIZE]; /* NUL-terminated */
	int32_t error;             /* 0 or -errno: value means nothing then */
	uint32_t quantity;         /* enum nvml_quantity */
	uint64_t value;
};

struct nvml_process {
	uint32_t pid;
	uint32_t reserved;
	uint64_t grown_ns; /* of multiprocessor time since the last report, over all GPUs */
};

struct nvml_report {
	int32_t error; /* 0; -ENOENT: no library, driver or GPU; another -errno */
	uint32_t gpu_count, process_count;
	uint32_t processes_dropped; /* found no room */
	uint64_t mono_ns, boot_ns;  /* when it was read */
	struct nvml_gpu gpus[NVML_GPUS_MAX];
	struct nvml_process processes[NVML_PROCESSES_MAX];
};

/* The child's whole life: loads the library, then answers each datagram on fd until its other end is closed. */
void nvml_reader_run(const char *library, int fd) __attribute__((noreturn));
