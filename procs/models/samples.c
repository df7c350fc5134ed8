#include "models/samples.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"

#define COLUMNS_MAX     32
#define VALUE_MAX       1e15
#define BUSY_MAX        1e6
#define WATTS_MAX       ((double)FORMULA_MW_MAX / 1000)
#define BYTE_ORDER_MARK "\xef\xbb\xbf" /* spreadsheets write one before all else */

enum column { COLUMN_cycles, COLUMN_instructions, COLUMN_busy, COLUMN_package, COLUMN_dram, COLUMN_COUNT };

struct reading {
	const char *name, *watts;
	unsigned line;
	int columns;
	int column[COLUMN_COUNT]; /* where it stands, -1 = not there */
	struct samples *samples;
	struct model_error *error;
};

static int refuse(const struct reading *reading, const char *reason)
{
	snprintf(reading->error->text, sizeof(reading->error->text), "%s:%u: %s", reading->name,
		reading->line, reason);
	return -EINVAL;
}

static void put_text(char *text, size_t size, const char *value)
{
	size_t length = 0;

	for (; *value != '\0' && length + 1 < size; value++)
		if (*value >= 0x20 && *value <= 0x7e && *value != '"' && *value != '\\')
			text[length++] = *value;
	text[length] = '\0';
}

static void take_fact(struct samples *samples, const char *line)
{
	char key[32], value[200];
	struct host *host = &samples->host;

	if (sscanf(line, "# %31[a-z_] = %199[^\r\n]", key, value) != 2)
		return;
	uint32_t number = (uint32_t)strtoul(value, NULL, 10);
	if (strcmp(key, "product") == 0)
		put_text(host->product, 32, value);
	else if (strcmp(key, "cpu") == 0)
		put_text(host->brand, 32, value);
	else if (strcmp(key, "vendor") == 0)
		put_text(host->vendor, sizeof(host->vendor), value);
	else if (strcmp(key, "threads") == 0)
		host->cpus = number <= 65536 ? number : 0;
	else if (strcmp(key, "cpu_family") == 0)
		host->family = number;
	else if (strcmp(key, "cpu_model") == 0)
		host->model = number;
	else if (strcmp(key, "cpu_stepping") == 0)
		host->stepping = number;
	else if (strcmp(key, "source") == 0)
		put_text(samples->source, sizeof(samples->source), value);
	else if (strcmp(key, "licence") == 0)
		put_text(samples->licence, sizeof(samples->licence), value);
}

static int take_header(struct reading *reading, char *line)
{
	const char *const names[COLUMN_COUNT] = { "cpu_cycles", "cpu_instructions", "busy_ppm",
		reading->watts, "dram_watts" };
	char *word;
	int at = 0;

	for (int i = 0; i < COLUMN_COUNT; i++)
		reading->column[i] = -1;
	for (; (word = strsep(&line, ",")) != NULL; at++) /* a column without a name is one, as in the rows */
		for (int i = 0; i < COLUMN_COUNT; i++) {
			if (strcmp(word, names[i]) != 0)
				continue;
			if (reading->column[i] >= 0)
				return refuse(reading, "names a column twice");
			reading->column[i] = at;
		}
	reading->columns = at;
	if (at > COLUMNS_MAX)
		return refuse(reading, "has more than 32 columns");
	if (reading->column[COLUMN_package] < 0)
		return refuse(reading, "has no column of watts (package_watts, or --watts-column)");
	struct samples *samples = reading->samples;
	samples->has_counters =
		reading->column[COLUMN_cycles] >= 0 && reading->column[COLUMN_instructions] >= 0;
	samples->has_dram = reading->column[COLUMN_dram] >= 0;
	if (!samples->has_counters && reading->column[COLUMN_busy] < 0)
		return refuse(reading, "needs cpu_cycles and cpu_instructions, or busy_ppm");
	return 0;
}

/* An empty field is NAN: not measured in this window. */
static int take_field(const struct reading *reading, const char *word, double *ret_value)
{
	char *end;

	*ret_value = NAN;
	if (word[0] == '\0')
		return 0;
	double value = strtod(word, &end);
	if (*end != '\0' || !(value >= 0 && value <= VALUE_MAX))
		return refuse(reading, "is not a number from 0 to 1e15");
	*ret_value = value;
	return 0;
}

