/* What resource_rightsizing says of memory: beside the cores, by peaks of 24 hours, and never as a saving. */
#include "tests/unit/analyst/train.h"

#include "analyst/improvement/rightsize.h"
#include "analyst/ledger/query.h"

#define MIB  UINT64_C(1048576)
#define HOUR UINT64_C(3600000000000)

/* A peak in a slot that began so many hours before now and was seen whole. */
struct peak {
	unsigned hours_ago, mib, request_mib, limit_mib, kills;
};

static void put(struct world *w, const struct ledger_memory *memory)
{
	ledger_add_memory(w->f.ledger, w->f.book.workloads[w->f.book.rows[0].workload].number, memory);
	assert_int_equal(ledger_commit(w->f.ledger, &w->f.book.committed), 0);
}

static void add(struct world *w, const struct peak *peak)
{
	const struct ledger_memory memory = { .start = (int64_t)(w->f.once.real_ns / NS_PER_SECOND) -
						       3600 * (int64_t)peak->hours_ago,
		.peak_bytes = peak->mib * MIB,
		.counted_ns = 3 * HOUR,
		.request_bytes = peak->request_mib * MIB,
		.limit_bytes = peak->limit_mib * MIB,
		.oom_kills = peak->kills };

	put(w, &memory);
}

/* 48 hours at one peak, but the last three hours. */
static void hold(struct world *w, unsigned mib, unsigned request_mib, unsigned limit_mib)
{
	for (unsigned ago = 6; ago <= 48; ago += 3)
		add(w, &(struct peak) { ago, mib, request_mib, limit_mib, 0 });
	add(w, &(struct peak) { 3, mib / 2, request_mib, limit_mib, 0 });
}

static struct json_object *size_of_train(struct world *w)
{
	compare(w, "{\"workload_name\":\"train\"}");
	return step(w, "resource_rightsizing");
}

static void expect_mib(struct json_object *size, const char *from, const char *to)
{
	assert_string_equal(text_in(size, "memory_from"), from);
	assert_string_equal(text_in(size, "memory_to"), to);
	assert_string_equal(text_in(size, "memory_unit"), to[0] != '\0' ? "MiB" : "");
	assert_true((text_in(size, "memory_note")[0] != '\0') == (to[0] != '\0'));
}

/* The cores, and what they save, are the same with and without. */
static void expect_cores(struct json_object *size)
{
	assert_string_equal(text_in(size, "from"), "8");
	assert_string_equal(text_in(size, "to"), "6");
	near(number_in(size, "attributed_saving_percent"), 15);
	near(number_in(size, "realizable_saving_percent"), 0);
}

static void the_command_sets_cores_and_memory(void **state)
{
	struct world w;
	struct json_object *size;

	(void)state;
	begin(&w, "Deployment");
	hold(&w, 1000, 4096, 8192);
	size = size_of_train(&w);
	expect_cores(size);
	expect_mib(size, "4096", "1150");
	assert_string_equal(text_in(size, "action"),
		"kubectl -n ai-team set resources deployment train -c main --requests=cpu=6,memory=1150Mi");
	assert_string_equal(text_in(size, "memory_note"),
		"Memory: request 1150 instead of 4096 MiB. That makes room on the node and saves no power by "
		"itself.");
	assert_non_null(strstr(text_in(size, "evidence"), "; memory without page cache: 90th percentile of "
							  "the peaks of 24 h 1000 MiB, highest 1000 MiB "
							  "over 48.0 h, plus 15 %"));
	assert_null(strstr(text_in(size, "evidence"), "confidence low"));
	assert_null(strstr(w.answer.body, "Its memory is short"));
	compare(&w, "{\"workload_name\":\"train\",\"lang\":\"ko\"}");
	assert_non_null(strstr(text_in(step(&w, "resource_rightsizing"), "memory_note"),
		"메모리는 4096 MiB 대신 1150 MiB를 요청하십시오"));
	destroy(&w);
}

static void nothing_is_said_where_nothing_is_known_or_it_fits(void **state)
{
	struct world w;
	struct json_object *size;

	(void)state;
	begin(&w, "Deployment");
	size = size_of_train(&w); /* no reading: a fetched source, no account */
	expect_cores(size);
	expect_mib(size, "", "");
	assert_null(strstr(text_in(size, "evidence"), "memory"));
	hold(&w, 1000, 0, 0); /* no request */
	expect_mib(size_of_train(&w), "", "");
	assert_null(strstr(text_in(step(&w, "resource_rightsizing"), "evidence"), "memory"));
	hold(&w, 1000, 1200, 0); /* a tenth less is not worth it */
	expect_mib(size_of_train(&w), "", "");
	assert_string_equal(text_in(step(&w, "resource_rightsizing"), "action"),
		"kubectl -n ai-team set resources deployment train -c main --requests=cpu=6");
	assert_non_null(strstr(text_in(step(&w, "resource_rightsizing"), "evidence"), "; memory"));
	destroy(&w);
}

static void little_history_is_said_and_less_than_an_hour_says_nothing(void **state)
{
	struct world w;
	struct ledger_memory memory = {
		.peak_bytes = 1000 * MIB, .counted_ns = HOUR / 2, .request_bytes = 4096 * MIB
	};
	struct json_object *size;

	(void)state;
	begin(&w, "Deployment");
	memory.start = (int64_t)(w.f.once.real_ns / NS_PER_SECOND) - 3600;
	put(&w, &memory);
	expect_mib(size_of_train(&w), "", "");
	add(&w, &(struct peak) { 4, 900, 4096, 0, 0 });
	size = size_of_train(&w);
	expect_mib(size, "4096", "1150");
	assert_non_null(strstr(text_in(size, "evidence"), "confidence low"));
	destroy(&w);
}

