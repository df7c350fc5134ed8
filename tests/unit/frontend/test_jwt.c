#include "tests/unit/unit.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

#include "frontend/auth/jwt.h"

#define NOW      UINT64_C(1800000000)
#define AUDIENCE "https://tanso.example/mcp"
#define RS256    "{\"alg\":\"RS256\",\"kid\":\"r\"}"
#define ES256    "{\"alg\":\"ES256\",\"kid\":\"e\",\"typ\":\"at+jwt\"}"
#define CLAIMS(exp, more)                                                                                    \
	"{\"sub\":\"alice\",\"aud\":\"" AUDIENCE "\",\"exp\":" exp ",\"namespaces\":[\"team-a\",\"b\"]" more \
	"}"
#define GOOD CLAIMS("1800000100", "")

static EVP_PKEY *rsa, *ec, *other_curve;
static struct jwks jwks;

static size_t encode(const uint8_t *bytes, size_t size, char *ret)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t count = 0;
	uint32_t bits = 0;
	int held = 0;

	for (size_t i = 0; i < size; i++) {
		bits = (bits << 8 | bytes[i]) & 0xffff;
		for (held += 8; held >= 6; held -= 6)
			ret[count++] = digits[bits >> (held - 6) & 63];
	}
	if (held > 0)
		ret[count++] = digits[bits << (6 - held) & 63];
	ret[count] = '\0';
	return count;
}

static size_t sign(EVP_PKEY *key, const char *text, uint8_t *ret)
{
	uint8_t der[1100];
	const uint8_t *at = der;
	size_t size = sizeof(der);
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestSign(context, der, &size, (const uint8_t *)text, strlen(text)), 1);
	EVP_MD_CTX_free(context);
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
		memcpy(ret, der, size);
		return size;
	}
	int half = (EVP_PKEY_get_bits(key) + 7) / 8;
	ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)size);
	BN_bn2binpad(ECDSA_SIG_get0_r(signature), ret, half);
	BN_bn2binpad(ECDSA_SIG_get0_s(signature), ret + half, half);
	ECDSA_SIG_free(signature);
	return 2 * (size_t)half;
}

/* key NULL: the signature is empty. Static. */
static char *token(EVP_PKEY *key, const char *header, const char *claims)
{
	static char text[16384];
	uint8_t signature[1100];

	size_t size = encode((const uint8_t *)header, strlen(header), text);
	text[size++] = '.';
	size += encode((const uint8_t *)claims, strlen(claims), text + size);
	size_t signature_size = key != NULL ? sign(key, text, signature) : 0;
	text[size++] = '.';
	encode(signature, signature_size, text + size);
	return text;
}

static struct jwt_claims claims;
static const char *why;

static int check(const char *text)
{
	const struct jwt_rules rules = { AUDIENCE, "", NOW };

	return jwt_check(&jwks, &rules, text, strlen(text), &claims, &why);
}

static void expect_refused(const char *text, int error, const char *word)
{
	int r = check(text);

	if (r != error || strstr(why, word) == NULL)
		fail_msg("got %d (%s), wanted %d (%s)", r, why, error, word);
}

static void encode_number(EVP_PKEY *key, const char *name, int size, char *ret)
{
	uint8_t bytes[1024];
	BIGNUM *number = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(key, name, &number), 1);
	size = size > 0 ? size : BN_num_bytes(number);
	BN_bn2binpad(number, bytes, size);
	encode(bytes, (size_t)size, ret);
	BN_free(number);
}

