#include "exporter/exposition.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "ipc/ring.h"
#include "tests/unit/unit.h"

static struct book book;
static struct exposition exposition;
static struct sheet sheet;
static enum format format;
static struct stage_stats stats;

static void render_at(uint64_t now_ns)
{
	assert_int_equal(exposition_render(&exposition, &sheet, format, &book, &stats, now_ns), 0);
}

static void render(void)
{
	render_at(3 * NS_PER_SECOND);
}

static void fill_with(const char *workload, enum power_state state,
	void (*tell_before)(uint64_t seq, uint64_t first_uj, uint64_t second_uj))
{
	const struct workload_row who = { .op = TOPOLOGY_ADD,
		.id = 1,
		.kind = WORKLOAD_POD,
		.workload = text_of(workload),
		.namespace = text_of("prod"),
		.pod = text_of(workload),
		.pod_uid = text_of("uid"),
		.container = text_of("c"),
		.container_id = text_of("cid"),
		.runtime = text_of("containerd"),
		.owner_kind = text_of(""),
		.owner = text_of(""),
		.path = text_of("/x") };
	const struct frame names = { .head.energy_epoch = 1, .rows = &who, .row_count = 1, .is_last = true };

	const struct book_config config = { .rows = 8,
		.ended_max = 10,
		.processes = 10,
		.has_older = true,
		.interval_ns = 5 * NS_PER_SECOND };
	book_done(&book);
	assert_int_equal(book_init(&book, &config), 0);
	book_workloads(&book, &names);
	for (uint64_t i = 0; i < 2; i++) {
		const struct power_row row = { .id = 1,
			.cpu_ns = 1500000000,
			.rx_bytes = 7,
			.tx_bytes = UINT64_C(5000000000),
			.tx_packets = 3,
			.active_uj.by = { 1234567 + i * 2000000, 1000000, 0, 7000000 },
			.idle_uj.by = { 100 } };
		const struct power_once once = { .mono_ns = (i + 1) * NS_PER_SECOND,
			.state = (uint8_t)state,
			.source = text_of("curve:x"),
			.zone_mask = 3 | 1U << ZONE_GPU,
			.error_ppm = 350000,
			.counters = 1U << COUNTER_tx_bytes | 1U << COUNTER_tx_packets,
			.total_uj.by = { 5000001 + i * 3000000, 1000000 },
			.idle_uj.by = { 1 } };
		const struct frame frame = {
			.head = { .kind = FRAME_power, .energy_epoch = 1, .seq = i + 1, .parts = 1 },
			.once = &once,
			.rows = &row,
			.row_count = 1,
			.is_last = true
		};
		if (tell_before != NULL)
			tell_before(i + 1, (i + 1) * 7000000, (i + 1) * 1000000);
		book_power(&book, &frame, (i + 1) * NS_PER_SECOND);
	}
	render();
}

static void fill(const char *workload, enum power_state state)
{
	fill_with(workload, state, NULL);
}

static bool says(const char *part)
{
	return memmem(sheet.text, sheet.size, part, strlen(part)) != NULL;
}

static void both_label_pairs_stand_on_one_series_and_joules_are_exact(void **state)
{
	(void)state;
	fill("app", POWER_MODEL);
	assert_true(says(
		"kepler_pod_cpu_joules_total{pod=\"app\",namespace=\"prod\",pod_id=\"uid\",pod_name=\"app\","
		"pod_namespace=\"prod\",state=\"running\",zone=\"package\",node_name=\"node\"} 3.234667\n"));
	assert_true(says("kepler_node_cpu_joules_total{zone=\"package\",path=\"curve:x\",node_name=\"node\"} "
			 "8.000001\n"));
	assert_true(says("kepler_node_cpu_idle_joules_total{zone=\"package\",path=\"curve:x\",node_name="
			 "\"node\"} 0.000001\n"));
	assert_true(says("kepler_pod_cpu_watts{pod=\"app\""));
	assert_true(says("zone=\"package\",node_name=\"node\"} 2\n"));
	assert_true(says("kepler_container_cpu_joules_total{container=\"c\",container_id=\"cid\""));
	assert_true(says("kepler_pod_memory_watts{pod=\"app\""));
	assert_true(says("tanso_workload_cpu_seconds_total{workload=\"app\",namespace=\"prod\",kind=\"pod\","
			 "state=\"running\","
			 "node_name=\"node\"} 1.5\n"));
	assert_true(says("tanso_power_error_ratio{node_name=\"node\"} 0.35\n"));
}

