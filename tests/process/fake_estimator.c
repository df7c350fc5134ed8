/*
 * Estimator and frontend in one, for the analyst's process test: fake_estimator RUNTIME_DIR FRAMES INTERVAL_MS [ARGUMENTS].
 * Sends FRAMES power frames of three workloads and idle, cumulative as the contract wants them, GPUs with twice the active
 * energy of the package; resends the last one until
 * it is acknowledged, and prints "acknowledged SEQ PACKAGE_UJ". With ARGUMENTS it asks assess_workload_compliance, and
 * prints "answer CODE BODY". Exit status 1 when either takes more than 10 s, 3 when nng leaves a link stuck (link_is_stuck), as a
 * stage ends for its successor.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "ipc/link.h"

#define ROWS        3
#define PATIENCE_NS (10 * NS_PER_SECOND)
#define TURN_MS     10
#define EXIT_STUCK  3

struct peer {
	struct link *power, *acks, *asks, *answers;
	struct epoch epoch;
	uint64_t energy_epoch, seq, born_boot_ns, package_uj, acknowledged;
	bool is_answered;
};

static int on_ack(void *context, const struct frame *frame)
{
	struct peer *peer = context;

	if (frame->head.energy_epoch == peer->energy_epoch)
		peer->acknowledged = ((const struct ack_once *)frame->once)->committed_seq;
	return 0;
}

static int on_answer(void *context, const struct frame *frame)
{
	struct peer *peer = context;
	const struct answer_row *row = frame->rows;

	if (frame->row_count == 0 || row->code == 204) /* announces the next snapshot, answers nothing */
		return 0;
	printf("answer %d %.*s\n", row->code, (int)row->body.size, row->body.data);
	peer->is_answered = true;
	return 0;
}

/* Everything on every connect, as the contract asks of a sender. */
static void send_names(void *context)
{
	struct peer *peer = context;
	static const char *const names[ROWS] = { "one.service", "two.service", "three.service" };
	const struct frame_head head = {
		.kind = FRAME_workload, .epoch = peer->epoch, .energy_epoch = peer->energy_epoch
	};
	const struct workload_once once = { .full = 1 };
	struct workload_row rows[ROWS];

	for (uint64_t i = 0; i < ROWS; i++)
		rows[i] = (struct workload_row) { .op = TOPOLOGY_ADD,
			.id = 100 + i,
			.kind = WORKLOAD_UNIT,
			.namespace = text_of("system.slice"),
			.workload = text_of(names[i]) };
	link_send(peer->power, &head, &once, rows, ROWS);
}

/* Energies that divide into nothing evenly. */
static void send_power(struct peer *peer)
{
	const struct instant now = clock_now();
	const struct frame_head head = { .kind = FRAME_power,
		.epoch = peer->epoch,
		.energy_epoch = peer->energy_epoch,
		.seq = peer->seq };
	struct power_once once = { .mono_ns = now.mono_ns,
		.boot_ns = now.boot_ns,
		.real_ns = now.real_ns,
		.state = POWER_MEASURED,
		.source = text_of("powercap"),
		.zone_mask = 1u << ZONE_PACKAGE | 1u << ZONE_GPU,
		.counted_ns = now.boot_ns - peer->born_boot_ns,
		.first_boot_ns = peer->born_boot_ns };
	struct power_row rows[ROWS];

	once.total_uj.by[ZONE_PACKAGE] = once.idle_uj.by[ZONE_PACKAGE] = peer->seq * 1000003;
	for (uint64_t i = 0; i < ROWS; i++) {
		rows[i] = (struct power_row) { .id = 100 + i };
		rows[i].active_uj.by[ZONE_PACKAGE] = peer->seq * (700001 + 1009 * i);
		rows[i].active_uj.by[ZONE_GPU] = 2 * rows[i].active_uj.by[ZONE_PACKAGE];
		once.total_uj.by[ZONE_PACKAGE] += rows[i].active_uj.by[ZONE_PACKAGE];
		once.total_uj.by[ZONE_GPU] += rows[i].active_uj.by[ZONE_GPU];
	}
	peer->package_uj = once.total_uj.by[ZONE_PACKAGE];
	link_send(peer->power, &head, &once, rows, ROWS);
}

