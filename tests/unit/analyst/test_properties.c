/* What must hold for any input: random powers, days, jobs and settings against the rules of docs/methodology.md. */
#include "tests/unit/analyst/world.h"

#include "analyst/carbon/carbon.h"
#include "analyst/schedule/schedule.h"
#include "analyst/book/spread.h"
#include "analyst/grid/tariff.h"
#include "base/cleanup.h"
#include "base/kst.h"
#include "tests/unit/ipc/random.h"

#define HOUR     INT64_C(3600)
#define MIDNIGHT INT64_C(1795446000) /* 2026-11-24T00:00:00+09:00 */
#define ROUNDS   100
#define WORLDS   6 /* rounds that need a ledger each */

static struct random dice;

static double between(double least, double most)
{
	return least + (most - least) * (double)random_below(&dice, 1000001) / 1e6;
}

static int64_t whole(int64_t least, int64_t most)
{
	return least + (int64_t)random_below(&dice, (uint64_t)(most - least) + 1);
}

/* Answers show nine digits. */
static void near(double value, double expected)
{
	if (fabs(value - expected) > 1e-7 * fabs(expected) + 1e-9)
		fail_msg("%.12g is not %.12g", value, expected);
}

static void draw_day(double day[24])
{
	for (int i = 0; i < 24; i++)
		day[i] = between(20, 900);
}

/* Four equal days from MIDNIGHT. */
static struct signal repeated(const double day[24], double added)
{
	struct signal signal = { 0 };

	for (int i = 0; i < 96; i++)
		assert_int_equal(signal_append(&signal, MIDNIGHT + i * HOUR, MIDNIGHT + (i + 1) * HOUR,
					 day[i % 24] + added, SIGNAL_KNOWN),
			0);
	signal_seal(&signal);
	return signal;
}

/* Up to 12 hours within a day and a half, on the grid of the interruptible jobs; sometimes within a daily window. */
static struct schedule_job draw_job(void)
{
	struct schedule_job job = { .duration = whole(1, 144) * SCHEDULE_GRID_SECONDS,
		.earliest = MIDNIGHT + whole(0, 288) * SCHEDULE_GRID_SECONDS };

	job.latest_start = job.earliest + 24 * HOUR;
	job.deadline = job.latest_start + job.duration;
	if (whole(0, 2) == 0)
		job.window = (struct daily_window) { whole(0, 23) * HOUR, whole(0, 23) * HOUR };
	return job;
}

static void a_constant_on_the_grid_moves_every_mean_and_no_start(void **state)
{
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		double day[24], added = between(1, 500);
		struct schedule_job job = draw_job();
		struct schedule plain, shifted;
		draw_day(day);
		struct signal low = repeated(day, 0), high = repeated(day, added);
		int r = schedule_search(&job, &low, &plain);
		assert_int_equal(schedule_search(&job, &high, &shifted), r);
		if (r == 0) {
			assert_int_equal(shifted.best.start, plain.best.start);
			assert_int_equal(shifted.worst.start, plain.worst.start);
			near(shifted.best.mean, plain.best.mean + added);
			near(shifted.worst.mean, plain.worst.mean + added);
			near(shifted.mean, plain.mean + added);
		}
		signal_done(&low);
		signal_done(&high);
	}
}

static void a_day_long_job_gains_nothing_in_equal_days(void **state)
{
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		double day[24];
		struct schedule_job job = { .duration = 24 * HOUR,
			.earliest = MIDNIGHT + whole(0, 24 * HOUR) };
		struct schedule schedule;
		job.latest_start = job.earliest + 24 * HOUR;
		job.deadline = job.latest_start + job.duration;
		draw_day(day);
		struct signal signal = repeated(day, 0);
		assert_int_equal(schedule_search(&job, &signal, &schedule), 0);
		near(schedule.worst.mean, schedule.best.mean);
		assert_int_equal(schedule.best.start, job.earliest);
		signal_done(&signal);
	}
}

