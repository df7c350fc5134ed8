#include "frontend/auth/tokens.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"

/* the file */

static int refuse(char *reason, const char *why)
{
	snprintf(reason, TOKENS_REASON_MAX, "%s", why);
	return -EBADMSG;
}

static int read_namespaces(char *list, struct token *token, char *reason)
{
	size_t used = 0;
	char *item;

	if (strcmp(list, "*") == 0)
		return 0;
	while ((item = strsep(&list, ",")) != NULL) {
		size_t size = strlen(item);
		if (size == 0 || strcmp(item, "*") == 0)
			return refuse(
				reason, "namespaces are names with a comma between, or * alone for all");
		if (used + size + 1 > PRINCIPAL_NAMESPACES_MAX)
			return refuse(reason, "too many namespaces for one token (1023 bytes)");
		used += (size_t)sprintf(token->namespaces + used, "%s\n", item);
	}
	return 0;
}

static int read_token(char *line, struct token *token, char *reason)
{
	char *name = strsep(&line, " \t"), *field[3] = { "", "", "" };
	size_t count = 0;

	*token = (struct token) { .name = "" };
	for (char *at; (at = strsep(&line, " \t")) != NULL;) {
		if (*at != '\0' && count == ARRAY_SIZE(field))
			break;
		if (*at != '\0')
			field[count++] = at;
	}
	if (!token_is_name(name))
		return refuse(reason, "a line begins with a name of at most 64 letters, digits and . _ @ -");
	snprintf(token->name, sizeof(token->name), "%s", name);
	if (authorization_read_sum(field[0], token->sum) < 0)
		return refuse(reason, "after the name stands the token's SHA-256, 64 hexadecimal digits");
	if (count > 2)
		return refuse(reason, "nothing stands after the namespaces; no blanks between them");
	return count == 2 ? read_namespaces(field[1], token, reason) : 0;
}

static int check_against(const struct token *token, const struct token *others, size_t count, char *reason)
{
	for (size_t i = 0; i < count; i++) {
		if (authorization_is_sum(token->sum, others[i].sum))
			return refuse(reason, "this token stands in the file twice");
		if (strcmp(token->name, others[i].name) == 0 &&
			strcmp(token->namespaces, others[i].namespaces) != 0)
			return refuse(reason, "this name has other namespaces in a line before");
	}
	return 0;
}

int tokens_read(
	struct tokens *tokens, char *text, unsigned *ret_line, char ret_reason[static TOKENS_REASON_MAX])
{
	CLEANUP(freep) struct token *all = calloc(TOKENS_MAX, sizeof(*all));
	size_t count = 0;
	int r = 0;

	*ret_line = 0;
	if (all == NULL)
		return refuse(ret_reason, "out of memory");
	for (char *line; r == 0 && (line = file_next_line(&text, ret_line)) != NULL; count++) {
		if (count == TOKENS_MAX)
			return refuse(ret_reason, "more than 256 tokens");
		r = read_token(line, &all[count], ret_reason);
		if (r == 0)
			r = check_against(&all[count], all, count, ret_reason);
	}
	if (r < 0)
		return r;
	memcpy(tokens->all, all, count * sizeof(*all));
	tokens->count = count;
	return 0;
}

static int load(struct tokens *tokens)
{
	CLEANUP(freep) char *text = malloc(TOKENS_BYTES_MAX);
	char reason[TOKENS_REASON_MAX] = "";
	unsigned line = 0;

	if (text == NULL)
		return -ENOMEM;
	int r = file_read_text(AT_FDCWD, tokens->path, text, TOKENS_BYTES_MAX);
	if (r < 0) {
		log_error("http_tokens = %s: %s; `tanso token NAME` makes a token and the line for it",
			tokens->path, r == -E2BIG ? "too long" : strerror(-r));
		return r;
	}
	r = tokens_read(tokens, text, &line, reason);
	if (r < 0)
		log_error("%s:%u: %s; `tanso token NAME` makes a token and the line for it", tokens->path,
			line, reason);
	return r;
}

int tokens_open(struct tokens *tokens, const char *path)
{
	snprintf(tokens->path, sizeof(tokens->path), "%s", path);
	file_has_changed(path, &tokens->identity);
	return load(tokens);
}

bool tokens_watch(struct tokens *tokens, uint64_t now_ns)
{
	if (tokens->path[0] == '\0' || now_ns < tokens->next_watch_ns)
		return false;
	tokens->next_watch_ns = now_ns + TOKENS_WATCH_S * NS_PER_SECOND;
	if (!file_has_changed(tokens->path, &tokens->identity) || load(tokens) < 0)
		return false;
	log_info("%s: %zu tokens", tokens->path, tokens->count);
	return true;
}

/* judging */

const struct token *tokens_find(const struct tokens *tokens, const char *secret)
{
	uint8_t sum[AUTHORIZATION_SUM];
	const struct token *found = NULL;

	authorization_sum(secret, sum);
	for (size_t i = 0; i < tokens->count; i++)
		if (authorization_is_sum(sum, tokens->all[i].sum))
			found = &tokens->all[i];
	return found;
}

bool tokens_name(const struct tokens *tokens, const struct principal *principal)
{
	for (size_t i = 0; i < tokens->count; i++)
		if (strcmp(tokens->all[i].name, principal->name) == 0 &&
			strcmp(tokens->all[i].namespaces, principal->namespaces) == 0)
			return true;
	return false;
}

int tokens_judge(void *context, h2o_req_t *req, h2o_iovec_t bearer, struct claim *ret_claim)
{
	(void)req;
	if (bearer.base == NULL)
		return -ENOENT;
	const struct token *token = tokens_find(context, bearer.base);
	if (token == NULL)
		return -ENOENT;
	*ret_claim = (struct claim) { PRINCIPAL_TOKEN, token->name, token->namespaces, UINT64_MAX };
	return 0;
}
