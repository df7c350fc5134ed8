#include "base/stage.h"

#include <stdio.h>
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

static int from_name(const char *name)
{
	for (int i = 0; i < STAGE_COUNT; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

unsigned stages_from_names(const char *list)
{
	char text[256], *rest = text, *name;
	unsigned stages = 0;

	if (snprintf(text, sizeof(text), "%s", list) >= (int)sizeof(text))
		return 0;
	while ((name = strsep(&rest, ",")) != NULL) {
		int stage = from_name(name);
		if (stage < 0)
			return 0;
		stages |= 1U << stage;
	}
	return stages;
}
