/* Each process takes its part of its own cgroup's energy; and the process frame, which lists those that used most. */
#include "estimator/publish.h"
#include "tests/unit/estimator/world_fixture.h"

#define JOULE UINT64_C(1000000)
#define LIST  4

static struct books books;
static struct machines machines;
static struct process_row listed[MACHINES_MAX + PUBLISH_REST_ROWS];
static struct process_once once;
static size_t listed_count;

/* 10 W active a second. */
static void turn_after_a_second(void)
{
	world.tick.meter[0].uj += 11 * JOULE;
	second();
	run_turn(&books);
	assert_conserved(&books.state);
	listed_count = publish_processes(&books.state, &books.turn, &machines, &once, listed);
}

static void begin(uint32_t cgroups)
{
	struct turn_config config = books_config();

	config.process_rows = LIST;
	begin_world(5, 1, cgroups);
	begin_books(&books, config);
	books.turn.processes.machines = &machines;
	set_meter(0, ZONE_PACKAGE, METER_OK, 0);
	publish();
	assert_int_equal(turn_run(&books.turn, &books.state, world.reader), 0);
}

static void end(void)
{
	end_books(&books);
	end_world();
}

/* The process in this row of the world and its cgroup, the first so many, work. */
static void work(uint32_t row, uint32_t cgroup, uint64_t ns)
{
	world.rows[row].counter[COUNTER_cpu_ns] += ns;
	use_counter(cgroup, COUNTER_cpu_ns, ns);
}

static uint64_t energy(uint32_t tgid, uint64_t start_ns)
{
	const struct state_process *process = process_of(&books.state, tgid, start_ns);

	assert_non_null(process);
	return process->active_uj[ZONE_PACKAGE];
}

static const struct process_row *row_in_frame(uint64_t id, uint32_t tgid)
{
	for (size_t i = 0; i < listed_count; i++)
		if (listed[i].tgid == tgid && (tgid != 0 || listed[i].id == id))
			return &listed[i];
	return NULL;
}

static uint64_t rest_in_frame(uint64_t id)
{
	assert_non_null(row_in_frame(id, 0));
	return row_in_frame(id, 0)->active_uj.by[ZONE_PACKAGE];
}

static void assert_frame_is_the_node(void)
{
	const struct state_head *head = &books.state.head;

	for (int zone = 0; zone < STATE_ZONES; zone++) {
		uint64_t sum = 0;
		for (size_t i = 0; i < listed_count; i++)
			sum += listed[i].active_uj.by[zone];
		assert_int_equal(sum, head->total_uj[zone] - head->idle_uj[zone]);
	}
}

static void a_process_gets_its_part_of_its_own_cgroups_energy(void **state)
{
	(void)state;
	begin(2);
	add_process(100, 7, FIRST_NS);
	add_process(100, 8, FIRST_NS);
	add_process(101, 9, FIRST_NS);
	work(2, 0, 100000000);
	work(3, 0, 300000000);
	work(4, 1, 400000000);
	turn_after_a_second();
	assert_int_equal(energy(7, FIRST_NS), 1250000);
	assert_int_equal(energy(8, FIRST_NS), 3750000);
	assert_int_equal(energy(9, FIRST_NS), 5 * JOULE);
	assert_frame_is_the_node();
	end();
}

/* Cycles split the cgroups: so they do their processes. */
static void processes_go_by_the_rule_of_their_cgroups(void **state)
{
	(void)state;
	begin(1);
	world.tick.counters_valid = ALL_COUNTED;
	add_process(100, 7, FIRST_NS);
	add_process(100, 8, FIRST_NS);
	set_meter(1, ZONE_GPU, METER_OK, 0);
	turn_after_a_second();
	work(1, 0, 100000000);
	work(2, 0, 100000000);
	world.rows[1].counter[COUNTER_cycles] += 900;
	world.rows[2].counter[COUNTER_cycles] += 100;
	use_counter(0, COUNTER_cycles, 1000);
	world.rows[2].counter[COUNTER_gpu_uj] += 30 * JOULE;
	use_counter(0, COUNTER_gpu_uj, 30 * JOULE);
	world.tick.meter[1].uj += 30 * JOULE;
	turn_after_a_second();
	assert_int_equal(energy(7, FIRST_NS), 9 * JOULE);
	assert_int_equal(energy(8, FIRST_NS), 1 * JOULE);
	assert_int_equal(process_of(&books.state, 8, FIRST_NS)->active_uj[ZONE_GPU], 30 * JOULE);
	assert_frame_is_the_node();
	end();
}

