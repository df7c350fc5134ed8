/*
 * An estimator with a past: fake_history RUNTIME_DIR. Obeys lines on stdin, once the analyst is connected.
 *   name ID KIND NAMESPACE WORKLOAD POD OWNER_KIND OWNER MILLICORES   a row; "-" = empty
 *   many COUNT                          rows 1 to COUNT: containers app0 to app<COUNT - 1> of namespace prod, 1 W and 0.1 cores each
 *   begin SECONDS                       energy begins then, s since 1970
 *   power ID PACKAGE DRAM IDLE CORES    what it draws from now on: W of two zones, W of shared idle, cores (to a thousandth)
 *   requests ID MIB LIMIT               memory it requests, and is limited to; before `begin`
 *   memory ID MIB KILLS                 what it holds from now on, and how often it was killed for it
 *   gone ID                             its row is final
 *   unsampled ID                        it is named, and has no row
 *   idle W                              of the node, unshared
 *   state fake|model|measured           of the power; gap: the node claims only half of its rows' energy
 *   until SECONDS                       time passes, a frame is sent
 *   live [MS]                           and now as time goes by, a frame each MS (100), until stdin ends; prints "done"
 *   stale                               the last frame grows old; prints "done"
 *   hold                                the last frame stays the newest, until stdin ends; prints "done"
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ipc/link.h"

#define ROWS_MAX   16384
#define SEND_TRIES 2000
#define STEP_MS    UINT64_C(100)
#define MS_PER_S   UINT64_C(1000)
#define NS_PER_MS  NS_PER_MILLISECOND

struct row {
	uint64_t id, millicores;
	enum workload_kind kind;
	char namespace[254], workload[254], pod[254], owner_kind[254], owner[254];
	double watts[3], cores; /* package, dram, idle */
	uint64_t uj[3], cpu_ns;
	uint64_t request_mib, limit_mib, memory_mib, oom_kills;
	bool is_final, is_unsampled;
};

static struct peer {
	struct link *power, *acks;
	struct epoch epoch;
	uint64_t energy_epoch, seq, begin_ms, now_ms, real_ms, idle_uj;
	uint64_t step_ms; /* between live frames */
	double idle_watts;
	enum power_state state;
	bool is_connected, is_live, is_held, is_over, is_implausible;
	struct row rows[ROWS_MAX];
	size_t count;
} peer;

static int on_ack(void *context, const struct frame *frame)
{
	(void)context;
	(void)frame;
	return 0;
}

static void send_names(void *context)
{
	static struct workload_row names[ROWS_MAX];
	const struct frame_head head = { .kind = FRAME_workload,
		.epoch = peer.epoch,
		.energy_epoch = peer.energy_epoch,
		.seq = peer.seq };
	const struct workload_once once = { .full = 1 };

	(void)context;
	for (size_t i = 0; i < peer.count; i++) {
		const struct row *row = &peer.rows[i];
		names[i] = (struct workload_row) { .op = TOPOLOGY_ADD,
			.id = row->id,
			.kind = (uint8_t)row->kind,
			.workload = text_of(row->workload),
			.namespace = text_of(row->namespace),
			.pod = text_of(row->pod),
			.owner_kind = text_of(row->owner_kind),
			.owner = text_of(row->owner),
			.cpu_request_millicores = row->millicores,
			.memory_request_bytes = row->request_mib << 20,
			.memory_limit_bytes = row->limit_mib << 20 };
	}
	link_send(peer.power, &head, &once, names, peer.count);
	peer.is_connected = true;
}

/* Whole µW, so that energies of whole ms are exact. */
static uint64_t energy(double watts, uint64_t ms)
{
	return (uint64_t)(watts * 1e6 + 0.5) * ms / MS_PER_S;
}

static void advance(uint64_t to_ms)
{
	uint64_t ms = to_ms - peer.now_ms;

	for (size_t i = 0; i < peer.count; i++) {
		struct row *row = &peer.rows[i];
		for (int part = 0; part < 3; part++)
			row->uj[part] += energy(row->watts[part], ms);
		row->cpu_ns += (uint64_t)(row->cores * 1e3 + 0.5) * ms * 1000;
	}
	peer.idle_uj += energy(peer.idle_watts, ms);
	peer.now_ms = to_ms;
}

