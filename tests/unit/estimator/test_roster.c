#include "estimator/roster.h"

#include "tests/unit/unit.h"

static struct roster roster;
static struct workload_row rows[4];

static const struct topology_row pod = {
	.op = TOPOLOGY_ADD, .id = 7, .kind = ROW_CGROUP, .workload_kind = WORKLOAD_POD
};

static void tell_topology(struct topology_row row, const char *path, const char *workload, const char *uid)
{
	row.path = text_of(path);
	row.workload = text_of(workload);
	row.pod_uid = text_of(uid);
	row.namespace = text_of("kubepods");
	row.runtime = row.container_id = row.comm = text_of("");
	const struct frame frame = { .rows = &row, .row_count = 1, .is_last = true };
	roster_topology(&roster, &frame);
}

static void assert_text(struct text text, const char *wanted)
{
	assert_true(text_equal(text, text_of(wanted)));
}

static void the_uid_stands_in_until_the_name_is_known(void **state)
{
	(void)state;
	tell_topology(pod, "/kubepods/podU/C", "U", "U");
	assert_int_equal(roster.count, 1);
	roster_rows(&roster, rows);
	assert_text(rows[0].workload, "U");
	assert_text(rows[0].pod, "U");
	assert_text(rows[0].namespace, "kubepods");
	struct names_row names = { .id = 7,
		.namespace = text_of("prod"),
		.pod = text_of("app"),
		.pod_uid = text_of("U"),
		.container = text_of("main"),
		.owner_kind = text_of(""),
		.owner = text_of(""),
		.cpu_request_millicores = 250 };
	const struct frame frame = { .rows = &names, .row_count = 1, .is_last = true };
	assert_false(roster.has_changed);
	roster_names(&roster, &frame);
	assert_true(roster.has_changed);
	roster_rows(&roster, rows);
	assert_text(rows[0].workload, "app");
	assert_text(rows[0].pod, "app");
	assert_text(rows[0].namespace, "prod");
	assert_text(rows[0].container, "main");
	assert_int_equal(roster_cpu_request(&roster, 7), 250);
}

/* A unit has no name to be told: a limit is all that its row of names has. */
static void a_limit_alone_is_told(void **state)
{
	struct names_row names = { .id = 7,
		.namespace = text_of("prod"),
		.pod = text_of("app"),
		.pod_uid = text_of("U"),
		.container = text_of("main"),
		.owner_kind = text_of(""),
		.owner = text_of(""),
		.cpu_request_millicores = 250,
		.memory_limit_bytes = 1000 };
	const struct frame frame = { .rows = &names, .row_count = 1, .is_last = true };

	(void)state;
	assert_false(roster.has_changed);
	roster_names(&roster, &frame);
	assert_true(roster.has_changed);
	roster_rows(&roster, rows);
	assert_int_equal(rows[0].memory_limit_bytes, 1000);
	roster_names(&roster, &frame); /* again, and nothing new */
	assert_false(roster.has_changed);
}

static void an_end_without_a_path_keeps_what_is_known(void **state)
{
	struct topology_row ended = pod;

	(void)state;
	ended.op = TOPOLOGY_FINAL;
	tell_topology(ended, "", "(unnamed)", "");
	roster_rows(&roster, rows);
	assert_text(rows[0].path, "/kubepods/podU/C");
	assert_int_equal(rows[0].op, TOPOLOGY_FINAL);
	roster_forget(&roster, 7);
	assert_int_equal(roster.count, 0);
}

static void a_full_roster_counts_what_it_cannot_take(void **state)
{
	struct topology_row row = pod;

	(void)state;
	for (uint64_t id = 1; id <= 6; id++) {
		row.id = id;
		tell_topology(row, "/x", "x", "x");
	}
	assert_int_equal(roster.count, 4);
	assert_int_equal(roster.dropped, 2);
}

static int begin(void **state)
{
	(void)state;
	return roster_init(&roster, 4);
}

static int end(void **state)
{
	(void)state;
	roster_done(&roster);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_uid_stands_in_until_the_name_is_known),
		cmocka_unit_test(a_limit_alone_is_told),
		cmocka_unit_test(an_end_without_a_path_keeps_what_is_known),
		cmocka_unit_test(a_full_roster_counts_what_it_cannot_take),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
