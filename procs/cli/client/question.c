#include "cli/client/question.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/client/hint.h"
#include "base/language.h"
#include "cli/refuse.h"
#include "cli/terminal.h"
#include "cli/verbs.h"

#define ARGUMENT_AT 1000 /* getopt values of the tool's arguments */

enum own_option {
	OPTION_JSON = 256,
	OPTION_URL,
	OPTION_RUNTIME_DIR,
	OPTION_CONFIG,
	OPTION_WAIT,
	OPTION_TOP,
	OPTION_TOKEN_FILE,
	OPTION_CA
};

const struct option question_options[] = {
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "url", required_argument, NULL, OPTION_URL },
	{ "token-file", required_argument, NULL, OPTION_TOKEN_FILE },
	{ "ca", required_argument, NULL, OPTION_CA },
	{ "runtime-dir", required_argument, NULL, OPTION_RUNTIME_DIR },
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "wait", required_argument, NULL, OPTION_WAIT },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

const struct option assess_options[] = { { "top", no_argument, NULL, OPTION_TOP }, { 0 } };

struct option_table {
	char names[QUESTION_ARGUMENTS_MAX][QUESTION_NAME_SIZE];
	struct option options[QUESTION_ARGUMENTS_MAX + 1 + ARRAY_SIZE(question_options)];
};

static size_t argument_count(const struct tool *tool)
{
	return tool->argument_count < QUESTION_ARGUMENTS_MAX ? tool->argument_count : QUESTION_ARGUMENTS_MAX;
}

static bool is_boolean(const struct tool_argument *argument)
{
	return strcmp(argument->type, "boolean") == 0;
}

void question_option_name(const struct tool_argument *argument, char name[static QUESTION_NAME_SIZE])
{
	snprintf(name, QUESTION_NAME_SIZE, "%s", argument->name);
	for (char *c = name; *c != '\0'; c++)
		*c = *c == '_' ? '-' : *c;
}

static void build_options(struct option_table *table, const struct tool *tool)
{
	size_t count = argument_count(tool);

	*table = (struct option_table) { 0 };
	for (size_t i = 0; i < count; i++) {
		question_option_name(&tool->arguments[i], table->names[i]);
		table->options[i] = (struct option) { .name = table->names[i],
			.has_arg = is_boolean(&tool->arguments[i]) ? no_argument : required_argument,
			.val = ARGUMENT_AT + (int)i };
	}
	table->options[count] = assess_options[0];
	memcpy(table->options + count + 1, question_options, sizeof(question_options));
}

static int find_argument(const struct tool *tool, const char *name)
{
	for (size_t i = 0; i < argument_count(tool); i++)
		if (strcmp(tool->arguments[i].name, name) == 0)
			return (int)i;
	return -1;
}

const char *question_value(const struct question *question, const char *argument)
{
	int index = find_argument(question->tool, argument);

	return index < 0 ? NULL : question->values[index];
}

void question_set(struct question *question, const char *argument, const char *value)
{
	int index = find_argument(question->tool, argument);

	if (index >= 0)
		question->values[index] = value;
}

/* What stands for an option's value in the help. */
static const char *placeholder(const struct tool_argument *argument)
{
	if (argument->choices[0] != '\0')
		return argument->choices;
	return strcmp(argument->type, "strings") == 0  ? "A,B,..."
	       : strcmp(argument->type, "string") == 0 ? "TEXT"
						       : "NUMBER";
}

static void print_option(const struct question *question, const char *left, const char *text)
{
	CLEANUP(freep) char *told = hint_text(question, "", text);

	terminal_option(stdout, left, told != NULL ? told : text);
}

static void print_argument(
	const struct question *question, const struct tool_argument *argument, bool is_korean)
{
	char name[QUESTION_NAME_SIZE], left[2 * QUESTION_NAME_SIZE], text[512];

	question_option_name(argument, name);
	snprintf(left, sizeof(left), "%s--%s%s%s", strcmp(name, "namespace") == 0 ? "-n, " : "", name,
		is_boolean(argument) ? "" : " ", is_boolean(argument) ? "" : placeholder(argument));
	snprintf(text, sizeof(text), "%s", is_korean ? argument->text_ko : argument->text_en);
	if (argument->default_text[0] != '\0' && !is_boolean(argument))
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			is_korean ? " 기본값: %s." : " Default: %s.", argument->default_text);
	print_option(question, left, text);
}

static const struct {
	const char *left, *en, *ko;
} own_help[] = {
	{ "--json", "print the server's answer as it is", "서버의 응답을 그대로 출력합니다" },
	{ "--url URL", "ask this server (default: the local pipeline)",
		"요청을 보낼 서버(기본값: 이 호스트의 파이프라인)" },
	{ "--token-file FILE",
		"bearer token for URL; or the environment's TANSO_TOKEN. Never over plain http",
		"URL에 보낼 베어러 토큰의 파일. 환경 변수 TANSO_TOKEN도 쓸 수 있습니다. http로는 보내지 "
		"않습니다" },
	{ "--ca FILE", "PEM of the authorities to believe, instead of the system's",
		"시스템의 인증 기관 대신 신뢰할 인증 기관의 PEM" },
	{ "--runtime-dir DIR", "look for the local pipeline's socket here",
		"이 호스트의 파이프라인 소켓을 찾을 폴더" },
	{ "--config FILE", "read this tanso.conf", "읽을 tanso.conf" },
	{ "--wait SECONDS", "go on asking that long while there is no answer yet",
		"아직 응답이 없으면 이 시간(초) 동안 다시 요청합니다" },
};

