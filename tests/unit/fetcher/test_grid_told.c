#include "fetcher/grid/rules.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "tests/unit/unit.h"

/* Bodies: data.go.kr 15113384 (2023-03-28) and 15158491 (2026-04-25) as recorded; the others by their documented shapes. */
#define KPX_ITEM                                                                                             \
	"{\"fuelPwr1\":30.7481,\"fuelPwr2\":328.881,\"fuelPwr3\":18204.9,\"fuelPwr4\":20113.8,\"fuelPwr5\":" \
	"-1466.35,"                                                                                          \
	"\"fuelPwr6\":16548.8,\"fuelPwr7\":110.121,\"fuelPwr8\":3623.07,\"fuelPwr9\":0,\"fuelPwrTot\":"      \
	"57497.9,"                                                                                           \
	"\"baseDatetime\":\"20230328044500\",\"rn\":1}"
#define KPX(items)                                                                                           \
	"{\"response\":{\"header\":{\"resultCode\":\"00\",\"resultMsg\":\"OK\"},\"body\":{\"dataType\":"     \
	"\"JSON\",\"totalCount\":"                                                                           \
	"\"141368\",\"numOfRows\":\"1\",\"pageNo\":\"1\",\"items\":" items "}}}"
#define KPX_XML                                                                                               \
	"<?xml version=\"1.0\" "                                                                              \
	"encoding=\"ISO-8859-1\"?><response><header><resultCode>00</resultCode><resultMsg>정상</resultMsg>" \
	"</header><body><items><item><baseDatetime>20260425120500</baseDatetime><fuelPwr1>233.98</"           \
	"fuelPwr1><fuelPwr2>319.13"                                                                           \
	"</fuelPwr2><fuelPwr3>13602.9</fuelPwr3><fuelPwr4>23077.7</fuelPwr4><fuelPwr5>419.78</"               \
	"fuelPwr5><fuelPwr6>25221.0</fuelPwr6>"                                                               \
	"<fuelPwr7>0.15</fuelPwr7><fuelPwr8>1596.34</fuelPwr8><fuelPwr9>400.13</"                             \
	"fuelPwr9><fuelPwr10>2559.94</fuelPwr10><pEsmw>"                                                      \
	"3446.57</pEsmw><bEmsw>934.4</bEmsw><fuelPwrTot>66592.9</fuelPwrTot></item></items></body></"         \
	"response>"

static const struct grid_mix_rules lifecycle_200 = { .factors = { 820, 490, 650, 12, 24, 11, 45, 200 } };
static const struct grid_mix_rules direct_200 = { .factors = { 760, 370, 406, 0, 0, 0, 0, 200 } };
static const struct grid_mix_rules lifecycle_644 = { .factors = { 820, 490, 650, 12, 24, 11, 45, 644 } };
static const struct grid_mix_rules with_solar = { .factors = { 820, 490, 650, 12, 24, 11, 45, 644 },
	.with_estimated_solar = true };

static void near(double got, double wanted)
{
	if (fabs(got - wanted) > 1e-7 * fabs(wanted))
		fail_msg("%.10g, wanted %.10g", got, wanted);
}

static void expect_one(grid_parse_fn *parse, const struct grid_mix_rules *rules, const char *body,
	int64_t start, double value)
{
	struct grid_told told = { 0 };

	assert_int_equal(parse(rules, body, strlen(body), &told), 0);
	assert_int_equal(told.count, 1);
	assert_int_equal(told.rows[0].start, start);
	near(told.rows[0].value, value);
	grid_told_done(&told);
}

/* tests/data/grid */
static void read_recorded(const char *name, char *text, size_t size)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), TANSO_SOURCE_DIR "/tests/data/grid/%s", name);
	file = fopen(path, "r");
	assert_non_null(file);
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
}

static void expect_error(grid_parse_fn *parse, const char *body, int error)
{
	struct grid_told told = { 0 };

	assert_int_equal(parse(&lifecycle_644, body, strlen(body), &told), error);
	assert_int_equal(told.count, 0);
	grid_told_done(&told);
}

