#include "tests/unit/unit.h"

#include "frontend/guards.h"

static h2o_iovec_t vector(const char *text)
{
	return h2o_iovec_init(text, strlen(text));
}

static bool is_ours(const char *host)
{
	return guard_is_host_ours(vector(host), "tanso.example.org, other.example", "node-1");
}

static void addresses_localhost_own_and_listed_names_are_ours(void **state)
{
	const char *const hosts[] = { "127.0.0.1:30800", "10.1.2.3", "[::1]:30800", "[fd00::1]", "localhost",
		"LOCALHOST:80", "node-1:30800", "tanso.example.org", "Other.Example:443" };

	(void)state;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		assert_true(is_ours(hosts[i]));
}

static void names_of_others_are_not_ours(void **state)
{
	const char *const hosts[] = { "evil.example", "localhost.evil.example", "127.0.0.1.evil.example",
		"xtanso.example.org", "tanso.example", "[::1", "", ":80", "[]:80", "1.2.3",
		"[::1].evil.example", "[::1]evil:80", "localhost:evil", "localhost:80:80", "127.0.0.1:123456",
		"localhost:80@evil" };
	char longest[400];

	(void)state;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		assert_false(is_ours(hosts[i]));
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_false(is_ours(longest));
}

static void an_empty_own_name_matches_nothing(void **state)
{
	(void)state;
	assert_false(guard_is_host_ours(vector("evil.example"), "", ""));
}

static bool is_local(const char *origin, const char *host)
{
	return guard_is_origin_local(vector(origin), vector(host), "portal.example");
}

static void this_machine_and_the_same_host_are_local_origins(void **state)
{
	(void)state;
	assert_true(is_local("http://localhost:6274", "127.0.0.1:30800"));
	assert_true(is_local("http://[::1]:1", "127.0.0.1:30800"));
	assert_true(is_local("http://10.0.0.5:30800", "10.0.0.5:30800"));
	assert_true(is_local("https://portal.example", "127.0.0.1:30800"));
}

static void foreign_and_opaque_origins_are_not_local(void **state)
{
	(void)state;
	assert_false(is_local("https://evil.example", "127.0.0.1:30800"));
	assert_false(is_local("http://10.0.0.6:30800", "10.0.0.5:30800"));
	assert_false(is_local("http://localhost.evil.example", "127.0.0.1"));
	assert_false(is_local("https://[::1].evil.com", "127.0.0.1"));
	assert_false(is_local("http://localhost:evil", "127.0.0.1"));
	assert_false(is_local("null", "127.0.0.1"));
	assert_false(is_local("http://", "127.0.0.1"));
	assert_false(is_local("://", ""));
}

static const char *preferred(const char *header)
{
	return guard_preferred_language(header, strlen(header));
}

static void the_language_weighed_higher_is_preferred(void **state)
{
	(void)state;
	assert_string_equal(preferred("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7"), "ko");
	assert_string_equal(preferred("en-US,en;q=0.9,ko;q=0.8"), "en");
	assert_string_equal(preferred("de, ko;q=0.2"), "ko");
	assert_string_equal(preferred("en;q=0.1, ko;q=0.1"), "");
}

static void headers_that_name_neither_language_leave_the_choice(void **state)
{
	const char *const headers[] = { "", "de", "*", "kok", "eng", ",,,", "ko;q=0", "ko;q=9", "k", ";q=1",
		"ko;q=" };

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		assert_string_equal(preferred(headers[i]), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_localhost_own_and_listed_names_are_ours),
		cmocka_unit_test(names_of_others_are_not_ours),
		cmocka_unit_test(an_empty_own_name_matches_nothing),
		cmocka_unit_test(this_machine_and_the_same_host_are_local_origins),
		cmocka_unit_test(foreign_and_opaque_origins_are_not_local),
		cmocka_unit_test(the_language_weighed_higher_is_preferred),
		cmocka_unit_test(headers_that_name_neither_language_leave_the_choice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