static int make_keys(void **state)
{
	char n[1400], e[16], x[64], y[64], text[4096];

	(void)state;
	rsa = EVP_RSA_gen(2048);
	ec = EVP_EC_gen("P-256");
	other_curve = EVP_EC_gen("P-384");
	encode_number(rsa, OSSL_PKEY_PARAM_RSA_N, 0, n);
	encode_number(rsa, OSSL_PKEY_PARAM_RSA_E, 0, e);
	encode_number(ec, OSSL_PKEY_PARAM_EC_PUB_X, 32, x);
	encode_number(ec, OSSL_PKEY_PARAM_EC_PUB_Y, 32, y);
	int size = snprintf(text, sizeof(text),
		"{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"r\",\"use\":\"sig\",\"n\":\"%s\",\"e\":\"%s\"},"
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"e\",\"alg\":\"ES256\",\"x\":\"%s\",\"y\":\"%s\"}"
		","
		"{\"kty\":\"oct\",\"kid\":\"h\",\"k\":\"c2VjcmV0\"},{\"kty\":\"EC\",\"crv\":\"P-384\","
		"\"kid\":\"p\"},"
		"{\"kty\":\"RSA\",\"kid\":\"enc\",\"use\":\"enc\",\"n\":\"%s\",\"e\":\"AQAB\"}]}",
		n, e, x, y, n);
	assert_int_equal(jwks_read(&jwks, text, (size_t)size), 0);
	assert_int_equal(
		jwks.count, 2); /* the secret, the other curve and the key for encryption are passed over */
	return 0;
}

static int free_keys(void **state)
{
	(void)state;
	jwks_done(&jwks);
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(ec);
	EVP_PKEY_free(other_curve);
	return 0;
}

static void a_right_token_says_who_and_what(void **state)
{
	(void)state;
	assert_int_equal(check(token(rsa, RS256, GOOD)), 0);
	assert_string_equal(claims.name, "alice");
	assert_string_equal(claims.namespaces, "team-a\nb\n");
	assert_true(claims.until_s == NOW + 100 + JWT_LEEWAY_S);
	assert_int_equal(check(token(ec, ES256, GOOD)), 0);
	assert_int_equal(check(token(ec, ES256,
				 "{\"sub\":\"a\",\"exp\":1800000000.5,\"namespaces\":[\"*\"],"
				 "\"aud\":[\"x\",\"" AUDIENCE "\"]}")),
		0);
	assert_string_equal(claims.namespaces, "");
}

static void unsigned_and_secret_signed_tokens_are_refused(void **state)
{
	char n[1400], *text = token(NULL, "{\"alg\":\"HS256\",\"kid\":\"r\"}", GOOD);
	uint8_t mac[32];
	unsigned size = sizeof(mac);

	(void)state;
	/* the public key as the secret: the confusion of RFC 8725 §2.1 */
	encode_number(rsa, OSSL_PKEY_PARAM_RSA_N, 0, n);
	HMAC(EVP_sha256(), n, (int)strlen(n), (const uint8_t *)text, strlen(text) - 1, mac, &size);
	encode(mac, size, text + strlen(text));
	expect_refused(text, -EBADMSG, "neither");
	expect_refused(token(NULL, "{\"alg\":\"none\",\"kid\":\"r\"}", GOOD), -EBADMSG, "neither");
	expect_refused(token(NULL, "{\"alg\":\"nOnE\",\"kid\":\"r\"}", GOOD), -EBADMSG, "neither");
	expect_refused(token(rsa, "{\"alg\":\"RS512\",\"kid\":\"r\"}", GOOD), -EBADMSG, "neither");
	expect_refused(token(NULL, RS256, GOOD), -EACCES, "signature");
	expect_refused(token(NULL, ES256, GOOD), -EACCES, "signature");
}

static void the_key_says_the_algorithm(void **state)
{
	(void)state;
	expect_refused(token(rsa, "{\"alg\":\"RS256\",\"kid\":\"e\"}", GOOD), -EBADMSG, "algorithm");
	expect_refused(token(ec, "{\"alg\":\"ES256\",\"kid\":\"r\"}", GOOD), -EBADMSG, "algorithm");
	expect_refused(token(rsa, "{\"alg\":\"RS256\",\"kid\":\"h\"}", GOOD), -EACCES, "http_jwks");
	expect_refused(token(rsa, "{\"alg\":\"RS256\",\"kid\":\"R\"}", GOOD), -EACCES, "http_jwks");
	expect_refused(token(rsa, "{\"alg\":\"RS256\"}", GOOD), -EBADMSG, "kid");
	expect_refused(token(other_curve, ES256, GOOD), -EACCES, "signature");
}