static void a_mix_of_kpx_becomes_an_intensity(void **state)
{
	char text[2048];

	(void)state;
	/* 2023-03-27T19:45:00Z */
	expect_one(
		parse_kpx_history, &lifecycle_200, KPX("{\"item\":[" KPX_ITEM "]}"), 1679946300, 412.272515);
	expect_one(parse_kpx_history, &direct_200, KPX("{\"item\":[" KPX_ITEM "]}"), 1679946300, 354.486061);
	/* one item as an object; twice the same time */
	expect_one(parse_kpx_history, &lifecycle_200, KPX("{\"item\":" KPX_ITEM "}"), 1679946300, 412.272515);
	expect_one(parse_kpx_history, &lifecycle_200, KPX("{\"item\":[" KPX_ITEM "," KPX_ITEM "]}"),
		1679946300, 412.272515);
	/* the current mix numbers its fields otherwise; XML that says ISO-8859-1 and is UTF-8 */
	expect_one(parse_kpx_now, &lifecycle_200, KPX_XML, 1777086300, 366.968096);
	expect_one(parse_kpx_now, &lifecycle_644, KPX_XML, 1777086300, 383.929621);
	expect_one(parse_kpx_now, &with_solar, KPX_XML, 1777086300, 363.131275);
	read_recorded("kpx_15158491.xml", text, sizeof(text));
	expect_one(parse_kpx_now, &lifecycle_644, text, 1777086300, 383.929621);
	read_recorded("kpx_15113384.json", text, sizeof(text));
	expect_one(parse_kpx_history, &lifecycle_200, text, 1679946300, 412.272515);
}

static void what_kpx_refuses_or_lacks_is_told_apart(void **state)
{
	(void)state;
	expect_error(parse_kpx_history, KPX("\"\""), -ENODATA);
	expect_error(parse_kpx_history, KPX("{\"item\":[]}"), -ENODATA);
	expect_error(parse_kpx_history,
		"{\"response\":{\"header\":{\"resultCode\":\"30\",\"resultMsg\":\"SERVICE KEY IS NOT "
		"REGISTERED ERROR.\"}}}",
		-EACCES);
	expect_error(parse_kpx_history, "{\"response\":{\"header\":{\"resultCode\":22}}}", -EDQUOT);
	expect_error(parse_kpx_history,
		"<OpenAPI_ServiceResponse><cmmMsgHeader><errMsg>SERVICE "
		"ERROR</errMsg><returnAuthMsg>SERVICE_KEY_IS_NOT_REGISTERED_"
		"ERROR</returnAuthMsg><returnReasonCode>30</returnReasonCode></cmmMsgHeader></"
		"OpenAPI_ServiceResponse>",
		-EACCES);
	expect_error(parse_kpx_now, "<html>down</html>", -EBADMSG);
	expect_error(parse_kpx_now, "", -EBADMSG);
	expect_error(parse_kpx_now, "{\"response\":", -EBADMSG);
}

static void a_mix_with_a_hole_is_no_clean_mix(void **state)
{
	struct grid_told told = { 0 };
	static const char body[] = KPX("{\"item\":[{\"fuelPwr4\":20113.8,\"baseDatetime\":\"20230328044500\"}"
				       ",{\"baseDatetime\":\"x\"}]}");

	(void)state;
	assert_int_equal(parse_kpx_history(&lifecycle_644, body, strlen(body), &told), 0);
	assert_int_equal(told.count, 0);
	assert_int_equal(told.dropped, 2);
}

