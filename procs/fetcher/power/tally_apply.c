#include "fetcher/power/tally.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"

#define JOULES_MAX    9e12 /* 2^63 µJ: more does not fit 64 bits, and a host takes years for it */
#define GAUGE_HOLD_NS (300 * NS_PER_SECOND) /* a gauge says nothing about a longer time */
#define NEW_WATTS_MAX 2000.0 /* a series that began since the last reading drew no more than that */
#define NODE_SLACK    1.05

/* One endpoint's readings */

struct round {
	struct tally *tally;
	struct tally_endpoint *endpoint;
	uint64_t length_ns; /* since the reading before, 0 = the first */
	uint8_t best[SUBJECT_COUNT][ZONE_COUNT];
	uint64_t node_uj[ZONE_COUNT]; /* what its active part grew by */
	struct tally_basis basis;
};

static bool is_sound(const struct tally_series *series, double value)
{
	return isfinite(value) && value >= 0 &&
	       value < (series->unit == UNIT_JOULES ? JOULES_MAX : HOST_WATTS_MAX);
}

static bool fits(uint64_t growth_uj, uint64_t length_ns)
{
	return (double)growth_uj <= HOST_WATTS_MAX * (double)length_ns / 1e3;
}

static uint64_t growth_of_new(struct round *round, const struct tally_series *series, uint64_t now_uj)
{
	uint64_t bound_uj = round->node_uj[series->zone];

	if (round->length_ns == 0)
		return 0;
	if (series->row == TALLY_NO_ROW || round->best[SUBJECT_ACTIVE][series->zone] == 0 ||
		!tally_nodes_have(round->tally, series))
		bound_uj = (uint64_t)(NEW_WATTS_MAX * (double)round->length_ns / 1e3);
	if ((double)now_uj <= (double)bound_uj * NODE_SLACK)
		return now_uj;
	round->tally->counts
		.late++; /* it is older than the reading before: what it had is not of this time */
	return 0;
}

/* Of a counter with a reading before. One that leaps is not believed at once: what it grew by since the last sound reading
 * counts if it comes back, and it goes on from where it leapt to if it stays there. False: no host can have used that. */
static bool growth_of_known(
	struct round *round, struct tally_series *series, uint64_t now_uj, uint64_t *ret_growth_uj)
{
	bool is_reset = now_uj < series->last_uj;

	*ret_growth_uj = is_reset ? now_uj : now_uj - series->last_uj;
	if (!fits(*ret_growth_uj, round->endpoint->real_ns - series->last_ns)) {
		is_reset = series->has_doubt && now_uj >= series->doubt_uj &&
			   fits(now_uj - series->doubt_uj, round->length_ns);
		*ret_growth_uj = now_uj - series->doubt_uj;
		series->doubt_uj = now_uj;
		series->has_doubt = !is_reset;
		if (!is_reset)
			return false;
	}
	round->tally->has_reset |= is_reset;
	round->tally->counts.resets += is_reset;
	return true;
}

static bool growth_of(struct round *round, struct tally_series *series, double value, uint64_t *ret_growth_uj)
{
	uint64_t now_uj;

	*ret_growth_uj = 0;
	if (!is_sound(series, value))
		return false;
	if (series->unit == UNIT_WATTS) {
		if (round->length_ns <= GAUGE_HOLD_NS)
			*ret_growth_uj = (uint64_t)llround(value * (double)round->length_ns / 1e3);
		return true;
	}
	now_uj = (uint64_t)llround(value * 1e6);
	if (!series->has_last)
		*ret_growth_uj = growth_of_new(round, series, now_uj);
	else if (!growth_of_known(round, series, now_uj, ret_growth_uj))
		return false;
	series->last_uj = now_uj;
	series->last_ns = round->endpoint->real_ns;
	series->has_last = true;
	series->has_doubt = false;
	return true;
}

static void add_to_row(
	struct round *round, struct tally_series *series, const struct reading *reading, uint64_t uj)
{
	struct tally_row *row = &round->tally->rows[series->row];