static void begin_memory(uint64_t first_bytes, uint64_t second_bytes)
{
	begin(2);
	add_process(100, 7, FIRST_NS)->resident_bytes = first_bytes;
	add_process(100, 8, FIRST_NS)->resident_bytes = second_bytes;
	add_process(101, 9, FIRST_NS);
	turn_after_a_second(); /* they are known now */
	use_counter(0, COUNTER_mem_byte_seconds, 1000000000);
	use_counter(1, COUNTER_mem_byte_seconds, 1000000000);
	work(2, 0, 100000000); /* what it does is no matter of what it holds */
	turn_after_a_second();
}

static uint64_t dram(uint32_t tgid)
{
	return process_of(&books.state, tgid, FIRST_NS)->active_uj[ZONE_DRAM];
}

/* 1 GB for a second is 0.392 J in each cgroup; what no process holds of it, the page cache, is the cgroup's rest. */
static void modelled_dram_goes_by_what_processes_hold(void **state)
{
	(void)state;
	begin_memory(600000000, 200000000);
	assert_int_equal(dram(7), 392000 * 6 / 10);
	assert_int_equal(dram(8), 392000 * 2 / 10);
	assert_int_equal(dram(9), 0); /* a kernel thread */
	assert_int_equal(row_of(&books.state, 100)->rest_uj[ZONE_DRAM], 392000 * 2 / 10);
	assert_int_equal(row_of(&books.state, 101)->rest_uj[ZONE_DRAM], 392000);
	assert_frame_is_the_node();
	end();
}

/* Two that share pages hold more together than their cgroup does. */
static void who_hold_more_than_their_cgroup_share_what_it_has(void **state)
{
	(void)state;
	begin_memory(3000000000, 1000000000);
	assert_int_equal(dram(7), 392000 * 3 / 4);
	assert_int_equal(dram(8), 392000 * 1 / 4);
	assert_int_equal(row_of(&books.state, 100)->rest_uj[ZONE_DRAM], 0);
	assert_frame_is_the_node();
	end();
}

/* Half a second old, it held its bytes for half a second. */
static void who_is_born_in_between_held_its_memory_since(void **state)
{
	(void)state;
	begin(1);
	turn_after_a_second();
	const uint64_t born_ns = world.tick.boot_ns + NS_PER_SECOND / 2;
	add_process(100, 7, born_ns)->resident_bytes = 1000000000;
	use_counter(0, COUNTER_mem_byte_seconds, 1000000000);
	turn_after_a_second();
	assert_int_equal(process_of(&books.state, 7, born_ns)->active_uj[ZONE_DRAM], 196000);
	assert_frame_is_the_node();
	end();
}

/* What the cgroup used beyond its living processes was used by those that ended meanwhile. */
static void what_ended_processes_used_is_the_cgroups_rest(void **state)
{
	(void)state;
	begin(1);
	add_process(100, 7, FIRST_NS);
	work(1, 0, 100000000);
	use_counter(0, COUNTER_cpu_ns, 900000000); /* by processes that lived 1 ms */
	turn_after_a_second();
	assert_int_equal(energy(7, FIRST_NS), 1 * JOULE);
	assert_int_equal(row_of(&books.state, 100)->rest_uj[ZONE_PACKAGE], 9 * JOULE);
	assert_int_equal(rest_in_frame(ROW_ID_OTHER), 9 * JOULE);
	world.row_count = 1; /* 7 ends, having worked since */
	use_counter(0, COUNTER_cpu_ns, 100000000);
	turn_after_a_second();
	assert_null(process_of(&books.state, 7, FIRST_NS));
	assert_int_equal(row_of(&books.state, 100)->rest_uj[ZONE_PACKAGE], 20 * JOULE);
	assert_int_equal(rest_in_frame(ROW_ID_OTHER), 19 * JOULE); /* this second's, not 7's past */
	assert_int_equal(rest_in_frame(ROW_ID_ENDED), 1 * JOULE);
	assert_frame_is_the_node();
	end();
}

