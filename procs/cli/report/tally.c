#include "cli/report/tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/fnv.h"
#include "base/kst.h"
#include "korea/uncertainty.h"

/* The hour whose rows are being added. */
struct hour {
	struct tally *tally;
	const struct sealed_hour *sealed;
	struct tally_month *month;
	struct tally_day *day;
	int64_t it_uj, measured_uj;
	bool has_data; /* watts of a fake meter are none */
};

static uint64_t hash_of(const struct sealed_row *row)
{
	const unsigned char kind = (unsigned char)row->kind;

	return fnv_text(fnv_text(fnv_bytes(FNV_BEGIN, &kind, 1), row->namespace), row->name);
}

static bool is_of(const struct tally_workload *workload, const struct sealed_row *row)
{
	return workload->kind == row->kind && strcmp(workload->namespace, row->namespace) == 0 &&
	       strcmp(workload->name, row->name) == 0;
}

static int add_workload(struct tally *tally, uint64_t key, const struct sealed_row *row)
{
	struct tally_workload *workload;

	if (!array_grow(&tally->workloads, tally->workload_count, &tally->workload_room,
		    sizeof(*tally->workloads)))
		return -ENOMEM;
	workload = &tally->workloads[tally->workload_count++];
	*workload = (struct tally_workload) {
		.kind = row->kind, .namespace = strdup(row->namespace), .name = strdup(row->name)
	};
	if (workload->namespace == NULL || workload->name == NULL)
		return -ENOMEM;
	return idmap_put(&tally->by_hash, key, (uint32_t)tally->workload_count - 1);
}

/* 1 = found, 0 = one too many, or -ENOMEM. */
static int find_workload(struct tally *tally, const struct sealed_row *row, struct sum **ret_sum)
{
	uint64_t key = hash_of(row);
	uint32_t index;
	int r;

	for (; idmap_find(&tally->by_hash, key, &index); key++) /* on a collision the next key */
		if (is_of(&tally->workloads[index], row)) {
			*ret_sum = &tally->workloads[index].sum;
			return 1;
		}
	if (tally->workload_count == TALLY_WORKLOADS_MAX)
		return 0;
	r = add_workload(tally, key, row);
	*ret_sum = &tally->workloads[tally->workload_count - (r == 0)].sum;
	return r < 0 ? r : 1;
}

/* As the analyst has it: what the hour states, else the default of a model or a meter. */
static double power_uncertainty(const struct terms *terms, bool is_measured)
{
	if (terms->error_ppm > 0)
		return (double)terms->error_ppm / 1e6;
	return is_measured ? U_POWER_METER : U_POWER_MODEL;
}

static void add(struct sum *sum, const struct terms *terms, const struct sealed_row *row, int64_t uj)
{
	double facility_uj = (double)uj * (double)terms->pue_ppm / 1e6;
	double grams = facility_uj / UJ_PER_KWH * (double)terms->intensity_mg / 1000;

	sum->it_uj += uj;
	sum->facility_uj += facility_uj;
	sum->grams += grams;
	sum->power_error_uj += facility_uj * power_uncertainty(terms, row->state == POWER_MEASURED);
	sum->pue_error_uj += facility_uj * uncertainty_of_pue(terms->pue_source);
	sum->grid_error_grams +=
		grams * uncertainty_of_grid(terms->quality, (double)terms->covered_ppm / 1e6);
}

static void add_node(struct sum *sum, const struct terms *terms, const struct sealed_row *row, int64_t uj)
{
	add(sum, terms, row, uj);
	sum->present_ns += row->present_ns;
}

static double share(double part, double whole)
{
	return whole > 0 ? part / whole : 0;
}

double sum_it_uncertainty(const struct sum *sum)
{
	return uncertainty_expanded(share(sum->power_error_uj, sum->facility_uj), 0, 0);
}

double sum_factor_uncertainty(const struct sum *sum, double u_factor)
{
	return uncertainty_expanded(share(sum->power_error_uj, sum->facility_uj),
		share(sum->pue_error_uj, sum->facility_uj), u_factor);
}

double sum_facility_uncertainty(const struct sum *sum)
{
	return sum_factor_uncertainty(sum, 0);
}

double sum_grams_uncertainty(const struct sum *sum)
{
	return sum_factor_uncertainty(sum, share(sum->grid_error_grams, sum->grams));
}

void sum_add(struct sum *sum, const struct sum *other)
{
	sum->it_uj += other->it_uj;
	sum->facility_uj += other->facility_uj;
	sum->grams += other->grams;
	sum->hours += other->hours;
	sum->incomplete += other->incomplete;
	sum->present_ns += other->present_ns;
	sum->power_error_uj += other->power_error_uj;
	sum->pue_error_uj += other->pue_error_uj;
	sum->grid_error_grams += other->grid_error_grams;
}

