/* Energy epochs of the fetcher: a cluster of 1 MW for years, an analyst that books what frames say, and deaths of both. The linker
 * wraps what leads out of the process (CMakeLists.txt). */
#include <errno.h>
#include <math.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/ready.h"
#include "fetcher/power/power.h"
#include "ipc/link.h"
#include "tests/unit/unit.h"

#define NODES    10
#define DAY_S    UINT64_C(86400)
#define TAKEN_UJ (UINT64_C(1) << 62) /* of a zone, by an analyst: what says more is refused */

/* What an analyst keeps of one energy epoch, and what it has booked in all. */
struct books {
	uint64_t energy_epoch, seq, last_boot_ns;
	struct {
		uint64_t id, seen_uj, booked_uj;
	} rows[NODES + 1];
	uint64_t node_seen_uj, node_uj;
};

static struct analyst {
	struct books now, committed;
	bool is_away;
	size_t epochs, frames;
} analyst;
static bool dies_before_it_sends;
static int kept_fd = -1;

int __wrap_link_send(
	struct link *link, const struct frame_head *head, const void *once, const void *rows, size_t count);
bool __wrap_link_owes_full(struct link *link);
int __wrap_ready_take_fd(const char *name);
int __wrap_ready_store_fd(const char *name, int fd);

static uint64_t grown(uint64_t *seen, uint64_t value)
{
	uint64_t before = *seen;

	assert_in_range(value, before, TAKEN_UJ);
	*seen = value;
	return value - before;
}

static void begin_epoch(const struct frame_head *head, const struct power_once *once)
{
	struct books *books = &analyst.now;

	assert_true(head->energy_epoch > books->energy_epoch);
	if (books->energy_epoch != 0) /* where what was booked ends */
		assert_int_equal(once->first_boot_ns, books->last_boot_ns);
	analyst.epochs++;
	books->energy_epoch = head->energy_epoch;
	books->node_seen_uj = 0;
	for (size_t i = 0; i <= NODES; i++)
		books->rows[i].seen_uj = 0;
}

/* Else a successor told it again, and in a new epoch that is energy once more. */
static void expect_kept(const struct frame_head *head)
{
	struct tally tally = { 0 };
	struct tally_life life;

	assert_int_equal(tally_load(&tally, &life, kept_fd), 0);
	assert_int_equal(life.energy_epoch, head->energy_epoch);
	assert_int_equal(life.seq, head->seq);
	tally_done(&tally);
}

static void book(const struct frame_head *head, const struct power_once *once, const struct power_row *rows,
	size_t count)
{
	struct books *books = &analyst.now;

	if (head->energy_epoch != books->energy_epoch)
		begin_epoch(head, once);
	assert_in_range(once->first_boot_ns, 1, once->boot_ns);
	assert_int_equal(once->counted_ns, once->boot_ns - once->first_boot_ns);
	assert_true(head->seq > books->seq);
	expect_kept(head);
	books->seq = head->seq;
	books->node_uj += grown(&books->node_seen_uj, once->total_uj.by[ZONE_PACKAGE]);
	for (size_t i = 0; i < count; i++) {
		size_t at = 0;
		while (books->rows[at].id != rows[i].id && books->rows[at].id != 0)
			at++;
		assert_in_range(at, 0, NODES);
		books->rows[at].id = rows[i].id;
		books->rows[at].booked_uj +=
			grown(&books->rows[at].seen_uj, rows[i].active_uj.by[ZONE_PACKAGE]);
	}
	books->last_boot_ns = once->boot_ns;
	analyst.frames++;
}

int __wrap_link_send(
	struct link *link, const struct frame_head *head, const void *once, const void *rows, size_t count)
{
	(void)link;
	if (analyst.is_away || dies_before_it_sends)
		return -EAGAIN;
	if (head->kind == FRAME_power)
		book(head, once, rows, count);
	return 0;
}

bool __wrap_link_owes_full(struct link *link)
{
	(void)link;
	return false;
}

int __wrap_ready_take_fd(const char *name)
{
	(void)name;
	return kept_fd >= 0 ? dup(kept_fd) : -ENOENT;
}

