#include "frontend/auth/jwt.h"

#include <ctype.h>
#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <string.h>
#include <strings.h>

#include "ipc/tools.h"

#define ES256_BYTES   64 /* r and s, 32 each (RFC 7518 §3.4) */
#define ES256_DER_MAX 80
#define SIGNATURE_MAX 1024           /* RSA of 8192 bits */
#define LATEST_S      253402300799.0 /* the end of the year 9999 */
#define AUDIENCES_MAX 16
#define NAMESPACE_MAX 253

struct parts {
	const char *header, *payload, *signature;
	size_t header_size, payload_size, signature_size;
};

struct reading {
	struct json_object *header, *payload;
	const char *why;
};

static bool split(const char *token, size_t size, struct parts *ret)
{
	const char *first = memchr(token, '.', size);
	const char *end = token + size;
	const char *second = first != NULL ? memchr(first + 1, '.', (size_t)(end - first - 1)) : NULL;

	if (second == NULL || memchr(second + 1, '.', (size_t)(end - second - 1)) != NULL)
		return false;
	*ret = (struct parts) { token, first + 1, second + 1, (size_t)(first - token),
		(size_t)(second - first - 1), (size_t)(end - second - 1) };
	return true;
}

bool jwt_is_form(const char *token, size_t size)
{
	struct parts parts;

	return split(token, size, &parts);
}

static struct json_object *read_object(const char *text, size_t size)
{
	uint8_t bytes[JWT_BYTES_MAX];
	size_t offset;
	int length = base64url_decode(text, size, bytes, sizeof(bytes));
	struct json_object *object =
		length > 0 ? json_parse_strict((const char *)bytes, (size_t)length, &offset) : NULL;

	if (json_object_is_type(object, json_type_object))
		return object;
	json_object_put(object);
	return NULL;
}

/* A value that is a string without NUL, or NULL. */
static const char *as_text(struct json_object *value)
{
	if (!json_object_is_type(value, json_type_string))
		return NULL;
	const char *text = json_object_get_string(value);
	return strlen(text) == (size_t)json_object_get_string_len(value) ? text : NULL;
}

static const char *text_of(struct json_object *object, const char *name)
{
	return as_text(json_object_object_get(object, name));
}

static int refuse(struct reading *reading, int error, const char *why)
{
	reading->why = why;
	return error;
}

/* header and signature */

/* "JWT", or that of access tokens (RFC 9068 §2.1). */
static bool is_type(const char *type)
{
	if (strncasecmp(type, "application/", 12) == 0)
		type += 12;
	return strcasecmp(type, "JWT") == 0 || strcasecmp(type, "at+jwt") == 0;
}

static int find_key(const struct jwks *jwks, struct reading *reading, const struct jwks_key **ret_key)
{
	const char *algorithm = text_of(reading->header, "alg"), *kid = text_of(reading->header, "kid");

	if (algorithm == NULL || (strcmp(algorithm, "RS256") != 0 && strcmp(algorithm, "ES256") != 0))
		return refuse(reading, -EBADMSG, "neither RS256 nor ES256");
	if (json_object_object_get_ex(reading->header, "crit", NULL))
		return refuse(reading, -EBADMSG, "asks for an extension (crit)");
	if (json_object_object_get_ex(reading->header, "typ", NULL) &&
		(text_of(reading->header, "typ") == NULL || !is_type(text_of(reading->header, "typ"))))
		return refuse(reading, -EBADMSG, "of another type than JWT");
	if (kid == NULL)
		return refuse(reading, -EBADMSG, "names no key (kid)");
	*ret_key = jwks_find(jwks, kid);
	if (*ret_key == NULL)
		return refuse(reading, -EACCES, "signed by a key that is not in http_jwks");
	if (((*ret_key)->algorithm == JWT_RS256) != (strcmp(algorithm, "RS256") == 0))
		return refuse(reading, -EBADMSG, "its algorithm is not that of its key");
	return 0;
}

/* r and s as OpenSSL takes them; the size, or -EBADMSG. */
static int to_der(const uint8_t *raw, uint8_t ret_der[static ES256_DER_MAX])
{
	ECDSA_SIG *signature = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw, ES256_BYTES / 2, NULL);
	BIGNUM *s = BN_bin2bn(raw + ES256_BYTES / 2, ES256_BYTES / 2, NULL);
	unsigned char *at = ret_der;

	if (signature == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(signature, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		ECDSA_SIG_free(signature);
		return -EBADMSG;
	}
	int size = i2d_ECDSA_SIG(signature, &at);
	ECDSA_SIG_free(signature);
	return size > 0 ? size : -EBADMSG;
}

static bool verify(const struct jwks_key *key, const struct parts *parts)
{
	uint8_t signature[SIGNATURE_MAX], der[ES256_DER_MAX];
	const uint8_t *given = signature;
	int size = base64url_decode(parts->signature, parts->signature_size, signature, sizeof(signature));

	if (key->algorithm == JWT_ES256) {
		size = size == ES256_BYTES ? to_der(signature, der) : -EBADMSG;
		given = der;
	}
	EVP_MD_CTX *context = size > 0 ? EVP_MD_CTX_new() : NULL;
	bool is_right = context != NULL &&
			EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key->key) == 1 &&
			EVP_DigestVerify(context, given, (size_t)size, (const unsigned char *)parts->header,
				parts->header_size + 1 + parts->payload_size) == 1;
	EVP_MD_CTX_free(context);
	ERR_clear_error(); /* the queue is the whole thread's */
	return is_right;
}

/* claims */

