#include "base/cleanup.h"
#include "base/file.h"
#include "ipc/frame_table.h"
#include "ipc/vocabulary.h"
#include "tests/unit/unit.h"

#include <fcntl.h>

#define DOC_MAX 65536

static void the_committed_document_is_what_the_table_says(void **state)
{
	CLEANUP(freep) char *made = NULL, *committed = calloc(1, DOC_MAX);
	size_t size = 0;
	FILE *out = open_memstream(&made, &size);

	(void)state;
	assert_non_null(committed);
	assert_non_null(out);
	frame_describe(out);
	fclose(out);
	if (file_read_text(AT_FDCWD, TANSO_SOURCE_DIR "/docs/frames.md", committed, DOC_MAX) < 0)
		fail_msg("docs/frames.md cannot be read");
	made[size - 1] = '\0'; /* file_read_text strips the last newline as well */
	if (strcmp(made, committed) != 0)
		fail_msg("docs/frames.md differs from ipc/frames.def; run: frames_doc > docs/frames.md");
}

static void every_kind_has_one_number(void **state)
{
	(void)state;
	for (size_t i = 0; i < frame_type_count; i++) {
		assert_ptr_equal(frame_type_of(frame_types[i].kind), &frame_types[i]);
		assert_true(frame_types[i].kind < FRAME_KIND_COUNT);
	}
	assert_null(frame_type_of(0));
	assert_int_equal(frame_row_size(FRAME_KIND_COUNT), 0);
}

static void words_of_the_vocabulary_have_names_and_strangers_have_none(void **state)
{
	(void)state;
	assert_string_equal(zone_name(ZONE_PACKAGE), "package");
	assert_string_equal(zone_name(ZONE_COUNT), "?");
	assert_string_equal(power_state_name(POWER_MODEL), "model");
	assert_string_equal(power_state_name(POWER_STATE_COUNT), "?");
	assert_string_equal(usage_source_name(USAGE_PROCFS), "procfs");
	assert_string_equal(usage_source_name(USAGE_SOURCE_COUNT), "?");
	for (int kind = 0; kind < WORKLOAD_KIND_COUNT; kind++)
		assert_int_equal(workload_kind_from_name(workload_kind_name((enum workload_kind)kind)), kind);
	assert_string_equal(workload_kind_name(WORKLOAD_KIND_COUNT), "?");
	assert_int_equal(workload_kind_from_name("?"), -1);
	assert_int_equal(workload_kind_from_name(""), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_committed_document_is_what_the_table_says),
		cmocka_unit_test(every_kind_has_one_number),
		cmocka_unit_test(words_of_the_vocabulary_have_names_and_strangers_have_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
