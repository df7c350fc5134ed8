/* docs/metrics.md is what metrics.def says, and that has every series there is. */
#include "exporter/metrics.h"

#include "tests/unit/unit.h"

#define SOURCES "cd " TANSO_SOURCE_DIR " && find procs ipc -name '*.c' | xargs cat"
#define QUOTED  " | grep -oE '\"[a-z_]+\"' | sort -u"

static char committed[65536];

/* Output of a command, for the caller to free. */
static char *run(const char *command)
{
	char *text = NULL, line[256];
	size_t size = 0;
	FILE *in = popen(command, "r"), *out = open_memstream(&text, &size);

	assert_non_null(in);
	while (fgets(line, sizeof(line), in) != NULL)
		fputs(line, out);
	fclose(out);
	assert_int_equal(pclose(in), 0);
	return text;
}

static void the_document_matches_the_table(void **state)
{
	char *text = NULL;
	size_t size = 0;

	(void)state;
	FILE *memory = open_memstream(&text, &size);
	metrics_describe(memory);
	fclose(memory);
	if (strcmp(text, committed) != 0)
		fail_msg("docs/metrics.md is stale: build/debug/bin/metrics_doc > docs/metrics.md");
	free(text);
}

/* Whatever a stage counts by a name of its own: stats_entry(), and what passes the name on to it. */
static void every_series_of_a_stage_is_in_the_document(void **state)
{
	char *names = run(SOURCES
		" | tr '\\n' ' ' | grep -oE "
		"'(STAT_COUNTER|STAT_GAUGE|count\\([a-z_]+|gauge\\([a-z_]+|server_count_in\\([^\"]{1,80}),"
		" *[[:space:]]*\"[a-z_]+\"'" QUOTED);
	size_t count = 0;

	(void)state;
	for (char *name = strtok(names, "\"\n"); name != NULL; name = strtok(NULL, "\"\n"), count++) {
		char row[128];
		snprintf(row, sizeof(row), "\n| tanso_%s |", name);
		if (strstr(committed, row) == NULL)
			fail_msg("tanso_%s is not in procs/exporter/metrics.def", name);
	}
	assert_true(count > 100); /* the search finds them */
	free(names);
}

static void every_row_of_the_document_is_counted_somewhere(void **state)
{
	char *quoted = run(SOURCES QUOTED), name[128], wanted[132];
	const char *row = strstr(committed, "\n## What stages tell");

	(void)state;
	assert_non_null(row);
	while ((row = strstr(row + 1, "\n| tanso_")) != NULL) {
		assert_int_equal(sscanf(row, "\n| tanso_%127s", name), 1);
		snprintf(wanted, sizeof(wanted), "\"%s\"\n", name);
		if (strstr(quoted, wanted) == NULL)
			fail_msg("nothing counts tanso_%s", name);
	}
	free(quoted);
}

static int read_document(void **state)
{
	FILE *file = fopen(TANSO_SOURCE_DIR "/docs/metrics.md", "r");

	(void)state;
	if (file == NULL)
		return -1;
	committed[fread(committed, 1, sizeof(committed) - 1, file)] = '\0';
	fclose(file);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_document_matches_the_table),
		cmocka_unit_test(every_series_of_a_stage_is_in_the_document),
		cmocka_unit_test(every_row_of_the_document_is_counted_somewhere),
	};

	return cmocka_run_group_tests(tests, read_document, NULL);
}
