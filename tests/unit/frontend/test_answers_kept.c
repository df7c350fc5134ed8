#include "tests/unit/unit.h"

#include <stdbool.h>

#include "base/clock.h"
#include "frontend/answers.h"

#define NOW       UINT64_C(1000000000)
#define BYTES_MAX (8U << 20)

static int set_up(void **state)
{
	*state = answers_new(BYTES_MAX);
	answers_begin(*state, 1, NOW);
	return *state == NULL;
}

static int tear_down(void **state)
{
	answers_free(*state);
	return 0;
}

static struct answers_question question(const char *arguments)
{
	return (struct answers_question) { "", "tool", "en", arguments, strlen(arguments) };
}

static bool is_kept(struct answers *answers, const char *arguments, uint64_t now_ns)
{
	const struct answers_question asked = question(arguments);
	struct answers_body *body = answers_find(answers, &asked, now_ns);
	bool is_there = body != NULL;

	answers_release(body);
	return is_there;
}

static void what_somebody_holds_outlives_its_generation(void **state)
{
	const struct answers_question asked = question("{}");

	answers_add(*state, &asked, 1, "body", 4);
	struct answers_body *body = answers_find(*state, &asked, NOW);
	assert_non_null(body);
	answers_begin(*state, 2, NOW);
	assert_memory_equal(body->data, "body", 4);
	answers_release(body);
	assert_false(is_kept(*state, "{}", NOW));
}

static void nothing_is_older_than_the_limit(void **state)
{
	const struct answers_question asked = question("{}");

	answers_add(*state, &asked, 1, "body", 4);
	assert_true(is_kept(*state, "{}", NOW + ANSWERS_AGE_MS * NS_PER_MILLISECOND));
	assert_false(is_kept(*state, "{}", NOW + (ANSWERS_AGE_MS + 1) * NS_PER_MILLISECOND));
	answers_add(*state, &asked, 1, "body", 4); /* nothing is kept before the next announcement */
	assert_false(is_kept(*state, "{}", NOW));
}

static void bytes_and_answers_are_bounded(void **state)
{
	static char big[BYTES_MAX / 4];
	char arguments[32];
	size_t kept = 0;

	for (int i = 0; i < 8; i++) {
		snprintf(arguments, sizeof(arguments), "big %d", i);
		const struct answers_question asked = question(arguments);
		answers_add(*state, &asked, 1, big, sizeof(big));
		kept += is_kept(*state, arguments, NOW) ? 1 : 0;
	}
	assert_int_equal(kept, 3); /* the fourth would pass the limit by its key */
	answers_begin(*state, 2, NOW);
	kept = 0;
	for (int i = 0; i < 2 * ANSWERS_MAX; i++) {
		snprintf(arguments, sizeof(arguments), "small %d", i);
		const struct answers_question asked = question(arguments);
		answers_add(*state, &asked, 2, "x", 1);
		kept += is_kept(*state, arguments, NOW) ? 1 : 0;
	}
	assert_in_range(kept, ANSWERS_MAX / 2, ANSWERS_MAX);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(what_somebody_holds_outlives_its_generation),
		TEST(nothing_is_older_than_the_limit),
		TEST(bytes_and_answers_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
