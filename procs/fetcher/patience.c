#include "fetcher/patience.h"

bool patience_is_due(const struct patience *patience, int64_t now_s)
{
	return now_s >= patience->next_s;
}

int64_t patience_fail(struct patience *patience, int64_t now_s, bool is_refused, double chance)
{
	int64_t wait_s = PATIENCE_MOST_S;

	if (patience->failures < PATIENCE_OPEN_AFTER)
		patience->failures++;
	if (!is_refused && patience->failures < PATIENCE_OPEN_AFTER)
		wait_s = PATIENCE_FIRST_S << (patience->failures - 1);
	wait_s -= (int64_t)(chance * PATIENCE_SPREAD * (double)wait_s);
	patience->next_s = now_s + wait_s;
	return wait_s;
}

void patience_succeed(struct patience *patience, int64_t now_s, int64_t interval_s)
{
	*patience = (struct patience) { .next_s = now_s + interval_s };
}

void patience_hurry(struct patience *patience)
{
	if (patience->failures == 0)
		patience->next_s = 0;
}
