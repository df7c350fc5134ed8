#include "base/window.h"

static uint32_t slot(const struct window *window, uint32_t index)
{
	return (window->start + index) % WINDOW_POINTS;
}

static bool goes_backwards(const struct window *window, uint64_t time_ns, uint64_t value)
{
	uint32_t newest = slot(window, window->count - 1);

	return time_ns < window->time_ns[newest] || value < window->value[newest];
}

/* The 4 s of the clock that a point lies in: the same for all that see it. */
static uint64_t cell(const struct window *window, uint32_t index)
{
	return window->time_ns[slot(window, index)] / WINDOW_SPACING_NS;
}

static void drop_oldest(struct window *window)
{
	window->start = slot(window, 1);
	window->count--;
}

/* The newest point moves on through its cell, but not the first one after a silence: growth is counted from there. A frame
 * that is told once more is no second point. */
static bool moves_on(const struct window *window, uint64_t time_ns)
{
	if (window->count > 0 && window->time_ns[slot(window, window->count - 1)] == time_ns)
		return true;
	return window->count >= 2 && cell(window, window->count - 1) == time_ns / WINDOW_SPACING_NS &&
	       time_ns - window->time_ns[slot(window, window->count - 2)] <= WINDOW_SPAN_NS;
}

void window_push(struct window *window, uint64_t time_ns, uint64_t value)
{
	if (window->count > 0 && goes_backwards(window, time_ns, value))
		window->count = 0;
	/* A first point in the middle of a cell serves only until there are others. */
	if (moves_on(window, time_ns))
		window->count--;
	else if (window->count == WINDOW_POINTS || (window->count == 2 && cell(window, 0) == cell(window, 1)))
		drop_oldest(window);
	uint32_t next = slot(window, window->count++);
	window->time_ns[next] = time_ns;
	window->value[next] = value;
}

bool window_growth(const struct window *window, uint64_t *ret_growth, uint64_t *ret_span_ns)
{
	if (window->count < 2)
		return false;
	uint32_t newest = slot(window, window->count - 1);
	for (uint32_t i = 0; i + 1 < window->count; i++) {
		uint32_t oldest = slot(window, i);
		uint64_t span_ns = window->time_ns[newest] - window->time_ns[oldest];
		/* After a long silence even the last point before it is older than the span: take that one. */
		if (span_ns > WINDOW_SPAN_NS && i + 2 < window->count)
			continue;
		if (span_ns == 0)
			return false;
		*ret_growth = window->value[newest] - window->value[oldest];
		*ret_span_ns = span_ns;
		return true;
	}
	return false;
}

bool window_keeps_step(const struct window *window, const struct window *beat)
{
	return window->count == beat->count &&
	       (beat->count == 0 || window->time_ns[slot(window, window->count - 1)] ==
					    beat->time_ns[slot(beat, beat->count - 1)]);
}

void window_begin(struct window *window, const struct window *beat, uint64_t value)
{
	*window = *beat;
	for (uint32_t i = 0; i < WINDOW_POINTS; i++)
		window->value[i] = value;
}

/* Growth until then: nothing before the first point. */
static uint64_t value_at(const struct window *window, uint64_t time_ns)
{
	uint64_t value = 0;

	for (uint32_t i = 0; i < window->count; i++)
		if (window->time_ns[slot(window, i)] <= time_ns)
			value = window->value[slot(window, i)];
	return value;
}

void window_add(struct window *to, const struct window *from)
{
	for (uint32_t i = 0; i < to->count; i++)
		to->value[slot(to, i)] += value_at(from, to->time_ns[slot(to, i)]);
}
