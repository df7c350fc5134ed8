#include "fetcher/power/tally.h"

#define GONE_ROUNDS 2 /* that the one which counts may miss before another takes its place */

int tally_twins_add(struct tally *tally, uint32_t index)
{
	struct tally_series *series = &tally->series[index];
	uint32_t leader;

	if (series->own == 0)
		return 0;
	if (!idmap_find(&tally->leader_by_own, series->own, &leader))
		return idmap_put(&tally->leader_by_own, series->own, index);
	series->has_twin = tally->series[leader].has_twin = true;
	tally->has_new_twins = true;
	return 0;
}

void tally_twins_remove(struct tally *tally, uint32_t index)
{
	uint64_t own = tally->series[index].own;
	uint32_t leader;

	if (own != 0 && idmap_find(&tally->leader_by_own, own, &leader) && leader == index)
		idmap_remove(&tally->leader_by_own, own);
}

void tally_twins_move(struct tally *tally, uint32_t from, uint32_t to)
{
	uint64_t own = tally->series[to].own;
	uint32_t leader;

	if (own != 0 && idmap_find(&tally->leader_by_own, own, &leader) && leader == from)
		idmap_put(&tally->leader_by_own, own, to); /* is in the map: no memory is needed */
}

bool tally_twins_counts(struct tally *tally, uint32_t index, uint64_t round)
{
	const struct tally_series *series = &tally->series[index];
	uint32_t leader;

	if (!series->has_twin)
		return true;
	if (idmap_find(&tally->leader_by_own, series->own, &leader) &&
		tally->series[leader].seen + GONE_ROUNDS >= round)
		return leader == index;
	return idmap_put(&tally->leader_by_own, series->own, index) == 0;
}
