#include "frontend/mcp/repeat.h"

#include <string.h>

#include "frontend/mcp/mcp.h"
#include "frontend/mcp/session.h"

const char repeat_begin[] = "{\"jsonrpc\":\"2.0\",\"id\":";

/* Printable ASCII without escapes; 0 = no such string. */
static size_t string_size(const char *bytes, size_t size)
{
	for (size_t i = 1; i < size && i < REPEAT_ID_MAX; i++) {
		if (bytes[i] == '"')
			return i + 1;
		if (bytes[i] < 0x20 || bytes[i] > 0x7e || bytes[i] == '\\')
			return 0;
	}
	return 0;
}

/* An integer as JSON writes it, and not -0; 0 = no such number. */
static size_t integer_size(const char *bytes, size_t size)
{
	size_t sign = size > 0 && bytes[0] == '-', end = sign;

	while (end < size && bytes[end] >= '0' && bytes[end] <= '9')
		end++;
	size_t digits = end - sign;
	bool is_plain = digits > 0 && digits <= REPEAT_DIGITS_MAX &&
			(bytes[sign] != '0' || (digits == 1 && sign == 0));
	return is_plain ? end : 0;
}

bool repeat_read(struct repeat *ret_repeat, const char *line, size_t size)
{
	static const char key[] = "\"id\":";
	const char *found = size <= REPEAT_LINE_MAX - 1 ? memmem(line, size, key, sizeof(key) - 1) : NULL;

	if (found == NULL)
		return false;
	size_t at = (size_t)(found - line) + sizeof(key) - 1;
	while (at < size && line[at] == ' ')
		at++;
	size_t id_size = at == size        ? 0
			 : line[at] == '"' ? string_size(line + at, size - at)
					   : integer_size(line + at, size - at);
	*ret_repeat = (struct repeat) { line, size, at, id_size };
	return id_size > 0;
}

/* The line with a NUL for its id, which no message has: so equal keys are equal before and behind the id. */
static struct answers_question question_of(const struct repeat *repeat, const char *namespaces,
	enum revision revision, const char *lang, char key[static REPEAT_LINE_MAX])
{
	size_t behind = repeat->size - repeat->id_at - repeat->id_size;

	memcpy(key, repeat->line, repeat->id_at);
	key[repeat->id_at] = '\0';
	memcpy(key + repeat->id_at + 1, repeat->line + repeat->id_at + repeat->id_size, behind);
	return (struct answers_question) { namespaces, revision_name(revision), lang, key,
		repeat->id_at + 1 + behind };
}

struct answers_body *repeat_find(
	struct mcp *mcp, const struct session *session, const char *lang, const struct repeat *repeat)
{
	struct answers_question question;
	struct answers_body *body = NULL;
	char key[REPEAT_LINE_MAX];

	question = question_of(repeat, principal_anyone.namespaces, session->revision, lang, key);
	if (mcp->questions.recall == NULL || !mcp->questions.recall(mcp->questions.context, &question, &body))
		return NULL;
	++*mcp->requests;
	return body;
}

const struct repeat *repeat_of(const struct message *message, const struct repeat *repeat)
{
	bool is_same = message->kind == MESSAGE_REQUEST && strcmp(message->method, "tools/call") == 0 &&
		       message->id_at == repeat->id_at && strlen(message->id) == repeat->id_size;

	return is_same ? repeat : NULL;
}

void repeat_keep(const struct mcp_call *call, const char *message, size_t size)
{
	const struct mcp_questions *questions = &call->mcp->questions;
	const struct repeat *repeat = call->repeat;
	size_t begin = REPEAT_BEGIN_SIZE + repeat->id_size;
	char key[REPEAT_LINE_MAX];

	if (questions->keep == NULL || size < begin ||
		memcmp(message, repeat_begin, REPEAT_BEGIN_SIZE) != 0 ||
		memcmp(message + REPEAT_BEGIN_SIZE, repeat->line + repeat->id_at, repeat->id_size) != 0)
		return;
	const struct answers_question question =
		question_of(repeat, call->principal->namespaces, call->session->revision, call->lang, key);
	questions->keep(questions->context, &question, message + begin, size - begin);
}
