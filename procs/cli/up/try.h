/* What to type in another terminal once all stages of a `tanso up` run. */
#pragma once

#include <stdio.h>

#include "base/config.h"

/* Of these stages (1 << STAGE_…), configured so; `place` is " --config FILE …" as far as clients need it to find this
 * pipeline, or "". */
void try_print(
	FILE *out, const struct config *config, unsigned stages, const char *binary_dir, const char *place);
