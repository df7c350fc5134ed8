#include "tests/unit/unit.h"

#include <errno.h>
#include <json-c/json.h>
#include <sys/stat.h>
#include <unistd.h>

#include "korea/data.h"

static char folder[] = "/tmp/tanso-data-XXXXXX";

static void copy_files(void)
{
	char command[512];

	snprintf(command, sizeof(command), "cp %s/deploy/config/korea/*.json %s/", TANSO_SOURCE_DIR, folder);
	assert_int_equal(system(command), 0);
}

static void expect_refused(const char *file, const char *text, const char *words)
{
	struct data *data = NULL;
	struct data_error error = { 0 };
	char path[256];
	FILE *out;

	copy_files();
	snprintf(path, sizeof(path), "%s/%s", folder, file);
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	assert_true(data_load(folder, &data, &error) < 0);
	if (strstr(error.text, words) == NULL || strstr(error.text, file) == NULL)
		fail_msg("'%s' does not say '%s' and '%s'", error.text, file, words);
}

static void a_file_that_is_no_file_or_far_too_large_is_refused_at_once(void **state)
{
	struct data *data = NULL;
	struct data_error error = { 0 };
	char path[256];

	(void)state;
	copy_files();
	snprintf(path, sizeof(path), "%s/regions.json", folder);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_true(data_load(folder, &data, &error) < 0); /* and does not wait for who writes into it */
	assert_non_null(strstr(error.text, "regions.json"));
	assert_int_equal(unlink(path), 0);
	copy_files();
	assert_int_equal(truncate(path, DATA_FILE_BYTES_MAX + 1), 0);
	assert_true(data_load(folder, &data, &error) < 0);
	assert_non_null(strstr(error.text, "File too large"));
}

/* Of the data files, each of which has its own. */
static const char *newest_version(void)
{
	static char newest[32];

	for (size_t i = 0; data_file(i) != NULL; i++) {
		char path[512], version[32];
		struct json_object *root;
		snprintf(path, sizeof(path), "%s/deploy/config/korea/%s", TANSO_SOURCE_DIR, data_file(i));
		root = json_object_from_file(path);
		snprintf(version, sizeof(version), "%s",
			json_object_get_string(json_object_object_get(root, "version")));
		if (strcmp(version, newest) > 0)
			memcpy(newest, version, sizeof(newest));
		json_object_put(root);
	}
	return newest;
}

#define FACTORS(rows)                                                                                        \
	"{\"version\":\"1\",\"licence\":\"x\",\"legal_status\":\"reference\",\"factors\":[" rows "]}"

static void the_shipped_files_load(void **state)
{
	struct data *data = NULL;
	struct data_error error = { 0 };
	const struct standard *standard;

	(void)state;
	if (data_load(TANSO_SOURCE_DIR "/deploy/config/korea", &data, &error) < 0)
		fail_msg("%s", error.text);
	standard = data_standard(data, "KR_CARBON_2050");
	assert_non_null(standard);
	assert_true(
		standard->target == 424 && standard->pue_ref == 1.4 && standard->factor == FACTOR_LIFECYCLE);
	assert_string_equal(standard->legal_status, "reference");
	assert_string_equal(data_pue_standard(data, standard)->code, "KR_PUE_GREEN_DC");
	assert_true(data_annual(data, "KR", FACTOR_LIFECYCLE)->value == 423);
	assert_int_equal(data_annual(data, "KR", FACTOR_LIFECYCLE)->year, 2025);
	assert_true(data_annual(data, "KR", FACTOR_DIRECT)->value == 353.4);
	assert_true(data_annual(data, "KR", FACTOR_OFFICIAL)->value == 417.3);
	assert_true(data_region(data, "ap-northeast-2")->pue == 0); /* none is published for Seoul */
	assert_true(data_region(data, "ap-northeast-1")->pue == 1.27);
	assert_null(data_region(data, "kr-moon-1"));
	assert_int_equal(strlen(data->sha256), 64);
	assert_string_equal(standard->vintage, "2024");
	assert_non_null(strstr(standard->origin, "Korea grid average (2024)"));
	assert_string_equal(standard->applies_from, "");
	assert_string_equal(data_standard(data, "DE_ENEFG_NEW")->applies_from, "2026-07-01");
	assert_string_equal(data->version, newest_version());
	assert_true(data_fuel_factor(data, FUEL_COAL, FACTOR_LIFECYCLE) == 820);
	assert_true(data_fuel_factor(data, FUEL_UNKNOWN, FACTOR_LIFECYCLE) == 644);
	assert_true(data_fuel_factor(data, FUEL_UNKNOWN, FACTOR_DIRECT) == 575);
	data_free(data);
}