static int64_t counted(const struct sealed_row *row, uint32_t zones, int64_t *ret_idle_uj)
{
	int64_t uj = 0;

	*ret_idle_uj = 0;
	for (int zone = 0; zone < ZONE_COUNT; zone++)
		if (zone_is_counted((enum zone)zone, zones)) {
			uj += row->active_uj[zone] + row->idle_uj[zone];
			*ret_idle_uj += row->idle_uj[zone];
		}
	return uj;
}

/* Every other sum is a part of one of those this is asked of. */
static bool has_room(int64_t sum_uj, int64_t uj)
{
	return !__builtin_add_overflow(sum_uj, uj, &sum_uj);
}

static int add_row(void *context, const struct sealed_row *row)
{
	struct hour *hour = context;
	struct tally *tally = hour->tally;
	const struct terms *terms = &hour->sealed->terms;
	int64_t idle_uj, uj = counted(row, terms->zones, &idle_uj);
	struct sum *sum = NULL;
	int r;

	if (!has_room(tally->fake_uj, uj) || !has_room(tally->total.it_uj, uj) ||
		!has_room(tally->workloads_uj, uj))
		return -EOVERFLOW;
	if (row->state == POWER_FAKE) {
		tally->fake_uj += row->kind == ROW_NODE ? uj : 0;
		return 0;
	}
	if (row->kind == ROW_NODE) {
		add_node(&tally->total, terms, row, uj);
		add_node(&hour->month->sum, terms, row, uj);
		add_node(&hour->day->sum, terms, row, uj);
		hour->it_uj += uj;
		hour->has_data |= row->present_ns > 0;
		hour->measured_uj += row->state == POWER_MEASURED ? uj : 0;
		tally->idle_uj += idle_uj;
		tally->measured_uj += row->state == POWER_MEASURED ? uj : 0;
		return 0;
	}
	tally->workloads_uj += uj;
	r = find_workload(tally, row, &sum);
	if (r > 0)
		add(sum, terms, row, uj);
	return r < 0 ? r : 0;
}

static int by_start(const void *key, const void *day)
{
	int64_t a = *(const int64_t *)key, b = ((const struct tally_day *)day)->start;

	return (a > b) - (a < b);
}

/* How wrong a workload's day is by the terms of its hours is no longer known: as wrong as the node's day. */
static void add_errors_of_day(struct sum *sum, const struct tally *tally, const struct sealed_day_row *day)
{
	const struct tally_day *nodes =
		bsearch(&day->row.hour, tally->days, tally->day_count, sizeof(*tally->days), by_start);
	double facility_uj = (double)day->facility_uj, grams = (double)day->emissions_ng / 1e9;

	if (nodes == NULL)
		return;
	sum->power_error_uj += facility_uj * share(nodes->sum.power_error_uj, nodes->sum.facility_uj);
	sum->pue_error_uj += facility_uj * share(nodes->sum.pue_error_uj, nodes->sum.facility_uj);
	sum->grid_error_grams += grams * share(nodes->sum.grid_error_grams, nodes->sum.grams);
}

/* A workload's day, worth what the terms of its hours made of it; the node's rows come by the hour. */
static int add_day(void *context, const struct sealed_day_row *day)
{
	struct tally *tally = context;
	struct sum *sum = NULL;
	int r;

	if (day->row.state == POWER_FAKE)
		return 0;
	if (!has_room(tally->workloads_uj, day->it_uj))
		return -EOVERFLOW;
	tally->workloads_uj += day->it_uj;
	r = find_workload(tally, &day->row, &sum);
	if (r <= 0)
		return r;
	sum->it_uj += day->it_uj;
	sum->facility_uj += (double)day->facility_uj;
	sum->grams += (double)day->emissions_ng / 1e9;
	add_errors_of_day(sum, tally, day);
	return 0;
}

/* The last place takes what has none of its own. */
static struct tally_source *add_source(
	struct tally_source *sources, size_t *count, const char *text, int64_t uj)
{
	size_t i = 0;

	while (i < *count && strcmp(sources[i].text, text) != 0)
		i++;
	if (i == TALLY_SOURCES_MAX)
		i--;
	else if (i == *count) {
		snprintf(sources[i].text, sizeof(sources[i].text), "%s",
			i + 1 < TALLY_SOURCES_MAX ? text : "(others)");
		++*count;
	}
	sources[i].it_uj += uj;
	return &sources[i];
}

static struct tally_month *month_of(struct tally *tally, int64_t start)
{
	struct kst kst = kst_of(start);
	struct tally_month *last = tally->month_count > 0 ? &tally->months[tally->month_count - 1] : NULL;

