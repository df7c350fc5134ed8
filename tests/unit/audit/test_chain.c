#include "tests/unit/unit.h"

#include <errno.h>

#include "audit/sealed.h"
#include "ipc/tools.h"
#include "tests/unit/ipc/random.h"

static char *canonical(const char *text)
{
	struct json_writer writer = { 0 };
	size_t offset, size;
	char *result = NULL;
	struct json_object *root = json_parse_strict(text, strlen(text), &offset);

	assert_non_null(root);
	chain_write_canonical(&writer, NULL, root);
	json_object_put(root);
	assert_int_equal(json_take(&writer, &result, &size), 0);
	return result;
}

/* Three records and their hashes, worked out by another program (Python's hashlib and json.dumps with sorted keys). */
static void the_chain_of_known_records_has_the_known_hashes(void **state)
{
	static const struct {
		const char *record, *hash;
	} steps[] = {
		{ "{\"seq\": \"1\", \"ts\": \"2026-07-15T02:00:00Z\", \"pod\": \"ai-team/ml-training-job\", "
		  "\"energy_J\": \"3312000\", \"g_per_kWh\": \"446.25\", \"pue\": \"1.6\", \"source\": "
		  "\"kpx:15113384\"}",
			"a9042bfdb10680c5f50e999b9905a1c12a8bb134ce159a36bc343debd0b8580d" },
		{ "{\"seq\": \"2\", \"ts\": \"2026-07-15T03:00:00Z\", \"pod\": \"ai-team/ml-training-job\", "
		  "\"energy_J\": \"3312000\", \"g_per_kWh\": \"434.18\", \"pue\": \"1.6\", \"source\": "
		  "\"kpx:15113384\"}",
			"4ef1e93c1066017557fcc9a93d9ff79e83694a5cf248d959c1d8c9b5821b476f" },
		{ "{\"seq\": \"3\", \"ts\": \"2026-07-15T04:00:00Z\", \"pod\": \"ai-team/결제\", "
		  "\"energy_J\": "
		  "\"0\", \"g_per_kWh\": \"417.85\", \"pue\": \"1.6\", \"source\": \"kpx:15113384\"}",
			"3258ee73515d7ebf3dbbf0ac5ab77093acfd4bbd18d8cb3e9943016ff5576065" },
	};
	char hash[CHAIN_HEX_SIZE] = CHAIN_GENESIS;

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		char *record = canonical(steps[i].record);
		assert_int_equal(chain_step(hash, record, strlen(record)), 0);
		assert_string_equal(hash, steps[i].hash);
		free(record);
	}
}

static void records_are_canonical_as_they_are_written(void **state)
{
	const struct sealed_row row = { .hour = 1795478400,
		.kind = WORKLOAD_POD,
		.namespace = "결제",
		.name = "a\"b\\c\n\x7f",
		.state = POWER_MEASURED,
		.present_ns = INT64_MAX,
		.flags = 3,
		.active_uj = { 1, 2, 3, 4, 5, 6, 7 },
		.idle_uj = { [ZONE_DRAM] = 9 } };
	const struct sealed_hour hour = { .start = 1795478400,
		.rows = 2,
		.terms = { .factor = "lifecycle", .grid = "x", .meter = "powercap", .pue_ppm = 1600000 } };
	struct json_writer writer = { 0 };
	char *text, *again;
	size_t size;

	(void)state;
	sealed_write_row(&writer, NULL, &row);
	assert_int_equal(json_take(&writer, &text, &size), 0);
	again = canonical(text);
	assert_string_equal(text, again);
	free(text);
	free(again);
	sealed_write_hour(&writer, NULL, &hour);
	assert_int_equal(json_take(&writer, &text, &size), 0);
	again = canonical(text);
	assert_string_equal(text, again);
	free(text);
	free(again);
}

static void fractions_and_null_have_no_canonical_form(void **state)
{
	static const char *const texts[] = { "{\"a\":1.5}", "[null]" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct json_writer writer = { 0 };
		size_t offset, size;
		char *text = NULL;
		struct json_object *root = json_parse_strict(texts[i], strlen(texts[i]), &offset);
		chain_write_canonical(&writer, NULL, root);
		assert_int_equal(json_take(&writer, &text, &size), -EINVAL);
		json_done(&writer);
		json_object_put(root);
	}
}

static void one_changed_byte_of_a_record_changes_its_hash_and_all_after_it(void **state)
{
	struct random dice = random_new("chain");
	char record[3][64];

	(void)state;
	for (int round = 0; round < 100; round++) {
		char hash[CHAIN_HEX_SIZE] = CHAIN_GENESIS, other[CHAIN_HEX_SIZE] = CHAIN_GENESIS;
		size_t changed = random_below(&dice, 3), at = random_below(&dice, 64);
		for (size_t i = 0; i < 3; i++)
			for (size_t j = 0; j < sizeof(record[i]); j++)
				record[i][j] = (char)random_below(&dice, 256);
		for (size_t i = 0; i < 3; i++) {
			assert_int_equal(chain_step(hash, record[i], sizeof(record[i])), 0);
			if (i == changed)
				record[i][at] = (char)(record[i][at] ^ (1 << random_below(&dice, 8)));
			assert_int_equal(chain_step(other, record[i], sizeof(record[i])), 0);
			assert_int_equal(strcmp(hash, other) == 0, i < changed);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_chain_of_known_records_has_the_known_hashes),
		cmocka_unit_test(records_are_canonical_as_they_are_written),
		cmocka_unit_test(fractions_and_null_have_no_canonical_form),
		cmocka_unit_test(one_changed_byte_of_a_record_changes_its_hash_and_all_after_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