/* A row without one has its file's: the shipped ones say it value by value. */
static void every_shipped_value_says_its_legal_status(void **state)
{
	(void)state;
	for (size_t i = 0; data_file(i) != NULL; i++) {
		char path[512];
		struct json_object *root;
		size_t rows = 0;
		snprintf(path, sizeof(path), "%s/deploy/config/korea/%s", TANSO_SOURCE_DIR, data_file(i));
		root = json_object_from_file(path);
		json_object_object_foreach(root, key, list)
		{
			(void)key;
			for (size_t j = 0; json_object_is_type(list, json_type_array) &&
					   j < json_object_array_length(list);
				j++, rows++)
				if (!json_object_object_get_ex(
					    json_object_array_get_idx(list, j), "legal_status", NULL))
					fail_msg("%s: row %zu says none", data_file(i), j);
		}
		assert_true(rows > 0);
		json_object_put(root);
	}
}

static void mistakes_are_named_by_file_and_path(void **state)
{
	(void)state;
	expect_refused("emission_factors.json",
		FACTORS("{\"fuel\":\"coal\",\"lifecycle\":820,\"direct\":760}"), "no row for gas");
	expect_refused("emission_factors.json", FACTORS("{\"fuel\":\"lime\",\"lifecycle\":1,\"direct\":1}"),
		"must be coal, gas");
	expect_refused("emission_factors.json",
		FACTORS("{\"fuel\":\"coal\",\"lifecycle\":1501,\"direct\":1}"),
		"factors[0].lifecycle: must lie between 0 and 1500");
	expect_refused("emission_factors.json", FACTORS("{\"fuel\":\"coal\",\"lifecycle\":820}"),
		"factors[0].direct: must be a number");
	expect_refused("emission_factors.json",
		FACTORS("{\"fuel\":\"gas\",\"lifecycle\":1,\"direct\":1},{\"fuel\":\"gas\",\"lifecycle\":1,"
			"\"direct\":1}"),
		"factors[1].fuel: is there twice");
	expect_refused("standards.json", "{'a':1}", "not valid JSON at byte 1");
	expect_refused("standards.json", "{\"standards\":{}}", "must be an array");
	expect_refused("standards.json", "{\"version\":\"1\",\"licence\":\"x\",\"standards\":[]}",
		"KR_PUE_GREEN_DC");
	expect_refused("grid_electricitymaps.json",
		"{\"version\":\"1\",\"licence\":\"x\",\"legal_status\":\"reference\",\"annual\":[{\"zone\":"
		"\"KR\","
		"\"factor\":\"lifecycle\",\"year\":2025,\"value\":423,\"source\":\"x\"}]}",
		"regions[1].zone: no lifecycle value for zone JP-TK");
	expect_refused(
		"regions.json", "{\"regions\":[{\"code\":\"a\"}]}", "regions[0].name: must be a string");
	expect_refused("grid_official_kr.json",
		"{\"annual\":[{\"zone\":\"KR\",\"factor\":\"official\",\"year\":2023,\"value\":\"417\","
		"\"source\":\"x\"}]}",
		"annual[0].value: must be a number");
	expect_refused("grid_official_kr.json",
		"{\"annual\":[{\"zone\":\"KR\",\"factor\":\"best\",\"year\":2023,\"value\":417,\"source\":"
		"\"x\"}]}",
		"annual[0].factor");
	expect_refused("grid_official_kr.json",
		"{\"legal_status\":\"rumour\",\"annual\":[{\"zone\":\"KR\",\"factor\":\"official\",\"year\":"
		"2023,"
		"\"value\":417,\"source\":\"x\"}]}",
		"annual[0].legal_status: must be law, ");
	/* a licence cut short would be another licence */
	expect_refused("grid_official_kr.json",
		"{\"licence\":\"0123456789012345678901234567890123456789012345678901234567890123\","
		"\"annual\":[{"
		"\"zone\":\"KR\",\"factor\":\"official\",\"year\":2023,\"value\":417,\"source\":\"x\"}]}",
		"annual[0].licence: of the file is too long");
	expect_refused("holidays.json", "{\"version\":\"1\",\"legal_status\":\"law\",\"holidays\":[]}",
		"licence: must be a string");
	expect_refused("pue_regions.json",
		"{\"regions\":[{\"region\":\"ap-northeast-1\",\"pue\":0.9,\"year\":2024}]}",
		"regions[0].pue: must lie between 1 and 10");
}

