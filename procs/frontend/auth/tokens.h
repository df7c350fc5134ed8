/*
 * The bearer tokens of http_tokens, a line each:
 *   NAME SHA256 [NAMESPACE,NAMESPACE...]
 * SHA256 is that of the token (64 hexadecimal digits); no list, or `*`, = all namespaces. A name may have several tokens, as
 * when one replaces another, with the same namespaces. `#` begins a comment line. `tanso token NAME` makes one.
 */
#pragma once

#include "base/config.h"
#include "base/file.h"
#include "base/token.h"
#include "base/web/authorization.h"
#include "frontend/admission.h"

#define TOKENS_MAX        256
#define TOKENS_BYTES_MAX  (256U << 10) /* of the file */
#define TOKENS_WATCH_S    2
#define TOKENS_REASON_MAX 128

struct token {
	char name[TOKEN_NAME_MAX + 1];
	char namespaces[PRINCIPAL_NAMESPACES_MAX + 1]; /* as a principal has them */
	uint8_t sum[AUTHORIZATION_SUM];
};

struct tokens {
	char path[CONFIG_TEXT_MAX];
	struct file_identity identity;
	struct token all[TOKENS_MAX];
	size_t count;
	uint64_t next_watch_ns;
};

/* Replaces the tokens by those of a file's text (NUL-terminated, changed). 0; or -EBADMSG with the number of the line that is
 * wrong and why, then nothing has changed. */
int tokens_read(
	struct tokens *tokens, char *text, unsigned *ret_line, char ret_reason[static TOKENS_REASON_MAX]);
/* Reads the file at the start; what is missing or wrong is logged and an error: a door must not open by mistake. */
int tokens_open(struct tokens *tokens, const char *path);
/* In every turn: reads the file again within TOKENS_WATCH_S when it has changed. What cannot be used is said once, and what
 * was in use stays. True: other tokens are in use now. */
bool tokens_watch(struct tokens *tokens, uint64_t now_ns);
/* NULL = none. All are compared, each in constant time: how long it takes tells nothing. */
const struct token *tokens_find(const struct tokens *tokens, const char *secret);
/* Is there a token with that name and those namespaces? */
bool tokens_name(const struct tokens *tokens, const struct principal *principal);
/* context = struct tokens * */
admission_judge_fn tokens_judge;
