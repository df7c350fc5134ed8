/*
 * NVIDIA GPUs: zone gpu. The collector rings, takes the answer at its next reading, and never waits, whatever the driver
 * does meanwhile; so GPU energy is one interval late, and none of it is lost (the counters are cumulative).
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "collector/meters/meter.h"
#include "collector/meters/nvml_report.h"

#define END_WAIT_MS   100
#define FIRST_WAIT_MS 10000 /* without persistence mode the driver starts the GPUs first: seconds */
#define STALE_NS      (5 * NS_PER_SECOND)
#define USES_WAIT_NS  NS_PER_SECOND /* NVML samples who uses a GPU once a second at least */

struct nvml_meter {
	struct meter meter;
	int fd;
	pid_t child;
	bool is_gone; /* the reader died */
	struct nvml_known {
		struct tally *tally;
		uint64_t counted_ns; /* CLOCK_MONOTONIC; 0 = never */
	} gpus[NVML_GPUS_MAX];
	uint32_t count;
	struct tally *reported[NVML_GPUS_MAX]; /* of the report's GPUs; NULL: no room */
	struct nvml_report report;
	bool has_processes; /* of this report, not yet handed out */
	uint64_t reported_ns;
};

static void ring(struct nvml_meter *nvml)
{
	if (send(nvml->fd, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == EPIPE)
		nvml->is_gone = true;
}

static bool is_text(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

static bool is_sound(const struct nvml_report *report)
{
	if (report->gpu_count > NVML_GPUS_MAX || report->process_count > NVML_PROCESSES_MAX)
		return false;
	for (uint32_t i = 0; i < report->gpu_count; i++) {
		const struct nvml_gpu *gpu = &report->gpus[i];
		if (!is_text(gpu->uuid, NVML_UUID_SIZE) || gpu->uuid[0] == '\0' ||
			!is_text(gpu->name, NVML_NAME_SIZE) || gpu->quantity > NVML_POWER_MW ||
			gpu->error > 0 || gpu->first > report->process_count ||
			gpu->count > report->process_count - gpu->first)
			return false;
	}
	return true;
}

/* 1 = a new report, 0 = none yet, -EBADMSG, or -EPIPE: the reader is gone. */
static int take_report(struct nvml_meter *nvml)
{
	ssize_t size = recv(nvml->fd, &nvml->report, sizeof(nvml->report), MSG_DONTWAIT);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (size <= 0) {
		if (!nvml->is_gone)
			log_error("the NVML reader is gone: no GPU energy until the collector starts anew");
		nvml->is_gone = true;
		return -EPIPE;
	}
	bool is_good = size == sizeof(nvml->report) && is_sound(&nvml->report);
	if (!is_good)
		nvml->report = (struct nvml_report) { .error = -EBADMSG };
	return is_good ? 1 : -EBADMSG;
}

static int count_gpu(struct tally *tally, const struct nvml_gpu *gpu, struct instant when)
{
	if (gpu->error < 0)
		return gpu->error;
	if (gpu->quantity == NVML_ENERGY_MJ)
		return tally_count(tally, gpu->value, 0, TALLY_MILLIJOULE, when);
	return gpu->value > UINT32_MAX ? -EBADMSG : tally_power(tally, gpu->value * 1000, false, when);
}

static struct nvml_known *find_gpu(struct nvml_meter *nvml, struct tallies *tallies, const char *uuid)
{
	char key[TALLY_KEY_MAX];

	snprintf(key, sizeof(key), "nvml/%s", uuid);
	struct tally *tally = tallies_claim(tallies, key, ZONE_GPU);
	for (uint32_t i = 0; i < nvml->count; i++)
		if (nvml->gpus[i].tally == tally)
			return &nvml->gpus[i];
	if (tally == NULL || nvml->count == NVML_GPUS_MAX)
		return NULL;
	nvml->gpus[nvml->count] = (struct nvml_known) { .tally = tally };
	return &nvml->gpus[nvml->count++];
}

/* Whose its energy is may be told a little later than the energy. */
static bool must_wait(const struct nvml_known *known, const struct nvml_gpu *gpu, uint64_t now_ns)
{
	return gpu->is_told && gpu->count == 0 && gpu->unlisted_ns == 0 && gpu->error == 0 &&
	       known->counted_ns != 0 && now_ns - known->counted_ns < USES_WAIT_NS;
}

static void take_gpu(
	struct nvml_known *known, const struct nvml_gpu *gpu, struct instant when, uint64_t now_ns)
{
	known->tally->outcome = 0;
	if (must_wait(known, gpu, now_ns))
		return;
	known->tally->outcome = count_gpu(known->tally, gpu, when);
	known->counted_ns = now_ns;
}

/* A GPU that is not in the report is gone (-ENOENT) unless it comes back in time: meters.c. */
static void take_gpus(struct nvml_meter *nvml, struct tallies *tallies, uint64_t now_ns)
{
	const struct instant when = { .mono_ns = nvml->report.mono_ns, .boot_ns = nvml->report.boot_ns };

	for (uint32_t i = 0; i < nvml->count; i++)
		nvml->gpus[i].tally->outcome = nvml->report.error < 0 && nvml->report.error != -ENODEV
						       ? nvml->report.error
						       : -ENOENT;
	tallies->dropped += nvml->report.gpus_left_out;
	for (uint32_t i = 0; i < nvml->report.gpu_count; i++) {
		struct nvml_known *known = find_gpu(nvml, tallies, nvml->report.gpus[i].uuid);
		nvml->reported[i] = known != NULL ? known->tally : NULL;
		if (known != NULL)
			take_gpu(known, &nvml->report.gpus[i], when, now_ns);
	}
}

static void set_all(struct nvml_meter *nvml, int outcome)
{
	for (uint32_t i = 0; i < nvml->count; i++)
		nvml->gpus[i].tally->outcome = outcome;
}

/* No news: a break was told of once, and the counter goes on from there. */
static void pass_breaks(struct nvml_meter *nvml)
{
	for (uint32_t i = 0; i < nvml->count; i++)
		if (nvml->gpus[i].tally->outcome == -ERANGE)
			nvml->gpus[i].tally->outcome = 0;
}

static void read_nvml(struct meter *meter, struct tallies *tallies, struct instant now)
{
	struct nvml_meter *nvml = container_of(meter, struct nvml_meter, meter);
	int r = nvml->is_gone ? -EPIPE : take_report(nvml);

	if (nvml->reported_ns == 0 || r > 0)
		nvml->reported_ns = now.mono_ns;
	if (r > 0) {
		nvml->has_processes = true;
		take_gpus(nvml, tallies, now.mono_ns);
	} else if (r < 0) {
		set_all(nvml, r);
	} else if (now.mono_ns - nvml->reported_ns > STALE_NS) {
		set_all(nvml, -ETIMEDOUT);
	} else {
		pass_breaks(nvml);
	}
	if (r != 0 && !nvml->is_gone) /* one question at a time */
		ring(nvml);
}

static void visit_nvml(struct meter *meter, gpu_visitor *visit, void *context)
{
	struct nvml_meter *nvml = container_of(meter, struct nvml_meter, meter);

	for (uint32_t i = 0; i < nvml->report.gpu_count; i++) {
		const struct nvml_gpu *gpu = &nvml->report.gpus[i];
		if (nvml->reported[i] == NULL)
			continue;
		const struct gpu_reading reading = { .uuid = gpu->uuid,
			.name = gpu->name,
			.vendor = "nvidia",
			.index = gpu->index,
			.uj = nvml->reported[i]->uj,
			.use_count = nvml->has_processes ? gpu->count : 0,
			.unlisted_ns = nvml->has_processes ? gpu->unlisted_ns : 0,
			.uses = &nvml->report.processes[gpu->first] };
		visit(context, &reading);
	}
	nvml->has_processes = false;
}

static void free_nvml(struct meter *meter)
{
	struct nvml_meter *nvml = container_of(meter, struct nvml_meter, meter);

	closep(&nvml->fd); /* the reader ends when its socket does */
	free(nvml);
}

static int start_reader(struct nvml_meter *nvml, const char *library)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	nvml->child = fork();
	if (nvml->child == 0)
		nvml_reader_run(library, fds[1]);
	close(fds[1]);
	nvml->fd = fds[0];
	return nvml->child < 0 ? -errno : 0;
}

static int first_report(struct nvml_meter *nvml)
{
	struct pollfd waiting = { .fd = nvml->fd, .events = POLLIN };

	ring(nvml);
	if (poll(&waiting, 1, FIRST_WAIT_MS) <= 0)
		return -ETIMEDOUT;
	int r = take_report(nvml);
	if (r < 0)
		return r;
	return nvml->report.error;
}

/* It may hang in the driver: then it is left to init. */
static void end_reader(pid_t child)
{
	const struct timespec pause = { 0, NS_PER_MILLISECOND };

	kill(child, SIGKILL);
	for (int i = 0; i < END_WAIT_MS && waitpid(child, NULL, WNOHANG) == 0; i++)
		nanosleep(&pause, NULL);
}

int meter_open_nvml(
	const char *name, const struct config *config, struct tallies *tallies, struct meter **ret_meter)
{
	struct nvml_meter *nvml = calloc(1, sizeof(*nvml));

	(void)name;
	if (nvml == NULL)
		return -ENOMEM;
	*nvml = (struct nvml_meter) { .meter = { read_nvml, free_nvml, visit_nvml }, .fd = -1 };
	int r = start_reader(nvml, config->nvml_library);
	if (r == 0)
		r = first_report(nvml);
	if (r == 0)
		take_gpus(nvml, tallies, 0);
	if (r == 0 && nvml->count == 0)
		r = -ENOENT;
	if (r < 0) {
		pid_t child = nvml->child;
		free_nvml(&nvml->meter);
		if (child > 0)
			end_reader(child);
		return r;
	}
	ring(nvml);
	*ret_meter = &nvml->meter;
	return 0;
}
