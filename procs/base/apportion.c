#include "base/apportion.h"

#include <stdlib.h>

#include "base/wide.h"

static int by_fraction(const void *a, const void *b, void *context)
{
	const struct share *shares = context;
	const struct share *left = &shares[*(const uint32_t *)a], *right = &shares[*(const uint32_t *)b];

	if (left->fraction != right->fraction)
		return left->fraction < right->fraction ? 1 : -1;
	return (left->id > right->id) - (left->id < right->id);
}

static void floor_of(uint64_t energy_uj, uint64_t weight, uint64_t total, struct share *share)
{
	uint64_t narrow;

	if (!__builtin_mul_overflow(energy_uj, weight, &narrow)) { /* as a rule, and four times as fast */
		share->uj = narrow / total;
		share->fraction = narrow % total;
		return;
	}
	uint128 product = (uint128)energy_uj * weight;
	share->uj = (uint64_t)(product / total);
	share->fraction = (uint64_t)(product % total);
}

uint64_t apportion(uint64_t energy_uj, struct share *shares, size_t count, uint32_t *scratch)
{
	uint128 sum = 0;
	uint64_t given = 0;
	size_t with_fraction = 0;

	for (size_t i = 0; i < count; i++) {
		sum += shares[i].weight;
		shares[i].uj = 0;
	}
	if (sum == 0)
		return 0;
	/* Weights of one node are nanoseconds or byte-seconds of one interval: their sum fits 64 bits by far; should it
	 * not, scale them all down alike. */
	unsigned shift = 0;
	while (sum >> shift > UINT64_MAX)
		shift++;
	uint64_t total = 0;
	for (size_t i = 0; i < count; i++)
		total += shares[i].weight >> shift;
	if (total == 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		if (shares[i].weight >> shift == 0)
			continue;
		floor_of(energy_uj, shares[i].weight >> shift, total, &shares[i]);
		given += shares[i].uj;
		if (shares[i].fraction > 0)
			scratch[with_fraction++] = (uint32_t)i;
	}
	qsort_r(scratch, with_fraction, sizeof(*scratch), by_fraction, shares);
	/* The left-over is smaller than the number of fractions: each of the first gets one. */
	for (size_t i = 0; given < energy_uj; i++, given++)
		shares[scratch[i]].uj++;
	return energy_uj;
}