int __wrap_ready_store_fd(const char *name, int fd)
{
	(void)name;
	kept_fd = dup(fd);
	return 0;
}

/* The truth, as Keplers of ten nodes tell it, each with a pod of its own. Joules. */
struct cluster {
	struct power power;
	struct stats stats;
	uint64_t real_ns;
	double pods[NODES], rest[NODES], idle[NODES];
};

static struct text text(const char *of)
{
	return (struct text) { of, (uint32_t)strlen(of) };
}

/* A second life, on what the first one kept. */
static void restart(struct cluster *c)
{
	power_done(&c->power);
	c->power = (struct power) { 0 };
	c->stats = (struct stats) { 0 };
	assert_int_equal(power_open(&c->power, "kepler", &c->stats), 0);
}

static struct reading reading_of(struct cluster *c, const char *metric, int node, bool is_pod, double joules)
{
	char name[2] = { (char)('a' + node), '\0' };
	struct metric_sample sample = { .name = text(metric),
		.value = joules,
		.label_count = is_pod ? 2 : 1,
		.labels = {
			{ text("node_name"), text(name), false }, { text("pod_name"), text(name), false } } };
	struct reading reading;

	assert_int_equal(tally_series(&c->power.tally, 0, &sample, &reading), 0);
	return reading;
}

/* All of it has drawn 0.92 MW for `seconds`; nobody has read that yet. */
static void use(struct cluster *c, uint64_t seconds)
{
	c->real_ns += seconds * NS_PER_SECOND;
	for (int i = 0; i < NODES; i++) {
		c->pods[i] += (double)seconds * (85e3 + i * 100 + 0.123457);
		c->rest[i] += (double)seconds * 1000.7;
		c->idle[i] += (double)seconds * 6e3;
	}
}

static void tell(struct cluster *c)
{
	struct reading readings[3 * NODES];

	for (int i = 0; i < NODES; i++) {
		readings[i] = reading_of(
			c, "kepler_node_cpu_active_joules_total", i, false, c->pods[i] + c->rest[i]);
		readings[NODES + i] =
			reading_of(c, "kepler_node_cpu_idle_joules_total", i, false, c->idle[i]);
		readings[2 * NODES + i] = reading_of(c, "kepler_pod_cpu_joules_total", i, true, c->pods[i]);
	}
	assert_int_equal(tally_apply(&c->power.tally, 0, readings, 3 * NODES, c->real_ns), 0);
	power_tell(&c->power, c->real_ns, false);
}

/* The analyst commits what it has, and its word arrives. */
static void acknowledge(struct cluster *c)
{
	const struct ack_once once = { .committed_seq = analyst.now.seq };
	const struct frame frame = { .head = { .kind = FRAME_ack, .energy_epoch = analyst.now.energy_epoch },
		.once = &once };

	analyst.committed = analyst.now;
	assert_int_equal(power_take_ack(&c->power, &frame), 0);
}

static void begin(struct cluster *c)
{
	*c = (struct cluster) { .real_ns = clock_now().real_ns, .power.state_fd = -1 };
	analyst = (struct analyst) { 0 };
	dies_before_it_sends = false;
	closep(&kept_fd);
	restart(c);
	use(c, 0);
	tell(c);
}

static void end(struct cluster *c)
{
	power_done(&c->power);
	closep(&kept_fd);
}

static uint64_t uj(double joules)
{
	return (uint64_t)llround(joules * 1e6);
}

static uint64_t booked(uint64_t id)
{
	for (size_t i = 0; i <= NODES; i++)
		if (analyst.now.rows[i].id == id)
			return analyst.now.rows[i].booked_uj;
	return 0;
}

/* Once the next frame has come all is booked, to the µJ. */
static void expect_all(struct cluster *c)
{
	uint64_t active_uj = 0, idle_uj = 0, pods_uj = 0;

	analyst.is_away = false;
	use(c, DAY_S);
	tell(c);
	for (int i = 0; i < NODES; i++) {
		active_uj += uj(c->pods[i] + c->rest[i]);
		idle_uj += uj(c->idle[i]);
		pods_uj += uj(c->pods[i]);
		assert_int_equal(booked(c->power.tally.rows[i].id), uj(c->pods[i]));
	}
	assert_int_equal(analyst.now.node_uj, active_uj + idle_uj);
	assert_int_equal(booked(ROW_ID_OTHER), active_uj - pods_uj);
}

