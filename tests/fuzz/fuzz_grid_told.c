/* Any bytes as a provider's answer: rows stay in order, in range, and bounded. */
#include "fetcher/grid/told.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static grid_parse_fn *const parsers[] = { parse_electricitymaps, parse_watttime, parse_casdk,
		parse_kpx_history, parse_kpx_now, parse_kpx_demand, parse_kpx_price };
	static const struct grid_mix_rules rules = { .factors = { 820, 490, 650, 12, 24, 11, 45, 644 },
		.with_estimated_solar = true };
	struct grid_told told = { 0 };
	char *body = malloc(size + 1), token[64];

	if (body == NULL)
		return 0;
	memcpy(body, data, size);
	body[size] = '\0'; /* as fetch promises */
	for (size_t i = 0; i < sizeof(parsers) / sizeof(parsers[0]); i++)
		parsers[i](&rules, body, size, &told);
	parse_watttime_token(body, size, token, sizeof(token));
	for (size_t i = 0; i < told.count; i++) {
		const struct grid_row *row = &told.rows[i];
		bool is_price = (row->flags & GRID_PRICE) != 0;
		if (row->start <= 0 || row->seconds == 0 ||
			(!is_price && !(row->value > 0 && row->value < INTENSITY_MAX)))
			abort();
		if (i > 0 && (row[-1].flags & GRID_PRICE) == (row->flags & GRID_PRICE) &&
			row[-1].start >= row->start)
			abort();
	}
	grid_told_trim(&told, 1);
	grid_told_done(&told);
	free(body);
	return 0;
}
