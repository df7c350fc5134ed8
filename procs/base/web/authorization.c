#include "base/web/authorization.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/web/sha256.h"

/* "dXNlcjpwYXNz" -> "user:pass" (RFC 7617); no byte of it may be NUL. */
static int parse_basic(const char *encoded, size_t size, struct authorization *ret)
{
	unsigned char plain[AUTHORIZATION_MAX];
	size_t padding = 0;

	if (size == 0 || size % 4 != 0)
		return -EBADMSG;
	while (padding < 2 && encoded[size - 1 - padding] == '=')
		padding++;
	int length = EVP_DecodeBlock(plain, (const unsigned char *)encoded, (int)size);
	if (length < 0)
		return -EBADMSG;
	size_t used = (size_t)length - padding;
	const unsigned char *colon = memchr(plain, ':', used);
	if (colon == NULL || memchr(plain, '\0', used) != NULL)
		return -EBADMSG;
	size_t user = (size_t)(colon - plain);
	memcpy(ret->user, plain, user);
	ret->user[user] = '\0';
	memcpy(ret->secret, colon + 1, used - user - 1);
	ret->secret[used - user - 1] = '\0';
	return 0;
}

int authorization_parse(const char *header, size_t size, struct authorization *ret)
{
	const char *space = memchr(header, ' ', size);

	*ret = (struct authorization) { 0 };
	if (size >= AUTHORIZATION_MAX || space == NULL)
		return -EBADMSG;
	size_t scheme = (size_t)(space - header), at = scheme;
	while (at < size && header[at] == ' ')
		at++;
	while (size > at && (header[size - 1] == ' ' || header[size - 1] == '\t'))
		size--;
	ret->is_basic = scheme == 5 && strncasecmp(header, "Basic", 5) == 0;
	if (ret->is_basic)
		return parse_basic(header + at, size - at, ret);
	if (scheme != 6 || strncasecmp(header, "Bearer", 6) != 0 || at == size)
		return -EBADMSG;
	for (size_t i = at; i < size; i++)
		if (!isgraph((unsigned char)header[i]))
			return -EBADMSG;
	memcpy(ret->secret, header + at, size - at);
	return 0;
}

int authorization_read_sum(const char *text, uint8_t ret_sum[static AUTHORIZATION_SUM])
{
	char two[3] = "";

	if (strspn(text, "0123456789abcdefABCDEF") != 64 || strchr(" \t", text[64]) == NULL)
		return -EBADMSG;
	for (size_t i = 0; i < AUTHORIZATION_SUM; i++) {
		memcpy(two, text + 2 * i, 2);
		ret_sum[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return 0;
}

void authorization_sum(const char *token, uint8_t ret_sum[static AUTHORIZATION_SUM])
{
	sha256_of(token, strlen(token), ret_sum);
}

bool authorization_is_sum(
	const uint8_t one[static AUTHORIZATION_SUM], const uint8_t other[static AUTHORIZATION_SUM])
{
	return CRYPTO_memcmp(one, other, AUTHORIZATION_SUM) == 0;
}
