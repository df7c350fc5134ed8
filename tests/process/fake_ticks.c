/*
 * The estimator as exporter and analyst hear it, tick by tick: fake_ticks RUNTIME_DIR. One workload, load.service, beside
 * 10 W of idling. Obeys lines on stdin, once both are connected:
 *   MS STATE WHO WATTS   the frame of MS after a beginning that lies on a multiple of 4 s of CLOCK_MONOTONIC, soon: state
 *                        initializing, fake, model or measured; sent to both, exporter or analyst; the load drew WATTS since the
 *                        tick before. Of the same MS: the frame before once more
 *   epoch                energy begins anew with this tick
 *   done                 prints "done", and stays connected until stdin ends
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ipc/link.h"

#define CELL_NS UINT64_C(4000000000) /* procs/base/window.h */
#define LOAD_ID 10
#define IDLE_MW UINT64_C(10000)

static struct peer {
	struct consumer {
		enum stage stage;
		const char *name;
		struct link *power, *acks;
		bool is_connected;
	} each[2];
	struct epoch epoch;
	struct instant began;
	uint64_t energy_epoch, seq, now_ms, epoch_ms, load_uj, idle_uj;
	bool is_over;
} peer = { .each = { { STAGE_EXPORTER, "exporter", NULL, NULL, false },
		   { STAGE_ANALYST, "analyst", NULL, NULL, false } } };

static int on_ack(void *context, const struct frame *frame)
{
	(void)context;
	(void)frame;
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
	struct consumer *consumer = context;
	const struct frame_head head = head_of(FRAME_workload);
	const struct workload_once once = { .full = 1 };
	const struct workload_row load = { .op = TOPOLOGY_ADD,
		.id = LOAD_ID,
		.kind = WORKLOAD_UNIT,
		.workload = text_of("load.service"),
		.namespace = text_of("system.slice"),
		.path = text_of("/system.slice/load.service") };

	link_send(consumer->power, &head, &once, &load, 1);
	consumer->is_connected = true;
}

static void send_power(enum power_state state, const char *who)
{
	const struct frame_head head = head_of(FRAME_power);
	uint64_t ns = peer.now_ms * NS_PER_MILLISECOND;
	struct power_row load = { .id = LOAD_ID, .active_uj.by[ZONE_PACKAGE] = peer.load_uj };
	struct power_once once = { .from_seq = peer.seq - 1,
		.mono_ns = peer.began.mono_ns + ns,
		.boot_ns = peer.began.boot_ns + ns,
		.real_ns = peer.began.real_ns + ns,
		.first_boot_ns = peer.began.boot_ns + peer.epoch_ms * NS_PER_MILLISECOND,
		.state = (uint8_t)state,
		.source = text_of("ticks"),
		.zone_mask = 1U << ZONE_PACKAGE,
		.cpus = 2 };

	once.total_uj.by[ZONE_PACKAGE] = peer.load_uj + peer.idle_uj;
	once.idle_uj.by[ZONE_PACKAGE] = peer.idle_uj;
	for (size_t i = 0; i < ARRAY_SIZE(peer.each); i++)
		if (strcmp(who, "both") == 0 || strcmp(who, peer.each[i].name) == 0)
			link_send(peer.each[i].power, &head, &once, &load, 1);
}

/* mW · ms = µJ */
static void tick(uint64_t ms, const char *state, const char *who, uint64_t watts)
{
	uint64_t past_ms = ms - peer.now_ms;

	peer.seq += past_ms > 0;
	peer.now_ms = ms;
	peer.load_uj += watts * 1000 * past_ms;
	peer.idle_uj += IDLE_MW * past_ms;
	for (int i = 0; i < POWER_STATE_COUNT; i++)
		if (strcmp(state, power_state_name((enum power_state)i)) == 0)
			send_power((enum power_state)i, who);
}

static void begin_epoch(void)
{
	peer.energy_epoch++;
	peer.epoch_ms = peer.now_ms;
	peer.load_uj = peer.idle_uj = 0;
	for (size_t i = 0; i < ARRAY_SIZE(peer.each); i++)
		send_names(&peer.each[i]);
}

static void obey(const char *line)
{
	unsigned long long ms, watts;
	char state[16], who[16];

	if (sscanf(line, "%llu %15s %15s %llu", &ms, state, who, &watts) == 4)
		tick(ms, state, who, watts);
	else if (strcmp(line, "epoch\n") == 0)
		begin_epoch();
	else if (strcmp(line, "done\n") == 0)
		puts("done");
	else
		exit(2);
}

static void turn(void)
{
	struct source *sources[4];
	struct pollfd fds[5] = { { .fd = STDIN_FILENO, .events = POLLIN } };
	bool are_connected = peer.each[0].is_connected && peer.each[1].is_connected;
	char line[128];

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		sources[i] = link_source(i % 2 == 0 ? peer.each[i / 2].power : peer.each[i / 2].acks);
		fds[i + 1] = (struct pollfd) { .fd = sources[i]->fd, .events = POLLIN };
	}
	fds[0].fd = are_connected ? STDIN_FILENO : -1;
	poll(fds, ARRAY_SIZE(fds), 1000);
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (fds[i + 1].revents != 0)
			sources[i]->ready(sources[i]);
	if (fds[0].revents == 0)
		return;
	if (fgets(line, sizeof(line), stdin) == NULL)
		peer.is_over = true;
	else
		obey(line);
}

int main(int argc, char **argv)
{
	struct instant now = clock_now();
	uint64_t later_ns = CELL_NS - now.mono_ns % CELL_NS;

	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(stdin, NULL, _IONBF, 0); /* poll() and fgets() see the same */
	peer.began = (struct instant) { .mono_ns = now.mono_ns + later_ns,
		.boot_ns = now.boot_ns + later_ns,
		.real_ns = now.real_ns + later_ns };
	peer.energy_epoch = now.real_ns;
	peer.epoch.birth_ns = now.boot_ns;
	if (argc != 2 || clock_boot_id(peer.epoch.boot_id) < 0)
		return 2;
	for (struct consumer *to = peer.each; to < peer.each + ARRAY_SIZE(peer.each); to++)
		if (link_listen(&to->acks, argv[1], STAGE_ESTIMATOR, to->stage, on_ack, NULL) < 0 ||
			link_dial(&to->power, argv[1], to->stage, STAGE_ESTIMATOR, send_names, to) < 0)
			return 2;
	while (!peer.is_over)
		turn();
	for (size_t i = 0; i < ARRAY_SIZE(peer.each); i++) {
		link_free(peer.each[i].power);
		link_free(peer.each[i].acks);
	}
	return EXIT_SUCCESS;
}