/* NumericDate: seconds, perhaps with a fraction (RFC 7519 §2). False: not a time. */
static bool time_of(struct json_object *object, const char *name, uint64_t *ret_s)
{
	struct json_object *value = json_object_object_get(object, name);

	if (!json_object_is_type(value, json_type_int) && !json_object_is_type(value, json_type_double))
		return false;
	double seconds = json_object_get_double(value);
	if (!(seconds >= 0 && seconds <= LATEST_S))
		return false;
	*ret_s = (uint64_t)seconds;
	return true;
}

static int check_times(struct reading *reading, uint64_t now_s, struct jwt_claims *ret)
{
	uint64_t end_s, begin_s = 0;

	if (!time_of(reading->payload, "exp", &end_s))
		return refuse(reading, -EBADMSG, "without an end (exp)");
	if (json_object_object_get_ex(reading->payload, "nbf", NULL) &&
		!time_of(reading->payload, "nbf", &begin_s))
		return refuse(reading, -EBADMSG, "nbf is no time");
	if (now_s >= end_s + JWT_LEEWAY_S)
		return refuse(reading, -EACCES, "over (exp)");
	if (now_s + JWT_LEEWAY_S < begin_s)
		return refuse(reading, -EACCES, "not valid yet (nbf)");
	ret->until_s = end_s + JWT_LEEWAY_S;
	return 0;
}

static bool is_audience(struct json_object *audience, const char *wanted)
{
	if (!json_object_is_type(audience, json_type_array))
		return as_text(audience) != NULL && strcmp(as_text(audience), wanted) == 0;
	size_t count = json_object_array_length(audience);
	for (size_t i = 0; i < count && i < AUDIENCES_MAX; i++) {
		const char *text = as_text(json_object_array_get_idx(audience, i));
		if (text != NULL && strcmp(text, wanted) == 0)
			return true;
	}
	return false;
}

static int check_names(struct reading *reading, const struct jwt_rules *rules, struct jwt_claims *ret)
{
	const char *issuer = text_of(reading->payload, "iss"), *subject = text_of(reading->payload, "sub");

	if (!is_audience(json_object_object_get(reading->payload, "aud"), rules->audience))
		return refuse(reading, -EACCES, "for somebody else (aud)");
	if (rules->issuer[0] != '\0' && (issuer == NULL || strcmp(issuer, rules->issuer) != 0))
		return refuse(reading, -EACCES, "from somebody else (iss)");
	size_t size = subject != NULL ? strlen(subject) : 0;
	if (size == 0 || size > PRINCIPAL_NAME_MAX)
		return refuse(reading, -EBADMSG, "without a name, or too long a one (sub)");
	for (size_t i = 0; i < size; i++)
		if (iscntrl((unsigned char)subject[i]))
			return refuse(reading, -EBADMSG, "its name has a control character (sub)");
	memcpy(ret->name, subject, size + 1);
	return 0;
}

/* Of Kubernetes, a slice, a runtime or a user. They are kept with a newline and shown with a comma between. */
static bool is_namespace(const char *name)
{
	size_t size = name != NULL ? strlen(name) : 0;

	for (size_t i = 0; i < size; i++)
		if (!isgraph((unsigned char)name[i]) || name[i] == ',')
			return false;
	return size > 0 && size <= NAMESPACE_MAX && strcmp(name, "*") != 0;
}

static int read_namespaces(struct reading *reading, struct jwt_claims *ret)
{
	struct json_object *list = json_object_object_get(reading->payload, "namespaces");
	size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0,
	       at = 0;

	if (count == 0)
		return refuse(reading, -EACCES, "names no namespaces");
	ret->namespaces[0] = '\0';
	if (count == 1 && as_text(json_object_array_get_idx(list, 0)) != NULL &&
		strcmp(as_text(json_object_array_get_idx(list, 0)), "*") == 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		const char *name = as_text(json_object_array_get_idx(list, i));
		if (!is_namespace(name) || at + strlen(name) + 1 > PRINCIPAL_NAMESPACES_MAX)
			return refuse(reading, -EBADMSG, "its namespaces are no names, or too many");
		memcpy(ret->namespaces + at, name, strlen(name));
		at += strlen(name);
		ret->namespaces[at++] = '\n';
	}
	ret->namespaces[at] = '\0';
	return 0;
}

static int check(const struct jwks *jwks, const struct jwt_rules *rules, const struct parts *parts,
	struct reading *reading, struct jwt_claims *ret)
{
	const struct jwks_key *key;
	int r;

	if ((reading->header = read_object(parts->header, parts->header_size)) == NULL)
		return refuse(reading, -EBADMSG, "its header cannot be read");
	if ((r = find_key(jwks, reading, &key)) < 0)
		return r;
	if (!verify(key, parts))
		return refuse(reading, -EACCES, "its signature is wrong");
	if ((reading->payload = read_object(parts->payload, parts->payload_size)) == NULL)
		return refuse(reading, -EBADMSG, "its claims cannot be read");
	if ((r = check_times(reading, rules->now_s, ret)) < 0 || (r = check_names(reading, rules, ret)) < 0)
		return r;
	return read_namespaces(reading, ret);
}

int jwt_check(const struct jwks *jwks, const struct jwt_rules *rules, const char *token, size_t size,
	struct jwt_claims *ret_claims, const char **ret_why)
{
	struct reading reading = { .why = "" };
	struct parts parts;
	int r = -EBADMSG;

	if (size > JWT_BYTES_MAX || !split(token, size, &parts))
		reading.why = "not three parts, or too long";
	else
		r = check(jwks, rules, &parts, &reading, ret_claims);
	json_object_put(reading.header);
	json_object_put(reading.payload);
	*ret_why = reading.why;
	return r;
}
