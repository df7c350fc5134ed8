#include "frontend/auth/jwks.h"

#include <errno.h>
#include <json-c/json.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <string.h>

#include "ipc/tools.h"

#define RSA_BITS_MIN       2048
#define RSA_BITS_MAX       8192
#define RSA_EXPONENT_MAX   8 /* bytes */
#define P256_BYTES         32
#define POINT_UNCOMPRESSED 4

static int value_of(char digit)
{
	if (digit >= 'A' && digit <= 'Z')
		return digit - 'A';
	if (digit >= 'a' && digit <= 'z')
		return digit - 'a' + 26;
	if (digit >= '0' && digit <= '9')
		return digit - '0' + 52;
	return digit == '-' ? 62 : digit == '_' ? 63 : -1;
}

int base64url_decode(const char *text, size_t size, uint8_t *ret_bytes, size_t room)
{
	uint32_t bits = 0;
	size_t count = 0;
	int held = 0;

	if (size % 4 == 1)
		return -EBADMSG;
	if (size / 4 * 3 + (size % 4 > 0 ? size % 4 - 1 : 0) > room)
		return -E2BIG;
	for (size_t i = 0; i < size; i++) {
		int value = value_of(text[i]);
		if (value < 0)
			return -EBADMSG;
		bits = (bits << 6 | (uint32_t)value) & 0xffff;
		held += 6;
		if (held >= 8) {
			held -= 8;
			ret_bytes[count++] = (uint8_t)(bits >> held);
		}
	}
	return (bits & ((1U << held) - 1)) != 0 ? -EBADMSG : (int)count;
}

/* keys */

/* A member that is a string without NUL; NULL if it is not there or something else. */
static const char *text_of(struct json_object *object, const char *name)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, name, &value) || !json_object_is_type(value, json_type_string))
		return NULL;
	const char *text = json_object_get_string(value);
	return strlen(text) == (size_t)json_object_get_string_len(value) ? text : NULL;
}

static bool is_text(struct json_object *object, const char *name, const char *wanted)
{
	const char *text = text_of(object, name);

	return text != NULL && strcmp(text, wanted) == 0;
}

static bool is_text_or_absent(struct json_object *object, const char *name, const char *wanted)
{
	return !json_object_object_get_ex(object, name, NULL) || is_text(object, name, wanted);
}

static int bytes_of(struct json_object *object, const char *name, uint8_t *ret_bytes, size_t room)
{
	const char *text = text_of(object, name);

	return text == NULL ? -EBADMSG : base64url_decode(text, strlen(text), ret_bytes, room);
}

static EVP_PKEY *make_key(const char *type, OSSL_PARAM_BLD *builder)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	if (params == NULL || context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
		EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(context);
	OSSL_PARAM_free(params);
	return key;
}

static EVP_PKEY *read_rsa(struct json_object *object)
{
	uint8_t modulus[RSA_BITS_MAX / 8], exponent[RSA_EXPONENT_MAX];
	int size = bytes_of(object, "n", modulus, sizeof(modulus));
	int exponent_size = bytes_of(object, "e", exponent, sizeof(exponent));
	EVP_PKEY *key = NULL;

	if (size <= 0 || exponent_size <= 0 || (exponent[exponent_size - 1] & 1) == 0 ||
		(exponent_size == 1 && exponent[0] < 3))
		return NULL;
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	BIGNUM *n = BN_bin2bn(modulus, size, NULL), *e = BN_bin2bn(exponent, exponent_size, NULL);
	if (builder != NULL && n != NULL && e != NULL && BN_num_bits(n) >= RSA_BITS_MIN && BN_is_odd(n) &&
		OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
		OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1)
		key = make_key("RSA", builder);
	OSSL_PARAM_BLD_free(builder);
	BN_free(n);
	BN_free(e);
	return key;
}

/* OpenSSL refuses a point that is not on the curve. */
static EVP_PKEY *read_p256(struct json_object *object)
{
	uint8_t point[1 + 2 * P256_BYTES] = { POINT_UNCOMPRESSED };
	EVP_PKEY *key = NULL;

	if (bytes_of(object, "x", point + 1, P256_BYTES) != P256_BYTES ||
		bytes_of(object, "y", point + 1 + P256_BYTES, P256_BYTES) != P256_BYTES)
		return NULL;
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	if (builder != NULL &&
		OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
		OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)) == 1)
		key = make_key("EC", builder);
	OSSL_PARAM_BLD_free(builder);
	return key;
}

/* Is it a key to verify our two algorithms with? One of another kind is nobody's fault. */
static bool is_of_use(struct json_object *object, enum jwt_algorithm *ret_algorithm)
{
	const char *kid = text_of(object, "kid");
	bool is_rsa = is_text(object, "kty", "RSA") && is_text_or_absent(object, "alg", "RS256");
	bool is_p256 = is_text(object, "kty", "EC") && is_text(object, "crv", "P-256") &&
		       is_text_or_absent(object, "alg", "ES256");

	*ret_algorithm = is_rsa ? JWT_RS256 : JWT_ES256;
	return (is_rsa || is_p256) && is_text_or_absent(object, "use", "sig") && kid != NULL &&
	       kid[0] != '\0' && strlen(kid) <= JWKS_KID_MAX;
}

static int add_key(struct jwks *jwks, struct json_object *object)
{
	enum jwt_algorithm algorithm;

	if (!json_object_is_type(object, json_type_object))
		return -EBADMSG;
	if (!is_of_use(object, &algorithm))
		return 0;
	const char *kid = text_of(object, "kid");
	if (jwks_find(jwks, kid) != NULL)
		return -EBADMSG;
	if (jwks->count == JWKS_KEYS_MAX)
		return -E2BIG;
	struct jwks_key *key = &jwks->keys[jwks->count];
	*key = (struct jwks_key) { .algorithm = algorithm,
		.key = algorithm == JWT_RS256 ? read_rsa(object) : read_p256(object) };
	memcpy(key->kid, kid, strlen(kid));
	if (key->key == NULL)
		return -EBADMSG;
	jwks->count++;
	return 0;
}

int jwks_read(struct jwks *jwks, const char *text, size_t size)
{
	struct jwks made = { 0 };
	struct json_object *keys = NULL;
	size_t offset;
	struct json_object *set = size <= JWKS_BYTES_MAX ? json_parse_strict(text, size, &offset) : NULL;
	int r = 0;

	if (!json_object_is_type(set, json_type_object) || !json_object_object_get_ex(set, "keys", &keys) ||
		!json_object_is_type(keys, json_type_array))
		r = -EBADMSG;
	for (size_t i = 0; r == 0 && i < json_object_array_length(keys); i++)
		r = add_key(&made, json_object_array_get_idx(keys, i));
	json_object_put(set);
	ERR_clear_error(); /* the queue is the whole thread's */
	if (r == 0 && made.count == 0)
		r = -ENOKEY;
	if (r < 0) {
		jwks_done(&made);
		return r;
	}
	jwks_done(jwks);
	*jwks = made;
	return 0;
}

void jwks_done(struct jwks *jwks)
{
	for (size_t i = 0; i < jwks->count; i++)
		EVP_PKEY_free(jwks->keys[i].key);
	jwks->count = 0;
}

const struct jwks_key *jwks_find(const struct jwks *jwks, const char *kid)
{
	for (size_t i = 0; i < jwks->count; i++)
		if (strcmp(jwks->keys[i].kid, kid) == 0)
			return &jwks->keys[i];
	return NULL;
}
