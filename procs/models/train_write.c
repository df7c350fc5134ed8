/* What a fit is written as: laid out for people to read and for `git diff`, integers only. */
#include <inttypes.h>

#include "models/train.h"

static void write_list(FILE *out, const char *key, const uint64_t *values, uint32_t count)
{
	fprintf(out, "\"%s\": [", key);
	for (uint32_t i = 0; i < count; i++)
		fprintf(out, "%s%" PRIu64, i > 0 ? ", " : "", values[i]);
	fputc(']', out);
}

static void write_formula(FILE *out, const char *zone, const struct formula *formula)
{
	fprintf(out,
		"      \"%s\": {\n        \"idle_mw\": %" PRIu64 ", \"max_mw\": %" PRIu64
		", \"base_mw\": %" PRIu64 ",\n        \"curves\": [\n",
		zone, formula->idle_mw, formula->max_mw, formula->base_mw);
	for (uint32_t i = 0; i < formula->curves; i++) {
		const struct curve *curve = &formula->curve[i];
		fprintf(out, "          {\"feature\": \"%s\",\n           ", feature_name(curve->feature));
		write_list(out, "x", curve->x, curve->knots);
		fputs(",\n           ", out);
		write_list(out, "mw", curve->mw, curve->knots);
		fputs(i + 1 < formula->curves ? "},\n" : "}\n", out);
	}
	fputs("        ]\n      },\n", out);
}

static void write_variant(FILE *out, const struct model_variant *variant)
{
	const struct fit_error *error = &variant->error;

	fprintf(out, "    {\n      \"name\": \"%s\",\n", variant->name);
	write_formula(out, "package", &variant->package);
	if (variant->dram.kind != FORMULA_NONE)
		write_formula(out, "dram", &variant->dram);
	fprintf(out,
		"      \"error\": {\"samples\": %u, \"mape_ppm\": %u, \"median_ppm\": %u, \"rmse_mw\": %u, "
		"\"interval95_ppm\": %u, \"coverage_ppm\": %u}\n    }",
		error->samples, error->mape_ppm, error->median_ppm, error->rmse_mw, error->interval95_ppm,
		error->coverage_ppm);
}

void train_write(FILE *out, const struct model_file *file)
{
	fprintf(out,
		"{\n  \"format\": \"tanso-power-model\",\n  \"version\": 1,\n  \"name\": \"%s\",\n"
		"  \"source\": \"%s\",\n  \"licence\": \"%s\",\n"
		"  \"host\": {\"product\": \"%s\", \"cpu\": \"%s\", \"threads\": %u},\n  \"variants\": [\n",
		file->name, file->source, file->licence, file->product, file->cpu, file->threads);
	for (uint32_t i = 0; i < file->variants; i++) {
		write_variant(out, &file->variant[i]);
		fputs(i + 1 < file->variants ? ",\n" : "\n", out);
	}
	fputs("  ]\n}\n", out);
}

void train_write_shape(FILE *out, const struct samples *hosts, size_t count, const struct curve *curve)
{
	fputs("/*\n * Package power over load, normalised: 0 at idle, 1000000 at full load. KNOT(load in "
	      "ppm, share of "
	      "dynamic power\n * in ppm). Written by `tanso train`, see docs/watts.md; load is CPU cycles "
	      "over their "
	      "maximum. Fitted to:\n",
		out);
	for (size_t i = 0; i < count; i++)
		fprintf(out, " *   %s (%u windows)\n", hosts[i].host.product, hosts[i].count);
	fputs(" */\n", out);
	for (uint32_t i = 0; i < curve->knots; i++)
		fprintf(out, "KNOT(%" PRIu64 ", %" PRIu64 ")\n", curve->x[i], curve->mw[i]);
	fputs("#undef KNOT\n", out);
}
