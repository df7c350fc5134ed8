/*
 * The estimator as the exporter sees it: fake_power RUNTIME_DIR PODS INTERVAL_MS. Pod 0 is default/app at 25.5 W package
 * and 12.3 W memory, the others are default/pod-N at 1 W and 0.5 W; idle fills the node up to 125.8 W package where there is
 * room; the CPUs are 35 % busy. Energy is exactly power times time. Two processes: 4242 in pod 0, and 4343, a machine.
 * Lines on stdin: "end N" (pod N's row is final), "forget N", "name N TEXT" (a late name; \xNN is a byte), "epoch" (the energy
 * begins anew), "join N" (container N is pod 0's), "gpu" (3 W for pod 0), "counters" (100 switches a second of each pod, and no
 * cycles), "init" (state initializing), "freeze" (frames tell of 11 s ago, until the next line), "quit". Prints "connected",
 * and "ack SEQ".
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ipc/link.h"
#include "ipc/ring.h"

#define PODS_MAX      16384
#define NODE_UW       UINT64_C(125800000)
#define PROCESS_COUNT 3

struct pod {
	char name[256], uid[64], container_id[68];
	bool is_final, is_forgotten;
	uint64_t ended_ns;
};

struct peer {
	struct link *power, *acks;
	struct epoch epoch;
	uint64_t energy_epoch, seq, born_ns, sent_ns;
	size_t pods;
	bool has_gpu, has_counters, is_initializing, is_frozen, is_over;
};

static struct peer peer;
static struct pod pods[PODS_MAX];
static struct workload_row names[PODS_MAX];
static struct power_row rows[PODS_MAX];
static struct counters_row counters[PODS_MAX];

static int on_ack(void *context, const struct frame *frame)
{
	(void)context;
	printf("ack %llu\n", (unsigned long long)((const struct ack_once *)frame->once)->committed_seq);
	fflush(stdout);
	return 0;
}

static struct frame_head head_of(enum frame_kind kind)
{
	return (struct frame_head) {
		.kind = (uint8_t)kind, .epoch = peer.epoch, .energy_epoch = peer.energy_epoch, .seq = peer.seq
	};
}

static void send_names(void *context)
{
	const struct frame_head head = head_of(FRAME_workload);
	const struct workload_once once = { .full = 1 };

	(void)context;
	for (size_t i = 0; i < peer.pods; i++)
		names[i] = (struct workload_row) { .op = TOPOLOGY_ADD,
			.id = 100 + i,
			.kind = WORKLOAD_POD,
			.workload = text_of(pods[i].name),
			.namespace = text_of("default"),
			.pod = text_of(pods[i].name),
			.pod_uid = text_of(pods[i].uid),
			.container = text_of("main"),
			.container_id = text_of(pods[i].container_id),
			.path = text_of(
				"/kubepods/pod"), /* a row without one has ended, and is not named anew */
			.runtime = text_of("containerd") };
	link_send(peer.power, &head, &once, names, peer.pods);
	printf("connected\n");
	fflush(stdout);
}

/* µW · ns / 1e9 = µJ */
static uint64_t energy(uint64_t power_uw, uint64_t until_ns)
{
	return power_uw / 1000 * ((until_ns - peer.born_ns) / 1000) / 1000;
}

static void fill_row(size_t i, uint64_t now_ns, struct power_row *row, struct power_once *once)
{
	uint64_t until_ns = pods[i].ended_ns != 0 ? pods[i].ended_ns : now_ns;

	*row = (struct power_row) { .id = 100 + i,
		.flags = pods[i].is_final ? ROW_FINAL : 0,
		.cpu_ns = (until_ns - peer.born_ns) / 10 };
	row->active_uj.by[ZONE_PACKAGE] = energy(i == 0 ? 25500000 : 1000000, until_ns);
	row->active_uj.by[ZONE_DRAM] = energy(i == 0 ? 12300000 : 500000, until_ns);
	row->active_uj.by[ZONE_GPU] = i == 0 && peer.has_gpu ? energy(3000000, until_ns) : 0;
	for (int zone = 0; zone < ZONE_MAX; zone++)
		once->total_uj.by[zone] += row->active_uj.by[zone];
}