static void network_is_a_workloads_where_the_kernel_counts_it(void **state)
{
	(void)state;
	fill("app", POWER_MODEL);
	assert_true(says("tanso_workload_network_transmit_bytes_total{workload=\"app\",namespace=\"prod\","
			 "kind=\"pod\",state=\"running\",node_name=\"node\"} 5000000000\n"));
	assert_true(says("tanso_workload_network_transmit_packets_total{workload=\"app\",namespace=\"prod\","
			 "kind=\"pod\",state=\"running\",node_name=\"node\"} 3\n"));
	assert_false(says("network_receive")); /* not counted here: absent, not 0 */
}

static void nothing_is_shown_before_a_watt_rests_on_something(void **state)
{
	(void)state;
	fill("app", POWER_INITIALIZING);
	assert_false(says("_watts"));
	assert_false(says("_joules"));
	assert_true(says("tanso_power_state{state=\"initializing\",node_name=\"node\"} 1\n"));
}

/* Frames end at 2 s; three intervals are 15 s. */
static void a_frozen_watt_is_left_out_and_its_joules_stay(void **state)
{
	(void)state;
	fill("app", POWER_MODEL);
	render_at(17 * NS_PER_SECOND);
	assert_true(says("kepler_pod_cpu_watts{") &&
		    says("tanso_power_state{state=\"stale\",node_name=\"node\"} 0\n"));
	render_at(17 * NS_PER_SECOND + 1);
	assert_false(says("_watts"));
	assert_false(says("kepler_node_cpu_usage_ratio"));
	assert_false(says("tanso_power_error_ratio"));
	assert_true(says("tanso_power_state{state=\"model\",node_name=\"node\"} 0\n"));
	assert_true(says("tanso_power_state{state=\"stale\",node_name=\"node\"} 1\n"));
	assert_true(says("tanso_power_age_seconds{node_name=\"node\"} 15.000000001\n"));
	assert_true(says("kepler_node_cpu_joules_total{zone=\"package\",path=\"curve:x\",node_name=\"node\"} "
			 "8.000001\n"));
}

/* Kepler's second scraper moves the first one's numbers. Here only the age of what is told goes on. */
static void scrapes_between_two_frames_tell_the_same(void **state)
{
	static const char age[] = "\ntanso_power_age_seconds{";

	(void)state;
	fill("app", POWER_MODEL);
	render_at(3 * NS_PER_SECOND);
	char *first = strndup(sheet.text, sheet.size), *at = strstr(first, age);
	assert_non_null(at);
	size_t size = (size_t)(at - first);
	render_at(3 * NS_PER_SECOND + 400 * NS_PER_MILLISECOND);
	assert_true(sheet.size > size && memcmp(sheet.text, first, size) == 0);
	assert_true(says("tanso_power_age_seconds{node_name=\"node\"} 1.4\n"));
	free(first);
}

static void no_fake_watt_and_no_fake_joule_is_unmarked(void **state)
{
	(void)state;
	fill("app", POWER_FAKE);
	assert_true(says("kepler_pod_cpu_watts{pod=\"app\""));
	for (const char *line = sheet.text, *end; line < sheet.text + sheet.size; line = end + 1) {
		end = memchr(line, '\n', (size_t)(sheet.text + sheet.size - line));
		size_t size = (size_t)(end - line);
		bool is_energy = *line != '#' && (memmem(line, size, "_watts{", 7) != NULL ||
							 memmem(line, size, "_joules_total{", 14) != NULL);
		if (is_energy &&
			memmem(line, size, "gpu", 3) == NULL && /* there is none beside the fake meter */
			memmem(line, size, "path=\"fake\"", 11) == NULL &&
			memmem(line, size, "path=\"curve:x\"", 14) == NULL)
			fail_msg("unmarked: %.*s", (int)size, line);
	}
	assert_true(says("node_name=\"node\"} 1.5\n")); /* CPU time is real */
	fill("app", POWER_MODEL);
	assert_false(says("path=\"fake\""));
}