static void a_signature_of_another_text_length_or_form_is_wrong(void **state)
{
	char *text = token(ec, ES256, GOOD);

	(void)state;
	text[strlen(text) - 4] = '\0'; /* 61 bytes of 64 */
	expect_refused(text, -EACCES, "signature");
	text = token(ec, ES256, GOOD);
	strcat(text, "AAAA");
	expect_refused(text, -EACCES, "signature");
	text = token(ec, ES256, GOOD);
	memset(strrchr(text, '.') + 1, 'A', 86); /* r = s = 0 */
	expect_refused(text, -EACCES, "signature");
	text = token(rsa, RS256, GOOD);
	text[strlen(RS256) * 4 / 3 + 8] ^= 1;
	assert_true(check(text) < 0);
	text = token(rsa, RS256, GOOD);
	*(strrchr(text, '.') + 1) = '=';
	expect_refused(text, -EACCES, "signature");
	/* every truncation */
	text = token(ec, ES256, GOOD);
	for (size_t size = strlen(text) - 1; size > 0; size--) {
		text[size] = '\0';
		assert_true(check(text) < 0);
	}
}

static void its_times_count(void **state)
{
	(void)state;
	assert_int_equal(check(token(ec, ES256, CLAIMS("1799999941", ""))), 0);
	expect_refused(token(ec, ES256, CLAIMS("1799999940", "")), -EACCES, "exp");
	expect_refused(token(ec, ES256, CLAIMS("\"1800000100\"", "")), -EBADMSG, "exp");
	expect_refused(token(ec, ES256, CLAIMS("-1", "")), -EBADMSG, "exp");
	expect_refused(token(ec, ES256, CLAIMS("1e300", "")), -EBADMSG, "exp");
	expect_refused(token(ec, ES256, CLAIMS("18446744073709551615", "")), -EBADMSG, "exp");
	assert_int_equal(check(token(ec, ES256, CLAIMS("1800000100", ",\"nbf\":1800000060"))), 0);
	expect_refused(token(ec, ES256, CLAIMS("1800000100", ",\"nbf\":1800000061")), -EACCES, "nbf");
	expect_refused(token(ec, ES256, CLAIMS("1800000100", ",\"nbf\":null")), -EBADMSG, "nbf");
}

static void it_must_be_for_us_from_them_and_about_somebody(void **state)
{
	const struct jwt_rules rules = { AUDIENCE, "https://login.example", NOW };
	const char *text;

	(void)state;
	expect_refused(token(ec, ES256,
			       "{\"sub\":\"a\",\"exp\":1800000100,\"aud\":\"other\",\"namespaces\":[\"*\"]}"),
		-EACCES, "aud");
	expect_refused(token(ec, ES256, "{\"sub\":\"a\",\"exp\":1800000100,\"namespaces\":[\"*\"]}"), -EACCES,
		"aud");
	expect_refused(
		token(ec, ES256, "{\"exp\":1800000100,\"aud\":\"" AUDIENCE "\",\"namespaces\":[\"*\"]}"),
		-EBADMSG, "sub");
	expect_refused(token(ec, ES256, "{\"sub\":\"a\\nb\",\"exp\":1800000100,\"aud\":\"" AUDIENCE "\"}"),
		-EBADMSG, "sub");
	text = token(ec, ES256, GOOD);
	assert_int_equal(jwt_check(&jwks, &rules, text, strlen(text), &claims, &why), -EACCES);
	text = token(ec, ES256, CLAIMS("1800000100", ",\"iss\":\"https://login.example\""));
	assert_int_equal(jwt_check(&jwks, &rules, text, strlen(text), &claims, &why), 0);
}

static void without_namespaces_nothing_is_seen(void **state)
{
	const char *const lists[] = { "null", "[]", "\"*\"", "[\"*\",\"a\"]", "[\"a,b\"]", "[\"a\\u0000b\"]",
		"[1]", "[\"\"]", "[\"a\\nb\"]", "[\"a\\tb\"]", "[\"a b\"]", "[\"a\\u007f\"]",
		"[\"a\",\"*\"]" };
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		snprintf(text, sizeof(text),
			"{\"sub\":\"a\",\"exp\":1800000100,\"aud\":\"" AUDIENCE "\",\"namespaces\":%s}",
			lists[i]);
		assert_true(check(token(ec, ES256, text)) < 0);
		assert_non_null(strstr(why, "namespaces"));
	}
}

