/*
 * Thousands of random turns: cgroups and processes come, work, move, end; tgids come again; meters jump, fail, vanish;
 * counters become valid and invalid; the ring laps; the estimator restarts; clocks step. In every one of them process,
 * container, pod, namespace and node agree to the µJ in each zone, nothing goes down, nothing spikes, and each cgroup's
 * part is the one its counters say. That the test can fail is tested: a share changed on its way must be noticed.
 */
#include "estimator/publish.h"
#include "tests/unit/estimator/world_fixture.h"

#define TURNS      4000
#define CGROUPS    40
#define CONTAINERS 20
#define PODS       10
#define NAMESPACES 4
#define MOST_WATTS                                                                                           \
	2100 /* what any zone may grow by in a second: the bound of a believed meter, and the model */

static struct books books;
static struct machines machines;
static struct power_once power;
static struct power_row power_rows[RING_ROWS + FINALS_MAX];
static struct process_once process_once;
static struct process_row process_rows[RING_ROWS + PUBLISH_REST_ROWS];
static uint64_t next_id, births;
static uint32_t next_tgid;
static struct {
	uint64_t laps, restarts, counter_epochs, energy_epochs, refused, moved, suspends;
} happened;

/* a share changed on its way */

static enum { SOUND, LOST, MOVED } fault;
static uint64_t faults;

uint64_t __real_apportion(uint64_t, struct share *, size_t, uint32_t *);
uint64_t __wrap_apportion(uint64_t, struct share *, size_t, uint32_t *);

uint64_t __wrap_apportion(uint64_t energy_uj, struct share *shares, size_t count, uint32_t *scratch)
{
	uint64_t given = __real_apportion(energy_uj, shares, count, scratch);

	if (fault == SOUND || given == 0)
		return given;
	for (size_t i = 1; i < count; i++) {
		if (shares[i].uj < 2 || shares[i - 1].weight == 0)
			continue;
		shares[i].uj -= 2;
		shares[i - 1].uj += fault == MOVED ? 2 : 0;
		faults++;
		break;
	}
	return given;
}

/* the world */

static uint32_t cgroups_now(void)
{
	uint32_t count = 0;

	while (count < world.row_count && world.rows[count].kind == ROW_CGROUP)
		count++;
	return count;
}

static void remove_row(uint32_t row)
{
	memmove(&world.rows[row], &world.rows[row + 1], (--world.row_count - row) * sizeof(world.rows[0]));
}

static void add_cgroup(void)
{
	uint32_t at = cgroups_now();

	memmove(&world.rows[at + 1], &world.rows[at], (world.row_count++ - at) * sizeof(world.rows[0]));
	world.rows[at] = (struct ring_row) { .id = next_id++, .kind = ROW_CGROUP };
}

/* Its processes end with it. */
static void end_cgroup(uint32_t row)
{
	uint64_t id = world.rows[row].id;

	remove_row(row);
	for (uint32_t i = cgroups_now(); i < world.row_count;)
		if (world.rows[i].id == id)
			remove_row(i);
		else
			i++;
}

static void live(void)
{
	uint32_t cgroups = cgroups_now(), processes = world.row_count - cgroups;

	if (cgroups < CGROUPS && pick(6) == 0)
		add_cgroup();
	if (cgroups > 5 && pick(12) == 0)
		end_cgroup((uint32_t)pick(cgroups));
	else if (pick(12) == 0)
		world.rows[pick(cgroups)].flags ^= ROW_FINAL;
	for (uint64_t n = pick(4); n > 0 && world.row_count < RING_ROWS - CGROUPS; n--) {
		uint32_t tgid =
			pick(3) == 0 ? 1 + (uint32_t)pick(50) : 100 + next_tgid++; /* some come again */
		add_process(world.rows[pick(cgroups_now())].id, tgid, world.tick.boot_ns + ++births);
	}
	for (uint64_t n = pick(4); n > 0 && processes > 20; n--)
		remove_row(cgroups_now() + (uint32_t)pick(world.row_count - cgroups_now()));
	if (processes > 20 && pick(8) == 0) {
		happened.moved++;
		world.rows[cgroups_now() + pick(world.row_count - cgroups_now())].id =
			world.rows[pick(cgroups_now())].id;
	}
	if (pick(100) == 0) /* the table is full: its cgroup stands in (other) */
		add_process(UINT64_C(1) << 40, 100 + next_tgid++, world.tick.boot_ns + ++births);
}

