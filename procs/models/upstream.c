/*
 * Upstream's weights: {zone: {"All_Weights": {Bias_Weight, Numerical_Variables: {feature: {scale, weight}}, CurveFit_Weights}}}.
 * Watts of the whole host, features per second over their scale. Zones other than package (or, in an ACPI file, platform)
 * and dram are all zero in every published file and not read. What a curve looks at is told by its feature group, as the
 * trainers did (kepler-model-server, main_feature): not by its position in somebody's list.
 */
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "models/model_json.h"

#define WEIGHT_MAX 1e12

static const struct trainer {
	const char *name;
	enum formula_kind kind;
	uint32_t weights;
} trainers[] = {
	{ "SGDRegressor", FORMULA_LINEAR, 0 },
	{ "LinearRegression", FORMULA_LINEAR, 0 },
	{ "Logarithmic", FORMULA_LOGARITHMIC, 3 },
	{ "Exponential", FORMULA_EXPONENTIAL, 3 },
	{ "Logistic", FORMULA_LOGISTIC, 4 },
};

static int read_term(const struct json_at *features, const char *name, bool has_weight, struct term *term)
{
	struct json_at at;
	int r, feature = feature_find(name);

	if ((r = at_object(features, name, &at)) < 0)
		return r;
	if (feature < 0 || feature == FEATURE_busy_ppm)
		return at_refuse(features, name, "is a feature that tanso does not count");
	*term = (struct term) { .feature = (uint32_t)feature };
	if ((r = at_number(&at, "scale", 1e18, &term->scale)) < 0)
		return r;
	if (!(term->scale > 0))
		return at_refuse(&at, "scale", "must be above 0");
	return has_weight ? at_number(&at, "weight", WEIGHT_MAX, &term->weight) : 0;
}

static int read_terms(const struct json_at *features, struct formula *formula)
{
	int r = 0;

	json_object_object_foreach(features->object, name, value)
	{
		(void)value;
		if (formula->terms == FORMULA_TERMS_MAX)
			return at_refuse(features, name, "is one feature too many");
		r = read_term(features, name, true, &formula->term[formula->terms]);
		if (r < 0)
			return r;
		formula->terms++;
	}
	return formula->terms > 0 ? 0 : at_refuse(features, "", "is empty");
}

static int read_main_feature(const struct json_at *features, bool is_dram, struct formula *formula)
{
	const char *counted = is_dram ? "cache_miss" : "cpu_instructions";
	const char *timed = is_dram ? "bpf_page_cache_hit" : "bpf_cpu_time_ms";

	formula->terms = 1;
	return read_term(features, at_has(features, counted) ? counted : timed, false, &formula->term[0]);
}

static double watts_at(const struct formula *formula, double scaled, bool is_rising_only)
{
	struct rates rates = { 0 };

	for (uint32_t i = 0; i < formula->terms; i++)
		if ((!is_rising_only || formula->term[i].weight > 0) &&
			formula->term[i].feature != FEATURE_bpf_page_cache_hit) /* nobody counts it */
			rates.exact[formula->term[i].feature] = scaled * formula->term[i].scale;
	return formula_watts(formula, &rates);
}

/* Idle is what it says at rest, 0 if that is nonsense; max what it says at the largest feature it was trained on. */
static int limit(const struct json_at *at, struct formula *formula)
{
	double idle = watts_at(formula, 0, false);
	double max = watts_at(formula, 1, formula->kind == FORMULA_LINEAR);

	if (!(max >= 0 && max * 1000 <= (double)FORMULA_MW_MAX))
		return at_refuse(at, "", "gives no possible power at full load");
	formula->max_mw = (uint64_t)llround(max * 1000);
	if (idle > 0 && idle <= max)
		formula->idle_mw = (uint64_t)llround(idle * 1000);
	return 0;
}

static int read_zone(
	const struct json_at *root, const char *zone, const struct trainer *trainer, struct formula *formula)
{
	struct json_at at, weights, features;
	int r;

	if ((r = at_object(root, zone, &at)) < 0 || (r = at_object(&at, "All_Weights", &weights)) < 0 ||
		(r = at_object(&weights, "Numerical_Variables", &features)) < 0)
		return r;
	if (at_has(&weights, "Categorical_Variables")) {
		struct json_at categories;
		if ((r = at_object(&weights, "Categorical_Variables", &categories)) < 0)
			return r;
		if (json_object_object_length(categories.object) > 0)
			return at_refuse(&weights, "Categorical_Variables", "are not supported");
	}
	formula->kind = trainer->kind;
	if (trainer->kind == FORMULA_LINEAR) {
		if ((r = at_number(&weights, "Bias_Weight", WEIGHT_MAX, &formula->bias)) < 0 ||
			(r = read_terms(&features, formula)) < 0)
			return r;
	} else if ((r = at_numbers(
			    &weights, "CurveFit_Weights", trainer->weights, WEIGHT_MAX, formula->fit)) < 0 ||
		   (r = read_main_feature(&features, strcmp(zone, "dram") == 0, formula)) < 0)
		return r;
	return limit(&weights, formula);
}

static const struct trainer *find_trainer(const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *base = slash != NULL ? slash + 1 : name;

	for (size_t i = 0; i < ARRAY_SIZE(trainers); i++)
		if (strncmp(base, trainers[i].name, strlen(trainers[i].name)) == 0)
			return &trainers[i];
	return NULL;
}

int upstream_read(const struct json_at *root, const char *name, struct model_file *file)
{
	struct model_variant *variant = &file->variant[0];
	const struct trainer *trainer = find_trainer(name);
	const char *zone = at_has(root, "package") ? "package" : "platform";
	char model_name[64];
	int r;

	if (at_has(root, "model_name")) {
		if ((r = at_text(root, "model_name", model_name, sizeof(model_name))) < 0)
			return r;
		trainer = find_trainer(model_name);
	}
	if (trainer == NULL)
		return at_refuse(root, "",
			"neither \"format\" nor a trainer tanso can compute (SGDRegressor, LinearRegression, "
			"Logarithmic, Exponential, Logistic) in file name or model_name");
	if ((r = read_zone(root, zone, trainer, &variant->package)) < 0 ||
		(r = at_has(root, "dram") ? read_zone(root, "dram", trainer, &variant->dram) : 0) < 0)
		return r;
	size_t length = strlen(name);
	if (length > 5 && strcmp(name + length - 5, ".json") == 0)
		length -= 5;
	if (length >= sizeof(file->name))
		return at_refuse(root, "", "has too long a name");
	memcpy(file->name, name, length);
	snprintf(variant->name, sizeof(variant->name), "%s", "weights");
	file->is_upstream = true;
	file->is_dynamic = strstr(name, "DynPower") != NULL;
	file->variants = 1;
	return 0;
}
