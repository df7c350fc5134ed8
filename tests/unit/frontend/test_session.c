/* What of a session outlives the process: its id, that it was deleted, and what it watches. */
#include <errno.h>

#include "base/clock.h"
#include "frontend/mcp/session.h"
#include "frontend/mcp/uri.h"
#include "frontend/mcp/watch.h"
#include "frontend/mcp/watch_kept.h"
#include "tests/unit/unit.h"

#define URI "compliance-standards://korea/GREEN_DC"

static void a_session_outlives_the_process_and_a_deleted_one_stays_deleted(void **state)
{
	char folder[] = "/tmp/tanso-session-XXXXXX", id[SESSION_ID_SIZE], other[SESSION_ID_SIZE];
	const struct principal somebody = { .name = "somebody" };
	struct sessions *sessions;
	struct session *session;
	bool is_kept;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(sessions_open(&sessions, folder, &is_kept), 0);
	assert_true(is_kept);
	sessions_issue(sessions, REVISION_2025_06_18, &somebody, 1000, id);
	sessions_issue(sessions, REVISION_2025_06_18, &somebody, 1000, other);
	sessions_free(sessions);
	assert_int_equal(sessions_open(&sessions, folder, &is_kept), 0);
	assert_int_equal(sessions_find(sessions, id, strlen(id), &somebody, 1001, &session), 0);
	assert_int_equal(session->revision, REVISION_2025_06_18);
	session_delete(session, 1001);
	session_release(session);
	assert_int_equal(sessions_find(sessions, id, strlen(id), &somebody, 1001, &session), -ENOENT);
	sessions_free(sessions);
	assert_int_equal(sessions_open(&sessions, folder, &is_kept), 0);
	assert_int_equal(sessions_find(sessions, id, strlen(id), &somebody, 1001, &session), -ENOENT);
	const struct principal others[] = { { .name = "" },
		{ .name = "somebody", .kind = PRINCIPAL_CERTIFICATE },
		{ .name = "somebody", .namespaces = "a\n" } };
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(
			sessions_find(sessions, other, strlen(other), &others[i], 1001, &session), -ENOENT);
	assert_int_equal(
		sessions_find(sessions, other, strlen(other), &somebody, 1001 + SESSION_LIFE_S, &session),
		-ENOENT);
	other[7] ^= 1;
	assert_int_equal(sessions_find(sessions, other, strlen(other), &somebody, 1001, &session), -ENOENT);
	sessions_free(sessions);
	char command[128];
	snprintf(command, sizeof(command), "test $(stat -c %%a %s/frontend/session.key) = 600 && rm -r %s",
		folder, folder);
	assert_int_equal(system(command), 0);
}

static int level_of(struct sessions *sessions, const char *id, int new_level)
{
	const struct principal somebody = { .name = "somebody" };
	struct session *session;

	assert_int_equal(sessions_find(sessions, id, strlen(id), &somebody, 1001, &session), 0);
	int level = session->log_level;
	session->log_level = new_level;
	session_release(session); /* nothing else holds it: it is not in memory then */
	return level;
}

static void a_log_level_is_kept_between_two_requests(void **state)
{
	const struct principal somebody = { .name = "somebody" };
	char id[SESSION_ID_SIZE], other[SESSION_ID_SIZE];
	struct sessions *sessions;
	bool is_kept;

	(void)state;
	assert_int_equal(sessions_open(&sessions, "/proc/nonexistent", &is_kept), 0);
	sessions_issue(sessions, REVISION_2025_06_18, &somebody, 1000, id);
	sessions_issue(sessions, REVISION_2025_06_18, &somebody, 1000, other);
	assert_int_equal(level_of(sessions, id, 0), LOG_LEVEL_DEFAULT);
	assert_int_equal(level_of(sessions, other, 7), LOG_LEVEL_DEFAULT);
	assert_int_equal(level_of(sessions, id, LOG_LEVEL_DEFAULT), 0);
	assert_int_equal(level_of(sessions, id, LOG_LEVEL_DEFAULT), LOG_LEVEL_DEFAULT);
	for (int i = 0; i < SESSION_LEVELS_MAX; i++)
		assert_int_equal(level_of(sessions, other, 7), 7);
	sessions_free(sessions);
}

