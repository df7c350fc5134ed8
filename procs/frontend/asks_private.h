/* What asks.c (questions) and asks_take.c (what comes back) share. */
#pragma once

#include "frontend/asks.h"

#define TOOL_MAX 65

enum phase { PHASE_FREE, PHASE_QUEUED, PHASE_SENT };

struct ask {
	enum phase phase;
	uint64_t id, deadline_ns;
	char tool[TOOL_MAX], lang[8];
	char *namespaces; /* that may be seen */
	char *arguments;  /* kept until the answer is there, to ask again */
	size_t arguments_size;
	ask_done_fn *done;
	void *context;
	char *body; /* chunks so far */
	size_t body_size;
	uint32_t chunks, next_chunk;
	uint64_t generation;
};

struct asks {
	struct link *out, *in;
	uint64_t run, next_id;
	uint64_t budget_ns;
	uint64_t analyst_seen_ns; /* when it was last connected */
	uint64_t repeat_at_ns;    /* 0 = not */
	size_t pending;           /* of all, those that are not free */
	struct ask all[ASKS_MAX];
	struct answers *answers, *messages;
	double *asked, *answered, *late, *overdue, *refused, *repeated, *reused;
};

/* NULL: no such question is on its way. */
struct ask *ask_find(struct asks *asks, uint64_t id);
/* Answers the asker; the place is free then. */
void ask_finish(struct asks *asks, struct ask *ask, int code, const char *body, size_t size);
void ask_fail(struct asks *asks, struct ask *ask, enum error_code code);
/* Handler of the analyst's frames (link_frame_fn). */
int asks_take(void *context, const struct frame *frame);
