/* `tanso train`'s fit: what is shipped is what it makes of the committed samples, byte by byte. */
#include <errno.h>
#include <math.h>

#include "models/train.h"
#include "tests/unit/unit.h"

#define HOSTS 5

static const char *const names[HOSTS] = { "m5.metal", "i3.metal", "c5.metal", "r5.metal", "m5zn.metal" };
static struct samples hosts[HOSTS];
static struct model_file trained[HOSTS];

static void assert_is_file(const char *path, const char *text, size_t size)
{
	FILE *file = fopen(path, "r");
	char *committed = malloc(size + 2);

	assert_non_null(file);
	assert_non_null(committed);
	size_t length = fread(committed, 1, size + 1, file);
	fclose(file);
	if (length != size || memcmp(committed, text, size) != 0)
		fail_msg("%s is not what tanso train makes of the samples; the command is in docs/watts.md",
			path);
	free(committed);
}

static void the_shipped_models_are_what_train_makes_of_the_samples(void **state)
{
	(void)state;
	for (size_t i = 0; i < HOSTS; i++) {
		char path[512], *text = NULL;
		size_t size = 0;
		FILE *memory = open_memstream(&text, &size);
		train_write(memory, &trained[i]);
		fclose(memory);
		snprintf(path, sizeof(path), TANSO_SOURCE_DIR "/deploy/config/models/%s.json", names[i]);
		assert_is_file(path, text, size);
		/* the goals of docs/watts.md that are reached */
		assert_true(trained[i].variant[0].error.coverage_ppm >= 950000);
		assert_true(trained[i].variant[1].error.coverage_ppm >= 950000);
		free(text);
	}
}

static void the_general_curve_is_what_train_makes_of_the_samples(void **state)
{
	struct curve curve;
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(train_shape(hosts, HOSTS, -1, &curve), 0);
	train_write_shape(memory, hosts, HOSTS, &curve);
	fclose(memory);
	assert_is_file(TANSO_SOURCE_DIR "/procs/models/curve.def", text, size);
	free(text);
}

static void an_unseen_host_with_known_watts_is_within_15_percent(void **state)
{
	struct fit_error error;

	(void)state;
	for (size_t i = 0; i < HOSTS; i++) {
		assert_int_equal(train_leave_out(hosts, HOSTS, i, KNOWN_OWN, &error), 0);
		assert_true(error.mape_ppm <= 150000);
	}
}

static void a_load_that_was_not_recorded_costs_more_than_one_that_was(void **state)
{
	uint64_t kept_together = 0, drawn_freely = 0;

	(void)state;
	for (size_t i = 0; i < HOSTS; i++) {
		struct fit_error error;
		assert_int_equal(train_blocked(&hosts[i], true, &error), 0);
		assert_int_equal(error.samples, hosts[i].count);
		kept_together += error.mape_ppm;
		drawn_freely += trained[i].variant[0].error.mape_ppm;
	}
	assert_true(kept_together > drawn_freely);
	assert_true(kept_together < 45000 * HOSTS); /* as docs/watts.md says */
}

/* 200 windows of a host whose watts are a known function. */
static char *made_csv(bool is_reversed, double (*watts)(double, double))
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	fputs("# product = made\n# threads = 8\ncpu_cycles,cpu_instructions,package_watts\n", out);
	for (int i = 0; i < 200; i++) {
		int n = is_reversed ? 199 - i : i;
		double cycles = (n % 20) * 1e9, instructions = (n / 20) * 2e9;
		fprintf(out, "%.0f,%.0f,%.6f\n", cycles, instructions, watts(cycles, instructions));
	}
	fclose(out);
	return text;
}

static double sum_of_two(double cycles, double instructions)
{
	return 20 + sqrt(cycles / 1e9) * 10 + instructions / 1e9;
}

static double noise(double cycles, double instructions)
{
	return 50 + fmod(cycles / 1e9 * 7919 + instructions / 1e9 * 104729, 50);
}

static void train_made(bool is_reversed, double (*watts)(double, double), struct model_file *file)
{
	char *text = made_csv(is_reversed, watts);
	struct samples samples;
	struct model_error error;

	assert_int_equal(samples_parse("made.csv", text, "package_watts", &samples, &error), 0);
	assert_int_equal(train_host(&samples, file), 0);
	samples_done(&samples);
	free(text);
}

static void a_monotone_sum_is_found_and_pure_noise_is_called_so(void **state)
{
	struct model_file file;

	(void)state;
	train_made(false, sum_of_two, &file);
	assert_true(file.variant[0].error.mape_ppm < 10000);
	assert_true(
		file.variant[1].error.mape_ppm > 30000); /* half of it cannot be seen without instructions */
	train_made(false, noise, &file);
	assert_true(file.variant[0].error.mape_ppm > 100000);
	assert_true(file.variant[0].error.interval95_ppm > 300000);
}

static void the_order_of_lines_does_not_matter(void **state)
{
	struct model_file one, other;

	(void)state;
	train_made(false, noise, &one);
	train_made(true, noise, &other);
	assert_memory_equal(&one, &other, sizeof(one));
}

static void what_is_written_is_read_back_as_the_same(void **state)
{
	struct model_file file, back;
	struct model_error error;
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);

	(void)state;
	train_made(false, sum_of_two, &file);
	train_write(memory, &file);
	fclose(memory);
	if (model_file_parse("made", text, size, &back, &error) < 0)
		fail_msg("%s", error.text);
	assert_memory_equal(&file, &back, sizeof(file));
	free(text);
}

