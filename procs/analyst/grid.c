#include "analyst/grid.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"

#define DAY_SECONDS    86400
#define KST_SECONDS    32400
#define STEP_SECONDS   300 /* the ledger's slot: no file is read finer */
#define INTENSITY_MAX  1500.0
#define LINE_BYTES_MAX 256

struct reader {
	const char *name;
	size_t line, room;
	struct grid_file *file;
	struct grid_error *error;
};

static int refuse(const struct reader *reader, const char *reason)
{
	snprintf(reader->error->text, sizeof(reader->error->text), "%s:%zu: %s", reader->name, reader->line,
		reason);
	return -EINVAL;
}

static bool two_digits(const char *text, int max, int *ret_value)
{
	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return false;
	*ret_value = (text[0] - '0') * 10 + (text[1] - '0');
	return *ret_value <= max;
}

/* "HH:MM" */
static bool parse_clock(const char *text, size_t size, int64_t *ret_seconds)
{
	int hour, minute;

	if (size != 5 || text[2] != ':' || !two_digits(text, 23, &hour) || !two_digits(text + 3, 59, &minute))
		return false;
	*ret_seconds = hour * 3600 + minute * 60;
	return true;
}

/* "2026-11-24T09:00:00+09:00" or "…Z"; fractions of a second are not expected of grid data. */
static bool parse_rfc3339(const char *text, size_t size, int64_t *ret_seconds)
{
	struct tm tm = { 0 };
	char copy[32];
	const char *rest;
	int hour, minute;

	if (size < 20 || size >= sizeof(copy))
		return false;
	memcpy(copy, text, size);
	copy[size] = '\0';
	rest = strptime(copy, "%Y-%m-%dT%H:%M:%S", &tm);
	if (rest == NULL)
		return false;
	*ret_seconds = (int64_t)timegm(&tm);
	if (strcmp(rest, "Z") == 0)
		return true;
	if (strlen(rest) != 6 || (rest[0] != '+' && rest[0] != '-') || rest[3] != ':' ||
		!two_digits(rest + 1, 23, &hour) || !two_digits(rest + 4, 59, &minute))
		return false;
	*ret_seconds -=
		(rest[0] == '+' ? INT64_C(1) : INT64_C(-1)) * (hour * INT64_C(3600) + minute * INT64_C(60));
	return true;
}

static int add_point(struct reader *reader, bool is_daily, int64_t start, double value)
{
	struct grid_file *file = reader->file;

	if (file->count > 0 && file->is_daily != is_daily)
		return refuse(reader, "times of day and dates must not be mixed");
	if (file->count > 0 && start <= file->points[file->count - 1].start)
		return refuse(reader, "times must rise");
	if (file->count == GRID_POINTS_MAX)
		return refuse(reader, "too many lines");
	if (file->count == reader->room) {
		size_t room = reader->room == 0 ? 64 : reader->room * 2;
		struct grid_point *points = reallocarray(file->points, room, sizeof(*points));
		if (points == NULL)
			return -ENOMEM;
		file->points = points;
		reader->room = room;
	}
	file->is_daily = is_daily;
	file->points[file->count++] = (struct grid_point) { .start = start, .value = value };
	return 0;
}

/* line[size] is a NUL. */
static int read_line(struct reader *reader, const char *line, size_t size)
{
	const char *comma = memchr(line, ',', size);
	int64_t start = 0;
	bool is_daily;
	double value;
	char *end;

	if (size == 0 || line[0] == '#')
		return 0;
	if (comma == NULL)
		return refuse(reader, "expected 'start,gCO2eq_kWh'");
	is_daily = parse_clock(line, (size_t)(comma - line), &start);
	if (!is_daily && !parse_rfc3339(line, (size_t)(comma - line), &start)) {
		if (reader->file->count == 0 && strncmp(line, "start,", 6) == 0)
			return 0; /* the heading */
		return refuse(reader, "the time must be HH:MM or RFC 3339, e.g. 2026-11-24T09:00:00+09:00");
	}
	value = strtod(comma + 1, &end);
	if (end == comma + 1 || end != line + size || !isfinite(value) || value <= 0 ||
		value >= INTENSITY_MAX)
		return refuse(reader, "the intensity must be a number of gCO2eq/kWh between 0 and 1500");
	return add_point(reader, is_daily, start, value);
}

