#include "analyst/grid/grid.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/kst.h"
#include "ipc/vocabulary.h"

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

static int add_point(struct reader *reader, bool is_daily, int64_t start, double value)
{
	struct grid_file *file = reader->file;

	if (file->count > 0 && file->is_daily != is_daily)
		return refuse(reader, "times of day and dates must not be mixed");
	if (file->count > 0 && start <= file->points[file->count - 1].start)
		return refuse(reader, "times must rise");
	if (file->count == GRID_POINTS_MAX)
		return refuse(reader, "too many lines");
	if (!array_grow(&file->points, file->count, &reader->room, sizeof(*file->points)))
		return -ENOMEM;
	file->is_daily = is_daily;
	file->points[file->count++] = (struct grid_point) { .start = start, .value = value };
	return 0;
}

/* line[size] is a NUL. */
static int read_line(struct reader *reader, const char *line, size_t size)
{
	const char *comma = memchr(line, ',', size);
	int64_t start = 0;
	char *end, time[LINE_BYTES_MAX];
	bool is_daily;
	double value;

	if (size == 0 || line[0] == '#')
		return 0;
	if (comma == NULL)
		return refuse(reader, "expected 'start,gCO2eq_kWh'");
	snprintf(time, sizeof(time), "%.*s", (int)(comma - line), line);
	is_daily = kst_parse_clock(time, strlen(time), &start);
	if (!is_daily && !kst_parse_time(time, &start)) {
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

/* To the next point; of a repeated day, around midnight. */
static int64_t gap_after(const struct grid_file *file, size_t index)
{
	const struct grid_point *points = file->points;

	if (index + 1 < file->count)
		return points[index + 1].start - points[index].start;
	return points[0].start + DAY_SECONDS - points[index].start;
}

/* How long a point of a repeated day holds: an even series (three of four gaps alike) has holes where a point is missing, a
 * day told in a few steps of different length has none. */
static int64_t hold_of(const struct grid_file *file)
{
	if (!file->is_daily)
		return GRID_HOLD_SECONDS;
	for (size_t i = 0; i < file->count; i++) {
		size_t alike = 0;
		for (size_t j = 0; j < file->count; j++)
			alike += gap_after(file, j) == gap_after(file, i);
		if (alike * 4 >= file->count * 3)
			return gap_after(file, i);
	}
	return DAY_SECONDS;
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
	if (reader->file->count == 0)
		return refuse(reader, "holds no values");
	reader->file->hold = hold_of(reader->file);
	return 0;
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

/* The point that holds at an instant and until when it does; false in a hole, with the hole's end. */
static bool holds_at(const struct grid_file *file, int64_t seconds, size_t *ret_index, int64_t *ret_until)
{
	int64_t at = file->is_daily ? seconds - kst_midnight(seconds) : seconds;
	size_t index = point_before(file, at), next = index == file->count ? 0 : index + 1;
	int64_t since, left; /* the point began, the next one comes in */

	if (file->is_daily &&
		index == file->count) /* before the day's first point: its last one, of yesterday */
		index = file->count - 1;
	if (next < file->count)
		left = file->points[next].start - at;
	else
		left = file->is_daily ? file->points[0].start + DAY_SECONDS - at : INT64_MAX / 2;
	*ret_index = index;
	if (index == file->count) {
		*ret_until = seconds + left;
		return false;
	}
	since = at - file->points[index].start;
	since += since < 0 ? DAY_SECONDS : 0;
	if (since >= file->hold) {
		*ret_until = seconds + left;
		return false;
	}
	*ret_until = seconds + (left < file->hold - since ? left : file->hold - since);
	return true;
}

bool grid_file_at(const struct grid_file *file, int64_t seconds, double *ret_value)
{
	size_t index;
	int64_t until;

	if (!holds_at(file, seconds, &index, &until))
		return false;
	*ret_value = file->points[index].value;
	return true;
}

int grid_file_signal(const struct grid_file *file, int64_t from, int64_t to, struct signal *ret_signal)
{
	struct signal signal = { 0 };
	int r = 0;

	for (int64_t start = from, until; start < to && r == 0; start = until) {
		size_t index = 0;
		bool is_known = holds_at(file, start, &index, &until);
		until = until < to ? until : to;
		r = signal_append(&signal, start, until, is_known ? file->points[index].value : 0,
			is_known ? SIGNAL_KNOWN : SIGNAL_MISSING);
	}
	if (r < 0) {
		signal_done(&signal);
		return r;
	}
	*ret_signal = signal;
	return 0;
}

/* Told before it came: marked so, or of a time that is yet to come. A step that a repeated day tells for many hours holds as
 * long as any value does. */
static bool is_forecast(const struct grid *grid, const struct grid_point *point, int64_t at)
{
	int64_t start = point->start;

	if (grid->file->is_daily) {
		start += kst_midnight(at);
		start -= start > at ? DAY_SECONDS : 0;
	}
	return (point->flags & GRID_FORECAST) != 0 || start > grid->now ||
	       at >= grid->now + GRID_HOLD_SECONDS;
}

struct grid_stretch grid_look(const struct grid *grid, int64_t start, int64_t seconds)
{
	int64_t steps = seconds > STEP_SECONDS ? seconds / STEP_SECONDS : 1, until;
	int64_t covered = 0, forecast = 0, estimated = 0;
	double sum = 0, all = (double)steps;
	size_t index;

	if (grid->file == NULL)
		return (struct grid_stretch) { .mean = grid->annual, .known = grid->annual };
	for (int64_t i = 0; i < steps; i++) {
		int64_t at = start + i * STEP_SECONDS;
		if (!holds_at(grid->file, at, &index, &until))
			continue;
		const struct grid_point *point = &grid->file->points[index];
		bool is_ahead = is_forecast(grid, point, at);
		sum += point->value;
		covered++;
		forecast += is_ahead;
		estimated += !is_ahead && (point->flags & GRID_ESTIMATED) != 0;
	}
	return (struct grid_stretch) { .mean = (sum + (double)(steps - covered) * grid->annual) / all,
		.known = covered > 0 ? sum / (double)covered : grid->annual,
		.covered = (double)covered / all,
		.forecast = (double)forecast / all,
		.estimated = (double)estimated / all };
}