static void send_processes(uint64_t now_ns)
{
	const struct frame_head head = head_of(FRAME_process);
	const struct process_once once = { .mono_ns = now_ns, .omitted = 50 };
	struct process_row some[PROCESS_COUNT] = {
		{ .id = ROW_ID_OTHER, .tgid = 0 },
		{ .id = 100,
			.tgid = 4242,
			.start_ns = 1,
			.comm = text_of("say \"hi\""),
			.exe = text_of("python3") },
		{ .id = 7,
			.tgid = 4343,
			.start_ns = 1,
			.comm = text_of("CPU 0/KVM"),
			.exe = text_of("qemu-system-x86"),
			.vm_id = text_of("4c5f0000-1111"),
			.vm_name = text_of("web"),
			.hypervisor = text_of("qemu") },
	};

	for (size_t i = 0; i < PROCESS_COUNT; i++) {
		some[i].cpu_ns = (now_ns - peer.born_ns) / (10 + i);
		some[i].active_uj.by[ZONE_PACKAGE] = energy(2000000, now_ns);
	}
	link_send(peer.power, &head, &once, some, PROCESS_COUNT);
}

static void send_gpu(uint64_t now_ns)
{
	const struct frame_head head = head_of(FRAME_gpus);
	const struct gpus_once once = { 0 };
	const struct gpus_row gpu = { .uuid = text_of("GPU-4c5f"),
		.name = text_of("NVIDIA H100"),
		.vendor = text_of("nvidia"),
		.active_uj = energy(3000000, now_ns) };

	link_send(peer.power, &head, &once, &gpu, 1);
}

/* Of the rows that the power frame will tell. */
static void send_counters(size_t count)
{
	const struct frame_head head = head_of(FRAME_counters);
	const struct counters_once once = { .counted = 1U << COUNTER_switches | 1U << COUNTER_softirq_ns };

	for (size_t i = 0; i < count; i++)
		counters[i] = (struct counters_row) { .id = rows[i].id,
			.switches = rows[i].cpu_ns / 1000000,
			.cycles = 77,
			.softirq_ns = rows[i].cpu_ns / 10 };
	link_send(peer.power, &head, &once, counters, count);
}

static void send_power(void)
{
	const struct instant now = clock_now();
	struct power_once once = { .from_seq = peer.seq++,
		.mono_ns = now.mono_ns - (peer.is_frozen ? 11 * NS_PER_SECOND : 0),
		.boot_ns = now.boot_ns,
		.real_ns = now.real_ns,
		.state = peer.is_initializing ? POWER_INITIALIZING : POWER_MODEL,
		.source = text_of("curve:test"),
		.error_ppm = 350000,
		.zone_mask = 1U << ZONE_PACKAGE | 1U << ZONE_DRAM | (peer.has_gpu ? 1U << ZONE_GPU : 0),
		.cpus = 2,
		.capacity_ns = 2 * (now.mono_ns - peer.born_ns) };
	size_t count = 0;

	once.busy_ns = once.capacity_ns / 20 * 7;
	for (size_t i = 0; i < peer.pods; i++)
		if (!pods[i].is_forgotten)
			fill_row(i, now.mono_ns, &rows[count++], &once);
	uint64_t node_uj = energy(NODE_UW, now.mono_ns);
	if (node_uj > once.total_uj.by[ZONE_PACKAGE]) {
		once.idle_uj.by[ZONE_PACKAGE] = node_uj - once.total_uj.by[ZONE_PACKAGE];
		once.total_uj.by[ZONE_PACKAGE] = node_uj;
	}
	const struct frame_head head = head_of(FRAME_power);
	if (peer.has_gpu)
		send_gpu(now.mono_ns);
	if (peer.has_counters)
		send_counters(count);
	link_send(peer.power, &head, &once, rows, count);
	send_processes(now.mono_ns);
	peer.sent_ns = now.mono_ns;
}

