#include "models/model_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "ipc/tools.h"
#include "models/model_json.h"

#define FORMAT   "tanso-power-model"
#define VERSION  1
#define RATE_MAX UINT64_C(1000000000000000) /* events per second of a whole host */
#define PPM_MAX  10000000

static int read_curve(const struct json_at *at, struct curve *curve)
{
	char name[32];
	uint32_t length;
	int r, feature;

	if ((r = at_text(at, "feature", name, sizeof(name))) < 0)
		return r;
	if ((feature = feature_find(name)) < 0)
		return at_refuse(at, "feature", "is none that tanso counts");
	curve->feature = (uint32_t)feature;
	if ((r = at_length(at, "x", 2, FORMULA_KNOTS_MAX, &length)) < 0 ||
		(r = at_integers(at, "x", length, RATE_MAX, curve->x)) < 0 ||
		(r = at_integers(at, "mw", length, FORMULA_MW_MAX, curve->mw)) < 0)
		return r;
	for (uint32_t i = 1; i < length; i++)
		if (curve->x[i] <= curve->x[i - 1])
			return at_refuse(at, "x", "must rise strictly");
		else if (curve->mw[i] < curve->mw[i - 1])
			return at_refuse(at, "mw", "must never fall");
	curve->knots = length;
	return 0;
}

static int read_formula(const struct json_at *parent, const char *zone, struct formula *formula)
{
	struct json_at at, curve;
	int r;

	if ((r = at_object(parent, zone, &at)) < 0 ||
		(r = at_integer(&at, "idle_mw", FORMULA_MW_MAX, &formula->idle_mw)) < 0 ||
		(r = at_integer(&at, "max_mw", FORMULA_MW_MAX, &formula->max_mw)) < 0 ||
		(r = at_integer(&at, "base_mw", FORMULA_MW_MAX, &formula->base_mw)) < 0 ||
		(r = at_length(&at, "curves", 1, FORMULA_CURVES_MAX, &formula->curves)) < 0)
		return r;
	if (formula->max_mw < formula->idle_mw)
		return at_refuse(&at, "max_mw", "is below idle_mw");
	for (uint32_t i = 0; i < formula->curves; i++)
		if ((r = at_element(&at, "curves", i, &curve)) < 0 ||
			(r = read_curve(&curve, &formula->curve[i])) < 0)
			return r;
	formula->kind = FORMULA_CURVES;
	return 0;
}

static int read_error(const struct json_at *parent, struct fit_error *error)
{
	struct json_at at;
	int r;

	if ((r = at_object(parent, "error", &at)) < 0 || (r = at_u32(&at, "samples", &error->samples)) < 0 ||
		(r = at_u32(&at, "mape_ppm", &error->mape_ppm)) < 0 ||
		(r = at_u32(&at, "median_ppm", &error->median_ppm)) < 0 ||
		(r = at_u32(&at, "rmse_mw", &error->rmse_mw)) < 0 ||
		(r = at_u32(&at, "interval95_ppm", &error->interval95_ppm)) < 0 ||
		(r = at_u32(&at, "coverage_ppm", &error->coverage_ppm)) < 0)
		return r;
	if (error->interval95_ppm == 0 || error->interval95_ppm > PPM_MAX)
		return at_refuse(&at, "interval95_ppm", "must lie between 1 and 10000000");
	return 0;
}

static int read_variant(const struct json_at *at, struct model_variant *variant)
{
	int r;

	if ((r = at_text(at, "name", variant->name, sizeof(variant->name))) < 0 ||
		(r = read_formula(at, "package", &variant->package)) < 0 ||
		(r = at_has(at, "dram") ? read_formula(at, "dram", &variant->dram) : 0) < 0)
		return r;
	return read_error(at, &variant->error);
}

static int read_host(const struct json_at *root, struct model_file *file)
{
	struct json_at at;
	int r;

	if ((r = at_object(root, "host", &at)) < 0 ||
		(r = at_text(&at, "product", file->product, sizeof(file->product))) < 0 ||
		(r = at_text(&at, "cpu", file->cpu, sizeof(file->cpu))) < 0 ||
		(r = at_u32(&at, "threads", &file->threads)) < 0)
		return r;
	return file->threads > 0 && file->threads <= 65536
		       ? 0
		       : at_refuse(&at, "threads", "must lie between 1 and 65536");
}

static int own_read(const struct json_at *root, struct model_file *file)
{
	struct json_at at;
	char format[32];
	uint64_t version;
	int r;

	if ((r = at_text(root, "format", format, sizeof(format))) < 0)
		return r;
	if (strcmp(format, FORMAT) != 0)
		return at_refuse(root, "format", "must be \"" FORMAT "\"");
	if ((r = at_integer(root, "version", UINT32_MAX, &version)) < 0)
		return r;
	if (version != VERSION)
		return at_refuse(root, "version", "is none this tanso knows (1)");
	if ((r = at_text(root, "name", file->name, sizeof(file->name))) < 0 ||
		(r = at_text(root, "source", file->source, sizeof(file->source))) < 0 ||
		(r = at_text(root, "licence", file->licence, sizeof(file->licence))) < 0 ||
		(r = read_host(root, file)) < 0 ||
		(r = at_length(root, "variants", 1, MODEL_FILE_VARIANTS_MAX, &file->variants)) < 0)
		return r;
	for (uint32_t i = 0; r == 0 && i < file->variants; i++)
		if ((r = at_element(root, "variants", i, &at)) == 0)
			r = read_variant(&at, &file->variant[i]);
	return r;
}

int model_file_parse(const char *name, const char *text, size_t size, struct model_file *ret_file,
	struct model_error *error)
{
	struct json_at root = { .file = name, .error = error };
	struct model_file file;
	char reason[64];
	size_t offset;
	int r;

	memset(&file, 0, sizeof(file)); /* padding, too: what is made of it is hashed */
	if (size > MODEL_FILE_BYTES_MAX)
		return at_refuse(&root, "", "is larger than 256 KiB");
	root.object = json_parse_strict(text, size, &offset);
	if (!json_object_is_type(root.object, json_type_object)) {
		snprintf(reason, sizeof(reason), "is not one JSON object (at byte %zu)", offset);
		json_object_put(root.object);
		return at_refuse(&root, "", reason);
	}
	r = at_has(&root, "format") ? own_read(&root, &file) : upstream_read(&root, name, &file);
	json_object_put(root.object);
	if (r == 0)
		*ret_file = file;
	return r;
}

int model_file_read(
	const char *path, const char *name, struct model_file *ret_file, struct model_error *error)
{
	CLEANUP(freep) char *text = malloc(MODEL_FILE_BYTES_MAX + 2);
	int size;

	if (text == NULL)
		return -ENOMEM;
	size = file_read_text(AT_FDCWD, path, text, MODEL_FILE_BYTES_MAX + 2);
	if (size < 0) {
		snprintf(error->text, sizeof(error->text), "%s: %s", path, strerror(-size));
		return size;
	}
	return model_file_parse(name, text, (size_t)size, ret_file, error);
}