const char *question_exit(void)
{
	return in_language(
		"\nExit status: 0 answered (whatever the status says), 2 usage, unreachable or refused.\n",
		"\n종료 코드: 0 응답을 받음(판정과 무관), 2 사용법 오류, 연결 실패 또는 요청 거부.\n");
}

const char *question_exit_of_many(void)
{
	return in_language(
		"\nExit status: 0 answered (whatever the status says), 2 no workload at all, usage, "
		"unreachable or refused.\n",
		"\n종료 코드: 0 응답을 받음(판정과 무관), 2 워크로드가 하나도 없음, 사용법 오류, 연결 실패\n"
		"또는 요청 거부.\n");
}

static void print_help(const struct question *question, const char *positional, const char *extra)
{
	const struct tool *tool = question->tool;
	const struct verb *verb = verb_find(question->verb);
	bool is_korean = strcmp(question->lang, "ko") == 0;
	const struct tool_argument *name =
		positional != NULL ? &tool->arguments[find_argument(tool, positional)] : NULL;

	printf(in_language("Usage: tanso %s %s[OPTION]...\n\n", "사용법: tanso %s %s[옵션]...\n\n"),
		question->verb,
		name == NULL     ? ""
		: name->required ? "NAME "
				 : "[NAME] ");
	/* What asks as another verb does, for an end of its own, says which. */
	if (verb->without != NULL)
		terminal_wrap(stdout, in_language(verb->text, verb->text_ko), 0);
	else
		terminal_wrap(stdout, is_korean ? tool->text_ko : tool->text_en, 0);
	putchar('\n');
	if (name != NULL)
		print_option(question, "NAME", is_korean ? name->text_ko : name->text_en);
	for (size_t i = 0; i < argument_count(tool); i++)
		if (&tool->arguments[i] != name && verb_takes(verb, tool->arguments[i].name))
			print_argument(question, &tool->arguments[i], is_korean);
	for (size_t i = 0; i < ARRAY_SIZE(own_help); i++)
		terminal_option(stdout, own_help[i].left, in_language(own_help[i].en, own_help[i].ko));
	fputs(extra != NULL ? extra : question_exit(), stdout);
}

static int take_argument(struct question *question, int index, const char *value)
{
	const char *name = question->tool->arguments[index].name;
	char option[QUESTION_NAME_SIZE];

	question->values[index] = value != NULL ? value : "true";
	question_option_name(&question->tool->arguments[index], option);
	return strcmp(name, "pue") == 0 || strcmp(name, "target_pue") == 0
		       ? take_pue(question->verb, option, value)
		       : 0;
}

/* 0, 1 = help wanted, -EINVAL */
static int take_option(struct question *question, int option, char **argv, char *value)
{
	char *end;

	switch (option) {
	case OPTION_JSON: question->is_json = true; return 0;
	case OPTION_TOP: question->is_top = true; return 0;
	case OPTION_URL: question->place.url = value; return 0;
	case OPTION_TOKEN_FILE: question->place.token_file = value; return 0;
	case OPTION_CA: question->place.ca = value; return 0;
	case OPTION_RUNTIME_DIR: question->place.runtime_dir = value; return 0;
	case OPTION_CONFIG: question->place.config_path = value; return 0;
	case OPTION_WAIT:
		question->wait_s = (int)strtol(value, &end, 10);
		return *end != '\0' || question->wait_s < 0 || question->wait_s > 3600
			       ? refuse_usage(question->verb,
					 in_language("--wait wants a number of seconds up to 3600",
						 "--wait 값은 3600 이하의 초여야 합니다"))
			       : 0;
	case 'n': question_set(question, "namespace", value); return 0;
	case 'h': return 1;
	case '?': return refuse_option(question->verb, argv);
	default: return take_argument(question, option - ARGUMENT_AT, value);
	}
}

int question_parse(struct question *question, const char *verb, const char *tool, const char *positional,
	const char *extra, int argc, char **argv)
{
	struct option_table table;
	int option, r = 0;

	*question = (struct question) {
		.verb = verb, .tool = tool_find(tool, strlen(tool)), .positional = positional
	};
	if (question->tool == NULL)
		question->tool = view_find(tool, strlen(tool));
	build_options(&table, question->tool);
	optind = 1;
	while (r == 0 && (option = getopt_long(argc, argv, "n:h", table.options, NULL)) != -1)
		r = take_option(question, option, argv, optarg);
	if (question_value(question, "lang") != NULL)
		language_set(question_value(question, "lang"));
	question->lang = language_name();
	if (r == 1)
		print_help(question, positional, extra);
	if (r != 0)
		return r;
	if (optind < argc && positional != NULL)
		question_set(question, positional, argv[optind++]);
	if (optind < argc)
		return refuse_usage(
			question->verb, in_language("too many arguments", "인수가 너무 많습니다"));
	if (positional != NULL &&
		question->tool->arguments[find_argument(question->tool, positional)].required &&
		question_value(question, positional) == NULL && !question->is_top)
		return refuse_usage(question->verb, in_language("NAME is missing", "NAME이 빠졌습니다"));
	if (question_value(question, "lang") == NULL)
		question_set(question, "lang", question->lang);
	return 0;
}
