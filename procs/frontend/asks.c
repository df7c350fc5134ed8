#include "frontend/asks_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define ARGUMENTS_MAX 65536

/* After a restart the analyst may answer before its own link to us stands, and drop the answer: once more, then. */
#define SECOND_REPEAT_MS 300

struct ask *ask_find(struct asks *asks, uint64_t id)
{
	struct ask *ask = &asks->all[id % ASKS_MAX];

	return ask->phase != PHASE_FREE && ask->id == id ? ask : NULL;
}

static void release(struct asks *asks, struct ask *ask)
{
	asks->pending -= ask->phase != PHASE_FREE;
	free(ask->arguments);
	free(ask->namespaces);
	free(ask->body);
	*ask = (struct ask) { 0 };
}

void ask_finish(struct asks *asks, struct ask *ask, int code, const char *body, size_t size)
{
	ask_done_fn *done = ask->done;
	void *context = ask->context;

	done(context, code, body, size);
	release(asks, ask);
}

static void fail_with(struct asks *asks, struct ask *ask, const struct error_object *error)
{
	size_t size;
	CLEANUP(freep) char *body = error_json(error, ask->lang[0] != '\0' ? ask->lang : "en", &size);

	ask_finish(asks, ask, error_status(error->code), body != NULL ? body : "{}", body != NULL ? size : 2);
}

void ask_fail(struct asks *asks, struct ask *ask, enum error_code code)
{
	const struct error_object error = { .code = code, .retry_after_s = code == ERROR_BUSY };

	fail_with(asks, ask, &error);
}

struct error_object asks_absent_error(const char *lang)
{
	bool is_korean = strcmp(lang, "ko") == 0;
	struct error_object error = { .code = ERROR_NOT_READY, .retry_after_s = 1 };

	snprintf(error.message, sizeof(error.message), "%s",
		is_korean ? "분석 단계(tanso-analyst)가 실행 중이 아닙니다."
			  : "The analyst (tanso-analyst) is not running.");
	snprintf(error.hint, sizeof(error.hint), "%s",
		is_korean ? "곧 다시 시작됩니다. 계속되면 그 로그와 tanso doctor를 확인하십시오."
			  : "It is restarted at once; if this lasts, see its log and tanso doctor.");
	return error;
}

static void repeat_all(struct asks *asks)
{
	for (size_t i = 0; i < ASKS_MAX; i++) {
		struct ask *ask = &asks->all[i];
		if (ask->phase != PHASE_SENT)
			continue;
		ask->phase = PHASE_QUEUED;
		ask->next_chunk = ask->chunks = 0;
		++*asks->repeated;
	}
}

static void on_analyst_back(void *context)
{
	struct asks *asks = context;

	answers_end(asks->answers); /* it may be another analyst, who counts anew */
	answers_end(asks->messages);
	repeat_all(asks);
	asks->repeat_at_ns = clock_mono_ns() + SECOND_REPEAT_MS * NS_PER_MILLISECOND;
}

int asks_new(struct asks **ret_asks, const char *runtime_dir, uint64_t run, uint64_t budget_ms,
	struct stats *stats)
{
	struct asks *asks = calloc(1, sizeof(*asks));
	int r;

