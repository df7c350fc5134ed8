/* Answers as they come back from the analyst: chunks, joined by question, late ones dropped. */
#include "frontend/asks_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"

/* A chunk 0 begins (anew): the same question may have been answered twice, before and after a restart. */
static void begin(struct ask *ask, const struct answer_row *row)
{
	free(TAKE(ask->body));
	ask->body_size = 0;
	ask->next_chunk = 0;
	ask->chunks = row->chunks;
	ask->generation = row->generation;
}

static int append(struct ask *ask, struct text chunk)
{
	if (ask->body_size + chunk.size > ANSWER_BYTES_MAX)
		return -E2BIG;
	char *body = realloc(ask->body, ask->body_size + chunk.size + 1);
	if (body == NULL)
		return -ENOMEM;
	memcpy(body + ask->body_size, chunk.data, chunk.size);
	ask->body = body;
	ask->body_size += chunk.size;
	ask->next_chunk++;
	return 0;
}

static void finish(
	struct asks *asks, struct ask *ask, const struct answer_row *row, const char *body, size_t size)
{
	++*asks->answered;
	if (row->code == 200) {
		const struct answers_question question = { ask->namespaces, ask->tool, ask->lang,
			ask->arguments, ask->arguments_size };
		answers_add(asks->answers, &question, row->generation, body, size);
	}
	ask_finish(asks, ask, row->code, body, size);
}

static void take_answer(struct asks *asks, const struct answer_row *row)
{
	struct ask *ask = ask_find(asks, row->id);

	if (ask == NULL || ask->phase != PHASE_SENT) {
		++*asks->late;
		return;
	}
	if (row->chunk == 0)
		begin(ask, row);
	if (row->chunk != ask->next_chunk || row->chunks != ask->chunks ||
		row->generation != ask->generation) {
		++*asks->late; /* the rest of an answer that was begun before a restart */
		return;
	}
	if (row->chunks == 1)
		finish(asks, ask, row, row->body.data, row->body.size);
	else if (append(ask, row->body) < 0)
		ask_fail(asks, ask, ERROR_INTERNAL);
	else if (row->chunk + 1 == row->chunks)
		finish(asks, ask, row, ask->body, ask->body_size);
}

static bool is_sane(const struct answer_row *row)
{
	return row->chunks > 0 && row->chunk < row->chunks && row->code >= 200 && row->code <= 599;
}

static void begin_generation(struct asks *asks, uint64_t generation)
{
	uint64_t now_ns = clock_mono_ns();

	answers_begin(asks->answers, generation, now_ns);
	answers_begin(asks->messages, generation, now_ns);
}

int asks_take(void *context, const struct frame *frame)
{
	struct asks *asks = context;
	const struct answer_once *once = frame->once;
	const struct answer_row *rows = frame->rows;
	int r = 0;

	for (size_t i = 0; i < frame->row_count; i++) {
		if (once->run != asks->run) /* to a predecessor of ours */
			++*asks->late;
		else if (rows[i].id == 0)
			begin_generation(asks, rows[i].generation);
		else if (is_sane(&rows[i]))
			take_answer(asks, &rows[i]);
		else
			r = -EBADMSG;
	}
	return r;
}
