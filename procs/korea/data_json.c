#include "korea/data_json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "korea/data.h"
#include "base/cleanup.h"
#include "base/nearest.h"
#include "ipc/tools.h"

int place_refuse(const struct json_place *place, const char *key, const char *reason)
{
	if (place->path != NULL)
		snprintf(place->error, place->error_size, "%s: %s%s%s%s%s", place->file, place->path,
			place->path[0] != '\0' && key[0] != '\0' ? "." : "", key,
			place->path[0] != '\0' || key[0] != '\0' ? ": " : "", reason);
	else
		snprintf(place->error, place->error_size, "%s: %s[%zu].%s: %s", place->file, place->list,
			place->index, key, reason);
	return -EINVAL;
}

bool place_has(const struct json_place *place, const char *key)
{
	return json_object_object_get_ex(place->row, key, NULL);
}

int place_text(const struct json_place *place, const char *key, char *text, size_t size)
{
	struct json_object *value;

	if (!json_object_object_get_ex(place->row, key, &value) ||
		!json_object_is_type(value, json_type_string))
		return place_refuse(place, key, "must be a string");
	if (json_object_get_string_len(value) == 0 || (size_t)json_object_get_string_len(value) >= size)
		return place_refuse(place, key, "is empty or too long");
	snprintf(text, size, "%s", json_object_get_string(value));
	return 0;
}

int place_text_or(
	const struct json_place *place, const char *key, const char *otherwise, char *text, size_t size)
{
	if (place_has(place, key))
		return place_text(place, key, text, size);
	snprintf(text, size, "%s", otherwise);
	return 0;
}

int place_copy(const struct json_place *place, const char *key, const char *of_file, char *text, size_t size)
{
	if (strlen(of_file) >= size)
		return place_refuse(place, key, "of the file is too long");
	snprintf(text, size, "%s", of_file);
	return 0;
}

int place_number(const struct json_place *place, const char *key, double min, double max, double *ret_number)
{
	struct json_object *value;
	char reason[96];
	double number;

	if (!json_object_object_get_ex(place->row, key, &value) ||
		(!json_object_is_type(value, json_type_int) && !json_object_is_type(value, json_type_double)))
		return place_refuse(place, key, "must be a number");
	number = json_object_get_double(value);
	if (!(number >= min && number <= max)) {
		snprintf(reason, sizeof(reason), "must lie between %g and %g", min, max);
		return place_refuse(place, key, reason);
	}
	*ret_number = number;
	return 0;
}

int place_numbers(const struct json_place *place, const char *key, double min, double max,
	double *ret_numbers, size_t count)
{
	struct json_object *list;
	char reason[96];

	snprintf(
		reason, sizeof(reason), "must be an array of %zu numbers between %g and %g", count, min, max);
	if (!json_object_object_get_ex(place->row, key, &list) ||
		!json_object_is_type(list, json_type_array) || json_object_array_length(list) != count)
		return place_refuse(place, key, reason);
	for (size_t i = 0; i < count; i++) {
		struct json_object *value = json_object_array_get_idx(list, i);
		double number = json_object_get_double(value);
		if ((!json_object_is_type(value, json_type_int) &&
			    !json_object_is_type(value, json_type_double)) ||
			!(number >= min && number <= max))
			return place_refuse(place, key, reason);
		ret_numbers[i] = number;
	}
	return 0;
}

static const char *text_or_empty(struct json_object *root, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(root, key, &value) || !json_object_is_type(value, json_type_string))
		return "";
	return json_object_get_string(value);
}

static bool is_legal_status(const char *text)
{
	static const char *const statuses[] = { LEGAL_STATUSES };

	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
		if (strcmp(statuses[i], text) == 0)
			return true;
	return false;
}

/* A misspelt key of the file would be missed without a word: its licence, or what kind of rule it is. */
static int check_file_keys(
	const struct json_source *source, struct json_object *root, struct json_place *place)
{
	const char *const known[] = { "version", "licence", "legal_status", "source", "attribution", "unit",
		"note", source->list };
	struct json_object_iterator i = json_object_iter_begin(root), end = json_object_iter_end(root);

	for (; !json_object_iter_equal(&i, &end); json_object_iter_next(&i)) {
		const char *key = json_object_iter_peek_name(&i);
		char hint[256];
		bool is_known = false;
		for (size_t k = 0; k < ARRAY_SIZE(known); k++)
			is_known |= strcmp(key, known[k]) == 0;
		if (is_known)
			continue;
		nearest_hint(key, known, ARRAY_SIZE(known), false, hint, sizeof(hint));
		snprintf(place->error, place->error_size, "%s: %s: is no key of this file. %s", source->file,
			key, hint);
		return -EINVAL;
	}
	return 0;
}

