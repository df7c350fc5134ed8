#include "models/model.h"

#include <errno.h>
#include <math.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/wide.h"
#include "models/catalogue.h"

#define PPM          1000000
#define BYTES_PER_GB UINT64_C(1000000000)
/* Stated errors of the general curve, k = 1, from leave-one-host-out (docs/watts.md): the worst host with its own watts; with
 * the table's, four of the five hosts, all but the high-frequency m5zn.metal. */
#define ERROR_HOST_GIVEN_PPM  300000
#define ERROR_GENERATION_PPM  350000
#define ERROR_UNKNOWN_CPU_PPM 560000

static const struct knot {
	uint32_t load_ppm, power_ppm;
} shape[] = {
#define KNOT(load, power) { load, power },
#include "models/curve.def"
};
_Static_assert(ARRAY_SIZE(shape) <= FORMULA_KNOTS_MAX, "the general curve has too many knots");

static uint64_t watts_to_mw(double watts)
{
	return (uint64_t)llround(watts * 1000);
}

/* The general curve between two watts of a host. */
static void make_general(uint64_t idle_mw, uint64_t full_mw, struct formula *formula)
{
	*formula = (struct formula) {
		.kind = FORMULA_CURVES, .curves = 1, .idle_mw = idle_mw, .max_mw = full_mw
	};
	formula->curve[0].feature = FEATURE_busy_ppm;
	formula->curve[0].knots = ARRAY_SIZE(shape);
	for (size_t i = 0; i < ARRAY_SIZE(shape); i++) {
		formula->curve[0].x[i] = shape[i].load_ppm;
		formula->curve[0].mw[i] = idle_mw + mul_div_u64(full_mw - idle_mw, shape[i].power_ppm, PPM);
	}
}

static uint32_t host_threads(const struct host *host)
{
	return host->host_threads > host->cpus ? host->host_threads : host->cpus;
}

static bool has_own_watts(const struct config *config)
{
	return config->host_idle_watts > 0 && config->host_full_watts > 0;
}

static int add_general(
	const struct config *config, const struct host *host, struct model *model, struct model_error *error)
{
	struct model_choice *choice = &model->choice[model->choices];
	uint64_t threads = host_threads(host), idle_mw = threads * host->thread_idle_mw,
		 full_mw = threads * host->thread_full_mw;

	if (config->host_idle_watts > 0)
		idle_mw = watts_to_mw(config->host_idle_watts);
	if (config->host_full_watts > 0)
		full_mw = watts_to_mw(config->host_full_watts);
	if (full_mw < idle_mw) {
		snprintf(error->text, sizeof(error->text),
			"host_full_watts is below host_idle_watts (or below the idle watts of the "
			"generation)");
		return -ERANGE;
	}
	make_general(idle_mw, full_mw, &choice->package);
	choice->host_threads = host_threads(host);
	choice->error_ppm =
		strcmp(host->generation, "unknown") == 0 ? ERROR_UNKNOWN_CPU_PPM : ERROR_GENERATION_PPM;
	if (has_own_watts(config))
		choice->error_ppm = ERROR_HOST_GIVEN_PPM;
	snprintf(choice->name, sizeof(choice->name), "curve:%s",
		has_own_watts(config) ? "host-given" : host->generation);
	model->choices++;
	return 0;
}

/* What rests where nothing runs, where the file itself says none or nonsense: the generation's watts, or yours. */
static void complete(
	const struct config *config, const struct host *host, bool is_dynamic, struct model_choice *choice)
{
	struct formula *package = &choice->package;
	uint64_t idle_mw = config->host_idle_watts > 0
				   ? watts_to_mw(config->host_idle_watts)
				   : (uint64_t)choice->host_threads * host->thread_idle_mw;

	if (is_dynamic)
		package->added_mw = idle_mw;
	else if (package->idle_mw == 0)
		package->idle_mw = idle_mw < package->max_mw ? idle_mw : package->max_mw;
	if (is_dynamic)
		package->idle_mw = 0;
}

/* The very host, some of whose threads are off (SMT): it draws what it draws. */
static bool is_metal(const struct host *host, const struct model_file *file)
{
	return !host->is_guest && host->cpus < file->threads && strcmp(host->product, file->product) == 0;
}

static void add_choice(const struct config *config, const struct host *host,
	const struct candidate *candidate, const struct model_variant *variant, struct model *model)
{
	struct model_choice *choice = &model->choice[model->choices++];

	const char *base = strrchr(candidate->file.name, '/');

	base = base != NULL ? base + 1 : candidate->file.name;
	if (candidate->file.is_upstream)
		snprintf(choice->name, sizeof(choice->name), "%s/%.38s", variant->name, base);
	else
		snprintf(choice->name, sizeof(choice->name), "%.38s/%s", base, variant->name);
	choice->package = variant->package;
	choice->counters = formula_counters(&variant->package);
	choice->host_threads = candidate->file.threads > 0 ? candidate->file.threads : host_threads(host);
	if (candidate->fit == FIT_HOST_TYPE && is_metal(host, &candidate->file))
		choice->host_threads = host->cpus;
	choice->error_ppm = candidate_error_ppm(candidate, variant, host);
	if (choice->error_ppm == 0)
		choice->error_ppm = ERROR_UNKNOWN_CPU_PPM; /* nobody measured it */
	complete(config, host, candidate->file.is_dynamic, choice);
	/* Memory differs between hosts of one CPU: only this kind of host's dram formula is of this memory. */
	if (variant->dram.kind != FORMULA_NONE && candidate->fit == FIT_HOST_TYPE &&
		!candidate->file.is_dynamic) {
		choice->dram = variant->dram;
		choice->counters |= formula_counters(&variant->dram);
		choice->has_dram = 1;
	}
}