static void demand_and_price_are_read(void **state)
{
	struct grid_told told = { 0 };
	static const char demand[] = KPX(
		"{\"item\":[{\"baseDatetime\":\"20260425120500\",\"suppAbility\":\"95000\",\"currPwrTot\":"
		"\"66592.9\",\"suppReservePwr\":28407.1,\"suppReserveRate\":42.66}]}");
	static const char price[] =
		KPX("{\"item\":[{\"date\":\"20260425\",\"hour\":\"01\",\"areaName\":\"육지\",\"smp\":112.3,"
		    "\"mlfd\":50000},{\"date\":\"20260425\","
		    "\"hour\":\"1\",\"areaName\":\"제주\",\"smp\":99},{\"date\":\"20260425\",\"hour\":\"1\","
		    "\"areaName\":\"육지\",\"smp\":112.3},"
		    "{\"date\":\"20260425\",\"hour\":\"24\",\"areaName\":\"육지\",\"smp\":\"-1.5\"},{"
		    "\"date\":\"20260425\",\"hour\":\"25\",\"smp\":1}]}");

	(void)state;
	assert_int_equal(parse_kpx_demand(&lifecycle_644, demand, strlen(demand), &told), 0);
	near(told.demand_mw, 66592.9);
	near(told.reserve_percent, 42.66);
	assert_int_equal(parse_kpx_price(&lifecycle_644, price, strlen(price), &told), 0);
	assert_int_equal(told.count, 2);
	assert_int_equal(told.rows[0].start, 1777042800); /* the hour that ends at 01:00 KST */
	near(told.rows[0].value, 112.3);
	assert_int_equal(told.rows[1].start, 1777042800 + 23 * 3600);
	assert_int_equal(told.dropped, 1);
	grid_told_done(&told);
}

static void electricity_maps_of_both_versions_are_read(void **state)
{
	static const char history[] = "{\"zone\":\"KR\",\"history\":[{\"zone\":\"KR\",\"carbonIntensity\":"
				      "423,\"datetime\":\"2026-01-01T00:00:00.000Z\",\"isEstimated\":"
				      "true,\"estimationMethod\":\"TIME_SLICER_AVERAGE\"},{"
				      "\"carbonIntensity\":null,\"datetime\":\"2026-01-01T01:00:00.000Z\"},"
				      "{\"carbonIntensity\":401.5,\"datetime\":\"2026-01-01T02:00:00.000Z\","
				      "\"isEstimated\":false},{\"carbonIntensity\":99999,"
				      "\"datetime\":\"2026-01-01T03:00:00.000Z\"},{\"carbonIntensity\":0,"
				      "\"datetime\":\"2026-01-01T04:00:00.000Z\"}]}";
	static const char forecast[] =
		"{\"zone\":\"KR\",\"forecast\":[{\"carbonIntensity\":410,\"datetime\":\"2026-01-01T02:00:00."
		"000Z\"},"
		"{\"carbonIntensity\":405,\"datetime\":\"2026-01-01T03:00:00.000Z\"}],\"updatedAt\":\"x\"}";
	struct grid_told told = { 0 };

	(void)state;
	assert_int_equal(parse_electricitymaps(&lifecycle_644, history, strlen(history), &told), 0);
	assert_int_equal(told.count, 2);
	assert_int_equal(told.rows[0].flags, GRID_ESTIMATED);
	assert_int_equal(told.dropped, 3); /* null, beyond the range, zero */
	assert_int_equal(parse_electricitymaps(&lifecycle_644, forecast, strlen(forecast), &told), 0);
	assert_int_equal(told.count, 3); /* what was measured stays */
	near(told.rows[1].value, 401.5);
	assert_int_equal(told.rows[2].flags, GRID_FORECAST);
	grid_told_done(&told);
	expect_one(parse_electricitymaps, &lifecycle_644,
		"{\"zone\":\"KR\",\"data\":[{\"carbonIntensity\":423,\"datetime\":\"2026-01-01T00:00:00Z\"}]"
		"}",
		1767225600, 423);
	expect_one(parse_electricitymaps, &lifecycle_644,
		"{\"zone\":\"KR\",\"carbonIntensity\":423,\"datetime\":\"2026-01-01T00:00:00.000Z\","
		"\"emissionFactorType\":\"lifecycle\"}",
		1767225600, 423);
	expect_error(parse_electricitymaps, "{\"error\":\"Invalid auth-token\"}", -EBADMSG);
	expect_error(parse_electricitymaps, "{\"zone\":\"KR\",\"history\":[]}", -ENODATA);
}

