#include "models/train.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "models/fit.h"

#define SEED           UINT64_C(0x7461736f) /* any number will do; another one draws other folds */
#define PPM            1000000
#define STATED_SHARE   0.975 /* stated as the 95 % interval: a new host's samples scatter, too */
#define IDLE_LOAD_PPM  10000
#define FULL_LOAD_PPM  980000
#define SHAPE_IDLE_W   1 /* a typical host draws seven times as much at full load as at rest: that weighs */
#define SHAPE_ACTIVE_W 6 /* the errors of the general curve */

enum zone_kind { OF_PACKAGE, OF_DRAM };

struct outcome {
	double watts, stated;
	uint32_t fold;
};

static uint64_t next_random(uint64_t *state) /* splitmix64 (Steele, Lea, Flood 2014) */
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static void draw_folds(uint32_t *folds, uint32_t count)
{
	uint64_t state = SEED;

	for (uint32_t i = 0; i < count; i++)
		folds[i] = i % TRAIN_FOLDS;
	for (uint32_t i = count; i > 1; i--) {
		uint32_t j = (uint32_t)(next_random(&state) % i), fold = folds[i - 1];
		folds[i - 1] = folds[j];
		folds[j] = fold;
	}
}

/* Cells of about the same load: 10 % of cycles (of busy time, without counters) by 3 % of instructions. */
static void draw_blocks(const struct samples *samples, bool has_counters, uint32_t *folds)
{
	for (uint32_t i = 0; i < samples->count; i++) {
		const struct sample *sample = &samples->all[i];
		double wide = has_counters ? sample->cycles : sample->busy_ppm;
		double narrow = has_counters ? sample->instructions : 0;
		uint64_t state = SEED ^ (uint64_t)llround(log(wide + 1) / 0.10) << 32 ^
				 (uint64_t)llround(log(narrow + 1) / 0.03);
		folds[i] = (uint32_t)(next_random(&state) % TRAIN_FOLDS);
	}
}

static double watts_of(const struct sample *sample, enum zone_kind zone)
{
	return zone == OF_PACKAGE ? sample->package : sample->dram;
}

static void take_sample(struct fit_data *data, const struct sample *sample, double watts)
{
	for (uint32_t f = 0; f < data->features; f++)
		data->x[f][data->count] = data->feature[f] == FEATURE_cpu_cycles ? sample->cycles
					  : data->feature[f] == FEATURE_cpu_instructions
						  ? sample->instructions
						  : sample->busy_ppm;
	data->watts[data->count++] = watts;
}

static void choose_features(struct fit_data *data, bool has_counters)
{
	data->features = has_counters ? 2 : 1;
	data->feature[0] = has_counters ? FEATURE_cpu_cycles : FEATURE_busy_ppm;
	data->feature[1] = FEATURE_cpu_instructions;
}

/* On all rows but those of fold `skip`. */
static int fit_rows(const struct samples *samples, enum zone_kind zone, bool has_counters,
	const uint32_t *folds, uint32_t skip, struct formula *formula)
{
	struct fit_data data;
	int r = fit_data_init(&data, samples->count);

	if (r < 0)
		return r;
	choose_features(&data, has_counters);
	for (uint32_t i = 0; i < samples->count; i++)
		if (folds[i] != skip && !isnan(watts_of(&samples->all[i], zone)))
			take_sample(&data, &samples->all[i], watts_of(&samples->all[i], zone));
	r = fit_formula(&data, formula);
	fit_data_done(&data);
	return r;
}

static double stated_watts(const struct formula *formula, const struct sample *sample)
{
	struct rates rates = { 0 };

	rates.whole[FEATURE_cpu_cycles] = (uint64_t)sample->cycles;
	rates.whole[FEATURE_cpu_instructions] = (uint64_t)sample->instructions;
	rates.whole[FEATURE_busy_ppm] = (uint64_t)sample->busy_ppm;
	return (double)formula_mw(formula, &rates) / 1000;
}

static int by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The smallest of the numbers that at least `share` of them (and one unseen) do not exceed. Sorts them. */
static double quantile(double *numbers, uint32_t count, double share)
{
	uint32_t rank = (uint32_t)ceil(share * (count + 1));

	qsort(numbers, count, sizeof(*numbers), by_number);
	return count == 0 ? 0 : numbers[(rank < count ? rank : count) - 1];
}

static uint32_t to_ppm(double ratio)
{
	return ratio < 4000 ? (uint32_t)llround(ratio * PPM) : UINT32_MAX;
}

/* How far off, as a share of the watts stated: what an interval around them must cover. */
static double distance(const struct outcome *outcome)
{
	return outcome->stated > 0 ? fabs(outcome->watts - outcome->stated) / outcome->stated : 1000;
}

