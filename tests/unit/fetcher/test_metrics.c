#include "fetcher/power/metrics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

struct seen {
	char lines[4096]; /* name|label=value;…|number|time */
	size_t used, count;
};

static int note(void *context, const struct metric_sample *sample)
{
	struct seen *seen = context;
	char value[256];

#define PUT(...)                                                                                             \
	seen->used +=                                                                                        \
		(size_t)snprintf(seen->lines + seen->used, sizeof(seen->lines) - seen->used, __VA_ARGS__)
	PUT("%.*s|", (int)sample->name.size, sample->name.data);
	for (size_t i = 0; i < sample->label_count; i++) {
		assert_true(metric_label_copy(&sample->labels[i], value, sizeof(value)) >= 0);
		PUT("%.*s=%s;", (int)sample->labels[i].name.size, sample->labels[i].name.data, value);
	}
	PUT("|%.17g", sample->value);
	if (sample->has_time)
		PUT("|%lld", (long long)sample->time_ms);
	PUT("\n");
#undef PUT
	seen->count++;
	return 0;
}

static int parse(const char *text, struct seen *seen, struct metrics_error *error)
{
	char *copy = malloc(strlen(text) + 1); /* without its end: a byte beyond is the sanitizer's */
	int r;

	memcpy(copy, text, strlen(text));
	*seen = (struct seen) { 0 };
	*error = (struct metrics_error) { 0 };
	copy = realloc(copy, strlen(text) > 0 ? strlen(text) : 1);
	r = metrics_parse(copy, strlen(text), 100, note, seen, error);
	free(copy);
	return r;
}

static void samples_are_read_with_labels_numbers_and_times(void **state)
{
	static const struct {
		const char *text, *seen;
	} cases[] = {
		{ "", "" }, { "\n\n# HELP a text\n# TYPE a counter\n# anything at all {\n", "" },
		{ "a 1\n", "a||1\n" }, { "a{} 1\n", "a||1\n" },
		{ "  a { x = \"1\" , y=\"2\", }  3.5  1700000000000 \n", "a|x=1;y=2;|3.5|1700000000000\n" },
		{ "a\t-1e-3\t-5\n", "a||-0.001|-5\n" },
		{ "ns:a_b{x=\"\"} +Inf\nb -Inf\nc Inf\n", "ns:a_b|x=;|inf\nb||-inf\nc||inf\n" },
		{ "a{x=\"q\\\"b\\\\n\\n}\"} 2\n", "a|x=q\"b\\n\n};|2\n" },
		{ "a{x=\"\xea\xb8\xb0, = } # \"} 0.1\n", "a|x=\xea\xb8\xb0, = } # ;|0.10000000000000001\n" },
		{ "a 1 1700000000.5\n# EOF\n", "a||1|1700000000500\n" },
		{ "a_total{x=\"1\"} 3 # {id=\"z\"} 0.5 1700000000.2\nb 1 2 # {} 1\n# EOF\n",
			"a_total|x=1;|3\nb||1|2000\n" },
		{ "# EOF\n", "" },
		{ "# EOF\na 1 7\n", "a||1|7\n" }, /* not the last line: a comment like any other */
	};
	struct metrics_error error;
	struct seen seen;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(parse(cases[i].text, &seen, &error), 0);
		assert_string_equal(seen.lines, cases[i].seen);
	}
}