	if (asks == NULL)
		return -ENOMEM;
	asks->run = run;
	asks->budget_ns = budget_ms * NS_PER_MILLISECOND;
	asks->analyst_seen_ns = clock_mono_ns();
	asks->answers = answers_new(ASKS_KEPT_BYTES_MAX);
	asks->messages = answers_new(ASKS_MESSAGES_BYTES_MAX);
	if (asks->answers == NULL || asks->messages == NULL) {
		asks_free(asks);
		return -ENOMEM;
	}
	/* Listening comes first: the analyst may dial as soon as it hears of us. */
	if ((r = link_listen(&asks->in, runtime_dir, STAGE_FRONTEND, STAGE_ANALYST, asks_take, asks)) < 0 ||
		(r = link_dial(&asks->out, runtime_dir, STAGE_ANALYST, STAGE_FRONTEND, on_analyst_back,
			 asks)) < 0) {
		asks_free(asks);
		return r;
	}
	link_count_in(asks->out, stats);
	link_count_in(asks->in, stats);
	asks->asked = stats_entry(stats, STAT_COUNTER, "asks_total", "");
	asks->answered = stats_entry(stats, STAT_COUNTER, "asks_answered_total", "");
	asks->late = stats_entry(stats, STAT_COUNTER, "answers_late_total", "");
	asks->overdue = stats_entry(stats, STAT_COUNTER, "asks_overdue_total", "");
	asks->refused = stats_entry(stats, STAT_COUNTER, "asks_refused_total", "");
	asks->repeated = stats_entry(stats, STAT_COUNTER, "asks_repeated_total", "");
	asks->reused = stats_entry(stats, STAT_COUNTER, "answers_reused_total", "");
	*ret_asks = asks;
	return 0;
}

void asks_free(struct asks *asks)
{
	if (asks == NULL)
		return;
	for (size_t i = 0; i < ASKS_MAX; i++)
		release(asks, &asks->all[i]);
	answers_free(asks->answers);
	answers_free(asks->messages);
	free(asks);
}

struct link *asks_out(struct asks *asks)
{
	return asks->out;
}

struct link *asks_in(struct asks *asks)
{
	return asks->in;
}

bool asks_can_reach_analyst(const struct asks *asks)
{
	return link_is_connected(asks->out);
}

size_t asks_pending(const struct asks *asks)
{
	return asks->pending;
}

bool asks_are_held(const struct asks *asks)
{
	for (size_t i = 0; i < ASKS_MAX && asks->pending > 0; i++)
		if (asks->all[i].phase == PHASE_QUEUED)
			return true;
	return false;
}

static bool is_absent(const struct asks *asks, uint64_t now_ns)
{
	return !asks_can_reach_analyst(asks) &&
	       now_ns - asks->analyst_seen_ns >= ASK_ABSENT_MS * NS_PER_MILLISECOND;
}

static struct ask *take_slot(struct asks *asks)
{
	for (size_t i = 0; i < ASKS_MAX; i++) {
		struct ask *ask = &asks->all[++asks->next_id % ASKS_MAX];
		if (ask->phase == PHASE_FREE) {
			ask->id = asks->next_id;
			return ask;
		}
	}
	return NULL;
}

/* Answered at once: h2o then neither pauses the connection nor waits for the end of the turn. */
static bool answer_kept(struct asks *asks, const struct answers_question *question, uint64_t now_ns,
	ask_done_fn *done, void *context)
{
	struct answers_body *kept = answers_find(asks->answers, question, now_ns);

	if (kept == NULL)
		return false;
	++*asks->asked;
	++*asks->reused;
	done(context, 200, kept->data, kept->size);
	answers_release(kept);
	return true;
}

struct answers_body *asks_recall(struct asks *asks, const struct answers_question *question)
{
	uint64_t now_ns = clock_mono_ns();
	struct answers_body *kept =
		is_absent(asks, now_ns) ? NULL : answers_find(asks->messages, question, now_ns);

	if (kept != NULL) {
		++*asks->asked;
		++*asks->reused;
	}
	return kept;
}

void asks_keep(struct asks *asks, const struct answers_question *question, const char *message, size_t size)
{
	answers_add(asks->messages, question, answers_generation(asks->answers), message, size);
}

static int fill(struct asks *asks, struct ask *ask, const struct answers_question *question)
{
	ask->arguments = malloc(question->arguments_size + 1);
	ask->namespaces = strdup(question->namespaces);
	if (ask->arguments == NULL || ask->namespaces == NULL) {
		release(asks, ask);
		return -ENOMEM;
	}
	memcpy(ask->arguments, question->arguments, question->arguments_size);
	ask->arguments_size = question->arguments_size;
	snprintf(ask->tool, sizeof(ask->tool), "%s", question->tool);
	snprintf(ask->lang, sizeof(ask->lang), "%.7s", question->lang);
	return 0;
}

