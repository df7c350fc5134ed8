/* Upstream's weights: every shipped file against numbers that tests/data/power/expect.py computed. */
#include <math.h>

#include "models/model_file.h"
#include "tests/unit/unit.h"

#define MODELS  TANSO_SOURCE_DIR "/deploy/config/models"
#define SAMPLES TANSO_SOURCE_DIR "/tests/data/power"

static int parse(const char *name, const char *text, struct model_file *file)
{
	struct model_error error;

	return model_file_parse(name, text, strlen(text), file, &error);
}

static double at(const char *name, const char *text, double instructions)
{
	struct model_file file;
	struct rates rates = { 0 };

	assert_int_equal(parse(name, text, &file), 0);
	rates.exact[FEATURE_cpu_instructions] = instructions;
	return formula_watts(&file.variant[0].package, &rates);
}

#define CURVE(weights)                                                                                       \
	"{\"package\": {\"All_Weights\": {\"CurveFit_Weights\": " weights                                    \
	", \"Numerical_Variables\": {\"cpu_cycles\": {\"scale\": 7}, "                                       \
	"\"cpu_instructions\": {\"scale\": 100}}}}}"

static void each_trainer_is_the_formula_in_the_book(void **state)
{
	(void)state;
	/* 60 ln(19 * 0.5 + 1) + 10, 2 e^(3 * 0.5) + 40, 200 / (1 + e^(-8 (0.5 - 0.25))) + 50 */
	assert_true(fabs(at("LogarithmicRegressionTrainer_0.json", CURVE("[60, 19, 10]"), 50) -
			    151.08251542980867) < 1e-9);
	assert_true(fabs(at("ExponentialRegressionTrainer_0.json", CURVE("[2, 3, 40]"), 50) -
			    48.96337814067613) < 1e-9);
	assert_true(fabs(at("LogisticRegressionTrainer_0.json", CURVE("[200, 0.25, 8, 50]"), 50) -
			    226.15941559557647) < 1e-9);
	/* 100 + 50 * 0.5 */
	assert_true(fabs(at("SGDRegressorTrainer_0.json",
				 "{\"package\": {\"All_Weights\": {\"Bias_Weight\": 100, "
				 "\"Numerical_Variables\": "
				 "{\"cpu_instructions\": {\"scale\": 100, \"weight\": 50}}}}}",
				 50) -
			    125) < 1e-9);
}

static void read_features(char *text, struct rates *rates)
{
	char *save = NULL;

	memset(rates, 0, sizeof(*rates));
	for (char *word = strtok_r(text, ",\n", &save); word != NULL; word = strtok_r(NULL, ",\n", &save)) {
		char *equals = strchr(word, '=');
		assert_non_null(equals);
		*equals = '\0';
		int feature = feature_find(word);
		assert_true(feature >= 0);
		rates->exact[feature] = strtod(equals + 1, NULL);
	}
}

static void assert_watts(
	const char *name, const struct formula *formula, const struct rates *rates, const char *expected)
{
	double watts = formula_watts(formula, rates), want = strtod(expected, NULL);

	if (expected[0] == '\0')
		assert_int_equal(formula->kind, FORMULA_NONE);
	else if (!(fabs(watts - want) <= 1e-9 * fmax(1, fabs(want))))
		fail_msg("%s: %.12g W, but it should be %s", name, watts, expected);
}

static void every_shipped_file_gives_the_watts_that_python_gives(void **state)
{
	FILE *expected = fopen(SAMPLES "/expected.csv", "r");
	struct model_file file = { 0 };
	struct model_error error = { "" };
	struct rates rates;
	char line[1024], path[512], last[256] = "";
	int rows = 0;

	(void)state;
	assert_non_null(expected);
	while (fgets(line, sizeof(line), expected) != NULL) {
		char *rest = line, *name = strsep(&rest, ","), *package = strsep(&rest, ","),
		     *dram = strsep(&rest, ",");
		snprintf(path, sizeof(path), MODELS "/%s", name);
		if (strcmp(last, name) != 0 && model_file_read(path, name, &file, &error) < 0)
			fail_msg("%s", error.text);
		snprintf(last, sizeof(last), "%s", name);
		read_features(rest, &rates);
		assert_watts(name, &file.variant[0].package, &rates, package);
		assert_watts(name, &file.variant[0].dram, &rates, dram);
		rows++;
	}
	fclose(expected);
	assert_int_equal(rows, 5 * (78 + 4));
}

static void a_curve_that_is_absurd_at_rest_stays_in_its_range(void **state)
{
	struct model_file file;
	struct model_error error;
	struct rates rates = { 0 };
	const char *name = "ec2-0.7.11/AbsPower/BPFOnly/LogarithmicRegressionTrainer_0.json";

	(void)state; /* -784 W at rest */
	assert_int_equal(model_file_read(TANSO_SOURCE_DIR "/deploy/config/models/ec2-0.7.11/AbsPower/BPFOnly/"
							  "LogarithmicRegressionTrainer_0.json",
				 name, &file, &error),
		0);
	assert_true(formula_watts(&file.variant[0].package, &rates) < -500);
	assert_int_equal(formula_mw(&file.variant[0].package, &rates), 0);
	rates.exact[FEATURE_bpf_cpu_time_ms] = 1e30;
	assert_int_equal(formula_mw(&file.variant[0].package, &rates), file.variant[0].package.max_mw);
	rates.exact[FEATURE_bpf_cpu_time_ms] = NAN;
	assert_int_equal(formula_mw(&file.variant[0].package, &rates), file.variant[0].package.idle_mw);
}

static void the_output_type_is_told_by_the_path(void **state)
{
	struct model_file file;

	(void)state;
	assert_int_equal(
		parse("x/DynPower/Basic/LogarithmicRegressionTrainer_1.json", CURVE("[60, 19, 10]"), &file),
		0);
	assert_true(file.is_dynamic);
	assert_string_equal(file.name, "x/DynPower/Basic/LogarithmicRegressionTrainer_1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_trainer_is_the_formula_in_the_book),
		cmocka_unit_test(every_shipped_file_gives_the_watts_that_python_gives),
		cmocka_unit_test(a_curve_that_is_absurd_at_rest_stays_in_its_range),
		cmocka_unit_test(the_output_type_is_told_by_the_path),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