static void a_tgid_used_again_is_another_process(void **state)
{
	(void)state;
	begin(1);
	add_process(100, 7, FIRST_NS);
	work(1, 0, 500000000);
	turn_after_a_second();
	world.rows[1].start_ns = world.tick.boot_ns + 1;
	world.rows[1].counter[COUNTER_cpu_ns] = 0;
	work(1, 0, 900000000); /* more than the first one ever had */
	turn_after_a_second();
	assert_null(process_of(&books.state, 7, FIRST_NS));
	assert_int_equal(energy(7, world.rows[1].start_ns), 10 * JOULE);
	assert_int_equal(row_in_frame(0, 7)->active_uj.by[ZONE_PACKAGE], 10 * JOULE);
	assert_frame_is_the_node();
	end();
}

static void a_process_that_moves_leaves_its_energy_behind(void **state)
{
	(void)state;
	begin(2);
	add_process(100, 7, FIRST_NS);
	work(2, 0, 500000000);
	turn_after_a_second();
	world.rows[2].id = 101;
	work(2, 1, 100000000);
	turn_after_a_second();
	assert_int_equal(energy(7, FIRST_NS), 10 * JOULE);
	assert_int_equal(row_of(&books.state, 100)->rest_uj[ZONE_PACKAGE], 10 * JOULE);
	assert_int_equal(row_of(&books.state, 101)->active_uj[ZONE_PACKAGE], 10 * JOULE);
	assert_int_equal(row_in_frame(0, 7)->id, 101);
	assert_int_equal(row_in_frame(0, 7)->active_uj.by[ZONE_PACKAGE], 20 * JOULE); /* its own goes on */
	assert_frame_is_the_node();
	end();
}

/* Counters of a process may count since its birth, long before ours. */
static void an_old_process_seen_first_brings_no_past_and_a_newborn_brings_all(void **state)
{
	(void)state;
	begin(1);
	turn_after_a_second();
	add_process(100, 7, 5)->counter[COUNTER_cpu_ns] = 999 * NS_PER_SECOND;
	add_process(100, 8, world.tick.boot_ns + 1);
	work(2, 0, 500000000);
	turn_after_a_second();
	assert_int_equal(energy(7, 5), 0);
	assert_int_equal(energy(8, world.rows[2].start_ns), 10 * JOULE);
	work(1, 0, 500000000);
	turn_after_a_second();
	assert_int_equal(energy(7, 5), 10 * JOULE);
	end();
}

static void processes_of_cgroups_without_a_row_share_the_row_other(void **state)
{
	(void)state;
	begin(2);
	world.rows[1] = (struct ring_row) { .id = ROW_ID_OTHER, .kind = ROW_CGROUP, .flags = ROW_OTHER };
	add_process(555, 7, FIRST_NS);
	work(2, 1, 500000000);
	turn_after_a_second();
	assert_int_equal(energy(7, FIRST_NS), 10 * JOULE);
	assert_true(row_in_frame(0, 7)->id == ROW_ID_OTHER);
	world.rows[1].id = 101; /* now there is not even that: it is nobody's process */
	work(2, 0, 500000000);
	turn_after_a_second();
	assert_null(process_of(&books.state, 7, FIRST_NS));
	assert_int_equal(books.state.head.process_count, 0);
	assert_frame_is_the_node();
	end();
}

