#include "tests/unit/unit.h"

#include "frontend/listen.h"

static void loopback_addresses_and_sockets_stay_on_this_machine(void **state)
{
	(void)state;
	assert_true(web_is_loopback("127.0.0.1:30800"));
	assert_true(web_is_loopback("127.9.9.9:1"));
	assert_true(web_is_loopback("[::1]:30800"));
	assert_true(web_is_loopback("/run/tanso/x.sock"));
}

static void other_addresses_and_names_do_not(void **state)
{
	const char *const addresses[] = { "0.0.0.0:30800", "[::]:30800", "10.0.0.1:1", "128.0.0.1:1",
		"127.0.0.1.evil.example:1", "localhost:1", "", ":", "[",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:1" };

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		assert_false(web_is_loopback(addresses[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loopback_addresses_and_sockets_stay_on_this_machine),
		cmocka_unit_test(other_addresses_and_names_do_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
