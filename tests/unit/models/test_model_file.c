/* Model files are foreign bytes. */
#include <errno.h>

#include "models/catalogue.h"
#include "models/model.h"
#include "tests/unit/unit.h"

#define GOOD                                                                                                 \
	"{\"format\": \"tanso-power-model\", \"version\": 1, \"name\": \"a\", \"source\": \"s\", "           \
	"\"licence\": \"l\", \"host\": {\"product\": \"p\", \"cpu\": \"c\", \"threads\": 4}, "               \
	"\"variants\": [{\"name\": \"busy\", \"package\": {\"idle_mw\": 10, \"max_mw\": 50, \"base_mw\": "   \
	"10, "                                                                                               \
	"\"curves\": [{\"feature\": \"busy_ppm\", \"x\": [0, 1000000], \"mw\": [0, 40]}]}, "                 \
	"\"error\": {\"samples\": 9, \"mape_ppm\": 1, \"median_ppm\": 1, \"rmse_mw\": 1, "                   \
	"\"interval95_ppm\": 100, \"coverage_ppm\": 950000}}]}"

static int parse(const char *text, size_t size, struct model_error *error)
{
	struct model_file file;

	error->text[0] = '\0';
	return model_file_parse("f.json", text, size, &file, error);
}

/* GOOD with one piece replaced. */
static void refuse(const char *piece, const char *other, const char *reason)
{
	struct model_error error;
	char text[8192];
	const char *where = strstr(GOOD, piece);

	assert_non_null(where);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(where - GOOD), GOOD, other, where + strlen(piece));
	if (parse(text, strlen(text), &error) != -EINVAL || strstr(error.text, reason) == NULL)
		fail_msg("%s for %s: '%s' lacks '%s'", other, piece, error.text, reason);
}

static void a_hostile_file_is_refused_with_path_and_reason(void **state)
{
	struct model_error error;

	(void)state;
	assert_int_equal(parse(GOOD, strlen(GOOD), &error), 0);
	refuse("[0, 40]", "[0, -40]", "f.json: variants[0].package.curves[0].mw: must be an integer");
	refuse("[0, 40]", "[40, 0]", "must never fall");
	refuse("[0, 40]", "[0, 1e999]", "must be an integer");
	refuse("[0, 40]", "[0, 99999999999999999999]", "must be an integer");
	refuse("[0, 40]", "[0]", "must be an array of 2 to 2");
	refuse("[0, 1000000]", "[5, 5]", "must rise strictly");
	refuse("[0, 1000000]", "[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24]",
		"2 to 24");
	refuse("\"busy_ppm\"", "\"temperature\"", "is none that tanso counts");
	refuse("\"max_mw\": 50", "\"max_mw\": 5", "is below idle_mw");
	refuse("\"threads\": 4", "\"threads\": 0", "between 1 and 65536");
	refuse("\"version\": 1", "\"version\": 2", "is none this tanso knows");
	refuse("\"interval95_ppm\": 100", "\"interval95_ppm\": 0", "interval95_ppm");
	refuse("\"name\": \"a\"", "\"name\": \"a\\u0007\"", "printable ASCII");
	refuse("\"tanso-power-model\"", "\"other\"", "format");
	refuse("\"variants\": [", "\"variants\": [1, ", "variants");
}