static void turn(struct peer *peer, int timeout_ms)
{
	struct source *sources[] = { link_source(peer->power), link_source(peer->acks),
		link_source(peer->asks), link_source(peer->answers) };
	struct pollfd fds[ARRAY_SIZE(sources)];

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		fds[i] = (struct pollfd) { .fd = sources[i]->fd, .events = POLLIN };
	poll(fds, ARRAY_SIZE(fds), timeout_ms);
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (fds[i].revents != 0)
			sources[i]->ready(sources[i]);
	if (link_is_stuck(peer->acks, peer->power) || link_is_stuck(peer->answers, peer->asks))
		exit(EXIT_STUCK);
}

static void wait_ms(struct peer *peer, uint64_t ms)
{
	uint64_t until_ns = clock_mono_ns() + ms * NS_PER_MILLISECOND;

	while (clock_mono_ns() < until_ns)
		turn(peer, 1);
}

static bool send_until_acknowledged(struct peer *peer)
{
	uint64_t until_ns = clock_mono_ns() + PATIENCE_NS;

	while (peer->acknowledged < peer->seq && clock_mono_ns() < until_ns) {
		send_power(peer);
		wait_ms(peer, 20 * TURN_MS);
	}
	if (peer->acknowledged < peer->seq)
		return false;
	printf("acknowledged %llu %llu\n", (unsigned long long)peer->seq,
		(unsigned long long)peer->package_uj);
	return true;
}

static bool ask(struct peer *peer, const char *arguments)
{
	const struct frame_head head = { .kind = FRAME_ask };
	const struct ask_once once = { .run = 7 };
	struct ask_row row = { .tool = text_of("assess_workload_compliance"),
		.arguments = text_of(arguments),
		.lang = text_of("en"),
		.deadline_ms = 2000 };
	uint64_t until_ns = clock_mono_ns() + PATIENCE_NS;

	for (row.id = 1; !peer->is_answered && clock_mono_ns() < until_ns; row.id++) {
		link_send(peer->asks, &head, &once, &row, 1);
		for (int i = 0; i < 20 && !peer->is_answered; i++)
			turn(peer, TURN_MS);
	}
	return peer->is_answered;
}

static int open_links(struct peer *peer, const char *dir)
{
	int r;

	if ((r = link_listen(&peer->acks, dir, STAGE_ESTIMATOR, STAGE_ANALYST, on_ack, peer)) < 0 ||
		(r = link_listen(&peer->answers, dir, STAGE_FRONTEND, STAGE_ANALYST, on_answer, peer)) < 0 ||
		(r = link_dial(&peer->power, dir, STAGE_ANALYST, STAGE_ESTIMATOR, send_names, peer)) < 0)
		return r;
	return link_dial(&peer->asks, dir, STAGE_ANALYST, STAGE_FRONTEND, NULL, NULL);
}

int main(int argc, char **argv)
{
	static struct peer peer;
	struct instant now = clock_now();
	bool is_fine;

	if (argc < 4)
		return 2;
	peer.born_boot_ns = now.boot_ns;
	peer.energy_epoch = now.real_ns;
	peer.epoch.birth_ns = now.boot_ns;
	if (clock_boot_id(peer.epoch.boot_id) < 0 || open_links(&peer, argv[1]) < 0)
		return 2;
	for (uint64_t frames = strtoull(argv[2], NULL, 10); peer.seq < frames;) {
		peer.seq++;
		send_power(&peer);
		wait_ms(&peer, strtoull(argv[3], NULL, 10));
	}
	is_fine = send_until_acknowledged(&peer) && (argc < 5 || ask(&peer, argv[4]));
	return is_fine ? EXIT_SUCCESS : EXIT_FAILURE;
}
