/* resource_rightsizing: whose request is lowered, to what, and what that saves. */
#include "tests/unit/analyst/train.h"

/* The pod has two containers that request so many cores, in two more steps: the first only sets where counting begins. */
static void split_request(struct world *w, double of_main, double of_side)
{
	const double requested[] = { of_main, of_side };

	for (uint64_t i = 0; i < 2; i++) {
		const struct workload_row container = { .op = TOPOLOGY_ADD,
			.id = 10 + i,
			.kind = WORKLOAD_POD,
			.namespace = text_of("ai-team"),
			.workload = text_of("train-x7k2p"),
			.pod = text_of("train-x7k2p"),
			.owner_kind = text_of("Deployment"),
			.owner = text_of("train"),
			.container = text_of(i == 0 ? "main" : "side"),
			.cpu_request_millicores = (uint64_t)(requested[i] * 1000) };
		fixture_name_row(&w->f, &container);
	}
	for (int i = 0; i < 2; i++) {
		const struct book_row *main = &w->f.book.rows[0];
		struct power_row rows[] = { { .id = 10, .cpu_ns = main->cpu_ns + 50 * NS_PER_SECOND },
			{ .id = 11 } };
		memcpy(rows[0].active_uj.by, main->seen.active, sizeof(main->seen.active));
		memcpy(rows[0].idle_uj.by, main->seen.idle, sizeof(main->seen.idle));
		fixture_pass(&w->f, 10);
		assert_int_equal(fixture_send(&w->f, rows, 2), 0);
	}
	assert_int_equal(book_commit(&w->f.book), 0);
	w->knowledge.now_real_ns = w->f.once.real_ns;
}

/* 34.5 of 57.5 W are shared by request. */
static void the_greatest_request_of_several_is_lowered_to_what_the_pod_needs(void **state)
{
	struct world w;
	struct json_object *size;

	(void)state;
	begin(&w, "Deployment");
	split_request(&w, 8, 2);
	compare(&w, "{\"workload_name\":\"train\"}");
	size = step(&w, "resource_rightsizing");
	assert_string_equal(text_in(size, "action"),
		"kubectl -n ai-team set resources deployment train -c main --requests=cpu=6");
	assert_string_equal(text_in(size, "from"), "8");
	assert_string_equal(text_in(size, "to"), "6");
	assert_string_equal(text_in(size, "description"),
		"Right-size the CPU of train: container main requests 6 instead of 8 cores, the others what "
		"they do now.");
	near(number_in(size, "attributed_saving_percent"), 100 * 0.6 * 2 / 10);
	compare(&w, "{\"workload_name\":\"train\",\"lang\":\"ko\"}");
	assert_non_null(strstr(text_in(step(&w, "resource_rightsizing"), "description"),
		"컨테이너 main만 8코어 대신 6코어를 요청합니다"));
	split_request(&w, 8, 0); /* the other one requests nothing */
	compare(&w, "{\"workload_name\":\"train\"}");
	near(number_in(step(&w, "resource_rightsizing"), "attributed_saving_percent"), 100 * 0.6 * 2 / 8);
	destroy(&w);
}

static void requests_none_of_which_is_more_than_the_pod_needs_have_no_command_and_say_why(void **state)
{
	struct world w;
	struct json_object *size;

	(void)state;
	begin(&w, "Deployment");
	split_request(&w, 5, 5);
	compare(&w, "{\"workload_name\":\"train\"}");
	size = step(&w, "resource_rightsizing");
	assert_string_equal(text_in(size, "action"), "");
	assert_string_equal(text_in(size, "from"), "10");
	assert_string_equal(text_in(size, "to"), "6");
	assert_non_null(strstr(text_in(size, "action_note"),
		"Have the containers of train request 6 instead of 10 cores together: it has several"));
	destroy(&w);
}

/* 4 of 11 W are shared by vCPU; of four one is enough. */
static void a_machine_saves_by_whole_cpus(void **state)
{
	const struct job vm = { "", 4, 0.4, 7, 4, true, NULL };
	struct world w;
	struct json_object *size;

	(void)state;
	make(&w);
	w.config.pue = 1.4;
	strcpy(w.config.share_idle, "request");
	run_job(&w, &vm, 4);
	assert_int_equal(compare(&w, "{\"workload_name\":\"train-x7k2p\"}"), 200);
	size = step(&w, "resource_rightsizing");
	near(number_in(size, "estimated_reduction_percent"), 100 * 4.0 / 11 * 3 / 4);
	assert_string_equal(text_in(size, "to"), "1");
	assert_string_equal(text_in(size, "action"), "virsh setvcpus train-x7k2p 1 --config");
	destroy(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_greatest_request_of_several_is_lowered_to_what_the_pod_needs),
		cmocka_unit_test(
			requests_none_of_which_is_more_than_the_pod_needs_have_no_command_and_say_why),
		cmocka_unit_test(a_machine_saves_by_whole_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
