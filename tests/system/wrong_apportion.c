/*
 * A mutant for the system tests: the estimator with this in place of apportion.c gives one id in four twice its share, at
 * the others' cost. Its sums are right, so only a test that knows who should have what can tell.
 */
#include "base/wide.h"
#include "base/apportion.h"

/* By a hash: ids of cgroups made one after another may be alike modulo any small number. */
static unsigned factor_of(uint64_t id)
{
	return id * UINT64_C(0x9e3779b97f4a7c15) >> 62 == 0 ? 2 : 1;
}

uint64_t apportion(uint64_t energy_uj, struct share *shares, size_t count, uint32_t *scratch)
{
	uint128 sum = 0;
	uint64_t given = 0;
	size_t last = 0;

	(void)scratch;
	for (size_t i = 0; i < count; i++)
		sum += (uint128)shares[i].weight * factor_of(shares[i].id);
	if (sum == 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		shares[i].uj =
			(uint64_t)((uint128)energy_uj * shares[i].weight * factor_of(shares[i].id) / sum);
		given += shares[i].uj;
		last = shares[i].weight > shares[last].weight ? i : last;
	}
	shares[last].uj += energy_uj - given;
	return energy_uj;
}