static void malformed_lines_refuse_the_whole_text_and_are_named(void **state)
{
	static const struct {
		const char *text, *reason;
		size_t line;
	} cases[] = {
		{ "a 1", "the last line has no end: the text is cut", 1 },
		{ "a 1\nb{x=\"1\"} 2.", "the last line has no end: the text is cut", 2 },
		{ "a\n", "no number", 1 },
		{ "a 1\n\nb one\n", "no number", 3 },
		{ "a 0x1p3\n", "no number", 1 },
		{ "a nan(1)\n", "no number", 1 },
		{ "a 1_0\n", "no number", 1 },
		{ "a 1.2.3\n", "no number", 1 },
		{ "a .\n", "no number", 1 },
		{ "a 1\r\n", "no number", 1 },
		{ "a 1 2 3\n", "something after the number", 1 },
		{ "a 1 # {} 2\n", "something after the number", 1 }, /* an exemplar is OpenMetrics' */
		{ "a 1 2.5\n", "a timestamp with a fraction", 1 },
		{ "a 1 x\n", "no timestamp", 1 },
		{ "a 1 NaN\n", "no timestamp", 1 },
		{ "a 1 9e99\n", "a timestamp out of range", 1 },
		{ "1a 1\n", "no metric name", 1 },
		{ "{\"a.b\",x=\"1\"} 1\n", "no metric name", 1 },
		{ "\xc3\xa4 1\n", "no metric name", 1 },
		{ "a{x=\"1\" 1\n", "no ',' or '}' after a label", 1 },
		{ "a{x=\"1\"y=\"2\"} 1\n", "no ',' or '}' after a label", 1 },
		{ "a{x=\"1\n\"} 1\n", "a label value without an end", 1 },
		{ "a{x=\"1\\\"} 1\n", "a label value without an end", 1 },
		{ "a{x=\"\\t\"} 1\n", "an unknown escape in a label value", 1 },
		{ "a{x=1} 1\n", "a label value without a quote", 1 },
		{ "a{x} 1\n", "no '=' after a label name", 1 },
		{ "a{,} 1\n", "no label name", 1 },
		{ "a{x:y=\"1\"} 1\n", "no '=' after a label name", 1 },
		{ "a{x=\"1\",x=\"2\"} 1\n", "a label twice", 1 },
		{ "# EOF\na 1\n# EOF\n", "a sample after # EOF", 2 },
	};
	struct metrics_error error;
	struct seen seen;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(parse(cases[i].text, &seen, &error), -EBADMSG);
		assert_string_equal(error.reason, cases[i].reason);
		assert_int_equal(error.line, cases[i].line);
	}
}

static void numbers_are_the_nearest_doubles(void **state)
{
	unsigned long long random = 88172645463325252ULL;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		char text[64];
		double value, wanted;
		random ^= random << 13, random ^= random >> 7, random ^= random << 17;
		switch (random % 4) {
		case 0: snprintf(text, sizeof(text), "%llu.%03llu", random % 1000000, random >> 55); break;
		case 1: snprintf(text, sizeof(text), "%.17g", (double)random / 1e7); break;
		case 2:
			snprintf(text, sizeof(text), "%.*e", (int)(random >> 60), (double)(random >> 11));
			break;
		default: snprintf(text, sizeof(text), "%llu", random);
		}
		wanted = strtod(text, NULL);
		assert_true(metric_number(text, strlen(text), &value));
		assert_memory_equal(&value, &wanted, sizeof(value));
	}
}

static void limits_hold(void **state)
{
	char *text = malloc(200000);
	struct metrics_error error;
	struct seen seen;
	size_t used = 1;

	(void)state;
	strcpy(text, "a{");
	for (int i = 0; i < METRIC_LABELS_MAX + 1; i++)
		used = strlen(text), snprintf(text + used, 40, "l%d=\"\",", i);
	strcat(text, "} 1\n");
	assert_int_equal(parse(text, &seen, &error), -E2BIG);
	memset(text, 'a', METRIC_LINE_MAX + 1);
	strcpy(text + METRIC_LINE_MAX + 1, " 1\n");
	assert_int_equal(parse(text, &seen, &error), -E2BIG);
	text[0] = '\0';
	for (int i = 0; i < 101; i++)
		strcat(text, "a 1\n");
	assert_int_equal(parse(text, &seen, &error), -E2BIG);
	assert_int_equal(seen.count, 100);
	assert_int_equal(error.line, 101);
	free(text);
}

static void a_label_that_does_not_fit_is_refused(void **state)
{
	struct metric_label label = { .value = text_of("abc\\n"), .is_escaped = true };
	char value[5];

	(void)state;
	assert_int_equal(metric_label_copy(&label, value, 5), 4);
	assert_string_equal(value, "abc\n");
	assert_int_equal(metric_label_copy(&label, value, 4), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_are_read_with_labels_numbers_and_times),
		cmocka_unit_test(malformed_lines_refuse_the_whole_text_and_are_named),
		cmocka_unit_test(numbers_are_the_nearest_doubles),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(a_label_that_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
