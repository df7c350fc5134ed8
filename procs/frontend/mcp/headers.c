/* What a request's headers and envelope say, checked in the order that the official TypeScript SDK checks them. */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "frontend/mcp/mcp.h"

#define NAME_MAX_BYTES 2048

static const char base64_begin[] = "=?base64?", base64_end[] = "?=";

const char mcp_unknown_version[] =
	"MCP-Protocol-Version is none of 2026-07-28, 2025-11-25, 2025-06-18, 2025-03-26, 2024-11-05";

static bool refuse(struct mcp_refusal *refusal, int code, const char *why)
{
	*refusal = (struct mcp_refusal) { .http_status = 400, .code = code };
	snprintf(refusal->why, sizeof(refusal->why), "%s", why);
	return false;
}

static bool is_equal(const char *value, size_t size, const char *wanted)
{
	return strlen(wanted) == size && memcmp(value, wanted, size) == 0;
}

/* Values that HTTP cannot carry come as =?base64?…?=. */
static bool is_encoded(const char *value, size_t size, const char *wanted)
{
	unsigned char bytes[NAME_MAX_BYTES];
	const size_t begin = sizeof(base64_begin) - 1, end = sizeof(base64_end) - 1;

	if (size < begin + end || size > NAME_MAX_BYTES || strncasecmp(value, base64_begin, begin) != 0 ||
		memcmp(value + size - end, base64_end, end) != 0)
		return false;
	const char *text = value + begin;
	size_t length = size - begin - end, padding = 0;
	while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
		padding++;
	int decoded = EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)length);
	return decoded >= (int)padding && is_equal((const char *)bytes, (size_t)decoded - padding, wanted);
}

static bool is_header(const char *value, size_t size, const char *wanted)
{
	return value != NULL && (is_equal(value, size, wanted) || is_encoded(value, size, wanted));
}

/* "… is missing": one that was not sent is not told to be another than it should be. */
static bool refuse_header(
	struct mcp_refusal *refusal, const char *name, const char *value, const char *wanted)
{
	char why[sizeof(refusal->why)];

	snprintf(why, sizeof(why), value == NULL ? "the header %s is missing: it must be %s" : "%s is not %s",
		name, wanted);
	return refuse(refusal, MCP_HEADER_MISMATCH, why);
}

static bool check_legacy(const struct message *message, const struct mcp_headers *headers,
	enum revision fallback, enum revision *ret_revision, struct mcp_refusal *ret_refusal)
{
	int revision = headers->version != NULL ? revision_find(headers->version, headers->version_size)
						: (int)fallback;

	*ret_revision = revision < 0 || revision_is_modern((enum revision)revision) ? REVISION_NEWEST_LEGACY
										    : (enum revision)revision;
	/* initialize is answered whatever the header says: a client of a newer revision must not be turned away. */
	if (revision >= 0 || strcmp(message->method, "initialize") == 0)
		return true;
	return refuse(ret_refusal, RPC_INVALID_REQUEST, mcp_unknown_version);
}

static bool check_version(
	const char *version, const struct mcp_headers *headers, bool is_lenient, struct mcp_refusal *refusal)
{
	int body = revision_find(version, strlen(version));
	int header = headers->version != NULL ? revision_find(headers->version, headers->version_size) : -1;
	bool is_same =
		headers->version != NULL &&
		(is_equal(headers->version, headers->version_size, version) || (body >= 0 && header == body));

	/* A connector that still names its handshake's revision in the header. */
	if (is_lenient && body == REVISION_MODERN && header >= 0)
		is_same = true;
	if (!is_same)
		return refuse_header(refusal, "MCP-Protocol-Version", headers->version,
			"the protocolVersion of params._meta");
	if (body == REVISION_MODERN)
		return true;
	refuse(refusal, MCP_UNSUPPORTED_VERSION, "protocol version not supported");
	struct json_object *text = json_object_new_string(version);
	snprintf(refusal->data, sizeof(refusal->data), "{\"supported\":[\"%s\"],\"requested\":%.100s}",
		revision_name(REVISION_MODERN),
		strlen(version) < 64 ? json_object_to_json_string(text) : "\"\"");
	json_object_put(text);
	return false;
}

static bool check_names(
	const struct message *message, const struct mcp_headers *headers, struct mcp_refusal *refusal)
{
	bool has_name =
		strcmp(message->method, "tools/call") == 0 || strcmp(message->method, "prompts/get") == 0;
	bool has_uri = strcmp(message->method, "resources/read") == 0;
	const char *name = has_name  ? text_member(message->params, "name")
			   : has_uri ? text_member(message->params, "uri")
				     : NULL;

	if (!is_header(headers->method, headers->method_size, message->method))
		return refuse_header(refusal, "Mcp-Method", headers->method, "the method of the message");
	if (name != NULL && !is_header(headers->name, headers->name_size, name))
		return refuse_header(refusal, "Mcp-Name", headers->name, "what the message names");
	return true;
}

bool mcp_check(const struct message *message, const struct mcp_headers *headers, enum revision fallback,
	bool is_lenient, enum revision *ret_revision, struct mcp_refusal *ret_refusal)
{
	int header = headers->version != NULL ? revision_find(headers->version, headers->version_size) : -1;
	bool has_version = json_object_object_get_ex(message->meta, META_VERSION, NULL);
	bool is_modern =
		has_version || (header == REVISION_MODERN && strcmp(message->method, "initialize") != 0);

	if (!is_modern)
		return check_legacy(message, headers, fallback, ret_revision, ret_refusal);
	*ret_revision = REVISION_MODERN;
	if (message->kind != MESSAGE_REQUEST)
		return true;
	const char *version = text_member(message->meta, META_VERSION);
	if (version == NULL)
		return refuse(ret_refusal, RPC_INVALID_PARAMS, "params._meta needs " META_VERSION);
	if (!check_version(version, headers, is_lenient, ret_refusal) ||
		!check_names(message, headers, ret_refusal))
		return false;
	if (object_member(message->meta, META_CAPABILITIES, json_type_object) == NULL)
		return refuse(ret_refusal, RPC_INVALID_PARAMS, "params._meta needs " META_CAPABILITIES);
	return true;
}
