/*
 * Counters and gauges of others become cumulative energy by workload and zone, in µJ: the same quantity that the
 * estimator sends, so that the analyst books it the same way. A counter that steps back began anew (as PromQL's
 * increase() reads it); a gauge is held over the time since the reading before. What a missed reading hides the next
 * one tells. Nothing is added that no reading says: a series that is seen for the first time counts in full only where
 * it can have begun since the reading before. Nor is what cannot be the power of one host, HOST_WATTS_MAX: whose reading is
 * that (not a number, negative, beyond it) is told to be implausible until the next one.
 */
#pragma once

#include "base/idmap.h"
#include "fetcher/power/kepler.h"

#define TALLY_SERIES_MAX    262144
#define TALLY_ROWS_MAX      65536
#define TALLY_ENDPOINTS_MAX 16
#define HOST_WATTS_MAX      100e3 /* a host of eight GPUs draws some 15 kW, a rack of the densest kind 130 */

struct tally_series {
	uint64_t hash, own, node[NODE_LABELS];
	uint64_t last_uj, last_ns; /* of a counter: its last sound reading, and when, CLOCK_REALTIME */
	uint64_t doubt_uj;         /* where it leapt to; it may go on from there */
	uint64_t seen;             /* round of its endpoint */
	uint32_t row;              /* index, TALLY_NO_ROW for the node's own */
	uint8_t endpoint, subject, zone, unit, rank;
	bool has_last, has_doubt, has_twin;
};
#define TALLY_NO_ROW UINT32_MAX

struct tally_row {
	uint64_t id;
	enum workload_kind kind;
	char *namespace, *name, *uid; /* NULL: not seen since a restart */
	uint64_t uj[ZONE_COUNT],
		grown_uj[ZONE_COUNT]; /* of the energy epoch; of it since the last tally_end() */
	uint64_t seen;                /* round of its endpoint */
	uint64_t implausible;         /* round of its endpoint in which a reading of it was no power */
	uint64_t final_seq;           /* frame that first said it has ended, 0 = it lives */
	uint32_t series;              /* that tell of it; tally_forget() counts them */
	uint8_t endpoint;
	bool has_ended;
	bool is_static; /* a pod of the node itself */
};

struct tally_endpoint {
	uint64_t rounds, real_ns; /* of the last reading */
	uint64_t implausible;     /* round in which a reading of the node itself was no power */
	uint64_t node_mask;       /* zones whose active part it told of a node of its, ever */
};

/* What an endpoint says its watts rest on: of a store's many nodes the weakest, and the greatest error. */
struct tally_basis {
	uint8_t state; /* enum power_state + 1; 0 = it tells none */
	uint32_t error_ppm;
};

struct tally_counts {
	uint64_t readings, resets, refused, late, dropped;
};

struct tally {
	struct tally_series *series;
	struct tally_row *rows;
	uint32_t series_count, row_count;
	size_t series_room, row_room;
	struct idmap series_by_hash, row_by_id, leader_by_own;
	struct idmap zones_by_node; /* whose active part is told (tally_nodes.c) */
	struct tally_endpoint endpoints[TALLY_ENDPOINTS_MAX];
	uint64_t active_uj[ZONE_COUNT], idle_uj[ZONE_COUNT]; /* of the node, as it is told */
	uint64_t grown_active_uj[ZONE_COUNT],
		grown_idle_uj[ZONE_COUNT]; /* of it since the last tally_end() */
	int64_t ahead_uj[ZONE_COUNT]; /* by how much it was ahead of its rows when the energy epoch began */
	uint64_t gone_uj[ZONE_COUNT]; /* what forgotten rows had */
	uint64_t other_uj[ZONE_COUNT], total_uj[ZONE_COUNT]; /* of the last tally_end() */
	uint64_t most_uj;              /* the same: of a zone, of the node or of all rows */
	uint32_t zone_mask, node_mask; /* zones there are; zones the node itself is told for */
	struct tally_basis bases[TALLY_ENDPOINTS_MAX];
	bool has_reset; /* since it was told last */
	bool is_partial; /* the last answer may lack series: nobody has ended, and what no row tells is not yet the rest */
	bool has_news;      /* a row appeared or ended: the workloads must be told */
	bool has_new_twins; /* since it was said last */
	struct tally_counts counts;
};

struct reading {
	uint32_t series;
	bool has_ended;
	enum power_state state; /* of a series that tells one */
	double value;
};

void tally_done(struct tally *tally);
/* Was the newest reading of it no power of a host? */
bool tally_row_is_implausible(const struct tally *tally, const struct tally_row *row);
bool tally_node_is_implausible(const struct tally *tally);
/* The series a sample belongs to, made if it is new. 0; -ENOENT: it does not count; -ENOSPC, -ENOMEM. */
int tally_series(struct tally *tally, unsigned endpoint, const struct metric_sample *sample,
	struct reading *ret_reading);
/* All readings of one endpoint at one time. 0 or -errno. */
int tally_apply(struct tally *tally, unsigned endpoint, const struct reading *readings, size_t count,
	uint64_t real_ns);
/* After the endpoints of a round: what is left of the node, and who has ended; `seq` is the frame that will say so. */
void tally_end(struct tally *tally, uint64_t seq);
/* What the last tally_end() summed up is told and booked: sums begin at zero, and have what has grown since. */
void tally_begin_epoch(struct tally *tally);
/* CLOCK_REALTIME of the last reading. */
uint64_t tally_read_ns(const struct tally *tally);
/* Forgets rows whose end was acknowledged, and series that are long gone. */
void tally_forget(struct tally *tally, uint64_t acked_seq);

/* Series that differ in what a store's scrape added alone, as of a pair of Prometheus or of two jobs at one Kepler: they tell the
 * same energy, and one of them counts, the others only once it is gone. 0 or -ENOMEM. */
int tally_twins_add(struct tally *tally, uint32_t index);
void tally_twins_remove(struct tally *tally, uint32_t index);
void tally_twins_move(struct tally *tally, uint32_t from, uint32_t to);
bool tally_twins_counts(struct tally *tally, uint32_t index, uint64_t round);

/* One series of an answer that says what the watts rest on, or none that does. */
void tally_basis_tell(
	struct tally_basis *basis, const struct tally_series *series, const struct reading *reading);
/* The weakest of what the endpoints say; one that says nothing is a meter's reader, as Kepler >= 0.10 is. */
enum power_state tally_state(const struct tally *tally, uint32_t *ret_error_ppm);

/* A workload's energy is in that of its node where the node's own is told, by one label or the other; else the node is the sum of what
 * is told of it. 0 or -ENOMEM: a series is new. Told: a node's own counts. Have: is a workload's in there? */
int tally_nodes_add(struct tally *tally, const struct tally_series *series);
void tally_nodes_told(struct tally *tally, const struct tally_series *series);
bool tally_nodes_have(struct tally *tally, const struct tally_series *series);
/* The same for all series there are, and no others. 0 or -ENOMEM, never when there were more before. */
int tally_nodes_learn(struct tally *tally);

/* The state over a restart, in a file of its own. Loading what is no whole state leaves the tally empty: -EBADMSG. */
struct tally_life {
	uint8_t boot_id[16];
	uint64_t birth_ns, energy_epoch, seq, first_boot_ns;
	uint64_t last_boot_ns; /* of the newest frame */
};
int tally_save(const struct tally *tally, const struct tally_life *life, int fd);
int tally_load(struct tally *tally, struct tally_life *life, int fd);
