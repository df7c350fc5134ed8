#include "cli/hint.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
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

void hint_put(FILE *out, const char *hint)
{
	for (size_t bytes; *hint != '\0'; hint += bytes) {
		bytes = strspn(hint, LETTERS);
		if (bytes == 0)
			bytes = strcspn(hint, LETTERS);
		CLEANUP(freep) char *word = strndup(hint, bytes);
		const char *verb = word != NULL ? verb_of_tool(word) : NULL;
		if (verb != NULL)
			fprintf(out, "tanso %s", verb);
		else
			terminal_put(out, word != NULL ? word : "");
	}
}
