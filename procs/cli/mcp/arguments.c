#include "cli/mcp/arguments.h"

#include <errno.h>

#include "base/language.h"
#include "cli/verbs.h"

const struct option mcp_options[] = {
	{ "url", required_argument, NULL, 'u' },
	{ "runtime-dir", required_argument, NULL, 'r' },
	{ "config", required_argument, NULL, 'c' },
	{ "lang", required_argument, NULL, 'l' },
	{ "token-file", required_argument, NULL, 't' },
	{ "ca", required_argument, NULL, 'a' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

int mcp_arguments_read(struct mcp_arguments *ret_arguments, int argc, char **argv)
{
	struct mcp_arguments *given = ret_arguments;
	int option;

	*given = (struct mcp_arguments) { 0 };
	optind = 1;
	while ((option = getopt_long(argc, argv, "h", mcp_options, NULL)) != -1) {
		switch (option) {
		case 'u': given->place.url = optarg; break;
		case 'r': given->place.runtime_dir = optarg; break;
		case 'c': given->place.config_path = optarg; break;
		case 'l': language_set(optarg); break;
		case 't': given->place.token_file = optarg; break;
		case 'a': given->place.ca = optarg; break;
		case 'h': given->wants_help = true; return 0;
		default: return -EINVAL;
		}
	}
	return optind == argc ? 0 : -E2BIG;
}