static void a_job_that_may_be_interrupted_never_meets_a_dirtier_grid(void **state)
{
	static struct schedule_chunk chunks[SCHEDULE_CHUNKS_MAX];

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		double day[24], mean;
		struct schedule_job job = draw_job();
		struct schedule whole_run;
		size_t count;
		int64_t run = 0,
			min_chunk = whole(1, job.duration / SCHEDULE_GRID_SECONDS) * SCHEDULE_GRID_SECONDS;
		draw_day(day);
		struct signal signal = repeated(day, 0);
		if (schedule_search(&job, &signal, &whole_run) == 0) {
			assert_int_equal(schedule_chunks(&job, min_chunk, &signal, chunks,
						 SCHEDULE_CHUNKS_MAX, &count, &mean),
				0);
			assert_true(mean <= whole_run.best.mean * (1 + 1e-9));
			for (size_t i = 0; i < count; i++) {
				assert_true(chunks[i].end - chunks[i].start >= min_chunk);
				assert_true(
					daily_window_contains(&job.window, chunks[i].start, chunks[i].end));
				run += chunks[i].end - chunks[i].start;
			}
			assert_int_equal(run, job.duration);
		}
		signal_done(&signal);
	}
}

static struct compliance assessed(double intensity, double pue, enum basis basis, enum pue_source source)
{
	const struct standard standard = { .target = 424, .pue_ref = 1.4 };
	const struct compliance_input input = { .standard = &standard,
		.pue_target = 1.4,
		.pue = { pue, source },
		.basis = basis,
		.is_intensity_known = true,
		.grid_intensity = intensity,
		.grid_uncertainty = U_GRID_METERED };

	return compliance_assess(&input);
}

/* What passes must pass with less; and what is asked of it is smaller. */
static void a_status_only_gets_worse_with_intensity_and_with_pue(void **state)
{
	(void)state;
	for (int round = 0; round < 20 * ROUNDS; round++) {
		enum basis basis = (enum basis)whole(BASIS_PUE_NORMALISED, BASIS_FACILITY);
		double intensity = between(100, 800), pue = between(1, 2.5);
		struct compliance less = assessed(intensity, pue, basis, PUE_DECLARED);
		struct compliance dirtier = assessed(intensity + between(0, 200), pue, basis, PUE_DECLARED);
		struct compliance wasteful = assessed(intensity, pue + between(0, 1), basis, PUE_DECLARED);
		assert_true(less.carbon_status == STATUS_COMPLIANT ||
			    dirtier.carbon_status == STATUS_NON_COMPLIANT);
		assert_true(less.carbon_status == STATUS_COMPLIANT ||
			    wasteful.carbon_status == STATUS_NON_COMPLIANT);
		assert_true(
			less.pue_status == STATUS_COMPLIANT || wasteful.pue_status == STATUS_NON_COMPLIANT);
		assert_true(less.status == STATUS_COMPLIANT || dirtier.status == STATUS_NON_COMPLIANT);
		assert_true(less.status == STATUS_COMPLIANT || wasteful.status == STATUS_NON_COMPLIANT);
		assert_true(less.required_reduction_percent <= dirtier.required_reduction_percent);
		assert_true(less.required_reduction_percent <= wasteful.required_reduction_percent);
		/* what is asked for is enough, and not more than that */
		near(fmin(less.intensity, 424), less.intensity * (1 - less.required_reduction_percent / 100));
	}
}

/* whole answers */

/* A pod of `requested` cores, half of them used, of `dynamic` W and `idle` W of the node's idle, for four hours. */
static void run_pod(struct world *w, double requested, uint64_t dynamic, uint64_t idle)
{
	const struct workload_row name = { .op = TOPOLOGY_ADD,
		.id = 10,
		.kind = WORKLOAD_POD,
		.namespace = text_of("ai-team"),
		.workload = text_of("train-x7k2p"),
		.pod = text_of("train-x7k2p"),
		.owner_kind = text_of("Job"),
		.owner = text_of("train"),
		.cpu_request_millicores = (uint64_t)(requested * 1000) };

	w->f.once.cpus = 32;
	w->f.once.counted_ns = 0;
	w->f.once.first_boot_ns = w->f.once.boot_ns;
	fixture_name_row(&w->f, &name);
	for (uint64_t i = 0; i <= 4 * 60; i++) {
		struct power_row row = { .id = 10, .cpu_ns = (uint64_t)((double)i * requested / 2 * 6e10) };
		row.active_uj.by[ZONE_PACKAGE] = i * dynamic * 60000000;
		row.idle_uj.by[ZONE_PACKAGE] = i * idle * 60000000;
		w->f.once.total_uj.by[ZONE_PACKAGE] = i * (dynamic + idle + 10) * 60000000;
		w->f.once.idle_uj.by[ZONE_PACKAGE] = i * 10 * 60000000;
		assert_int_equal(fixture_send(&w->f, &row, 1), 0);
		if (i < 4 * 60)
			fixture_pass(&w->f, 60);
	}
	assert_int_equal(book_commit(&w->f.book), 0);
	w->knowledge.now_real_ns = w->f.once.real_ns;
	w->knowledge.age_ns = 0;
}