/* What every file must say besides its rows. */
static int check_head(const struct json_source *source, struct json_object *root, struct json_place *place)
{
	static const char *const keys[] = { "version", "licence" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (text_or_empty(root, keys[i])[0] == '\0') {
			snprintf(place->error, place->error_size, "%s: %s: must be a string", source->file,
				keys[i]);
			return -EINVAL;
		}
	return 0;
}

/* A key that nobody reads is a misspelt one: what it meant would be missed without a word. */
static int check_keys(const struct json_place *place, const char *keys)
{
	struct json_object_iterator i = json_object_iter_begin(place->row),
				    end = json_object_iter_end(place->row);

	for (; !json_object_iter_equal(&i, &end); json_object_iter_next(&i)) {
		const char *key = json_object_iter_peek_name(&i), *at = keys;
		size_t size = strlen(key);
		bool is_word = size > 0 && strchr(key, ' ') == NULL;
		if (strcmp(key, "legal_status") == 0 || strcmp(key, "note") == 0)
			continue;
		while (is_word && (at = strstr(at, key)) != NULL && (at[-1] != ' ' || at[size] != ' '))
			at++;
		if (!is_word || at == NULL)
			return place_refuse(place, key, "is no key of these rows");
	}
	return 0;
}

static int read_row(struct json_object *root, place_row_fn *read, void *context, struct json_place *place)
{
	int r;

	place->legal_status =
		text_or_empty(place_has(place, "legal_status") ? place->row : root, "legal_status");
	r = read(context, place);
	if (r == 0 && !is_legal_status(place->legal_status))
		r = place_refuse(place, "legal_status",
			"must be law, certification, official_factor, reference, derived, foreign_law, "
			"contract, transcribed or unverified, here or for the whole file");
	return r;
}

static int read_rows(struct json_source *source, struct json_object *root, place_row_fn *read, void *context,
	const size_t *count, size_t limit, struct json_place *place)
{
	struct json_object *list;

	if (!json_object_is_type(root, json_type_object) ||
		!json_object_object_get_ex(root, source->list, &list) ||
		!json_object_is_type(list, json_type_array)) {
		snprintf(place->error, place->error_size, "%s: %s: must be an array", source->file,
			source->list);
		return -EINVAL;
	}
	if (check_file_keys(source, root, place) < 0)
		return -EINVAL;
	snprintf(source->version, sizeof(source->version), "%s", text_or_empty(root, "version"));
	place->licence = text_or_empty(root, "licence");
	place->source = text_or_empty(root, "source");
	for (place->index = 0; place->index < json_object_array_length(list); place->index++) {
		int r;
		place->row = json_object_array_get_idx(list, place->index);
		if (!json_object_is_type(place->row, json_type_object))
			return place_refuse(place, "", "must be an object");
		if (*count >= limit)
			return place_refuse(place, "", "is one row too many");
		r = check_keys(place, source->keys);
		if (r < 0)
			return r;
		r = read_row(root, read, context, place);
		if (r < 0)
			return r;
	}
	return check_head(source, root, place);
}

int data_json_read(struct json_source *source, place_row_fn *read, void *context, const size_t *count,
	size_t limit, char ret_sha256[static 65], char *error, size_t error_size)
{
	struct json_place place = { .file = source->file,
		.list = source->list,
		.sha256 = ret_sha256,
		.error = error,
		.error_size = error_size };
	CLEANUP(freep) char *text = NULL;
	struct json_object *root;
	char path[1024];
	size_t size = 0, offset = 0;
	int r;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", source->folder, source->file) >= sizeof(path))
		return -ENAMETOOLONG;
	r = data_read_file(path, DATA_FILE_BYTES_MAX, &text, &size);
	if (r == 0)
		r = sha256_hex(text, size, ret_sha256);
	if (r < 0) {
		snprintf(error, error_size, "%s: %s", path, strerror(-r));
		return r;
	}
	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		snprintf(error, error_size,
			"%s: begins with a byte order mark (BOM): save it as UTF-8 without one", path);
		return -EINVAL;
	}
	root = json_parse_strict(text, size, &offset);
	if (root == NULL) {
		snprintf(error, error_size, "%s: not valid JSON at byte %zu", path, offset);
		return -EINVAL;
	}
	r = read_rows(source, root, read, context, count, limit, &place);
	json_object_put(root);
	return r;
}
