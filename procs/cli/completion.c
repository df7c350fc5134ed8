/* The completion of the command line for bash, written from the tables the verbs read their own arguments by. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/language.h"
#include "cli/client/question.h"
#include "cli/verbs.h"

/* verb) words="…" */
static void write_verb(const struct verb *verb)
{
	struct verb_option options[VERB_OPTIONS_MAX];
	size_t count = verb_options(verb, options);

	printf("\t%s) words=\"%s", verb->name, verb->words != NULL ? verb->words : "");
	for (size_t i = 0; i < count; i++)
		printf(" --%s", options[i].name);
	puts("\" ;;");
}

/* "verb --option") words="choices": those of a tool's arguments that have a few values. */
static void write_choices(const struct verb *verb)
{
	const struct tool *tool = verb_tool(verb);

	for (size_t i = 0; tool != NULL && i < tool->argument_count; i++) {
		char name[QUESTION_NAME_SIZE];
		if (tool->arguments[i].choices[0] == '\0')
			continue;
		question_option_name(&tool->arguments[i], name);
		printf("\t\"%s --%s\") words=\"", verb->name, name);
		for (const char *c = tool->arguments[i].choices; *c != '\0'; c++)
			putchar(*c == '|' ? ' ' : *c);
		puts("\" ;;");
	}
}

static void write_bash(void)
{
	fputs("# bash completion of tanso, printed by `tanso completion bash`\n"
	      "_tanso() {\n"
	      "\tlocal words=\"\" cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
	      "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	      "\twords=\"--help --version",
		stdout);
	for (const struct verb *verb = verbs; verb->name != NULL; verb++)
		printf(" %s", verb->name);
	puts("\"\n\telse\n\tcase ${COMP_WORDS[1]} in");
	for (const struct verb *verb = verbs; verb->name != NULL; verb++)
		write_verb(verb);
	puts("\tesac\n\tcase \"${COMP_WORDS[1]} $before\" in");
	for (const struct verb *verb = verbs; verb->name != NULL; verb++)
		write_choices(verb);
	puts("\tesac\n\tfi\n"
	     "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	     "}\n"
	     "complete -o default -F _tanso tanso");
}

int verb_completion(int argc, char **argv)
{
	const char *usage = in_language("Usage: tanso completion bash\n\n"
					"Prints the completion of this command line. In ~/.bashrc:\n"
					"  source <(tanso completion bash)\n",
		"사용법: tanso completion bash\n\n"
		"이 명령줄의 자동 완성 스크립트를 출력합니다. ~/.bashrc에 다음을 넣으십시오.\n"
		"  source <(tanso completion bash)\n");

	const char *what =
		argc >= 2 ? argv[argc - 1] : ""; /* `tanso --lang ko completion bash` has --lang before it */

	if (strcmp(what, "bash") == 0) {
		write_bash();
		return EXIT_SUCCESS;
	}
	bool is_help = strcmp(what, "--help") == 0 || strcmp(what, "-h") == 0;
	fputs(usage, is_help ? stdout : stderr);
	return is_help ? EXIT_SUCCESS : EXIT_UNANSWERED;
}
