/*
 * A mutant for the system tests: the estimator with this in place of apportion.c gives every fourth id twice its share, at
 * the others' cost. Its sums are right, so only a test that knows who should have what can tell.
 */
#include "base/wide.h"
#include "estimator/apportion.h"

uint64_t apportion(uint64_t energy_uj, struct share *shares, size_t count, uint32_t *scratch)
{
	uint128 sum = 0;
	uint64_t given = 0;
	size_t last = 0;

	(void)scratch;
	for (size_t i = 0; i < count; i++)
		sum += (uint128)shares[i].weight * (shares[i].id % 4 == 0 ? 2 : 1);
	if (sum == 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		shares[i].uj = (uint64_t)((uint128)energy_uj * shares[i].weight *
					  (shares[i].id % 4 == 0 ? 2 : 1) / sum);
		given += shares[i].uj;
		last = shares[i].weight > shares[last].weight ? i : last;
	}
	shares[last].uj += energy_uj - given;
	return energy_uj;
}
