/*
 * The processes of one turn. Each takes its part of what its own row gained, by the same rule and weights as rows take
 * theirs; what no living process used (threads that ended since, processes the ring has no room for) is the row's rest.
 * So in every turn and zone: processes of a row + its rest = its active energy. The process frame lists those that used
 * most of late.
 */
#pragma once

#include "estimator/machines.h"
#include "estimator/rows.h"

struct processes {
	uint32_t capacity,
		limit;   /* processes the ring can show; those the frame lists, or all machines if more */
	uint32_t *shown; /* by index of the state's process: index in the bank + 1 */
	uint32_t *position,
		*owner_at; /* by index in the bank: index of the state's process + 1, of its row + 1 */
	struct use
		*growth; /* by index of the state's process, as the next two; of those that used anything */
	uint32_t *owner; /* index of its row, none when it used nothing */
	uint64_t (*gained_uj)[STATE_ZONES];
	uint32_t *first, *members; /* by row: where its processes begin in members */
	uint32_t *takers;          /* scratch: those members that a zone's energy goes to */
	struct candidate *candidates;
	const struct machines *machines; /* NULL: none are known */
};

/* How many the process frame may list at most. */
uint32_t processes_listed_most(uint32_t limit, uint32_t machines);
int processes_init(struct processes *processes, uint32_t ring_rows, uint32_t limit);
void processes_done(struct processes *processes);

/* After rows_match(). before: the last tick counted; what is older and unknown begins where it stands, for its past is
 * not of this turn. */
void processes_match(struct processes *processes, struct state *state, const struct rows *rows,
	struct use_masks uses, const struct state_head *before);
/* After rows_split(). */
void processes_split(
	struct processes *processes, struct state *state, struct rows *rows, const struct use_rule *rule);
/* Chooses whom the process frame lists: `limit`, or every machine where those are more. */
void processes_list(struct processes *processes, struct state *state);
/* A new counter epoch: every process ends, its readings mean nothing there. */
void processes_end_all(struct state *state);
