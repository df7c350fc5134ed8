/*
 * Who may scrape: user names with bcrypt hashes (`user:$2y$10$…` a line, as htpasswd -B writes them) and bearer tokens (the
 * SHA-256 of each, 64 hexadecimal digits a line; text after it is a comment). `#` begins a comment line.
 * bcrypt is slow by design, and there is one loop: what was verified is remembered for a while, by a hash under a key of
 * this process; what was refused too; and of the rest only CREDENTIAL_CHECKS_PER_SECOND are looked at, so that a flood of
 * wrong passwords costs a bounded part of the CPU and stalls nobody who is known already.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/web/authorization.h"

#define CREDENTIAL_USERS_MAX         64
#define CREDENTIAL_TOKENS_MAX        256
#define CREDENTIAL_COST_MAX          12 /* of bcrypt: about 0.25 s */
#define CREDENTIAL_CHECKS_PER_SECOND 2
#define CREDENTIAL_CHECKS_AT_ONCE    4
#define CREDENTIAL_REMEMBER_S        300
#define CREDENTIAL_REMEMBERED_MAX    256

struct credential_user {
	char name[65], hash[64];
};

struct credential_memory {
	uint8_t digest[32];
	uint64_t until_ns;
	bool is_right;
};

struct credentials {
	bool is_required; /* with files that name nobody, nobody may */
	struct credential_user users[CREDENTIAL_USERS_MAX];
	size_t user_count;
	uint8_t tokens[CREDENTIAL_TOKENS_MAX][AUTHORIZATION_SUM];
	size_t token_count;
	uint8_t key[32];
	struct credential_memory memory[CREDENTIAL_REMEMBERED_MAX];
	size_t next_memory;
	uint64_t checks_from_ns; /* a check uses 1/CHECKS_PER_SECOND of the time that passes */
	uint64_t refused, delayed;
};

enum credential_verdict { CREDENTIAL_RIGHT, CREDENTIAL_MISSING, CREDENTIAL_WRONG, CREDENTIAL_LATER };

void credentials_init(struct credentials *credentials);
/* Replace the users or tokens by those of a file's text (NUL-terminated, changed). 0; -EBADMSG and the number of the
 * line that is wrong, or -E2BIG; then nothing has changed. What was remembered is forgotten. */
int credentials_read_users(struct credentials *credentials, char *text, unsigned *ret_line);
int credentials_read_tokens(struct credentials *credentials, char *text, unsigned *ret_line);
/* Judges the value of an Authorization header (size 0 = none). */
enum credential_verdict credentials_check(
	struct credentials *credentials, const char *header, size_t size, uint64_t now_ns);
