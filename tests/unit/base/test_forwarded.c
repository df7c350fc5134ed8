#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <errno.h>

#include "base/forwarded.h"
#include "base/rate.h"

static const char proxies[] = "10.0.0.0/8, 2001:db8::/32,192.0.2.1";

static struct forwarded_networks networks(const char *list)
{
	struct forwarded_networks read;

	assert_int_equal(forwarded_read_networks(list, &read), 0);
	return read;
}

static void address_of(const char *text, uint8_t address[static FORWARDED_ADDRESS])
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	const void *peer = &v4;

	if (inet_pton(AF_INET, text, &v4.sin_addr) != 1) {
		assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
		peer = &v6;
	}
	assert_int_equal(forwarded_peer(peer, address), 0);
}

static bool trusts(const char *list, const char *who)
{
	struct forwarded_networks trusted = networks(list);
	uint8_t address[FORWARDED_ADDRESS];

	address_of(who, address);
	return forwarded_is_trusted(&trusted, address);
}

/* Who is behind 10.0.0.1, which is trusted, when it sends that line. */
static void expect_client(const char *line, const char *expected, bool is_known)
{
	struct forwarded_networks trusted = networks(proxies);
	uint8_t address[FORWARDED_ADDRESS], wanted[FORWARDED_ADDRESS];
	unsigned hops = 0;

	address_of("10.0.0.1", address);
	address_of(expected, wanted);
	/* not NUL-terminated, as headers are not: a read beyond is seen by the sanitizer */
	char *bytes = malloc(strlen(line) + (line[0] == '\0'));
	memcpy(bytes, line, strlen(line));
	assert_int_equal(forwarded_follow(&trusted, bytes, strlen(line), &hops, address), is_known);
	assert_memory_equal(address, wanted, FORWARDED_ADDRESS);
	free(bytes);
}

static void networks_hold_what_lies_in_them(void **state)
{
	(void)state;
	assert_true(trusts(proxies, "10.255.0.1"));
	assert_false(trusts(proxies, "11.0.0.1"));
	assert_true(trusts(proxies, "192.0.2.1"));
	assert_false(trusts(proxies, "192.0.2.2"));
	assert_true(trusts(proxies, "2001:db8:ffff::1"));
	assert_false(trusts(proxies, "2001:db9::1"));
	assert_true(trusts("10.0.0.0/9", "10.127.255.255"));
	assert_false(trusts("10.0.0.0/9", "10.128.0.0"));
	assert_true(trusts(proxies, "::ffff:10.1.2.3")); /* IPv4 that came to an IPv6 socket */
	assert_true(trusts("0.0.0.0/0", "203.0.113.9"));
	assert_false(trusts("0.0.0.0/0", "2001:db8::1"));
	assert_false(trusts("", "127.0.0.1"));
}

