#include "analyst/desk.h"
#include "base/clock.h"
#include "tests/unit/ipc/link_fixture.h"

#define MINUTE_MS 60000

static int note_answer(void *context, const struct frame *frame)
{
	const struct answer_row *row = frame->rows;
	uint64_t *id = context;

	*id = row->id;
	return 0;
}

/* An unknown tool: answered without knowing anything. */
static void ask(struct desk *desk, uint64_t id)
{
	const struct ask_once once = { .run = 1 };
	const struct ask_row row = { .id = id,
		.tool = text_of("nothing"),
		.arguments = text_of("{}"),
		.lang = text_of("en"),
		.deadline_ms = MINUTE_MS };
	const struct frame frame = {
		.head = { .kind = FRAME_ask }, .once = &once, .rows = &row, .row_count = 1
	};

	assert_int_equal(desk_take(desk, &frame, clock_mono_ns()), 0);
}

static void an_answer_waits_until_the_frontend_hears_us(void **state)
{
	char dir[] = "/tmp/tanso-desk-XXXXXX", folder[64];
	struct stats stats = { 0 };
	struct link *to_frontend, *frontend;
	struct desk *desk;
	const struct knowledge nothing = { 0 };
	uint64_t answered = 0;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(link_dial(&to_frontend, dir, STAGE_FRONTEND, STAGE_ANALYST, NULL, NULL), 0);
	assert_int_equal(desk_new(&desk, to_frontend, "en", &stats), 0);
	ask(desk, 7);
	desk_answer(desk, &nothing, 1);
	assert_true(desk_has_asks(desk));

	assert_int_equal(
		link_listen(&frontend, dir, STAGE_FRONTEND, STAGE_ANALYST, note_answer, &answered), 0);
	serve(to_frontend); /* connected */
	desk_answer(desk, &nothing, 1);
	assert_false(desk_has_asks(desk));
	serve_until(frontend, answered == 7);
	desk_free(desk);
	link_free(to_frontend);
	link_free(frontend);
	snprintf(folder, sizeof(folder), "%s/frontend", dir);
	rmdir(folder);
	assert_int_equal(rmdir(dir), 0);
}

struct heard {
	unsigned frames, answers;
};

static int count_answers(void *context, const struct frame *frame)
{
	struct heard *heard = context;

	heard->frames++;
	heard->answers += (unsigned)frame->row_count;
	return 0;
}

static void answers_do_not_wait_for_all_that_were_asked_with_them_and_none_is_lost(void **state)
{
	char dir[] = "/tmp/tanso-desk-XXXXXX", folder[64];
	struct stats stats = { 0 };
	struct link *to_frontend, *frontend;
	struct desk *desk;
	const struct knowledge nothing = { 0 };
	struct heard heard = { 0 };

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(
		link_listen(&frontend, dir, STAGE_FRONTEND, STAGE_ANALYST, count_answers, &heard), 0);
	assert_int_equal(link_dial(&to_frontend, dir, STAGE_FRONTEND, STAGE_ANALYST, NULL, NULL), 0);
	assert_int_equal(desk_new(&desk, to_frontend, "en", &stats), 0);
	serve(to_frontend); /* connected */
	for (uint64_t id = 1; id <= DESK_ASKS_MAX; id++)
		ask(desk, id);
	/* the frontend is busy: frames that the link has no room for would be lost */
	desk_answer(desk, &nothing, 1);
	serve_until(frontend, heard.answers == DESK_ASKS_MAX);
	assert_true(heard.frames > 1);
	desk_free(desk);
	link_free(to_frontend);
	link_free(frontend);
	snprintf(folder, sizeof(folder), "%s/frontend", dir);
	rmdir(folder);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_waits_until_the_frontend_hears_us),
		cmocka_unit_test(answers_do_not_wait_for_all_that_were_asked_with_them_and_none_is_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