static const enum counter used[] = { COUNTER_cpu_ns, COUNTER_cycles, COUNTER_cache_misses,
	COUNTER_mem_byte_seconds, COUNTER_minor_faults, COUNTER_gpu_uj };

static void work(void)
{
	uint32_t cgroups = cgroups_now();

	for (uint32_t i = 0; i < cgroups; i++)
		for (size_t u = 0; u < sizeof(used) / sizeof(used[0]); u++)
			use_counter(i, used[u], pick(3) == 0 ? pick(100000000) : 0);
	for (uint32_t i = cgroups; i < world.row_count; i++)
		for (size_t u = 0; u < sizeof(used) / sizeof(used[0]); u++)
			world.rows[i].counter[used[u]] += pick(3) == 0 ? pick(20000000) : 0;
	for (uint32_t i = cgroups; i < world.row_count; i++)
		if (pick(5) == 0)
			world.rows[i].resident_bytes = pick(2) == 0 ? pick(100000000) : 0;
	if (pick(50) == 0) /* a counter that breaks the contract */
		world.rows[pick(world.row_count)].counter[used[pick(6)]] /= 2;
	if (pick(10) == 0)
		world.tick.counters_valid ^= 1U << used[1 + pick(5)];
}

static void move_meters(void)
{
	static const enum zone zones[] = { ZONE_PACKAGE, ZONE_DRAM, ZONE_PSYS, ZONE_GPU, ZONE_CORE };

	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		struct ring_meter *meter = &world.tick.meter[i];
		meter->zone = zones[i];
		meter->uj += pick(100000000);
		switch (pick(60)) {
		case 0: meter->uj += UINT64_C(900000000000000); break;
		case 1: meter->uj = pick(1000); break;
		case 2: meter->state = METER_FAILED; break;
		case 3: meter->state = METER_ABSENT; break;
		case 4:
		case 5: meter->state = METER_OK; break;
		}
	}
	if (pick(300) == 0)
		snprintf(world.tick.meter_name, sizeof(world.tick.meter_name), "m%u", (unsigned)pick(3));
	if (pick(400) == 0)
		world.tick.meter[0].state = METER_FAKE;
}

static void time_passes(void)
{
	pass(pick(10) == 0 ? pick(NS_PER_SECOND) : NS_PER_SECOND);
	if (pick(40) == 0)
		world.tick.real_ns += (pick(2) == 0 ? 1 : UINT64_MAX) * pick(86400) * NS_PER_SECOND;
	if (pick(100) == 0) {
		happened.suspends++;
		world.tick.boot_ns += pick(7200) * NS_PER_SECOND;
	}
	if (pick(800) != 0)
		return;
	happened.laps++;
	for (uint64_t n = RING_TICKS + pick(100); n > 0; n--)
		second(); /* the estimator sleeps */
}

static void restart_estimator(void)
{
	int fd = dup(books.state.fd);
	struct turn_config config = books.turn.config;

	happened.restarts++;
	happened.refused += books.turn.doubts.backward + books.turn.doubts.beyond;
	happened.energy_epochs += books.turn.energy_epochs;
	if (pick(4) != 0)
		state_commit(&books.state); /* else the turn since is replayed */
	end_books(&books);
	assert_int_equal(turn_init(&books.turn, &config, RING_ROWS), 0);
	assert_int_equal(state_open_fd(&books.state, fd, RING_ROWS), 0);
}

/* New counters: the collector was stopped and started. Rows are who they were. */
static void restart_counters(void)
{
	static struct ring_row rows[RING_ROWS];
	struct ring_tick tick = world.tick;
	uint32_t count = world.row_count;
	uint64_t seed = world.seed;

	happened.counter_epochs++;
	memcpy(rows, world.rows, sizeof(rows));
	end_world();
	begin_world(1000 + births, seed, 0);
	world.tick = tick;
	world.row_count = count;
	memcpy(world.rows, rows, sizeof(rows));
	for (uint32_t i = 0; i < count; i++)
		memset(world.rows[i].counter, 0, sizeof(world.rows[i].counter));
	publish();
}

/* what must hold */

static uint64_t container_uj[CONTAINERS], pod_uj[PODS], namespace_uj[NAMESPACES];

