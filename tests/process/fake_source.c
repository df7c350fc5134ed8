/*
 * The estimator as the analyst sees it, told what to say: fake_source RUNTIME_DIR. Lines on stdin: "pod NAMESPACE NAME PACKAGE_UJ
 * DRAM_UJ" (cumulative; a name that is not repeated before the next "send" has ended), "idle PACKAGE_UJ", "send". Prints "acked SEQ".
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "ipc/link.h"

#define PODS_MAX 1024

struct pod {
	char namespace[64], name[64];
	uint64_t package_uj, dram_uj;
	bool is_told;
};

static struct pod pods[PODS_MAX];
static size_t pod_count;
static struct link *power, *acks;
static struct epoch epoch;
static uint64_t energy_epoch, seq, born_ns, idle_uj;

static int on_ack(void *context, const struct frame *frame)
{
	(void)context;
	printf("acked %llu\n", (unsigned long long)((const struct ack_once *)frame->once)->committed_seq);
	fflush(stdout);
	return 0;
}

static struct pod *pod_of(const char *namespace, const char *name)
{
	for (size_t i = 0; i < pod_count; i++)
		if (strcmp(pods[i].name, name) == 0 && strcmp(pods[i].namespace, namespace) == 0)
			return &pods[i];
	if (pod_count == PODS_MAX)
		exit(2);
	snprintf(pods[pod_count].namespace, sizeof(pods[0].namespace), "%s", namespace);
	snprintf(pods[pod_count].name, sizeof(pods[0].name), "%s", name);
	return &pods[pod_count++];
}

static struct frame_head head_of(enum frame_kind kind)
{
	return (struct frame_head) {
		.kind = (uint8_t)kind, .epoch = epoch, .energy_epoch = energy_epoch, .seq = seq
	};
}

static void send_names(void)
{
	static struct workload_row rows[PODS_MAX];
	const struct frame_head head = head_of(FRAME_workload);
	const struct workload_once once = { .full = 1 };
	struct text none = text_of("");

	for (size_t i = 0; i < pod_count; i++)
		rows[i] = (struct workload_row) { .op = TOPOLOGY_ADD,
			.id = 100 + i,
			.kind = WORKLOAD_POD,
			.workload = text_of(pods[i].name),
			.namespace = text_of(pods[i].namespace),
			.pod = text_of(pods[i].name),
			.pod_uid = none,
			.container = none,
			.container_id = none,
			.runtime = none,
			.owner_kind = none,
			.owner = none,
			.path = none };
	link_send(power, &head, &once, rows, pod_count);
}

static void send_all(void)
{
	static struct power_row rows[PODS_MAX];
	struct instant now = clock_now();
	struct power_once once = { .from_seq = seq,
		.mono_ns = now.mono_ns,
		.boot_ns = now.boot_ns,
		.real_ns = now.real_ns,
		.state = POWER_MEASURED,
		.source = text_of("fake_source"),
		.zone_mask = 1U << ZONE_PACKAGE | 1U << ZONE_DRAM,
		.first_boot_ns = born_ns };

	for (size_t i = 0; i < pod_count; i++) {
		rows[i] = (struct power_row) { .id = 100 + i, .flags = pods[i].is_told ? 0 : ROW_FINAL };
		rows[i].active_uj.by[ZONE_PACKAGE] = pods[i].package_uj;
		rows[i].active_uj.by[ZONE_DRAM] = pods[i].dram_uj;
		once.total_uj.by[ZONE_PACKAGE] += pods[i].package_uj;
		once.total_uj.by[ZONE_DRAM] += pods[i].dram_uj;
		pods[i].is_told = false;
	}
	once.idle_uj.by[ZONE_PACKAGE] = idle_uj;
	once.total_uj.by[ZONE_PACKAGE] += idle_uj;
	send_names();
	seq++;
	const struct frame_head head = head_of(FRAME_power);
	link_send(power, &head, &once, rows, pod_count);
}

static void obey(const char *line)
{
	char namespace[64], name[64];
	unsigned long long package, dram;

	if (sscanf(line, "pod %63s %63s %llu %llu", namespace, name, &package, &dram) == 4) {
		struct pod *pod = pod_of(namespace, name);
		pod->package_uj = package;
		pod->dram_uj = dram;
		pod->is_told = true;
	} else if (sscanf(line, "idle %llu", &package) == 1)
		idle_uj = package;
	else
		send_all();
}

int main(int argc, char **argv)
{
	struct instant now = clock_now();
	char line[256];

	if (argc != 2 || clock_boot_id(epoch.boot_id) < 0 ||
		link_listen(&acks, argv[1], STAGE_ESTIMATOR, STAGE_ANALYST, on_ack, NULL) < 0 ||
		link_dial(&power, argv[1], STAGE_ANALYST, STAGE_ESTIMATOR, NULL, NULL) < 0)
		return 2;
	setvbuf(stdin, NULL, _IONBF, 0); /* poll() and fgets() see the same */
	born_ns = epoch.birth_ns = now.boot_ns;
	energy_epoch = now.real_ns;
	for (;;) {
		struct source *sources[] = { link_source(acks), link_source(power) };
		struct pollfd fds[] = { { sources[0]->fd, POLLIN, 0 }, { sources[1]->fd, POLLIN, 0 },
			{ 0, POLLIN, 0 } };
		poll(fds, ARRAY_SIZE(fds), 1000);
		for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
			if (fds[i].revents != 0)
				sources[i]->ready(sources[i]);
		if (fds[2].revents == 0)
			continue;
		if (fgets(line, sizeof(line), stdin) == NULL)
			break;
		obey(line);
	}
	return EXIT_SUCCESS;
}