static int read_lines(struct reader *reader, const char *text, size_t size)
{
	char line[LINE_BYTES_MAX];

	for (size_t at = 0; at < size;) {
		const char *newline = memchr(text + at, '\n', size - at);
		size_t length = newline != NULL ? (size_t)(newline - (text + at)) : size - at;
		size_t used = length;
		int r;

		reader->line++;
		while (used > 0 && (text[at + used - 1] == '\r' || text[at + used - 1] == ' '))
			used--;
		if (used >= sizeof(line) || memchr(text + at, '\0', used) != NULL)
			return refuse(reader, "no line of a CSV file of grid intensities");
		memcpy(line, text + at, used);
		line[used] = '\0';
		r = read_line(reader, line, used);
		if (r < 0)
			return r;
		at += length + 1;
	}
	return reader->file->count == 0 ? refuse(reader, "holds no values") : 0;
}

int grid_file_parse(const char *name, const char *text, size_t size, struct grid_file **ret_file,
	struct grid_error *error)
{
	struct reader reader = { .name = name, .error = error };
	int r;

	reader.file = calloc(1, sizeof(*reader.file));
	if (reader.file == NULL)
		return -ENOMEM;
	r = read_lines(&reader, text, size);
	if (r == 0)
		r = sha256_hex(text, size, reader.file->sha256);
	if (r < 0) {
		grid_file_free(reader.file);
		return r;
	}
	name = strrchr(name, '/') != NULL ? strrchr(name, '/') + 1 : name;
	snprintf(reader.file->name, sizeof(reader.file->name), "%s", name);
	*ret_file = reader.file;
	return 0;
}

int grid_file_load(const char *path, struct grid_file **ret_file, struct grid_error *error)
{
	CLEANUP(freep) char *text = NULL;
	size_t size;
	int r = data_read_file(path, GRID_FILE_BYTES_MAX, &text, &size);

	if (r < 0) {
		snprintf(error->text, sizeof(error->text), "%s: %s", path, strerror(-r));
		return r;
	}
	return grid_file_parse(path, text, size, ret_file, error);
}

void grid_file_free(struct grid_file *file)
{
	if (file == NULL)
		return;
	free(file->points);
	free(file);
}

/* Index of the last point that starts at or before `start`; count if there is none. */
static size_t point_before(const struct grid_file *file, int64_t start)
{
	size_t low = 0, high = file->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (file->points[middle].start <= start)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? file->count : low - 1;
}

bool grid_file_at(const struct grid_file *file, int64_t seconds, double *ret_value)
{
	size_t index;

	if (file->is_daily) {
		int64_t of_day = (seconds + KST_SECONDS) % DAY_SECONDS;
		index = point_before(file, of_day < 0 ? of_day + DAY_SECONDS : of_day);
		if (index == file->count)
			index = file->count - 1; /* before the day's first point, its last one still holds */
	} else {
		index = point_before(file, seconds);
		if (index == file->count || seconds - file->points[index].start >= GRID_HOLD_SECONDS)
			return false;
	}
	*ret_value = file->points[index].value;
	return true;
}

double grid_mean(const struct grid *grid, int64_t start, int64_t seconds, double *ret_covered)
{
	int64_t steps = seconds > STEP_SECONDS ? seconds / STEP_SECONDS : 1, covered = 0;
	double sum = 0;

	*ret_covered = 0;
	if (grid->file == NULL)
		return grid->annual;
	for (int64_t i = 0; i < steps; i++) {
		double value = grid->annual;
		covered += grid_file_at(grid->file, start + i * STEP_SECONDS, &value);
		sum += value;
	}
	*ret_covered = (double)covered / (double)steps;
	return sum / (double)steps;
}
