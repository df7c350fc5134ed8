#include "fetcher/power/tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/fnv.h"

#define SERIES_ROUNDS 1000 /* without a reading: then it is forgotten */

void tally_done(struct tally *tally)
{
	for (uint32_t i = 0; i < tally->row_count; i++) {
		free(tally->rows[i].namespace);
		free(tally->rows[i].name);
		free(tally->rows[i].uid);
	}
	free(tally->series);
	free(tally->rows);
	idmap_done(&tally->series_by_hash);
	idmap_done(&tally->row_by_id);
	idmap_done(&tally->leader_by_own);
	idmap_done(&tally->zones_by_node);
	*tally = (struct tally) { 0 };
}

/* The highest ids are reserved. */
static uint64_t id_of(enum workload_kind kind, const struct kepler_workload *workload)
{
	uint64_t hash = fnv_text(FNV_BEGIN ^ (uint64_t)kind, workload->namespace);

	hash = fnv_bytes(hash, workload->name, strlen(workload->name)) >> 1;
	return hash == 0 ? 1 : hash;
}

static int name_row(struct tally_row *row, const struct kepler_workload *workload)
{
	row->namespace = strdup(workload->namespace);
	row->name = strdup(workload->name);
	row->uid = strdup(workload->uid);
	row->is_static = workload->is_static;
	return row->namespace == NULL || row->name == NULL || row->uid == NULL ? -ENOMEM : 0;
}

static int row_of(struct tally *tally, enum workload_kind kind, const struct kepler_workload *workload,
	uint32_t *ret_row)
{
	uint64_t id = id_of(kind, workload);
	struct tally_row *row;
	int r;

	if (idmap_find(&tally->row_by_id, id, ret_row)) {
		row = &tally->rows[*ret_row];
		row->kind = kind;
		if (row->name != NULL)
			return 0;
		tally->has_news = true;
		return name_row(row, workload);
	}
	if (tally->row_count == TALLY_ROWS_MAX)
		return -ENOSPC;
	if (!array_grow(&tally->rows, tally->row_count, &tally->row_room, sizeof(*tally->rows)))
		return -ENOMEM;
	if ((r = idmap_put(&tally->row_by_id, id, tally->row_count)) < 0)
		return r;
	row = &tally->rows[tally->row_count];
	*row = (struct tally_row) { .id = id, .kind = kind };
	*ret_row = tally->row_count++;
	tally->has_news = true;
	return name_row(row, workload);
}

static int add_series(struct tally *tally, unsigned endpoint, const struct metric_sample *sample,
	const struct kepler_series *told, uint32_t *ret_index)
{
	bool is_workload = told->subject == SUBJECT_POD || told->subject == SUBJECT_VM;
	struct kepler_workload workload;
	uint32_t row = TALLY_NO_ROW;
	int r;

	if (is_workload && (r = kepler_workload(told->subject, sample, &workload)) < 0)
		return r;
	if (is_workload && (r = row_of(tally, told->subject == SUBJECT_POD ? WORKLOAD_POD : WORKLOAD_VM,
				    &workload, &row)) < 0)
		return r;
	if (tally->series_count == TALLY_SERIES_MAX)
		return -ENOSPC;
	if (!array_grow(&tally->series, tally->series_count, &tally->series_room, sizeof(*tally->series)))
		return -ENOMEM;
	if ((r = idmap_put(&tally->series_by_hash, told->hash, tally->series_count)) < 0)
		return r;
	tally->series[tally->series_count] = (struct tally_series) { .hash = told->hash,
		.own = told->own,
		.node = { told->node[0], told->node[1] },
		.row = row,
		.endpoint = (uint8_t)endpoint,
		.subject = (uint8_t)told->subject,
		.zone = (uint8_t)told->zone,
		.unit = (uint8_t)told->unit,
		.rank = told->rank };
	*ret_index = tally->series_count++;
	if ((r = tally_nodes_add(tally, &tally->series[*ret_index])) < 0)
		return r;
	return tally_twins_add(tally, *ret_index);
}

int tally_series(struct tally *tally, unsigned endpoint, const struct metric_sample *sample,
	struct reading *ret_reading)
{
	struct kepler_series told;
	struct tally_series *series;
	struct kepler_workload workload;
	int r;

	if (!kepler_read(endpoint, sample, &told))
		return -ENOENT;
	*ret_reading =
		(struct reading) { .value = sample->value, .has_ended = told.has_ended, .state = told.state };
	if (!idmap_find(&tally->series_by_hash, told.hash, &ret_reading->series)) {
		r = add_series(tally, endpoint, sample, &told, &ret_reading->series);
		tally->counts.dropped += r < 0 && r != -ENOENT;
		return r == -E2BIG ? -ENOENT : r;
	}
	series = &tally->series[ret_reading->series];
	if (series->row != TALLY_NO_ROW &&
		tally->rows[series->row].name == NULL && /* known from before a restart */
		kepler_workload(told.subject, sample, &workload) == 0)
		return row_of(tally, tally->rows[series->row].kind, &workload, &series->row);
	return 0;
}

static void forget_series(struct tally *tally, uint32_t index)
{
	struct tally_series *series = &tally->series[index];

	idmap_remove(&tally->series_by_hash, series->hash);
	tally_twins_remove(tally, index);
	*series = tally->series[--tally->series_count];
	if (index == tally->series_count)
		return;
	idmap_put(&tally->series_by_hash, series->hash, index); /* is in the map: no memory is needed */
	tally_twins_move(tally, tally->series_count, index);
}

/* Its energy stays in the sum of all rows. */
static void forget_row(struct tally *tally, uint32_t index)
{
	struct tally_row *row = &tally->rows[index];
	uint32_t last = --tally->row_count;

	for (int zone = 0; zone < ZONE_COUNT; zone++)
		tally->gone_uj[zone] += row->uj[zone];
	free(row->namespace);
	free(row->name);
	free(row->uid);
	idmap_remove(&tally->row_by_id, row->id);
	if (index == last)
		return;
	*row = tally->rows[last];
	idmap_put(&tally->row_by_id, row->id, index);
	for (uint32_t i = 0; i < tally->series_count; i++)
		if (tally->series[i].row == last)
			tally->series[i].row = index;
}

void tally_forget(struct tally *tally, uint64_t acked_seq)
{
	bool has_forgotten = false;

	for (uint32_t i = 0; i < tally->row_count; i++)
		tally->rows[i].series = 0;
	for (uint32_t i = tally->series_count; i-- > 0;) {
		const struct tally_series *series = &tally->series[i];
		if (series->seen + SERIES_ROUNDS < tally->endpoints[series->endpoint].rounds) {
			forget_series(tally, i);
			has_forgotten = true;
		} else if (series->row != TALLY_NO_ROW)
			tally->rows[series->row].series++;
	}
	if (has_forgotten)
		(void)tally_nodes_learn(tally);
	for (uint32_t i = tally->row_count; i-- > 0;) {
		const struct tally_row *row = &tally->rows[i];
		if (row->series == 0 && row->final_seq != 0 && row->final_seq <= acked_seq)
			forget_row(tally, i);
	}
}
