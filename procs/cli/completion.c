/* The completion of the command line for bash, zsh and fish, written from the tables the verbs read their own arguments by. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/language.h"
#include "cli/client/question.h"
#include "cli/verbs.h"

/* How a shell begins and ends a list of words. */
struct shell {
	const char *name, *head, *begin, *end, *between, *tail;
};

/* In zsh `words` is what was typed; the first time that compinit asks for it, the whole of an installed file is _tanso. */
static const struct shell shells[] = {
	{ "bash",
		"# bash completion of tanso, printed by `tanso completion bash`\n"
		"_tanso() {\n"
		"\tlocal words=\"\" cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
		"\tlocal verb=${COMP_WORDS[1]}\n"
		"\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t",
		"words=\"", "\"", "\tesac\n\tcase \"$verb $before\" in",
		"\tesac\n\tfi\n"
		"\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
		"}\n"
		"complete -o default -F _tanso tanso" },
	{ "zsh",
		"#compdef tanso\n"
		"# zsh completion of tanso, printed by `tanso completion zsh`\n"
		"_tanso() {\n"
		"\tlocal -a list\n"
		"\tlocal verb=$words[2] before=$words[CURRENT-1]\n"
		"\tif (( CURRENT == 2 )); then\n\t",
		"list=(", ")", "\tesac\n\tcase \"$verb $before\" in",
		"\tesac\n\tfi\n"
		"\tcompadd -a list || _files\n"
		"}\n"
		"if [ \"$funcstack[1]\" = _tanso ]; then _tanso \"$@\"; else compdef _tanso tanso; fi" },
};

/* verb) words="…" */
static void write_verb(const struct shell *shell, const struct verb *verb)
{
	struct verb_option options[VERB_OPTIONS_MAX];
	size_t count = verb_options(verb, options);

	printf("\t%s) %s%s", verb->name, shell->begin, verb->words != NULL ? verb->words : "");
	for (size_t i = 0; i < count; i++)
		printf(" --%s", options[i].name);
	printf("%s ;;\n", shell->end);
}

/* The few values an option may have, apart by blanks; "" where it is not of a few. */
static const char *choices_of(const struct verb *verb, const char *option, char text[static 512])
{
	const struct tool *tool = verb_tool(verb);

	text[0] = '\0';
	for (size_t i = 0; tool != NULL && i < tool->argument_count; i++) {
		char name[QUESTION_NAME_SIZE];
		question_option_name(&tool->arguments[i], name);
		if (strcmp(name, option) == 0)
			snprintf(text, 512, "%s", tool->arguments[i].choices);
	}
	for (char *c = text; *c != '\0'; c++)
		if (*c == '|')
			*c = ' ';
	return text;
}

/* "verb --option") words="choices" */
static void write_choices(const struct shell *shell, const struct verb *verb)
{
	struct verb_option options[VERB_OPTIONS_MAX];
	size_t count = verb_options(verb, options);
	char text[512];

	for (size_t i = 0; i < count; i++)
		if (choices_of(verb, options[i].name, text)[0] != '\0')
			printf("\t\"%s --%s\") %s%s%s ;;\n", verb->name, options[i].name, shell->begin, text,
				shell->end);
}

static void write_shell(const struct shell *shell)
{
	printf("%s%s--help --version", shell->head, shell->begin);
	for (const struct verb *verb = verbs; verb->name != NULL; verb++)
		printf(" %s", verb->name);
	printf("%s\n\telse\n\tcase $verb in\n", shell->end);
	for (const struct verb *verb = verbs; verb->name != NULL; verb++)
		write_verb(shell, verb);
	puts(shell->between);
	for (const struct verb *verb = verbs; verb->name != NULL; verb++)
		write_choices(shell, verb);
	puts(shell->tail);
}

/* Of one condition a line, which fish itself matches with what was typed. */
static void write_fish(void)
{
	puts("# fish completion of tanso, printed by `tanso completion fish`\n"
	     "complete -c tanso -n __fish_use_subcommand -l help\n"
	     "complete -c tanso -n __fish_use_subcommand -l version");
	for (const struct verb *verb = verbs; verb->name != NULL; verb++) {
		struct verb_option options[VERB_OPTIONS_MAX];
		size_t count = verb_options(verb, options);
		char text[512];
		printf("complete -c tanso -f -n __fish_use_subcommand -a %s\n", verb->name);
		if (verb->words != NULL)
			printf("complete -c tanso -n '__fish_seen_subcommand_from %s' -a '%s'\n", verb->name,
				verb->words);
		for (size_t i = 0; i < count; i++) {
			printf("complete -c tanso -n '__fish_seen_subcommand_from %s' -l %s", verb->name,
				options[i].name);
			if (choices_of(verb, options[i].name, text)[0] != '\0')
				printf(" -x -a '%s'\n", text);
			else
				puts(options[i].has_value ? " -r" : "");
		}
	}
}

int verb_completion(int argc, char **argv)
{
	const char *usage =
		in_language("Usage: tanso completion bash|zsh|fish\n\n"
			    "Prints the completion of this command line for a shell:\n"
			    "  source <(tanso completion bash)        in ~/.bashrc\n"
			    "  source <(tanso completion zsh)         in ~/.zshrc, after compinit\n"
			    "  tanso completion fish | source         in ~/.config/fish/config.fish\n",
			"사용법: tanso completion bash|zsh|fish\n\n"
			"이 명령줄의 자동 완성 스크립트를 출력합니다.\n"
			"  source <(tanso completion bash)        ~/.bashrc에\n"
			"  source <(tanso completion zsh)         ~/.zshrc의 compinit 뒤에\n"
			"  tanso completion fish | source         ~/.config/fish/config.fish에\n");

	const char *what =
		argc >= 2 ? argv[argc - 1] : ""; /* `tanso --lang ko completion bash` has --lang before it */

	for (size_t i = 0; i < ARRAY_SIZE(shells); i++)
		if (strcmp(what, shells[i].name) == 0) {
			write_shell(&shells[i]);
			return EXIT_SUCCESS;
		}
	if (strcmp(what, "fish") == 0) {
		write_fish();
		return EXIT_SUCCESS;
	}
	bool is_help = strcmp(what, "--help") == 0 || strcmp(what, "-h") == 0;
	fputs(usage, is_help ? stdout : stderr);
	return is_help ? EXIT_SUCCESS : EXIT_UNANSWERED;
}