/* Frames of the past count from a clock of their own; live ones have this machine's. */
static void send_power(void)
{
	static struct power_row rows[ROWS_MAX];
	size_t count = 0;
	const struct frame_head head = { .kind = FRAME_power,
		.epoch = peer.epoch,
		.energy_epoch = peer.energy_epoch,
		.seq = peer.is_held ? peer.seq : ++peer.seq };
	struct power_once once = { .mono_ns = peer.is_live || peer.is_held
						      ? clock_mono_ns() / (STEP_MS * NS_PER_MS) *
								(STEP_MS * NS_PER_MS)
						      : peer.seq,
		.boot_ns = peer.now_ms * NS_PER_MS,
		.real_ns = peer.now_ms * NS_PER_MS,
		.first_boot_ns = peer.begin_ms * NS_PER_MS,
		.state = (uint8_t)peer.state,
		.source = text_of("powercap"),
		.zone_mask = 1U << ZONE_PACKAGE | 1U << ZONE_DRAM,
		.cpus = 16 };

	for (size_t i = 0; i < peer.count; i++) {
		const struct row *row = &peer.rows[i];
		if (row->is_unsampled)
			continue;
		rows[count] = (struct power_row) { .id = row->id,
			.cpu_ns = row->cpu_ns,
			.flags = row->is_final ? ROW_FINAL : 0,
			.memory_bytes = row->memory_mib << 20,
			.oom_kills = row->oom_kills };
		rows[count].active_uj.by[ZONE_PACKAGE] = row->uj[0];
		rows[count].active_uj.by[ZONE_DRAM] = row->uj[1];
		rows[count++].idle_uj.by[ZONE_PACKAGE] = row->uj[2];
		once.total_uj.by[ZONE_PACKAGE] += row->uj[0] + row->uj[2];
		once.total_uj.by[ZONE_DRAM] += row->uj[1];
	}
	once.total_uj.by[ZONE_PACKAGE] =
		once.total_uj.by[ZONE_PACKAGE] / (peer.is_implausible ? 2 : 1) + peer.idle_uj;
	once.idle_uj.by[ZONE_PACKAGE] = peer.idle_uj;
	/* A past comes faster than an analyst of a busy machine reads it. */
	for (int i = 0; i < SEND_TRIES && link_send(peer.power, &head, &once, rows, count) == -EAGAIN; i++)
		usleep(1000);
}

static void copy(char *to, size_t size, const char *word)
{
	snprintf(to, size, "%s", strcmp(word, "-") == 0 ? "" : word);
}

static void add_name(const char *line)
{
	struct row *row = &peer.rows[peer.count];
	unsigned long long id, millicores;
	char words[6][254];

	if (peer.count == ROWS_MAX ||
		sscanf(line, "name %llu %253s %253s %253s %253s %253s %253s %llu", &id, words[0], words[1],
			words[2], words[3], words[4], words[5], &millicores) != 8)
		exit(2);
	*row = (struct row) { .id = id,
		.kind = (enum workload_kind)workload_kind_from_name(words[0]),
		.millicores = millicores };
	copy(row->namespace, sizeof(row->namespace), words[1]);
	copy(row->workload, sizeof(row->workload), words[2]);
	copy(row->pod, sizeof(row->pod), words[3]);
	copy(row->owner_kind, sizeof(row->owner_kind), words[4]);
	copy(row->owner, sizeof(row->owner), words[5]);
	peer.count++;
	send_names(NULL);
}

static struct row *row_of(unsigned long long id)
{
	for (size_t i = 0; i < peer.count; i++)
		if (peer.rows[i].id == id)
			return &peer.rows[i];
	exit(2);
}

static void add_many(unsigned long long count)
{
	for (unsigned long long i = 0; i < count && peer.count < ROWS_MAX; i++) {
		struct row *row = &peer.rows[peer.count++];
		*row = (struct row) { .id = i + 1,
			.millicores = 1000,
			.kind = WORKLOAD_CONTAINER,
			.watts = { 0.8, 0.2, 0 },
			.cores = 0.1 };
		snprintf(row->namespace, sizeof(row->namespace), "prod");
		snprintf(row->workload, sizeof(row->workload), "app%llu", i);
		snprintf(row->pod, sizeof(row->pod), "app%llu", i);
	}
	send_names(NULL);
}

/* False: the line is none of them. */
static bool set_memory(const char *line)
{
	unsigned long long id, first, second;

	if (sscanf(line, "requests %llu %llu %llu", &id, &first, &second) == 3) {
		row_of(id)->request_mib = first;
		row_of(id)->limit_mib = second;
		send_names(NULL);
		return true;
	}
	if (sscanf(line, "memory %llu %llu %llu", &id, &first, &second) != 3)
		return false;
	row_of(id)->memory_mib = first;
	row_of(id)->oom_kills = second;
	return true;
}

static uint64_t live_ms(void)
{
	return peer.real_ms + clock_mono_ns() / NS_PER_MS / peer.step_ms * peer.step_ms;
}