static void a_list_that_is_wrong_is_refused(void **state)
{
	static const char *const wrong[] = { "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0/8", "host",
		"::/129", "10.0.0.0/-1", "10.0.0.0/ 8", "10.0.0.0/0008",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd:eeee" };
	struct forwarded_networks read;
	char many[16 * (FORWARDED_NETWORKS_MAX + 1)] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(forwarded_read_networks(wrong[i], &read), -EINVAL);
	for (size_t i = 0; i <= FORWARDED_NETWORKS_MAX; i++)
		strcat(many, "192.0.2.1,");
	assert_int_equal(forwarded_read_networks(many, &read), -E2BIG);
}

static void the_client_is_the_last_one_who_is_not_trusted(void **state)
{
	(void)state;
	expect_client("203.0.113.9", "203.0.113.9", true);
	expect_client("1.1.1.1, 203.0.113.9", "203.0.113.9", true); /* what they wrote themselves */
	expect_client("1.1.1.1,203.0.113.9 ,\t10.0.0.2,10.0.0.3", "203.0.113.9", true);
	expect_client("203.0.113.9:4711, 10.0.0.2", "203.0.113.9", true);
	expect_client("[2001:db9::7]:4711", "2001:db9::7", true);
	expect_client("[2001:db9::7], 2001:db8::1", "2001:db9::7", true);
	expect_client("2001:db9::7", "2001:db9::7", true);
}

static void where_all_are_trusted_the_line_before_says_more(void **state)
{
	(void)state;
	expect_client("10.0.0.2", "10.0.0.2", false);
	expect_client("10.0.0.9, 192.0.2.1, 10.0.0.2", "10.0.0.9", false);
}

/* Then it is the proxy that said so whom the limit meets. */
static void what_cannot_be_read_is_not_believed(void **state)
{
	(void)state;
	expect_client("", "10.0.0.1", true);
	expect_client("unknown", "10.0.0.1", true);
	expect_client("203.0.113.9, unknown, 10.0.0.2", "10.0.0.2", true);
	expect_client("203.0.113.9, ", "10.0.0.1", true);
	expect_client(",", "10.0.0.1", true);
	expect_client("203.0.113.9, [10.0.0.2", "10.0.0.1", true);
	expect_client("203.0.113.9, [10.0.0.2]x", "10.0.0.1", true);
	expect_client("203.0.113.9, 256.0.0.1", "10.0.0.1", true);
	expect_client("203.0.113.9, 0x0a.0.0.2", "10.0.0.1", true);
	expect_client("203.0.113.9, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"10.0.0.1", true);
}

static void more_hops_than_there_can_be_are_not_followed(void **state)
{
	char line[16 * (FORWARDED_HOPS_MAX + 1)] = "203.0.113.9";

	(void)state;
	for (size_t i = 0; i < FORWARDED_HOPS_MAX; i++)
		strcat(line, ", 10.0.0.2");
	expect_client(line, "10.0.0.2", true);
}

static void a_socket_of_the_file_system_has_no_address(void **state)
{
	const struct sockaddr local = { .sa_family = AF_UNIX };
	uint8_t address[FORWARDED_ADDRESS];

	(void)state;
	assert_int_equal(forwarded_peer(&local, address), -EAFNOSUPPORT);
}

/* How many of `tries` in one moment are let through. */
static unsigned count_taken(struct rate *rate, unsigned tries, uint64_t now_ns)
{
	unsigned taken = 0;

	for (unsigned i = 0; i < tries; i++)
		taken += rate_take(rate, 7, now_ns);
	return taken;
}

static void a_bucket_gives_a_second_of_its_rate_at_once_and_the_rate_afterwards(void **state)
{
	struct rate rate = { 0 };
	uint64_t now_ns = 12 * NS_PER_SECOND + 999 * NS_PER_MILLISECOND;

	(void)state;
	assert_int_equal(count_taken(&rate, 100, now_ns), 7);
	/* the next second by the clock is no reason for more */
	assert_int_equal(count_taken(&rate, 100, now_ns + NS_PER_MILLISECOND), 0);
	assert_int_equal(count_taken(&rate, 100, now_ns + NS_PER_SECOND / 2), 3);
	assert_int_equal(count_taken(&rate, 100, now_ns + 10 * NS_PER_SECOND), 7);
}

static void the_slowest_and_the_fastest_rate_hold_as_well(void **state)
{
	struct rate slow = { 0 }, fast = { 0 };
	unsigned taken = 0;

	(void)state;
	assert_true(rate_take(&slow, 1, 5));
	assert_false(rate_take(&slow, 1, NS_PER_SECOND));
	assert_true(rate_take(&slow, 1, NS_PER_SECOND + 5));
	for (unsigned i = 0; i < 1100000; i++)
		taken += rate_take(&fast, 1000000, 7);
	assert_int_equal(taken, 1000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(networks_hold_what_lies_in_them),
		cmocka_unit_test(a_list_that_is_wrong_is_refused),
		cmocka_unit_test(the_client_is_the_last_one_who_is_not_trusted),
		cmocka_unit_test(where_all_are_trusted_the_line_before_says_more),
		cmocka_unit_test(what_cannot_be_read_is_not_believed),
		cmocka_unit_test(more_hops_than_there_can_be_are_not_followed),
		cmocka_unit_test(a_socket_of_the_file_system_has_no_address),
		cmocka_unit_test(a_bucket_gives_a_second_of_its_rate_at_once_and_the_rate_afterwards),
		cmocka_unit_test(the_slowest_and_the_fastest_rate_hold_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
