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

/* The analyst's desk and its link to a frontend, in a folder of their own. */
struct room {
	char dir[32];
	struct stats stats;
	struct link *to_frontend, *frontend;
	struct desk *desk;
};

static void open_desk(struct room *room)
{
	*room = (struct room) { .dir = "/tmp/tanso-desk-XXXXXX" };
	assert_non_null(mkdtemp(room->dir));
	assert_int_equal(
		link_dial(&room->to_frontend, room->dir, STAGE_FRONTEND, STAGE_ANALYST, NULL, NULL), 0);
	assert_int_equal(desk_new(&room->desk, room->to_frontend, "en", &room->stats), 0);
}

static void open_frontend(struct room *room, link_frame_fn *on_frame, void *context)
{
	assert_int_equal(
		link_listen(&room->frontend, room->dir, STAGE_FRONTEND, STAGE_ANALYST, on_frame, context), 0);
	serve(room->to_frontend); /* connected */
}

static void close_room(struct room *room)
{
	char folder[64];

	desk_free(room->desk);
	link_free(room->to_frontend);
	link_free(room->frontend);
	snprintf(folder, sizeof(folder), "%s/frontend", room->dir);
	rmdir(folder);
	assert_int_equal(rmdir(room->dir), 0);
}

static void an_answer_waits_until_the_frontend_hears_us(void **state)
{
	const struct knowledge nothing = { 0 };
	struct room room;
	uint64_t answered = 0;

	(void)state;
	open_desk(&room);
	ask(room.desk, 7);
	desk_answer(room.desk, &nothing, 1);
	assert_true(desk_has_asks(room.desk));

	open_frontend(&room, note_answer, &answered);
	desk_answer(room.desk, &nothing, 1);
	assert_false(desk_has_asks(room.desk));
	serve_until(room.frontend, answered == 7);
	close_room(&room);
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
	const struct knowledge nothing = { 0 };
	struct room room;
	struct heard heard = { 0 };

	(void)state;
	open_desk(&room);
	open_frontend(&room, count_answers, &heard);
	for (uint64_t id = 1; id <= DESK_ASKS_MAX; id++)
		ask(room.desk, id);
	/* the frontend is busy: frames that the link has no room for would be lost */
	desk_answer(room.desk, &nothing, 1);
	serve_until(room.frontend, heard.answers == DESK_ASKS_MAX);
	assert_true(heard.frames > 1);
	close_room(&room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_waits_until_the_frontend_hears_us),
		cmocka_unit_test(answers_do_not_wait_for_all_that_were_asked_with_them_and_none_is_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