static void use_drawn_grid(struct world *w, uint64_t seed)
{
	struct random day = { seed };
	char text[24 * 16] = "";

	for (int hour = 0; hour < 24; hour++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%02d:00,%d\n", hour,
			200 + (int)random_below(&day, 500));
	use_grid(w, text);
}

static void begin(struct world *w, uint64_t seed, double pue)
{
	make(w);
	w->config.pue = pue;
	strcpy(w->config.share_idle, "request");
	use_drawn_grid(w, seed);
	fixture_pass(&w->f, 3600);
}

static double number(struct world *w, const char *key)
{
	return json_object_get_double(member(w, key));
}

static void times_the_power_is_the_same_intensity_and_times_the_grams(void **state)
{
	(void)state;
	for (int round = 0; round < WORLDS; round++) {
		uint64_t seed = random_next(&dice), times = (uint64_t)whole(2, 9),
			 watts = (uint64_t)whole(1, 99);
		double pue = between(1, 2), intensity = 0, kg = 0, krw = 0;
		for (uint64_t k = 1; k <= times; k += times - 1) {
			struct world w;
			begin(&w, seed, pue);
			run_pod(&w, 4, watts * k, watts * k);
			assert_int_equal(assess(&w, "{\"workload_name\":\"train\"}"), 200);
			if (k > 1) {
				near(number(&w, "current_carbon_intensity_gCO2eq_kWh"), intensity);
				near(number(&w, "monthly_emissions_kg"), kg * (double)times);
				near(number(&w, "estimated_cost_krw_month"), krw * (double)times);
			}
			intensity = number(&w, "current_carbon_intensity_gCO2eq_kWh");
			kg = number(&w, "monthly_emissions_kg");
			krw = number(&w, "estimated_cost_krw_month");
			destroy(&w);
		}
	}
}

static double product_of_steps(struct world *w)
{
	struct json_object *steps = member(w, "steps");
	double left = 1;

	for (size_t i = 0; i < json_object_array_length(steps); i++) {
		struct json_object *percent = json_object_object_get(
			json_object_array_get_idx(steps, i), "estimated_reduction_percent");
		left *= 1 - json_object_get_double(percent) / 100;
	}
	return left;
}

static void reductions_multiply_in_any_order_and_save_no_more_than_there_is(void **state)
{
	static const char *const orders[] = {
		"\"temporal_shift\",\"pue_improvement\",\"resource_rightsizing\"",
		"\"resource_rightsizing\",\"temporal_shift\",\"pue_improvement\"",
		"\"pue_improvement\",\"resource_rightsizing\",\"temporal_shift\""
	};

	(void)state;
	for (int round = 0; round < WORLDS; round++) {
		struct world w;
		double reduction = 0, kg = 0, krw = 0;
		begin(&w, random_next(&dice), between(1.2, 2));
		run_pod(&w, (double)whole(1, 16), (uint64_t)whole(0, 50), (uint64_t)whole(1, 50));
		for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
			char question[256];
			snprintf(question, sizeof(question),
				"{\"workload_name\":\"train\",\"optimizations\":[%s]}", orders[i]);
			assert_int_equal(ask(&w, "compare_optimization_impact", question), 200);
			if (i > 0)
				near(number(&w, "reduction_percent"), reduction);
			reduction = number(&w, "reduction_percent");
			near(reduction, (1 - product_of_steps(&w)) * 100);
		}
		kg = number(&w, "emissions_reduction_kg_month");
		krw = number(&w, "estimated_cost_savings_krw_month");
		assert_true(reduction >= 0 && reduction <= 100);
		assert_int_equal(assess(&w, "{\"workload_name\":\"train\"}"), 200);
		assert_true(kg <= number(&w, "monthly_emissions_kg"));
		assert_true(krw <= number(&w, "estimated_cost_krw_month"));
		near(kg, number(&w, "monthly_emissions_kg") * reduction / 100);
		destroy(&w);
	}
}

