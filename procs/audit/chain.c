#include "audit/chain.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_MAX 64

static int digest(EVP_MD_CTX *context, const char *hash, const char *record, size_t size,
	unsigned char ret_digest[static EVP_MAX_MD_SIZE])
{
	unsigned int length = 0;

	if (EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1 ||
		EVP_DigestUpdate(context, hash, CHAIN_HEX_SIZE - 1) != 1 ||
		EVP_DigestUpdate(context, "\n", 1) != 1 || EVP_DigestUpdate(context, record, size) != 1 ||
		EVP_DigestFinal_ex(context, ret_digest, &length) != 1 || length != 32)
		return -EIO;
	return 0;
}

int chain_step(char hash[static CHAIN_HEX_SIZE], const char *record, size_t size)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	int r = context != NULL ? digest(context, hash, record, size, bytes) : -EIO;

	EVP_MD_CTX_free(context);
	for (size_t i = 0; r == 0 && i < 32; i++)
		snprintf(hash + 2 * i, 3, "%02x", bytes[i]);
	return r;
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void write_object(struct json_writer *writer, const char *key, struct json_object *object)
{
	const char *keys[KEYS_MAX];
	size_t count = 0;

	if (json_object_object_length(object) > KEYS_MAX) {
		writer->failure = -E2BIG;
		return;
	}
	json_object_object_foreach(object, name, value)
	{
		(void)value;
		keys[count++] = name;
	}
	qsort(keys, count, sizeof(*keys), compare_keys);
	json_open_object(writer, key);
	for (size_t i = 0; i < count; i++) {
		struct json_object *member = NULL;
		json_object_object_get_ex(object, keys[i], &member);
		chain_write_canonical(writer, keys[i], member);
	}
	json_close_object(writer);
}

void chain_write_canonical(struct json_writer *writer, const char *key, struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_object: write_object(writer, key, value); break;
	case json_type_array:
		json_open_array(writer, key);
		for (size_t i = 0; i < json_object_array_length(value); i++)
			chain_write_canonical(writer, NULL, json_object_array_get_idx(value, i));
		json_close_array(writer);
		break;
	case json_type_string:
		json_write_bytes(writer, key, json_object_get_string(value),
			(size_t)json_object_get_string_len(value));
		break;
	case json_type_int: json_write_integer(writer, key, json_object_get_int64(value)); break;
	case json_type_boolean: json_write_boolean(writer, key, json_object_get_boolean(value)); break;
	case json_type_double:
	case json_type_null: writer->failure = -EINVAL;
	}
}
