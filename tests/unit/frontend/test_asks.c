/* The table of questions against a link of our own: the functions of ipc/link.h below replace the library's. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "frontend/asks.h"

#define RUN 42

static struct {
	bool is_connected;
	int send_result;
	link_frame_fn *on_frame;
	link_connect_fn *on_connect;
	void *context;
	size_t frames, rows;
	uint64_t ids[ASKS_MAX];
} wire;

static int done_count, done_code;
static char done_body[64];
static struct stats stats;

int link_dial(struct link **ret_link, const char *runtime_dir, enum stage consumer, enum stage producer,
	link_connect_fn *on_connect, void *context)
{
	(void)runtime_dir;
	(void)consumer;
	(void)producer;
	wire.on_connect = on_connect;
	wire.context = context;
	*ret_link = NULL;
	return 0;
}

int link_listen(struct link **ret_link, const char *runtime_dir, enum stage consumer, enum stage producer,
	link_frame_fn *on_frame, void *context)
{
	(void)runtime_dir;
	(void)consumer;
	(void)producer;
	(void)context;
	wire.on_frame = on_frame;
	*ret_link = NULL;
	return 0;
}

bool link_is_connected(const struct link *link)
{
	(void)link;
	return wire.is_connected;
}

void link_count_in(struct link *link, struct stats *unused)
{
	(void)link;
	(void)unused;
}

int link_send(
	struct link *link, const struct frame_head *head, const void *once, const void *rows, size_t count)
{
	const struct ask_row *asks = rows;

	(void)link;
	assert_int_equal(head->kind, FRAME_ask);
	assert_int_equal(((const struct ask_once *)once)->run, RUN);
	if (wire.send_result < 0)
		return wire.send_result;
	wire.frames++;
	wire.rows = count;
	for (size_t i = 0; i < count; i++)
		wire.ids[i] = asks[i].id;
	return 0;
}

static void on_done(void *context, int code, const char *body, size_t size)
{
	(void)context;
	done_count++;
	done_code = code;
	snprintf(done_body, sizeof(done_body), "%.*s", (int)size, body);
}

static int set_up(void **state)
{
	struct asks *asks;

	memset(&wire, 0, sizeof(wire));
	memset(&stats, 0, sizeof(stats));
	wire.is_connected = true;
	done_count = done_code = 0;
	assert_int_equal(asks_new(&asks, "/nowhere", RUN, 5000, &stats), 0);
	*state = asks;
	return 0;
}

static int tear_down(void **state)
{
	asks_free(*state);
	return 0;
}

static int64_t submit(struct asks *asks)
{
	return asks_submit(asks, "", "some_tool", "{}", 2, "en", on_done, NULL);
}

static int answer_run(uint64_t run, struct answer_row row)
{
	const struct answer_once once = { .run = run };
	const struct frame frame = {
		.head = { .kind = FRAME_answer }, .once = &once, .rows = &row, .row_count = 1
	};

	return wire.on_frame(wire.context, &frame);
}

static int answer(uint64_t id, uint32_t chunk, uint32_t chunks, const char *body)
{
	return answer_run(RUN, (struct answer_row) { .id = id,
				       .generation = 1,
				       .code = 200,
				       .chunk = chunk,
				       .chunks = chunks,
				       .body = text_of(body) });
}

static void questions_of_one_turn_go_in_one_frame(void **state)
{
	int64_t first = submit(*state), second = submit(*state);

	asks_flush(*state);
	asks_flush(*state);
	assert_int_equal(wire.frames, 1);
	assert_int_equal(wire.rows, 2);
	assert_int_equal(answer((uint64_t)second, 0, 1, "two"), 0);
	assert_string_equal(done_body, "two");
	assert_int_equal(answer((uint64_t)first, 0, 1, "one"), 0);
	assert_string_equal(done_body, "one");
	assert_int_equal(asks_pending(*state), 0);
}

static void chunks_are_joined_and_strangers_passed_over(void **state)
{
	uint64_t id = (uint64_t)submit(*state);

	asks_flush(*state);
	assert_int_equal(answer(id, 1, 3, "early"), 0);
	assert_int_equal(answer(id, 0, 3, "a"), 0);
	assert_int_equal(answer(id, 2, 3, "late"), 0);
	assert_int_equal(answer(id, 1, 3, "b"), 0);
	assert_int_equal(answer(id + 1, 0, 1, "nobody's"), 0);
	assert_int_equal(done_count, 0);
	assert_int_equal(answer(id, 2, 3, "c"), 0);
	assert_string_equal(done_body, "abc");
	assert_int_equal(answer(id, 0, 1, "again"), 0);
	assert_int_equal(done_count, 1);
}

static void an_answer_begun_anew_after_a_restart_is_not_mixed(void **state)
{
	uint64_t id = (uint64_t)submit(*state);

	asks_flush(*state);
	answer(id, 0, 2, "old");
	answer(id, 0, 2, "new");
	answer(id, 1, 2, "er");
	assert_string_equal(done_body, "newer");
}

static void answers_of_another_run_or_without_sense_are_dropped(void **state)
{
	uint64_t id = (uint64_t)submit(*state);
	struct answer_row row = { .id = id, .code = 200, .chunk = 0, .chunks = 1, .body = text_of("x") };

	asks_flush(*state);
	assert_int_equal(answer_run(RUN + 1, row), 0);
	row.chunks = 0;
	assert_true(answer_run(RUN, row) < 0);
	row = (struct answer_row) { .id = id, .code = 7, .chunks = 1 };
	assert_true(answer_run(RUN, row) < 0);
	row = (struct answer_row) { .id = id, .code = 200, .chunk = 5, .chunks = 2 };
	assert_true(answer_run(RUN, row) < 0);
	assert_int_equal(done_count, 0);
}

static void what_is_unanswered_is_asked_again_when_the_analyst_comes_back(void **state)
{
	uint64_t id = (uint64_t)submit(*state);

	asks_flush(*state);
	wire.is_connected = false;
	asks_flush(*state);
	assert_int_equal(done_count, 0); /* a restart is shorter than ASK_ABSENT_MS */
	wire.is_connected = true;
	wire.on_connect(wire.context);
	asks_flush(*state);
	assert_int_equal(wire.frames, 2);
	assert_int_equal(wire.ids[0], id);
	answer(id, 0, 1, "at last");
	assert_string_equal(done_body, "at last");
}