static void labels_have_keplers_words(void **state)
{
	static const struct {
		const char *runtime, *pod_uid, *container, *shown;
	} cases[] = {
		{ "cri-o", "uid", "c", "container_name=\"c\",runtime=\"crio\"" },
		{ "", "uid", "c", "container_name=\"c\",runtime=\"kubernetes\"" },
		{ "", "", "c", "container_name=\"c\",runtime=\"unknown\"" },
		{ "lxc", "", "",
			"container=\"id\",container_id=\"id\",container_name=\"id\",runtime=\"lxc\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct workload_row row = { .container_id = text_of("id"),
			.runtime = text_of(cases[i].runtime),
			.pod_uid = text_of(cases[i].pod_uid),
			.container = text_of(cases[i].container),
			.pod = text_of(""),
			.namespace = text_of("") };
		struct labels labels;
		labels_begin(&labels);
		labels_of_container(&labels, &row);
		assert_non_null(memmem(labels.text, labels.size, cases[i].shown, strlen(cases[i].shown)));
	}
}

static void hostile_names_cannot_break_the_format(void **state)
{
	(void)state;
	fill("a\"} 1\nfake_metric 5\\", POWER_MODEL);
	assert_true(says("workload=\"a\\\"} 1\\nfake_metric 5\\\\\""));
	assert_false(says("\nfake_metric"));
	fill("\xff\xc0\x80z\xed\xa0\x80", POWER_MODEL);
	assert_true(says("workload=\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz"));
	fill("탄소", POWER_MODEL);
	assert_true(says("workload=\"탄소\""));
}

static void stats_of_all_stages_with_one_name_stand_together(void **state)
{
	struct stats_row rows[] = {
		{ .name = text_of("turns_total"), .labels = text_of(""), .type = STAT_COUNTER, .value = 5 },
		{ .name = text_of("frames_in_total"),
			.labels = text_of("peer=\"collector\""),
			.type = STAT_COUNTER,
			.value = 7 }
	};
	struct stats_once once = { .stage = text_of("collector"), .run = 1 };
	const struct frame frame = { .once = &once, .rows = rows, .row_count = 2, .is_last = true };

	(void)state;
	assert_int_equal(stage_stats_take(&stats, STAGE_COLLECTOR, &frame, 1), 0);
	once.stage = text_of("analyst");
	assert_int_equal(stage_stats_take(&stats, STAGE_ANALYST, &frame, 1), 0);
	fill("app", POWER_MODEL);
	assert_true(
		says("tanso_turns_total{stage=\"collector\"} 5\ntanso_turns_total{stage=\"analyst\"} 5\n"));
	assert_true(says("tanso_frames_in_total{stage=\"collector\",peer=\"collector\"} 7\n"));
}

static void a_stat_told_twice_in_a_frame_stands_once_and_is_counted(void **state)
{
	struct stats_row rows[] = {
		{ .name = text_of("x_total"),
			.labels = text_of("a=\"1\""),
			.type = STAT_COUNTER,
			.value = 5 },
		{ .name = text_of("x_total"),
			.labels = text_of("a=\"2\""),
			.type = STAT_COUNTER,
			.value = 6 },
		{ .name = text_of("x_total"),
			.labels = text_of("a=\"1\""),
			.type = STAT_COUNTER,
			.value = 7 },
		{ .name = text_of("y"), .labels = text_of(""), .type = STAT_GAUGE, .value = 8 },
	};
	const struct stats_once once = { .stage = text_of("resolver"), .run = 1 };
	const struct frame frame = {
		.once = &once, .rows = rows, .row_count = ARRAY_SIZE(rows), .is_last = true
	};

	(void)state;
	assert_int_equal(stage_stats_take(&stats, STAGE_RESOLVER, &frame, 1), 0);
	fill("app", POWER_MODEL);
	assert_true(says("tanso_x_total{stage=\"resolver\",a=\"1\"} 5\n"
			 "tanso_x_total{stage=\"resolver\",a=\"2\"} 6\n"));
	assert_false(says("a=\"1\"} 7\n"));
	assert_true(says("tanso_y{stage=\"resolver\"} 8\n"));
	assert_true(says("tanso_stage_stats_repeated_total{stage=\"resolver\"} 1\n"));
	assert_true(says("tanso_stage_stats_repeated_total{stage=\"analyst\"} 0\n"));
}

