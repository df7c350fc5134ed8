/* A Prometheus-compatible store that answers without data, or not at all: from when on is it asked next? */
#include "base/clock.h"
#include "fetcher/power/source_private.h"
#include "tests/unit/unit.h"

#define DAY   86400
#define EMPTY "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}"

struct shop {
	struct config config;
	struct source_set set;
	struct source_member *member;
	double answers, failures;
};

/* A store that was asked for the hour that ended `ago` seconds ago. */
static void make(struct shop *shop, int64_t ago)
{
	*shop = (struct shop) { 0 };
	config_defaults(&shop->config);
	shop->set.config = &shop->config;
	shop->member = &shop->set.members[0];
	shop->member->set = &shop->set;
	shop->member->server.answers = &shop->answers;
	shop->member->server.failures = &shop->failures;
	shop->member->to_s = clock_real_s() - ago;
	shop->member->last_s = shop->member->from_s = shop->member->to_s - 3600;
}

static bool take(struct shop *shop, long status, const char *body)
{
	const struct fetch_answer answer = { .status = status, .body = body, .size = strlen(body) };

	return store_take(shop->member, &answer);
}

static void an_hour_without_data_is_not_asked_for_for_ever(void **state)
{
	static struct shop shop;

	(void)state;
	make(&shop, DAY);
	assert_false(take(&shop, 200, EMPTY)); /* not at once, but from its end on */
	assert_int_equal(shop.member->last_s, shop.member->to_s);
	assert_int_equal(shop.failures, 1);
	assert_false(shop.member->is_well);
	assert_non_null(strstr(shop.member->failure, "no Kepler metric"));
}

static void what_may_still_come_is_asked_for_again(void **state)
{
	static struct shop shop;

	(void)state;
	make(&shop, 0);
	assert_false(take(&shop, 200, EMPTY));
	assert_int_equal(shop.member->last_s, shop.member->to_s - 3600);
}

static void an_answer_that_is_none_passes_over_nothing(void **state)
{
	static const struct {
		long status;
		const char *body, *words;
	} bad[] = { { 503, EMPTY, "HTTP status 503" }, { 200, "", "no result" }, { 200, "[]", "no result" },
		{ 200, "{\"status\":\"success\"}", "no result" },
		{ 200, "{\"status\":\"success\",\"data\":{\"result\":[7]}}", "no result" },
		{ 200,
			"{\"status\":\"success\",\"data\":{\"result\":[{\"metric\":{\"a\":1},\"values\":[]}]}"
			"}",
			"no result" },
		{ 400, "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"exceeded\"}",
			"bad_data: exceeded" } };
	static struct shop shop;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		make(&shop, DAY);
		assert_false(take(&shop, bad[i].status, bad[i].body));
		assert_int_equal(shop.member->last_s, shop.member->to_s - 3600);
		if (strstr(shop.member->failure, bad[i].words) == NULL)
			fail_msg("%s: %s", bad[i].body, shop.member->failure);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_hour_without_data_is_not_asked_for_for_ever),
		cmocka_unit_test(what_may_still_come_is_asked_for_again),
		cmocka_unit_test(an_answer_that_is_none_passes_over_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
