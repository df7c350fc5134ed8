#include "tests/unit/unit.h"

#include "cli/assess/text.h"
#include "cli/terminal.h"
#include "ipc/tools.h"

/* The numbers that tests/process/test_brief.py asks of the running stages, in the shape the analyst answers. */
static const char brief[] =
	"{\"workload\":\"ml-training-job\",\"namespace\":\"ai-team\",\"kind\":\"job\",\"standard\":\"KR_"
	"CARBON_2050\","
	"\"status\":\"NON_COMPLIANT\",\"carbon_status\":\"NON_COMPLIANT\",\"pue_status\":\"NON_COMPLIANT\","
	"\"confidence\":\"clear\",\"current_carbon_intensity_gCO2eq_kWh\":510,"
	"\"target_carbon_intensity_gCO2eq_kWh\":424,\"gap_percent\":20.3,\"current_pue\":1.6,\"target_pue\":"
	"1.4,"
	"\"pue_gap_percent\":14.3,\"pue_source\":\"declared\",\"current_power_watts\":57.5,"
	"\"mean_power_watts\":57.5,\"power_breakdown_watts\":{\"cpu\":45.2,\"memory\":12.3},"
	"\"energy_kWh_month\":41.975,\"monthly_emissions_kg\":29.97015,\"recommendation\":\"Too much.\","
	"\"optimizations\":[{\"description\":\"Reschedule\",\"estimated_reduction_percent\":10}],"
	"\"combined_effect\":{\"reduction_percent\":10,\"saving_kg_month\":2.997015,"
	"\"service_intensity_gCO2eq_kWh\":459,\"service_status\":\"NON_COMPLIANT\","
	"\"service_confidence\":\"clear\"},"
	"\"reason_codes\":[\"CARBON_OVER_TARGET\"],\"legal_status\":\"reference\",\"disclaimer\":\"No law.\","
	"\"provenance\":{\"power\":{\"meter\":\"curve:epyc_3\",\"model_error_percent\":25}}}";

static const char unknown[] =
	"{\"workload\":\"\\u001b[2Jx\",\"namespace\":\"n\",\"status\":\"UNKNOWN\","
	"\"carbon_status\":\"UNKNOWN\",\"pue_status\":\"UNKNOWN\",\"pue_source\":\"assumed\","
	"\"standard\":\"KR_CARBON_2050\",\"reason_codes\":[\"PUE_ASSUMED\",\"FAKE_POWER\"]}";

static char *printed(const char *json, const char *lang)
{
	const struct assess_style style = { .lang = lang };
	char *text = NULL;
	size_t size, offset;
	struct json_object *answer = json_parse_strict(json, strlen(json), &offset);
	FILE *out = open_memstream(&text, &size);

	assert_non_null(answer);
	assess_print(out, answer, &style);
	fclose(out);
	json_object_put(answer);
	return text;
}

static void the_briefs_example_reads_as_in_the_brief(void **state)
{
	char *text = printed(brief, "en");

	(void)state;
	assert_string_equal(text,
		"ml-training-job (ai-team, job) is NON-COMPLIANT · KR_CARBON_2050\n"
		"\n"
		"  Carbon: 510 gCO2/kWh (20.3 % over 424 target) · NON-COMPLIANT\n"
		"  PUE: 1.6 (14.3 % over 1.4 target) · NON-COMPLIANT, declared\n"
		"  Power: 57.5 W (CPU 45.2, memory 12.3), 57.5 W on average while present; by curve:epyc_3, "
		"±25 % (k = 1)\n"
		"  Estimated: 29.97 kg CO2/month, 41.98 kWh/month of IT energy\n"
		"\n"
		"  Recommendations:\n"
		"  1. Reschedule → 10.0 % reduction\n"
		"  2. Combined effect: 10.0 % reduction → NON-COMPLIANT on carbon (459.0 per kWh used "
		"today)\n"
		"\n"
		"  Estimated savings: 3.00 kg CO2/month\n"
		"\n"
		"  Too much.\n"
		"\n"
		"  CARBON_OVER_TARGET: The carbon intensity is above the target.\n"
		"\n"
		"  [reference] No law.\n");
	free(text);
}