static void watttime_and_the_carbon_aware_sdk_are_read(void **state)
{
	char token[16];

	(void)state;
	expect_one(parse_watttime, &lifecycle_644,
		"{\"data\":[{\"point_time\":\"2026-01-01T00:00:00+00:00\",\"value\":1624.0}],\"meta\":{"
		"\"region\":\"KOR\",\"signal_type\":\"co2_moer\","
		"\"units\":\"lbs_co2_per_mwh\",\"data_point_period_seconds\":300}}",
		1767225600, 736.634009);
	expect_error(parse_watttime, "{\"data\":[],\"meta\":{\"units\":\"percentile\"}}", -EBADMSG);
	expect_one(parse_casdk, &lifecycle_644,
		"[{\"requestedAt\":\"2026-01-01T00:00:00+00:00\",\"location\":\"koreacentral\","
		"\"forecastData\":[{\"location\":\"KR\",\"timestamp\":"
		"\"2026-01-01T00:00:00+00:00\",\"duration\":60,\"value\":423.5}]}]",
		1767225600, 423.5);
	expect_error(parse_casdk, "[]", -EBADMSG);
	assert_int_equal(parse_watttime_token("{\"token\":\"abc.def\"}", 19, token, sizeof(token)), 0);
	assert_string_equal(token, "abc.def");
	assert_int_equal(parse_watttime_token("{\"token\":\"a\\nb\"}", 16, token, sizeof(token)), -EBADMSG);
	assert_int_equal(
		parse_watttime_token("{\"token\":\"aaaaaaaaaaaaaaaaaaaa\"}", 32, token, sizeof(token)),
		-E2BIG);
}

/* A data folder of its own, in which `from` of emission_factors.json is `to`, of the same length. */
static void put_factors(const char *folder, const char *from, const char *to)
{
	char text[8192], path[CONFIG_TEXT_MAX + 32];
	FILE *file = fopen(TANSO_SOURCE_DIR "/deploy/config/korea/emission_factors.json", "r");
	size_t size;

	assert_non_null(file);
	size = fread(text, 1, sizeof(text) - 1, file);
	text[size] = '\0';
	fclose(file);
	char *at = strstr(text, from);
	assert_non_null(at);
	assert_int_equal(strlen(from), strlen(to));
	memcpy(at, to, strlen(to));
	snprintf(path, sizeof(path), "%s/new", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	fclose(file);
	char final[CONFIG_TEXT_MAX + 32];
	snprintf(final, sizeof(final), "%s/emission_factors.json", folder);
	assert_int_equal(rename(path, final), 0);
}

static void run_command(const char *format, const char *folder)
{
	char command[CONFIG_TEXT_MAX + 256];

	snprintf(command, sizeof(command), format, folder);
	assert_int_equal(system(command), 0);
}

static void factors_follow_their_file_and_a_bad_one_leaves_them(void **state)
{
	static struct config config;
	static struct grid_rules rules;
	static const char *const bad[][2] = { { "\"coal\"", "\"lime\"" }, { "820", "\"a\"" },
		{ "820", "-82" }, { "\"solar\"", "\"hydro\"" }, { "\"unknown\"", "\"nothing\"" } };

	(void)state;
	config_defaults(&config);
	snprintf(config.data_dir, sizeof(config.data_dir), "%s", "/tmp/tanso-factors-XXXXXX");
	assert_non_null(mkdtemp(config.data_dir));
	run_command("cp " TANSO_SOURCE_DIR "/deploy/config/korea/*.json %s", config.data_dir);
	grid_rules_open(&rules, &config);
	assert_true(rules.is_known && rules.mix.factors[FUEL_COAL] == 820);
	assert_true(rules.mix.factors[FUEL_UNKNOWN] == 644);
	assert_false(grid_rules_watch(&rules));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		put_factors(config.data_dir, bad[i][0], bad[i][1]);
		assert_false(grid_rules_watch(&rules));
		assert_non_null(strstr(rules.failure, "emission_factors.json"));
		assert_true(rules.is_known && rules.mix.factors[FUEL_COAL] == 820);
	}
	put_factors(config.data_dir, "820", "900");
	assert_true(grid_rules_watch(&rules));
	assert_true(rules.failure[0] == '\0' && rules.mix.factors[FUEL_COAL] == 900);
	rules.is_asked = true; /* read again, and no other */
	assert_false(grid_rules_watch(&rules));
	put_factors(config.data_dir, "820", "-82");
	grid_rules_open(&rules, &config);
	assert_false(rules.is_known);
	put_factors(config.data_dir, "820", "820");
	assert_true(grid_rules_watch(&rules));
	run_command("rm -r %s", config.data_dir);
}

