/*
 * One parser at a time, for tests in other languages: each line of stdin is a parser, a factor kind, a factor for KPX's new
 * and renewable energy, whether estimated solar counts (all as in tanso.conf), and a provider's answer without blanks; each
 * line of stdout the first row's start (s since 1970) and intensity, with the data folder's factors. "?" = nothing is told.
 */
#include <stdio.h>
#include <string.h>

#include "fetcher/grid/rules.h"

static const struct {
	const char *name;
	grid_parse_fn *parse;
} parsers[] = { { "kpx_history", parse_kpx_history }, { "kpx_now", parse_kpx_now },
	{ "watttime", parse_watttime } };

static bool set(struct config *config, const char *key, const char *value)
{
	struct config_error error;

	return config_set(config, key, value, &error) == 0;
}

static bool read_told(char *line, struct grid_told *told)
{
	static struct config config;
	struct config_error error;
	static struct grid_rules rules;
	char *words[5] = { NULL };

	for (size_t i = 0; i < 5; i++)
		words[i] = strsep(&line, i < 4 ? " " : "\n");
	if (words[4] == NULL || config_load(&config, "/dev/null", &error) < 0 ||
		!set(&config, "grid_factor", words[1]) || !set(&config, "kpx_unknown_factor", words[2]) ||
		!set(&config, "kpx_estimated_solar", words[3]))
		return false;
	grid_rules_open(&rules, &config);
	for (size_t i = 0; i < sizeof(parsers) / sizeof(parsers[0]); i++)
		if (strcmp(parsers[i].name, words[0]) == 0)
			return parsers[i].parse(&rules.mix, words[4], strlen(words[4]), told) == 0 &&
			       told->count > 0;
	return false;
}

int main(void)
{
	static char line[1 << 16];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		struct grid_told told = { 0 };
		if (read_told(line, &told))
			printf("%lld %.17g\n", (long long)told.rows[0].start, told.rows[0].value);
		else
			puts("?");
		fflush(stdout);
		grid_told_done(&told);
	}
	return 0;
}