/* More processes than the frame may list: the busiest are; nothing goes down, and what leaves brings no spike to the rest. */
static void the_frame_lists_the_busiest_and_its_rest_never_goes_down(void **state)
{
	uint64_t other = 0, seen[32] = { 0 };

	(void)state;
	begin(2);
	for (uint32_t i = 0; i < 12; i++)
		add_process(100 + i % 2, 10 + i, FIRST_NS);
	for (uint32_t second_no = 0; second_no < 120; second_no++) {
		for (uint32_t i = 0; i < 12; i++) /* the busy ones change every half minute */
			work(2 + i, i % 2, i / 4 == second_no / 30 % 3 ? 100000000 : 1000000);
		turn_after_a_second();
		assert_int_equal(listed_count, LIST + PUBLISH_REST_ROWS);
		assert_int_equal(once.omitted, 12 - LIST);
		assert_frame_is_the_node();
		assert_in_range(rest_in_frame(ROW_ID_OTHER) - other, 0, 10 * JOULE); /* a second's at most */
		other = rest_in_frame(ROW_ID_OTHER);
		for (size_t i = 0; i < LIST; i++) { /* nor does a process, whenever it comes back */
			assert_true(listed[i].active_uj.by[ZONE_PACKAGE] >= seen[listed[i].tgid]);
			seen[listed[i].tgid] = listed[i].active_uj.by[ZONE_PACKAGE];
		}
		if (second_no % 30 < 20)
			continue;
		for (uint32_t i = 0; i < 12; i++)
			assert_int_equal(row_in_frame(0, 10 + i) != NULL, i / 4 == second_no / 30 % 3);
	}
	end();
}

static void the_list_does_not_flap_between_equals(void **state)
{
	(void)state;
	begin(1);
	for (uint32_t i = 0; i < 12; i++)
		add_process(100, 10 + i, FIRST_NS);
	turn_after_a_second();
	for (int i = 0; i < 100; i++) {
		for (uint32_t p = 0; p < 12; p++)
			work(1 + p, 0, 1000000 + pick(500000));
		turn_after_a_second();
	}
	assert_int_equal(rest_in_frame(ROW_ID_ENDED), 0); /* nobody who was listed ever left */
	end();
}

static void tell_machine(uint32_t tgid)
{
	const struct topology_once part = { .full = 0 };
	const struct topology_row vm = { .op = TOPOLOGY_ADD,
		.kind = ROW_PROCESS,
		.tgid = tgid,
		.start_ns = FIRST_NS,
		.workload_kind = WORKLOAD_VM,
		.runtime = text_of("qemu"),
		.workload = text_of("db1"),
		.container_id = text_of("") };
	const struct frame frame = { .once = &part, .rows = &vm, .row_count = 1, .is_last = true };

	machines_topology(&machines, &frame);
}

static void tell_no_machines(void)
{
	const struct topology_once full = { .full = 1 };
	const struct frame frame = { .once = &full, .is_last = true };

	machines_topology(&machines, &frame);
}

/* Its machine's counter would stand still, or drop, if an idle one's process had no row. */
static void an_idle_machine_has_a_row_before_the_busiest_processes(void **state)
{
	uint64_t before = 0;

	(void)state;
	begin(1);
	for (uint32_t i = 0; i < 12; i++)
		add_process(100, 10 + i, FIRST_NS);
	for (int second_no = 0; second_no < 60; second_no++) {
		for (uint32_t i = 0; i < 12; i++)
			work(1 + i, 0, i == 0 ? 1000000 : 70000000);
		if (second_no == 20)
			tell_machine(10);
		if (second_no == 40)
			tell_no_machines(); /* the collector began anew and has not found it yet */
		turn_after_a_second();
		assert_int_equal(listed_count, LIST + PUBLISH_REST_ROWS);
		assert_frame_is_the_node();
		assert_int_equal(row_in_frame(0, 10) != NULL, second_no >= 20);
		if (second_no < 20)
			continue;
		assert_true(row_in_frame(0, 10)->active_uj.by[ZONE_PACKAGE] > before);
		before = row_in_frame(0, 10)->active_uj.by[ZONE_PACKAGE];
	}
	end();
}