	if (last != NULL && last->year == kst.year && last->month == kst.month)
		return last;
	if (tally->month_count == TALLY_MONTHS_MAX)
		return NULL;
	last = &tally->months[tally->month_count++];
	*last = (struct tally_month) { .year = kst.year, .month = kst.month };
	return last;
}

static struct tally_day *day_of(struct tally *tally, int64_t start)
{
	struct kst kst = kst_of(start);
	int64_t midnight = kst_seconds(kst.year, kst.month, kst.day);

	if (tally->day_count > 0 && tally->days[tally->day_count - 1].start == midnight)
		return &tally->days[tally->day_count - 1];
	if (!array_grow(&tally->days, tally->day_count, &tally->day_room, sizeof(*tally->days)))
		return NULL;
	tally->days[tally->day_count] = (struct tally_day) { .start = midnight };
	return &tally->days[tally->day_count++];
}

/* A measured PUE is another every hour: they are one source. */
static void note_pue(struct tally *tally, const struct terms *terms, int64_t uj)
{
	bool is_measured = strcmp(terms->pue_source, "measured") == 0;
	double pue = (double)terms->pue_ppm / 1e6;
	char text[TALLY_SOURCE_MAX];

	if (is_measured)
		snprintf(text, sizeof(text), "measured");
	else
		snprintf(text, sizeof(text), "%s %.15g", terms->pue_source, pue);
	add_source(tally->pues, &tally->pue_count, text, uj)->facility_uj += pue * (double)uj;
	if (strcmp(terms->pue_source, "assumed") == 0)
		tally->assumed_uj += uj;
}

static void note_hour(struct hour *hour)
{
	struct tally *tally = hour->tally;
	const struct sealed_hour *sealed = hour->sealed;
	const struct terms *terms = &sealed->terms;
	bool is_incomplete = (sealed->flags & HOUR_INCOMPLETE) != 0, is_measured;
	char text[TALLY_SOURCE_MAX];

	tally->total.hours += hour->has_data;
	tally->total.incomplete += is_incomplete && hour->has_data;
	hour->month->sum.hours += hour->has_data;
	hour->month->sum.incomplete += is_incomplete && hour->has_data;
	memcpy(tally->head, sealed->hash, sizeof(tally->head));
	tally->first = tally->sealed_hours++ == 0 ? sealed->start : tally->first;
	tally->last = sealed->start;
	if (hour->it_uj == 0)
		return; /* the terms of nothing */
	snprintf(text, sizeof(text), "%s %s (%s, %s)", terms->grid, terms->vintage, terms->factor,
		terms->quality);
	add_source(tally->grids, &tally->grid_count, text, hour->it_uj);
	note_pue(tally, terms, hour->it_uj);
	is_measured = 2 * hour->measured_uj > hour->it_uj;
	snprintf(text, sizeof(text), "%s (±%.3g %%, k = 1)", terms->meter,
		100 * power_uncertainty(terms, is_measured));
	add_source(tally->meters, &tally->meter_count, text, hour->it_uj)->is_measured = is_measured;
}

static int more_first(const void *a, const void *b)
{
	const struct tally_workload *x = a, *y = b;

	if (x->sum.it_uj != y->sum.it_uj)
		return x->sum.it_uj < y->sum.it_uj ? 1 : -1;
	return strcmp(x->name, y->name);
}

int tally_gather(struct tally *tally, struct sealed *sealed, int64_t from, int64_t to)
{
	struct sealed_hour one;
	int r;

	*tally = (struct tally) { .from = from, .to = to, .head = CHAIN_GENESIS };
	sealed_select(sealed, from, to);
	while ((r = sealed_next(sealed, &one)) > 0) {
		struct hour hour = { .tally = tally,
			.sealed = &one,
			.month = month_of(tally, one.start),
			.day = day_of(tally, one.start) };
		if (hour.month == NULL || hour.day == NULL)
			return hour.month == NULL ? -E2BIG : -ENOMEM;
		r = sealed_rows(sealed, one.start, add_row, &hour);
		if (r < 0)
			return r;
		note_hour(&hour);
	}
	if (r == 0)
		r = sealed_day_rows(sealed, from, to, add_day, tally);
	if (tally->workload_count > 0)
		qsort(tally->workloads, tally->workload_count, sizeof(*tally->workloads), more_first);
	return r;
}

void tally_done(struct tally *tally)
{
	for (size_t i = 0; i < tally->workload_count; i++) {
		free(tally->workloads[i].namespace);
		free(tally->workloads[i].name);
	}
	free(tally->workloads);
	free(tally->days);
	idmap_done(&tally->by_hash);
	*tally = (struct tally) { 0 };
}
