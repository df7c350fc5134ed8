/*
 * Answers kept while the analyst's snapshot lives: equal questions have equal answers within a generation, which the
 * analyst announces (frame `answer`, row with id 0). Bounded by ANSWERS_MAX and a number of bytes: what finds no room is asked
 * for again. Nothing is older than ANSWERS_AGE_MS, announced or not.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define ANSWERS_MAX    4096
#define ANSWERS_AGE_MS 2000

/* A body that several may hold; answers_release() when done with it. */
struct answers_body {
	unsigned holders;
	size_t size;
	char data[];
};

/* What makes questions equal. `arguments` is the text as it is asked: two spellings are two questions. */
struct answers_question {
	const char *namespaces, *tool, *lang, *arguments;
	size_t arguments_size;
};

struct answers;

/* bytes_max: of questions and answers together. */
struct answers *answers_new(size_t bytes_max);
void answers_free(struct answers *answers);
/* From now on only answers of this generation are kept and found. */
void answers_begin(struct answers *answers, uint64_t generation, uint64_t now_ns);
/* Forgets all, until the next answers_begin(). */
void answers_end(struct answers *answers);
/* The answer, held once for the caller, or NULL. */
struct answers_body *answers_find(
	struct answers *answers, const struct answers_question *question, uint64_t now_ns);
uint64_t answers_generation(const struct answers *answers);
/* Keeps a copy of an answer of the generation, if there is room. */
void answers_add(struct answers *answers, const struct answers_question *question, uint64_t generation,
	const char *body, size_t size);
void answers_release(struct answers_body *body);