static void what_is_no_strict_json_or_too_long_is_refused(void **state)
{
	static char many[9000] = "{\"alg\":\"ES256\",\"kid\":\"e\",\"x\":\"";

	(void)state;
	expect_refused(
		token(ec, "{\"alg\":\"none\",\"alg\":\"ES256\",\"kid\":\"e\"}", GOOD), -EBADMSG, "header");
	expect_refused(token(ec, "{'alg':'ES256','kid':'e'}", GOOD), -EBADMSG, "header");
	expect_refused(token(ec, "[]", GOOD), -EBADMSG, "header");
	expect_refused(token(ec, ES256, CLAIMS("1800000100", ",\"exp\":1900000000")), -EBADMSG, "claims");
	expect_refused(token(ec, ES256, "\"x\""), -EBADMSG, "claims");
	expect_refused(token(ec, "{\"alg\":\"ES256\",\"kid\":\"e\",\"crit\":[\"b64\"],\"b64\":false}", GOOD),
		-EBADMSG, "crit");
	expect_refused(token(ec, "{\"alg\":\"ES256\",\"kid\":\"e\",\"typ\":\"logout+jwt\"}", GOOD), -EBADMSG,
		"type");
	memset(many + strlen(many), 'x', 8000);
	strcat(many, "\"}");
	expect_refused(token(ec, many, GOOD), -EBADMSG, "too long");
	for (const char *const *bad =
			(const char *const[]) { "", ".", "..", "...", "a.b.c", "e30.e30.", "====.a.b", NULL };
		*bad != NULL; bad++)
		assert_int_equal(check(*bad), -EBADMSG);
}

static void base64url_has_one_spelling(void **state)
{
	uint8_t bytes[4];

	(void)state;
	assert_int_equal(base64url_decode("-_8", 3, bytes, sizeof(bytes)), 2);
	assert_memory_equal(bytes, "\xfb\xff", 2);
	assert_int_equal(base64url_decode("-_9", 3, bytes, sizeof(bytes)), -EBADMSG); /* a bit too much */
	assert_int_equal(base64url_decode("+/8", 3, bytes, sizeof(bytes)), -EBADMSG);
	assert_int_equal(base64url_decode("AA==", 4, bytes, sizeof(bytes)), -EBADMSG);
	assert_int_equal(base64url_decode("A", 1, bytes, sizeof(bytes)), -EBADMSG);
	assert_int_equal(base64url_decode("AAAAAAA", 7, bytes, sizeof(bytes)), -E2BIG);
	assert_int_equal(base64url_decode("", 0, bytes, sizeof(bytes)), 0);
}

static void a_key_set_that_is_wrong_changes_nothing(void **state)
{
	const struct {
		const char *text;
		int error;
	} sets[] = { { "", -EBADMSG }, { "[]", -EBADMSG }, { "{}", -EBADMSG }, { "{\"keys\":[]}", -ENOKEY },
		{ "{\"keys\":[1]}", -EBADMSG },
		{ "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"AAAA\"}]}", -ENOKEY },
		/* a short modulus; a point beside the curve; a half of a point */
		{ "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"8wAB\",\"e\":\"AQAB\"}]}", -EBADMSG },
		{ "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"a\",\"x\":"
		  "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\","
		  "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}]}",
			-EBADMSG },
		{ "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"a\",\"x\":\"AAAA\",\"y\":\"AAAA\"}]"
		  "}",
			-EBADMSG } };

	(void)state;
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		assert_int_equal(jwks_read(&jwks, sets[i].text, strlen(sets[i].text)), sets[i].error);
	assert_int_equal(check(token(rsa, RS256, GOOD)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_right_token_says_who_and_what),
		cmocka_unit_test(unsigned_and_secret_signed_tokens_are_refused),
		cmocka_unit_test(the_key_says_the_algorithm),
		cmocka_unit_test(a_signature_of_another_text_length_or_form_is_wrong),
		cmocka_unit_test(its_times_count),
		cmocka_unit_test(it_must_be_for_us_from_them_and_about_somebody),
		cmocka_unit_test(without_namespaces_nothing_is_seen),
		cmocka_unit_test(what_is_no_strict_json_or_too_long_is_refused),
		cmocka_unit_test(base64url_has_one_spelling),
		cmocka_unit_test(a_key_set_that_is_wrong_changes_nothing),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
