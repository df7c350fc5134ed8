/* What a store tells of the site's two meters. */
#include "fetcher/facility_told.h"

#include <errno.h>

#include "ipc/tools.h"
#include "tests/unit/unit.h"

#define FROM           1790000100 /* a multiple of the step */
#define MATRIX(rows)   "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[" rows "]}}"
#define SERIES(values) MATRIX("{\"metric\":{},\"values\":[" values "]}")

static int read_text(const char *text, struct facility_steps *steps)
{
	size_t offset;
	struct json_object *root = json_parse_strict(text, strlen(text), &offset);
	int r = facility_read(root, FROM, steps);

	json_object_put(root);
	return r;
}

static void only_steps_that_both_meters_have_count(void **state)
{
	struct facility_steps facility, it;
	struct facility_mean mean;

	(void)state;
	assert_int_equal(read_text(SERIES("[1790000100,\"150\"],[1790000400,\"130\"],[1790000700,\"9999\"]"),
				 &facility),
		0);
	assert_int_equal(
		read_text(SERIES("[1790000100,\"100\"],[1790000400,\"100\"],[1790001000,\"1\"]"), &it), 0);
	facility_average(&facility, &it, FROM, &mean);
	assert_float_equal(mean.facility_watts, 140, 1e-9);
	assert_float_equal(mean.it_watts, 100, 1e-9);
	assert_int_equal(mean.observed_s, 2 * FACILITY_STEP_S);
	assert_int_equal(mean.until_s, 1790000400);
}

static void what_no_meter_can_tell_is_left_out(void **state)
{
	struct facility_steps steps;
	struct facility_mean mean;

	(void)state;
	assert_int_equal(
		read_text(SERIES("[1790000100,\"NaN\"],[1790000400,\"+Inf\"],[1790000700,\"-5\"]"), &steps),
		0);
	facility_average(&steps, &steps, FROM, &mean);
	assert_int_equal(mean.observed_s, 0);
	assert_float_equal(mean.it_watts, 0, 0);
}

static void what_is_no_answer_is_refused(void **state)
{
	static const struct {
		const char *text;
		int r;
	} bad[] = { { "{}", -EBADMSG }, { "[]", -EBADMSG }, { MATRIX(""), -ENODATA },
		{ MATRIX("1"), -EBADMSG }, { MATRIX("{\"values\":[]},{\"values\":[]}"), -E2BIG },
		{ MATRIX("{\"metric\":{}}"), -EBADMSG }, { SERIES("[1790000100,150]"), -EBADMSG },
		{ SERIES("[1790000101,\"150\"]"), -EBADMSG }, { SERIES("[1789999800,\"150\"]"), -EBADMSG },
		{ SERIES("[1790086500,\"150\"]"), -EBADMSG },
		{ SERIES("[1790000100,\"watts\"]"), -EBADMSG } };
	struct facility_steps steps;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (read_text(bad[i].text, &steps) != bad[i].r)
			fail_msg("%s: not %d", bad[i].text, bad[i].r);
	assert_int_equal(read_text(SERIES("[1790086200,\"150\"]"), &steps), 0); /* the last step of the day */
	assert_float_equal(steps.watts[FACILITY_STEPS - 1], 150, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_steps_that_both_meters_have_count),
		cmocka_unit_test(what_no_meter_can_tell_is_left_out),
		cmocka_unit_test(what_is_no_answer_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
