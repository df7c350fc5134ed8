#include "frontend/mcp/repeat.h"

#include <string.h>

#include "frontend/mcp/mcp.h"

#define PARTS_MAX 5

/* What is compared: parts, each behind its size, so that no two rows of parts are alike. */
struct key {
	size_t size;
	char bytes[REPEAT_LINE_MAX + REPEAT_HEADERS_MAX + PARTS_MAX * sizeof(size_t)];
};

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

static bool are_short(const struct mcp_headers *headers)
{
	return headers == NULL ||
	       headers->version_size + headers->method_size + headers->name_size <= REPEAT_HEADERS_MAX;
}

bool repeat_read(struct repeat *ret_repeat, const char *line, size_t size, const struct mcp_headers *headers,
	enum revision fallback)
{
	static const char key[] = "\"id\":";
	const char *found = size <= REPEAT_LINE_MAX - 1 ? memmem(line, size, key, sizeof(key) - 1) : NULL;

	if (found == NULL || !are_short(headers))
		return false;
	size_t at = (size_t)(found - line) + sizeof(key) - 1;
	while (at < size && line[at] == ' ')
		at++;
	size_t id_size = at == size        ? 0
			 : line[at] == '"' ? string_size(line + at, size - at)
					   : integer_size(line + at, size - at);
	*ret_repeat = (struct repeat) { line, size, at, id_size, headers, fallback };
	return id_size > 0;
}

/* NULL is another part than one without bytes. */
static void put(struct key *key, const char *bytes, size_t size)
{
	const size_t told = bytes != NULL ? size : SIZE_MAX;

	memcpy(key->bytes + key->size, &told, sizeof(told));
	key->size += sizeof(told);
	if (bytes == NULL)
		return;
	memcpy(key->bytes + key->size, bytes, size);
	key->size += size;
}

static struct answers_question question_of(
	const struct repeat *repeat, const struct principal *principal, const char *lang, struct key *ret_key)
{
	const struct mcp_headers *headers = repeat->headers;
	size_t behind_at = repeat->id_at + repeat->id_size;

	ret_key->size = 0;
	put(ret_key, repeat->line, repeat->id_at);
	put(ret_key, repeat->line + behind_at, repeat->size - behind_at);
	if (headers != NULL) {
		put(ret_key, headers->version, headers->version_size);
		put(ret_key, headers->method, headers->method_size);
		put(ret_key, headers->name, headers->name_size);
	}
	return (struct answers_question) { principal->namespaces, revision_name(repeat->fallback), lang,
		ret_key->bytes, ret_key->size };
}

struct answers_body *repeat_find(
	struct mcp *mcp, const struct principal *principal, const char *lang, const struct repeat *repeat)
{
	struct answers_question question;
	struct answers_body *body = NULL;
	struct key key;

	question = question_of(repeat, principal, lang, &key);
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
	struct key key;

	if (questions->keep == NULL || size < begin ||
		memcmp(message, repeat_begin, REPEAT_BEGIN_SIZE) != 0 ||
		memcmp(message + REPEAT_BEGIN_SIZE, repeat->line + repeat->id_at, repeat->id_size) != 0)
		return;
	const struct answers_question question = question_of(repeat, call->principal, call->lang, &key);
	questions->keep(questions->context, &question, message + begin, size - begin);
}
