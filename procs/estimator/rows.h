/*
 * The cgroups of one turn: which state rows the newest bank shows, what they used since the last turn, which ended; and
 * the split of the zones' energy over them.
 */
#pragma once

#include "base/apportion.h"
#include "estimator/node.h"

/* The newest bank, and what it means for the state's rows. All arrays by index of the state's row unless said. */
struct rows {
	struct ring_row *bank; /* ring rows */
	uint32_t count, capacity;
	bool shows_ended; /* the collector keeps these rows until they are acknowledged */
	uint32_t *shown;  /* index in the bank + 1; 0 = the bank does not show it */
	struct use *growth;
	uint64_t (*gained_uj)[STATE_ZONES]; /* active energy of this turn */
	uint64_t folded; /* ended rows that were forgotten unacknowledged, since the start */
	void (*forgotten)(void *context, uint64_t id); /* told of every row that goes; NULL: nobody is */
	void *context;
	/* scratch, with room for all rows or all processes of one row */
	struct share *shares;
	uint32_t *scratch;
};

enum idle_sharing { IDLE_NONE, IDLE_EQUAL, IDLE_REQUEST };

int rows_init(struct rows *rows, uint32_t ring_rows);
void rows_done(struct rows *rows);

/* Reads the bank of tick seq. -ESTALE: the writer came round. */
int rows_read(struct rows *rows, const struct ring_reader *ring, uint64_t seq);
/* Finds or makes the state's rows, takes their growth, marks the ended ones, and keeps those bounded. */
void rows_match(struct rows *rows, struct state *state, struct use_masks uses);
/* Splits each zone's active energy; what nobody can take is idle. */
void rows_split(struct rows *rows, struct state *state, const struct use_rule *rule,
	const struct model *model, struct node_gain *gain);
/* Shares idle energy of package and dram among the living. request_of: CPU request in millicores, 0 = none. */
void rows_share_idle(struct rows *rows, struct state *state, struct node_gain *gain,
	enum idle_sharing sharing, uint64_t (*request_of)(void *context, uint64_t id), void *context);
/* Forgets ended rows up to seq that the bank does not show. */
void rows_forget(struct rows *rows, struct state *state, uint64_t seq);
