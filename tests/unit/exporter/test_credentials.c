#include "exporter/credentials.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "tests/unit/unit.h"

/* crypt("secret", …) of cost 4, so that the test is quick */
#define TOKEN_SUM                                                                                            \
	"3f08aace122ee2368432c1ca23a049bc640bafbf00fdf33a52429f38ba12dbf9" /* printf %s token-1 | sha256sum */
#define HASH "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"

static struct credentials credentials;
static uint64_t now_ns = 1000 * NS_PER_SECOND;

static enum credential_verdict check(const char *header)
{
	return credentials_check(&credentials, header, strlen(header), now_ns);
}

static enum credential_verdict check_user(const char *user_and_password)
{
	char header[512] = "Basic ";

	EVP_EncodeBlock((unsigned char *)header + 6, (const unsigned char *)user_and_password,
		(int)strlen(user_and_password));
	return check(header);
}

static int read_users(const char *text, unsigned *line)
{
	char copy[8192];

	snprintf(copy, sizeof(copy), "%s", text);
	return credentials_read_users(&credentials, copy, line);
}

static int read_tokens(const char *text, unsigned *line)
{
	char copy[8192];

	snprintf(copy, sizeof(copy), "%s", text);
	return credentials_read_tokens(&credentials, copy, line);
}

static int begin(void **state)
{
	unsigned line;

	(void)state;
	now_ns += 1000 * NS_PER_SECOND;
	credentials_init(&credentials);
	credentials.is_required = true;
	return read_users("# people\nprometheus:" HASH "\r\n", &line);
}

static void the_right_password_is_let_in(void **state)
{
	(void)state;
	assert_int_equal(check_user("prometheus:secret"), CREDENTIAL_RIGHT);
	assert_int_equal(check_user("prometheus:wrong"), CREDENTIAL_WRONG);
	assert_int_equal(check_user("nobody:secret"), CREDENTIAL_WRONG);
	assert_int_equal(check(""), CREDENTIAL_MISSING);
	assert_int_equal(check("Bearer secret"), CREDENTIAL_WRONG);
}

static void without_files_nothing_is_asked_and_with_empty_ones_nobody_is_let_in(void **state)
{
	unsigned line;

	(void)state;
	assert_int_equal(read_users("# nobody\n", &line), 0);
	assert_int_equal(check_user("prometheus:secret"), CREDENTIAL_WRONG);
	credentials.is_required = false;
	assert_int_equal(check(""), CREDENTIAL_RIGHT);
}

static void a_token_is_known_by_its_sum(void **state)
{
	unsigned line;

	(void)state;
	assert_int_equal(
		read_tokens(
			"8AF3dbfe2bc99ab4c4aaa2a7a27b39ac62fb27e2f6a02dbf6cc9b9be24ae0e5f grafana\n", &line),
		0);
	assert_int_equal(check("Bearer token-1"), CREDENTIAL_WRONG);
	assert_int_equal(read_tokens("# sums\n" TOKEN_SUM "\n", &line), 0);
	assert_int_equal(check("bearer  token-1"), CREDENTIAL_RIGHT);
	assert_int_equal(check("Bearer token-2"), CREDENTIAL_WRONG);
	assert_int_equal(check("Bearer "), CREDENTIAL_WRONG);
	assert_int_equal(check_user("prometheus:secret"), CREDENTIAL_RIGHT); /* either will do */
}