/* One that left the list and came back would count again in its machine's sum. */
static void more_machines_than_rows_have_rows_all_the_same(void **state)
{
	(void)state;
	begin(1);
	for (uint32_t i = 0; i < 12; i++) {
		add_process(100, 10 + i, FIRST_NS);
		if (i < 2 * LIST)
			tell_machine(10 + i);
	}
	for (int second_no = 0; second_no < 20; second_no++) {
		for (uint32_t i = 0; i < 12; i++)
			work(1 + i, 0, 10000000 * ((i + (uint32_t)second_no) % 12 + 1));
		turn_after_a_second();
		assert_int_equal(listed_count, 2 * LIST + PUBLISH_REST_ROWS);
		for (uint32_t i = 0; i < 12; i++)
			assert_int_equal(row_in_frame(0, 10 + i) != NULL, i < 2 * LIST);
		assert_frame_is_the_node();
	}
	assert_int_equal(rest_in_frame(ROW_ID_ENDED), 0);
	tell_no_machines();
	end();
}

static void names_fill_their_place_and_machines_are_told(void **state)
{
	struct topology_once full = { .full = 1 };
	struct topology_row vm = { .op = TOPOLOGY_ADD,
		.kind = ROW_PROCESS,
		.tgid = 7,
		.start_ns = FIRST_NS,
		.workload_kind = WORKLOAD_VM,
		.runtime = text_of("qemu"),
		.workload = text_of("db1"),
		.container_id = text_of("") };
	const struct frame frame = { .once = &full, .rows = &vm, .row_count = 1, .is_last = true };
	const struct frame nobody = { .once = &full, .rows = &vm, .row_count = 0, .is_last = true };

	(void)state;
	begin(1);
	memcpy(add_process(100, 7, FIRST_NS)->comm, "0123456789abcdef", 16);
	machines_topology(&machines, &frame);
	turn_after_a_second();
	const struct process_row *row = row_in_frame(0, 7);
	assert_true(text_equal(row->comm, text_of("0123456789abcdef")));
	assert_true(text_equal(row->hypervisor, text_of("qemu")));
	assert_true(text_equal(row->vm_name, text_of("db1")));
	assert_true(text_equal(row->vm_id, text_of("db1")));
	vm.container_id = text_of("8a1f");
	machines_topology(&machines, &frame);
	turn_after_a_second();
	assert_true(text_equal(row_in_frame(0, 7)->vm_id, text_of("8a1f")));
	machines_topology(&machines, &nobody);
	turn_after_a_second();
	assert_int_equal(row_in_frame(0, 7)->vm_id.size, 0);
	full.full = 0;
	for (vm.tgid = 1; vm.tgid <= MACHINES_MAX + 5; vm.tgid++)
		machines_topology(&machines, &frame);
	assert_int_equal(machines.count, MACHINES_MAX);
	assert_int_equal(machines.dropped, 5);
	vm.op = TOPOLOGY_FINAL;
	vm.tgid = 3;
	machines_topology(&machines, &frame);
	assert_null(machines_find(&machines, state_process_key(3, FIRST_NS)));
	assert_non_null(machines_find(&machines, state_process_key(MACHINES_MAX, FIRST_NS)));
	end();
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
		cmocka_unit_test(a_process_gets_its_part_of_its_own_cgroups_energy),
		cmocka_unit_test(processes_go_by_the_rule_of_their_cgroups),
		cmocka_unit_test(modelled_dram_goes_by_what_processes_hold),
		cmocka_unit_test(who_hold_more_than_their_cgroup_share_what_it_has),
		cmocka_unit_test(who_is_born_in_between_held_its_memory_since),
		cmocka_unit_test(what_ended_processes_used_is_the_cgroups_rest),
		cmocka_unit_test(a_tgid_used_again_is_another_process),
		cmocka_unit_test(a_process_that_moves_leaves_its_energy_behind),
		cmocka_unit_test(an_old_process_seen_first_brings_no_past_and_a_newborn_brings_all),
		cmocka_unit_test(processes_of_cgroups_without_a_row_share_the_row_other),
		cmocka_unit_test(the_frame_lists_the_busiest_and_its_rest_never_goes_down),
		cmocka_unit_test(the_list_does_not_flap_between_equals),
		cmocka_unit_test(an_idle_machine_has_a_row_before_the_busiest_processes),
		cmocka_unit_test(more_machines_than_rows_have_rows_all_the_same),
		cmocka_unit_test(names_fill_their_place_and_machines_are_told),
	};
	return cmocka_run_group_tests(tests, begin_all, end_all);
}
