/* A model file that is accepted never says a power outside its range, nor falls where it is a curve. */
#include <stdlib.h>

#include "models/model_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_formula(const struct formula *formula)
{
	uint64_t before = 0;

	if (formula->kind == FORMULA_NONE)
		return;
	for (uint64_t step = 0; step < 64; step++) {
		struct rates rates;
		for (size_t i = 0; i < FEATURE_COUNT; i++) {
			rates.whole[i] = (UINT64_C(1) << step) - 1;
			rates.exact[i] = (double)rates.whole[i];
		}
		uint64_t mw = formula_mw(formula, &rates);
		if (mw < formula->idle_mw || mw > formula->max_mw)
			abort();
		if (formula->kind == FORMULA_CURVES && mw < before)
			abort();
		before = mw;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "SGDRegressorTrainer_0.json",
		"LogarithmicRegressionTrainer_0.json", "DynPower/ExponentialRegressionTrainer_0.json",
		"LogisticRegressionTrainer_0.json" };
	struct model_file file;
	struct model_error error;

	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		error.text[0] = '\0';
		if (model_file_parse(names[n], (const char *)data, size, &file, &error) < 0) {
			if (error.text[0] == '\0')
				abort();
			continue;
		}
		for (uint32_t v = 0; v < file.variants; v++) {
			try_formula(&file.variant[v].package);
			try_formula(&file.variant[v].dram);
		}
	}
	return 0;
}
