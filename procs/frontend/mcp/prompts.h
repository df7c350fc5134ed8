/* prompts.def as data. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct prompt_argument {
	const char *name;
	bool required;
	const char *completes, *text[2]; /* en, ko */
};

struct prompt {
	const char *name, *title[2], *text[2], *body[2];
	const struct prompt_argument *arguments;
	size_t argument_count;
};

extern const struct prompt prompts[];
extern const size_t prompt_count;

/* NULL if there is none. */
const struct prompt *prompt_find(const char *name);

/* The value of an argument, NULL where it was not given. */
typedef const char *prompt_value_fn(void *context, const char *name, size_t size);
/* The body with its arguments filled in, malloc'ed; NULL when out of memory. */
char *prompt_fill(const char *body, prompt_value_fn *value, void *context);