static void add_to_workloads(uint64_t id, uint64_t uj)
{
	container_uj[id % CONTAINERS] += uj;
}

/* Containers add up to pods, pods to namespaces: "" if that is the node. Both frames say the same. */
static const char *frames_disagree(void)
{
	const struct state_head *head = &books.state.head;
	size_t processes =
		publish_processes(&books.state, &books.turn, &machines, &process_once, process_rows);

	publish_power(&books.state, &books.turn, &power, power_rows);
	for (int zone = 0; zone < STATE_ZONES; zone++) {
		uint64_t node =
			power.idle_uj.by[zone] + head->gone_active_uj[zone] + head->gone_idle_uj[zone];
		uint64_t of_processes = 0;
		memset(container_uj, 0, sizeof(container_uj));
		memset(pod_uj, 0, sizeof(pod_uj));
		memset(namespace_uj, 0, sizeof(namespace_uj));
		for (uint32_t i = 0; i < head->row_count; i++)
			add_to_workloads(power_rows[i].id,
				power_rows[i].active_uj.by[zone] + power_rows[i].idle_uj.by[zone]);
		for (int i = 0; i < CONTAINERS; i++)
			pod_uj[i % PODS] += container_uj[i];
		for (int i = 0; i < PODS; i++)
			namespace_uj[i % NAMESPACES] += pod_uj[i];
		for (int i = 0; i < NAMESPACES; i++)
			node += namespace_uj[i];
		if (node != power.total_uj.by[zone])
			return "namespaces and idle are not the node";
		for (size_t i = 0; i < processes; i++)
			of_processes += process_rows[i].active_uj.by[zone];
		for (uint32_t i = 0; i < head->row_count; i++)
			of_processes += power_rows[i].idle_uj.by[zone];
		if (of_processes + power.idle_uj.by[zone] + head->gone_idle_uj[zone] !=
			power.total_uj.by[zone])
			return "the process frame is not the node";
	}
	return "";
}

/* Were cycles counted before and in all ticks of the turn? */
static bool has_cycles(const struct state_head *before)
{
	bool is_first = !epoch_equal(&before->epoch, &books.state.head.epoch);
	uint32_t valid = is_first ? ALL_COUNTED : before->counters_valid;
	struct ring_tick tick;

	for (uint64_t seq = is_first ? 1 : before->committed_seq + 1; seq <= books.state.head.committed_seq;
		seq++)
		valid &= ring_read_tick(world.reader, seq, &tick) == 0 ? tick.counters_valid : ALL_COUNTED;
	return valid >> COUNTER_cycles & 1;
}

/* A cgroup's part is what its counters say, within the µJ of rounding: worked out anew, in floating point. */
static const char *shares_are_wrong(enum zone zone, enum use_kind use)
{
	const struct rows *rows = &books.turn.rows;
	long double used_by_all = 0, given = 0;

	for (uint32_t i = 0; i < books.state.head.row_count; i++) {
		used_by_all += (long double)rows->growth[i].by[use];
		given += (long double)rows->gained_uj[i][zone];
	}
	for (uint32_t i = 0; i < books.state.head.row_count && used_by_all > 0; i++) {
		long double wanted = given * (long double)rows->growth[i].by[use] / used_by_all;
		long double off = (long double)rows->gained_uj[i][zone] - wanted;
		if (off > 1.01L || off < -1.01L)
			return "a cgroup's part is not what its counters say";
	}
	return "";
}

static const char *something_spikes(const struct state_head *before, uint64_t boot_ns)
{
	const struct state_head *head = &books.state.head;

	if (before->energy_epoch != head->energy_epoch)
		return "";
	for (int zone = 0; zone < ZONE_COUNT; zone++) {
		uint64_t bound =
			(zone == ZONE_GPU ? UINT64_C(10) : 1) * MOST_WATTS * (boot_ns / 1000 + 60000000);
		if (head->total_uj[zone] < before->total_uj[zone] ||
			head->idle_uj[zone] < before->idle_uj[zone])
			return "something goes down";
		if (head->total_uj[zone] - before->total_uj[zone] > bound)
			return "something spikes";
	}
	return "";
}