static void upstreams_file_is_read_as_suspiciously(void **state)
{
	static const struct {
		const char *name, *text, *reason;
	} cases[] = {
		{ "x.json", "{\"package\": {}}", "x.json: neither" },
		{ "x.json", "{\"a\": 1, \"a\": 1}", "x.json: is not one JSON object" }, /* a name twice */
		{ "x.json", "{\"a\": NaN}", "x.json: is not one JSON object" },
		{ "SGDRegressorTrainer_0.json", "{\"package\": 1}", "package: must be an object" },
		{ "SGDRegressorTrainer_0.json",
			"{\"package\": {\"All_Weights\": {\"Bias_Weight\": 1e300, \"Numerical_Variables\": "
			"{}}}}",
			"Bias_Weight: must be a number" },
		{ "SGDRegressorTrainer_0.json",
			"{\"package\": {\"All_Weights\": {\"Bias_Weight\": 1, \"Numerical_Variables\": {}}}}",
			"is empty" },
		{ "SGDRegressorTrainer_0.json",
			"{\"package\": {\"All_Weights\": {\"Bias_Weight\": 1, \"Numerical_Variables\": "
			"{\"cpu_cycles\": {\"scale\": 0, \"weight\": 1}}}}}",
			"scale: must be above 0" },
		{ "SGDRegressorTrainer_0.json",
			"{\"package\": {\"All_Weights\": {\"Bias_Weight\": 1, \"Numerical_Variables\": "
			"{\"gpu\": {\"scale\": 1, \"weight\": 1}}}}}",
			"does not count" },
		{ "ExponentialRegressionTrainer_0.json",
			"{\"package\": {\"All_Weights\": {\"CurveFit_Weights\": [1, 9999, 1], "
			"\"Numerical_Variables\": {\"cpu_instructions\": {\"scale\": 1}}}}}",
			"no possible power" },
		{ "ExponentialRegressionTrainer_0.json",
			"{\"package\": {\"All_Weights\": {\"CurveFit_Weights\": [1, 2], "
			"\"Numerical_Variables\": {\"cpu_instructions\": {\"scale\": 1}}}}}",
			"CurveFit_Weights: must be an array of 3" },
	};
	struct model_file file;
	struct model_error error;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (model_file_parse(cases[i].name, cases[i].text, strlen(cases[i].text), &file, &error) !=
				-EINVAL ||
			strstr(error.text, cases[i].reason) == NULL)
			fail_msg("case %zu: '%s' lacks '%s'", i, error.text, cases[i].reason);
}

static void every_cut_of_a_file_is_refused(void **state)
{
	struct model_error error;
	char deep[4096];

	(void)state;
	for (size_t size = 0; size < strlen(GOOD); size++) {
		assert_int_equal(parse(GOOD, size, &error), -EINVAL);
		assert_true(error.text[0] != '\0');
	}
	memset(deep, '[', sizeof(deep));
	assert_int_equal(parse(deep, sizeof(deep), &error), -EINVAL);
	assert_int_equal(parse("", MODEL_FILE_BYTES_MAX + 1, &error), -EINVAL);
	assert_non_null(strstr(error.text, "256 KiB"));
}

static struct host ec2(const char *product, const char *brand, uint32_t cpus)
{
	struct host host = { .cpus = cpus,
		.memory_bytes = UINT64_C(16000000000),
		.vendor = "GenuineIntel",
		.family = 6,
		.model = 85,
		.stepping = 7,
		.sys_vendor = "Amazon EC2" };

	snprintf(host.product, sizeof(host.product), "%s", product);
	snprintf(host.brand, sizeof(host.brand), "%s", brand);
	host_classify(&host);
	return host;
}

static struct model made(const struct host *host, const char *name)
{
	struct config config;
	struct model_error error;
	struct model model;

	config_defaults(&config);
	snprintf(config.models_dir, sizeof(config.models_dir), TANSO_SOURCE_DIR "/deploy/config/models");
	snprintf(config.model, sizeof(config.model), "%s", name);
	if (model_make(&config, host, &model, &error) < 0)
		fail_msg("%s: %s", name, error.text);
	return model;
}

static void every_shipped_model_can_be_read(void **state)
{
	struct config config;
	struct catalogue catalogue;
	struct host host = ec2("", "", 2);

	(void)state;
	config_defaults(&config);
	snprintf(config.models_dir, sizeof(config.models_dir), TANSO_SOURCE_DIR "/deploy/config/models");
	assert_int_equal(catalogue_read(&config, &host, &catalogue), 0);
	assert_int_equal(catalogue.count, 5 + 78 + 4);
	assert_int_equal(catalogue.dropped, 0);
	for (size_t i = 0; i < catalogue.count; i++) {
		const struct candidate *one = &catalogue.all[i];
		if (one->fit == FIT_UNREADABLE)
			fail_msg("%s", one->reason);
		assert_string_equal(one->file.licence, "Apache-2.0");
		assert_true(one->file.source[0] != '\0');
	}
	catalogue_done(&catalogue);
}