static void a_flood_of_wrong_passwords_is_slowed_and_locks_out_nobody_who_is_known(void **state)
{
	char guess[64];
	unsigned wrong = 0, later = 0;

	(void)state;
	assert_int_equal(check_user("prometheus:secret"), CREDENTIAL_RIGHT);
	for (int i = 0; i < 2000; i++) {
		snprintf(guess, sizeof(guess), "prometheus:guess-%d", i);
		now_ns += 10 * NS_PER_MILLISECOND;
		enum credential_verdict verdict = check_user(guess);
		wrong += verdict == CREDENTIAL_WRONG;
		later += verdict == CREDENTIAL_LATER;
		assert_int_not_equal(verdict, CREDENTIAL_RIGHT);
		assert_int_equal(check_user("prometheus:secret"), CREDENTIAL_RIGHT);
	}
	assert_true(wrong <= 20 * CREDENTIAL_CHECKS_PER_SECOND + CREDENTIAL_CHECKS_AT_ONCE);
	assert_true(wrong >= 20 * CREDENTIAL_CHECKS_PER_SECOND - 1);
	assert_int_equal(wrong + later, 2000);
}

static void a_wrong_password_again_and_again_costs_one_check(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(check_user("prometheus:same"), CREDENTIAL_WRONG);
	assert_int_equal(check_user("prometheus:secret"), CREDENTIAL_RIGHT);
}

static void new_users_end_what_was_remembered(void **state)
{
	unsigned line;

	(void)state;
	assert_int_equal(check_user("prometheus:secret"), CREDENTIAL_RIGHT);
	assert_int_equal(read_users("other:" HASH "\n", &line), 0);
	assert_int_equal(check_user("prometheus:secret"), CREDENTIAL_WRONG);
	assert_int_equal(check_user("other:secret"), CREDENTIAL_RIGHT);
}

static void wrong_lines_are_named_and_change_nothing(void **state)
{
	static const char *const wrong[] = { "x", ":" HASH, "a:secret", "a:$6$rounds$x",
		"a:$2b$31$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW", /* would take a day */
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:" HASH };
	unsigned line;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char text[512];
		snprintf(text, sizeof(text), "\n# one\n%s\n", wrong[i]);
		assert_int_equal(read_users(text, &line), -EBADMSG);
		assert_int_equal(line, 3);
	}
	assert_int_equal(read_tokens("abc\n", &line), -EBADMSG);
	assert_int_equal(read_tokens(TOKEN_SUM "0\n", &line), -EBADMSG);
	assert_int_equal(check_user("prometheus:secret"), CREDENTIAL_RIGHT);
}

static void headers_are_taken_apart_or_refused(void **state)
{
	static const char *const wrong[] = { "", " ", "Basic", "Basic ",
		"Basic ====", "Basic dXNlcg==", "Basic dXNl", "Basic !!!!", "Bearer", "Bearer a b",
		"Bearer \x01", "Digest x", "BasicdXNlcjpw", "Basic dQA6cA==" /* a NUL in it */ };
	struct authorization given;
	char long_one[AUTHORIZATION_MAX + 8];

	(void)state;
	assert_int_equal(authorization_parse("basic dXNlcjpwYTpzcw==", 22, &given), 0);
	assert_string_equal(given.user, "user");
	assert_string_equal(given.secret, "pa:ss");
	assert_int_equal(authorization_parse("Bearer abc.def ", 15, &given), 0);
	assert_string_equal(given.secret, "abc.def");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(authorization_parse(wrong[i], strlen(wrong[i]), &given), -EBADMSG);
	memset(long_one, 'a', sizeof(long_one));
	memcpy(long_one, "Bearer ", 7);
	assert_int_equal(authorization_parse(long_one, sizeof(long_one), &given), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_right_password_is_let_in, begin),
		cmocka_unit_test_setup(
			without_files_nothing_is_asked_and_with_empty_ones_nobody_is_let_in, begin),
		cmocka_unit_test_setup(a_token_is_known_by_its_sum, begin),
		cmocka_unit_test_setup(
			a_flood_of_wrong_passwords_is_slowed_and_locks_out_nobody_who_is_known, begin),
		cmocka_unit_test_setup(a_wrong_password_again_and_again_costs_one_check, begin),
		cmocka_unit_test_setup(new_users_end_what_was_remembered, begin),
		cmocka_unit_test_setup(wrong_lines_are_named_and_change_nothing, begin),
		cmocka_unit_test_setup(headers_are_taken_apart_or_refused, begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
