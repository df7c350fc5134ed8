#include "tests/unit/unit.h"

#include "collector/known.h"

static void tell(struct known_threads *known, uint32_t tid, uint64_t cpu_ns, uint64_t before_ns)
{
	struct usage_record *record = known_put(known, tid);

	assert_non_null(record);
	assert_int_equal(record->tid, before_ns == 0 ? 0 : tid);
	if (before_ns != 0)
		assert_int_equal(record->value[USAGE_cpu_ns], before_ns);
	*record = (struct usage_record) { .tid = tid };
	record->value[USAGE_cpu_ns] = cpu_ns;
}

static void a_thread_is_what_was_last_told_of_it(void **state)
{
	struct known_threads known = { 0 };

	(void)state;
	known_begin_reading(&known);
	tell(&known, 7, 100, 0);
	tell(&known, 7, 200, 100); /* the id was reused, or it ran */
	tell(&known, 7, 300, 200);
	assert_int_equal(known.count, 1);
	known_clear(&known);
	tell(&known, 7, 400, 0);
	known_done(&known);
}

static void those_that_are_removed_are_unknown_and_the_others_stay(void **state)
{
	struct known_threads known = { 0 };

	(void)state;
	known_begin_reading(&known);
	for (uint32_t tid = 1; tid <= 5000; tid++)
		tell(&known, tid, tid, 0);
	known_begin_reading(&known);
	for (uint32_t tid = 1; tid <= 5000; tid += 50)
		tell(&known, tid, tid, tid);
	for (size_t i = 0; i < known.count;)
		if (known_is_seen(&known, i))
			i++;
		else
			known_remove(&known, i);
	assert_int_equal(known.count, 100);
	for (uint32_t tid = 1; tid <= 5000; tid++)
		tell(&known, tid, tid, tid % 50 == 1 ? tid : 0);
	known_done(&known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_is_what_was_last_told_of_it),
		cmocka_unit_test(those_that_are_removed_are_unknown_and_the_others_stay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