/* Share of each fold that the interval of the other folds covers. */
static double coverage(const struct outcome *outcomes, uint32_t count, double *room)
{
	uint32_t covered = 0;

	for (uint32_t fold = 0; fold < TRAIN_FOLDS; fold++) {
		uint32_t others = 0;
		for (uint32_t i = 0; i < count; i++)
			if (outcomes[i].fold != fold)
				room[others++] = distance(&outcomes[i]);
		double interval = quantile(room, others, STATED_SHARE);
		for (uint32_t i = 0; i < count; i++)
			covered += outcomes[i].fold == fold && distance(&outcomes[i]) <= interval;
	}
	return (double)covered / count;
}

static int summarize(const struct outcome *outcomes, uint32_t count, struct fit_error *ret_error)
{
	CLEANUP(freep) double *room = calloc(count + 1, sizeof(*room));
	double sum = 0, squares = 0;

	if (room == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		double off = outcomes[i].stated - outcomes[i].watts;
		room[i] = fabs(off) / outcomes[i].watts;
		sum += room[i];
		squares += off * off;
	}
	*ret_error = (struct fit_error) { .samples = count,
		.mape_ppm = to_ppm(sum / count),
		.median_ppm = to_ppm(quantile(room, count, 0.5)),
		.rmse_mw = (uint32_t)llround(sqrt(squares / count) * 1000) };
	for (uint32_t i = 0; i < count; i++)
		room[i] = distance(&outcomes[i]);
	ret_error->interval95_ppm = to_ppm(quantile(room, count, STATED_SHARE));
	ret_error->coverage_ppm = to_ppm(coverage(outcomes, count, room));
	return 0;
}

static int cross_validate(
	const struct samples *samples, bool has_counters, const uint32_t *folds, struct fit_error *ret_error)
{
	CLEANUP(freep) struct outcome *outcomes = calloc(samples->count, sizeof(*outcomes));
	struct formula formula;
	int r = 0;

	if (outcomes == NULL)
		return -ENOMEM;
	for (uint32_t fold = 0; r == 0 && fold < TRAIN_FOLDS; fold++) {
		r = fit_rows(samples, OF_PACKAGE, has_counters, folds, fold, &formula);
		for (uint32_t i = 0; r == 0 && i < samples->count; i++)
			if (folds[i] == fold)
				outcomes[i] = (struct outcome) { .watts = samples->all[i].package,
					.stated = stated_watts(&formula, &samples->all[i]),
					.fold = fold };
	}
	return r < 0 ? r : summarize(outcomes, samples->count, ret_error);
}

static int train_variant(const struct samples *samples, bool has_counters, const uint32_t *folds,
	struct model_variant *variant)
{
	int r = cross_validate(samples, has_counters, folds, &variant->error);

	snprintf(variant->name, sizeof(variant->name), "%s", has_counters ? "counters" : "busy");
	if (r == 0)
		r = fit_rows(samples, OF_PACKAGE, has_counters, folds, TRAIN_FOLDS, &variant->package);
	if (r == 0 && samples->has_dram) {
		r = fit_rows(samples, OF_DRAM, has_counters, folds, TRAIN_FOLDS, &variant->dram);
		if (r == -EINVAL) { /* the column is there, and empty */
			memset(&variant->dram, 0, sizeof(variant->dram));
			r = 0;
		}
	}
	return r;
}

int train_blocked(const struct samples *samples, bool has_counters, struct fit_error *ret_error)
{
	CLEANUP(freep) uint32_t *folds = calloc(samples->count, sizeof(*folds));

	if (folds == NULL)
		return -ENOMEM;
	draw_blocks(samples, has_counters, folds);
	return cross_validate(samples, has_counters, folds, ret_error);
}

int train_host(const struct samples *samples, struct model_file *ret_file)
{
	CLEANUP(freep) uint32_t *folds = calloc(samples->count, sizeof(*folds));
	struct model_file file;
	int r = 0;

	if (folds == NULL)
		return -ENOMEM;
	memset(&file, 0, sizeof(file));
	snprintf(file.name, sizeof(file.name), "%s", samples->host.product);
	snprintf(file.product, sizeof(file.product), "%.31s", samples->host.product);
	snprintf(file.cpu, sizeof(file.cpu), "%.31s",
		samples->host.brand[0] != '\0' ? samples->host.brand : "not stated");
	snprintf(file.source, sizeof(file.source), "%s", samples->source);
	snprintf(file.licence, sizeof(file.licence), "%s", samples->licence);
	file.threads = samples->host.cpus;
	draw_folds(folds, samples->count);
	if (samples->has_counters)
		r = train_variant(samples, true, folds, &file.variant[file.variants++]);
	if (r == 0)
		r = train_variant(samples, false, folds, &file.variant[file.variants++]);
	if (r == 0)
		*ret_file = file;
	return r;
}

