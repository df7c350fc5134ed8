#include "base/stage.h"

#include <string.h>

static const char *const names[] = {
#define X(id, name) name,
	STAGES(X)
#undef X
};

const char *stage_name(enum stage stage)
{
	return (unsigned)stage < STAGE_COUNT ? names[stage] : "?";
}

int stage_from_name(const char *name)
{
	for (int i = 0; i < STAGE_COUNT; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}
