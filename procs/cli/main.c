#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "cli/language.h"
#include "cli/verbs.h"

static void print_help(FILE *out)
{
	fputs(in_language("Usage: tanso [--lang en|ko] VERB [OPTION]...\n\n"
			  "How many watts does every workload of this host draw, and does it meet the Korean "
			  "carbon\n"
			  "and PUE benchmarks?\n\n",
		      "사용법: tanso [--lang en|ko] VERB [옵션]...\n\n"
		      "이 호스트의 워크로드마다 전력을 얼마나 쓰는지, 한국의 탄소·PUE 기준을 충족하는지 알려 "
		      "줍니다.\n\n"),
		out);
	for (const struct verb *verb = verbs; verb->name != NULL; verb++)
		fprintf(out, "  %-10s %s\n", verb->name, in_language(verb->text, verb->text_ko));
	fputs(in_language("\n`tanso VERB --help` tells more.\n",
		      "\n자세한 내용은 `tanso VERB --help`로 볼 수 있습니다.\n"),
		out);
}

static int refuse(const char *name)
{
	const char *names[VERBS_MAX];
	size_t count = 0;

	for (const struct verb *verb = verbs; verb->name != NULL && count < VERBS_MAX; verb++)
		names[count++] = verb->name;
	int nearest = nearest_name(name, names, count);
	fprintf(stderr, in_language("tanso: there is no verb '%s'", "tanso: '%s' 명령은 없습니다"), name);
	if (nearest >= 0)
		fprintf(stderr, in_language("; did you mean '%s'?\n", ". 혹시 '%s'?\n"), names[nearest]);
	else
		fputs(in_language("; see tanso --help\n", ". 도움말: tanso --help\n"), stderr);
	return EXIT_UNANSWERED;
}

/* `tanso --lang ko VERB …`: the verb comes first and reads the option as its own; without a verb the option says nothing more. */
static int put_verb_first(int argc, char **argv)
{
	int size = argc < 2                              ? 0
		   : strncmp(argv[1], "--lang=", 7) == 0 ? 1
		   : strcmp(argv[1], "--lang") == 0      ? 2
							 : 0;

	if (size == 0 || argc < 1 + size)
		return argc;
	if (argc == 1 + size)
		return 1;
	char *verb = argv[1 + size];
	memmove(argv + 2, argv + 1, (size_t)size * sizeof(*argv));
	argv[1] = verb;
	return argc;
}

int main(int argc, char **argv)
{
	static char help[] = "--help";

	opterr = 0; /* the verbs say it themselves, in the language chosen */
	language_choose(argc, argv);
	argc = put_verb_first(argc, argv);
	const char *name = argc >= 2 ? argv[1] : "";
	if (argc >= 3 && strcmp(name, "help") == 0) { /* `tanso help VERB` */
		name = argv[1] = argv[2];
		argv[2] = help;
	}
	const struct verb *verb = verb_find(name);
	if (verb != NULL)
		return verb->run(argc - 1, argv + 1);
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
		print_help(stdout);
		return EXIT_SUCCESS;
	}
	if (strcmp(name, "--version") == 0)
		return verb_version(argc, argv);
	if (name[0] != '\0')
		return refuse(name);
	print_help(stderr);
	return EXIT_UNANSWERED;
}
