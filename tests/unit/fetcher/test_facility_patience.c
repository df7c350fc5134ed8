/* How often the store with the site's meters is asked, on a clock that the test sets. */
#include "fetcher/facility.h"
#include "base/fetch.h"
#include "tests/unit/unit.h"

static struct {
	fetch_done_fn *done;
	void *context;
	int asked, told;
	bool is_waiting;
	char failure[256]; /* told last */
} store;

int __wrap_fetch_new(struct loop *loop, fetch_done_fn *done, void *context, struct fetch **ret_fetch);
int __wrap_fetch_start(struct fetch *fetch, const struct fetch_request *request);
int __wrap_link_send(
	struct link *link, const struct frame_head *head, const void *once, const void *rows, size_t count);
bool __wrap_link_owes_full(struct link *link);

int __wrap_fetch_new(struct loop *loop, fetch_done_fn *done, void *context, struct fetch **ret_fetch)
{
	(void)loop;
	store.done = done;
	store.context = context;
	*ret_fetch = NULL;
	return 0;
}

int __wrap_fetch_start(struct fetch *fetch, const struct fetch_request *request)
{
	(void)fetch, (void)request;
	store.asked++;
	store.is_waiting = true;
	return 0;
}

int __wrap_link_send(
	struct link *link, const struct frame_head *head, const void *once, const void *rows, size_t count)
{
	const struct facility_once *facility = once;

	(void)link, (void)head, (void)rows, (void)count;
	text_copy(store.failure, sizeof(store.failure), facility->failure);
	store.told++;
	return 0;
}

bool __wrap_link_owes_full(struct link *link)
{
	(void)link;
	return false;
}

static void answer_with(const char *error, long status, const char *body)
{
	const struct fetch_answer answer = {
		.error = error, .status = status, .body = body, .size = strlen(body)
	};

	store.is_waiting = false;
	store.done(store.context, &answer);
}

static void answer(const char *error, long status)
{
	answer_with(error, status, "");
}

static struct facility_asker *open_asker(void)
{
	static struct config config;
	static struct stats stats;
	struct facility_asker *asker;

	config_defaults(&config);
	strcpy(config.pue_facility_query, "a");
	strcpy(config.pue_it_query, "b");
	strcpy(config.pue_prometheus_url, "http://127.0.0.1:9");
	assert_int_equal(facility_asker_new(&config, NULL, &stats, &asker), 0);
	store.asked = store.told = 0;
	return asker;
}

static void a_store_that_fails_is_asked_every_five_seconds_and_told_of_once(void **state)
{
	struct facility_asker *asker = open_asker();
	struct instant now = { .mono_ns = NS_PER_SECOND, .real_ns = 1777086000 * NS_PER_SECOND };

	(void)state;
	for (int s = 0; s <= 3600; s++, now.mono_ns += NS_PER_SECOND, now.real_ns += NS_PER_SECOND) {
		facility_asker_tick(asker, NULL, &now);
		if (store.is_waiting)
			answer(s < 1800 ? "no connection" : NULL, s < 1800 ? 0 : 503);
	}
	assert_int_equal(store.asked, 3600 / 5 + 1);
	assert_int_equal(store.told, 2);                          /* one cause, and the other */
	assert_false(facility_asker_is_lost(asker, now.mono_ns)); /* it is there: 503 */
	facility_asker_free(asker);
}

/* What it has scraped a minute ago stands at no step yet: that is no wrong query. */
static void a_series_without_a_step_yet_is_told_as_that(void **state)
{
	const struct instant now = { .mono_ns = NS_PER_SECOND, .real_ns = 1777086000 * NS_PER_SECOND };
	struct facility_asker *asker = open_asker();

	(void)state;
	facility_asker_tick(asker, NULL, &now);
	answer_with(NULL, 200, "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}");
	facility_asker_tick(asker, NULL, &now);
	assert_string_equal(store.failure,
		"pue_facility_query: no value at any five-minute step of the last da"
		"y (not scraped yet?); an hour of them is needed");
	facility_asker_free(asker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_series_without_a_step_yet_is_told_as_that),
		cmocka_unit_test(a_store_that_fails_is_asked_every_five_seconds_and_told_of_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
