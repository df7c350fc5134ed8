#include "base/window.h"

#include "tests/unit/unit.h"

#define S UINT64_C(1000000000)

static void one_point_has_no_growth(void **state)
{
	struct window w = { 0 };
	uint64_t growth, span;

	(void)state;
	assert_false(window_growth(&w, &growth, &span));
	window_push(&w, 5 * S, 100);
	assert_false(window_growth(&w, &growth, &span));
}

static void growth_covers_exactly_what_was_pushed_while_young(void **state)
{
	struct window w = { 0 };
	uint64_t growth = 0, span = 0;

	(void)state;
	for (uint64_t t = 0; t <= 30; t++) {
		window_push(&w, (102 + t) * S, 7 * t);
		assert_int_equal(window_growth(&w, &growth, &span), t > 0);
		/* 104 begins the next cell of 4 s: the beginning was in the middle of one */
		uint64_t wanted = t < 2 ? t : t - 1;
		assert_int_equal(growth, 7 * wanted);
		assert_int_equal(span, wanted * S);
	}
}

static void whoever_began_earlier_has_the_same_points(void **state)
{
	struct window early = { 0 }, late = { 0 };
	uint64_t growth[2], span[2];

	(void)state;
	for (uint64_t tick = 0; tick < 2000; tick++) { /* ten a second, and from 12.3 s on two who see them */
		window_push(&early, tick * S / 10, tick * tick);
		if (tick >= 123)
			window_push(&late, tick * S / 10, tick * tick);
		if (tick < 123 + 700)
			continue;
		assert_true(window_growth(&early, &growth[0], &span[0]));
		assert_true(window_growth(&late, &growth[1], &span[1]));
		assert_true(growth[0] == growth[1] && span[0] == span[1]);
	}
}

static void a_long_series_is_cut_to_the_last_minute(void **state)
{
	struct window w = { 0 };
	uint64_t growth = 0, span = 0;

	(void)state;
	for (uint64_t t = 0; t <= 1000; t++) /* 3 a second for 900 s, then 10 */
		window_push(&w, t * S, t <= 900 ? 3 * t : 2700 + 10 * (t - 900));
	assert_true(window_growth(&w, &growth, &span));
	assert_true(span <= WINDOW_SPAN_NS && span >= WINDOW_SPAN_NS - 2 * WINDOW_SPACING_NS);
	assert_int_equal(growth * S, 10 * span);
}

static void a_counter_that_goes_back_starts_anew(void **state)
{
	struct window w = { 0 };
	uint64_t growth = 0, span = 0;

	(void)state;
	window_push(&w, 1 * S, 1000);
	window_push(&w, 2 * S, 2000);
	window_push(&w, 3 * S, 5);
	assert_false(window_growth(&w, &growth, &span));
	window_push(&w, 4 * S, 9);
	assert_true(window_growth(&w, &growth, &span));
	assert_int_equal(growth, 4);
}

static void after_silence_the_last_point_before_it_still_counts(void **state)
{
	struct window w = { 0 };
	uint64_t growth = 0, span = 0;

	(void)state;
	for (uint64_t t = 0; t <= 40; t++)
		window_push(&w, t * S, t);
	window_push(&w, 400 * S, 400);
	assert_true(window_growth(&w, &growth, &span));
	assert_int_equal(growth * S, span); /* one a second, also over the gap */
}

static void after_silence_two_readings_are_enough(void **state)
{
	struct window w = { 0 };
	uint64_t growth, span;

	(void)state;
	for (uint64_t t = 0; t < 100; t++)
		window_push(&w, t * S, 0);
	for (uint64_t t = 400; t < 460;
		t++) { /* 400 s begins a cell: the second reading lies in the same one */
		window_push(&w, t * S, 10 * (t - 400));
		assert_true(window_growth(&w, &growth, &span));
		assert_int_equal(span, t == 400 ? (400 - 99) * S : (t - 400) * S);
		assert_int_equal(growth, 10 * (t - 400));
	}
}

static void a_frame_told_twice_is_one_reading(void **state)
{
	static const uint64_t times[] = { 1, 2, 5, 9, 10, 400, 401, 405 }; /* a silence, too */
	struct window once = { 0 }, twice = { 0 };
	uint64_t growth[2] = { 0 }, span[2] = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		window_push(&once, times[i] * S, 3 * times[i]);
		for (int copy = 0; copy < 2; copy++) {
			window_push(&twice, times[i] * S, 3 * times[i]);
			assert_true(window_keeps_step(&twice, &once));
			assert_int_equal(window_growth(&once, &growth[0], &span[0]), i > 0);
			assert_int_equal(window_growth(&twice, &growth[1], &span[1]), i > 0);
			assert_true(growth[0] == growth[1] && span[0] == span[1]);
		}
	}
}

static void what_is_new_has_the_instants_of_the_others_and_they_add_up(void **state)
{
	struct window whole = { 0 }, old = { 0 }, young = { 0 };
	uint64_t growth[3], span[3], used = 0;

	(void)state;
	for (uint64_t t = 0; t < 200; t++) {
		window_push(&old, t * S, 3 * t);
		if (t == 150)
			window_begin(&young, &whole, 0);
		used += t >= 150 ? 1000 : 0;
		if (t >= 150)
			window_push(&young, t * S, used);
		window_push(&whole, t * S, 3 * t + used);
		assert_true(window_keeps_step(&old, &whole));
		assert_int_equal(window_keeps_step(&young, &whole), t >= 150);
		if (t < 150)
			continue;
		assert_true(window_growth(&whole, &growth[0], &span[0]));
		assert_true(window_growth(&old, &growth[1], &span[1]));
		assert_true(window_growth(&young, &growth[2], &span[2]));
		assert_int_equal(growth[0], growth[1] + growth[2]);
		assert_int_equal(span[0], span[2]);
	}
	window_add(&old, &young);
	assert_true(window_growth(&old, &growth[1], &span[1]));
	assert_int_equal(growth[0], growth[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_point_has_no_growth),
		cmocka_unit_test(growth_covers_exactly_what_was_pushed_while_young),
		cmocka_unit_test(whoever_began_earlier_has_the_same_points),
		cmocka_unit_test(a_long_series_is_cut_to_the_last_minute),
		cmocka_unit_test(a_counter_that_goes_back_starts_anew),
		cmocka_unit_test(a_frame_told_twice_is_one_reading),
		cmocka_unit_test(what_is_new_has_the_instants_of_the_others_and_they_add_up),
		cmocka_unit_test(after_silence_the_last_point_before_it_still_counts),
		cmocka_unit_test(after_silence_two_readings_are_enough),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
