/*
 * NVML, loaded at run time: nothing of tanso is linked with it. Names, numbers and layouts are those of NVIDIA's NVML API
 * reference (functions with _v2 where the plain name is an older ABI).
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sandbox.h"
#include "collector/meters/nvml_report.h"

#define SAMPLES_MAX   1024
#define RETRY_NS      (10 * NS_PER_SECOND) /* a driver that went away is asked again so often */
#define SAMPLE_NS_MAX NS_PER_SECOND        /* NVML's sampling period is at most a second */
#define US_PER_NS     1000
#define PERCENT       100

/* nvmlReturn_t */
enum {
	NVML_SUCCESS = 0,
	NVML_UNINITIALIZED = 1,
	NVML_NOT_SUPPORTED = 3,
	NVML_NO_PERMISSION = 4,
	NVML_NOT_FOUND = 6,
	NVML_DRIVER_NOT_LOADED = 9,
	NVML_LIBRARY_NOT_FOUND = 12,
	NVML_GPU_IS_LOST = 15,
	NVML_RESET_REQUIRED = 16,
};

typedef struct nvmlDevice_st *nvml_device;

/* nvmlProcessUtilizationSample_t */
struct utilization {
	unsigned int pid;
	unsigned long long timestamp_us; /* CPU time stamp */
	unsigned int sm, memory, encoder, decoder;
};
_Static_assert(sizeof(struct utilization) == 32, "nvmlProcessUtilizationSample_t");

struct reader {
	int (*init)(void);
	int (*shutdown)(void);
	int (*get_count)(unsigned int *count);
	int (*get_handle)(unsigned int index, nvml_device *device);
	int (*get_uuid)(nvml_device device, char *uuid, unsigned int size);
	int (*get_name)(nvml_device device, char *name, unsigned int size);
	int (*get_energy)(nvml_device device, unsigned long long *millijoules);
	int (*get_power)(nvml_device device, unsigned int *milliwatts);
	int (*get_utilization)(nvml_device device, struct utilization *samples, unsigned int *count,
		unsigned long long since_us);
	void *library;
	bool is_ready, is_unprocessed[NVML_GPUS_MAX]; /* a GPU that does not tell processes apart */
	uint64_t tried_ns, read_ns;
	uint64_t seen_us[NVML_GPUS_MAX]; /* newest sample of each GPU */
	struct nvml_report report;
};

static int to_errno(int r)
{
	switch (r) {
	case NVML_SUCCESS: return 0;
	case NVML_NO_PERMISSION: return -EACCES;
	case NVML_NOT_SUPPORTED: return -EOPNOTSUPP;
	case NVML_DRIVER_NOT_LOADED:
	case NVML_LIBRARY_NOT_FOUND:
	case NVML_NOT_FOUND: return -ENOENT;
	default: return -EIO;
	}
}

static bool find_symbol(void *library, const char *name, void *ret_function)
{
	void *symbol = dlsym(library, name);

	memcpy(ret_function, &symbol, sizeof(symbol));
	return symbol != NULL;
}

static int load(struct reader *reader, const char *library)
{
	reader->library = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	if (reader->library == NULL)
		return -ENOENT;
	bool has_all = find_symbol(reader->library, "nvmlInit_v2", &reader->init) &&
		       find_symbol(reader->library, "nvmlShutdown", &reader->shutdown) &&
		       find_symbol(reader->library, "nvmlDeviceGetCount_v2", &reader->get_count) &&
		       find_symbol(reader->library, "nvmlDeviceGetHandleByIndex_v2", &reader->get_handle) &&
		       find_symbol(reader->library, "nvmlDeviceGetUUID", &reader->get_uuid) &&
		       find_symbol(reader->library, "nvmlDeviceGetPowerUsage", &reader->get_power);
	find_symbol(reader->library, "nvmlDeviceGetName", &reader->get_name);
	/* Newer than the rest (Volta; driver 396): without them power is integrated, processes are not told apart. */
	find_symbol(reader->library, "nvmlDeviceGetTotalEnergyConsumption", &reader->get_energy);
	find_symbol(reader->library, "nvmlDeviceGetProcessUtilization", &reader->get_utilization);
	return has_all ? 0 : -ENOSYS;
}

static void add_use(struct nvml_report *report, struct nvml_gpu *gpu, uint32_t pid, uint64_t grown_ns)
{
	struct gpu_use *uses = &report->processes[gpu->first];

	for (uint32_t i = 0; i < gpu->count; i++)
		if (uses[i].pid == pid) {
			uses[i].grown_ns += grown_ns;
			return;
		}
	if (gpu->first + gpu->count == NVML_PROCESSES_MAX)
		gpu->unlisted_ns += grown_ns;
	else
		uses[gpu->count++] = (struct gpu_use) { .pid = pid, .grown_ns = grown_ns };
}

/* A sample is the mean utilisation since the one before it. What lies longer back than both our last reading and NVML's
 * sampling period was idle: NVML keeps no samples of idle time. */
static uint64_t span_ns(uint64_t from_us, uint64_t to_us, uint64_t since_read_ns)
{
	uint64_t most_ns = since_read_ns > SAMPLE_NS_MAX ? since_read_ns : SAMPLE_NS_MAX;
	uint64_t span_us = to_us > from_us ? to_us - from_us : 0;

	return span_us > most_ns / US_PER_NS ? most_ns : span_us * US_PER_NS;
}