/* The shipped file, its first row changed by `change` and added once more or in its place. */
static void expect_row_refused(const char *file, const char *list, const char *key, const char *value,
	bool is_added, const char *words)
{
	struct json_object *root, *rows, *row = NULL;
	char path[512];

	snprintf(path, sizeof(path), "%s/deploy/config/korea/%s", TANSO_SOURCE_DIR, file);
	root = json_object_from_file(path);
	rows = json_object_object_get(root, list);
	assert_int_equal(json_object_deep_copy(json_object_array_get_idx(rows, 0), &row, NULL), 0);
	json_object_object_add(row, key, json_object_new_string(value));
	if (is_added)
		json_object_array_add(rows, row);
	else
		json_object_array_put_idx(rows, 0, row);
	expect_refused(file, json_object_to_json_string(root), words);
	json_object_put(root);
}

static void overlapping_tariffs_and_misspelt_keys_are_refused(void **state)
{
	(void)state;
	expect_row_refused("tariffs.json", "tariffs", "name_en", "again", true, ".from: its days overlap");
	expect_row_refused("tariffs.json", "tariffs", "discount_untill", "2027-12-31", false,
		"tariffs[0].discount_untill: is no key of these rows");
	expect_row_refused("standards.json", "standards", "aplies_from", "2030", false,
		"standards[0].aplies_from: is no key");
	expect_row_refused("standards.json", "standards", "source_url", "https://example.org", false,
		"standards[0].source_url: is no key");
	expect_row_refused("standards.json", "standards", "name", "part of a key", false,
		"standards[0].name: is no key");
	expect_row_refused("holidays.json", "holidays", "", "no name at all", false, "is no key");
	expect_row_refused("holidays.json", "holidays", "date name_ko", "two keys", false, "is no key");
}

static void a_misspelt_key_of_a_file_and_a_byte_order_mark_are_refused_by_name(void **state)
{
	(void)state;
	expect_refused("regions.json", "{\"version\":\"1\",\"license\":\"x\",\"regions\":[]}",
		": license: is no key of this file. Did you mean licence? Known: version, licence, "
		"legal_status, ");
	expect_refused("holidays.json",
		"{\"version\":\"1\",\"licence\":\"x\",\"regions\":[],\"holidays\":[]}",
		": regions: is no key of this file. Known: "); /* the list of another file */
	expect_refused("prices.json", "\xef\xbb\xbf{}",
		": begins with a byte order mark (BOM): save it as UTF-8 without one");
}

static void a_missing_file_is_named(void **state)
{
	struct data *data = NULL;
	struct data_error error = { 0 };

	(void)state;
	assert_int_equal(data_load("/nonexistent", &data, &error), -ENOENT);
	assert_non_null(strstr(error.text, "/nonexistent/standards.json"));
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static char *read_all(const char *path, long *ret_size)
{
	FILE *file = fopen(path, "r");
	char *text;

	assert_non_null(file);
	fseek(file, 0, SEEK_END);
	*ret_size = ftell(file);
	rewind(file);
	text = malloc((size_t)*ret_size);
	assert_int_equal(fread(text, 1, (size_t)*ret_size, file), *ret_size);
	fclose(file);
	return text;
}

static void one_changed_byte_changes_the_sha256(void **state)
{
	struct data *data = NULL;
	struct data_error error = { 0 };
	char before[65];

	(void)state;
	copy_files();
	assert_int_equal(data_load(folder, &data, &error), 0);
	strcpy(before, data->sha256);
	data_free(data);
	for (size_t i = 0; data_file(i) != NULL; i++) {
		char path[256], *text, *quote;
		FILE *out;
		long size;
		copy_files();
		snprintf(path, sizeof(path), "%s/%s", folder, data_file(i));
		text = read_all(path, &size);
		/* the first letter of the licence: the file stays a valid one */
		quote = memmem(text, (size_t)size, "\"licence\": \"", 12);
		assert_non_null(quote);
		quote[12] = 'x';
		out = fopen(path, "w");
		assert_non_null(out);
		fwrite(text, 1, (size_t)size, out);
		fclose(out);
		free(text);
		if (data_load(folder, &data, &error) < 0)
			fail_msg("%s", error.text);
		if (strcmp(before, data->sha256) == 0)
			fail_msg("a change of %s does not show", data_file(i));
		data_free(data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_that_is_no_file_or_far_too_large_is_refused_at_once),
		cmocka_unit_test(the_shipped_files_load),
		cmocka_unit_test(every_shipped_value_says_its_legal_status),
		cmocka_unit_test(mistakes_are_named_by_file_and_path),
		cmocka_unit_test(overlapping_tariffs_and_misspelt_keys_are_refused),
		cmocka_unit_test(a_misspelt_key_of_a_file_and_a_byte_order_mark_are_refused_by_name),
		cmocka_unit_test(a_missing_file_is_named),
		cmocka_unit_test(one_changed_byte_changes_the_sha256),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
