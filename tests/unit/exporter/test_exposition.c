#include "exporter/exposition.h"

#include <errno.h>

#include "base/clock.h"
#include "tests/unit/unit.h"

static struct book book;
static struct exposition exposition;
static struct stage_stats stats;

static void fill(const char *workload, enum power_state state)
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
	const struct frame names = { .rows = &who, .row_count = 1, .is_last = true };

	book_done(&book);
	assert_int_equal(book_init(&book, 8), 0);
	book_workloads(&book, &names);
	for (uint64_t i = 0; i < 2; i++) {
		const struct power_row row = {
			.id = 1, .cpu_ns = 1500000000, .active_uj.by = { 1234567 + i * 2000000, 1000000 }
		};
		const struct power_once once = { .mono_ns = (i + 1) * NS_PER_SECOND,
			.state = (uint8_t)state,
			.source = text_of("curve:x"),
			.zone_mask = 3,
			.error_ppm = 350000,
			.total_uj.by = { 5000001 + i * 3000000, 1000000 },
			.idle_uj.by = { 1 } };
		const struct frame frame = {
			.head = { .kind = FRAME_power, .energy_epoch = 1, .seq = i + 1, .parts = 1 },
			.once = &once,
			.rows = &row,
			.row_count = 1,
			.is_last = true
		};
		book_power(&book, &frame, (i + 1) * NS_PER_SECOND);
	}
	assert_int_equal(exposition_render(&exposition, &book, &stats, 3 * NS_PER_SECOND), 0);
}

static bool says(const char *part)
{
	return memmem(exposition.text, exposition.size, part, strlen(part)) != NULL;
}

static void both_label_pairs_stand_on_one_series_and_joules_are_exact(void **state)
{
	(void)state;
	fill("app", POWER_MODEL);
	assert_true(says(
		"kepler_pod_cpu_joules_total{pod=\"app\",namespace=\"prod\",pod_id=\"uid\",pod_name=\"app\","
		"pod_namespace=\"prod\",state=\"running\",zone=\"package\",node_name=\"node\"} 3.234567\n"));
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
			 "node_name=\"node\"} 1.500000000\n"));
	assert_true(says("tanso_power_error_ratio{node_name=\"node\"} 0.35\n"));
}

static void nothing_is_shown_before_a_watt_rests_on_something(void **state)
{
	(void)state;
	fill("app", POWER_INITIALIZING);
	assert_false(says("kepler_"));
	assert_false(says("joules"));
	assert_true(says("tanso_power_state{state=\"initializing\",node_name=\"node\"} 1\n"));
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
	row.labels = text_of("");
	assert_int_equal(stage_stats_take(&stats, STAGE_ANALYST, &frame, 1),
		-EBADMSG); /* calls itself the collector */
}

static void the_document_matches_the_table(void **state)
{
	char *text = NULL, committed[65536];
	size_t size = 0;

	(void)state;
	FILE *memory = open_memstream(&text, &size);
	exposition_describe(memory);
	fclose(memory);
	FILE *file = fopen(TANSO_SOURCE_DIR "/docs/metrics.md", "r");
	if (file == NULL)
		fail_msg("docs/metrics.md is missing: build/debug/bin/metrics_doc > docs/metrics.md");
	size_t read = fread(committed, 1, sizeof(committed), file);
	fclose(file);
	if (read != size || memcmp(text, committed, size) != 0)
		fail_msg("docs/metrics.md is stale: build/debug/bin/metrics_doc > docs/metrics.md");
	free(text);
}

static int begin(void **state)
{
	(void)state;
	int r = exposition_init(&exposition);
	snprintf(exposition.node_name, sizeof(exposition.node_name), "node");
	return r;
}

static int end(void **state)
{
	(void)state;
	exposition_done(&exposition);
	book_done(&book);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_label_pairs_stand_on_one_series_and_joules_are_exact),
		cmocka_unit_test(nothing_is_shown_before_a_watt_rests_on_something),
		cmocka_unit_test(hostile_names_cannot_break_the_format),
		cmocka_unit_test(stats_of_all_stages_with_one_name_stand_together),
		cmocka_unit_test(stats_that_would_break_the_format_are_refused),
		cmocka_unit_test(the_document_matches_the_table),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