static int take_row(struct reading *reading, char *line)
{
	struct samples *samples = reading->samples;
	double values[COLUMN_COUNT] = { NAN, NAN, NAN, NAN, NAN };
	char *word;
	int r = 0;

	for (int at = 0; r == 0 && (word = strsep(&line, ",")) != NULL; at++) {
		if (at >= reading->columns &&
			word[0] != '\0') /* "58,02" for 58.02, or row names without a column */
			return refuse(reading, "has more values than the header has columns");
		for (int i = 0; r == 0 && i < COLUMN_COUNT; i++)
			if (reading->column[i] == at)
				r = take_field(reading, word, &values[i]);
	}
	if (r < 0)
		return r;
	/* A window without its watts, or without what both fits look at, teaches nothing. */
	bool has_input = !(values[COLUMN_package] <= 0);
	for (int i = samples->has_counters ? COLUMN_cycles : COLUMN_busy; i < COLUMN_dram; i++)
		has_input &= reading->column[i] < 0 || !isnan(values[i]);
	if (!has_input)
		return 0;
	if (values[COLUMN_busy] > BUSY_MAX)
		return refuse(reading, "busy_ppm is a share of all CPUs: at most 1000000");
	if (values[COLUMN_package] > WATTS_MAX || values[COLUMN_dram] > WATTS_MAX)
		return refuse(reading, "is more than 1 MW, which no host draws");
	if (samples->count == SAMPLES_MAX)
		return refuse(reading, "is one row too many");
	samples->all[samples->count++] = (struct sample) { .cycles = values[COLUMN_cycles],
		.instructions = values[COLUMN_instructions],
		.busy_ppm = values[COLUMN_busy],
		.package = values[COLUMN_package],
		.dram = values[COLUMN_dram] > 0 ? values[COLUMN_dram] : NAN };
	return 0;
}

static int by_value(const void *a, const void *b)
{
	const struct sample *left = a, *right = b;
	const double *x = &left->cycles, *y = &right->cycles;

	for (size_t i = 0; i < sizeof(*left) / sizeof(*x); i++)
		if (x[i] < y[i] || x[i] > y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

int samples_finish(struct samples *samples, bool has_busy, const char *name, struct model_error *error)
{
	double max = 0;

	if (samples->count < SAMPLES_MIN) {
		snprintf(error->text, sizeof(error->text), "%s: %u usable rows, at least %u are needed", name,
			samples->count, SAMPLES_MIN);
		return -EINVAL;
	}
	for (uint32_t i = 0; i < samples->count; i++)
		max = fmax(max, samples->all[i].cycles);
	for (uint32_t i = 0; !has_busy && i < samples->count; i++)
		samples->all[i].busy_ppm = max > 0 ? samples->all[i].cycles / max * 1e6 : 0;
	qsort(samples->all, samples->count, sizeof(*samples->all), by_value);
	if (samples->host.cpus == 0)
		samples->host.cpus = 1;
	host_classify(&samples->host);
	samples->host.host_threads = samples->host.cpus;
	return 0;
}

int samples_parse(const char *name, char *text, const char *watts, struct samples *ret_samples,
	struct model_error *error)
{
	struct samples samples = { .all = malloc(SAMPLES_MAX * sizeof(*samples.all)),
		.source = "not stated",
		.licence = "not stated" };
	struct reading reading = { .name = name, .watts = watts, .samples = &samples, .error = error };
	bool has_header = false;
	char *line;
	int r = 0;

	if (samples.all == NULL)
		return -ENOMEM;
	if (strncmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
		text += strlen(BYTE_ORDER_MARK);
	while (r == 0 && (line = strsep(&text, "\n")) != NULL) {
		reading.line++;
		line[strcspn(line, "\r")] = '\0';
		if (line[0] == '#')
			take_fact(&samples, line);
		else if (line[0] != '\0') {
			r = has_header ? take_row(&reading, line) : take_header(&reading, line);
			has_header = true;
		}
	}
	if (r == 0)
		r = samples_finish(&samples, has_header && reading.column[COLUMN_busy] >= 0, name, error);
	if (r < 0)
		samples_done(&samples);
	else
		*ret_samples = samples;
	return r;
}

int samples_read(const char *path, const char *watts, struct samples *ret_samples, struct model_error *error)
{
	CLEANUP(freep) char *text = malloc(SAMPLES_FILE_MAX);
	const char *slash = strrchr(path, '/');

	if (text == NULL)
		return -ENOMEM;
	int size = file_read_text(AT_FDCWD, path, text, SAMPLES_FILE_MAX);
	if (size < 0) {
		if (size == -E2BIG)
			snprintf(error->text, sizeof(error->text), "%s: larger than %u MiB", path,
				SAMPLES_FILE_MAX >> 20);
		else
			snprintf(error->text, sizeof(error->text), "%s: %s", path, strerror(-size));
		return size;
	}
	int r = samples_parse(path, text, watts, ret_samples, error);
	if (r == 0 && ret_samples->host.product[0] == '\0')
		put_text(ret_samples->host.product, 32, slash != NULL ? slash + 1 : path);
	return r;
}

void samples_done(struct samples *samples)
{
	free(samples->all);
	*samples = (struct samples) { 0 };
}