static void rename_pod(struct pod *pod, const char *text)
{
	size_t size = 0;
	unsigned byte;

	for (; *text != '\0' && size + 1 < sizeof(pod->name); text++) {
		if (sscanf(text, "\\x%2x", &byte) == 1)
			text += 3;
		else
			byte = (unsigned char)*text;
		pod->name[size++] = (char)byte;
	}
	pod->name[size] = '\0';
	send_names(NULL);
}

static void obey(char *line)
{
	unsigned long number;
	char word[16] = "", text[1024] = "";

	line[strcspn(line, "\n")] = '\0';
	int count = sscanf(line, "%15s %lu %1023[^\n]", word, &number, text);
	struct pod *pod = count >= 2 && number < peer.pods ? &pods[number] : NULL;
	if (strcmp(word, "epoch") == 0) {
		peer.energy_epoch++;
		peer.born_ns = clock_mono_ns();
		send_names(NULL);
	}
	peer.has_gpu |= strcmp(word, "gpu") == 0;
	peer.has_counters |= strcmp(word, "counters") == 0;
	peer.is_initializing = strcmp(word, "init") == 0;
	peer.is_frozen = strcmp(word, "freeze") == 0;
	peer.is_over |= strcmp(word, "quit") == 0;
	if (pod == NULL)
		return;
	if (strcmp(word, "end") == 0) {
		pod->is_final = true;
		pod->ended_ns = clock_mono_ns();
	}
	if (strcmp(word, "forget") == 0) {
		send_power(); /* on a busy machine its end was said in this very turn, and not told yet */
		pod->is_forgotten = true;
	}
	if (strcmp(word, "join") == 0) {
		memcpy(pod->uid, pods[0].uid, sizeof(pod->uid));
		rename_pod(pod, pods[0].name);
	}
	if (strcmp(word, "name") == 0)
		rename_pod(pod, text);
}

static void turn(uint64_t interval_ns)
{
	struct source *sources[] = { link_source(peer.power), link_source(peer.acks) };
	struct pollfd fds[] = { { .fd = sources[0]->fd, .events = POLLIN },
		{ .fd = sources[1]->fd, .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };
	uint64_t now_ns = clock_mono_ns(), next_ns = peer.sent_ns + interval_ns;
	char line[2048];

	poll(fds, ARRAY_SIZE(fds), next_ns > now_ns ? (int)((next_ns - now_ns) / NS_PER_MILLISECOND) + 1 : 0);
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (fds[i].revents != 0)
			sources[i]->ready(sources[i]);
	if (fds[2].revents != 0) {
		if (fgets(line, sizeof(line), stdin) == NULL)
			peer.is_over = true;
		else
			obey(line);
	}
	if (clock_mono_ns() >= next_ns)
		send_power();
}

int main(int argc, char **argv)
{
	struct instant now = clock_now();

	if (argc != 4 || (peer.pods = strtoull(argv[2], NULL, 10)) > PODS_MAX)
		return 2;
	setvbuf(stdin, NULL, _IONBF, 0); /* poll() and fgets() see the same */
	for (size_t i = 0; i < peer.pods; i++) {
		snprintf(pods[i].name, sizeof(pods[i].name), i == 0 ? "app" : "pod-%zu", i);
		snprintf(pods[i].uid, sizeof(pods[i].uid), "8d3f2c1a-0000-4000-8000-%012zu", i);
		snprintf(pods[i].container_id, sizeof(pods[i].container_id), "%064zx", i + 1);
	}
	peer.born_ns = now.mono_ns;
	peer.energy_epoch = now.real_ns;
	peer.epoch.birth_ns = now.boot_ns;
	if (clock_boot_id(peer.epoch.boot_id) < 0 ||
		link_listen(&peer.acks, argv[1], STAGE_ESTIMATOR, STAGE_EXPORTER, on_ack, NULL) < 0 ||
		link_dial(&peer.power, argv[1], STAGE_EXPORTER, STAGE_ESTIMATOR, send_names, NULL) < 0)
		return 2;
	while (!peer.is_over)
		turn(strtoull(argv[3], NULL, 10) * NS_PER_MILLISECOND);
	return EXIT_SUCCESS;
}
