/* The stages of the pipeline and their names: process names, socket names, systemd users are made of them. */
#pragma once

#define STAGES(X)                                                                                            \
	X(COLLECTOR, "collector")                                                                            \
	X(RESOLVER, "resolver")                                                                              \
	X(ESTIMATOR, "estimator")                                                                            \
	X(EXPORTER, "exporter")                                                                              \
	X(ANALYST, "analyst")                                                                                \
	X(FRONTEND, "frontend")                                                                              \
	X(FETCHER, "fetcher")

enum stage {
#define X(id, name) STAGE_##id,
	STAGES(X)
#undef X
		STAGE_COUNT
};

/* "collector", … ; "?" for a value outside the enum. */
const char *stage_name(enum stage stage);
/* "fetcher,analyst" as bits 1 << STAGE_…; 0 when the list is empty or names what is none. */
unsigned stages_from_names(const char *list);
