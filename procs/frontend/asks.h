/*
 * Questions on their way to the analyst. All questions of one loop turn go in one `ask` frame; answers come back by
 * number, in any order, long ones in chunks. Bounded: beyond ASKS_MAX a question is refused (BUSY). A question whose
 * asker went away is cancelled, one whose deadline passed is answered with BUSY; late answers are dropped and counted.
 * Asking changes nothing, so what is unanswered is asked again when the analyst comes back: its restart costs a client
 * some milliseconds and no error. Only when it has been away for ASK_ABSENT_MS is the answer NOT_READY.
 */
#pragma once

#include "base/stats.h"
#include "frontend/answers.h"
#include "ipc/link.h"
#include "ipc/reasons.h"

#define ASKS_MAX         256
#define ASK_ABSENT_MS    2000 /* longer than a restart takes */
#define ANSWER_BYTES_MAX (16U << 20)
/* What is kept while a snapshot lives: the analyst's answers, and messages for what is asked again byte by byte. */
#define ASKS_KEPT_BYTES_MAX     (8U << 20)
#define ASKS_MESSAGES_BYTES_MAX (2U << 20)

/* code = HTTP status; body is JSON, valid during the call only. */
typedef void ask_done_fn(void *context, int code, const char *body, size_t size);

struct asks;

/* budget_ms: how long a question may take. */
int asks_new(struct asks **ret_asks, const char *runtime_dir, uint64_t run, uint64_t budget_ms,
	struct stats *stats);
void asks_free(struct asks *asks);
struct link *asks_out(struct asks *asks);
struct link *asks_in(struct asks *asks);
bool asks_can_reach_analyst(const struct asks *asks);
size_t asks_pending(const struct asks *asks);
/* Does one still wait for the links to stand? After asks_flush(). */
bool asks_are_held(const struct asks *asks);

/* Queues a question for the end of the turn; arguments is the text of a JSON object, namespaces those it may see as a
 * principal has them (both copied). Its number (> 0), or
 * -EBUSY, -ENOTCONN (the analyst has been away for ASK_ABSENT_MS), -E2BIG, -ENOMEM. `done` is called exactly once
 * unless the question is cancelled; 0: it has been called before asks_submit() returned, the answer was kept. */
int64_t asks_submit(struct asks *asks, const char *namespaces, const char *tool, const char *arguments,
	size_t size, const char *lang, ask_done_fn *done, void *context);
void asks_cancel(struct asks *asks, int64_t id);

/* A message that answers `question` and is of the analyst's snapshot, held once for the caller; NULL = ask. The question was
 * put to us by its bytes: asks_submit()'s, which are the analyst's, are others. */
struct answers_body *asks_recall(struct asks *asks, const struct answers_question *question);
/* Remembers such a message, made of an answer that asks_submit() had kept, within the same call. */
void asks_keep(struct asks *asks, const struct answers_question *question, const char *message, size_t size);

/* At the end of each turn: sends what was queued, answers what is overdue. A queue that is full keeps its questions for
 * a later turn. */
void asks_flush(struct asks *asks);
/* NOT_READY: the analyst is away. */
struct error_object asks_absent_error(const char *lang);