static void go_live(void)
{
	struct instant now = clock_now();
	uint64_t step_ns = peer.step_ms * NS_PER_MS, mono_ns = now.mono_ns / step_ns * step_ns;

	/* the same instant on both clocks, in whole steps of the monotonic one */
	advance(now.real_ns / NS_PER_MS / 1000 * 1000);
	peer.real_ms = peer.now_ms - mono_ns / NS_PER_MS;
	peer.is_live = true;
	send_power();
	/* the window of power now begins with this frame: before it the other clock ran, so a second one is needed */
	while (live_ms() <= peer.now_ms)
		usleep(1000);
	advance(live_ms());
	send_power();
	puts("done");
	fflush(stdout);
}

static void hold(void)
{
	peer.is_held = true;
	send_power();
	puts("done");
	fflush(stdout);
}

static void obey(const char *line)
{
	unsigned long long number;
	struct row *row;
	double watts[3], cores;

	if (strncmp(line, "name ", 5) == 0)
		add_name(line);
	else if (sscanf(line, "begin %llu", &number) == 1) {
		peer.begin_ms = peer.now_ms = number * MS_PER_S;
		send_power();
	} else if (sscanf(line, "power %llu %lf %lf %lf %lf", &number, &watts[0], &watts[1], &watts[2],
			   &cores) == 5) {
		row = row_of(number);
		memcpy(row->watts, watts, sizeof(watts));
		row->cores = cores;
	} else if (sscanf(line, "gone %llu", &number) == 1) {
		row = row_of(number);
		memset(row->watts, 0, sizeof(row->watts));
		row->cores = 0;
		row->is_final = true;
	} else if (sscanf(line, "unsampled %llu", &number) == 1) {
		row_of(number)->is_unsampled = true;
	} else if (sscanf(line, "until %llu", &number) == 1) {
		advance(number * MS_PER_S);
		send_power();
	} else if (sscanf(line, "idle %lf", &watts[0]) == 1)
		peer.idle_watts = watts[0];
	else if (set_memory(line))
		return;
	else if (strcmp(line, "state fake") == 0)
		peer.state = POWER_FAKE;
	else if (strcmp(line, "state model") == 0)
		peer.state = POWER_MODEL;
	else if (strcmp(line, "state gap") == 0)
		peer.is_implausible = true;
	else if (sscanf(line, "many %llu", &number) == 1)
		add_many(number);
	else if (sscanf(line, "live %llu", &number) == 1 && number >= STEP_MS) {
		peer.step_ms = number;
		go_live();
	} else if (strcmp(line, "live") == 0)
		go_live();
	else if (strcmp(line, "hold") == 0)
		hold();
	else if (strcmp(line, "stale") == 0)
		puts("done");
	else
		exit(2);
}

static void turn(int timeout_ms)
{
	struct source *sources[] = { link_source(peer.power), link_source(peer.acks) };
	struct pollfd fds[] = { { .fd = sources[0]->fd, .events = POLLIN },
		{ .fd = sources[1]->fd, .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };
	char line[4096];

	poll(fds, peer.is_connected ? 3 : 2, timeout_ms);
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (fds[i].revents != 0)
			sources[i]->ready(sources[i]);
	if (!peer.is_connected || fds[2].revents == 0)
		return;
	if (fgets(line, sizeof(line), stdin) == NULL) {
		peer.is_over = true;
		return;
	}
	line[strcspn(line, "\n")] = '\0';
	obey(line);
}

int main(int argc, char **argv)
{
	struct instant now = clock_now();

	if (argc != 2)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(stdin, NULL, _IONBF, 0); /* poll() and fgets() see the same */
	peer.state = POWER_MEASURED;
	peer.step_ms = STEP_MS;
	peer.energy_epoch = now.real_ns;
	peer.epoch.birth_ns = 1;
	if (clock_boot_id(peer.epoch.boot_id) < 0 ||
		link_listen(&peer.acks, argv[1], STAGE_ESTIMATOR, STAGE_ANALYST, on_ack, NULL) < 0 ||
		link_dial(&peer.power, argv[1], STAGE_ANALYST, STAGE_ESTIMATOR, send_names, NULL) < 0)
		return 2;
	while (!peer.is_over) {
		if (peer.is_live && live_ms() > peer.now_ms) {
			advance(live_ms());
			send_power();
		}
		if (peer.is_held && clock_mono_ns() / NS_PER_MS >= peer.real_ms + 10 * STEP_MS) {
			peer.real_ms = clock_mono_ns() / NS_PER_MS;
			send_power();
		}
		turn((int)STEP_MS / 2);
	}
	return EXIT_SUCCESS;
}