static void an_id_has_one_spelling(void **state)
{
	char id[SESSION_ID_SIZE], *letter;
	struct sessions *sessions;
	struct session *session;
	bool is_kept;

	(void)state;
	assert_int_equal(sessions_open(&sessions, "/proc/nonexistent", &is_kept), 0);
	for (const char *letters = "-+_/"; *letters != '\0'; letters += 2) {
		do
			sessions_issue(sessions, REVISION_2025_06_18, &principal_anyone, 1000, id);
		while ((letter = strchr(id, letters[0])) == NULL);
		assert_null(strpbrk(id, "+/"));
		assert_int_equal(
			sessions_find(sessions, id, strlen(id), &principal_anyone, 1000, &session), 0);
		session_release(session);
		*letter = letters[1];
		assert_int_equal(
			sessions_find(sessions, id, strlen(id), &principal_anyone, 1000, &session), -ENOENT);
	}
	sessions_free(sessions);
}

static size_t count_kept(const struct watch_kept *kept, const struct session *session)
{
	size_t cursor = 0, count = 0;

	while (watch_kept_next(kept, session, &cursor) != NULL)
		count++;
	return count;
}

static struct session session_of(uint8_t number, uint32_t life_s)
{
	return (struct session) { .nonce = { number },
		.expiry_s = (uint32_t)(clock_now().real_ns / NS_PER_SECOND) + life_s };
}

static void what_a_session_watches_outlives_the_process(void **state)
{
	char folder[] = "/tmp/tanso-watched-XXXXXX", command[64];
	const struct session one = session_of(1, 100), two = session_of(2, 100),
			     nameless = { .expiry_s = SESSION_WITHOUT_ID };
	size_t cursor = 0;

	(void)state;
	assert_non_null(mkdtemp(folder));
	struct watch_kept *kept = watch_kept_open(folder);
	assert_non_null(kept);
	watch_kept_add(kept, &one, URI);
	watch_kept_add(kept, &one, URI);
	watch_kept_add(kept, &one, "carbon-intensity://KR");
	watch_kept_add(kept, &two, URI);
	watch_kept_add(kept, &nameless, URI);
	watch_kept_remove(kept, &one, "carbon-intensity://KR");
	watch_kept_close(kept);
	kept = watch_kept_open(folder);
	assert_int_equal(count_kept(kept, &one), 1);
	assert_string_equal(watch_kept_next(kept, &one, &cursor), URI);
	assert_int_equal(count_kept(kept, &nameless), 0);
	watch_kept_remove(kept, &one, NULL);
	assert_int_equal(count_kept(kept, &one), 0);
	assert_int_equal(count_kept(kept, &two), 1);
	watch_kept_close(kept);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	assert_int_equal(system(command), 0);
}

static void a_full_table_forgets_what_expires_first(void **state)
{
	char folder[] = "/tmp/tanso-watched-XXXXXX", command[64], uri[64];
	const struct session first = session_of(1, 100), second = session_of(2, 200),
			     late = session_of(3, 150);

	(void)state;
	assert_non_null(mkdtemp(folder));
	struct watch_kept *kept = watch_kept_open(folder);
	for (size_t i = 0; i < WATCHED_MAX; i++) {
		snprintf(uri, sizeof(uri), "carbon-intensity://%zu", i);
		watch_kept_add(kept, i % 2 == 0 ? &first : &second, uri);
	}
	watch_kept_add(kept, &late, URI);
	assert_int_equal(count_kept(kept, &late), 1);
	assert_int_equal(count_kept(kept, &first), WATCHED_MAX / 2 - 1);
	assert_int_equal(count_kept(kept, &second), WATCHED_MAX / 2);
	watch_kept_close(kept);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_outlives_the_process_and_a_deleted_one_stays_deleted),
		cmocka_unit_test(a_log_level_is_kept_between_two_requests),
		cmocka_unit_test(an_id_has_one_spelling),
		cmocka_unit_test(what_a_session_watches_outlives_the_process),
		cmocka_unit_test(a_full_table_forgets_what_expires_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
