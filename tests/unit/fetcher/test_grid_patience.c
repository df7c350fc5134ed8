/* How often a provider of grid data is asked that fails, refuses, flaps or comes back: days of it on a clock that the test sets. */
#include "tests/unit/fetcher/grid_site.h"

#define DAY_S 86400

/* Seconds until the next question is put, which are not one too many. */
static int64_t until_asked(struct site *site)
{
	int64_t wait_s =
		site->asker->asked[0].patience[0].next_s - (int64_t)(site->now.boot_ns / NS_PER_SECOND);

	assert_in_range(wait_s, 1, DAY_S);
	site_wait(site, (uint64_t)wait_s - 1);
	assert_true(asked_url[0] == '\0');
	site_wait(site, 1);
	assert_true(asked_url[0] != '\0');
	return wait_s;
}

/* Chance shortens a wait. */
static void expect_wait(struct site *site, int64_t whole)
{
	assert_in_range(until_asked(site), whole - whole / 5, whole);
}

/* casdk has one question: what is counted is it. */
static void begin_casdk(struct site *site)
{
	site_begin(site, "casdk");
	site_wait(site, 0);
	assert_true(asked_url[0] != '\0');
}

static void succeed(struct site *site)
{
	site_answer(site, 0, 200, site_body(site, CASDK_FORM, 423.5));
}

static void a_failing_provider_is_asked_ever_more_rarely_and_then_once_an_hour(void **state)
{
	static const int64_t waits[] = { 60, 120, 240, 480, 3600, 3600, 3600 };
	struct site site;

	(void)state;
	begin_casdk(&site);
	for (size_t i = 0; i < sizeof(waits) / sizeof(*waits); i++) {
		site_answer(&site, 0, 503, "maintenance");
		expect_wait(&site, waits[i]);
		assert_string_equal(told_frame.failure, "HTTP status 503");
		assert_int_equal(told_frame.failing_since_s, BEGIN_S); /* since the first of them */
	}
	for (int i = 0; i < 1000; i++) { /* weeks: the wait neither grows nor overflows */
		site_answer(&site, 0, 503, "maintenance");
		expect_wait(&site, PATIENCE_MOST_S);
	}
	site_end(&site);
}

static void who_refuses_is_left_alone_for_an_hour_at_once(void **state)
{
	static const long refusals[] = { 401, 403, 404, 429 };
	struct site site;

	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		begin_casdk(&site);
		site_answer(&site, 0, refusals[i], "no");
		expect_wait(&site, PATIENCE_MOST_S);
		site_end(&site);
	}
}

static void a_trial_that_fails_keeps_the_circuit_open_and_one_that_succeeds_closes_it(void **state)
{
	struct site site;

	(void)state;
	begin_casdk(&site);
	for (int i = 0; i < PATIENCE_OPEN_AFTER; i++) {
		site_answer(&site, 0, 503, "");
		until_asked(&site);
	}
	site_answer(&site, 0, 503, ""); /* the trial */
	expect_wait(&site, PATIENCE_MOST_S);
	succeed(&site);
	site_wait(&site, 0);
	assert_string_equal(told_frame.failure, "");
	assert_int_equal(told_frame.failing_since_s, 0);
	assert_int_equal(told_frame.retrieved_s, site_real_s(&site));
	assert_int_equal(until_asked(&site), 1800); /* its interval */
	site_answer(&site, 0, 503, "");
	expect_wait(&site, PATIENCE_FIRST_S); /* from the beginning */
	site_end(&site);
}

static void a_provider_that_flaps_is_asked_a_bounded_number_of_times_and_what_it_told_stays(void **state)
{
	struct site site;
	int64_t waited = 0;
	int asked = 0;

	(void)state;
	begin_casdk(&site);
	for (; waited < DAY_S; asked++) {
		if (asked % 2 == 0)
			succeed(&site);
		else
			site_answer(&site, 0, 503, "");
		waited += until_asked(&site);
		assert_true(told_frame.rows > 0);
		assert_true(told_frame.newest == 423.5);
		assert_string_equal(told_frame.failure, asked % 2 == 0 ? "" : "HTTP status 503");
	}
	/* a question, and one more 48 to 60 s after it failed, in every interval */
	assert_in_range(asked, 2 * DAY_S / 1860 - 2, 2 * DAY_S / 1848 + 2);
	site_end(&site);
}

