#include "analyst/grid/signal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"

void signal_done(struct signal *signal)
{
	free(signal->pieces);
	*signal = (struct signal) { 0 };
}

int signal_append(struct signal *signal, int64_t start, int64_t end, double value, enum signal_state state)
{
	if (end <= start || (signal->count > 0 && start != signal->end))
		return -EINVAL;
	if (signal->count > 0) {
		struct signal_piece *last = &signal->pieces[signal->count - 1];
		bool is_equal = !(last->value < value) && !(last->value > value);
		if (last->state == state && (state == SIGNAL_MISSING || is_equal)) {
			signal->end = end;
			return 0;
		}
	}
	if (signal->count == SIGNAL_PIECES_MAX)
		return -E2BIG;
	if (!array_grow(&signal->pieces, signal->count, &signal->room, sizeof(*signal->pieces)))
		return -ENOMEM;
	signal->pieces[signal->count++] =
		(struct signal_piece) { .start = start, .value = value, .state = state };
	signal->end = end;
	return 0;
}

static int64_t end_of(const struct signal *signal, size_t index)
{
	return index + 1 < signal->count ? signal->pieces[index + 1].start : signal->end;
}

void signal_interpolate(struct signal *signal, int64_t longest)
{
	for (size_t i = 1; i + 1 < signal->count; i++) {
		struct signal_piece *hole = &signal->pieces[i];
		const struct signal_piece *before = hole - 1, *after = hole + 1;
		if (hole->state != SIGNAL_MISSING || end_of(signal, i) - hole->start > longest ||
			before->state != SIGNAL_KNOWN || after->state != SIGNAL_KNOWN)
			continue;
		hole->value = (before->value + after->value) / 2;
		hole->state = SIGNAL_INTERPOLATED;
	}
}

/* Integral and missing seconds from the piece's start to `at` within it. */
static double part_integral(const struct signal_piece *piece, int64_t at)
{
	return piece->state == SIGNAL_MISSING ? 0 : piece->value * (double)(at - piece->start);
}

static int64_t part_of_state(const struct signal_piece *piece, int64_t at, enum signal_state state)
{
	return piece->state == state ? at - piece->start : 0;
}

void signal_seal(struct signal *signal)
{
	for (size_t i = 1; i < signal->count; i++) {
		const struct signal_piece *before = &signal->pieces[i - 1];
		struct signal_piece *piece = &signal->pieces[i];
		piece->integral = before->integral + part_integral(before, piece->start);
		piece->missing = before->missing + part_of_state(before, piece->start, SIGNAL_MISSING);
		piece->invented = before->invented + part_of_state(before, piece->start, SIGNAL_INTERPOLATED);
	}
}

static const struct signal_piece *piece_at(const struct signal *signal, int64_t at)
{
	size_t low = 0, high = signal->count;

	assert(signal->count > 0 && at >= signal->pieces[0].start && at <= signal->end);
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (signal->pieces[middle].start <= at)
			low = middle;
		else
			high = middle;
	}
	return &signal->pieces[low];
}

double signal_mean(const struct signal *signal, int64_t from, int64_t to)
{
	const struct signal_piece *first = piece_at(signal, from), *last = piece_at(signal, to);

	if (first == last) /* no rounding where nothing changes */
		return first->value;
	return (last->integral - first->integral + part_integral(last, to) - part_integral(first, from)) /
	       (double)(to - from);
}

static int64_t of_state(const struct signal *signal, int64_t from, int64_t to, enum signal_state state)
{
	const struct signal_piece *first = piece_at(signal, from), *last = piece_at(signal, to);
	int64_t before = state == SIGNAL_MISSING ? first->missing : first->invented,
		until = state == SIGNAL_MISSING ? last->missing : last->invented;

	return until + part_of_state(last, to, state) - before - part_of_state(first, from, state);
}

int64_t signal_missing(const struct signal *signal, int64_t from, int64_t to)
{
	return of_state(signal, from, to, SIGNAL_MISSING);
}

int64_t signal_invented(const struct signal *signal, int64_t from, int64_t to)
{
	return of_state(signal, from, to, SIGNAL_INTERPOLATED);
}

bool signal_is_torn(const struct signal *signal, int64_t from, int64_t to)
{
	bool has_value = false, has_hole = false;

	for (size_t i = 0; i < signal->count && signal->pieces[i].start < to; i++) {
		bool is_missing = signal->pieces[i].state == SIGNAL_MISSING;
		if (end_of(signal, i) <= from)
			continue;
		if (has_hole && !is_missing)
			return true;
		has_hole = has_value && is_missing;
		has_value |= !is_missing;
	}
	return false;
}
