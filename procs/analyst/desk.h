/* The questions of one loop turn, and their answers in few frames; the first do not wait for the last. */
#pragma once

#include "analyst/answers/answer.h"
#include "base/stats.h"
#include "ipc/link.h"

#define DESK_ASKS_MAX    1024                  /* questions waiting at a time; the next one hears BUSY */
#define DESK_BATCH_BYTES (UINT32_C(8) << 20)   /* bodies of one frame */
#define DESK_CHUNK_BYTES (UINT32_C(192) << 10) /* of a long body */

struct desk;

/* Answers go to `frontend` (borrowed). 0 or -errno. */
int desk_new(struct desk **ret_desk, struct link *frontend, const char *lang, struct stats *stats);
void desk_free(struct desk *desk);
/* Takes the questions of an ask frame. */
int desk_take(struct desk *desk, const struct frame *frame, uint64_t now_ns);
bool desk_has_asks(const struct desk *desk);
/* Answers all that wait, once the frontend hears us; those whose deadline is over are dropped and counted. */
void desk_answer(struct desk *desk, const struct knowledge *knowledge, uint64_t generation);
/* Tells the frontend that last asked that answers of older generations are old news. */
void desk_announce(struct desk *desk, uint64_t generation);