static void the_same_in_korean_has_the_same_numbers(void **state)
{
	char *text = printed(brief, "ko");

	(void)state;
	assert_string_equal(text,
		"ml-training-job (ai-team, job): 기준 초과 · KR_CARBON_2050\n"
		"\n"
		"  탄소: 510 gCO2/kWh (목표 424 대비 20.3 % 초과) · 기준 초과\n"
		"  PUE: 1.6 (목표 1.4 대비 14.3 % 초과) · 기준 초과, 출처: 설정값\n"
		"  전력: 57.5 W (CPU 45.2, 메모리 12.3), 실행 중 평균 57.5 W; 출처: curve:epyc_3, ±25 % (k = "
		"1)\n"
		"  추정: 월 29.97 kg CO2, IT 에너지 월 41.98 kWh\n"
		"\n"
		"  권장 사항:\n"
		"  1. Reschedule → 10.0 % 감축\n"
		"  2. 모두 적용하면 10.0 % 감축 → 기준 초과, 탄소는 현재 사용량 기준 kWh당 459.0 g\n"
		"\n"
		"  예상 절감: 월 3.00 kg CO2\n"
		"\n"
		"  Too much.\n"
		"\n"
		"  CARBON_OVER_TARGET: 탄소집약도가 목표값보다 높습니다.\n"
		"\n"
		"  [참고 기준] No law.\n");
	free(text);
}

static void what_is_combined_is_said_and_a_migration_is_an_alternative(void **state)
{
	static const char answer[] =
		"{\"monthly_emissions_kg\":100,\"current_carbon_intensity_gCO2eq_kWh\":510,"
		"\"target_carbon_intensity_gCO2eq_kWh\":424,\"optimizations\":["
		"{\"type\":\"temporal_shift\",\"estimated_reduction_percent\":10},"
		"{\"type\":\"resource_rightsizing\",\"estimated_reduction_percent\":15},"
		"{\"type\":\"regional_migration\",\"estimated_reduction_percent\":97.2}],"
		"\"combined_effect\":{\"reduction_percent\":23.5,\"saving_kg_month\":23.5,"
		"\"realizable_saving_kg_month\":12.25,\"service_intensity_gCO2eq_kWh\":390.15,"
		"\"service_status\":\"COMPLIANT\",\"service_confidence\":\"borderline\"}}";
	char *text = printed(answer, "en");

	(void)state;
	assert_non_null(
		strstr(text, "  4. Combined effect: 23.5 % reduction → COMPLIANT (borderline) on carbon "
			     "(390.2 per kWh used "
			     "today); of 1, 2. The migration (3) is an alternative to them and not in it\n\n"
			     "  Estimated savings: 23.50 kg CO2/month, of which 12.25 kg goes in fact\n"));
	free(text);
	text = printed(answer, "ko");
	assert_non_null(strstr(text, "→ 기준 충족 (경계값), 탄소는 현재"));
	assert_non_null(strstr(text, "; 합산: 1, 2. 리전 이전(3)은 대안이므로 포함하지 않음\n"));
	free(text);
	assert_true(
		rounded(390.15, 1) == 390.2 && rounded(-390.15, 1) == -390.2 && rounded(390.149, 1) == 390.1);
}

static void what_is_unknown_is_not_a_number_and_says_what_would_settle_it(void **state)
{
	char *text = printed(unknown, "en");

	(void)state;
	assert_non_null(strstr(text, "[2Jx (n) is UNKNOWN"));
	assert_null(strchr(text, '\033'));
	assert_null(strstr(text, "0 gCO2"));
	assert_null(strstr(text, "0.0 W"));
	assert_non_null(strstr(text, "pue = 1.45"));
	assert_non_null(strstr(text, "--pue 1.45"));
	assert_non_null(strstr(text, "--allow-fake"));
	free(text);
}

static void what_is_at_its_target_is_neither_over_nor_under_it(void **state)
{
	static const char answer[] =
		"{\"workload\":\"a\",\"status\":\"COMPLIANT\",\"confidence\":\"clear\","
		"\"carbon_status\":\"NOT_ASSESSED\",\"carbon_confidence\":\"borderline\","
		"\"current_carbon_intensity_gCO2eq_kWh\":438,\"pue_status\":\"COMPLIANT\","
		"\"current_pue\":1.4,\"target_pue\":1.4,\"pue_gap_percent\":0}";
	char *text = printed(answer, "en"), *korean = printed(answer, "ko");

	(void)state;
	assert_non_null(strstr(text, "PUE: 1.4 (at the target of 1.4) · COMPLIANT"));
	assert_non_null(strstr(korean, "PUE: 1.4 (목표 1.4와 같음) · 기준 충족"));
	static const char over[] =
		"{\"workload\":\"a\",\"status\":\"NON_COMPLIANT\",\"pue_status\":\"NON_COMPLIANT\","
		"\"pue_confidence\":\"borderline\",\"current_pue\":1.4005,\"target_pue\":1.4,\"pue_gap_"
		"percent\":0}";
	char *rounded = printed(over, "en");
	assert_non_null(strstr(rounded, "(0.0 % over 1.4 target) · NON-COMPLIANT (borderline)\n"));
	free(rounded);
	assert_null(strstr(text, "borderline")); /* of what is not assessed */
	free(text);
	free(korean);
}

