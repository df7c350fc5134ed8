/*
 * A writer of compact JSON: UTF-8 as it is (no \u escapes but for control characters), numbers with 9 significant
 * digits in their shortest form. Absent values are simply not written; null stands only for a place in a row of
 * numbers that has none. Bytes that are no valid UTF-8 become U+FFFD. A failure (out of memory, a number that is not finite, more than JSON_DEPTH_MAX levels) sticks and is
 * told by json_take(). `key` is NULL inside arrays.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_DEPTH_MAX 32

struct json_writer {
	char *bytes;
	size_t size, room;
	uint32_t depth;
	bool has_member[JSON_DEPTH_MAX];
	int failure; /* 0 or -errno */
};

void json_open_object(struct json_writer *writer, const char *key);
void json_close_object(struct json_writer *writer);
void json_open_array(struct json_writer *writer, const char *key);
void json_close_array(struct json_writer *writer);

void json_write_text(struct json_writer *writer, const char *key, const char *text);
void json_write_bytes(struct json_writer *writer, const char *key, const char *bytes, size_t size);
void json_write_number(struct json_writer *writer, const char *key, double value);
void json_write_integer(struct json_writer *writer, const char *key, int64_t value);
void json_write_boolean(struct json_writer *writer, const char *key, bool value);
/* An element of an array that is not known. */
void json_write_unknown(struct json_writer *writer);
/* Valid JSON as it is. */
void json_write_raw(struct json_writer *writer, const char *key, const char *json, size_t size);

/* The members of a valid JSON object, given whole, as they are. */
void json_write_members(struct json_writer *writer, const char *object, size_t size);

/* Hands the finished, NUL-terminated text over (free() it); the writer is empty again. 0 or -errno. */
int json_take(struct json_writer *writer, char **ret_text, size_t *ret_size);
void json_done(struct json_writer *writer);

/* "510", "20.3", "0.000012": as json_write_number() writes it. text[32]; -ERANGE when not finite. */
int json_format_number(double value, char text[static 32]);
/* How many bytes the valid UTF-8 character at `bytes` has; 0 = not valid. */
size_t utf8_length(const char *bytes, size_t size);