static void the_unknown_fuel_weighs_by_the_kind_of_factor(void **state)
{
	static struct config config;
	static struct grid_rules rules;

	(void)state;
	config_defaults(&config);
	strcpy(config.grid_factor, "direct");
	snprintf(config.data_dir, sizeof(config.data_dir), "%s", TANSO_SOURCE_DIR "/deploy/config/korea");
	grid_rules_open(&rules, &config);
	assert_true(rules.mix.factors[FUEL_COAL] == 760 && rules.mix.factors[FUEL_UNKNOWN] == 575);
	config.kpx_unknown_factor = 200;
	grid_rules_open(&rules, &config);
	assert_true(rules.mix.factors[FUEL_UNKNOWN] == 200);
}

/* KPX tells a price each hour and nobody forgets one: in two years they would have stood in the place of all intensities. */
static void prices_leave_room_for_intensities(void **state)
{
	struct grid_told told = { 0 };

	(void)state;
	for (int64_t i = 1; i <= 150; i++) {
		const struct grid_row price = {
			.start = i * 3600, .seconds = 3600, .value = -1, .flags = GRID_PRICE
		};
		assert_int_equal(grid_told_add(&told, &price), 0);
	}
	for (int64_t i = 1; i <= 120; i++) {
		const struct grid_row intensity = { .start = i * 300, .seconds = 300, .value = 423 };
		assert_int_equal(grid_told_add(&told, &intensity), 0);
	}
	grid_told_trim(&told, 100);
	assert_int_equal(told.count, 100);
	assert_int_equal(grid_told_intensities(&told), 90);
	assert_int_equal(told.rows[89].start, 120 * 300);
	assert_int_equal(told.rows[90].start, 141 * 3600);
	grid_told_trim(&told, 0);
	assert_int_equal(told.count, 0);
	grid_told_done(&told);
}

static void times_of_every_zone_are_read_and_days_that_are_none_are_not(void **state)
{
	static const char *const same[] = { "2026-03-29T01:30:00Z", "2026-03-29T10:30:00+09:00",
		"2026-03-28T20:30:00-05:00", "2026-03-28T20:30:00.000-05:00", "2026-03-29T01:30:00.0000000",
		"2026-03-29T03:30:00.1+02:00", "2026-03-29T01:29:60Z" };
	static const char *const none[] = { "2026-02-29T00:00:00Z", "2026-03-29T01:30:00.Z",
		"2026-03-29T01:30:00+0900", "2026-03-29T01:30:00 KST", "2026-03-29T24:30:00Z", "" };
	struct grid_told told = { 0 };
	int64_t seconds;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
		assert_true(grid_parse_time(same[i], &seconds));
		assert_int_equal(seconds, 1774747800);
	}
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		assert_false(grid_parse_time(none[i], &seconds));
	parse_kpx_price(&lifecycle_644,
		KPX("{\"item\":{\"date\":\"20260231\",\"hour\":\"1\",\"smp\":\"99\"}}"),
		strlen(KPX("{\"item\":{\"date\":\"20260231\",\"hour\":\"1\",\"smp\":\"99\"}}")), &told);
	assert_int_equal(told.count, 0);
	assert_int_equal(told.dropped, 1);
	grid_told_done(&told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prices_leave_room_for_intensities),
		cmocka_unit_test(times_of_every_zone_are_read_and_days_that_are_none_are_not),
		cmocka_unit_test(a_mix_of_kpx_becomes_an_intensity),
		cmocka_unit_test(what_kpx_refuses_or_lacks_is_told_apart),
		cmocka_unit_test(a_mix_with_a_hole_is_no_clean_mix),
		cmocka_unit_test(demand_and_price_are_read),
		cmocka_unit_test(electricity_maps_of_both_versions_are_read),
		cmocka_unit_test(watttime_and_the_carbon_aware_sdk_are_read),
		cmocka_unit_test(factors_follow_their_file_and_a_bad_one_leaves_them),
		cmocka_unit_test(the_unknown_fuel_weighs_by_the_kind_of_factor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