static void stats_that_would_break_the_format_are_refused(void **state)
{
	struct stats_row row = { .name = text_of("x y"), .labels = text_of("") };
	const struct stats_once once = { .stage = text_of("collector") };
	const struct frame frame = { .once = &once, .rows = &row, .row_count = 1, .is_last = true };

	(void)state;
	assert_int_equal(stage_stats_take(&stats, STAGE_COLLECTOR, &frame, 1), -EBADMSG);
	row = (struct stats_row) { .name = text_of("x"), .labels = text_of("a=\"b") };
	assert_int_equal(stage_stats_take(&stats, STAGE_COLLECTOR, &frame, 1), -EBADMSG);
	row.labels = text_of("a=\"b\"}\n");
	assert_int_equal(stage_stats_take(&stats, STAGE_COLLECTOR, &frame, 1), -EBADMSG);
	static const char *const labels[] = { "a", "a=b", "a=\"b\",", ",a=\"b\"", "a=\"b\"c=\"d\"",
		"a=\"b\",a=\"c\"", "stage=\"analyst\"", "=\"b\"", "\"\"", "a=\"b\\\"" };
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++) {
		row.labels = text_of(labels[i]);
		assert_int_equal(stage_stats_take(&stats, STAGE_COLLECTOR, &frame, 1), -EBADMSG);
	}
	row.labels = text_of("");
	static const char *const own[] = { "workload_watts", "workload_joules", "workload_joules_total",
		"stage_age_seconds", "build_info_total" };
	for (size_t i = 0; i < ARRAY_SIZE(own); i++) { /* a second family of that name */
		row.name = text_of(own[i]);
		assert_int_equal(stage_stats_take(&stats, STAGE_COLLECTOR, &frame, 1), -EBADMSG);
	}
	row = (struct stats_row) { .name = text_of("x"), .labels = text_of("a=\"b, c\",d_e=\"\"") };
	assert_int_equal(stage_stats_take(&stats, STAGE_COLLECTOR, &frame, 1), 0);
	assert_int_equal(stage_stats_take(&stats, STAGE_ANALYST, &frame, 1),
		-EBADMSG); /* calls itself the collector */
}

static void tell_gpus(uint64_t seq, uint64_t first_uj, uint64_t second_uj)
{
	const struct gpus_once once = { 0 };
	struct gpus_row rows[] = { { .index = 1,
					   .uuid = text_of("GPU-b"),
					   .name = text_of("A 2"),
					   .vendor = text_of("nvidia"),
					   .active_uj = second_uj,
					   .idle_uj = 3 * second_uj },
		{ .index = 0,
			.uuid = text_of("GPU-a"),
			.name = text_of("H100 \"80GB\""),
			.vendor = text_of("nvidia"),
			.active_uj = first_uj } };
	if (seq % 2 == 0) { /* in another order */
		const struct gpus_row kept = rows[0];
		rows[0] = rows[1];
		rows[1] = kept;
	}
	const struct frame frame = {
		.head = { .kind = FRAME_gpus, .energy_epoch = 1, .seq = seq, .parts = 1 },
		.once = &once,
		.rows = rows,
		.row_count = 2,
		.is_last = true
	};

	book_gpus(&book, &frame);
}

/* With Kepler's labels; what was told of them counts with the power frame that follows. */
static void each_gpu_of_the_node_has_its_own_series(void **state)
{
	(void)state;
	fill_with("app", POWER_MODEL, tell_gpus);
	assert_true(says("kepler_node_gpu_joules_total{gpu=\"0\",gpu_uuid=\"GPU-a\",gpu_name=\"H100 "
			 "\\\"80GB\\\"\",vendor=\"nvidia\",node_name=\"node\"} 14\n"));
	assert_true(says("kepler_node_gpu_joules_total{gpu=\"1\",gpu_uuid=\"GPU-b\",gpu_name=\"A 2\",vendor="
			 "\"nvidia\",node_name=\"node\"} 8\n"));
	assert_true(says("kepler_node_gpu_active_joules_total{gpu=\"1\",gpu_uuid=\"GPU-b\",gpu_name=\"A 2\","
			 "vendor=\"nvidia\",node_name=\"node\"} 2\n"));
	assert_true(says("kepler_node_gpu_idle_joules_total{gpu=\"1\",gpu_uuid=\"GPU-b\",gpu_name=\"A 2\","
			 "vendor=\"nvidia\",node_name=\"node\"} 6\n"));
	assert_true(says("kepler_node_gpu_watts{gpu=\"0\",gpu_uuid=\"GPU-a\",gpu_name=\"H100 \\\"80GB\\\"\","
			 "vendor=\"nvidia\",node_name=\"node\"} 7\n"));
	assert_true(says("kepler_node_gpu_idle_watts{gpu=\"1\",gpu_uuid=\"GPU-b\",gpu_name=\"A 2\",vendor="
			 "\"nvidia\",node_name=\"node\"} 3\n"));
	tell_gpus(3, 100000000, 100000000);
	render();
	assert_true(says("kepler_node_gpu_joules_total{gpu=\"0\",gpu_uuid=\"GPU-a\",gpu_name=\"H100 "
			 "\\\"80GB\\\"\",vendor=\"nvidia\",node_name=\"node\"} 14\n"));
}