static void read_uses(struct reader *reader, struct nvml_gpu *gpu, nvml_device device, uint64_t since_read_ns)
{
	static struct utilization samples[SAMPLES_MAX];
	unsigned int count = SAMPLES_MAX;
	unsigned int index = gpu->index;
	uint64_t seen_us = reader->seen_us[index];

	gpu->first = reader->report.process_count;
	if (reader->get_utilization == NULL || reader->is_unprocessed[index])
		return;
	int r = reader->get_utilization(device, samples, &count, seen_us);
	reader->is_unprocessed[index] = r == NVML_NOT_SUPPORTED; /* MIG, vGPU, before Maxwell */
	gpu->is_told = r == NVML_SUCCESS || r == NVML_NOT_FOUND; /* no samples: nobody used it */
	if (r != NVML_SUCCESS || count > SAMPLES_MAX)
		return;
	for (unsigned int i = 0; i < count; i++) {
		/* The buffer may hold stale entries; and a first reading has no interval to speak of. */
		if (samples[i].timestamp_us <= seen_us || samples[i].sm > PERCENT || samples[i].pid == 0)
			continue;
		if (samples[i].timestamp_us > reader->seen_us[index])
			reader->seen_us[index] = samples[i].timestamp_us;
		uint64_t grown_ns =
			span_ns(seen_us, samples[i].timestamp_us, since_read_ns) * samples[i].sm / PERCENT;
		if (seen_us != 0 && grown_ns > 0)
			add_use(&reader->report, gpu, samples[i].pid, grown_ns);
	}
}

static int read_power(const struct reader *reader, nvml_device device, struct nvml_gpu *gpu)
{
	unsigned long long millijoules;
	unsigned int milliwatts;
	int r = reader->get_energy != NULL ? reader->get_energy(device, &millijoules) : NVML_NOT_SUPPORTED;

	if (r == NVML_SUCCESS) {
		gpu->quantity = NVML_ENERGY_MJ;
		gpu->value = millijoules;
		return r;
	}
	if (r !=
		NVML_NOT_SUPPORTED) /* a GPU that has the counter is not switched to its power for one bad reading */
		return r;
	gpu->quantity = NVML_POWER_MW;
	r = reader->get_power(device, &milliwatts);
	gpu->value = r == NVML_SUCCESS ? milliwatts : 0;
	return r;
}

/* NVML_SUCCESS, or what says that the driver must be opened anew. */
static int read_gpu(struct reader *reader, unsigned int index, uint64_t since_read_ns)
{
	struct nvml_gpu gpu = { .index = index };
	nvml_device device;
	int r = reader->get_handle(index, &device);

	if (r == NVML_SUCCESS)
		r = reader->get_uuid(device, gpu.uuid, sizeof(gpu.uuid));
	if (r != NVML_SUCCESS) /* whose it would be is not known; the collector misses it by its UUID */
		return r;
	if (reader->get_name == NULL || reader->get_name(device, gpu.name, sizeof(gpu.name)) != NVML_SUCCESS)
		gpu.name[0] = '\0';
	/* The energy last: what is newer in it than the uses waits for the next ones (nvml.c). */
	read_uses(reader, &gpu, device, since_read_ns);
	r = read_power(reader, device, &gpu);
	gpu.error = to_errno(r);
	if (r == NVML_SUCCESS)
		reader->report.process_count += gpu.count;
	else
		gpu.count = 0;
	reader->report.gpus[reader->report.gpu_count++] = gpu;
	return r;
}

static bool is_driver_gone(int r)
{
	return r == NVML_UNINITIALIZED || r == NVML_DRIVER_NOT_LOADED || r == NVML_GPU_IS_LOST ||
	       r == NVML_RESET_REQUIRED;
}

static int begin(struct reader *reader, uint64_t now_ns)
{
	if (reader->is_ready)
		return 0;
	if (reader->tried_ns != 0 && now_ns - reader->tried_ns < RETRY_NS)
		return -ENODEV;
	reader->tried_ns = now_ns;
	int r = reader->init();
	reader->is_ready = r == NVML_SUCCESS;
	return r == NVML_SUCCESS ? 0 : to_errno(r);
}

static void read_all(struct reader *reader)
{
	struct instant now = clock_now();
	unsigned int count = 0;
	int r, worst = NVML_SUCCESS;

	reader->report = (struct nvml_report) { .mono_ns = now.mono_ns, .boot_ns = now.boot_ns };
	if ((r = begin(reader, now.mono_ns)) < 0) {
		reader->report.error = r;
		return;
	}
	worst = reader->get_count(&count);
	for (unsigned int i = 0; i < count && i < NVML_GPUS_MAX; i++) {
		r = read_gpu(reader, i, now.mono_ns - reader->read_ns);
		worst = is_driver_gone(r) ? r : worst;
	}
	reader->report.gpus_left_out = count > NVML_GPUS_MAX ? count - NVML_GPUS_MAX : 0;
	reader->read_ns = now.mono_ns;
	if (is_driver_gone(worst)) { /* answers what it has; the next readings try to begin again */
		reader->shutdown();
		reader->is_ready = false;
	} else if (count == 0) {
		reader->report.error = -ENOENT;
	}
}

void nvml_reader_run(const char *library, int fd)
{
	static struct reader reader;
	char doorbell;

	(void)prctl(PR_SET_NAME, "tanso-nvml");
	int r = sandbox_enter_foreign(fd);
	if (r == 0)
		r = load(&reader, library);
	while (recv(fd, &doorbell, sizeof(doorbell), 0) > 0) {
		if (r < 0)
			reader.report.error = r;
		else
			read_all(&reader);
		if (send(fd, &reader.report, sizeof(reader.report), MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(EXIT_SUCCESS);
}
