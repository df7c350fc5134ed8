#include "base/web/sha256.h"

#include <string.h>

#include "tests/unit/unit.h"

static void expect(const uint8_t sum[static SHA256_BYTES], const char *hex)
{
	char text[2 * SHA256_BYTES + 1];

	for (size_t i = 0; i < SHA256_BYTES; i++)
		snprintf(text + 2 * i, 3, "%02x", sum[i]);
	assert_string_equal(text, hex);
}

/* FIPS 180-4, examples of NIST. */
static void sums_are_those_of_the_standard(void **state)
{
	uint8_t sum[SHA256_BYTES];

	(void)state;
	sha256_of("abc", 3, sum);
	expect(sum, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256_of("", 0, sum);
	expect(sum, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* RFC 4231 §4.2 and 4.3: a shorter key is one with zeroes behind it (RFC 2104 §2). */
static void codes_are_those_of_the_standard(void **state)
{
	uint8_t key[SHA256_KEY_SIZE] = { 0 }, mac[SHA256_BYTES];

	(void)state;
	memset(key, 0x0b, 20);
	sha256_mac(key, "Hi There", 8, mac);
	expect(mac, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	memset(key, 0, sizeof(key));
	memcpy(key, "Jefe", 4);
	sha256_mac(key, "what do ya want for nothing?", 28, mac);
	expect(mac, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_are_those_of_the_standard),
		cmocka_unit_test(codes_are_those_of_the_standard),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
