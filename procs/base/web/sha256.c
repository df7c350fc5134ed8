#define OPENSSL_API_COMPAT 0x10100000L /* OpenSSL 3 has nothing else that does without its providers */
#include "base/web/sha256.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>

#define BLOCK_SIZE SHA256_CBLOCK
#define INNER      0x36 /* RFC 2104 §2 */
#define OUTER      0x5c

_Static_assert(SHA256_BYTES == SHA256_DIGEST_LENGTH && SHA256_KEY_SIZE <= BLOCK_SIZE, "sizes of SHA-256");

void sha256_of(const void *text, size_t size, uint8_t ret_sum[static SHA256_BYTES])
{
	SHA256_CTX hash;

	SHA256_Init(&hash);
	SHA256_Update(&hash, text, size);
	SHA256_Final(ret_sum, &hash);
}

/* The sum of the padded key and then a text. */
static void keyed(const uint8_t key[static SHA256_KEY_SIZE], uint8_t pad, const void *text, size_t size,
	uint8_t ret_sum[static SHA256_BYTES])
{
	uint8_t block[BLOCK_SIZE];
	SHA256_CTX hash;

	memset(block, pad, sizeof(block));
	for (size_t i = 0; i < SHA256_KEY_SIZE; i++)
		block[i] ^= key[i];
	SHA256_Init(&hash);
	SHA256_Update(&hash, block, sizeof(block));
	SHA256_Update(&hash, text, size);
	SHA256_Final(ret_sum, &hash);
	OPENSSL_cleanse(block, sizeof(block));
	OPENSSL_cleanse(&hash, sizeof(hash));
}

void sha256_mac(const uint8_t key[static SHA256_KEY_SIZE], const void *text, size_t size,
	uint8_t ret_mac[static SHA256_BYTES])
{
	uint8_t inner[SHA256_BYTES];

	keyed(key, INNER, text, size, inner);
	keyed(key, OUTER, inner, sizeof(inner), ret_mac);
}
