/* Does a node's own series have in it what a workload used? Of some nodes of a store there may be such series, of others none. */
#include "fetcher/power/tally.h"

enum about { ABOUT_NODES_WITHOUT, ABOUT_MATCHES, ABOUT_COUNT };

/* Beside the hashes of nodes: of an endpoint's series that lack the label; and whether a workload's is ever a node's. */
static uint64_t key_of(const struct tally_series *series, int label, enum about about)
{
	return ((uint64_t)series->endpoint * NODE_LABELS + (uint64_t)label) * ABOUT_COUNT + about;
}

static uint64_t key_of_node(const struct tally_series *series, int label)
{
	return series->node[label] != 0 ? series->node[label] : key_of(series, label, ABOUT_NODES_WITHOUT);
}

static uint32_t zones_of(const struct tally *tally, uint64_t key)
{
	uint32_t zones = 0;

	return idmap_find(&tally->zones_by_node, key, &zones) ? zones : 0;
}

static int add_zones(struct tally *tally, uint64_t key, uint32_t zones)
{
	return idmap_put(&tally->zones_by_node, key, zones_of(tally, key) | zones);
}

int tally_nodes_add(struct tally *tally, const struct tally_series *series)
{
	int r = 0;

	for (int label = 0; label < NODE_LABELS && r == 0; label++)
		if (series->subject == SUBJECT_ACTIVE)
			r = add_zones(tally, key_of_node(series, label), 0);
		else if (series->row != TALLY_NO_ROW)
			r = add_zones(tally, key_of(series, label, ABOUT_MATCHES), 0);
	return r;
}

/* Its keys are in the map: no memory is needed. */
void tally_nodes_told(struct tally *tally, const struct tally_series *series)
{
	tally->endpoints[series->endpoint].node_mask |= UINT64_C(1) << series->zone;
	for (int label = 0; label < NODE_LABELS; label++)
		(void)add_zones(tally, key_of_node(series, label), 1U << series->zone);
}

/* A label separates nodes only where it has been seen to join some: else it may mean one thing here and another there. */
bool tally_nodes_have(struct tally *tally, const struct tally_series *series)
{
	const uint32_t zone = 1U << series->zone;
	bool is_apart = false;

	if ((tally->endpoints[series->endpoint].node_mask & zone) == 0)
		return false;
	for (int label = 0; label < NODE_LABELS; label++) {
		uint64_t matches = key_of(series, label, ABOUT_MATCHES);
		if (series->node[label] == 0)
			continue;
		if ((zones_of(tally, series->node[label]) & zone) != 0)
			return add_zones(tally, matches, zone) == 0;
		is_apart |= (zones_of(tally, matches) & zone) != 0 &&
			    (zones_of(tally, key_of(series, label, ABOUT_NODES_WITHOUT)) & zone) == 0;
	}
	return !is_apart;
}

int tally_nodes_learn(struct tally *tally)
{
	int r = 0;

	idmap_clear(&tally->zones_by_node);
	for (uint32_t i = 0; i < tally->series_count && r == 0; i++) {
		const struct tally_series *series = &tally->series[i];
		r = tally_nodes_add(tally, series);
		if (r == 0 && series->subject == SUBJECT_ACTIVE &&
			(tally->endpoints[series->endpoint].node_mask >> series->zone & 1) != 0)
			tally_nodes_told(tally, series);
	}
	for (uint32_t i = 0; i < tally->series_count && r == 0; i++)
		if (tally->series[i].row != TALLY_NO_ROW)
			(void)tally_nodes_have(tally, &tally->series[i]);
	return r;
}
