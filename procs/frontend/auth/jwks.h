/*
 * The public keys that JSON Web Tokens are signed with, as a JSON Web Key Set (RFC 7517): RSA of 2048 to 8192 bits for RS256,
 * P-256 for ES256, each with a kid. Keys of other kinds or uses are passed over.
 */
#pragma once

#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>

#define JWKS_KEYS_MAX  32
#define JWKS_KID_MAX   128
#define JWKS_BYTES_MAX 65536

enum jwt_algorithm { JWT_RS256, JWT_ES256 };

struct jwks_key {
	char kid[JWKS_KID_MAX + 1];
	enum jwt_algorithm algorithm;
	EVP_PKEY *key;
};

struct jwks {
	struct jwks_key keys[JWKS_KEYS_MAX];
	size_t count;
};

/* Puts the keys of `text` in the place of those there are. 0; -EBADMSG: no key set, a key that is wrong, a kid twice; -E2BIG:
 * too many; -ENOKEY: none that we can use; then nothing has changed. */
int jwks_read(struct jwks *jwks, const char *text, size_t size);
void jwks_done(struct jwks *jwks);
/* NULL if there is none. */
const struct jwks_key *jwks_find(const struct jwks *jwks, const char *kid);

/* Without padding, in its one spelling (RFC 4648 §5, RFC 7515 §2). How many bytes, or -EBADMSG, -E2BIG: more than room. */
int base64url_decode(const char *text, size_t size, uint8_t *ret_bytes, size_t room);