static void within_the_uncertainty_is_said_and_so_is_what_the_watts_rest_on(void **state)
{
	char *text =
		printed("{\"carbon_status\":\"COMPLIANT\",\"carbon_confidence\":\"borderline\","
			"\"current_carbon_intensity_gCO2eq_kWh\":423,\"uncertainty_gCO2eq_kWh\":179,"
			"\"current_power_watts\":5.7,\"monthly_emissions_kg\":2,"
			"\"monthly_emissions_uncertainty_kg\":2.4,\"provenance\":{\"power\":{\"meter\":"
			"\"curve:unknown\",\"model_error_percent\":56,\"collection_method\":\"procfs\"}}}",
			"en");

	(void)state;
	assert_non_null(strstr(text, "COMPLIANT (borderline), ±179 (k = 2)\n"));
	assert_non_null(strstr(text, "by curve:unknown, ±56 % (k = 1), CPU time by procfs\n"));
	assert_non_null(
		strstr(text, "2.00 kg CO2/month (0 to 4.40, k = 2)")); /* nothing emits less than none */
	free(text);
	text = printed("{\"monthly_emissions_kg\":2,\"monthly_emissions_uncertainty_kg\":1.2}", "ko");
	assert_non_null(strstr(text, "월 2.00 kg CO2 ±1.20 (k = 2)\n"));
	free(text);
}

static void what_would_read_as_nothing_is_told_in_grams(void **state)
{
	static const char answer[] =
		"{\"monthly_emissions_kg\":0.008,\"monthly_emissions_uncertainty_kg\":0.009,"
		"\"optimizations\":[{\"type\":\"resource_rightsizing\",\"estimated_reduction_percent\":50,"
		"\"realizable_saving_percent\":25}],\"combined_effect\":{\"reduction_percent\":50,"
		"\"saving_kg_month\":0.004,\"realizable_saving_kg_month\":0.002}}";
	char *text = printed(answer, "en"), *korean = printed(answer, "ko");

	(void)state;
	assert_non_null(strstr(text, "Estimated: 8.00 g CO2/month (0 to 17.00, k = 2)\n"));
	assert_non_null(strstr(text, "Estimated savings: 4.00 g CO2/month, of which 2.00 g goes in fact\n"));
	assert_non_null(strstr(korean, "예상 절감: 월 4.00 g CO2, 이 가운데 실제로 2.00 g\n"));
	free(text);
	free(korean);
}

static void an_answer_of_wrong_types_is_survived(void **state)
{
	static const char *const answers[] = { "{}", "{\"workload\":[],\"status\":{},\"gap_percent\":\"x\"}",
		"{\"optimizations\":[1,null,{}],\"reason_codes\":[null,3],\"provenance\":3}",
		"{\"power_breakdown_watts\":[],\"disclaimer\":7,\"optimizations\":{}}",
		"{\"combined_effect\":[2],\"optimizations\":[3]}",
		"{\"combined_effect\":{\"reduction_percent\":{},\"service_intensity_gCO2eq_kWh\":[]}}" };

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		char *text = printed(answers[i], "ko");
		assert_non_null(strstr(text, "판단 보류"));
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_briefs_example_reads_as_in_the_brief),
		cmocka_unit_test(the_same_in_korean_has_the_same_numbers),
		cmocka_unit_test(what_is_combined_is_said_and_a_migration_is_an_alternative),
		cmocka_unit_test(what_is_unknown_is_not_a_number_and_says_what_would_settle_it),
		cmocka_unit_test(what_is_at_its_target_is_neither_over_nor_under_it),
		cmocka_unit_test(within_the_uncertainty_is_said_and_so_is_what_the_watts_rest_on),
		cmocka_unit_test(what_would_read_as_nothing_is_told_in_grams),
		cmocka_unit_test(an_answer_of_wrong_types_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