static void the_machine_chooses_its_model(void **state)
{
	static const struct {
		const char *product, *brand;
		uint32_t cpus;
		const char *counted, *uncounted;
	} cases[] = {
		{ "m5.metal", "Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz", 96, "m5.metal/counters",
			"m5.metal/busy" },
		{ "m5.xlarge", "Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz", 4, "m5.metal/counters",
			"m5.metal/busy" },
		{ "r5.2xlarge", "Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz", 8, "r5.metal/counters",
			"r5.metal/busy" },
		{ "i3.large", "Intel(R) Xeon(R) CPU E5-2686 v4 @ 2.30GHz", 2, "i3.metal/counters",
			"i3.metal/busy" },
		/* an m5 with the other CPU it comes with: no model is of that */
		{ "m5.xlarge", "Intel(R) Xeon(R) Platinum 8175M CPU @ 2.50GHz", 4, "curve:cascade_lake",
			"curve:cascade_lake" },
		{ "m7i.xlarge", "Intel(R) Xeon(R) Platinum 8488C", 4,
			"CounterOnly/LogarithmicRegressionTrainer_5", "curve:cascade_lake" },
		{ "Standard PC", "AMD EPYC", 2, "curve:cascade_lake", "curve:cascade_lake" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct host host = ec2(cases[i].product, cases[i].brand, cases[i].cpus);
		struct model model = made(&host, "auto");
		struct model_input input = { .dt_ns = 1000000000, .busy_ns = 1, .capacity_ns = 100 };
		struct model_output output;
		model_evaluate(&model, &input, &output);
		assert_string_equal(output.source, cases[i].uncounted);
		input.counters_valid = UINT32_MAX;
		model_evaluate(&model, &input, &output);
		assert_string_equal(output.source, cases[i].counted);
		assert_true(output.error_ppm > 0);
	}
}

static void a_guest_pays_its_share_of_the_host_idle_and_dynamic(void **state)
{
	struct host metal = ec2("m5.metal", "Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz", 96);
	struct host guest = ec2("m5.xlarge", "Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz", 4);
	struct model whole = made(&metal, "auto"), share = made(&guest, "auto");
	struct model_input input = { .dt_ns = 1000000000, .counters_valid = UINT32_MAX };
	struct model_output of_whole, of_share;

	(void)state;
	for (uint64_t load = 0; load <= 10; load++) {
		input.counter[COUNTER_cycles] = load * 4 * UINT64_C(300000000);
		input.counter[COUNTER_instructions] = load * 4 * UINT64_C(350000000);
		model_evaluate(&share, &input, &of_share);
		input.counter[COUNTER_cycles] *= 24;
		input.counter[COUNTER_instructions] *= 24;
		model_evaluate(&whole, &input, &of_whole);
		assert_int_equal(of_share.package_mw, of_whole.package_mw / 24);
		assert_int_equal(of_share.package_idle_mw, of_whole.package_idle_mw / 24);
		assert_true(of_share.has_dram_idle && of_whole.has_dram_idle);
		assert_int_equal(of_share.dram_mw, of_whole.dram_mw / 24);
		assert_true(of_share.error_ppm > of_whole.error_ppm);
	}
}

/* Four sockets of a CPU of which the model knows two; an m7i.48xlarge has twice the packages of m7i.metal-24xl. */
static void a_machine_of_more_threads_than_the_models_host_has_more_packages(void **state)
{
	struct host two = ec2("m5.metal", "Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz", 96);
	struct host four = ec2("Bull", "Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz", 192);
	struct model small = made(&two, "m5.metal"), large = made(&four, "m5.metal");
	struct model_input input = { .dt_ns = 1000000000, .counters_valid = UINT32_MAX, .cpus = 96 };
	struct model_output of_small, of_large;

	(void)state;
	assert_int_equal(large.full_mw, 2 * small.full_mw);
	for (uint64_t load = 0; load <= 10; load++) {
		input.counter[COUNTER_cycles] = load * UINT64_C(30000000000);
		input.counter[COUNTER_instructions] = load * UINT64_C(40000000000);
		model_evaluate(&small, &input, &of_small);
		input.counter[COUNTER_cycles] *= 2;
		input.counter[COUNTER_instructions] *= 2;
		model_evaluate(&large, &input, &of_large);
		assert_int_equal(of_large.package_mw, 2 * of_small.package_mw);
		assert_int_equal(of_large.package_idle_mw, 2 * of_small.package_idle_mw);
		assert_true(of_large.error_ppm > of_small.error_ppm);
	}
}

static void metal_whose_smt_is_off_is_the_whole_host_and_a_guest_of_as_many_threads_half(void **state)
{
	struct host metal = ec2("m5.metal", "Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz", 96),
		    half = metal, guest = metal;
	struct model_input input = { .dt_ns = 1000000000, .counters_valid = UINT32_MAX, .cpus = 48 };
	struct model_output of_metal, of_half, of_guest;

	(void)state;
	half.cpus = guest.cpus = 48;
	guest.is_guest = true;
	struct model whole = made(&metal, "auto"), without = made(&half, "auto"), part = made(&guest, "auto");
	model_evaluate(&whole, &input, &of_metal);
	model_evaluate(&without, &input, &of_half);
	model_evaluate(&part, &input, &of_guest);
	assert_int_equal(of_half.package_mw, of_metal.package_mw);
	assert_int_equal(of_guest.package_mw, of_metal.package_mw / 2);
}

static void a_model_is_taken_by_name_or_file_or_refused(void **state)
{
	struct host host = ec2("", "", 2);
	struct config config;
	struct model_error error;
	struct model model = made(&host, "m5zn.metal"), automatic = made(&host, "auto");

	(void)state;
	assert_string_equal(model.name, "m5zn.metal/counters");
	assert_memory_not_equal(model.hash, automatic.hash, sizeof(model.hash));
	model = made(&host, "kepler-0.9.0/intel_rapl_AbsPowerModel");
	assert_string_equal(model.name, "BPFOnly/intel_rapl_AbsPowerModel");
	model = made(&host, TANSO_SOURCE_DIR "/deploy/config/models/i3.metal.json");
	assert_string_equal(model.name, "i3.metal/counters");
	config_defaults(&config);
	snprintf(config.model, sizeof(config.model), "m6x.metal");
	assert_true(model_make(&config, &host, &model, &error) < 0);
	assert_non_null(strstr(error.text, "m6x.metal"));
}

static void whatever_is_counted_the_watts_stay_in_range(void **state)
{
	static const char *const names[] = { "m5.metal",
		"ec2-0.7.11/AbsPower/Basic/ExponentialRegressionTrainer_4",
		"ec2-0.7.11/AbsPower/BPFIRQ/LogarithmicRegressionTrainer_2",
		"ec2-0.7.11/DynPower/Basic/LogarithmicRegressionTrainer_1", "auto" };
	struct host host = ec2("", "", 2);

	(void)state;
	srand(1);
	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		struct model model = made(&host, names[n]);
		for (int i = 0; i < 10000; i++) {
			struct model_input input;
			struct model_output output;
			uint64_t *words = (uint64_t *)&input;
			for (size_t w = 0; w < sizeof(input) / sizeof(*words); w++)
				words[w] = rand() % 4 == 0 ? UINT64_MAX
							   : ((uint64_t)rand() << 31 | (uint64_t)rand()) >>
								     (rand() % 62);
			model_evaluate(&model, &input, &output);
			assert_true(output.package_idle_mw <= output.package_mw);
			assert_true(output.package_mw <= FORMULA_MW_MAX && output.dram_mw <= FORMULA_MW_MAX);
			assert_true(!output.has_dram_idle || output.dram_idle_mw <= output.dram_mw);
		}
	}
}