static void a_hostile_csv_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *text, *reason;
	} cases[] = {
		{ "", "0 usable rows" },
		{ "cpu_cycles,package_watts\n", "f.csv:1: needs cpu_cycles and cpu_instructions" },
		{ "busy_ppm,watts\n", "f.csv:1: has no column of watts" },
		{ "busy_ppm,package_watts\n1,nan\n", "f.csv:2: is not a number" },
		{ "busy_ppm,package_watts\n1,-5\n", "f.csv:2: is not a number" },
		{ "busy_ppm,package_watts\n1e99,5\n", "f.csv:2: is not a number" },
		{ "busy_ppm,package_watts\n1,5,02\n2,6\n", "f.csv:2: has more values than" },
		{ "busy_ppm,package_watts\n1,5,\n2,6\n", "2 usable rows" },
		{ "busy_ppm,package_watts\n1\n", "0 usable rows" },
		{ "busy_ppm,package_watts,package_watts\n1,5,6\n", "f.csv:1: names a column twice" },
		{ "busy_ppm,package_watts\n1000001,5\n", "f.csv:2: busy_ppm is a share of all CPUs" },
		{ "busy_ppm,package_watts\n1,1000001\n", "f.csv:2: is more than 1 MW" },
		{ "busy_ppm,package_watts,dram_watts\n1,1,1e9\n", "f.csv:2: is more than 1 MW" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct samples samples;
		struct model_error error = { "" };
		char text[256];
		snprintf(text, sizeof(text), "%s", cases[i].text);
		if (samples_parse("f.csv", text, "package_watts", &samples, &error) != -EINVAL ||
			strstr(error.text, cases[i].reason) == NULL)
			fail_msg("case %zu: '%s' lacks '%s'", i, error.text, cases[i].reason);
	}
}

/* 200 rows after `header`; every third has no busy_ppm where `has_gaps`. */
static struct samples parse_made(const char *before, const char *header, bool has_index, bool has_gaps)
{
	struct samples samples;
	struct model_error error = { "" };
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, "%s%s\n", before, header);
	for (int i = 0; i < 200; i++) {
		if (has_index)
			fprintf(out, "%d,", i);
		fprintf(out, "%d,%d,", i * 1000000, i * 2000000);
		if (has_gaps && i % 3 == 0)
			fprintf(out, ",%d\n", 50 + i);
		else
			fprintf(out, "%d,%d\n", i * 5000, 50 + i);
	}
	fclose(out);
	if (samples_parse("f.csv", text, "package_watts", &samples, &error) < 0)
		fail_msg("%s", error.text);
	free(text);
	return samples;
}

static void columns_stand_where_their_names_do_also_after_one_without_a_name(void **state)
{
	(void)state;
	struct samples samples =
		parse_made("", ",cpu_cycles,cpu_instructions,busy_ppm,package_watts", true, false);
	for (uint32_t i = 0; i < 200; i++) {
		assert_true(samples.all[i].cycles == i * 1e6 && samples.all[i].instructions == i * 2e6);
		assert_true(samples.all[i].busy_ppm == i * 5e3 && samples.all[i].package == 50 + i);
	}
	samples_done(&samples);
}

static void a_spreadsheets_byte_order_mark_costs_no_column(void **state)
{
	(void)state;
	struct samples samples = parse_made(
		"\xef\xbb\xbf", "cpu_cycles,cpu_instructions,busy_ppm,package_watts", false, false);
	assert_true(samples.has_counters);
	samples_done(&samples);
}

static void a_row_that_lacks_an_input_is_in_neither_fit(void **state)
{
	struct model_file file;

	(void)state;
	struct samples samples =
		parse_made("", "cpu_cycles,cpu_instructions,busy_ppm,package_watts", false, true);
	assert_int_equal(samples.count, 133);
	assert_int_equal(train_host(&samples, &file), 0);
	for (uint32_t i = 0; i < file.variants; i++)
		assert_true(file.variant[i].error.mape_ppm < 50000);
	samples_done(&samples);
}

static int read_and_train(void **state)
{
	struct model_error error;
	char path[512];

	(void)state;
	for (size_t i = 0; i < HOSTS; i++) {
		snprintf(path, sizeof(path), TANSO_SOURCE_DIR "/tests/data/power/%s.csv", names[i]);
		if (samples_read(path, "package_watts", &hosts[i], &error) < 0 ||
			train_host(&hosts[i], &trained[i]) < 0)
			return -1;
	}
	return 0;
}

static int free_hosts(void **state)
{
	(void)state;
	for (size_t i = 0; i < HOSTS; i++)
		samples_done(&hosts[i]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_shipped_models_are_what_train_makes_of_the_samples),
		cmocka_unit_test(the_general_curve_is_what_train_makes_of_the_samples),
		cmocka_unit_test(an_unseen_host_with_known_watts_is_within_15_percent),
		cmocka_unit_test(a_load_that_was_not_recorded_costs_more_than_one_that_was),
		cmocka_unit_test(a_monotone_sum_is_found_and_pure_noise_is_called_so),
		cmocka_unit_test(the_order_of_lines_does_not_matter),
		cmocka_unit_test(what_is_written_is_read_back_as_the_same),
		cmocka_unit_test(a_hostile_csv_is_refused_with_its_line),
		cmocka_unit_test(columns_stand_where_their_names_do_also_after_one_without_a_name),
		cmocka_unit_test(a_spreadsheets_byte_order_mark_costs_no_column),
		cmocka_unit_test(a_row_that_lacks_an_input_is_in_neither_fit),
	};
	return cmocka_run_group_tests(tests, read_and_train, free_hosts);
}