static void waits_are_shortened_by_chance_by_a_fifth_at_most(void **state)
{
	int64_t least = INT64_MAX, most = 0;
	unsigned short chance[3] = { 1, 2, 3 };

	(void)state;
	for (int i = 0; i < 10000; i++) {
		struct patience patience = { .failures = PATIENCE_OPEN_AFTER };
		int64_t wait = patience_fail(&patience, 100, false, erand48(chance));
		assert_int_equal(patience.next_s, 100 + wait);
		least = wait < least ? wait : least;
		most = wait > most ? wait : most;
	}
	assert_in_range(least, 2880, 2890);
	assert_in_range(most, 3590, 3600);
	for (unsigned failures = 0; failures < 5; failures++) { /* of every wait */
		struct patience patience = { .failures = failures };
		struct patience other = patience;
		int64_t whole = patience_fail(&patience, 0, false, 0);
		int64_t part = patience_fail(&other, 0, false, 0.999999);
		assert_in_range(part, whole * 4 / 5, whole * 4 / 5 + 1);
	}
}

/* Two that lost their provider in the same second. */
static void a_fleet_does_not_come_back_in_one_second(void **state)
{
	int64_t waits[2];

	(void)state;
	for (unsigned short i = 0; i < 2; i++) {
		struct site site;
		begin_casdk(&site);
		site.asker->chance[0] = site.asker->chance[1] = site.asker->chance[2] =
			(unsigned short)(i * 40000 + 1);
		site_answer(&site, 0, 429, "");
		waits[i] = until_asked(&site);
		site_end(&site);
	}
	assert_int_not_equal(waits[0], waits[1]);
}

static void a_clock_that_is_set_back_keeps_nobody_from_being_asked(void **state)
{
	struct site site;

	(void)state;
	begin_casdk(&site);
	site_answer(&site, 0, 503, "");
	site.now.real_ns -= (uint64_t)DAY_S * NS_PER_SECOND;
	expect_wait(&site, PATIENCE_FIRST_S);
	site.now.boot_ns +=
		(uint64_t)DAY_S *
		NS_PER_SECOND; /* a suspended day; the clock that stands still meanwhile does not count */
	succeed(&site);
	site.now.boot_ns += 1800 * NS_PER_SECOND;
	site_wait(&site, 0);
	assert_true(asked_url[0] != '\0');
	site_end(&site);
}

/* Electricity Maps without a plan for forecasts: what it has comes on. */
static void a_question_that_fails_waits_alone(void **state)
{
	struct site site;
	int history = 0, forecast = 0;

	(void)state;
	site_begin(&site, "electricitymaps");
	for (int s = 0; s < 4 * 3600; s += 10) {
		site_wait(&site, 10);
		if (asked_url[0] == '\0')
			continue;
		if (strstr(asked_url, "/history") != NULL) {
			history++;
			site_answer(&site, 0, 200,
				site_body(&site,
					"{\"history\":[{\"datetime\":\"%s\",\"carbonIntensity\":%g}]}", 400));
		} else {
			forecast++;
			site_answer(&site, 0, 403, "");
		}
	}
	assert_int_equal(history, 16);   /* every 900 s */
	assert_in_range(forecast, 4, 5); /* refused: once an hour */
	assert_string_equal(told_frame.failure, "");
	site_end(&site);
}

static void a_name_is_looked_up_anew_when_nothing_connects_for_five_minutes(void **state)
{
	const struct fetch_answer none = { .error = "no connection", .body = "" };
	struct site site;

	(void)state;
	begin_casdk(&site);
	strcpy(site.asker->asked[0].server.address.resolve, "host:9:127.0.0.1");
	asked_url[0] = '\0';
	grid_take_answer(&site.asker->asked[0], &none);
	assert_false(grid_asker_is_lost(site.asker, site.now.mono_ns + 300 * NS_PER_SECOND));
	assert_true(grid_asker_is_lost(site.asker, site.now.mono_ns + 301 * NS_PER_SECOND));
	until_asked(&site);
	site_answer(&site, 0, 503, ""); /* it is there */
	assert_false(grid_asker_is_lost(site.asker, site.now.mono_ns + 301 * NS_PER_SECOND));
	site_end(&site);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failing_provider_is_asked_ever_more_rarely_and_then_once_an_hour),
		cmocka_unit_test(who_refuses_is_left_alone_for_an_hour_at_once),
		cmocka_unit_test(a_trial_that_fails_keeps_the_circuit_open_and_one_that_succeeds_closes_it),
		cmocka_unit_test(
			a_provider_that_flaps_is_asked_a_bounded_number_of_times_and_what_it_told_stays),
		cmocka_unit_test(waits_are_shortened_by_chance_by_a_fifth_at_most),
		cmocka_unit_test(a_fleet_does_not_come_back_in_one_second),
		cmocka_unit_test(a_clock_that_is_set_back_keeps_nobody_from_being_asked),
		cmocka_unit_test(a_question_that_fails_waits_alone),
		cmocka_unit_test(a_name_is_looked_up_anew_when_nothing_connects_for_five_minutes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