/* Median watts of the windows at rest or at full load. -ENODATA: there are none. */
static int own_watts(const struct samples *samples, bool is_full, double *ret_watts)
{
	CLEANUP(freep) double *watts = calloc(samples->count, sizeof(*watts));
	uint32_t count = 0;

	if (watts == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < samples->count; i++)
		if (is_full ? samples->all[i].busy_ppm >= FULL_LOAD_PPM
			    : samples->all[i].busy_ppm <= IDLE_LOAD_PPM)
			watts[count++] = samples->all[i].package;
	*ret_watts = quantile(watts, count, 0.5);
	return count > 0 ? 0 : -ENODATA;
}

static int take_normalized(const struct samples *samples, struct fit_data *data)
{
	double idle, full;
	int r;

	if ((r = own_watts(samples, false, &idle)) < 0 || (r = own_watts(samples, true, &full)) < 0)
		return r;
	if (full <= idle)
		return -ENODATA;
	for (uint32_t i = 0; i < samples->count; i++) {
		double part = (samples->all[i].package - idle) / (full - idle);
		take_sample(data, &samples->all[i], SHAPE_IDLE_W + SHAPE_ACTIVE_W * fmax(part, 0));
	}
	return 0;
}

/* From watts of a typical host to the share of its dynamic power, from (0, 0) to (1, 1). */
static void normalize(const struct formula *formula, struct curve *curve)
{
	const struct curve *fitted = &formula->curve[0];
	uint64_t top = fitted->mw[fitted->knots - 1];

	*curve = *fitted;
	for (uint32_t i = 0; i < curve->knots; i++)
		curve->mw[i] = top > 0 ? (fitted->mw[i] * PPM + top / 2) / top : 0;
	curve->x[0] = 0;
	curve->x[curve->knots - 1] = PPM;
}

int train_shape(const struct samples *hosts, size_t count, int skip, struct curve *ret_curve)
{
	struct formula formula;
	struct fit_data data;
	uint32_t rows = 0;

	for (size_t h = 0; h < count; h++)
		rows += hosts[h].count;
	int r = fit_data_init(&data, rows);
	if (r < 0)
		return r;
	choose_features(&data, false);
	for (size_t h = 0; r == 0 && h < count; h++)
		r = (int)h == skip ? 0 : take_normalized(&hosts[h], &data);
	if (r == 0)
		r = fit_formula(&data, &formula);
	if (r == 0)
		normalize(&formula, ret_curve);
	fit_data_done(&data);
	return r;
}

static int known_range(const struct samples *samples, enum known_watts known, double *idle, double *full)
{
	struct host host = samples->host;
	int r = 0;

	if (known == KNOWN_OWN) {
		r = own_watts(samples, false, idle);
		return r < 0 ? r : own_watts(samples, true, full);
	}
	if (known == KNOWN_NOTHING) {
		host.family = host.implementer = 0;
		host_classify(&host);
	}
	*idle = (double)host.cpus * host.thread_idle_mw / 1000;
	*full = (double)host.cpus * host.thread_full_mw / 1000;
	return 0;
}

static int try_formula(
	const struct formula *formula, const struct samples *samples, struct fit_error *ret_error)
{
	CLEANUP(freep) struct outcome *outcomes = calloc(samples->count, sizeof(*outcomes));

	if (outcomes == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < samples->count; i++)
		outcomes[i] = (struct outcome) { .watts = samples->all[i].package,
			.stated = stated_watts(formula, &samples->all[i]),
			.fold = 0 };
	int r = summarize(outcomes, samples->count, ret_error);
	ret_error->coverage_ppm =
		0; /* the interval is these samples' own: that it covers them says nothing */
	return r;
}

int train_leave_out(const struct samples *hosts, size_t count, size_t which, enum known_watts known,
	struct fit_error *ret_error)
{
	struct formula formula = { .kind = FORMULA_CURVES, .curves = 1 };
	double idle, full;
	int r = train_shape(hosts, count, (int)which, &formula.curve[0]);

	if (r < 0 || (r = known_range(&hosts[which], known, &idle, &full)) < 0)
		return r;
	if (full < idle)
		return -ENODATA;
	formula.idle_mw = formula.base_mw = (uint64_t)llround(idle * 1000);
	formula.max_mw = (uint64_t)llround(full * 1000);
	for (uint32_t i = 0; i < formula.curve[0].knots; i++)
		formula.curve[0].mw[i] = formula.curve[0].mw[i] * (formula.max_mw - formula.idle_mw) / PPM;
	return try_formula(&formula, &hosts[which], ret_error);
}

int train_transfer(const struct model_file *file, const struct samples *samples, struct fit_error *ret_error)
{
	return try_formula(&file->variant[0].package, samples, ret_error);
}
