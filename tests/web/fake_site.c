/*
 * A site with a past, for the tests in a browser: fake_site RUNTIME_DIR HOURS STATE. Plays the estimator: HOURS of a small
 * cluster's power in steps of five minutes, then the present once a second. STATE is model, measured or fake. Watts follow
 * the hour of the day and are those of nothing real. Prints "live" when the past has been sent; ends when stdin does.
 */
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ipc/link.h"

#define STEP_S      300
#define BORN_BOOT_S INT64_C(10000000)
#define IDLE_WATTS  31.0
#define DAY_S       86400
#define KST_S       32400

struct load {
	const char *namespace, *name, *owner_kind, *owner;
	uint8_t kind;                 /* enum workload_kind */
	double base_watts, day_watts; /* always, and more of it around `hour` for `width` hours */
	double hour, width;
	double memory_share;
	uint32_t ended_s; /* before the present; 0 = it runs */
};

static const struct load loads[] = {
	{ "prod", "checkout-api-6f9c8-x2k4d", "Deployment", "checkout-api", WORKLOAD_POD, 6, 22, 14, 5, 0.2,
		0 },
	{ "prod", "checkout-api-6f9c8-m7q1z", "Deployment", "checkout-api", WORKLOAD_POD, 5, 19, 14, 5, 0.2,
		0 },
	{ "prod", "search-index-0", "StatefulSet", "search-index", WORKLOAD_POD, 18, 9, 11, 6, 0.45, 0 },
	{ "prod", "postgres-0", "StatefulSet", "postgres", WORKLOAD_POD, 11, 6, 15, 6, 0.4, 0 },
	{ "ai-team", "ml-training-job", "Job", "ml-training-job", WORKLOAD_POD, 2, 66, 4, 2.6, 0.25, 0 },
	{ "ai-team", "inference-7d5b9-qq8rv", "Deployment", "inference", WORKLOAD_POD, 9, 24, 20, 4, 0.3, 0 },
	{ "batch", "nightly-report", "CronJob", "nightly-report", WORKLOAD_POD, 0.5, 28, 2, 1.2, 0.2, 0 },
	{ "batch", "old-migration", "Job", "old-migration", WORKLOAD_POD, 0.4, 0, 0, 1, 0.2, 1800 },
	{ "monitoring", "prometheus-0", "StatefulSet", "prometheus", WORKLOAD_POD, 7, 1, 12, 6, 0.35, 0 },
	{ "system.slice", "nginx.service", "", "", WORKLOAD_UNIT, 1.2, 2, 14, 5, 0.1, 0 },
	{ "system.slice", "sshd.service", "", "", WORKLOAD_UNIT, 0.05, 0, 0, 1, 0.1, 0 },
};

struct site {
	struct link *power, *acks;
	struct epoch epoch;
	uint64_t energy_epoch, seq, born_real_ns, real_ns;
	uint8_t state;
	double joules[ARRAY_SIZE(loads)], idle_joules;
	bool is_connected;
};

static double watts_at(const struct load *load, double real_s)
{
	double hour = fmod(real_s + KST_S, DAY_S) / 3600, away = fabs(hour - load->hour);
	double noise = sin(real_s / 611 + load->hour) + sin(real_s / 97 + load->width);

	away = away > 12 ? 24 - away : away;
	return (load->base_watts + load->day_watts * exp(-away * away / (load->width * load->width))) *
	       (1 + 0.04 * noise);
}

static int on_ack(void *context, const struct frame *frame)
{
	(void)context;
	(void)frame;
	return 0;
}

static void send_names(void *context)
{
	struct site *site = context;
	const struct frame_head head = {
		.kind = FRAME_workload, .epoch = site->epoch, .energy_epoch = site->energy_epoch
	};
	const struct workload_once once = { .full = 1 };
	struct workload_row rows[ARRAY_SIZE(loads)];

	for (size_t i = 0; i < ARRAY_SIZE(loads); i++) {
		const char *pod = loads[i].kind == WORKLOAD_POD ? loads[i].name : "";
		rows[i] = (struct workload_row) { .op = TOPOLOGY_ADD,
			.id = 100 + i,
			.kind = loads[i].kind,
			.namespace = text_of(loads[i].namespace),
			.workload = text_of(loads[i].name),
			.pod = text_of(pod),
			.owner_kind = text_of(loads[i].owner_kind),
			.owner = text_of(loads[i].owner) };
	}
	link_send(site->power, &head, &once, rows, ARRAY_SIZE(loads));
	site->is_connected = true;
}

static bool has_ended(const struct site *site, const struct load *load)
{
	return load->ended_s > 0 && site->real_ns > site->energy_epoch - load->ended_s * NS_PER_SECOND;
}

static uint64_t microjoules(double joules)
{
	return (uint64_t)llround(joules * 1e6);
}