static void years_of_a_cluster_are_told_in_epochs_that_an_analyst_takes(void **state)
{
	struct cluster c;

	(void)state;
	begin(&c);
	for (int day = 0; day < 130; day++) {
		use(&c, DAY_S);
		tell(&c);
		acknowledge(&c);
		assert_in_range(c.power.tally.most_uj, 0, POWER_EPOCH_UJ + POWER_EPOCH_UJ / 4);
	}
	expect_all(&c);
	assert_int_equal(analyst.epochs, 130 / 8 + 1);
	end(&c);
}

static void an_epoch_waits_for_the_last_word_on_the_one_before(void **state)
{
	struct cluster c;

	(void)state;
	begin(&c);
	acknowledge(&c);
	for (int day = 0; day < 10; day++) {
		use(&c, DAY_S);
		tell(&c);
	}
	assert_int_equal(analyst.epochs, 1);
	struct ack_once once = { .committed_seq = analyst.now.seq - 1 };
	const struct frame late = { .head.energy_epoch = analyst.now.energy_epoch, .once = &once };
	power_take_ack(&c.power, &late);
	use(&c, DAY_S);
	tell(&c);
	assert_int_equal(analyst.epochs, 1);
	acknowledge(&c);
	use(&c, DAY_S);
	tell(&c);
	assert_int_equal(analyst.epochs, 2);
	once.committed_seq = analyst.now.seq; /* of the epoch before: not this one */
	power_take_ack(&c.power, &late);
	assert_true(c.power.acked_seq < analyst.now.seq);
	expect_all(&c);
	end(&c);
}

/* 180 days in which either dies, or a frame or an acknowledgement is lost, at any moment. */
static void deaths_at_any_moment_neither_lose_nor_double_energy(void **state)
{
	struct cluster c;

	(void)state;
	for (unsigned seed = 0; seed < 20; seed++) {
		begin(&c);
		srand(seed);
		for (int day = 0; day < 180; day++) {
			use(&c, DAY_S);
			analyst.is_away = rand() % 8 == 0;
			if (rand() % 4 == 0)
				analyst.now = analyst.committed;
			dies_before_it_sends = rand() % 4 == 0;
			if (!power_must_wait(&c.power))
				tell(&c);
			if (dies_before_it_sends || rand() % 4 == 0) {
				dies_before_it_sends = false;
				restart(&c);
			}
			if (!analyst.is_away && rand() % 2 == 0)
				acknowledge(&c);
		}
		acknowledge(&c);
		expect_all(&c);
		assert_in_range(analyst.epochs, 5, 100);
		end(&c);
	}
}

static void nothing_is_read_beyond_what_an_analyst_takes_until_one_is_there(void **state)
{
	struct cluster c;
	size_t read = 0;

	(void)state;
	begin(&c);
	acknowledge(&c);
	analyst.is_away = true;
	for (int day = 0; day < 50; day++) {
		use(&c, DAY_S);
		if (!power_must_wait(&c.power)) {
			tell(&c);
			read++;
		}
		if (day % 5 == 0)
			restart(&c); /* which is no reason to read */
	}
	assert_in_range(read, 13, 16); /* 2^60 µJ of 0.92 MW */
	analyst.is_away = false;
	assert_true(power_must_wait(&c.power)); /* tells what there is */
	acknowledge(&c);
	assert_false(power_must_wait(&c.power));
	tell(&c); /* the counters' next difference is that of 35 days */
	acknowledge(&c);
	expect_all(&c);
	end(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(years_of_a_cluster_are_told_in_epochs_that_an_analyst_takes),
		cmocka_unit_test(an_epoch_waits_for_the_last_word_on_the_one_before),
		cmocka_unit_test(deaths_at_any_moment_neither_lose_nor_double_energy),
		cmocka_unit_test(nothing_is_read_beyond_what_an_analyst_takes_until_one_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