static void our_models_rise_with_each_feature(void **state)
{
	static const char *const names[] = { "m5.metal", "i3.metal", "c5.metal", "r5.metal", "m5zn.metal" };
	static const enum counter counters[] = { COUNTER_cycles, COUNTER_instructions };
	struct host host = ec2("m5.metal", "8259CL", 96);

	(void)state;
	srand(2);
	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		struct model model = made(&host, names[n]);
		for (int i = 0; i < 2000; i++) {
			struct model_input input = { .dt_ns = 1000000000, .counters_valid = UINT32_MAX };
			struct model_output low, high;
			input.counter[COUNTER_cycles] = (uint64_t)rand() * 200;
			input.counter[COUNTER_instructions] = (uint64_t)rand() * 200;
			model_evaluate(&model, &input, &low);
			input.counter[counters[i % 2]] += (uint64_t)rand() * 20;
			model_evaluate(&model, &input, &high);
			assert_true(high.package_mw >= low.package_mw && high.dram_mw >= low.dram_mw);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hostile_file_is_refused_with_path_and_reason),
		cmocka_unit_test(upstreams_file_is_read_as_suspiciously),
		cmocka_unit_test(every_cut_of_a_file_is_refused),
		cmocka_unit_test(every_shipped_model_can_be_read),
		cmocka_unit_test(the_machine_chooses_its_model),
		cmocka_unit_test(a_guest_pays_its_share_of_the_host_idle_and_dynamic),
		cmocka_unit_test(a_machine_of_more_threads_than_the_models_host_has_more_packages),
		cmocka_unit_test(
			metal_whose_smt_is_off_is_the_whole_host_and_a_guest_of_as_many_threads_half),
		cmocka_unit_test(a_model_is_taken_by_name_or_file_or_refused),
		cmocka_unit_test(whatever_is_counted_the_watts_stay_in_range),
		cmocka_unit_test(our_models_rise_with_each_feature),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
