#include <math.h>

#include "fetcher/power/tally.h"

#define ERROR_RATIO_MAX 100

/* Of two states + 1, 0 = none. One that only initializes tells no watts yet: beside another it says nothing. */
static uint8_t weaker(uint8_t a, uint8_t b)
{
	uint8_t least = a < b ? a : b, most = a < b ? b : a;

	return least <= POWER_INITIALIZING + 1 ? most : least;
}

void tally_basis_tell(
	struct tally_basis *basis, const struct tally_series *series, const struct reading *reading)
{
	if ((series->subject == SUBJECT_STATE && reading->value > 0) || series->subject == SUBJECT_METHOD)
		basis->state = weaker(basis->state, (uint8_t)(reading->state + 1));
	else if (series->subject == SUBJECT_ERROR)
		basis->error_ppm = (uint32_t)fmax(
			basis->error_ppm, fmin(fmax(reading->value, 0), ERROR_RATIO_MAX) * 1e6);
}

enum power_state tally_state(const struct tally *tally, uint32_t *ret_error_ppm)
{
	uint8_t weakest = 0;

	*ret_error_ppm = 0;
	for (int i = 0; i < TALLY_ENDPOINTS_MAX; i++) {
		const struct tally_basis *basis = &tally->bases[i];
		if (tally->endpoints[i].rounds == 0)
			continue;
		weakest = weaker(weakest, basis->state != 0 ? basis->state : POWER_MEASURED + 1);
		*ret_error_ppm = basis->error_ppm > *ret_error_ppm ? basis->error_ppm : *ret_error_ppm;
	}
	return weakest != 0 ? (enum power_state)(weakest - 1) : POWER_MEASURED;
}
