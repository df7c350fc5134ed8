#include "frontend/answers.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fnv.h"

#define PROBES 8 /* slots looked at: a fuller neighbourhood keeps nothing more */

struct entry {
	uint64_t hash;
	char *key; /* NULL = free */
	size_t key_size;
	struct answers_body *body;
};

struct answers {
	uint64_t generation, begun_ns; /* begun_ns 0 = nothing may be kept */
	size_t bytes, count;
	struct entry entries[ANSWERS_MAX];
};

struct answers *answers_new(void)
{
	return calloc(1, sizeof(struct answers));
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

void answers_end(struct answers *answers)
{
	clear(answers);
	answers->begun_ns = 0;
}

static char *add(char *at, const char *bytes, size_t size)
{
	memcpy(at, bytes, size);
	return at + size;
}

/* What makes questions equal, one behind the other with their zeros between. */
static char *key_of(const struct answers_question *question, size_t *ret_size)
{
	size_t namespaces = strlen(question->namespaces) + 1, tool = strlen(question->tool) + 1,
	       lang = strlen(question->lang) + 1;
	char *key = malloc(namespaces + tool + lang + question->arguments_size);

	if (key == NULL)
		return NULL;
	char *at = add(key, question->namespaces, namespaces);
	at = add(at, question->tool, tool);
	at = add(at, question->lang, lang);
	at = add(at, question->arguments, question->arguments_size);
	*ret_size = (size_t)(at - key);
	return key;
}

/* The question's entry, else a free one near its place, else NULL. */
static struct entry *place_of(struct answers *answers, uint64_t hash, const char *key, size_t size)
{
	struct entry *free_one = NULL;

	for (size_t i = 0; i < PROBES; i++) {
		struct entry *entry = &answers->entries[(hash + i) % ANSWERS_MAX];
		if (entry->key == NULL)
			free_one = free_one != NULL ? free_one : entry;
		else if (entry->hash == hash && entry->key_size == size && memcmp(entry->key, key, size) == 0)
			return entry;
	}
	return free_one;
}

struct answers_body *answers_find(
	struct answers *answers, const struct answers_question *question, uint64_t now_ns)
{
	size_t size;

	if (answers->begun_ns == 0 || answers->count == 0)
		return NULL;
	if (now_ns - answers->begun_ns > ANSWERS_AGE_MS * NS_PER_MILLISECOND) {
		answers_end(answers);
		return NULL;
	}
	CLEANUP(freep) char *key = key_of(question, &size);
	if (key == NULL)
		return NULL;
	struct entry *entry = place_of(answers, fnv_bytes(FNV_BEGIN, key, size), key, size);
	if (entry == NULL || entry->key == NULL)
		return NULL;
	entry->body->holders++;
	return entry->body;
}

void answers_add(struct answers *answers, const struct answers_question *question, uint64_t generation,
	const char *body, size_t size)
{
	size_t key_size;

	if (answers->begun_ns == 0 || generation != answers->generation)
		return;
	CLEANUP(freep) char *key = key_of(question, &key_size);
	if (key == NULL || answers->bytes + key_size + size > ANSWERS_BYTES_MAX)
		return;
	uint64_t hash = fnv_bytes(FNV_BEGIN, key, key_size);
	struct entry *entry = place_of(answers, hash, key, key_size);
	if (entry == NULL || entry->key != NULL)
		return;
	struct answers_body *copy = malloc(sizeof(*copy) + size);
	if (copy == NULL)
		return;
	*copy = (struct answers_body) { .holders = 1, .size = size };
	memcpy(copy->data, body, size);
	*entry = (struct entry) { .hash = hash, .key = TAKE(key), .key_size = key_size, .body = copy };
	answers->bytes += key_size + size;
	answers->count++;
}
