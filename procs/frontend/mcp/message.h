/*
 * One JSON-RPC 2.0 message (https://www.jsonrpc.org/specification) taken apart. Pure functions over foreign bytes: what
 * json_parse_strict() lets through is checked further here.
 */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#define MESSAGE_ID_MAX 256

#define RPC_PARSE_ERROR      (-32700)
#define RPC_INVALID_REQUEST  (-32600)
#define RPC_METHOD_NOT_FOUND (-32601)
#define RPC_INVALID_PARAMS   (-32602)
#define RPC_INTERNAL_ERROR   (-32603)

enum message_kind { MESSAGE_REQUEST, MESSAGE_NOTIFICATION, MESSAGE_RESPONSE };

struct message {
	enum message_kind kind;
	struct json_object *root;          /* owned */
	struct json_object *params, *meta; /* inside root; NULL = absent, else objects */
	const char *method;                /* inside root; "" for responses */
	char id[MESSAGE_ID_MAX];           /* raw JSON token, echoed byte by byte; "" = none */
	size_t id_at;                      /* where it begins in the bytes */
};

/* 0, or a JSON-RPC error code with the reason in `why`; then ret_message->id is set where it could be read. In both
 * cases message_done() is due. */
int message_parse(const char *bytes, size_t size, struct message *ret_message, char why[static 96]);
void message_done(struct message *message);
/* An error that answers what is no call: id "" = null, data (JSON) "" = none. malloc'ed, NULL when out of memory. */
char *message_refusal(int code, const char *why, const char *id, const char *data, size_t *ret_size);

/* Is it an array (of messages)? */
bool message_is_batch(const char *bytes, size_t size);
/* The elements of an array that is valid JSON, one by one; *at is 0 at first. False after the last. */
bool message_next(
	const char *bytes, size_t size, size_t *at, const char **ret_element, size_t *ret_element_size);

/* A member by name, NULL where it is not there or of another type; a text with a U+0000 is none. */
struct json_object *object_member(struct json_object *object, const char *key, enum json_type type);
const char *text_member(struct json_object *object, const char *key);
