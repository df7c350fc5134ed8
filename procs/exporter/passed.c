#include "exporter/passed.h"

#include <string.h>

void passed_add(struct passed *to, const struct passed *from)
{
	for (int i = 0; i < PASSED_COUNT; i++)
		to->by[i] += from->by[i];
}

bool passed_is_zero(const struct passed *passed)
{
	static const struct passed zero;

	return memcmp(passed, &zero, sizeof(zero)) == 0;
}

bool account_passed_hand_in(struct account_passed *account)
{
	struct passed all = account->base;

	passed_add(&all, &account->now);
	for (int i = 0; i < PASSED_COUNT; i++)
		account->base.by[i] -= all.by[i];
	return !passed_is_zero(&all);
}