/* What has ended is in the totals alone. Returns how many rows there are. */
static size_t fill_rows(const struct site *site, struct power_row *rows, struct power_once *once)
{
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(loads); i++) {
		uint64_t all_uj = microjoules(site->joules[i]),
			 memory_uj = microjoules(site->joules[i] * loads[i].memory_share);
		if (!has_ended(site, &loads[i])) {
			struct power_row *row = &rows[count++];
			*row = (struct power_row) { .id = 100 + i };
			row->active_uj.by[ZONE_PACKAGE] = all_uj - memory_uj;
			row->active_uj.by[ZONE_DRAM] = memory_uj;
		}
		once->total_uj.by[ZONE_PACKAGE] += all_uj - memory_uj;
		once->total_uj.by[ZONE_DRAM] += memory_uj;
	}
	once->idle_uj.by[ZONE_PACKAGE] = microjoules(site->idle_joules);
	once->total_uj.by[ZONE_PACKAGE] += once->idle_uj.by[ZONE_PACKAGE];
	return count;
}

/* When it was read, by a clock that began when this machine was started: the last 100 s as they were, what came before
 * close together. */
static uint64_t mono_of(uint64_t real_ns)
{
	const struct instant now = clock_now();
	uint64_t behind_ns = now.real_ns > real_ns ? now.real_ns - real_ns : 0, near_ns = 100 * NS_PER_SECOND;

	return now.mono_ns - (behind_ns < near_ns ? behind_ns : near_ns + (behind_ns - near_ns) / 10000);
}

static void send_power(struct site *site, uint64_t real_ns)
{
	double seconds = (double)(real_ns - site->real_ns) / 1e9;
	uint64_t boot_ns = (uint64_t)BORN_BOOT_S * NS_PER_SECOND + (real_ns - site->born_real_ns);
	struct power_once once = { .mono_ns = mono_of(real_ns),
		.boot_ns = boot_ns,
		.real_ns = real_ns,
		.state = site->state,
		.source = text_of(site->state == POWER_MEASURED ? "powercap"
				  : site->state == POWER_FAKE   ? "fake"
								: "curve:epyc_3"),
		.error_ppm = site->state == POWER_MODEL ? 350000 : 0,
		.zone_mask = 1U << ZONE_PACKAGE | 1U << ZONE_DRAM,
		.counted_ns = real_ns - site->born_real_ns,
		.first_boot_ns = (uint64_t)BORN_BOOT_S * NS_PER_SECOND };
	struct power_row rows[ARRAY_SIZE(loads)];
	const struct frame_head head = { .kind = FRAME_power,
		.epoch = site->epoch,
		.energy_epoch = site->energy_epoch,
		.seq = ++site->seq };

	for (size_t i = 0; i < ARRAY_SIZE(loads); i++)
		if (!has_ended(site, &loads[i]))
			site->joules[i] += watts_at(&loads[i], (double)real_ns / 1e9) * seconds;
	site->idle_joules += IDLE_WATTS * seconds;
	site->real_ns = real_ns;
	size_t count = fill_rows(site, rows, &once);
	link_send(site->power, &head, &once, rows, count);
}

/* False: stdin has ended. */
static bool turn(struct site *site, int timeout_ms)
{
	struct source *sources[] = { link_source(site->power), link_source(site->acks) };
	struct pollfd fds[] = { { .fd = sources[0]->fd, .events = POLLIN },
		{ .fd = sources[1]->fd, .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };

	poll(fds, ARRAY_SIZE(fds), timeout_ms);
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (fds[i].revents != 0)
			sources[i]->ready(sources[i]);
	return fds[2].revents == 0;
}

static void play_past(struct site *site, uint64_t now_ns)
{
	while (site->real_ns + STEP_S * NS_PER_SECOND < now_ns - 90 * NS_PER_SECOND) {
		send_power(site, site->real_ns + STEP_S * NS_PER_SECOND);
		turn(site, 2); /* a queue holds 80 */
	}
	while (site->real_ns + 5 * NS_PER_SECOND < clock_now().real_ns) {
		send_power(site, site->real_ns + 5 * NS_PER_SECOND);
		turn(site, 2);
	}
}

static int start(struct site *site, char **argv)
{
	struct instant now = clock_now();

	site->state = strcmp(argv[3], "measured") == 0 ? POWER_MEASURED
		      : strcmp(argv[3], "fake") == 0   ? POWER_FAKE
						       : POWER_MODEL;
	site->born_real_ns = now.real_ns - strtoull(argv[2], NULL, 10) * 3600 * NS_PER_SECOND;
	site->born_real_ns -= site->born_real_ns % (STEP_S * NS_PER_SECOND);
	site->real_ns = site->born_real_ns;
	site->energy_epoch = now.real_ns;
	site->epoch.birth_ns = now.boot_ns;
	memset(site->epoch.boot_id, 7, sizeof(site->epoch.boot_id)); /* this machine was not up that long */
	if (link_listen(&site->acks, argv[1], STAGE_ESTIMATOR, STAGE_ANALYST, on_ack, site) < 0 ||
		link_dial(&site->power, argv[1], STAGE_ANALYST, STAGE_ESTIMATOR, send_names, site) < 0)
		return -1;
	for (int i = 0; i < 500 && !site->is_connected; i++)
		turn(site, 20);
	return site->is_connected ? 0 : -1;
}

int main(int argc, char **argv)
{
	static struct site site;

	if (argc != 4 || start(&site, argv) < 0)
		return 2;
	play_past(&site, clock_now().real_ns);
	puts("live");
	fflush(stdout);
	while (turn(&site, 1000))
		if (clock_now().real_ns - site.real_ns >= 900 * NS_PER_MILLISECOND)
			send_power(&site, clock_now().real_ns);
	return EXIT_SUCCESS;
}
