#include "analyst/pace.h"

#include <errno.h>

static uint64_t spacing_of(uint64_t pages)
{
	if (pages >= PACE_PAGES_PER_S * (PACE_MOST_NS / NS_PER_SECOND))
		return PACE_MOST_NS;
	return pages > PACE_PAGES_PER_S ? pages * NS_PER_SECOND / PACE_PAGES_PER_S : PACE_LEAST_NS;
}

void pace_note(struct pace *pace, int result, uint64_t pages, uint64_t now_ns)
{
	if (result == -EAGAIN)
		return;
	pace->committed_ns = now_ns;
	pace->spacing_ns = result < 0 ? PACE_LEAST_NS : spacing_of(pages);
}

bool pace_is_due(const struct pace *pace, const struct book *book, uint64_t now_ns)
{
	uint64_t spacing_ns = book->finals_waiting < PACE_FINALS ? pace->spacing_ns : PACE_LEAST_NS;

	return now_ns - pace->committed_ns >= spacing_ns;
}