static void choose(const struct config *config, const struct host *host, const struct catalogue *catalogue,
	struct model *model)
{
	const struct model_variant *with = NULL, *without = NULL;
	const struct candidate *candidate = catalogue_choose(catalogue, host, UINT32_MAX, &with);

	if (candidate != NULL)
		add_choice(config, host, candidate, with, model);
	candidate = catalogue_choose(catalogue, host, 0, &without);
	if (candidate != NULL && without != with)
		add_choice(config, host, candidate, without, model);
}

/* The file that config names: of the catalogue, or any. */
static int choose_named(const struct config *config, const struct host *host,
	const struct catalogue *catalogue, struct model *model, struct model_error *error)
{
	const struct candidate *found = catalogue_find(catalogue, config->model);
	int r = 0;

	if (found != NULL && found->fit == FIT_UNREADABLE) {
		snprintf(error->text, sizeof(error->text), "%s", found->reason);
		return -EINVAL;
	}
	CLEANUP(freep) struct candidate *file = calloc(1, sizeof(*file));
	if (file == NULL)
		return -ENOMEM;
	if (found != NULL)
		*file = *found;
	else if ((r = model_file_read(config->model, config->model, &file->file, error)) < 0)
		return r;
	else
		file->fit = FIT_NOT_STATED;
	for (uint32_t v = 0; v < file->file.variants && model->choices < MODEL_CHOICES_MAX - 1; v++)
		add_choice(config, host, file, &file->file.variant[v], model);
	return 0;
}

static int fill_choices(
	const struct config *config, const struct host *host, struct model *model, struct model_error *error)
{
	struct catalogue catalogue;
	int r = catalogue_read(config, host, &catalogue);

	if (r < 0)
		return r;
	if (strcmp(config->model, "auto") != 0)
		r = choose_named(config, host, &catalogue, model, error);
	else if (!has_own_watts(config)) /* what you measured here counts more than another host's model */
		choose(config, host, &catalogue, model);
	catalogue_done(&catalogue);
	return r < 0 ? r : add_general(config, host, model, error);
}

/* A machine of more threads than the model's host has more of the same packages. */
static uint64_t share(uint64_t host_mw, uint32_t cpus, uint32_t host_threads)
{
	return mul_div_u64(host_mw, cpus, host_threads);
}

int model_make(const struct config *config, const struct host *host, struct model *ret_model,
	struct model_error *error)
{
	struct model model;
	int r;

	memset(&model, 0, sizeof(model)); /* padding is hashed too */
	error->text[0] = '\0';
	model.cpus = host->cpus;
	if ((r = fill_choices(config, host, &model, error)) < 0)
		return r;
	const struct model_choice *first = &model.choice[0], *last = &model.choice[model.choices - 1];
	memcpy(model.name, first->name, sizeof(model.name));
	model.idle_mw =
		share(first->package.idle_mw + first->package.added_mw, host->cpus, first->host_threads);
	model.full_mw =
		share(first->package.max_mw + first->package.added_mw, host->cpus, first->host_threads);
	model.error_ppm = last->error_ppm;
	model.dram_uw_per_gb = (uint64_t)llround(config->memory_watts_per_gb * 1e6);
	model.dram_mw = mul_div_u64(host->memory_bytes, model.dram_uw_per_gb, BYTES_PER_GB * 1000);
	SHA256((const unsigned char *)&model, offsetof(struct model, hash), model.hash);
	*ret_model = model;
	return 0;
}

static const struct model_choice *answering(const struct model *model, uint32_t counters_valid)
{
	uint32_t i = 0;

	while (i + 1 < model->choices && (model->choice[i].counters & ~counters_valid) != 0)
		i++;
	return &model->choice[i];
}

/* How many of the host's threads are here. Where nobody knows of a host beyond this machine, the machine is the host. */
static uint32_t cpus_here(const struct model *model, const struct model_choice *choice, uint32_t online)
{
	bool is_part = choice->host_threads > model->cpus;

	if (!is_part || online == 0)
		return model->cpus;
	return online < choice->host_threads ? online : choice->host_threads;
}

void model_evaluate(
	const struct model *model, const struct model_input *input, struct model_output *ret_output)
{
	const struct model_choice *choice = answering(model, input->counters_valid);
	const struct formula *package = &choice->package, *dram = &choice->dram;
	uint32_t cpus = cpus_here(model, choice, input->cpus), threads = choice->host_threads;
	struct rates rates;

	rates_make(input, cpus, threads, &rates);
	*ret_output = (struct model_output) {
		.package_mw = share(formula_mw(package, &rates), cpus, threads),
		.package_idle_mw = share(package->idle_mw + package->added_mw, cpus, threads),
		.dram_mw = model->dram_mw,
		.source = choice->name,
		.error_ppm = choice->error_ppm,
	};
	if (choice->has_dram) {
		ret_output->dram_mw = share(formula_mw(dram, &rates), cpus, threads);
		ret_output->dram_idle_mw = share(dram->idle_mw, cpus, threads);
		ret_output->has_dram_idle = true;
	}
}

uint64_t model_memory_uj(const struct model *model, uint64_t byte_seconds)
{
	/* W/GB x 10^6 = µW/GB; byte-seconds x µW/GB / 10^9 = µJ */
	return mul_div_u64(byte_seconds, model->dram_uw_per_gb, BYTES_PER_GB);
}
