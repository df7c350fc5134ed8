#include "cli/client/hint.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyz_"

static const char *verb_of_tool(const char *name)
{
	for (const struct verb *verb = verbs; verb->name != NULL; verb++)
		if (verb->tool != NULL && strcmp(verb->tool, name) == 0)
			return verb->name;
	return NULL;
}

static const struct tool_argument *find_argument(const struct tool *tool, const char *name)
{
	for (size_t i = 0; i < tool->argument_count; i++)
		if (strcmp(tool->arguments[i].name, name) == 0)
			return &tool->arguments[i];
	return NULL;
}

/* `pue`, or `objective cost`; not `pue = 1.45`, which is a line of tanso.conf. */
static bool is_quoted(const char *text, const char *word, size_t bytes)
{
	const char *rest = word + bytes;

	return word > text && word[-1] == '`' && (*rest == '`' || (*rest == ' ' && rest[1] != '='));
}

/* Writes the word as it is typed, where that is another. */
static bool put_word(FILE *out, const struct question *question, const char *name, bool is_argument)
{
	const char *verb = verb_of_tool(name);
	const struct tool_argument *argument = is_argument ? find_argument(question->tool, name) : NULL;
	char option[QUESTION_NAME_SIZE];

	if (verb != NULL) {
		fprintf(out, "tanso %s", verb);
	} else if (argument != NULL && question->positional != NULL &&
		   strcmp(question->positional, name) == 0) {
		fputs("NAME", out);
	} else if (argument != NULL) {
		question_option_name(argument, option);
		fprintf(out, "--%s", option);
	}
	return verb != NULL || argument != NULL;
}

/* field NULL: prose, in which a bare word is no argument */
static void put(FILE *out, const struct question *question, const char *field, const char *text)
{
	const char *at = text;

	for (size_t bytes; *at != '\0'; at += bytes) {
		bytes = strspn(at, LETTERS);
		bool is_word = bytes > 0;
		if (!is_word)
			bytes = strcspn(at, LETTERS);
		CLEANUP(freep) char *word = strndup(at, bytes);
		if (word == NULL)
			continue;
		bool is_argument = is_quoted(text, at, bytes) ||
				   (field != NULL && (strchr(word, '_') != NULL ||
							     (at == text && strcmp(word, field) == 0)));
		if (!is_word || !put_word(out, question, word, is_argument))
			fputs(word, out);
	}
}

char *hint_text(const struct question *question, const char *field, const char *text)
{
	char *told = NULL;
	size_t size;
	FILE *memory = open_memstream(&told, &size);

	if (memory == NULL)
		return NULL;
	put(memory, question, field, text);
	if (fclose(memory) == 0)
		return told;
	free(told);
	return NULL;
}

void hint_put(FILE *out, const struct question *question, const char *field, const char *text)
{
	CLEANUP(freep) char *told = hint_text(question, field, text);

	terminal_put(out, told != NULL ? told : text);
}

void hint_rewrite(const struct question *question, struct json_object *root)
{
	static const char *const keys[] = { "recommendation", "migration_recommendation" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		CLEANUP(freep) char *told = hint_text(question, NULL, text_of_member(root, keys[i]));
		if (told != NULL && member_of(root, keys[i]) != NULL)
			json_object_object_add(root, keys[i], json_object_new_string(told));
	}
}