static void what_is_short_is_raised_with_its_limit_and_is_no_saving(void **state)
{
	struct world w;
	struct json_object *size;

	(void)state;
	begin(&w, "Deployment");
	hold(&w, 1000, 1024, 1100);
	size = size_of_train(&w);
	expect_cores(size);
	expect_mib(size, "1024", "1150");
	assert_string_equal(text_in(size, "action"),
		"kubectl -n ai-team set resources deployment train -c main --requests=cpu=6,memory=1150Mi "
		"--limits=memory=1150Mi");
	assert_non_null(strstr(
		text_in(size, "memory_note"), "Its memory is short: it needs 1150 instead of 1024 MiB"));
	assert_non_null(strstr(json_object_get_string(member(&w, "recommendation")), "Its memory is short"));
	destroy(&w);
}

static void after_kills_it_gets_more_than_it_was_killed_with(void **state)
{
	struct world w;
	struct json_object *size;

	(void)state;
	begin(&w, "Deployment");
	hold(&w, 500, 2048, 2048);
	add(&w, &(struct peak) { 100, 2000, 2048, 2048, 2 });
	size = size_of_train(&w);
	expect_mib(size, "2048", "2458"); /* 1.2 of 2048 */
	assert_non_null(strstr(text_in(size, "memory_note"), "killed for want of memory (2 times seen)"));
	expect_cores(size);
	hold(&w, 500, 4096, 4096); /* has been raised since, which is what was to be done */
	expect_mib(size_of_train(&w), "4096", "575");
	destroy(&w);
}

/* 90 % of the weight of eight days, the newest of which is half of it. */
static void a_peak_of_long_ago_does_not_count_for_a_request(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "Deployment");
	hold(&w, 1000, 8192, 0);
	add(&w, &(struct peak) { 6 * 24, 4000, 8192, 0, 0 });
	expect_mib(size_of_train(&w), "8192", "1150");
	add(&w, &(struct peak) { 30, 2000, 8192, 0, 0 }); /* a third of the weight: yesterday counts */
	expect_mib(size_of_train(&w), "8192", "2300");
	destroy(&w);
}

/* Beyond a limit the kernel kills: the highest ever seen counts, and more the less was seen. */
static void a_limit_stays_above_the_highest_peak(void **state)
{
	const struct job job = { .owner_kind = "",
		.requested = 8,
		.used = 5.2,
		.dynamic = 23,
		.idle = 34.5,
		.runtime = "docker" };
	struct world w;
	struct json_object *size;

	(void)state;
	make(&w);
	w.config.pue = 1.4;
	strcpy(w.config.share_idle, "request");
	run_job(&w, &job, 4);
	hold(&w, 1000, 0, 8192);
	assert_int_equal(compare(&w, "{\"workload_name\":\"train-x7k2p\"}"), 200);
	size = step(&w, "resource_rightsizing");
	expect_mib(size, "8192", "1725"); /* 1.15 · (1 + 1 / 2 days) */
	assert_string_equal(text_in(size, "action"), "docker update --cpus 6 --memory 1725m train-x7k2p");
	assert_non_null(strstr(text_in(size, "memory_note"), "a limit of 1725 instead of 8192 MiB"));
	add(&w, &(struct peak) { 6 * 24, 3000, 0, 8192, 0 });
	compare(&w, "{\"workload_name\":\"train-x7k2p\"}");
	near(atof(text_in(step(&w, "resource_rightsizing"), "memory_to")),
		ceil(3000 * 1.15 * (1 + 24.0 / 51)));
	hold(&w, 3000, 0, 3072);
	compare(&w, "{\"workload_name\":\"train-x7k2p\"}");
	size = step(&w, "resource_rightsizing");
	expect_mib(size, "3072", "3450");
	assert_non_null(strstr(text_in(size, "memory_note"), "short"));
	assert_string_equal(
		text_in(size, "action"), "docker update --cpus 6 train-x7k2p"); /* not without its swap */
	destroy(&w);
}

static void memory_is_told_where_the_cores_fit(void **state)
{
	const struct job job = {
		.owner_kind = "Deployment", .requested = 6, .used = 5.2, .dynamic = 23, .idle = 34.5
	};
	struct world w;
	struct json_object *size;

	(void)state;
	make(&w);
	w.config.pue = 1.4;
	strcpy(w.config.share_idle, "request");
	run_job(&w, &job, 4);
	hold(&w, 1000, 4096, 0);
	size = size_of_train(&w);
	assert_string_equal(text_in(size, "applied"), "false");
	assert_string_equal(text_in(size, "reason_code"), "NO_BENEFIT");
	assert_string_equal(text_in(size, "action"), "");
	near(number_in(size, "attributed_saving_percent"), 0);
	expect_mib(size, "4096", "1150");
	destroy(&w);
}

static void targets_are_whole_and_not_too_small(void **state)
{
	(void)state;
	assert_true(rightsize_target_mib(1000) == 1150);
	assert_true(rightsize_target_mib(1000.1) == 1151);
	assert_true(rightsize_target_mib(3) == 250);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_command_sets_cores_and_memory),
		cmocka_unit_test(nothing_is_said_where_nothing_is_known_or_it_fits),
		cmocka_unit_test(little_history_is_said_and_less_than_an_hour_says_nothing),
		cmocka_unit_test(what_is_short_is_raised_with_its_limit_and_is_no_saving),
		cmocka_unit_test(after_kills_it_gets_more_than_it_was_killed_with),
		cmocka_unit_test(a_peak_of_long_ago_does_not_count_for_a_request),
		cmocka_unit_test(a_limit_stays_above_the_highest_peak),
		cmocka_unit_test(memory_is_told_where_the_cores_fit),
		cmocka_unit_test(targets_are_whole_and_not_too_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
