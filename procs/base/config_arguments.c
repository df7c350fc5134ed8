#include "base/config.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/language.h"
#include "base/log.h"

#define EXIT_USAGE 2

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "set", required_argument, NULL, 's' },
	{ "check", no_argument, NULL, 'k' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'v' },
	{ 0 },
};

static void print_help(const char *program)
{
	printf("Usage: %s [--config FILE] [--set KEY=VALUE]... [--check]\n\n"
	       "One stage of the tanso pipeline; `tanso up` or systemd starts all of them.\n\n"
	       "  -c, --config FILE    read FILE instead of /etc/tanso/tanso.conf\n"
	       "  -s, --set KEY=VALUE  override one key of the file\n"
	       "      --check          say what the start would refuse, and do not start\n"
	       "  -h, --help           show this and exit\n"
	       "  -v, --version        show the version and exit\n\n"
	       "Keys: docs/config.md or tanso.conf(5).\n",
		program);
}

static void exit_with(const char *program, const char *text)
{
	fprintf(stderr, "%s: %s\n", program, text);
	exit(EXIT_USAGE);
}

static void set_pair(struct config *config, const char *program, char *pair)
{
	struct config_error error;
	char *equals = strchr(pair, '=');

	if (equals == NULL)
		exit_with(program,
			in_language("--set wants KEY=VALUE", "--set 값은 KEY=VALUE 형식이어야 합니다"));
	*equals = '\0';
	if (config_set(config, pair, equals + 1, &error) < 0)
		exit_with(program, error.text);
	*equals = '=';
}

static void set_log_level(const struct config *config)
{
	if (strcmp(config->log_level, "error") == 0)
		log_set_level(LOG_LEVEL_ERROR);
	else if (strcmp(config->log_level, "warning") == 0)
		log_set_level(LOG_LEVEL_WARNING);
	else
		log_set_level(LOG_LEVEL_INFO);
}

/* Twice over the arguments: the file first, whatever the order they were written in. */
void config_from_arguments(struct config *config, const char *program, int argc, char **argv)
{
	struct config_error error;
	const char *path = NULL, *language = getenv(LANGUAGE_VARIABLE);
	int option;

	language_set(language != NULL ? language : "en");
	optind = 1;
	while ((option = getopt_long(argc, argv, "c:s:hv", options, NULL)) != -1) {
		if (option == 'c')
			path = optarg;
		if (option == 'h')
			print_help(program);
		if (option == 'v')
			printf("%s %s\n", program, TANSO_VERSION);
		if (option == 'h' || option == 'v')
			exit(EXIT_SUCCESS);
		if (option == '?')
			exit(EXIT_USAGE);
	}
	if (optind < argc)
		exit_with(program, in_language("takes no further arguments (see --help)",
					   "더 받는 인수가 없습니다(--help 참고)"));
	if (config_load(config, path, &error) < 0)
		exit_with(program, error.text);
	optind = 1;
	while ((option = getopt_long(argc, argv, "c:s:hv", options, NULL)) != -1)
		if (option == 's')
			set_pair(config, program, optarg);
		else if (option == 'k')
			config->is_check = true;
	set_log_level(config);
}

int config_end_check(const struct config *config)
{
	if (config->is_check)
		exit(EXIT_SUCCESS);
	return 0;
}