	row->uj[series->zone] += uj;
	row->grown_uj[series->zone] += uj;
	row->implausible = row->endpoint == series->endpoint ? row->implausible : 0;
	row->endpoint = series->endpoint;
	if (!reading->has_ended)
		row->seen = round->endpoint->rounds;
	row->has_ended = reading->has_ended;
}

static void add_to_node(struct tally *tally, const struct tally_series *series, uint64_t uj)
{
	tally->active_uj[series->zone] += uj;
	tally->grown_active_uj[series->zone] += uj;
}

/* It is there, and nobody knows what it draws. */
static void refuse(struct round *round, struct tally_series *series, const struct reading *reading)
{
	round->tally->counts.refused++;
	if (series->row == TALLY_NO_ROW) {
		round->endpoint->implausible = round->endpoint->rounds;
		return;
	}
	add_to_row(round, series, reading, 0);
	round->tally->rows[series->row].implausible = round->endpoint->rounds;
}

static void apply(struct round *round, const struct reading *reading)
{
	struct tally *tally = round->tally;
	struct tally_series *series = &tally->series[reading->series];
	uint64_t uj;

	if (series->seen == round->endpoint->rounds)
		return; /* told twice in one answer: a gauge would count twice */
	series->seen = round->endpoint->rounds;
	tally_basis_tell(&round->basis, series, reading);
	if (series->unit == UNIT_NONE || series->rank < round->best[series->subject][series->zone])
		return;
	if (!growth_of(round, series, reading->value, &uj)) {
		refuse(round, series, reading);
		return;
	}
	if (!tally_twins_counts(tally, reading->series, round->endpoint->rounds))
		uj = 0;
	tally->counts.readings++;
	tally->zone_mask |= 1U << series->zone;
	if (series->row != TALLY_NO_ROW) {
		add_to_row(round, series, reading, uj);
		if (!tally_nodes_have(tally, series))
			add_to_node(tally, series, uj);
		return;
	}
	tally->node_mask |= 1U << series->zone;
	if (series->subject == SUBJECT_ACTIVE) {
		tally_nodes_told(tally, series);
		add_to_node(tally, series, uj);
		round->node_uj[series->zone] += uj;
	} else {
		tally->idle_uj[series->zone] += uj;
		tally->grown_idle_uj[series->zone] += uj;
	}
}

int tally_apply(struct tally *tally, unsigned endpoint, const struct reading *readings, size_t count,
	uint64_t real_ns)
{
	struct round round = { .tally = tally, .endpoint = &tally->endpoints[endpoint] };

	if (round.endpoint->real_ns != 0 && real_ns <= round.endpoint->real_ns)
		return -EALREADY;
	round.length_ns = round.endpoint->real_ns != 0 ? real_ns - round.endpoint->real_ns : 0;
	round.endpoint->real_ns = real_ns;
	round.endpoint->rounds++;
	for (size_t i = 0; i < count; i++) {
		const struct tally_series *series = &tally->series[readings[i].series];
		uint8_t *best = &round.best[series->subject][series->zone];
		*best = series->rank > *best ? series->rank : *best;
	}
	/* The node first: what it grew by bounds what a new workload can have used. */
	for (size_t i = 0; i < count; i++)
		if (tally->series[readings[i].series].row == TALLY_NO_ROW)
			apply(&round, &readings[i]);
	for (size_t i = 0; i < count; i++)
		if (tally->series[readings[i].series].row != TALLY_NO_ROW)
			apply(&round, &readings[i]);
	if (round.basis.state != 0)
		tally->bases[endpoint] = round.basis;
	return 0;
}

bool tally_row_is_implausible(const struct tally *tally, const struct tally_row *row)
{
	return row->implausible != 0 && row->implausible == tally->endpoints[row->endpoint].rounds;
}

bool tally_node_is_implausible(const struct tally *tally)
{
	bool is_implausible = false;

	for (size_t i = 0; i < TALLY_ENDPOINTS_MAX; i++) {
		const struct tally_endpoint *endpoint = &tally->endpoints[i];
		is_implausible |= endpoint->implausible != 0 && endpoint->implausible == endpoint->rounds;
	}
	return is_implausible;
}
