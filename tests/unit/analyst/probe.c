/*
 * One library function at a time, for tests in other languages: each line of stdin is a name and its arguments, each line
 * of stdout the result. "?" = no such function.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyst/carbon/carbon.h"
#include "analyst/carbon/pue.h"
#include "analyst/improvement/rightsize.h"
#include "analyst/schedule/schedule.h"
#include "analyst/grid/tariff.h"
#include "audit/chain.h"
#include "base/kst.h"
#include "ipc/tools.h"

#define WORDS_MAX 64

static struct data *korea;

static void put(double value)
{
	printf("%.17g\n", value);
}

static void tell_tariff(char **words)
{
	struct tariff_rate rate;
	int64_t seconds;

	if (kst_parse_time(words[0], &seconds) && tariff_at(korea, words[1], seconds, &rate))
		printf("%s %s %.17g\n", tariff_season_name(rate.season), tariff_band_name(rate.band),
			rate.krw_per_kwh);
	else
		puts("none");
}

/* earliest latest deadline duration window_from window_to, then start value … end: all in seconds */
static void tell_schedule(char **words, size_t count)
{
	const struct schedule_job job = { .earliest = atoll(words[0]),
		.latest_start = atoll(words[1]),
		.deadline = atoll(words[2]),
		.duration = atoll(words[3]),
		.window = { atoll(words[4]), atoll(words[5]) } };
	struct signal signal = { 0 };
	struct schedule s;

	for (size_t i = 6; i + 2 < count; i += 2)
		signal_append(
			&signal, atoll(words[i]), atoll(words[i + 2]), atof(words[i + 1]), SIGNAL_KNOWN);
	signal_seal(&signal);
	if (schedule_search(&job, &signal, &s) == 0)
		printf("%lld %.17g %lld %.17g %.17g\n", (long long)s.best.start, s.best.mean,
			(long long)s.worst.start, s.worst.mean, s.mean);
	else
		puts("none");
	signal_done(&signal);
}

/* previous hash, then the record: JSON without blanks between words */
static void tell_chain(char *hash, const char *record)
{
	size_t offset, size;
	struct json_object *object = json_parse_strict(record, strlen(record), &offset);
	struct json_writer writer = { 0 };
	char *canonical = NULL, next[CHAIN_HEX_SIZE];

	snprintf(next, sizeof(next), "%s", hash);
	chain_write_canonical(&writer, NULL, object);
	if (json_take(&writer, &canonical, &size) == 0 && chain_step(next, canonical, size) == 0)
		puts(next);
	else
		puts("none");
	free(canonical);
	json_object_put(object);
}

static const struct {
	const char *name;
	size_t count;
} functions[] = { { "kwh", 2 }, { "grams", 3 }, { "grams_per_hour", 3 }, { "reported", 3 }, { "gap", 2 },
	{ "required", 2 }, { "uncertainty", 4 }, { "embodied", 5 }, { "sci", 3 }, { "lower_factor", 1 },
	{ "upper_factor", 1 }, { "after_oom", 1 }, { "target_cores", 1 }, { "rightsize_watts", 4 } };

static double call(size_t function, const double *a)
{
	switch (function) {
	case 0: return carbon_kwh(a[0], a[1]);
	case 1: return carbon_grams(a[0], a[1], a[2]);
	case 2: return carbon_grams_per_hour(a[0], a[1], a[2]);
	case 3: return carbon_reported_intensity(a[0], a[1], a[2]);
	case 4: return carbon_gap_percent(a[0], a[1]);
	case 5: return carbon_required_reduction_percent(a[0], a[1]);
	case 6: return carbon_uncertainty(a[0], a[1], a[2], a[3]);
	case 7: return carbon_embodied_grams(a[0], a[1], a[2], a[3], a[4]);
	case 8: return carbon_sci(a[0], a[1], a[2]);
	case 9: return rightsize_lower_factor(a[0]);
	case 10: return rightsize_upper_factor(a[0]);
	case 11: return rightsize_after_oom_mib(a[0]);
	case 12: return rightsize_target_cores(a[0]);
	default: return rightsize_watts(a[0], a[1], a[2], a[3]);
	}
}

static void answer(char **words, size_t count)
{
	double numbers[WORDS_MAX] = { 0 };

	if (count == 3 && strcmp(words[0], "tariff") == 0) {
		tell_tariff(words + 1);
		return;
	}
	if (count >= 10 && strcmp(words[0], "schedule") == 0) {
		tell_schedule(words + 1, count - 1);
		return;
	}
	if (count == 3 && strcmp(words[0], "chain") == 0) {
		tell_chain(words[1], words[2]);
		return;
	}
	for (size_t i = 1; i < count && i < WORDS_MAX; i++)
		numbers[i - 1] = atof(words[i]);
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (strcmp(functions[i].name, words[0]) == 0 && functions[i].count == count - 1) {
			put(call(i, numbers));
			return;
		}
	puts("?");
}

int main(void)
{
	static char line[1 << 20];
	static char *words[1 << 12];
	struct data_error error;

	if (data_load(TANSO_SOURCE_DIR "/deploy/config/korea", &korea, &error) < 0)
		return 2;
	while (fgets(line, sizeof(line), stdin) != NULL) {
		size_t count = 0;
		for (char *word = strtok(line, " \n");
			word != NULL && count < sizeof(words) / sizeof(words[0]); word = strtok(NULL, " \n"))
			words[count++] = word;
		if (count > 0)
			answer(words, count);
		fflush(stdout);
	}
	data_free(korea);
	return EXIT_SUCCESS;
}
