/* The PUE that the site's meters tell: when it counts, and what an answer says when it does not. */
#include "tests/unit/analyst/world.h"

#include <errno.h>

#define NOW (w.f.once.real_ns / NS_PER_SECOND)

static void tell(struct facility *facility, double facility_watts, double it_watts, int64_t observed_s,
	int64_t until_s)
{
	const struct facility_once once = { .failure = text_of(""),
		.facility_watts = facility_watts,
		.it_watts = it_watts,
		.observed_s = (uint64_t)observed_s,
		.until_s = (uint64_t)until_s };
	const struct frame frame = { .head = { .kind = FRAME_facility }, .once = &once, .is_last = true };

	assert_int_equal(facility_take(facility, &frame), 0);
}

static void a_measured_pue_is_believed_from_an_hour_on_while_it_is_fresh(void **state)
{
	static const struct {
		double facility_watts, it_watts;
		int64_t observed_s, age_s;
		enum facility_state state;
	} cases[] = { { 150, 100, 3600, 0, FACILITY_USABLE }, { 100, 100, 86400, 3600, FACILITY_USABLE },
		{ 1000, 100, 3600, 0, FACILITY_USABLE }, { 150, 100, 3300, 0, FACILITY_SHORT },
		{ 150, 100, 3600, 3601, FACILITY_STALE }, { 150, 100, 3600, -3601, FACILITY_STALE },
		{ 99.9, 100, 3600, 0, FACILITY_BELOW_ONE }, { 1001, 100, 3600, 0, FACILITY_IMPLAUSIBLE },
		{ 5, 0, 3600, 0, FACILITY_IMPLAUSIBLE }, { 0, 0, 3600, 0, FACILITY_IMPLAUSIBLE },
		{ 0, 0, 0, 0, FACILITY_SILENT } };
	const int64_t now = 1790000000;
	double pue;

	(void)state;
	assert_int_equal(facility_judge(NULL, now, &pue), FACILITY_NONE);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct facility facility = { 0 };
		tell(&facility, cases[i].facility_watts, cases[i].it_watts, cases[i].observed_s,
			now - cases[i].age_s);
		assert_int_equal(facility_judge(&facility, now, &pue), cases[i].state);
		if (cases[i].state == FACILITY_USABLE)
			assert_true(pue == cases[i].facility_watts / cases[i].it_watts);
		else
			assert_float_equal(pue, 0, 0);
	}
}

static void a_frame_of_impossible_values_is_refused(void **state)
{
	const struct facility_once bad[] = { { .failure = text_of(""), .facility_watts = NAN },
		{ .failure = text_of(""), .it_watts = -1 },
		{ .failure = text_of(""), .observed_s = UINT64_MAX },
		{ .failure = text_of(""), .until_s = UINT64_MAX } };
	struct facility facility = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct frame frame = { .head = { .kind = FRAME_facility }, .once = &bad[i] };
		assert_int_equal(facility_take(&facility, &frame), -EBADMSG);
		assert_false(facility.is_told);
	}
}

/* A day of a workload; the site's PUE is declared as 1.6, and told by its meters. */
static void make_told(struct world *w, struct facility *facility)
{
	make(w);
	run_hours(w, 24);
	w->config.pue = 1.6;
	w->knowledge.facility = facility;
}

static struct json_object *provenance_pue(struct world *w)
{
	return json_object_object_get(member(w, "provenance"), "pue");
}

static void a_measured_pue_goes_before_the_declared_one_and_after_the_argument(void **state)
{
	struct facility facility = { 0 };
	struct world w;

	(void)state;
	make_told(&w, &facility);
	tell(&facility, 130, 100, 7200, (int64_t)NOW - 300);
	assert_int_equal(assess(&w, "{\"workload_name\":\"ml-training-job\"}"), 200);
	expect_text(&w, "pue_source", "measured");
	expect_number(&w, "current_pue", 1.3);
	expect_reason(&w, "PUE_DEGRADED", false);
	assert_float_equal(
		json_object_get_double(json_object_object_get(provenance_pue(&w), "metrics_age_s")), 300,
		1e-9);
	assert_float_equal(
		json_object_get_double(json_object_object_get(provenance_pue(&w), "observed_hours")), 2,
		1e-9);
	assert_int_equal(assess(&w, "{\"workload_name\":\"ml-training-job\",\"pue\":1.2}"), 200);
	expect_text(&w, "pue_source", "argument");
	destroy(&w);
}

static void meters_that_make_no_sense_leave_the_declared_pue_and_say_so(void **state)
{
	struct facility facility = { 0 };
	struct world w;

	(void)state;
	make_told(&w, &facility);
	tell(&facility, 90, 100, 7200, (int64_t)NOW);
	assert_int_equal(assess(&w, "{\"workload_name\":\"ml-training-job\"}"), 200);
	expect_text(&w, "pue_source", "declared");
	expect_number(&w, "current_pue", 1.6);
	expect_reason(&w, "PUE_DEGRADED", true);
	assert_true(json_object_get_boolean(json_object_object_get(provenance_pue(&w), "degraded")));
	assert_non_null(strstr(json_object_get_string(json_object_object_get(provenance_pue(&w), "failure")),
		"90 W and its IT 100 W"));
	assert_int_equal(assess(&w, "{\"workload_name\":\"ml-training-job\",\"pue\":1.2}"), 200);
	expect_reason(&w, "PUE_DEGRADED", false); /* it was not asked for */
	tell(&facility, 0, 0, 0, 0);              /* both answer, and have no step together */
	assert_int_equal(assess(&w, "{\"workload_name\":\"ml-training-job\"}"), 200);
	assert_non_null(strstr(json_object_get_string(json_object_object_get(provenance_pue(&w), "failure")),
		"no five-minute step together yet; 60 minutes"));
	w.config.pue = 0;
	assert_int_equal(assess(&w, "{\"workload_name\":\"ml-training-job\"}"), 200);
	expect_text(&w, "pue_source", "assumed");
	expect_text(&w, "pue_status", "UNKNOWN");
	destroy(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_measured_pue_is_believed_from_an_hour_on_while_it_is_fresh),
		cmocka_unit_test(a_frame_of_impossible_values_is_refused),
		cmocka_unit_test(a_measured_pue_goes_before_the_declared_one_and_after_the_argument),
		cmocka_unit_test(meters_that_make_no_sense_leave_the_declared_pue_and_say_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
