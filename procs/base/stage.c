#include "base/stage.h"

static const char *const names[] = {
#define X(id, name) name,
	STAGES(X)
#undef X
};

const char *stage_name(enum stage stage)
{
	return (unsigned)stage < STAGE_COUNT ? names[stage] : "?";
}
