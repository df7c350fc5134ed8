/*
 * Reading one data file: {"version", "licence", "legal_status", …, LIST: [{…}, …]} with errors that name file and path. What
 * kind of rule a value is stands in its row or, for all of them, in the file: LEGAL_STATUSES.
 */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#define LEGAL_STATUSES                                                                                       \
	"law", "certification", "official_factor", "reference", "derived", "foreign_law", "contract",        \
		"transcribed", "unverified"

struct json_source {
	const char *folder, *file, *list;
	const char *keys; /* a row has no other: " code name zone "; legal_status and note go everywhere */
	char version[32]; /* filled by data_json_read() */
};

/* One row of the list. */
struct json_place {
	struct json_object *row;
	const char *file, *list, *licence, *source, *sha256;
	const char *
		path; /* of a row that is in no list: where it stands, "" = the whole file; NULL = in the list */
	const char *legal_status; /* of the row, else of the file */
	size_t index;
	char *error;
	size_t error_size;
};

typedef int place_row_fn(void *context, const struct json_place *place);

/* Calls read() for every row while *count < limit. 0, or -errno with `error` filled. */
int data_json_read(struct json_source *source, place_row_fn *read, void *context, const size_t *count,
	size_t limit, char ret_sha256[static 65], char *error, size_t error_size);

bool place_has(const struct json_place *place, const char *key);
int place_text(const struct json_place *place, const char *key, char *text, size_t size);
/* The same of a text that may lack: then it is `otherwise`. */
int place_text_or(
	const struct json_place *place, const char *key, const char *otherwise, char *text, size_t size);
/* A text of the whole file, such as its licence: copied, or refused where it does not fit. */
int place_copy(const struct json_place *place, const char *key, const char *of_file, char *text, size_t size);
int place_number(const struct json_place *place, const char *key, double min, double max, double *ret_number);
/* An array of exactly `count` numbers. */
int place_numbers(const struct json_place *place, const char *key, double min, double max,
	double *ret_numbers, size_t count);
/* Fills the error with file, path and the reason. Always -EINVAL. */
int place_refuse(const struct json_place *place, const char *key, const char *reason);