static void a_gpu_has_families_of_its_own(void **state)
{
	(void)state;
	fill("app", POWER_MODEL);
	assert_true(says(
		"kepler_pod_gpu_joules_total{pod=\"app\",namespace=\"prod\",pod_id=\"uid\",pod_name=\"app\","
		"pod_namespace=\"prod\",state=\"running\",node_name=\"node\"} 7\n"));
	assert_false(says("kepler_node_gpu_joules_total{")); /* of which, nobody has told */
	assert_false(says(
		"kepler_pod_cpu_joules_total{pod=\"app\",namespace=\"prod\",pod_id=\"uid\",pod_name=\"app\","
		"pod_namespace=\"prod\",state=\"running\",zone=\"gpu\""));
	assert_true(says("zone=\"gpu\",node_name=\"node\"} 7\n")); /* tanso_workload_joules_total */
}

static void older_names_are_there_when_asked_for(void **state)
{
	(void)state;
	fill("app", POWER_MODEL);
	assert_false(says("mode="));
	exposition.has_older = true;
	render();
	assert_true(
		says("kepler_container_package_joules_total{container_id=\"cid\",pod_name=\"app\",container_"
		     "name=\"c\","
		     "container_namespace=\"prod\",mode=\"dynamic\",source=\"curve:x\",node_name=\"node\"} "
		     "3.234567\n"));
	assert_true(says("mode=\"idle\",source=\"curve:x\",node_name=\"node\"} 0.0001\n"));
	assert_true(says(
		"kepler_container_joules_total{container_id=\"cid\",pod_name=\"app\",container_name=\"c\","
		"container_namespace=\"prod\",mode=\"dynamic\",source=\"curve:x\",node_name=\"node\"} "
		"11.234567\n"));
	assert_true(says("kepler_node_dram_joules_total{package=\"all\",instance=\"\",mode=\"dynamic\","
			 "source=\"curve:x\","
			 "node_name=\"node\"} 1\n"));
	exposition.has_older = false;
}

static void processes_and_machines_have_keplers_labels(void **state)
{
	const struct process_once once = { .mono_ns = 3 * NS_PER_SECOND };
	const struct process_row row = { .id = 1,
		.tgid = 42,
		.start_ns = 5,
		.cpu_ns = 2500000000,
		.active_uj.by = { 500000 },
		.comm = text_of("CPU 0/KVM"),
		.exe = text_of("qemu-system-x86"),
		.vm_id = text_of("u-1"),
		.vm_name = text_of("web"),
		.hypervisor = text_of("qemu") };
	const struct frame frame = {
		.head = { .energy_epoch = 1 }, .once = &once, .rows = &row, .row_count = 1, .is_last = true
	};

	(void)state;
	fill("app", POWER_MODEL);
	book_processes(&book, &frame, 3 * NS_PER_SECOND);
	render();
	assert_true(says(
		"kepler_process_cpu_joules_total{pid=\"42\",comm=\"CPU "
		"0/KVM\",exe=\"qemu-system-x86\",type=\"vm\","
		"container_id=\"cid\",vm_id=\"u-1\",state=\"running\",zone=\"package\",node_name=\"node\"} "
		"0.5\n"));
	assert_true(says("kepler_process_cpu_seconds_total{pid=\"42\",comm=\"CPU "
			 "0/KVM\",exe=\"qemu-system-x86\",type=\"vm\","
			 "container_id=\"cid\",vm_id=\"u-1\",node_name=\"node\"} 2.5\n"));
	assert_true(says("kepler_vm_cpu_joules_total{vm_id=\"u-1\",vm_name=\"web\",hypervisor=\"kvm\",state="
			 "\"running\","
			 "zone=\"package\",node_name=\"node\"} 0.5\n"));
	assert_true(says("kepler_process_cpu_joules_total{pid=\"0\",comm=\"other\",exe=\"\",type=\"other\""));
}

