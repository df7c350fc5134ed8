#include "tests/unit/unit.h"

#include "base/lines.h"

static void lines_come_out_whole_however_they_arrive(void **state)
{
	static const char stream[] = "{\"a\":1}\n\r\nbcd\r\nlast";
	static const char *const wanted[] = { "{\"a\":1}", "", "bcd" };

	(void)state;
	for (size_t step = 1; step <= sizeof(stream) - 1; step++) {
		struct lines lines = { 0 };
		const char *line;
		size_t size, count = 0;
		for (size_t at = 0; at < sizeof(stream) - 1; at += step) {
			size_t some = at + step < sizeof(stream) - 1 ? step : sizeof(stream) - 1 - at;
			for (size_t done = 0; done < some;)
				if (lines_feed(&lines, stream + at, some, &done, &line, &size) ==
					LINES_LINE) {
					assert_true(count < 3);
					assert_string_equal(line, wanted[count++]);
					assert_int_equal(size, strlen(line));
				}
		}
		assert_int_equal(count, 3);
		assert_int_equal(lines_rest(&lines, &line), 4);
		assert_string_equal(line, "last");
		assert_int_equal(lines_rest(&lines, &line), 0);
		lines_done(&lines);
	}
}

static void a_line_over_the_limit_is_told_once_and_the_next_one_is_read(void **state)
{
	size_t size = LINE_BYTES_MAX + 1000, told = 0, good = 0, line_size;
	char *stream = malloc(2 * size);
	struct lines lines = { 0 };
	const char *line;

	(void)state;
	memset(stream, 'x', size);
	memcpy(stream + size, "\nok\n", 4);
	for (size_t at = 0; at < size + 4; at += 65536) {
		size_t some = size + 4 - at < 65536 ? size + 4 - at : 65536;
		for (size_t done = 0; done < some;) {
			enum lines_state got =
				lines_feed(&lines, stream + at, some, &done, &line, &line_size);
			told += got == LINES_TOO_LONG;
			good += got == LINES_LINE && strcmp(line, "ok") == 0;
		}
	}
	assert_int_equal(told, 1);
	assert_int_equal(good, 1);
	assert_int_equal(lines_rest(&lines, &line), 0);
	lines_done(&lines);
	free(stream);
}

static void a_line_of_just_the_limit_passes(void **state)
{
	char *stream = malloc(LINE_BYTES_MAX + 1);
	struct lines lines = { 0 };
	const char *line;
	size_t size, done = 0;

	(void)state;
	memset(stream, 'x', LINE_BYTES_MAX);
	stream[LINE_BYTES_MAX] = '\n';
	assert_int_equal(lines_feed(&lines, stream, LINE_BYTES_MAX + 1, &done, &line, &size), LINES_LINE);
	assert_int_equal(size, LINE_BYTES_MAX);
	lines_done(&lines);
	free(stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_come_out_whole_however_they_arrive),
		cmocka_unit_test(a_line_over_the_limit_is_told_once_and_the_next_one_is_read),
		cmocka_unit_test(a_line_of_just_the_limit_passes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
