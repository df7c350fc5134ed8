#include "frontend/answers.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define PROBES 8 /* slots looked at: a fuller neighbourhood keeps nothing more */
#define PARTS  4 /* of a question */

struct entry {
	uint64_t hash;
	char *key; /* NULL = free */
	size_t key_size;
	struct answers_body *body;
};

struct answers {
	uint64_t generation, begun_ns; /* begun_ns 0 = nothing may be kept */
	size_t bytes_max, bytes, count;
	struct entry entries[ANSWERS_MAX];
};

struct answers *answers_new(size_t bytes_max)
{
	struct answers *answers = calloc(1, sizeof(*answers));

	if (answers != NULL)
		answers->bytes_max = bytes_max;
	return answers;
}

void answers_release(struct answers_body *body)
{
	if (body != NULL && --body->holders == 0)
		free(body);
}

static void clear(struct answers *answers)
{
	for (size_t i = 0; i < ANSWERS_MAX && answers->count > 0; i++) {
		struct entry *entry = &answers->entries[i];
		if (entry->key == NULL)
			continue;
		free(entry->key);
		answers_release(entry->body);
		*entry = (struct entry) { 0 };
		answers->count--;
	}
	answers->bytes = 0;
}

void answers_free(struct answers *answers)
{
	if (answers != NULL)
		clear(answers);
	free(answers);
}

void answers_begin(struct answers *answers, uint64_t generation, uint64_t now_ns)
{
	if (generation != answers->generation)
		clear(answers);
	answers->generation = generation;
	answers->begun_ns = now_ns;
}

uint64_t answers_generation(const struct answers *answers)
{
	return answers->generation;
}

void answers_end(struct answers *answers)
{
	clear(answers);
	answers->begun_ns = 0;
}

/* What makes questions equal, one behind the other with their zeros between. */
struct part {
	const char *bytes;
	size_t size;
};

static size_t parts_of(const struct answers_question *question, struct part parts[static PARTS])
{
	size_t size = 0;

	parts[0] = (struct part) { question->namespaces, strlen(question->namespaces) + 1 };
	parts[1] = (struct part) { question->tool, strlen(question->tool) + 1 };
	parts[2] = (struct part) { question->lang, strlen(question->lang) + 1 };
	parts[3] = (struct part) { question->arguments, question->arguments_size };
	for (size_t i = 0; i < PARTS; i++)
		size += parts[i].size;
	return size;
}

static bool is_key(const char *key, const struct part parts[static PARTS])
{
	for (size_t i = 0; i < PARTS; key += parts[i++].size)
		if (memcmp(key, parts[i].bytes, parts[i].size) != 0)
			return false;
	return true;
}

static char *key_of(const struct part parts[static PARTS], size_t size)
{
	char *key = malloc(size), *at = key;

	for (size_t i = 0; i < PARTS && key != NULL; at += parts[i++].size)
		memcpy(at, parts[i].bytes, parts[i].size);
	return key;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) *
	       UINT64_C(0x9e3779b97f4a7c15); /* odd, its bits all over (2^64 / the golden ratio) */
	return hash ^ hash >> 32;
}

/* A word at a time: by bytes (base/fnv.h) it was a tenth of what a repeat takes. */
static uint64_t hash_of(const struct part parts[static PARTS])
{
	uint64_t hash = 0, word;

	for (size_t i = 0; i < PARTS; i++) {
		const char *at = parts[i].bytes;
		size_t left = parts[i].size;
		for (; left >= sizeof(word); left -= sizeof(word), at += sizeof(word)) {
			memcpy(&word, at, sizeof(word));
			hash = mix(hash, word);
		}
		word = 0;
		memcpy(&word, at, left);
		hash = mix(hash, word);
	}
	return mix(hash, 0); /* the last one's upper bits, too, choose the place */
}

/* The question's entry, else a free one near its place, else NULL. */
static struct entry *place_of(
	struct answers *answers, uint64_t hash, const struct part parts[static PARTS], size_t size)
{
	struct entry *free_one = NULL;

	for (size_t i = 0; i < PROBES; i++) {
		struct entry *entry = &answers->entries[(hash + i) % ANSWERS_MAX];
		if (entry->key == NULL)
			free_one = free_one != NULL ? free_one : entry;
		else if (entry->hash == hash && entry->key_size == size && is_key(entry->key, parts))
			return entry;
	}
	return free_one;
}

struct answers_body *answers_find(
	struct answers *answers, const struct answers_question *question, uint64_t now_ns)
{
	struct part parts[PARTS];

	if (answers->begun_ns == 0 || answers->count == 0)
		return NULL;
	if (now_ns - answers->begun_ns > ANSWERS_AGE_MS * NS_PER_MILLISECOND) {
		answers_end(answers);
		return NULL;
	}
	size_t size = parts_of(question, parts);
	struct entry *entry = place_of(answers, hash_of(parts), parts, size);
	if (entry == NULL || entry->key == NULL)
		return NULL;
	entry->body->holders++;
	return entry->body;
}

void answers_add(struct answers *answers, const struct answers_question *question, uint64_t generation,
	const char *body, size_t size)
{
	struct part parts[PARTS];
	size_t key_size = parts_of(question, parts);

	if (answers->begun_ns == 0 || generation != answers->generation ||
		answers->bytes + key_size + size > answers->bytes_max)
		return;
	uint64_t hash = hash_of(parts);
	struct entry *entry = place_of(answers, hash, parts, key_size);
	if (entry == NULL || entry->key != NULL)
		return;
	CLEANUP(freep) char *key = key_of(parts, key_size);
	struct answers_body *copy = key != NULL ? malloc(sizeof(*copy) + size) : NULL;
	if (copy == NULL)
		return;
	*copy = (struct answers_body) { .holders = 1, .size = size };
	memcpy(copy->data, body, size);
	*entry = (struct entry) { .hash = hash, .key = TAKE(key), .key_size = key_size, .body = copy };
	answers->bytes += key_size + size;
	answers->count++;
}