int64_t asks_submit(struct asks *asks, const char *namespaces, const char *tool, const char *arguments,
	size_t size, const char *lang, ask_done_fn *done, void *context)
{
	uint64_t now_ns = clock_mono_ns();

	if (is_absent(asks, now_ns))
		return -ENOTCONN;
	if (size > ARGUMENTS_MAX || strlen(tool) >= TOOL_MAX)
		return -E2BIG;
	const struct answers_question question = { namespaces, tool, lang, arguments, size };
	if (answer_kept(asks, &question, now_ns, done, context))
		return 0;
	struct ask *ask = take_slot(asks);
	if (ask == NULL) {
		++*asks->refused;
		return -EBUSY;
	}
	if (fill(asks, ask, &question) < 0)
		return -ENOMEM;
	ask->deadline_ns = now_ns + asks->budget_ns;
	ask->done = done;
	ask->context = context;
	ask->phase = PHASE_QUEUED;
	asks->pending++;
	++*asks->asked;
	return (int64_t)ask->id;
}

void asks_cancel(struct asks *asks, int64_t id)
{
	struct ask *ask = ask_find(asks, (uint64_t)id);

	if (ask != NULL)
		release(asks, ask);
}

static size_t gather(struct asks *asks, uint64_t now_ns, struct ask_row rows[static ASKS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < ASKS_MAX; i++) {
		const struct ask *ask = &asks->all[i];
		uint64_t left_ns = ask->deadline_ns > now_ns ? ask->deadline_ns - now_ns : 0;
		if (ask->phase != PHASE_QUEUED)
			continue;
		rows[count++] = (struct ask_row) { .id = ask->id,
			.tool = text_of(ask->tool),
			.arguments = { ask->arguments, (uint32_t)ask->arguments_size },
			.lang = text_of(ask->lang),
			.namespaces = text_of(ask->namespaces),
			.deadline_ms = (uint32_t)(left_ns / NS_PER_MILLISECOND) };
	}
	return count;
}

static void send_queued(struct asks *asks, uint64_t now_ns)
{
	const struct frame_head head = { .kind = FRAME_ask };
	const struct ask_once once = { .run = asks->run };
	struct ask_row rows[ASKS_MAX];
	size_t count = gather(asks, now_ns, rows);

	if (count == 0 || link_send(asks->out, &head, &once, rows, count) < 0)
		return;
	for (size_t i = 0; i < ASKS_MAX; i++)
		if (asks->all[i].phase == PHASE_QUEUED)
			asks->all[i].phase = PHASE_SENT;
}

static void end_overdue(struct asks *asks, uint64_t now_ns)
{
	bool is_in_vain = is_absent(asks, now_ns);

	for (size_t i = 0; i < ASKS_MAX; i++) {
		struct ask *ask = &asks->all[i];
		if (ask->phase == PHASE_FREE || (!is_in_vain && now_ns <= ask->deadline_ns))
			continue;
		++*asks->overdue;
		if (is_in_vain) {
			const struct error_object error = asks_absent_error(ask->lang);
			fail_with(asks, ask, &error);
		} else {
			ask_fail(asks, ask, ERROR_BUSY);
		}
	}
}

void asks_flush(struct asks *asks)
{
	uint64_t now_ns = clock_mono_ns();

	if (asks->repeat_at_ns != 0 && now_ns >= asks->repeat_at_ns) {
		asks->repeat_at_ns = 0;
		repeat_all(asks);
	}
	if (asks_can_reach_analyst(asks)) {
		asks->analyst_seen_ns = now_ns;
		if (asks->pending > 0 && link_is_connected(asks->in)) /* else its answer would be lost */
			send_queued(asks, now_ns);
	}
	if (asks->pending > 0)
		end_overdue(asks, now_ns);
}