static void an_instant_is_the_same_in_utc_and_in_korean_time(void **state)
{
	struct world w;

	(void)state;
	begin(&w, random_next(&dice), 1.4);
	run_pod(&w, 4, 20, 20);
	for (int round = 0; round < 20; round++) {
		int day = (int)whole(1, 27), hour = (int)whole(9, 23), minute = (int)whole(0, 59);
		char question[160], *first;
		snprintf(question, sizeof(question),
			"{\"power_watts\":57.5,\"earliest\":\"2026-12-%02dT%02d:%02d:00+09:00\"}", day, hour,
			minute);
		assert_int_equal(ask(&w, "calculate_optimal_schedule", question), 200);
		first = strdup(json_object_to_json_string(member(&w, "options")));
		snprintf(question, sizeof(question),
			"{\"power_watts\":57.5,\"earliest\":\"2026-12-%02dT%02d:%02d:00Z\"}", day, hour - 9,
			minute);
		assert_int_equal(ask(&w, "calculate_optimal_schedule", question), 200);
		assert_string_equal(json_object_to_json_string(member(&w, "options")), first);
		free(first);
	}
	destroy(&w);
}

/* money and energy */

static void a_price_is_known_at_every_minute_of_any_day(void **state)
{
	struct data *data;
	struct data_error error;

	(void)state;
	assert_int_equal(data_load(TANSO_SOURCE_DIR "/deploy/config/korea", &data, &error), 0);
	for (int round = 0; round < ROUNDS; round++) {
		const char *code = data->tariffs[whole(0, (int64_t)data->tariff_count - 1)].code;
		int64_t from = kst_seconds((int)whole(2024, 2032), (int)whole(1, 12), (int)whole(1, 28));
		struct signal signal;
		struct tariff_rate rate;
		double sum = 0;
		assert_int_equal(tariff_signal(data, code, from, from + 24 * HOUR, &signal), 0);
		assert_int_equal(signal_missing(&signal, from, from + 24 * HOUR), 0);
		for (int64_t at = from; at < from + 24 * HOUR; at += 60) {
			assert_true(tariff_at(data, code, at, &rate));
			sum += rate.krw_per_kwh / 1440;
		}
		near(signal_mean(&signal, from, from + 24 * HOUR), sum);
		signal_done(&signal);
	}
	data_free(data);
}

static void energy_laid_over_slots_is_all_there_to_the_microjoule(void **state)
{
	static struct spread spread;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t end_ns = FIXTURE_REAL + (uint64_t)whole(0, INT64_C(1) << 50);
		uint64_t length_ns = 1 + random_next(&dice) % (UINT64_C(1) << whole(1, 54));
		uint64_t amount = random_next(&dice) >> whole(1, 63), sum = 0;
		int64_t closed = whole(0, 1) ? 0 : (int64_t)(end_ns / NS_PER_SECOND / 3600 * 3600);
		spread_make(&spread, end_ns, length_ns, closed);
		assert_in_range(spread.count, 1, SPREAD_PIECES_MAX);
		for (uint32_t i = 0; i < spread.count; i++)
			sum += spread_share(&spread, i, amount);
		assert_true(sum == amount);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_constant_on_the_grid_moves_every_mean_and_no_start),
		cmocka_unit_test(a_day_long_job_gains_nothing_in_equal_days),
		cmocka_unit_test(a_job_that_may_be_interrupted_never_meets_a_dirtier_grid),
		cmocka_unit_test(a_status_only_gets_worse_with_intensity_and_with_pue),
		cmocka_unit_test(times_the_power_is_the_same_intensity_and_times_the_grams),
		cmocka_unit_test(reductions_multiply_in_any_order_and_save_no_more_than_there_is),
		cmocka_unit_test(an_instant_is_the_same_in_utc_and_in_korean_time),
		cmocka_unit_test(a_price_is_known_at_every_minute_of_any_day),
		cmocka_unit_test(energy_laid_over_slots_is_all_there_to_the_microjoule),
	};

	dice = random_new("properties");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
