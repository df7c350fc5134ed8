#include "exporter/credentials.h"

#include <crypt.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"

#define BCRYPT_SIZE 60

void credentials_init(struct credentials *credentials)
{
	*credentials = (struct credentials) { 0 };
	RAND_bytes(credentials->key, sizeof(credentials->key));
}

/* files */

/* "$2y$10$" and 53 characters */
static bool is_bcrypt(const char *hash)
{
	bool is_form = strlen(hash) == BCRYPT_SIZE && hash[0] == '$' && hash[1] == '2' &&
		       strchr("aby", hash[2]) != NULL && hash[3] == '$' && hash[6] == '$';

	if (!is_form)
		return false;
	long cost = strtol(hash + 4, NULL, 10);
	return cost >= 4 && cost <= CREDENTIAL_COST_MAX;
}

int credentials_read_users(struct credentials *credentials, char *text, unsigned *ret_line)
{
	struct credential_user users[CREDENTIAL_USERS_MAX] = { 0 };
	size_t count = 0;

	*ret_line = 0;
	for (char *line; (line = file_next_line(&text, ret_line)) != NULL;) {
		char *colon = strchr(line, ':');
		if (count == CREDENTIAL_USERS_MAX)
			return -E2BIG;
		if (colon == NULL || colon == line || (size_t)(colon - line) >= sizeof(users[0].name) ||
			!is_bcrypt(colon + 1))
			return -EBADMSG;
		*colon = '\0';
		snprintf(users[count].name, sizeof(users[0].name), "%s", line);
		snprintf(users[count++].hash, sizeof(users[0].hash), "%s", colon + 1);
	}
	memcpy(credentials->users, users, count * sizeof(users[0]));
	credentials->user_count = count;
	memset(credentials->memory, 0, sizeof(credentials->memory));
	return 0;
}

int credentials_read_tokens(struct credentials *credentials, char *text, unsigned *ret_line)
{
	uint8_t tokens[CREDENTIAL_TOKENS_MAX][AUTHORIZATION_SUM] = { 0 };
	size_t count = 0;

	*ret_line = 0;
	for (char *line; (line = file_next_line(&text, ret_line)) != NULL;) {
		if (count == CREDENTIAL_TOKENS_MAX)
			return -E2BIG;
		if (authorization_read_sum(line, tokens[count++]) < 0)
			return -EBADMSG;
	}
	memcpy(credentials->tokens, tokens, count * sizeof(tokens[0]));
	credentials->token_count = count;
	memset(credentials->memory, 0, sizeof(credentials->memory));
	return 0;
}

/* judging */

/* All are compared, each in constant time: how long it takes tells nothing. */
static bool is_token(const struct credentials *credentials, const char *token)
{
	uint8_t sum[AUTHORIZATION_SUM];
	bool is_found = false;

	authorization_sum(token, sum);
	for (size_t i = 0; i < credentials->token_count; i++)
		is_found |= authorization_is_sum(sum, credentials->tokens[i]);
	return is_found;
}

/* An unknown user takes as long as a known one. */
static bool is_password(const struct credentials *credentials, const struct authorization *given)
{
	static struct crypt_data data; /* 32 KB */
	const char *hash = NULL;

	for (size_t i = 0; i < credentials->user_count; i++)
		if (strcmp(credentials->users[i].name, given->user) == 0)
			hash = credentials->users[i].hash;
	const char *wanted = hash != NULL ? hash : credentials->users[0].hash;
	const char *made = crypt_r(given->secret, wanted, &data);
	bool is_equal =
		made != NULL && strlen(made) == BCRYPT_SIZE && CRYPTO_memcmp(made, wanted, BCRYPT_SIZE) == 0;
	OPENSSL_cleanse(&data, sizeof(data));
	return is_equal && hash != NULL;
}

static struct credential_memory *recall(
	struct credentials *credentials, const uint8_t digest[static 32], uint64_t now_ns)
{
	for (size_t i = 0; i < CREDENTIAL_REMEMBERED_MAX; i++) {
		struct credential_memory *memory = &credentials->memory[i];
		if (memory->until_ns > now_ns && CRYPTO_memcmp(memory->digest, digest, 32) == 0)
			return memory;
	}
	return NULL;
}

/* What was right is worth more than what was wrong: a flood of wrong ones does not push it out. */
static void remember(
	struct credentials *credentials, const uint8_t digest[static 32], bool is_right, uint64_t now_ns)
{
	struct credential_memory *memory = NULL;

	for (size_t i = 0; i < CREDENTIAL_REMEMBERED_MAX && memory == NULL; i++) {
		struct credential_memory *next =
			&credentials->memory[credentials->next_memory++ % CREDENTIAL_REMEMBERED_MAX];
		if (next->until_ns <= now_ns || !next->is_right)
			memory = next;
	}
	if (memory == NULL)
		return;
	*memory = (struct credential_memory) { .until_ns = now_ns + CREDENTIAL_REMEMBER_S * NS_PER_SECOND,
		.is_right = is_right };
	memcpy(memory->digest, digest, 32);
}

/* A leaky bucket: CHECKS_AT_ONCE together, CHECKS_PER_SECOND in the long run. */
static bool may_check(struct credentials *credentials, uint64_t now_ns)
{
	const uint64_t step_ns = NS_PER_SECOND / CREDENTIAL_CHECKS_PER_SECOND;

	if (credentials->checks_from_ns + CREDENTIAL_CHECKS_AT_ONCE * step_ns < now_ns)
		credentials->checks_from_ns = now_ns - CREDENTIAL_CHECKS_AT_ONCE * step_ns;
	if (credentials->checks_from_ns + step_ns > now_ns)
		return false;
	credentials->checks_from_ns += step_ns;
	return true;
}

static enum credential_verdict check_password(struct credentials *credentials,
	const struct authorization *given, const uint8_t digest[static 32], uint64_t now_ns)
{
	struct credential_memory *memory = recall(credentials, digest, now_ns);

	if (memory != NULL) {
		if (memory->is_right)
			memory->until_ns = now_ns + CREDENTIAL_REMEMBER_S * NS_PER_SECOND;
		return memory->is_right ? CREDENTIAL_RIGHT : CREDENTIAL_WRONG;
	}
	if (!may_check(credentials, now_ns))
		return CREDENTIAL_LATER;
	bool is_right = is_password(credentials, given);
	remember(credentials, digest, is_right, now_ns);
	return is_right ? CREDENTIAL_RIGHT : CREDENTIAL_WRONG;
}

enum credential_verdict credentials_check(
	struct credentials *credentials, const char *header, size_t size, uint64_t now_ns)
{
	enum credential_verdict verdict = CREDENTIAL_WRONG;
	struct authorization given;
	uint8_t digest[32];
	unsigned digest_size = sizeof(digest);

	if (!credentials->is_required)
		return CREDENTIAL_RIGHT;
	if (size == 0)
		return CREDENTIAL_MISSING;
	if (authorization_parse(header, size, &given) == 0) {
		HMAC(EVP_sha256(), credentials->key, sizeof(credentials->key), (const unsigned char *)header,
			size, digest, &digest_size);
		if (!given.is_basic)
			verdict = is_token(credentials, given.secret) ? CREDENTIAL_RIGHT : CREDENTIAL_WRONG;
		else if (credentials->user_count > 0)
			verdict = check_password(credentials, &given, digest, now_ns);
	}
	credentials->refused += verdict == CREDENTIAL_WRONG;
	credentials->delayed += verdict == CREDENTIAL_LATER;
	OPENSSL_cleanse(&given, sizeof(given));
	return verdict;
}
