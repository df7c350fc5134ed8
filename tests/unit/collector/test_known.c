#include "tests/unit/unit.h"

#include "collector/known.h"

static struct usage_record record_of(uint32_t tid, uint64_t cpu_ns)
{
	struct usage_record record = { .tid = tid };

	record.value[USAGE_cpu_ns] = cpu_ns;
	return record;
}

static void put(struct known_threads *known, uint32_t tid, uint64_t cpu_ns)
{
	struct usage_record record = record_of(tid, cpu_ns);

	assert_int_equal(known_put(known, &record), 0);
}

static void a_thread_is_what_was_last_told_of_it(void **state)
{
	struct known_threads known = { 0 };

	(void)state;
	known_begin_reading(&known);
	put(&known, 7, 100);
	put(&known, 7, 200); /* the id was reused, or it ran */
	assert_int_equal(known_find(&known, 7)->value[USAGE_cpu_ns], 200);
	assert_null(known_find(&known, 8));
	known_end_reading(&known);
	known_done(&known);
}

static void those_that_are_gone_are_swept_and_the_others_stay(void **state)
{
	struct known_threads known = { 0 };

	(void)state;
	known_begin_reading(&known);
	for (uint32_t tid = 1; tid <= 5000; tid++)
		put(&known, tid, tid);
	known_end_reading(&known);
	known_begin_reading(&known);
	for (uint32_t tid = 1; tid <= 5000; tid += 50)
		assert_int_equal(known_find(&known, tid)->value[USAGE_cpu_ns], tid);
	known_end_reading(&known);
	assert_int_equal(known.count, 100);
	known_begin_reading(&known);
	for (uint32_t tid = 1; tid <= 5000; tid++) {
		const struct usage_record *record = known_find(&known, tid);
		assert_int_equal(record != NULL, tid % 50 == 1);
		if (record != NULL)
			assert_int_equal(record->value[USAGE_cpu_ns], tid);
	}
	known_done(&known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_is_what_was_last_told_of_it),
		cmocka_unit_test(those_that_are_gone_are_swept_and_the_others_stay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