static const char *what_is_wrong(const struct state_head *before)
{
	bool is_lapped = books.turn.flags & TICK_FLAG_COARSE;
	const char *wrong = disagreement(&books.state);

	if (*wrong == '\0')
		wrong = frames_disagree();
	if (*wrong == '\0')
		wrong = something_spikes(before, books.state.head.boot_ns - before->boot_ns);
	if (*wrong == '\0' && !is_lapped)
		wrong = shares_are_wrong(ZONE_PACKAGE, has_cycles(before) ? USE_CYCLES : USE_CPU);
	if (*wrong == '\0' && !is_lapped)
		wrong = shares_are_wrong(ZONE_GPU, USE_GPU);
	return wrong;
}

static const char *one_turn(uint64_t turn_no)
{
	struct state_head before;
	const char *wrong = "";

	for (uint64_t ticks = 1 + pick(3) / 2; ticks > 0; ticks--) {
		live();
		work();
		move_meters();
		time_passes();
		publish();
	}
	if (turn_no > 5 && pick(25) == 0)
		restart_estimator();
	for (;;) {
		before = books.state.head;
		if (*wrong != '\0' || turn_run(&books.turn, &books.state, world.reader) != 1)
			break;
		wrong = what_is_wrong(&before);
	}
	return wrong;
}

static uint64_t request_of(void *context, uint64_t id)
{
	(void)context;
	return id % 3 * 100;
}

/* What was wrong, in which turn; "" when nothing was. */
static const char *run(uint64_t seed, uint64_t turns, uint64_t *ret_turn)
{
	struct turn_config config = books_config();
	const char *wrong = "";

	config.share_idle = (enum idle_sharing)(seed % 3);
	config.request_of = request_of;
	config.process_rows = (uint32_t)(seed % 80);
	config.node.warmup_ns = seed % 2 * 5 * NS_PER_SECOND;
	next_id = 100;
	next_tgid = 0;
	births = 0;
	begin_world(5, seed, 0);
	begin_books(&books, config);
	snprintf(world.tick.meter_name, sizeof(world.tick.meter_name), "m");
	for (int i = 0; i < 10; i++)
		add_cgroup();
	world.rows[0].id = ROW_ID_OTHER;
	for (int i = 0; i < 5; i++)
		world.tick.meter[i].state = METER_OK;
	world.tick.counters_valid = ALL_COUNTED;
	publish();
	state_commit(&books.state);
	for (*ret_turn = 0; *ret_turn < turns && *wrong == '\0'; ++*ret_turn) {
		wrong = one_turn(*ret_turn);
		if (pick(5) == 0 && books.turn.has_run)
			rows_forget(&books.turn.rows, &books.state,
				books.state.head.committed_seq - pick(50) % books.state.head.committed_seq);
		if (pick(200) == 0)
			restart_counters();
	}
	end_books(&books);
	end_world();
	return wrong;
}

static void process_container_pod_namespace_and_node_agree_in_every_turn(void **state)
{
	uint64_t turn;

	(void)state;
	fault = SOUND;
	for (uint64_t seed = 1; seed <= 6; seed++) {
		const char *wrong = run(seed * 7919, TURNS / 6, &turn);
		if (*wrong != '\0')
			fail_msg("seed %llu, turn %llu: %s", (unsigned long long)seed * 7919,
				(unsigned long long)turn, wrong);
	}
	assert_true(happened.laps > 0 && happened.restarts > 0 && happened.counter_epochs > 0 &&
		    happened.energy_epochs > 0 && happened.refused > 0 && happened.moved > 0 &&
		    happened.suspends > 0);
}

static void a_share_that_is_lost_is_noticed(void **state)
{
	uint64_t turn;

	(void)state;
	fault = LOST;
	faults = 0;
	assert_string_not_equal(run(7919, 50, &turn), "");
	assert_true(faults > 0);
}

static void a_share_that_goes_to_another_is_noticed(void **state)
{
	uint64_t turn;

	(void)state;
	fault = MOVED;
	faults = 0;
	assert_string_equal(run(7919, 200, &turn), "a cgroup's part is not what its counters say");
	assert_true(faults > 0);
}

static int begin_all(void **state)
{
	return make_model(state) < 0 || machines_init(&machines) < 0;
}

static int end_all(void **state)
{
	(void)state;
	machines_done(&machines);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(process_container_pod_namespace_and_node_agree_in_every_turn),
		cmocka_unit_test(a_share_that_is_lost_is_noticed),
		cmocka_unit_test(a_share_that_goes_to_another_is_noticed),
	};
	return cmocka_run_group_tests(tests, begin_all, end_all);
}