static void a_full_link_keeps_the_questions_for_later(void **state)
{
	submit(*state);
	wire.send_result = -EAGAIN;
	asks_flush(*state);
	assert_int_equal(wire.frames, 0);
	wire.send_result = 0;
	asks_flush(*state);
	assert_int_equal(wire.frames, 1);
	assert_int_equal(done_count, 0);
}

static void the_table_is_bounded_and_a_cancelled_question_makes_room(void **state)
{
	int64_t id = 0;

	for (int i = 0; i < ASKS_MAX; i++)
		assert_true((id = submit(*state)) > 0);
	assert_int_equal(submit(*state), -EBUSY);
	asks_cancel(*state, id);
	asks_cancel(*state, id);
	asks_cancel(*state, 0);
	assert_true(submit(*state) > 0);
	asks_flush(*state);
	assert_int_equal(wire.rows, ASKS_MAX);
	answer((uint64_t)id, 0, 1, "for nobody");
	assert_int_equal(done_count, 0);
}

static void an_answer_without_end_is_given_up(void **state)
{
	uint64_t id = (uint64_t)submit(*state);
	char *chunk = calloc(1, 262145);
	uint32_t i;

	memset(chunk, 'x', 262144);
	asks_flush(*state);
	for (i = 0; i < 1000 && done_count == 0; i++)
		answer(id, i, 1000, chunk);
	assert_int_equal(done_code, 500);
	assert_int_equal(i, ANSWER_BYTES_MAX / 262144 + 1);
	free(chunk);
}

static void arguments_over_the_frames_limit_are_refused(void **state)
{
	char *large = calloc(1, 70000);

	assert_int_equal(asks_submit(*state, "", "t", large, 70000, "en", on_done, NULL), -E2BIG);
	free(large);
}

static void announce(uint64_t generation)
{
	assert_int_equal(
		answer_run(RUN,
			(struct answer_row) {
				.generation = generation, .code = 204, .chunks = 1, .body = text_of("") }),
		0);
}

/* Whether a question goes to the analyst, rather than being answered from what is kept. */
static bool is_asked(struct asks *asks, const char *arguments, const char *lang)
{
	size_t frames = wire.frames;
	int done_before = done_count;
	int64_t id = asks_submit(asks, "", "some_tool", arguments, strlen(arguments), lang, on_done, NULL);

	assert_int_equal(done_count, id == 0 ? done_before + 1 : done_before); /* what is kept, at once */
	asks_flush(asks);
	if (id == 0) {
		assert_int_equal(wire.frames, frames);
		return false;
	}
	assert_int_equal(wire.frames, frames + 1);
	assert_int_equal(answer((uint64_t)id, 0, 1, arguments), 0);
	return true;
}

static void equal_questions_are_asked_once_a_generation(void **state)
{
	assert_true(is_asked(*state, "{}", "en"));
	assert_true(is_asked(*state, "{}", "en")); /* no generation was announced yet */
	announce(1);
	assert_true(is_asked(*state, "{}", "en"));
	done_count = 0;
	assert_false(is_asked(*state, "{}", "en"));
	assert_int_equal(done_count, 1);
	assert_int_equal(done_code, 200);
	assert_string_equal(done_body, "{}");
	assert_true(is_asked(*state, "{}", "ko"));
	assert_true(is_asked(*state, "{ }", "en"));
	announce(1);
	assert_false(is_asked(*state, "{}", "en"));
	announce(2);
	assert_true(is_asked(*state, "{}", "en"));
	assert_true(is_asked(*state, "{}", "en")); /* its answer was still of generation 1 */
	announce(1);
	assert_true(is_asked(*state, "{}", "en"));
	wire.on_connect(wire.context); /* another analyst */
	assert_true(is_asked(*state, "{}", "en"));
	assert_int_equal(asks_pending(*state), 0);
}

static void a_refusal_is_not_kept(void **state)
{
	announce(1);
	for (int i = 0; i < 2; i++) {
		uint64_t id = (uint64_t)submit(*state);
		asks_flush(*state);
		assert_int_equal(wire.frames, i + 1);
		answer_run(RUN, (struct answer_row) { .id = id,
					.generation = 1,
					.code = 503,
					.chunks = 1,
					.body = text_of("busy") });
		assert_int_equal(done_code, 503);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(questions_of_one_turn_go_in_one_frame),
		TEST(chunks_are_joined_and_strangers_passed_over),
		TEST(an_answer_begun_anew_after_a_restart_is_not_mixed),
		TEST(answers_of_another_run_or_without_sense_are_dropped),
		TEST(what_is_unanswered_is_asked_again_when_the_analyst_comes_back),
		TEST(a_full_link_keeps_the_questions_for_later),
		TEST(the_table_is_bounded_and_a_cancelled_question_makes_room),
		TEST(an_answer_without_end_is_given_up),
		TEST(equal_questions_are_asked_once_a_generation),
		TEST(a_refusal_is_not_kept),
		TEST(arguments_over_the_frames_limit_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