static void openmetrics_names_families_without_total_and_ends(void **state)
{
	(void)state;
	format = FORMAT_OPENMETRICS;
	fill("app", POWER_MODEL);
	format = FORMAT_TEXT;
	assert_true(says("# TYPE kepler_pod_cpu_joules counter\n# UNIT kepler_pod_cpu_joules joules\n"
			 "kepler_pod_cpu_joules_total{"));
	assert_true(
		says("# TYPE kepler_node_cpu_usage_ratio gauge\n") || !says("kepler_node_cpu_usage_ratio{"));
	assert_true(says("# UNIT kepler_pod_cpu_watts watts\n"));
	assert_false(says("# UNIT tanso_build_info"));
	assert_memory_equal(sheet.text + sheet.size - 6, "# EOF\n", 6);
	assert_int_equal(sheet.text[sheet.size - 7], '\n');
}

static void levels_choose_what_has_series(void **state)
{
	struct exposition some;
	const struct exposition_config wrong = { .node_name = "n", .levels = "node,pods" };
	const struct exposition_config right = { .node_name = "n", .levels = " node, pod" };

	(void)state;
	fill("app", POWER_MODEL);
	assert_int_equal(exposition_init(&some, &wrong), -EINVAL);
	assert_int_equal(exposition_init(&some, &right), 0);
	assert_int_equal(exposition_render(&some, &sheet, FORMAT_TEXT, &book, &stats, 3 * NS_PER_SECOND), 0);
	assert_true(says("kepler_pod_cpu_watts{"));
	assert_true(says("kepler_node_cpu_watts{"));
	assert_true(says("tanso_power_state{"));
	assert_false(says("kepler_container_"));
	assert_false(says("tanso_workload_"));
	exposition_done(&some);
}

static void lines_are_whole_with_a_host_name_of_any_length(void **state)
{
	char host[128] = "", wanted[512];
	const struct exposition_config config = { .node_name = host, .levels = "pod" };

	(void)state;
	fill("app", POWER_MODEL);
	for (size_t size = 0; size < sizeof(host) - 1; size++) {
		host[size] = 'n';
		struct exposition some;
		assert_int_equal(exposition_init(&some, &config), 0);
		assert_int_equal(
			exposition_render(&some, &sheet, FORMAT_TEXT, &book, &stats, 3 * NS_PER_SECOND), 0);
		snprintf(wanted, sizeof(wanted),
			"\nkepler_pod_cpu_joules_total{pod=\"app\",namespace=\"prod\",pod_id=\"uid\","
			"pod_name=\"app\",pod_namespace=\"prod\",state=\"running\",zone=\"package\","
			"node_name=\"%s\"} 3.234667\n",
			host);
		assert_true(says(wanted));
		exposition_done(&some);
	}
}

static int begin(void **state)
{
	const struct exposition_config config = { .node_name = "node",
		.levels = "node,process,container,vm,pod,workload" };

	(void)state;
	return exposition_init(&exposition, &config);
}

static int end(void **state)
{
	(void)state;
	exposition_done(&exposition);
	sheet_done(&sheet);
	book_done(&book);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_label_pairs_stand_on_one_series_and_joules_are_exact),
		cmocka_unit_test(network_is_a_workloads_where_the_kernel_counts_it),
		cmocka_unit_test(nothing_is_shown_before_a_watt_rests_on_something),
		cmocka_unit_test(a_frozen_watt_is_left_out_and_its_joules_stay),
		cmocka_unit_test(scrapes_between_two_frames_tell_the_same),
		cmocka_unit_test(no_fake_watt_and_no_fake_joule_is_unmarked),
		cmocka_unit_test(labels_have_keplers_words),
		cmocka_unit_test(hostile_names_cannot_break_the_format),
		cmocka_unit_test(stats_of_all_stages_with_one_name_stand_together),
		cmocka_unit_test(a_stat_told_twice_in_a_frame_stands_once_and_is_counted),
		cmocka_unit_test(stats_that_would_break_the_format_are_refused),
		cmocka_unit_test(a_gpu_has_families_of_its_own),
		cmocka_unit_test(each_gpu_of_the_node_has_its_own_series),
		cmocka_unit_test(older_names_are_there_when_asked_for),
		cmocka_unit_test(processes_and_machines_have_keplers_labels),
		cmocka_unit_test(openmetrics_names_families_without_total_and_ends),
		cmocka_unit_test(levels_choose_what_has_series),
		cmocka_unit_test(lines_are_whole_with_a_host_name_of_any_length),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
