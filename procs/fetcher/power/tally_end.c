/* What a round comes to, and where the sums begin anew. */
#include "fetcher/power/tally.h"

#include <string.h>

#define ENDED_ROUNDS 3 /* an endpoint that left it out so often has no such workload any more */
#define AHEAD_MAX_UJ (INT64_C(1) << 59) /* what is beyond it stays the node's, and no workload's */

static void end_row(struct tally *tally, struct tally_row *row, uint64_t seq)
{
	bool is_missing = row->seen + ENDED_ROUNDS <= tally->endpoints[row->endpoint].rounds;
	bool has_ended = row->has_ended || (is_missing && (!tally->is_partial || row->final_seq != 0));

	if (has_ended != (row->final_seq != 0))
		tally->has_news = true;
	row->final_seq = !has_ended ? 0 : row->final_seq != 0 ? row->final_seq : seq;
	memset(row->grown_uj, 0, sizeof(row->grown_uj));
}

static void end_zone(struct tally *tally, int zone, uint64_t sum_uj, bool is_whole)
{
	uint64_t active_uj = tally->active_uj[zone];
	int64_t rest_uj = (int64_t)active_uj + tally->ahead_uj[zone] - (int64_t)sum_uj;
	bool is_told = (tally->node_mask & 1U << zone) != 0;

	if (is_whole && rest_uj > (int64_t)tally->other_uj[zone])
		tally->other_uj[zone] = (uint64_t)rest_uj;
	tally->total_uj[zone] = is_told ? active_uj + tally->idle_uj[zone] : sum_uj;
	tally->grown_active_uj[zone] = tally->grown_idle_uj[zone] = 0;
	sum_uj += tally->other_uj[zone];
	tally->most_uj = tally->total_uj[zone] > tally->most_uj ? tally->total_uj[zone] : tally->most_uj;
	tally->most_uj = sum_uj > tally->most_uj ? sum_uj : tally->most_uj;
}

void tally_end(struct tally *tally, uint64_t seq)
{
	uint64_t sum_uj[ZONE_COUNT];
	bool is_whole = !tally->is_partial; /* what no row tells is the rest */

	memcpy(sum_uj, tally->gone_uj, sizeof(sum_uj));
	for (uint32_t i = 0; i < tally->row_count; i++) {
		struct tally_row *row = &tally->rows[i];
		end_row(tally, row, seq);
		is_whole &= !tally_row_is_implausible(tally, row);
		for (int zone = 0; zone < ZONE_COUNT; zone++)
			sum_uj[zone] += row->uj[zone];
	}
	tally->most_uj = 0;
	for (int zone = 0; zone < ZONE_COUNT; zone++)
		end_zone(tally, zone, sum_uj[zone], is_whole);
}

static int64_t within(int64_t value, int64_t most)
{
	return value > most ? most : value < -most ? -most : value;
}

void tally_begin_epoch(struct tally *tally)
{
	for (int zone = 0; zone < ZONE_COUNT; zone++) {
		uint64_t rows_uj = tally->gone_uj[zone] + tally->other_uj[zone];
		for (uint32_t i = 0; i < tally->row_count; i++) {
			struct tally_row *row = &tally->rows[i];
			rows_uj += row->uj[zone] - row->grown_uj[zone];
			row->uj[zone] = row->grown_uj[zone];
		}
		tally->ahead_uj[zone] =
			within(tally->ahead_uj[zone] + (int64_t)tally->active_uj[zone] -
					(int64_t)tally->grown_active_uj[zone] - (int64_t)rows_uj,
				AHEAD_MAX_UJ);
		tally->active_uj[zone] = tally->grown_active_uj[zone];
		tally->idle_uj[zone] = tally->grown_idle_uj[zone];
		tally->gone_uj[zone] = tally->other_uj[zone] = 0;
	}
}

uint64_t tally_read_ns(const struct tally *tally)
{
	uint64_t newest_ns = 0;

	for (size_t i = 0; i < TALLY_ENDPOINTS_MAX; i++)
		if (tally->endpoints[i].real_ns > newest_ns)
			newest_ns = tally->endpoints[i].real_ns;
	return newest_ns;
}
