#include "analyst/desk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define ROWS_MAX       (DESK_ASKS_MAX * 2)
#define FIRST_FRAME_NS (NS_PER_MILLISECOND / 4) /* some ten times what a frame costs, and several answers */

struct ask {
	uint64_t run, id, due_ns;
	char *tool, *arguments, *namespaces; /* one block; tool comes first */
	size_t tool_size, arguments_size;
	char lang[9];
};

struct desk {
	struct link *frontend;
	const char *lang;
	struct ask asks[DESK_ASKS_MAX];
	size_t ask_count;
	/* the frame being gathered */
	struct answer_row rows[ROWS_MAX];
	char *bodies[DESK_ASKS_MAX + 1];
	size_t row_count, body_count, bytes;
	uint64_t run, generation, announced;
	double *answered, *expired, *busy, *unsent;
};

int desk_new(struct desk **ret_desk, struct link *frontend, const char *lang, struct stats *stats)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	if (desk == NULL)
		return -ENOMEM;
	desk->frontend = frontend;
	desk->lang = lang;
	desk->answered = stats_entry(stats, STAT_COUNTER, "asks_answered_total", "");
	desk->expired = stats_entry(stats, STAT_COUNTER, "asks_expired_total", "");
	desk->busy = stats_entry(stats, STAT_COUNTER, "asks_busy_total", "");
	desk->unsent = stats_entry(stats, STAT_COUNTER, "answers_unsent_total", "");
	*ret_desk = desk;
	return 0;
}

static void flush(struct desk *desk)
{
	const struct frame_head head = { .kind = FRAME_answer, .seq = desk->generation };
	const struct answer_once once = { .run = desk->run };

	if (desk->row_count > 0 && link_send(desk->frontend, &head, &once, desk->rows, desk->row_count) < 0)
		*desk->unsent += (double)desk->body_count; /* the frontend asks again */
	for (size_t i = 0; i < desk->body_count; i++)
		free(desk->bodies[i]);
	desk->row_count = desk->body_count = desk->bytes = 0;
}

/* Takes the body over. */
static void add_answer(struct desk *desk, uint64_t run, uint64_t id, struct answer *answer)
{
	size_t chunks = answer->size == 0 ? 1 : (answer->size - 1) / DESK_CHUNK_BYTES + 1;

	if (desk->run != run || desk->row_count + chunks > ROWS_MAX ||
		desk->body_count == ARRAY_SIZE(desk->bodies) || desk->bytes + answer->size > DESK_BATCH_BYTES)
		flush(desk);
	desk->run = run;
	if (chunks > ROWS_MAX) {
		*desk->unsent += 1;
		free(answer->body);
		return;
	}
	for (size_t i = 0; i < chunks; i++) {
		size_t at = i * DESK_CHUNK_BYTES, left = answer->size - at;
		desk->rows[desk->row_count++] = (struct answer_row) { .id = id,
			.generation = desk->generation,
			.code = (uint16_t)answer->status,
			.chunk = (uint32_t)i,
			.chunks = (uint32_t)chunks,
			.body = { answer->body != NULL ? answer->body + at : "",
				(uint32_t)(left < DESK_CHUNK_BYTES ? left : DESK_CHUNK_BYTES) } };
	}
	desk->bodies[desk->body_count++] = answer->body;
	desk->bytes += answer->size;
}

static void refuse_busy(struct desk *desk, uint64_t run, const struct ask_row *row)
{
	const struct error_object error = { .code = ERROR_BUSY, .retry_after_s = 1 };
	struct answer answer = { .status = error_status(ERROR_BUSY) };
	char lang[9];

	text_copy(lang, sizeof(lang), row->lang);
	answer.body = error_json(&error, lang, &answer.size);
	++*desk->busy;
	if (answer.body != NULL)
		add_answer(desk, run, row->id, &answer);
}

static int take_row(struct desk *desk, uint64_t run, const struct ask_row *row, uint64_t now_ns)
{
	struct ask *ask = &desk->asks[desk->ask_count];

	if (desk->ask_count == DESK_ASKS_MAX) {
		refuse_busy(desk, run, row);
		return 0;
	}
	*ask = (struct ask) { .run = run,
		.id = row->id,
		.due_ns = now_ns + row->deadline_ms * NS_PER_MILLISECOND,
		.tool_size = row->tool.size,
		.arguments_size = row->arguments.size };
	ask->tool = malloc((size_t)row->tool.size + row->arguments.size + row->namespaces.size + 1);
	if (ask->tool == NULL)
		return -ENOMEM;
	ask->arguments = ask->tool + row->tool.size;
	memcpy(ask->tool, row->tool.data, row->tool.size);
	memcpy(ask->arguments, row->arguments.data, row->arguments.size);
	ask->namespaces = ask->arguments + row->arguments.size;
	text_copy(ask->namespaces, (size_t)row->namespaces.size + 1, row->namespaces);
	text_copy(ask->lang, sizeof(ask->lang), row->lang.size > 0 ? row->lang : text_of(desk->lang));
	desk->ask_count++;
	return 0;
}

int desk_take(struct desk *desk, const struct frame *frame, uint64_t now_ns)
{
	const struct ask_once *once = frame->once;
	const struct ask_row *rows = frame->rows;

	for (size_t i = 0; i < frame->row_count; i++) {
		int r = take_row(desk, once->run, &rows[i], now_ns);
		if (r < 0)
			return r;
	}
	return 0;
}

bool desk_has_asks(const struct desk *desk)
{
	return desk->ask_count > 0 || desk->row_count > 0;
}

void desk_answer(struct desk *desk, const struct knowledge *knowledge, uint64_t generation)
{
	if (!link_is_connected(
		    desk->frontend)) /* it asks as soon as it hears us; our side of the link may be later */
		return;
	desk->generation = generation;
	ledger_begin_reading(knowledge->ledger);
	uint64_t gathering_ns = FIRST_FRAME_NS, sent_ns = clock_mono_ns();
	for (size_t i = 0; i < desk->ask_count; i++) {
		struct ask *ask = &desk->asks[i];
		struct answer answer;
		uint64_t now_ns = clock_mono_ns();
		/* The frontend hands these on while we work at the next ones. Twice as many each time: few frames, for a
		 * link has room for some. */
		if (now_ns - sent_ns >= gathering_ns) {
			flush(desk);
			gathering_ns *= 2;
			sent_ns = now_ns;
		}
		if (now_ns > ask->due_ns) {
			++*desk->expired;
		} else {
			answer_question(knowledge, ask->tool, ask->tool_size, ask->arguments,
				ask->arguments_size, ask->namespaces, ask->lang, &answer);
			++*desk->answered;
			add_answer(desk, ask->run, ask->id, &answer);
		}
		free(ask->tool);
	}
	ledger_end_reading(knowledge->ledger);
	desk->ask_count = 0;
	flush(desk);
}

void desk_announce(struct desk *desk, uint64_t generation)
{
	const struct frame_head head = { .kind = FRAME_answer, .seq = generation };
	const struct answer_once once = { .run = desk->run };
	const struct answer_row row = {
		.generation = generation, .code = 204, .chunks = 1, .body = text_of("")
	};

	if (desk->run == 0 || desk->announced == generation)
		return;
	if (link_send(desk->frontend, &head, &once, &row, 1) == 0)
		desk->announced = generation;
}

void desk_free(struct desk *desk)
{
	if (desk == NULL)
		return;
	for (size_t i = 0; i < desk->ask_count; i++)
		free(desk->asks[i].tool);
	for (size_t i = 0; i < desk->body_count; i++)
		free(desk->bodies[i]);
	free(desk);
}
